/* The layers, the bound of work and the output of one call. */
#include "frame.h"

#include "binarise.h"
#include "bullseyes.h"
#include "strips.h"

#include <string.h> /* memcmp, memmove, memset */

/*
 * Nanoseconds of work an image may cost by effort: a share for each pixel and
 * a floor for small images, whose symbols are as hard as those of large ones.
 */
static const int64_t work_per_px[] = {45, 180, 1000};
static const int64_t work_floor[] = {9000000, 36000000, 200000000};

static size_t layer_count(uint32_t width, uint32_t height)
{
    size_t n = 1;
    while (n < BC_MAX_LAYERS && width / 2 >= BC_MIN_LAYER_SIDE && height / 2 >= BC_MIN_LAYER_SIDE) {
        width /= 2;
        height /= 2;
        n++;
    }
    return n;
}

/* Room for the bits, the tiles, the strips and the rest of what is shared, of all layers. */
static size_t shared_workspace(uint32_t width, uint32_t height)
{
    size_t bytes = BC_ARENA_ALIGN + bc_binarise_workspace(width, height);
    const size_t n = layer_count(width, height);
    for (size_t i = 0; i < n; i++) {
        const uint32_t w = width >> i, h = height >> i;
        bytes += bc_tiles_workspace(w, h) + bc_mesh_workspace(w, h) + (i > 0 ? bc_binarise_workspace(w, h) : 0);
    }
    bytes += bc_arena_cost(BC_ROW_STARTS_MAX, sizeof(bc_row_start));
    return bytes + bc_bullseyes_shared_workspace() + bc_strips_workspace(width, height);
}

size_t bc_frame_workspace(uint32_t width, uint32_t height)
{
    /* The first term is the gathered image, needed when its pixels are not adjacent. */
    size_t bytes = BC_ARENA_ALIGN + bc_arena_cost((size_t)width * height, 1);
    bytes += bc_arena_cost(shared_workspace(width, height), 1);
    const size_t n = layer_count(width, height);
    for (size_t i = 1; i < n; i++)
        bytes += bc_arena_cost((size_t)(width >> i) * (height >> i), 1);
    return bytes;
}

/* A copy of the image with its pixels adjacent; false when the arena is too small. */
static bool gather(bc_frame *frame, const bc_image *image, bc_grey *out)
{
    uint8_t *px = bc_arena_take(&frame->arena, (size_t)image->width * image->height, 1);
    if (px == NULL)
        return false;
    for (uint32_t y = 0; y < image->height; y++) {
        const uint8_t *from = image->px + (ptrdiff_t)y * image->stride;
        uint8_t *to = px + (size_t)y * image->width;
        for (uint32_t x = 0; x < image->width; x++)
            to[x] = from[(ptrdiff_t)x * image->step];
    }
    *out = (bc_grey){px, image->width, image->height, (ptrdiff_t)image->width};
    return true;
}

/* Halves layer `from` into fresh workspace. */
static bool halve(bc_frame *frame, const bc_grey *from, bc_grey *to)
{
    const uint32_t width = from->width / 2, height = from->height / 2;
    uint8_t *px = bc_arena_take(&frame->arena, (size_t)width * height, 1);
    if (px == NULL)
        return false;
    for (uint32_t y = 0; y < height; y++)
        frame->kernels->half_row(bc_grey_row(from, 2 * y), bc_grey_row(from, 2 * y + 1),
                                 px + (size_t)y * width, width);
    *to = (bc_grey){px, width, height, (ptrdiff_t)width};
    return true;
}

/* Sets the shared room aside; false when the arena is too small. */
static bool take_shared(bc_frame *frame, uint32_t width, uint32_t height)
{
    const size_t size = shared_workspace(width, height);
    void *room = bc_arena_take(&frame->arena, size, 1);
    if (room == NULL)
        return false;
    frame->shared = (bc_shared){.strip = NULL};
    bc_arena_init(&frame->shared.room, room, size);
    return true;
}

bool bc_frame_init(bc_frame *frame, const bc_image *image, const bc_options *options)
{
    frame->options = options;
    frame->kernels = bc_kernels_for(options->flags);
    const int64_t pixels = (int64_t)image->width * image->height;
    frame->work_left = work_floor[options->effort] + pixels * work_per_px[options->effort];
    const int64_t asked = (int64_t)options->work_us * 1000;
    if (asked > 0 && asked < frame->work_left)
        frame->work_left = asked;
    frame->layer[0] = (bc_grey){image->px, image->width, image->height, image->stride};
    if (image->step != 1 && !gather(frame, image, &frame->layer[0]))
        return false;
    frame->layer_n = layer_count(image->width, image->height);
    for (size_t i = 1; i < frame->layer_n; i++)
        if (!halve(frame, &frame->layer[i - 1], &frame->layer[i]))
            return false;
    return take_shared(frame, image->width, image->height);
}

/* Units of bc_frame_spend: binarising 8 px, measuring a tile, judging it. */
#define COST_BINARISE_8 1
#define COST_TILE 12
#define COST_MESH 6

