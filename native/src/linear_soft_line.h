/* A line of samples made ready: darkness between local white and black, and grids of a given module over it. */
#ifndef BC_LINEAR_SOFT_LINE_H
#define BC_LINEAR_SOFT_LINE_H

#include "arena.h"
#include "linear_soft.h"
#include "linear_soft_trace.h"

typedef struct {
    float *dark;          /* of each sample, 0 white to 1 black */
    float *sum;           /* of dark[0..i), for means over stretches */
    size_t n;
    float from, to;       /* where the first bar begins and the last one ends, in samples */
    uint32_t elements;    /* how many can be told apart; blur swallows some */
} bc_soft_dark;

size_t bc_soft_dark_workspace(void);

/* False when there is nothing like bars between the line's from and to, or no room in the arena. */
bool bc_soft_dark_make(bc_soft_dark *out, const bc_soft_line *line, bc_arena *arena);

/* Lays a grid of `modules` modules over the symbol, from its end to its beginning when reversed. */
void bc_soft_grid_make(bc_soft_grid *grid, const bc_soft_dark *dark, float modules, bool reversed);

#endif
