/*
 * Regions of tiles whose edges run one way have rows of tiles along their bars,
 * and these make strips.  Done on the image and its halved layers, since a tile
 * must hold an edge or two, and not ten.
 */
#include "strips.h"

#include "tile_region.h"

#include <string.h> /* memmove, memset */

#define LAYERS 5u            /* modules of 15 px are 1 px wide on the fifth */
#define MIN_REGION 5u        /* tiles */
#define MIN_LENGTH 5.5f      /* tiles across the bars: the shortest symbol, 40 modules, at 1.1 px a module */
#define ROWS_MAX 96u         /* rows of tiles told apart in a region; a higher region has thicker rows */
#define ROW_SHARE 0.3f       /* of the fullest row: emptier ones are text beside the symbol */

/* Nanoseconds a tile costs beside being measured: its class, its part in a region. */
#define TILE_COST 12

size_t bc_strips_workspace(uint32_t width, uint32_t height)
{
    return bc_arena_cost(bc_strips_most(width, height), sizeof(bc_strip)) + bc_grower_workspace(width, height);
}

/* A region seen along its bars. */
typedef struct {
    uint32_t layer;
    float agreement;           /* as of a strip */
    float ux, uy;
    float low_v, row_height;   /* where the first row begins, and how high each is, in tiles */
    uint32_t row_n;
    uint32_t count[ROWS_MAX];
    float energy[ROWS_MAX], low_u[ROWS_MAX], high_u[ROWS_MAX];
} bc_region;

static void centre_of(uint32_t place, float *col, float *row)
{
    *col = (float)bc_tile_col(place) + 0.5f;
    *row = (float)bc_tile_row(place) + 0.5f;
}

/* How far the members reach along the region's bars; false when across them it is too short for any strip. */
static bool range_of_v(const bc_grower *grower, const bc_region *region, float *low, float *high)
{
    float left = 1e9f, right = -1e9f;
    *low = 1e9f;
    *high = -1e9f;
    for (size_t i = 0; i < grower->member_n; i++) {
        float x, y;
        centre_of(grower->member[i], &x, &y);
        const float u = x * region->ux + y * region->uy, v = y * region->ux - x * region->uy;
        left = u < left ? u : left;
        right = u > right ? u : right;
        *low = v < *low ? v : *low;
        *high = v > *high ? v : *high;
    }
    return right - left + 1.0f >= MIN_LENGTH;
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

/* False when the region is too short for a strip. */
static bool sort_into_rows(const bc_grower *grower, bc_region *region)
{
    float low, high;
    direction_of(grower, region);
    if (!range_of_v(grower, region, &low, &high))
        return false;
    region->row_n = 0;
    memset(region->count, 0, sizeof region->count);
    memset(region->energy, 0, sizeof region->energy);
    region->row_height = (high - low + 1.0f) / (float)ROWS_MAX;
    if (region->row_height < 1.0f)
        region->row_height = 1.0f;
    region->low_v = low - region->row_height / 2.0f;
    for (size_t i = 0; i < grower->member_n; i++) {
        const bc_tensor *tensor = bc_tile_tensor(grower, grower->member[i]);
        float x, y;
        centre_of(grower->member[i], &x, &y);
        const float u = x * region->ux + y * region->uy, v = y * region->ux - x * region->uy;
        uint32_t row = (uint32_t)((v - region->low_v) / region->row_height);
        row = row < ROWS_MAX ? row : ROWS_MAX - 1;
        region->low_u[row] = region->count[row] == 0 || u < region->low_u[row] ? u : region->low_u[row];
        region->high_u[row] = region->count[row] == 0 || u > region->high_u[row] ? u : region->high_u[row];
        region->count[row]++;
        region->energy[row] += bc_tile_energy(tensor);
        region->row_n = row >= region->row_n ? row + 1 : region->row_n;
    }
    return true;
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
static bool strip_of(const bc_region *region, uint32_t first, uint32_t last, bc_strip *strip)
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
    const float tile = (float)(BC_TILE << region->layer), one = (float)(1u << region->layer);
    *strip = (bc_strip){
        .x = (u * region->ux - v * region->uy) * tile + one,
        .y = (u * region->uy + v * region->ux) * tile + one,
        .ux = region->ux,
        .uy = region->uy,
        .half_u = (high_u - low_u + 1.0f) / 2.0f * tile,
        .half_v = (high_v - low_v) / 2.0f * tile,
        .score = energy * (float)(1u << (2 * region->layer)),
        .agreement = region->agreement,
        .layer = region->layer,
    };
    return true;
}

/* Adds the strips of the region: its runs of rows that are nearly as full as the fullest. */
static void add_strips(const bc_grower *grower, uint32_t layer, bc_strip_list *list)
{
    bc_region region;
    if (!sort_into_rows(grower, &region))
        return;
    region.layer = layer;
    region.agreement = bc_grower_agreement(grower);
    uint32_t most = 0;
    for (uint32_t row = 0; row < region.row_n; row++)
        most = region.count[row] > most ? region.count[row] : most;
    const float least = ROW_SHARE * (float)most;
    for (uint32_t row = 0; row < region.row_n; row++) {
        const uint32_t first = row;
        while (row < region.row_n && (float)region.count[row] >= least)
            row++;
        bc_strip strip;
        if (row > first && strip_of(&region, first, row - 1, &strip))
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
    const bc_tiles *tiles = bc_frame_tiles(frame, layer);
    bc_grower grower;
    if (tiles == NULL || !bc_frame_spend(frame, (int64_t)tiles->cols * tiles->rows * TILE_COST) ||
        !bc_grower_begin(&grower, tiles, &frame->shared.room))
        return false;
    while (bc_grower_next(&grower))
        if (grower.member_n >= MIN_REGION)
            add_strips(&grower, layer, list);
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
