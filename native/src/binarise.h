/* Grey to black and white by thresholds that follow the light across the picture. */
#ifndef BC_BINARISE_H
#define BC_BINARISE_H

#include "arena.h"
#include "bit_matrix.h"
#include "grey_image.h"
#include "kernels.h"

/* How the threshold of a block comes from the darkest and the lightest pixel in it and the eight around it. */
typedef struct {
    uint16_t share; /* the threshold's place between the darkest (0) and the lightest (256) */
    uint16_t faint; /* what counts as contrast, in 1/256 of what noise calls for */
} bc_binarise_how;

/* Halfway: right nearly everywhere. */
#define BC_BINARISE_USUAL ((bc_binarise_how){128, 256})

/* Workspace of the bits and of what making them takes, for an image of this size. */
size_t bc_binarise_workspace(uint32_t width, uint32_t height);

/*
 * Fills *bits, whose words stay in the arena; false when it is too small or the
 * image has a side of fewer than BC_BLOCK pixels.
 */
bool bc_binarise(const bc_grey *image, bc_binarise_how how, const bc_kernels *kernels,
                 bc_arena *arena, bc_bits *bits);

#endif
