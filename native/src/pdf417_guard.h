/* Start and stop patterns of PDF417 (ISO/IEC 15438, 5.3.3): found on a line, and followed along their bars. */
#ifndef BC_PDF417_GUARD_H
#define BC_PDF417_GUARD_H

#include "pdf417_bars.h"
#include "pdf417_view.h"

/* A start or stop pattern on a line. */
typedef struct {
    float at;        /* px along the line: where its first bar begins, in reading direction */
    float module;    /* px */
    bool backwards;  /* reading direction is against the line's */
    bool inverted;   /* light on dark */
    bool stop;
} bc_guard;

/* The guard patterns among bars; how many, at most cap. */
size_t bc_guards_find(const bc_bars *bars, bc_guard *guard, size_t cap);

#define BC_TRACE_MAX 2048u

/* A guard pattern followed along its bars. */
typedef struct {
    bc_seen left[BC_TRACE_MAX], right[BC_TRACE_MAX]; /* where its first bar begins, and the bar 17 modules later */
    bc_seen inner[BC_TRACE_MAX];                     /* and its second bar */
    size_t left_n, right_n, inner_n;
    bc_curve left_curve, right_curve;
    float low, high; /* t where it ends */
    float growth;    /* px by which the symbol character beyond is wider than the guard's 17 modules: perspective */
    float blur;      /* the share that a module takes of each neighbour */
    size_t seen;     /* places along t where it was there */
} bc_trace;

/*
 * Follows a guard that begins at the view's origin; sets the scene's contrast.
 * False when it is too short to be one.
 */
bool bc_guard_trace(bc_view *view, const bc_guard *guard, bc_trace *trace);

#endif
