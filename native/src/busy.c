/*
 * Where a picture is as busy as a symbol is (bc.h): blocks that are uneven all
 * over, which an edge or a line alone never makes, joined to areas.
 */
#include "frame.h"

#include <string.h> /* memset */

#define CELL 4u   /* px of a layer a side: what a deviation is taken of */
#define BLOCK 32u /* px of the image a side: what is busy or not */

/*
 * Layers looked at: the image halved once, where modules of 2 px are still
 * seen, and twice, where noise is less.  A block has `cells` a side there, and
 * all but `spared` of them must be uneven: a straight edge crosses fewer.
 */
static const struct {
    uint32_t halved, cells, spared;
} looks[] = {{1, 4, 3}, {2, 2, 0}};
#define LOOKS (sizeof looks / sizeof looks[0])
#define MOST_CELLS 16u

/* Deviations in grey levels: this much over what most of the picture shows makes a block busy. */
#define LEAST_DEVIATION 8u
#define LEVELS 129u /* a deviation is at most 128 */

typedef struct {
    uint8_t *deviation; /* of a block, at the look at hand */
    uint8_t *busy;      /* 1 where some look found it so */
    uint32_t *stack;    /* blocks whose neighbours are still to be looked at */
    uint32_t cols, rows;
} busy_map;

static uint32_t root(uint32_t square)
{
    uint32_t low = 0;
    for (uint32_t bit = 128; bit > 0; bit /= 2)
        if ((low + bit) * (low + bit) <= square)
            low += bit;
    return low;
}

/* The standard deviation of a cell's grey levels. */
static uint32_t cell_deviation(const bc_grey *layer, uint32_t left, uint32_t top)
{
    uint32_t sum = 0, squares = 0;
    for (uint32_t y = top; y < top + CELL; y++) {
        const uint8_t *row = bc_grey_row(layer, y) + left;
        for (uint32_t x = 0; x < CELL; x++) {
            sum += row[x];
            squares += (uint32_t)row[x] * row[x];
        }
    }
    const uint32_t n = CELL * CELL;
    return root((squares * n - sum * sum) / (n * n));
}

