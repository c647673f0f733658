/*
 * Data Matrix symbols on something round, whose columns are not all as wide: the
 * modules of the dotted sides, one after the other, and the grid bent to them.
 */
#ifndef BC_DM_BENT_H
#define BC_DM_BENT_H

#include "bend.h"
#include "scene.h"
#include "sides.h"

/* Modules of a side that are followed: on something round, larger symbols are too large. */
#define BC_DM_DOTS_MAX 96u

/* The modules of a dotted side, from its end at a solid one. */
typedef struct {
    uint32_t n;                       /* modules, an even number; the first one is dark */
    bc_point from, along;             /* place s of `middle` is from + s * along */
    float middle[BC_DM_DOTS_MAX];     /* of each module, px */
} bc_dm_dots;

/*
 * Follows the dots along the side from a to b, a little way to where `inside` is;
 * false when they do not alternate from one end to the other in steps that are
 * about alike from each to the next.
 */
bool bc_dm_follow(const bc_scene *scene, bc_point a, bc_point b, bc_point inside, bc_dm_dots *dots);

/*
 * Bends a grid to the dots of its top row and its right column, those of the
 * solid sides opposite taken to be as far from their places, and to the n sides
 * of its borders.
 */
bool bc_dm_bend(const bc_scene *scene, const bc_dm_dots *top, const bc_dm_dots *right, const bc_side *side, size_t n,
                bc_bend_fit *fit, bc_grid *grid, bc_fitness *fitness);

#endif
