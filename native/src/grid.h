/*
 * The grid of a symbol: where in a layer a place in modules lies.  A perspective
 * map, and on top of it a bend for paper that is not flat.
 */
#ifndef BC_GRID_H
#define BC_GRID_H

#include <stdbool.h> /* bool */
#include <stddef.h>  /* size_t */
#include <stdint.h>  /* uint32_t */

/* Knots a side of the bend: more follow noise rather than paper. */
#define BC_GRID_KNOTS_MAX 7u

typedef struct {
    uint32_t size;          /* modules a side */
    float h[8];             /* perspective map from -1..1 across the symbol to units of `unit` around the origin */
    float origin_x, origin_y, unit; /* px of the layer */
    uint32_t knots;         /* knots a side of the bend; 0 when flat */
    float bend[2 * BC_GRID_KNOTS_MAX * BC_GRID_KNOTS_MAX]; /* x, y in px of the layer, row by row */
} bc_grid;

typedef struct {
    float x, y;
} bc_point;

/* The place of u, v modules from the symbol's outer top left corner. */
bc_point bc_grid_at(const bc_grid *grid, float u, float v);

/* A place with how far one module more of u, and of v, leads from there. */
typedef struct {
    bc_point at, du, dv;
} bc_spot;

bc_spot bc_grid_spot(const bc_grid *grid, float u, float v);

/* The same grid in a layer whose px are `factor` of this one's. */
void bc_grid_scale(bc_grid *grid, float factor);

/* The same by the perspective map alone. */
bc_point bc_grid_flat_at(const bc_grid *grid, float u, float v);

/* The knots around u, v: the first of four, in row order, and the share of each. */
size_t bc_grid_knots(uint32_t size, uint32_t knots, float u, float v, float share[4]);

/* Least squares for a grid's perspective map: add what is known, then solve. */
typedef struct {
    double ata[64], atb[8];
    size_t n;
    float size, origin_x, origin_y, unit;
} bc_grid_fit;

/* Begins a fit for a symbol of `size` modules somewhere about x, y and about `unit` px from there to its sides. */
void bc_grid_fit_begin(bc_grid_fit *fit, uint32_t size, float x, float y, float unit);

/* The place u, v lies on the line through x, y that is perpendicular to the unit vector nx, ny. */
void bc_grid_fit_line(bc_grid_fit *fit, float u, float v, float x, float y, float nx, float ny, float weight);

/* The place u, v lies at x, y. */
void bc_grid_fit_point(bc_grid_fit *fit, float u, float v, float x, float y, float weight);

/* Solves for the map, leaving the grid flat; false when too little is known or the map folds over. */
bool bc_grid_fit_solve(const bc_grid_fit *fit, bc_grid *grid);

#endif
