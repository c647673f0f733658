/* The rings of a MaxiCode bullseye on grey pixels: where they are and how they are foreshortened. */
#ifndef BC_MAXI_RINGS_H
#define BC_MAXI_RINGS_H

#include "scene.h"

#include <stdbool.h> /* bool */

/* Where rings begin and end from the middle outwards, in modules; the first edge turns dark. */
#define BC_MAXI_RING_EDGES 5u
extern const float bc_maxi_usual_rings[BC_MAXI_RING_EDGES];
extern const float bc_maxi_wide_rings[BC_MAXI_RING_EDGES];

/* Directions that edges are looked for in, and their cosines and sines. */
#define BC_MAXI_DIRECTIONS 24u
extern const float bc_maxi_direction[BC_MAXI_DIRECTIONS][2];

/*
 * A place a modules right of the middle and b below it, whichever way the symbol
 * is turned, is x + a * right_x + b * down_x, y + a * right_y + b * down_y.
 */
typedef struct {
    float x, y, right_x, right_y, down_x, down_y;
    const float *radius; /* one of those */
} bc_maxi_rings;

/*
 * Fits ellipses to the rings from a first guess, whose axes may be of a size
 * that is off by a fifth and foreshortened as those of rows and columns.  False
 * when they are not there.  The contrast of rings goes into the scene.
 */
bool bc_maxi_fit_rings(bc_scene *scene, bc_maxi_rings *rings);

#endif