/* The deviation that all cells of a block reach but `spared` of them. */
static uint32_t block_deviation(const bc_grey *layer, uint32_t left, uint32_t top, uint32_t cells, uint32_t spared)
{
    uint32_t sorted[MOST_CELLS];
    for (uint32_t i = 0; i < cells * cells; i++) {
        const uint32_t d = cell_deviation(layer, left + i % cells * CELL, top + i / cells * CELL);
        uint32_t at = i;
        for (; at > 0 && sorted[at - 1] > d; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = d;
    }
    return sorted[spared];
}

/* What a block must reach: well over what half of all blocks stay below, which is noise. */
static uint32_t threshold_of(const busy_map *map)
{
    uint32_t count[LEVELS + 1] = {0}, below = 0, level = 0;
    const uint32_t n = map->cols * map->rows;
    for (uint32_t i = 0; i < n; i++)
        count[map->deviation[i]]++;
    while (level < LEVELS && (below += count[level]) <= n / 2)
        level++;
    return LEAST_DEVIATION + level + level / 2;
}

/* One look: marks what is busy on a layer. */
static void look(const bc_grey *layer, const busy_map *map, uint32_t cells, uint32_t spared)
{
    const uint32_t side = cells * CELL, n = map->cols * map->rows;
    for (uint32_t i = 0; i < n; i++)
        map->deviation[i] =
            (uint8_t)block_deviation(layer, i % map->cols * side, i / map->cols * side, cells, spared);
    const uint32_t threshold = threshold_of(map);
    for (uint32_t i = 0; i < n; i++)
        map->busy[i] |= map->deviation[i] >= threshold;
}

/* Takes block i off the map and puts it on the stack if it is busy. */
static uint32_t push(const busy_map *map, uint32_t i, uint32_t depth)
{
    if (!map->busy[i])
        return depth;
    map->busy[i] = 0; /* each block is pushed once, so the stack never holds more than all */
    map->stack[depth] = i;
    return depth + 1;
}

/* The area that block `from` belongs to, as blocks: left, top, right, bottom, the last two inclusive. */
static void flood(const busy_map *map, uint32_t from, uint32_t box[4])
{
    uint32_t depth = push(map, from, 0);
    box[0] = box[2] = from % map->cols;
    box[1] = box[3] = from / map->cols;
    while (depth > 0) {
        const uint32_t i = map->stack[--depth], col = i % map->cols, row = i / map->cols;
        box[0] = col < box[0] ? col : box[0];
        box[1] = row < box[1] ? row : box[1];
        box[2] = col > box[2] ? col : box[2];
        box[3] = row > box[3] ? row : box[3];
        for (uint32_t y = row > 0 ? row - 1 : 0; y <= row + 1 && y < map->rows; y++)
            for (uint32_t x = col > 0 ? col - 1 : 0; x <= col + 1 && x < map->cols; x++)
                depth = push(map, y * map->cols + x, depth);
    }
}

static bc_status collect(const busy_map *map, bc_box *out, size_t cap, size_t *out_n)
{
    for (uint32_t i = 0; i < map->cols * map->rows; i++) {
        if (!map->busy[i])
            continue;
        if (*out_n == cap)
            return BC_OUTPUT_FULL;
        uint32_t box[4];
        flood(map, i, box);
        out[(*out_n)++] = (bc_box){box[0] * BLOCK, box[1] * BLOCK, (box[2] + 1 - box[0]) * BLOCK,
                                   (box[3] + 1 - box[1]) * BLOCK};
    }
    return *out_n > 0 ? BC_OK : BC_NO_READ;
}

size_t bc_busy_workspace(uint32_t max_width, uint32_t max_height)
{
    if (max_width < 1 || max_height < 1 || max_width > BC_MAX_SIDE || max_height > BC_MAX_SIDE)
        return 0;
    const size_t blocks = (size_t)(max_width / BLOCK + 1) * (max_height / BLOCK + 1);
    return bc_frame_workspace(max_width, max_height) + 2 * bc_arena_cost(blocks, 1) +
           bc_arena_cost(blocks, sizeof(uint32_t));
}

bc_status bc_busy(const bc_image *image, void *ws, size_t ws_len, bc_box *out, size_t cap, size_t *out_n)
{
    if (out_n == NULL)
        return BC_BAD_ARGUMENT;
    *out_n = 0;
    if (image == NULL || image->px == NULL || image->step == 0 || ws == NULL || (out == NULL && cap > 0))
        return BC_BAD_ARGUMENT;
    const size_t needed = bc_busy_workspace(image->width, image->height);
    if (needed == 0)
        return BC_UNSUPPORTED;
    if (ws_len < needed)
        return BC_WORKSPACE_TOO_SMALL;
    const bc_options options = {.symbologies = BC_ALL, .effort = BC_EFFORT_FAST};
    bc_frame frame = {.out_cap = 0};
    bc_arena_init(&frame.arena, ws, ws_len);
    if (!bc_frame_init(&frame, image, &options))
        return BC_WORKSPACE_TOO_SMALL;
    busy_map map = {.cols = image->width / BLOCK, .rows = image->height / BLOCK};
    const size_t blocks = (size_t)map.cols * map.rows;
    map.deviation = bc_arena_take(&frame.arena, blocks, 1);
    map.busy = bc_arena_take(&frame.arena, blocks, 1);
    map.stack = bc_arena_take(&frame.arena, blocks, sizeof *map.stack);
    if (map.deviation == NULL || map.busy == NULL || map.stack == NULL)
        return BC_WORKSPACE_TOO_SMALL;
    memset(map.busy, 0, blocks);
    for (size_t i = 0; i < LOOKS; i++)
        if (looks[i].halved < frame.layer_n)
            look(&frame.layer[looks[i].halved], &map, looks[i].cells, looks[i].spared);
    return collect(&map, out, cap, out_n);
}
