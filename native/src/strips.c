/*
 * Tiles with energy and one direction are grown into regions of one direction;
 * a region's rows of tiles (along the bars) make strips.  Done on the image
 * and its halved layers, since a tile must hold an edge or two, and not ten.
 */
#include "strips.h"

#include "tiles.h"

#include <string.h> /* memmove, memset */

#define LAYERS 5u            /* modules of 15 px are 1 px wide on the fifth */
#define MIN_ENERGY 2500u      /* of a tile: differences of 6 grey levels all over */
#define MIN_COHERENCE 0.55f  /* of a tile: share of its energy that is in one direction */
#define MIN_REGION 5u        /* tiles */
#define MIN_LENGTH 5.5f      /* tiles across the bars: the shortest symbol, 40 modules, at 1.1 px a module */
#define ENERGY_SPREAD 6.0f    /* a tile's energy below its region's mean, under which it is paper and not bars */
#define RANKS 33u            /* of a seed: the leading zeros of 32 bits */
#define MARGIN 2             /* tiles that a region may reach out to */
#define ROWS_MAX 96u         /* rows of tiles told apart in a region; a higher region has thicker rows */
#define ROW_SHARE 0.3f       /* of the fullest row: emptier ones are text beside the symbol */

/* Nanoseconds a tile costs beside being measured: its class, its part in a region. */
#define TILE_COST 12

typedef struct {
    const bc_tiles *tiles;
    uint8_t *state;          /* by tile, of tile_state, with a margin of quiet ones all around */
    ptrdiff_t pitch;         /* from a state to the one below */
    uint32_t *member;        /* tiles of the region being grown */
    size_t member_n;
    uint32_t *seed;          /* all tiles with one direction, those of most energy first */
    size_t seed_n;
    float d1, d2, energy;    /* sums over the members: double-angle vector and energy */
    float unit1, unit2;      /* the vector's direction */
    float least;             /* energy of a member */
    uint32_t layer;
} bc_grower;

enum tile_state { TILE_QUIET, TILE_FREE, TILE_TAKEN };

size_t bc_strips_workspace(uint32_t width, uint32_t height)
{
    const size_t cols = (size_t)width / BC_TILE + 1, rows = (size_t)height / BC_TILE + 1, tiles = cols * rows;
    return bc_arena_cost(bc_strips_most(width, height), sizeof(bc_strip)) +
           bc_arena_cost((cols + 2 * MARGIN) * (rows + 2 * MARGIN), 1) + 2 * bc_arena_cost(tiles, sizeof(uint32_t));
}

/* Twice the direction of a tile's gradients, as a vector as long as they agree. */
static void double_angle(const bc_tensor *tensor, float *d1, float *d2)
{
    *d1 = (float)tensor->xx - (float)tensor->yy;
    *d2 = 2.0f * (float)tensor->xy;
}

