/* Least squares for the bend of a grid: a few knots, bilinear between them, smooth where nothing is seen. */
#include "bend.h"

#include "geometry.h"

#include <string.h> /* memset */

/* Weight of smoothness against what is seen about each knot: little, but all there is where nothing is seen. */
#define SMOOTH 0.004

/* Weight of mixed differences against the others. */
#define MIXED 1.0

/* Weight of a knot staying where the perspective map has it: only so that the system has one solution. */
#define STAY 1e-4

/* A bend of more than this many px is a wrong fit, not paper. */
#define BEND_MOST 1e4

size_t bc_bend_workspace(void)
{
    return bc_arena_cost((size_t)BC_BEND_UNKNOWNS * BC_BEND_UNKNOWNS, sizeof(double)) +
           bc_arena_cost(BC_BEND_UNKNOWNS, sizeof(double));
}

bool bc_bend_take(bc_arena *arena, bc_bend_fit *fit)
{
    fit->a = bc_arena_take(arena, (size_t)BC_BEND_UNKNOWNS * BC_BEND_UNKNOWNS, sizeof *fit->a);
    fit->b = bc_arena_take(arena, BC_BEND_UNKNOWNS, sizeof *fit->b);
    return fit->a && fit->b;
}

static size_t unknowns(const bc_bend_fit *fit)
{
    return 2 * (size_t)fit->knots * fit->knots;
}

void bc_bend_begin(bc_bend_fit *fit, uint32_t knots)
{
    fit->knots = knots;
    fit->weight = 0.0f;
    const size_t n = unknowns(fit);
    memset(fit->a, 0, n * n * sizeof *fit->a);
    memset(fit->b, 0, n * sizeof *fit->b);
}

/* Adds weight * (sum of factor * unknown - value)^2; places ascend. */
static void add(bc_bend_fit *fit, const size_t *place, const double *factor, size_t count, double value, double weight)
{
    const size_t n = unknowns(fit);
    for (size_t i = 0; i < count; i++) {
        const double w = weight * factor[i];
        for (size_t j = 0; j <= i; j++)
            fit->a[place[i] * n + place[j]] += w * factor[j];
        fit->b[place[i]] += w * value;
    }
}

void bc_bend_line(bc_bend_fit *fit, const bc_grid *grid, float u, float v, bc_point place, bc_point normal,
                  float weight)
{
    float share[4];
    const size_t first = bc_grid_knots(grid->size, fit->knots, u, v, share);
    const bc_point flat = bc_grid_flat_at(grid, u, v);
    const size_t knot[4] = {first, first + 1, first + fit->knots, first + fit->knots + 1};
    size_t at[8];
    double factor[8];
    for (size_t i = 0; i < 4; i++) {
        at[2 * i] = 2 * knot[i];
        at[2 * i + 1] = 2 * knot[i] + 1;
        factor[2 * i] = (double)(share[i] * normal.x);
        factor[2 * i + 1] = (double)(share[i] * normal.y);
    }
    const double off = (double)(normal.x * (place.x - flat.x) + normal.y * (place.y - flat.y));
    add(fit, at, factor, 8, off, (double)weight);
    fit->weight += weight;
}

/*
 * Second differences along rows and columns of knots should be small, and mixed
 * ones too: rows of bent paper are alike, moved along its columns.
 */
static void add_smoothness(bc_bend_fit *fit)
{
    const size_t k = fit->knots;
    const double weight = SMOOTH * (double)fit->weight / (double)(k * k) + 1e-3;
    const double factor[3] = {1.0, -2.0, 1.0}, mixed[4] = {1.0, -1.0, -1.0, 1.0}, one = 1.0;
    for (size_t j = 0; j < k; j++)
        for (size_t i = 0; i < k; i++)
            for (size_t axis = 0; axis < 2; axis++) {
                const size_t here = 2 * (j * k + i) + axis;
                const size_t row[3] = {here, here + 2, here + 4}, column[3] = {here, here + 2 * k, here + 4 * k};
                if (i + 2 < k)
                    add(fit, row, factor, 3, 0.0, weight);
                if (j + 2 < k)
                    add(fit, column, factor, 3, 0.0, weight);
                const size_t square[4] = {here, here + 2, here + 2 * k, here + 2 * k + 2};
                if (i + 1 < k && j + 1 < k)
                    add(fit, square, mixed, 4, 0.0, MIXED * weight);
                add(fit, &here, &one, 1, 0.0, STAY * weight);
            }
}

bool bc_bend_solve(bc_bend_fit *fit, bc_grid *grid)
{
    const size_t n = unknowns(fit);
    add_smoothness(fit);
    if (!bc_solve(fit->a, fit->b, n))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!(fit->b[i] > -BEND_MOST && fit->b[i] < BEND_MOST))
            return false;
    for (size_t i = 0; i < n; i++)
        grid->bend[i] = (float)fit->b[i];
    grid->knots = fit->knots;
    return true;
}
