/*
 * A symbol laid over samples edge by edge: what the samples should be, how far
 * they are from it, and where the next edge is due.
 */
#ifndef BC_LINEAR_SOFT_TRACE_H
#define BC_LINEAR_SOFT_TRACE_H

#include <stdbool.h> /* bool */
#include <stddef.h>  /* size_t */
#include <stdint.h>  /* uint32_t, int32_t */
#include <string.h>  /* memcpy, memset */

#define BC_SOFT_PER_MODULE 2     /* grid samples in a module */
#define BC_SOFT_MODULES_MAX 420u /* of a symbol: a Code 128 of 36 characters, a Code 39 of 26 */
#define BC_SOFT_AHEAD 6          /* modules of the grid before the first bar, and behind the last */
#define BC_SOFT_GRID ((int32_t)(BC_SOFT_MODULES_MAX + 2 * BC_SOFT_AHEAD + 2) * BC_SOFT_PER_MODULE)

/* Darkness along a symbol, 0 light to 1 dark, in steps of half a module. */
typedef struct {
    int32_t n;
    float dark[BC_SOFT_GRID];
} bc_soft_grid;

/*
 * Samples that are kept of a trace: from one edge to the next are at most 6
 * modules, blur reaches 5.3 samples to each side, and one edge's may be judged.
 */
#define BC_SOFT_WINDOW 48
#define BC_SOFT_REACH_MAX 5.3f

/* A sample's error counts at most so much: a scratch or a glint is no reason to give everything up. */
#define BC_SOFT_ERROR_MAX 0.4f

typedef struct {
    float edge;               /* where the last edge is, in samples; the first sample's middle is 0.5 */
    float module;             /* samples in a module here */
    float drift;              /* and how much that changes with each module, as under perspective */
    float left;               /* modules to go to the end of the symbol */
    float wide;               /* modules of a wide element where there are but two widths; otherwise 2 */
    float reach, one_by_reach; /* how far blur carries an edge to each side */
    float offset, gain;       /* what dark samples are above or below 0 and 1 here */
    float cost;               /* squared errors of samples [0, done) */
    float spread;             /* how much too wide bars are, in samples */
    float pull, swell, slope; /* errors times slope, times steepness, and slopes squared: how far edges are off */
    float bend, curve;        /* errors times curvature, and curvatures squared: how far the blur is off */
    float ink;                /* 1 after an edge to a bar, 0 after one to a space */
    int32_t base;             /* sample of model[0] */
    int32_t done, filled;     /* model holds samples [done - 1, filled); those after are all `ink` */
    uint32_t trail, hash;     /* of the symbol characters so far */
    uint32_t variant;         /* which ratio, drift and blur it began with */
    float model[BC_SOFT_WINDOW]; /* last, and only its part in use is copied */
} bc_soft_trace;

/* A copy that goes on from where `from` is. */
static inline void bc_soft_trace_copy(bc_soft_trace *to, const bc_soft_trace *from)
{
    const size_t skip = (size_t)(from->done - 1 - from->base), n = (size_t)(from->filled - from->done + 1);
    memcpy(to, from, offsetof(bc_soft_trace, model));
    memcpy(to->model, from->model + skip, n * sizeof *to->model);
    to->base = from->done - 1;
}

/* A trace over the quiet zone, whose first bar begins at `edge`. */
void bc_soft_trace_begin(bc_soft_trace *trace, const bc_soft_grid *grid, float edge, float module, float reach);

/*
 * The edge that ends an element of so many modules.  Samples are judged that no
 * later edge may change, if blur carries an edge `lag` samples at most: all
 * traces that are compared should be given the same.
 */
void bc_soft_trace_edge(bc_soft_trace *trace, const bc_soft_grid *grid, float modules, float lag);

/* The quiet zone behind the last bar is judged as well. */
void bc_soft_trace_end(bc_soft_trace *trace, const bc_soft_grid *grid);

/*
 * After a symbol character of so many modules: moves edges and their pitch
 * towards where the samples have them, and lets the pitch drift so that the
 * symbol comes out at `end`.
 */
void bc_soft_trace_follow(bc_soft_trace *trace, float modules, float end);

#endif
