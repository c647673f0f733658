/*
 * Regions of neighbouring tiles with energy whose edges run one way: bars,
 * and what looks like them from so far.
 */
#ifndef BC_TILE_REGION_H
#define BC_TILE_REGION_H

#include "tiles.h"

typedef struct {
    const bc_tiles *tiles;
    uint8_t *state;          /* by tile, with a margin of quiet ones all around */
    ptrdiff_t pitch;         /* from a state to the one below */
    uint32_t *member;        /* tiles of the region just grown, by place */
    size_t member_n;
    uint32_t *seed;          /* all tiles with one direction, those of most energy first */
    size_t seed_n, seed_at;  /* those before seed_at were tried */
    float d1, d2, energy;    /* sums over the members: double-angle vector and energy */
    float unit1, unit2;      /* the vector's direction */
    float least;             /* energy of a member */
} bc_grower;

/* A tile's place: its row and column in one number, 16 bits each. */
static inline uint32_t bc_tile_place(uint32_t col, uint32_t row)
{
    return row << 16 | col;
}

static inline uint32_t bc_tile_col(uint32_t place)
{
    return place & 0xFFFFu;
}

static inline uint32_t bc_tile_row(uint32_t place)
{
    return place >> 16;
}

/* Squared differences all over a tile. */
static inline float bc_tile_energy(const bc_tensor *tensor)
{
    return (float)tensor->xx + (float)tensor->yy;
}

static inline const bc_tensor *bc_tile_tensor(const bc_grower *grower, uint32_t place)
{
    return &grower->tiles->tensor[(size_t)bc_tile_row(place) * grower->tiles->cols + bc_tile_col(place)];
}

/* How far the edges of the region just grown run one way: 1 all of them, 0 in all directions alike. */
static inline float bc_grower_agreement(const bc_grower *grower)
{
    return __builtin_sqrtf(grower->d1 * grower->d1 + grower->d2 * grower->d2) / grower->energy;
}

/* What bc_grower_begin takes for the tiles of a layer of this size. */
size_t bc_grower_workspace(uint32_t width, uint32_t height);

/* Makes ready for growing; false when the room is too small. */
bool bc_grower_begin(bc_grower *grower, const bc_tiles *tiles, bc_arena *room);

/* Grows the region of the strongest tile that is in none yet; false when all are. */
bool bc_grower_next(bc_grower *grower);

#endif