static float energy_of(const bc_tensor *tensor)
{
    return (float)tensor->xx + (float)tensor->yy;
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

/* A tile's place: its row and column in one number, 16 bits each. */
static inline uint32_t place_of(uint32_t col, uint32_t row)
{
    return row << 16 | col;
}

static inline uint32_t col_of(uint32_t place)
{
    return place & 0xFFFFu;
}

static inline uint32_t row_of(uint32_t place)
{
    return place >> 16;
}

static inline uint8_t *state_of(const bc_grower *grower, uint32_t place)
{
    return states_of(grower, row_of(place)) + col_of(place);
}

static inline const bc_tensor *tensor_of(const bc_grower *grower, uint32_t place)
{
    return &grower->tiles->tensor[(size_t)row_of(place) * grower->tiles->cols + col_of(place)];
}

static bool is_clear(const bc_tensor *tensor)
{
    if ((uint32_t)tensor->xx + (uint32_t)tensor->yy < MIN_ENERGY)
        return false;
    float d1, d2;
    double_angle(tensor, &d1, &d2);
    const float least = MIN_COHERENCE * energy_of(tensor);
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
                grower->member[grower->member_n++] = place_of(col, row);
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
        grower->seed[begin[rank_of(tensor_of(grower, grower->member[i]))]++] = grower->member[i];
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
    grower->energy += energy_of(tensor);
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
    const float energy = energy_of(other);
    if (d1 * grower->unit1 + d2 * grower->unit2 >= MIN_COHERENCE * energy && energy >= grower->least)
        take(grower, (uint32_t)((int32_t)place + row * 65536 + col), other, there);
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
    take(grower, seed, tensor_of(grower, seed), state_of(grower, seed));
    for (size_t i = 0; i < grower->member_n; i++) {
        const uint32_t place = grower->member[i];
        const bc_tensor *tensor = tensor_of(grower, place);
        uint8_t *state = state_of(grower, place);
        for (int32_t y = -1; y <= 1; y++)
            for (int32_t x = -1; x <= 1; x++)
                reach(grower, place, tensor, state, x, y);
        int32_t x, y;
        across(grower, &x, &y);
        reach(grower, place, tensor, state, 2 * x, 2 * y);
        reach(grower, place, tensor, state, -2 * x, -2 * y);
    }
}

/* A region seen along its bars. */
typedef struct {
    float ux, uy;
    float low_v, row_height;   /* where the first row begins, and how high each is, in tiles */
    uint32_t row_n;
    uint32_t count[ROWS_MAX];
    float energy[ROWS_MAX], low_u[ROWS_MAX], high_u[ROWS_MAX];
} bc_region;

static void centre_of(uint32_t place, float *col, float *row)
{
    *col = (float)col_of(place) + 0.5f;
    *row = (float)row_of(place) + 0.5f;
}

static void range_of_v(const bc_grower *grower, const bc_region *region, float *low, float *high)
{
    *low = 1e9f;
    *high = -1e9f;
    for (size_t i = 0; i < grower->member_n; i++) {
        float x, y;
        centre_of(grower->member[i], &x, &y);
        const float v = y * region->ux - x * region->uy;
        *low = v < *low ? v : *low;
        *high = v > *high ? v : *high;
    }
}

/* Half the angle of the region's double-angle vector. */
static void direction_of(const bc_grower *grower, bc_region *region)
{
    const float length = __builtin_sqrtf(grower->d1 * grower->d1 + grower->d2 * grower->d2);
    const float c = length > 0.0f ? grower->d1 / length : 1.0f;
    region->ux = __builtin_sqrtf(c > -1.0f ? (1.0f + c) / 2.0f : 0.0f);
    region->uy = __builtin_sqrtf(c < 1.0f ? (1.0f - c) / 2.0f : 0.0f);
    if (grower->d2 < 0.0f)
        region->uy = -region->uy;
}

static void sort_into_rows(const bc_grower *grower, bc_region *region)
{
    float low, high;
    memset(region, 0, sizeof *region);
    direction_of(grower, region);
    range_of_v(grower, region, &low, &high);
    region->row_height = (high - low + 1.0f) / (float)ROWS_MAX;
    if (region->row_height < 1.0f)
        region->row_height = 1.0f;
    region->low_v = low - region->row_height / 2.0f;
    for (size_t i = 0; i < grower->member_n; i++) {
        const bc_tensor *tensor = tensor_of(grower, grower->member[i]);
        float x, y;
        centre_of(grower->member[i], &x, &y);
        const float u = x * region->ux + y * region->uy, v = y * region->ux - x * region->uy;
        uint32_t row = (uint32_t)((v - region->low_v) / region->row_height);
        row = row < ROWS_MAX ? row : ROWS_MAX - 1;
        region->low_u[row] = region->count[row] == 0 || u < region->low_u[row] ? u : region->low_u[row];
        region->high_u[row] = region->count[row] == 0 || u > region->high_u[row] ? u : region->high_u[row];
        region->count[row]++;
        region->energy[row] += energy_of(tensor);
        region->row_n = row >= region->row_n ? row + 1 : region->row_n;
    }
}

/* The best strips so far. */
typedef struct {
    bc_strip *strip;
    size_t n, most;
    bool dropped; /* there were more than `most` */
} bc_strip_list;

/* Keeps a strip among the best ones. */
static void keep_strip(bc_strip_list *list, const bc_strip *strip)
{
    size_t place = list->n;
    while (place > 0 && list->strip[place - 1].score < strip->score)
        place--;
    const bool full = list->n == list->most;
    list->dropped |= full;
    if (place == list->most)
        return;
    const size_t moved = list->n - full - place;
    memmove(&list->strip[place + 1], &list->strip[place], moved * sizeof *strip);
    list->strip[place] = *strip;
    list->n += !full;
}

/* The strip of rows from first to last of a region; false when it is too short or too thin. */
static bool strip_of(const bc_grower *grower, const bc_region *region, uint32_t first, uint32_t last, bc_strip *strip)
{
    uint32_t count = 0;
    float energy = 0.0f, low_u = 1e9f, high_u = -1e9f;
    for (uint32_t row = first; row <= last; row++) {
        if (region->count[row] == 0)
            continue;
        count += region->count[row];
        energy += region->energy[row];
        low_u = region->low_u[row] < low_u ? region->low_u[row] : low_u;
        high_u = region->high_u[row] > high_u ? region->high_u[row] : high_u;
    }
    if (count < MIN_REGION || high_u - low_u + 1.0f < MIN_LENGTH)
        return false;
    const float low_v = region->low_v + (float)first * region->row_height;
    const float high_v = region->low_v + (float)(last + 1) * region->row_height;
    const float u = (low_u + high_u) / 2.0f, v = (low_v + high_v) / 2.0f;
    const float tile = (float)(BC_TILE << grower->layer), one = (float)(1u << grower->layer);
    *strip = (bc_strip){
        .x = (u * region->ux - v * region->uy) * tile + one,
        .y = (u * region->uy + v * region->ux) * tile + one,
        .ux = region->ux,
        .uy = region->uy,
        .half_u = (high_u - low_u + 1.0f) / 2.0f * tile,
        .half_v = (high_v - low_v) / 2.0f * tile,
        .score = energy * (float)(1u << (2 * grower->layer)),
        .layer = grower->layer,
    };
    return true;
}

/* Adds the strips of the region: its runs of rows that are nearly as full as the fullest. */
static void add_strips(const bc_grower *grower, bc_strip_list *list)
{
    bc_region region;
    sort_into_rows(grower, &region);
    uint32_t most = 0;
    for (uint32_t row = 0; row < region.row_n; row++)
        most = region.count[row] > most ? region.count[row] : most;
    const float least = ROW_SHARE * (float)most;
    for (uint32_t row = 0; row < region.row_n; row++) {
        const uint32_t first = row;
        while (row < region.row_n && (float)region.count[row] >= least)
            row++;
        bc_strip strip;
        if (row > first && strip_of(grower, &region, first, row - 1, &strip))
            keep_strip(list, &strip);
    }
}

static float larger_of(float a, float b)
{
    return a > b ? a : b;
}

static bool alike(float a, float b, float factor)
{
    return a < b * factor && b < a * factor;
}

/* Whether b tells nothing that a does not: same place, direction and extent. */
static bool same_strip(const bc_strip *a, const bc_strip *b)
{
    const float x = b->x - a->x, y = b->y - a->y;
    const float u = x * a->ux + y * a->uy, v = y * a->ux - x * a->uy;
    const float turn = a->ux * b->uy - a->uy * b->ux;
    return __builtin_fabsf(u) < 0.3f * a->half_u && __builtin_fabsf(v) < larger_of(0.4f * a->half_v, BC_TILE) &&
           __builtin_fabsf(turn) < 0.2f && alike(a->half_u, b->half_u, 1.35f) && alike(a->half_v, b->half_v, 2.0f);
}

static size_t drop_repeated(bc_strip *strips, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        bool known = false;
        for (size_t j = 0; j < kept && !known; j++)
            known = same_strip(&strips[j], &strips[i]);
        if (!known)
            strips[kept++] = strips[i];
    }
    return kept;
}

