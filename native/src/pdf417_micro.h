/* A MicroPDF417 symbol followed from one of its rows that was seen on a line. */
#ifndef BC_PDF417_MICRO_H
#define BC_PDF417_MICRO_H

#include "pdf417_rap.h"
#include "pdf417_stack.h"

#define BC_MICRO_TRACE_MAX 1024u
#define BC_MICRO_SEEN_MAX 256u

typedef struct {
    bc_seen seen[BC_MICRO_PARTS + 1][BC_MICRO_TRACE_MAX]; /* each curve's edges */
    size_t seen_n[BC_MICRO_PARTS + 1];
    bc_row_seen left[BC_MICRO_SEEN_MAX], right[BC_MICRO_SEEN_MAX]; /* row address patterns; value is the pattern */
    size_t left_n, right_n;
    bc_rap_looks looks;
} bc_micro_trace;

/*
 * Follows a row that begins at the view's origin up and down: places the stack's
 * curves, and low and high.  False when it is too little to be a symbol.
 */
bool bc_micro_follow(bc_stack *stack, const bc_micro_row *row, bc_micro_trace *trace);

/*
 * Which size it is and where its rows lie, by its row address patterns, for a
 * blur that mixes that share of each neighbour into a module; null when they do
 * not tell.
 */
const bc_micro_variant *bc_micro_lay_rows(bc_stack *stack, const bc_micro_row *row, float blur,
                                          bc_micro_trace *trace);

/* The column of a data codeword of a row, counted from 0. */
uint32_t bc_micro_column(uint32_t columns, uint32_t i);

void bc_micro_corners(const bc_stack *stack, const bc_micro_row *row, bc_point corner[4]);

#endif
