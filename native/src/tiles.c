#include "tiles.h"

/* Tiles of a side of n pixels, of which the outermost have no differences. */
static uint32_t tiles_of(uint32_t n)
{
    return n > 2 ? (n - 2) / BC_TILE : 0;
}

size_t bc_tiles_workspace(uint32_t width, uint32_t height)
{
    return bc_arena_cost((size_t)tiles_of(width) * tiles_of(height), sizeof(bc_tensor));
}

bool bc_tiles_measure(const bc_grey *layer, const bc_kernels *kernels, bc_arena *arena, bc_tiles *tiles)
{
    tiles->cols = tiles_of(layer->width);
    tiles->rows = tiles_of(layer->height);
    tiles->tensor = bc_arena_take(arena, (size_t)tiles->cols * tiles->rows, sizeof *tiles->tensor);
    if (tiles->tensor == NULL)
        return false;
    for (uint32_t row = 0; row < tiles->rows; row++)
        kernels->tensor_row(bc_grey_row(layer, 1 + row * BC_TILE) + 1, layer->stride,
                            tiles->tensor + (size_t)row * tiles->cols, tiles->cols);
    return true;
}
