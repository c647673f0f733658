/* The grid of hexagons: where modules lie, and fitting it to what is known of them. */
#ifndef BC_MAXI_GRID_H
#define BC_MAXI_GRID_H

#include "grid.h"
#include "maxi_modules.h"
#include "scene.h"

/* A grid of so many units a side, a module's width each, whose middle is that of the bullseye. */
#define BC_MAXI_SIDE 30u
#define BC_MAXI_MIDDLE 15.0f
#define BC_MAXI_ROW 0.8660254f /* from a row to the next one */

static inline float bc_maxi_u(uint32_t column, uint32_t row)
{
    return (float)column + (row % 2 == 0 ? 1.0f : 1.5f);
}

static inline float bc_maxi_v(uint32_t row)
{
    return BC_MAXI_MIDDLE + BC_MAXI_ROW * ((float)row - 16.0f);
}

/*
 * Fits the grid to the edges of rings of these radii (maxi_rings.h) and those between modules that are known
 * and differ; their mean distance from where the grid said, in modules, or 1 when too few
 * are seen, and the grid stays as it is.
 */
float bc_maxi_refine(const bc_scene *scene, const float *radius, const uint8_t known[BC_MAXI_PLACES], bc_grid *grid);

#endif
