/* The sides between modules whose colour is known: where a grid says they are, and where they are on grey pixels. */
#ifndef BC_SIDES_H
#define BC_SIDES_H

#include "grid.h"
#include "scene.h"

#include <stdbool.h> /* bool */
#include <stddef.h>  /* size_t */
#include <stdint.h>  /* uint8_t, uint16_t, uint32_t */

enum { BC_MODULE_UNKNOWN = 0, BC_MODULE_LIGHT = 1, BC_MODULE_DARK = 2 };

/* A side between two fixed modules of different colour, in half modules from the symbol's outer top left corner. */
typedef struct {
    uint16_t u2, v2;
    uint8_t upright;    /* the side is a piece of a column's edge, so that it tells u */
    uint8_t dark_first; /* dark on the left of it, or above */
} bc_side;

/*
 * All sides of the fixed modules of a symbol, columns * rows of them row by row;
 * the quiet zone counts as light.  At most cap of them.
 */
size_t bc_sides(uint32_t columns, uint32_t rows, const uint8_t *module, bc_side *side, size_t cap);

/* How well a grid fits. */
typedef struct {
    size_t seen;        /* sides that were found near their place */
    float off;          /* their mean distance from it, in modules */
} bc_fitness;

/*
 * Measures the sides where they are and fits the perspective map anew; sides
 * farther off than three quarters of a module are not seen.  The grid stays as
 * it is, and false comes back, when too few are.
 */
bool bc_refine(const bc_scene *scene, const bc_side *side, size_t n, bc_grid *grid, bc_fitness *fitness);

/*
 * How far along its normal, in px, a side at u, v is from where the grid says,
 * with the place found and the normal; false when it is not seen.
 */
bool bc_measure(const bc_scene *scene, const bc_grid *grid, float u, float v, bool upright, bool dark_first,
                   bc_point *place, bc_point *normal, float *shift_modules);

#endif
