/* Bullseyes: the nested squares in the middle of Aztec symbols. */
#ifndef BC_AZTEC_FINDER_H
#define BC_AZTEC_FINDER_H

#include "bit_matrix.h"
#include "frame.h"

#include <stdbool.h> /* bool */

/* Lengths and places in px of the full image. */
typedef struct {
    float x, y;
    float across, down; /* a module along rows and along columns: up to 1.41 times its size when turned */
    bool inverted;      /* light on dark */
} bc_bullseye;

/* Room for those of a layer; what more there is is left out, which is noted in the frame. */
#define BC_BULLSEYES_MAX 512u

typedef struct {
    bc_bullseye item[BC_BULLSEYES_MAX];
    size_t n;
} bc_bullseyes;

/* Workspace of bc_bullseyes_scan. */
size_t bc_bullseyes_workspace(uint32_t width);

/* Adds the bullseyes in the mesh of a layer; false when the work is spent or the layer too small. */
bool bc_bullseyes_scan(bc_frame *frame, size_t layer, bc_bullseyes *found);

#endif