const bc_bits *bc_frame_bits(bc_frame *frame, size_t layer)
{
    bc_bits *bits = &frame->shared.bits[layer];
    const bc_grey *grey = &frame->layer[layer];
    if (bits->words != NULL)
        return bits;
    if (!bc_frame_spend(frame, (int64_t)grey->width * grey->height / 8 * COST_BINARISE_8))
        return NULL;
    return bc_binarise(grey, BC_BINARISE_USUAL, frame->kernels, &frame->shared.room, bits) ? bits : NULL;
}

const bc_tiles *bc_frame_tiles(bc_frame *frame, size_t layer)
{
    bc_tiles *tiles = &frame->shared.tiles[layer];
    const bc_grey *grey = &frame->layer[layer];
    if (tiles->tensor != NULL)
        return tiles;
    if (!bc_frame_spend(frame, (int64_t)(grey->width / BC_TILE) * (grey->height / BC_TILE) * COST_TILE))
        return NULL;
    return bc_tiles_measure(grey, frame->kernels, &frame->shared.room, tiles) ? tiles : NULL;
}

/* Takes the symbols read since the last time out of a layer's mesh. */
static void leave_out_symbols(bc_frame *frame, size_t layer)
{
    const float scale = 1.0f / (float)(1u << layer);
    for (size_t *i = &frame->shared.left_out[layer]; *i < frame->out_n; (*i)++) {
        float corners[8];
        for (size_t k = 0; k < 8; k++)
            corners[k] = frame->out[*i].corners[k] * scale;
        bc_mesh_leave_out(&frame->shared.mesh[layer], corners);
    }
}

const bc_mesh *bc_frame_mesh(bc_frame *frame, size_t layer)
{
    bc_mesh *mesh = &frame->shared.mesh[layer];
    if (mesh->words == NULL) {
        const bc_tiles *tiles = bc_frame_tiles(frame, layer);
        if (tiles == NULL || !bc_frame_spend(frame, (int64_t)tiles->cols * tiles->rows * COST_MESH) ||
            !bc_mesh_find(tiles, frame->layer[layer].width, &frame->shared.room, mesh))
            return NULL;
    }
    leave_out_symbols(frame, layer);
    return mesh;
}

bc_symbol *bc_frame_offer(bc_frame *frame)
{
    if (frame->out_n == frame->out_cap) {
        frame->out_full = true;
        return NULL;
    }
    bc_symbol *symbol = &frame->out[frame->out_n];
    /* The payload, most of the struct, is left as it is: length says what counts. */
    memset(symbol, 0, offsetof(bc_symbol, payload));
    return symbol;
}

/* Twice the signed area of the triangle a, b, p: its sign tells p's side of the line a-b. */
static float side(const float *a, const float *b, float x, float y)
{
    return (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]);
}

bool bc_symbol_covers(const bc_symbol *symbol, float x, float y)
{
    size_t left = 0, right = 0;
    for (size_t i = 0; i < 4; i++) {
        const float s = side(&symbol->corners[2 * i], &symbol->corners[2 * ((i + 1) % 4)], x, y);
        left += s >= 0.0f;
        right += s <= 0.0f;
    }
    return left == 4 || right == 4;
}

bool bc_frame_covers(const bc_frame *frame, float x, float y)
{
    for (size_t i = 0; i < frame->out_n; i++)
        if (bc_symbol_covers(&frame->out[i], x, y))
            return true;
    return false;
}

static void middle(const bc_symbol *symbol, float *x, float *y)
{
    *x = *y = 0.0f;
    for (size_t i = 0; i < 4; i++) {
        *x += symbol->corners[2 * i] / 4.0f;
        *y += symbol->corners[2 * i + 1] / 4.0f;
    }
}

/* Whether two finds are one physical symbol: same content, one's middle inside the other. */
static bool same_symbol(const bc_symbol *a, const bc_symbol *b)
{
    if (a->symbology != b->symbology || a->length != b->length ||
        memcmp(a->payload, b->payload, a->length) != 0)
        return false;
    float ax, ay, bx, by;
    middle(a, &ax, &ay);
    middle(b, &bx, &by);
    return bc_symbol_covers(a, bx, by) || bc_symbol_covers(b, ax, ay);
}

/* Takes linear symbols back that lie in the one just offered, which is of another kind: parts of it look like bars. */
static void take_back_linear(bc_frame *frame)
{
    const bc_symbol *offered = &frame->out[frame->out_n];
    for (size_t i = frame->out_n; (offered->symbology & BC_LINEAR_ALL) == 0 && i-- > 0;) {
        float x, y;
        middle(&frame->out[i], &x, &y);
        if ((frame->out[i].symbology & BC_LINEAR_ALL) == 0 || !bc_symbol_covers(offered, x, y))
            continue;
        memmove(&frame->out[i], &frame->out[i + 1], (frame->out_n - i) * sizeof *offered);
        offered = &frame->out[--frame->out_n];
        for (size_t layer = 0; layer < BC_MAX_LAYERS; layer++)
            frame->shared.left_out[layer] -= frame->shared.left_out[layer] > i;
    }
}

bool bc_frame_keep(bc_frame *frame)
{
    take_back_linear(frame);
    for (size_t i = 0; i < frame->out_n; i++)
        if (same_symbol(&frame->out[i], &frame->out[frame->out_n]))
            return false;
    frame->out_n++;
    return true;
}
