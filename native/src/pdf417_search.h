/* What the search for PDF417 and MicroPDF417 in a frame needs and remembers. */
#ifndef BC_PDF417_SEARCH_H
#define BC_PDF417_SEARCH_H

#include "pdf417_codewords.h"
#include "pdf417_micro.h"
#include "pdf417_scan.h"
#include "pdf417_stack.h"

#define BC_PDF417_TRIED 64u

/* Unit of bc_frame_spend: a sample of a line. */
#define BC_PDF417_COST_SAMPLE 12

/* A guard, or side of MicroPDF417, that was followed: not again. */
typedef struct {
    bc_point top, bottom; /* px of the image */
    float module;
    bc_scan_kind kind;
    bool inverted;
} bc_pdf417_tried;

typedef struct {
    bc_frame *frame;
    bc_bars *bars;
    bc_scan_room *scan;
    bc_scan_hit *hit;
    bc_trace *trace;
    bc_micro_trace *micro;
    bc_row_seen *indicator;
    bc_stack *stack;
    bc_matcher *matcher;
    uint16_t *value;
    uint8_t *sure;
    bc_pdf417_tried tried[BC_PDF417_TRIED];
    size_t tried_n;
} bc_pdf417_search;

size_t bc_pdf417_search_workspace(void);

/* Takes the search's room; null when the arena is too small. */
bc_pdf417_search *bc_pdf417_search_take(bc_frame *frame);

/* Whether a place, px of the image, needs no second look: it was followed before, or is in a symbol that was read. */
bool bc_pdf417_was_tried(const bc_pdf417_search *s, bc_point p, bc_scan_kind kind, bool inverted);

/*
 * Notes that what begins along a curve of the stack's view from low to high, px
 * of a layer, needs no second look.
 */
void bc_pdf417_note_tried(bc_pdf417_search *s, size_t layer, const bc_curve *curve, float low, float high,
                          float module, bc_scan_kind kind, bool inverted);

/* The layer where modules of `module` px on a layer have the right size. */
size_t bc_pdf417_layer_for(const bc_frame *frame, size_t layer, float module);

/* The view from a place, px of the image, along a line or against it. */
bc_view bc_pdf417_view_from(const bc_pdf417_search *s, size_t layer, bc_point at, bc_point along, bool backwards,
                            bool inverted);

/* Follows a row of MicroPDF417 that begins at a place, px of the image, and reads its symbol. */
void bc_pdf417_try_row(bc_pdf417_search *s, size_t seen_on, bc_point at, bc_point along, bc_micro_row *row);

/*
 * Follows what the bars of a line show of guards and rows, and adds the symbols
 * that are read to the output.  Where a row may begin and does not go on is noted
 * in the frame.
 */
void bc_pdf417_try_bars(bc_pdf417_search *s, size_t layer, bc_point from, bc_point along);

/*
 * Looks along lines turned more and more about where a row may begin: rows need
 * not run across the bars.  False when it is not like the side of a symbol.
 */
bool bc_pdf417_try_turned(bc_pdf417_search *s, const bc_row_start *start);

#endif
