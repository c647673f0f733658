/*
 * A stacked symbol as its readers see it: a frame of reference whose one axis
 * runs in reading direction and the other along the bars, curves for the
 * boundaries of its columns, and where codewords are read in it.
 */
#ifndef BC_PDF417_VIEW_H
#define BC_PDF417_VIEW_H

#include "scene.h"

#include <stdbool.h> /* bool */
#include <stddef.h>  /* size_t */
#include <stdint.h>  /* uint32_t */

/* Coordinates s in reading direction and t along the bars, downwards unless mirrored, in px of the scene's layer. */
typedef struct {
    bc_scene scene;
    float x, y;   /* origin, px of the layer */
    float dx, dy; /* unit vector in reading direction; that along the bars is it, turned clockwise */
} bc_view;

static inline bc_point bc_view_point(const bc_view *view, float s, float t)
{
    return (bc_point){view->x + s * view->dx - t * view->dy, view->y + s * view->dy + t * view->dx};
}

/* Lightness at s, t. */
static inline float bc_view_at(const bc_view *view, float s, float t)
{
    return bc_scene_at(&view->scene, bc_view_point(view, s, t));
}

/* The boundary of a column, s as a polynomial in t. */
typedef struct {
    float c[3];
} bc_curve;

static inline float bc_curve_at(const bc_curve *curve, float t)
{
    return curve->c[0] + t * (curve->c[1] + t * curve->c[2]);
}

/* Where a boundary was seen. */
typedef struct {
    float t, s;
} bc_seen;

/*
 * Bends a curve, which is near already, to what was seen, those farther off than
 * `clip` px left out.  `terms` of the polynomial, 1 to 3, are changed.  How many
 * were in; the curve stays when they are too few.
 */
size_t bc_curve_fit(bc_curve *curve, const bc_seen *seen, size_t n, uint32_t terms, float clip);

/*
 * The step from light to dark (in reading direction) nearest to s, within one
 * module of `module` px; false when there is none.
 */
bool bc_view_edge(const bc_view *view, float s, float t, float module, float *found);

#endif
