/* A PDF417 symbol grown from one of its guard patterns, column by column. */
#ifndef BC_PDF417_STACK_H
#define BC_PDF417_STACK_H

#include "pdf417_guard.h"
#include "pdf417_match.h"
#include "pdf417_rows.h"

#define BC_STACK_COLUMNS 34u /* symbol characters across: 30 of data, two of row indicators, two guards */
#define BC_STACK_ROWS 90u

/* Column j lies between curves j and j + 1. */
typedef struct {
    bc_view view;
    const bc_matcher *matcher;
    bc_curve curve[BC_STACK_COLUMNS + 2];
    float k[BC_STACK_COLUMNS + 2]; /* where the curves are, in symbol characters: what rows are told by */
    bc_rows rows;
    float module;                 /* px */
    float low, high;              /* t where the guard ends */
    bool from_stop;               /* grown leftwards from the stop pattern */
    uint32_t row_n, column_n, ec_level;
    uint32_t first;               /* the first data column */
    uint32_t cluster;             /* of the first row */
} bc_stack;

#define BC_INDICATORS_MAX 1024u

/*
 * From a guard that was followed: its row indicators tell rows, columns and
 * error correction; false when they do not.
 */
bool bc_stack_begin(bc_stack *stack, const bc_trace *trace, const bc_guard *guard, bc_row_seen *indicator,
                    bc_seen *seen);

/* Looks where rows lie in column j of symbol characters, by their clusters. */
void bc_stack_observe(bc_stack *stack, uint32_t j);

/* Places the data columns, one after the other from the guard on. */
void bc_stack_grow(bc_stack *stack, bc_seen *seen);

/* The modules of column j at t along its middle, rows running as `slope` px of t for each px of s. */
void bc_stack_sample(const bc_stack *stack, uint32_t j, float t, float slope, float light[BC_PDF417_MODULES]);

/* The cluster and value of a symbol character, whatever its row; false when it is not clear which. */
bool bc_stack_clear_match(const bc_stack *stack, const float *light, uint32_t *cluster, bc_match *match);

/* How rows run in column j at t. */
float bc_stack_slope(const bc_stack *stack, uint32_t j, float t);

/* The likeliest symbol character of a row and column, from several places of it. */
bc_match bc_stack_read(const bc_stack *stack, uint32_t row, uint32_t j);

/* The outer corners; *complete: the symbol has a stop pattern. */
void bc_stack_corners(bc_stack *stack, bc_seen *seen, bc_point corner[4], bool *complete);

#endif
