/* Pixels of a layer as a symbol's reader sees them: dark on light, and quickly between four of them. */
#ifndef BC_SCENE_H
#define BC_SCENE_H

#include "grey_image.h"
#include "grid.h" /* bc_point */

#include <stdbool.h> /* bool */

/* What is looked at: a layer's pixels, turned to dark on light by sign. */
typedef struct {
    const bc_grey *image;
    float sign;            /* 1 for dark on light, -1 for light on dark */
    float contrast;        /* light less dark in the fixed patterns, grey levels */
} bc_scene;

/* Whether x, y lies between the middles of four pixels. */
static inline bool bc_grey_inside(const bc_grey *image, float x, float y)
{
    return x >= 0.5f && y >= 0.5f && x < (float)image->width - 1.0f && y < (float)image->height - 1.0f;
}

/* bc_grey_at of such a place. */
static inline float bc_grey_inner(const bc_grey *image, float x, float y)
{
    const int32_t x0 = (int32_t)(x - 0.5f), y0 = (int32_t)(y - 0.5f);
    const float fx = x - 0.5f - (float)x0, fy = y - 0.5f - (float)y0;
    const uint8_t *above = image->px + (ptrdiff_t)y0 * image->stride + x0, *below = above + image->stride;
    const float top = (float)above[0] + fx * (float)(above[1] - above[0]);
    const float low = (float)below[0] + fx * (float)(below[1] - below[0]);
    return top + fy * (low - top);
}

/* bc_grey_at with less to do where all four pixels are inside. */
static inline float bc_grey_quick(const bc_grey *image, float x, float y)
{
    return bc_grey_inside(image, x, y) ? bc_grey_inner(image, x, y) : bc_grey_at(image, x, y);
}

static inline float bc_scene_at(const bc_scene *scene, bc_point p)
{
    return scene->sign * bc_grey_quick(scene->image, p.x, p.y);
}

#endif
