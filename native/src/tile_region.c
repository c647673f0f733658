/* Growing: see tile_region.h. */
#include "tile_region.h"

#include <string.h> /* memcpy, memset */

#define MIN_ENERGY 2500u      /* of a tile: differences of 6 grey levels all over */
#define MIN_COHERENCE 0.55f  /* of a tile: share of its energy that is in one direction */
#define ENERGY_SPREAD 6.0f    /* a tile's energy below its region's mean, under which it is paper and not bars */
#define RANKS 33u            /* of a seed: the leading zeros of 32 bits */
#define MARGIN 2             /* tiles that a region may reach out to */

enum tile_state { TILE_QUIET, TILE_FREE = 1, TILE_TAKEN = 2 }; /* free is a bit of its own */

size_t bc_grower_workspace(uint32_t width, uint32_t height)
{
    const size_t cols = (size_t)width / BC_TILE + 1, rows = (size_t)height / BC_TILE + 1;
    return bc_arena_cost((cols + 2 * MARGIN) * (rows + 2 * MARGIN), 1) + 2 * bc_arena_cost(cols * rows, sizeof(uint32_t));
}

/* Twice the direction of a tile's gradients, as a vector as long as they agree. */
static void double_angle(const bc_tensor *tensor, float *d1, float *d2)
{
    *d1 = (float)tensor->xx - (float)tensor->yy;
    *d2 = 2.0f * (float)tensor->xy;
}

/* Energies in steps of two: the rank of a tile among seeds, 0 for the strongest. */
static uint32_t rank_of(const bc_tensor *tensor)
{
    return (uint32_t)__builtin_clz((uint32_t)tensor->xx + (uint32_t)tensor->yy + 1u);
}

/* The state of the first tile of a row. */
static uint8_t *states_of(const bc_grower *grower, uint32_t row)
{
    return grower->state + (ptrdiff_t)(row + MARGIN) * grower->pitch + MARGIN;
}

static inline uint8_t *state_of(const bc_grower *grower, uint32_t place)
{
    return states_of(grower, bc_tile_row(place)) + bc_tile_col(place);
}

static bool is_clear(const bc_tensor *tensor)
{
    if ((uint32_t)tensor->xx + (uint32_t)tensor->yy < MIN_ENERGY)
        return false;
    float d1, d2;
    double_angle(tensor, &d1, &d2);
    const float least = MIN_COHERENCE * bc_tile_energy(tensor);
    return d1 * d1 + d2 * d2 >= least * least;
}

/* Which tiles have energy and one direction, as members for now; how many of them by rank. */
static void classify(bc_grower *grower, uint32_t *count)
{
    const bc_tensor *tensor = grower->tiles->tensor;
    grower->member_n = 0;
    memset(count, 0, RANKS * sizeof *count);
    memset(grower->state, TILE_QUIET, (size_t)grower->pitch * (grower->tiles->rows + 2 * MARGIN));
    for (uint32_t row = 0; row < grower->tiles->rows; row++) {
        uint8_t *state = states_of(grower, row);
        for (uint32_t col = 0; col < grower->tiles->cols; col++, tensor++)
            if (is_clear(tensor)) {
                state[col] = TILE_FREE;
                count[rank_of(tensor)]++;
                grower->member[grower->member_n++] = bc_tile_place(col, row);
            }
    }
}

/*
 * Seeds by energy, strongest first: bars grow before the fainter stripes of
 * what lies behind them could take them in.
 */
static void sort_seeds(bc_grower *grower)
{
    uint32_t count[RANKS], begin[RANKS];
    classify(grower, count);
    begin[0] = 0;
    for (uint32_t i = 1; i < RANKS; i++)
        begin[i] = begin[i - 1] + count[i - 1];
    grower->seed_n = grower->member_n;
    for (size_t i = 0; i < grower->member_n; i++)
        grower->seed[begin[rank_of(bc_tile_tensor(grower, grower->member[i]))]++] = grower->member[i];
}

/* The region's direction and least energy: anew while it is small, then whenever it has doubled. */
static void follow_members(bc_grower *grower)
{
    const size_t n = grower->member_n;
    if (n > 16 && (n & (n - 1)) != 0)
        return;
    const float length = __builtin_sqrtf(grower->d1 * grower->d1 + grower->d2 * grower->d2);
    grower->unit1 = length > 0.0f ? grower->d1 / length : 0.0f;
    grower->unit2 = length > 0.0f ? grower->d2 / length : 0.0f;
    grower->least = grower->energy / (ENERGY_SPREAD * (float)n);
}

