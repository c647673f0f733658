/* Fitting a symbol's grid to grey pixels by what every symbol shows: finder, timing and alignment patterns. */
#ifndef BC_QR_FIT_H
#define BC_QR_FIT_H

#include "grey_image.h"
#include "grid.h"
#include "qr_patterns.h"

#include <stdbool.h> /* bool */
#include <stddef.h>  /* size_t */

/* What is looked at: a layer's pixels, turned to dark on light by sign. */
typedef struct {
    const bc_grey *image;
    float sign;            /* 1 for dark on light, -1 for light on dark */
    float contrast;        /* light less dark in the finder patterns, grey levels */
} bc_qr_scene;

/* bc_grey_at with less to do where all four pixels are inside. */
static inline float bc_grey_quick(const bc_grey *image, float x, float y)
{
    const float right = (float)image->width - 1.0f, bottom = (float)image->height - 1.0f;
    if (!(x >= 0.5f && y >= 0.5f && x < right && y < bottom))
        return bc_grey_at(image, x, y);
    const uint32_t x0 = (uint32_t)(x - 0.5f), y0 = (uint32_t)(y - 0.5f);
    const float fx = x - 0.5f - (float)x0, fy = y - 0.5f - (float)y0;
    const uint8_t *above = bc_grey_row(image, y0) + x0, *below = above + image->stride;
    const float top = (float)above[0] + fx * (float)(above[1] - above[0]);
    const float low = (float)below[0] + fx * (float)(below[1] - below[0]);
    return top + fy * (low - top);
}

static inline float bc_qr_scene_at(const bc_qr_scene *scene, bc_point p)
{
    return scene->sign * bc_grey_quick(scene->image, p.x, p.y);
}

#define BC_FINDER_SAMPLES (33u * 33u)

/* How well a grid fits. */
typedef struct {
    size_t seen;        /* sides that were found near their place */
    float off;          /* their mean distance from it, in modules */
} bc_qr_fitness;

/*
 * Measures the sides where they are and fits the perspective map anew; sides
 * farther off than three quarters of a module are not seen.  The grid stays as
 * it is, and false comes back, when too few are.
 */
bool bc_qr_refine(const bc_qr_scene *scene, const bc_qr_side *side, size_t n, bc_grid *grid, bc_qr_fitness *fitness);

/*
 * How far along its normal, in px, a side at u, v is from where the grid says,
 * with the place found and the normal; false when it is not seen.
 */
bool bc_qr_measure(const bc_qr_scene *scene, const bc_grid *grid, float u, float v, bool upright, bool dark_first,
                   bc_point *place, bc_point *normal, float *shift_modules);

/* Share of the modules of both timing patterns, in row and column `at`, that differ from neighbours as they should. */
float bc_qr_timing(const bc_qr_scene *scene, const bc_grid *grid, uint32_t first, uint32_t at);

/* The same of one of them, of QR symbols: the column (down) or the row. */
float bc_qr_timing_line(const bc_qr_scene *scene, const bc_grid *grid, bool down);

/*
 * Looks for the finder pattern whose top left corner should be at *u, *v within
 * 4 modules, however damaged; false when none stands out, else its place.
 * `sample` is room for BC_FINDER_SAMPLES.
 */
bool bc_qr_find_finder(const bc_qr_scene *scene, const bc_grid *grid, float *sample, float *u, float *v);

/*
 * Looks for an alignment pattern whose middle should be at u, v within `reach`
 * modules; false when none stands out, else its place in modules.
 */
bool bc_qr_find_alignment(const bc_qr_scene *scene, const bc_grid *grid, float reach, float *u, float *v);

/* Light less dark over the three finder patterns of a grid: what contrast should be, not less than 1. */
float bc_qr_contrast(const bc_qr_scene *scene, const bc_grid *grid);

#endif
