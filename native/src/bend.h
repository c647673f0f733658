/*
 * The bend of a symbol's grid: least squares for how far paper lies from flat,
 * from sides of modules and alignment patterns wherever they are seen.
 */
#ifndef BC_BEND_H
#define BC_BEND_H

#include "arena.h"
#include "grid.h"
#include "scene.h"
#include "sides.h"

#define BC_BEND_UNKNOWNS (2u * BC_GRID_KNOTS_MAX * BC_GRID_KNOTS_MAX)

typedef struct {
    double *a, *b;      /* the system of BC_BEND_UNKNOWNS at most, and its right side */
    uint32_t knots;
    float weight;       /* of all that was added */
} bc_bend_fit;

size_t bc_bend_workspace(void);
bool bc_bend_take(bc_arena *arena, bc_bend_fit *fit);

/* Begins anew with this many knots a side, 3 to BC_GRID_KNOTS_MAX. */
void bc_bend_begin(bc_bend_fit *fit, uint32_t knots);

/* The place u, v of the grid lies on the line through `place` perpendicular to the unit vector `normal`. */
void bc_bend_line(bc_bend_fit *fit, const bc_grid *grid, float u, float v, bc_point place, bc_point normal,
                  float weight);

/* Solves for the bend and puts it in the grid; false, the grid unchanged, when it cannot. */
bool bc_bend_solve(bc_bend_fit *fit, bc_grid *grid);

#endif
