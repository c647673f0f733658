/*
 * Where a layer has edges in more than one direction, near each other: there
 * matrix symbols may be, and text; paper, weave and bars are not looked at.
 */
#ifndef BC_BUSY_H
#define BC_BUSY_H

#include "tiles.h"

#include <stddef.h> /* size_t */
#include <stdint.h> /* uint32_t, uint64_t */

typedef struct {
    uint64_t *words;     /* a row of bits for each row of tiles, as wide as the layer's rows */
    size_t row_words;
    uint32_t rows;       /* at least 1 */
} bc_busy;

/* Workspace of a layer of this size. */
size_t bc_busy_workspace(uint32_t width, uint32_t height);

/*
 * Finds the busy places of a layer `width` px wide from its tiles, a tile more
 * on every side of them; everywhere on a small layer.  False when the arena is
 * too small.
 */
bool bc_busy_find(const bc_tiles *tiles, uint32_t width, bc_arena *arena, bc_busy *busy);

/* Takes a symbol that was read, its corners in px of the layer in either order of turning, out of the busy places. */
void bc_busy_leave_out(bc_busy *busy, const float corners[8]);

/* The bits of row y of the layer: bit x % 64 of word x / 64 tells whether pixel x is in a busy place. */
static inline const uint64_t *bc_busy_row(const bc_busy *busy, uint32_t y)
{
    const uint32_t row = y / BC_TILE;
    return busy->words + busy->row_words * (row < busy->rows ? row : busy->rows - 1);
}

#endif
