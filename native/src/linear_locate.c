/*
 * Tiles with energy and one direction are grown into regions of one direction;
 * a region's rows of tiles (along the bars) make strips.  Done on the image
 * and its halved layers, since a tile must hold an edge or two, and not ten.
 */
#include "linear_locate.h"

#include "tiles.h"

#include <string.h> /* memmove, memset */

#define LAYERS 5u            /* modules of 15 px are 1 px wide on the fifth */
#define MIN_ENERGY 2500.0f   /* of a tile: differences of 6 grey levels all over */
#define MIN_COHERENCE 0.55f  /* of a tile: share of its energy that is in one direction */
#define MIN_REGION 5u        /* tiles */
#define MIN_LENGTH 3.5f      /* tiles across the bars: the shortest symbol at 1 px a module */
#define ENERGY_SPREAD 14.0f  /* a tile's energy below its region's mean, under which it is paper and not bars */
#define ROWS_MAX 96u         /* rows of tiles told apart in a region; a higher region has thicker rows */
#define ROW_SHARE 0.3f       /* of the fullest row: emptier ones are text beside the symbol */

/* Nanoseconds a tile costs: its 64 pixels, its class, its part in a region. */
#define TILE_COST 24

typedef struct {
    bc_tiles tiles;
    uint8_t *state;          /* by tile, of tile_state */
    uint32_t *member;        /* tiles of the region being grown */
    size_t member_n;
    float d1, d2, energy;    /* sums over the members: double-angle vector and energy */
    uint32_t layer;
} bc_grower;

enum tile_state { TILE_QUIET, TILE_FREE, TILE_TAKEN };

size_t bc_linear_locate_workspace(uint32_t width, uint32_t height)
{
    const size_t tiles = ((size_t)width / BC_TILE + 1) * ((size_t)height / BC_TILE + 1);
    return bc_tiles_workspace(width, height) + bc_arena_cost(tiles, 1) + bc_arena_cost(tiles, sizeof(uint32_t));
}

/* Twice the direction of a tile's gradients, as a vector as long as they agree. */
static void double_angle(const bc_tensor *tensor, float *d1, float *d2)
{
    *d1 = (float)tensor->xx - (float)tensor->yy;
    *d2 = 2.0f * (float)tensor->xy;
}

static void classify(bc_grower *grower)
{
    const size_t n = (size_t)grower->tiles.cols * grower->tiles.rows;
    for (size_t i = 0; i < n; i++) {
        const bc_tensor *tensor = &grower->tiles.tensor[i];
        float d1, d2;
        double_angle(tensor, &d1, &d2);
        const float energy = (float)tensor->xx + (float)tensor->yy, least = MIN_COHERENCE * energy;
        grower->state[i] = energy >= MIN_ENERGY && d1 * d1 + d2 * d2 >= least * least ? TILE_FREE : TILE_QUIET;
    }
}

static void take(bc_grower *grower, uint32_t tile)
{
    float d1, d2;
    double_angle(&grower->tiles.tensor[tile], &d1, &d2);
    grower->d1 += d1;
    grower->d2 += d2;
    grower->energy += (float)grower->tiles.tensor[tile].xx + (float)grower->tiles.tensor[tile].yy;
    grower->state[tile] = TILE_TAKEN;
    grower->member[grower->member_n++] = tile;
}

/* Whether a tile's edges run as the region's do, and are not far weaker. */
static bool belongs(const bc_grower *grower, uint32_t tile)
{
    if (grower->state[tile] != TILE_FREE)
        return false;
    const bc_tensor *tensor = &grower->tiles.tensor[tile];
    float d1, d2;
    double_angle(tensor, &d1, &d2);
    const float energy = (float)tensor->xx + (float)tensor->yy;
    const float length = __builtin_sqrtf(grower->d1 * grower->d1 + grower->d2 * grower->d2);
    return d1 * grower->d1 + d2 * grower->d2 >= MIN_COHERENCE * energy * length &&
           energy * ENERGY_SPREAD * (float)grower->member_n >= grower->energy;
}

static void reach(bc_grower *grower, int32_t col, int32_t row)
{
    if (col < 0 || row < 0 || col >= (int32_t)grower->tiles.cols || row >= (int32_t)grower->tiles.rows)
        return;
    const uint32_t tile = (uint32_t)row * grower->tiles.cols + (uint32_t)col;
    if (belongs(grower, tile))
        take(grower, tile);
}

/* The step in tiles, one of eight, that goes across the bars. */
static void across(const bc_grower *grower, int32_t *col, int32_t *row)
{
    const float c = grower->d1, s = grower->d2;
    const float diagonal = 0.7071f * __builtin_sqrtf(c * c + s * s);
    *col = c > -diagonal;                                     /* all but the upright ones go sideways */
    *row = c > diagonal ? 0 : (c < -diagonal ? 1 : (s > 0.0f ? 1 : -1));
}