static void take(bc_grower *grower, uint32_t place, const bc_tensor *tensor, uint8_t *state)
{
    float d1, d2;
    double_angle(tensor, &d1, &d2);
    grower->d1 += d1;
    grower->d2 += d2;
    grower->energy += bc_tile_energy(tensor);
    *state = TILE_TAKEN;
    grower->member[grower->member_n++] = place;
    follow_members(grower);
}

/* Takes a tile, so many columns and rows from a member, whose edges run as the region's do and are not far weaker. */
static inline void reach(bc_grower *grower, uint32_t place, const bc_tensor *tensor, uint8_t *state, int32_t col,
                         int32_t row)
{
    uint8_t *there = state + row * grower->pitch + col;
    if (*there != TILE_FREE)
        return;
    const bc_tensor *other = tensor + (ptrdiff_t)row * (ptrdiff_t)grower->tiles->cols + col;
    float d1, d2;
    double_angle(other, &d1, &d2);
    const float energy = bc_tile_energy(other);
    if (d1 * grower->unit1 + d2 * grower->unit2 >= MIN_COHERENCE * energy && energy >= grower->least)
        take(grower, (uint32_t)((int32_t)place + row * 65536 + col), other, there);
}

/* Whether a tile of this one and the three to its right may be free: mostly none is, and one look tells. */
static inline bool may_be_free(const uint8_t *state)
{
    uint32_t four;
    memcpy(&four, state, sizeof four);
    return (four & TILE_FREE * 0x01010101u) != 0;
}

/* The step in tiles, one of eight, that goes across the bars. */
static void across(const bc_grower *grower, int32_t *col, int32_t *row)
{
    const float c = grower->unit1, s = grower->unit2, diagonal = 0.7071f;
    *col = c > -diagonal;                                     /* all but the upright ones go sideways */
    *row = c > diagonal ? 0 : (c < -diagonal ? 1 : (s > 0.0f ? 1 : -1));
}

/* Grows the region of a tile: its neighbours, and over a gap of one tile across the bars, where a wide element is. */
static void grow(bc_grower *grower, uint32_t seed)
{
    grower->member_n = 0;
    grower->d1 = grower->d2 = grower->energy = 0.0f;
    take(grower, seed, bc_tile_tensor(grower, seed), state_of(grower, seed));
    for (size_t i = 0; i < grower->member_n; i++) {
        const uint32_t place = grower->member[i];
        const bc_tensor *tensor = bc_tile_tensor(grower, place);
        uint8_t *state = state_of(grower, place);
        for (int32_t y = -1; y <= 1; y++)
            if (may_be_free(state + y * grower->pitch - 1))
                for (int32_t x = -1; x <= 1; x++)
                    reach(grower, place, tensor, state, x, y);
        int32_t x, y;
        across(grower, &x, &y);
        reach(grower, place, tensor, state, 2 * x, 2 * y);
        reach(grower, place, tensor, state, -2 * x, -2 * y);
    }
}

bool bc_grower_begin(bc_grower *grower, const bc_tiles *tiles, bc_arena *room)
{
    const size_t n = (size_t)tiles->cols * tiles->rows;
    *grower = (bc_grower){.tiles = tiles, .pitch = (ptrdiff_t)tiles->cols + 2 * MARGIN};
    grower->state = bc_arena_take(room, (size_t)grower->pitch * (tiles->rows + 2 * MARGIN), 1);
    grower->member = bc_arena_take(room, n, sizeof *grower->member);
    grower->seed = bc_arena_take(room, n, sizeof *grower->seed);
    if (grower->state == NULL || grower->member == NULL || grower->seed == NULL)
        return false;
    sort_seeds(grower);
    return true;
}

bool bc_grower_next(bc_grower *grower)
{
    while (grower->seed_at < grower->seed_n) {
        const uint32_t seed = grower->seed[grower->seed_at++];
        if (*state_of(grower, seed) == TILE_FREE) {
            grow(grower, seed);
            return true;
        }
    }
    return false;
}