/* The strips of one layer; false when the work is spent. */
static bool locate_in(bc_frame *frame, uint32_t layer, bc_strip_list *list)
{
    bc_grower grower = {.layer = layer, .tiles = bc_frame_tiles(frame, layer)};
    if (grower.tiles == NULL)
        return false;
    const size_t tiles = (size_t)grower.tiles->cols * grower.tiles->rows;
    if (!bc_frame_spend(frame, (int64_t)tiles * TILE_COST))
        return false;
    bc_arena *room = &frame->shared.room;
    grower.pitch = (ptrdiff_t)grower.tiles->cols + 2 * MARGIN;
    grower.state = bc_arena_take(room, (size_t)grower.pitch * (grower.tiles->rows + 2 * MARGIN), 1);
    grower.member = bc_arena_take(room, tiles, sizeof *grower.member);
    grower.seed = bc_arena_take(room, tiles, sizeof *grower.seed);
    if (grower.state == NULL || grower.member == NULL || grower.seed == NULL)
        return false;
    sort_seeds(&grower);
    for (size_t i = 0; i < grower.seed_n; i++)
        if (*state_of(&grower, grower.seed[i]) == TILE_FREE) {
            grow(&grower, grower.seed[i]);
            if (grower.member_n >= MIN_REGION)
                add_strips(&grower, list);
        }
    return true;
}

/* The strips of all layers; false when the work is spent. */
static bool locate(bc_frame *frame, bc_strip_list *list)
{
    for (uint32_t layer = 0; layer < frame->layer_n && layer < LAYERS; layer++) {
        if (bc_frame_tiles(frame, layer) == NULL) /* before the mark: they stay */
            return false;
        const size_t mark = bc_arena_mark(&frame->shared.room);
        const bool done = locate_in(frame, layer, list);
        bc_arena_release(&frame->shared.room, mark);
        if (!done)
            return false;
    }
    return true;
}

bc_strip *bc_frame_strips(bc_frame *frame, size_t *n)
{
    bc_shared *shared = &frame->shared;
    const size_t most = bc_strips_most(frame->layer[0].width, frame->layer[0].height);
    *n = 0;
    if (shared->strip == NULL)
        shared->strip = bc_arena_take(&shared->room, most, sizeof *shared->strip);
    if (shared->strip == NULL)
        return NULL;
    if (!shared->strips_made) {
        bc_strip_list list = {.strip = shared->strip, .most = most};
        if (!locate(frame, &list))
            return NULL;
        frame->cut_short |= list.dropped;
        shared->strip_n = drop_repeated(shared->strip, list.n);
        shared->strips_made = true;
    }
    *n = shared->strip_n;
    return shared->strip;
}
