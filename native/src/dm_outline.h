/*
 * The outline of a Data Matrix symbol from the convex hull of its dark modules:
 * two solid sides, and where the others end.
 */
#ifndef BC_DM_OUTLINE_H
#define BC_DM_OUTLINE_H

#include "blobs.h"
#include "grid.h" /* bc_point */
#include "scene.h"

/* Corners in px of the layer, named as in an upright symbol that is not mirrored. */
typedef struct {
    bc_point top_left, bottom_left, bottom_right, top_right;
} bc_dm_outline;

/* Outlines that are told of one hull: three pairs of sides, with the far corner in three ways. */
#define BC_DM_OUTLINES_MAX 9u

/*
 * The outlines that a hull may be, the likeliest first: pairs of its long
 * straight sides that meet at a corner and are solid on the scene's pixels.
 */
uint32_t bc_dm_outlines(const bc_scene *scene, const bc_hull_point *hull, uint32_t n,
                        bc_dm_outline out[BC_DM_OUTLINES_MAX]);

#endif