/* Grows the region of a tile: its neighbours, and over a gap of one tile across the bars, where a wide element is. */
static void grow(bc_grower *grower, uint32_t seed)
{
    grower->member_n = 0;
    grower->d1 = grower->d2 = grower->energy = 0.0f;
    take(grower, seed);
    for (size_t i = 0; i < grower->member_n; i++) {
        const int32_t col = (int32_t)(grower->member[i] % grower->tiles.cols);
        const int32_t row = (int32_t)(grower->member[i] / grower->tiles.cols);
        for (int32_t y = -1; y <= 1; y++)
            for (int32_t x = -1; x <= 1; x++)
                reach(grower, col + x, row + y);
        int32_t x, y;
        across(grower, &x, &y);
        reach(grower, col + 2 * x, row + 2 * y);
        reach(grower, col - 2 * x, row - 2 * y);
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

static void centre_of(const bc_grower *grower, uint32_t tile, float *col, float *row)
{
    *col = (float)(tile % grower->tiles.cols) + 0.5f;
    *row = (float)(tile / grower->tiles.cols) + 0.5f;
}

static void range_of_v(const bc_grower *grower, const bc_region *region, float *low, float *high)
{
    *low = 1e9f;
    *high = -1e9f;
    for (size_t i = 0; i < grower->member_n; i++) {
        float x, y;
        centre_of(grower, grower->member[i], &x, &y);
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
        const bc_tensor *tensor = &grower->tiles.tensor[grower->member[i]];
        float x, y;
        centre_of(grower, grower->member[i], &x, &y);
        const float u = x * region->ux + y * region->uy, v = y * region->ux - x * region->uy;
        uint32_t row = (uint32_t)((v - region->low_v) / region->row_height);
        row = row < ROWS_MAX ? row : ROWS_MAX - 1;
        region->low_u[row] = region->count[row] == 0 || u < region->low_u[row] ? u : region->low_u[row];
        region->high_u[row] = region->count[row] == 0 || u > region->high_u[row] ? u : region->high_u[row];
        region->count[row]++;
        region->energy[row] += (float)tensor->xx + (float)tensor->yy;
        region->row_n = row >= region->row_n ? row + 1 : region->row_n;
    }
}

/* Keeps a strip among the best ones. */
static size_t keep_strip(bc_strip *strips, size_t n, const bc_strip *strip)
{
    size_t place = n;
    while (place > 0 && strips[place - 1].score < strip->score)
        place--;
    if (place == BC_STRIPS_MAX)
        return n;
    const size_t moved = (n < BC_STRIPS_MAX ? n : BC_STRIPS_MAX - 1) - place;
    memmove(&strips[place + 1], &strips[place], moved * sizeof *strips);
    strips[place] = *strip;
    return n < BC_STRIPS_MAX ? n + 1 : n;
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
static size_t add_strips(const bc_grower *grower, bc_strip *strips, size_t n)
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
            n = keep_strip(strips, n, &strip);
    }
    return n;
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

/* The strips of one layer. */
static size_t locate_in(bc_frame *frame, uint32_t layer, bc_strip *strips, size_t n)
{
    bc_grower grower = {.layer = layer};
    if (!bc_tiles_measure(frame, &frame->layer[layer], &grower.tiles))
        return n;
    const size_t tiles = (size_t)grower.tiles.cols * grower.tiles.rows;
    grower.state = bc_arena_take(&frame->arena, tiles, sizeof *grower.state);
    grower.member = bc_arena_take(&frame->arena, tiles, sizeof *grower.member);
    if (grower.state == NULL || grower.member == NULL)
        return n;
    classify(&grower);
    for (size_t i = 0; i < tiles; i++)
        if (grower.state[i] == TILE_FREE) {
            grow(&grower, (uint32_t)i);
            if (grower.member_n >= MIN_REGION)
                n = add_strips(&grower, strips, n);
        }
    return n;
}

size_t bc_linear_locate(bc_frame *frame, bc_strip *strips)
{
    size_t n = 0;
    for (uint32_t layer = 0; layer < frame->layer_n && layer < LAYERS; layer++) {
        const bc_grey *grey = &frame->layer[layer];
        const size_t mark = bc_arena_mark(&frame->arena);
        if (!bc_frame_spend(frame, (int64_t)(grey->width / BC_TILE) * (grey->height / BC_TILE) * TILE_COST))
            break;
        n = locate_in(frame, layer, strips, n);
        bc_arena_release(&frame->arena, mark);
    }
    return drop_repeated(strips, n);
}
