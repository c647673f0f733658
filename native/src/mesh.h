/*
 * The mesh of a layer: where it has edges in more than one direction near each
 * other.  Matrix symbols are in it, and text; paper, weave and bars are not.
 */
#ifndef BC_MESH_H
#define BC_MESH_H

#include "tiles.h"

#include <stddef.h> /* size_t */
#include <stdint.h> /* uint32_t, uint64_t */

typedef struct {
    uint64_t *words;     /* a row of bits for each row of tiles, as wide as the layer's rows */
    size_t row_words;
    uint32_t rows;       /* at least 1 */
    uint8_t *crossed;    /* of each tile, in a margin of one all around: 1 where edges cross; null where all is mesh */
    uint8_t *sum;        /* of that, a tile's own and its neighbours' */
    uint32_t cols;       /* of these tiles */
} bc_mesh;

/* Workspace of a layer of this size. */
size_t bc_mesh_workspace(uint32_t width, uint32_t height);

/*
 * Finds the mesh of a layer `width` px wide from its tiles, a tile more on every
 * side; a small layer is all mesh.  False when the arena is too small.
 */
bool bc_mesh_find(const bc_tiles *tiles, uint32_t width, bc_arena *arena, bc_mesh *mesh);

/*
 * Takes a symbol that was read, its corners in px of the layer in either order of turning, out of the mesh,
 * with what is there for the sake of its edges alone.
 */
void bc_mesh_leave_out(bc_mesh *mesh, const float corners[8]);

/* Whether row y of the layer has any pixel in the mesh. */
bool bc_mesh_row_any(const bc_mesh *mesh, uint32_t y);

/* The bits of row y of the layer: bit x % 64 of word x / 64 tells whether pixel x is in the mesh. */
static inline const uint64_t *bc_mesh_row(const bc_mesh *mesh, uint32_t y)
{
    const uint32_t row = y / BC_TILE;
    return mesh->words + mesh->row_words * (row < mesh->rows ? row : mesh->rows - 1);
}

#endif
