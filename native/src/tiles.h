/* How a layer's grey levels change, tile by tile: where there are edges, and whether they run one way. */
#ifndef BC_TILES_H
#define BC_TILES_H

#include "arena.h"
#include "kernels.h"

#include <stdbool.h> /* bool */

typedef struct {
    bc_tensor *tensor;   /* cols * rows of them, row by row */
    uint32_t cols, rows; /* tile 0, 0 begins at pixel 1, 1: a difference needs neighbours; 0 for the smallest layers */
} bc_tiles;

/* Workspace of the tiles of a layer of this size. */
size_t bc_tiles_workspace(uint32_t width, uint32_t height);

/* Measures all tiles of a layer; false when the arena is too small. */
bool bc_tiles_measure(const bc_grey *layer, const bc_kernels *kernels, bc_arena *arena, bc_tiles *tiles);

#endif
