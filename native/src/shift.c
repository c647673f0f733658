/*
 * Where a small picture lies in a larger one (bc.h): least squares, on pixels
 * four times as large first and then on pixels, with a parabola between them.
 */
#include "arena.h"
#include "bc.h"

#include <stdbool.h> /* bool */

#define COARSE 4u /* px a side of a coarse pixel */
#define FINE 4    /* px that the fine search goes to each side */

/* Pixels to compare: rows that are `stride` apart, neighbours adjacent. */
typedef struct {
    const uint8_t *px;
    uint32_t width, height;
    size_t stride;
} patch;

/* The sum of squares of differences, of every row_step-th row. */
static uint64_t difference(const patch *part, const uint8_t *px, size_t stride, uint32_t row_step)
{
    uint64_t total = 0;
    for (uint32_t y = 0; y < part->height; y += row_step) {
        const uint8_t *a = part->px + (size_t)y * part->stride, *b = px + (size_t)y * stride;
        uint32_t row = 0; /* a row of 16,384 differences of 255 fits */
        for (uint32_t x = 0; x < part->width; x++) {
            const int32_t d = (int32_t)a[x] - (int32_t)b[x];
            row += (uint32_t)(d * d);
        }
        total += row;
    }
    return total;
}

/* The means of COARSE by COARSE pixels into fresh memory; false when there is none. */
static bool shrink(const patch *from, bc_arena *arena, patch *to)
{
    const uint32_t width = from->width / COARSE, height = from->height / COARSE;
    uint8_t *px = bc_arena_take(arena, (size_t)width * height, 1);
    if (px == NULL)
        return false;
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++) {
            uint32_t sum = 0;
            for (uint32_t v = 0; v < COARSE; v++)
                for (uint32_t u = 0; u < COARSE; u++)
                    sum += from->px[(size_t)(y * COARSE + v) * from->stride + x * COARSE + u];
            px[(size_t)y * width + x] = (uint8_t)(sum / (COARSE * COARSE));
        }
    *to = (patch){px, width, height, width};
    return true;
}

/* A window of the image with its pixels adjacent, in fresh memory; px null when there is none. */
static patch window_of(const bc_image *image, uint32_t left, uint32_t top, uint32_t width, uint32_t height,
                       bc_arena *arena)
{
    uint8_t *px = bc_arena_take(arena, (size_t)width * height, 1);
    for (uint32_t y = 0; px != NULL && y < height; y++) {
        const uint8_t *row = image->px + (ptrdiff_t)(top + y) * image->stride + (ptrdiff_t)left * image->step;
        for (uint32_t x = 0; x < width; x++)
            px[(size_t)y * width + x] = row[(ptrdiff_t)x * image->step];
    }
    return (patch){px, width, height, width};
}

typedef struct {
    uint32_t x, y;   /* of the least difference */
    uint64_t least;
    uint64_t total, n; /* of all differences looked at */
} search;

/* Lays the part over the window at x, y from low to high inclusive. */
static search look(const patch *part, const patch *window, const uint32_t low[2], const uint32_t high[2],
                   uint32_t row_step)
{
    search best = {.least = UINT64_MAX};
    for (uint32_t y = low[1]; y <= high[1]; y++)
        for (uint32_t x = low[0]; x <= high[0]; x++) {
            const uint64_t d = difference(part, window->px + (size_t)y * window->stride + x, window->stride,
                                          row_step);
            best.total += d;
            best.n++;
            if (d < best.least) {
                best.least = d;
                best.x = x;
                best.y = y;
            }
        }
    return best;
}

/* The lowest place of a parabola through three values at -1, 0, 1; the middle one is the least. */
static float vertex(uint64_t before, uint64_t here, uint64_t after)
{
    const double a = (double)before, b = (double)here, c = (double)after, bend = a - 2.0 * b + c;
    return bend > 0.0 ? (float)(0.5 * (a - c) / bend) : 0.0f;
}

/* The fraction of a pixel by which the least difference lies off x, y along dx, dy; 0 at the window's border. */
static float fraction(const patch *part, const patch *window, uint32_t x, uint32_t y, uint32_t dx, uint32_t dy)
{
    if (x < dx || y < dy || x + dx + part->width > window->width || y + dy + part->height > window->height)
        return 0.0f;
    const uint8_t *at = window->px + (size_t)y * window->stride + x;
    const size_t by = (size_t)dy * window->stride + dx;
    const float off = vertex(difference(part, at - by, window->stride, 1), difference(part, at, window->stride, 1),
                             difference(part, at + by, window->stride, 1));
    return off < -0.5f ? -0.5f : off > 0.5f ? 0.5f : off;
}

/* What of from … from + radius on both sides leaves `part` px within `side`; false when nothing does. */
static bool span(float at, uint32_t radius, uint32_t part, uint32_t side, uint32_t *low, uint32_t *high)
{
    if (!(at > -1e6f && at < 1e6f) || part > side)
        return false;
    const int64_t middle = (int64_t)(at + 1e6f + 0.5f) - 1000000, last = (int64_t)side - part;
    const int64_t from = middle - radius, to = middle + radius;
    if (from > last || to < 0)
        return false;
    *low = (uint32_t)(from > 0 ? from : 0);
    *high = (uint32_t)(to < last ? to : last);
    return true;
}

size_t bc_find_shift_workspace(uint32_t width, uint32_t height, uint32_t radius)
{
    if (width > BC_MAX_PART || height > BC_MAX_PART || radius > BC_MAX_RADIUS)
        return 0;
    const size_t w = (size_t)width + 2 * radius + 1, h = (size_t)height + 2 * radius + 1;
    return BC_ARENA_ALIGN + bc_arena_cost(w * h, 1) + bc_arena_cost((w / COARSE) * (h / COARSE), 1) +
           bc_arena_cost((size_t)(width / COARSE) * (height / COARSE), 1);
}

/* The fine search's bounds along one axis, around where the coarse one found the part. */
static void around(uint32_t coarse, uint32_t last, uint32_t *low, uint32_t *high)
{
    const uint32_t middle = coarse * COARSE;
    *low = middle > FINE ? middle - FINE : 0u;
    *high = middle + FINE < last ? middle + FINE : last;
    if (*low > *high)
        *low = *high;
}

/* Coarse, then fine; `found` is relative to the window. */
static bool search_window(const patch *part, const patch *window, bc_arena *arena, bc_shift *found)
{
    patch small_part, small_window;
    if (!shrink(part, arena, &small_part) || !shrink(window, arena, &small_window))
        return false;
    const uint32_t none[2] = {0, 0};
    const uint32_t last[2] = {small_window.width - small_part.width, small_window.height - small_part.height};
    const search coarse = look(&small_part, &small_window, none, last, 1);
    uint32_t low[2], high[2];
    around(coarse.x, window->width - part->width, &low[0], &high[0]);
    around(coarse.y, window->height - part->height, &low[1], &high[1]);
    const search fine = look(part, window, low, high, 2);
    found->x = (float)fine.x + fraction(part, window, fine.x, fine.y, 1, 0);
    found->y = (float)fine.y + fraction(part, window, fine.x, fine.y, 0, 1);
    const double mean = coarse.total > 0 ? (double)coarse.total / (double)coarse.n : 1.0;
    found->contrast = (float)(1.0 - (double)coarse.least / mean);
    return true;
}

bc_status bc_find_shift(const bc_image *image, const uint8_t *part, uint32_t width, uint32_t height,
                        uint32_t radius, void *ws, size_t ws_len, bc_shift *at)
{
    if (image == NULL || image->px == NULL || image->step == 0 || part == NULL || ws == NULL || at == NULL)
        return BC_BAD_ARGUMENT;
    if (width < 2 * COARSE || height < 2 * COARSE)
        return BC_BAD_ARGUMENT;
    const size_t needed = bc_find_shift_workspace(width, height, radius);
    if (needed == 0)
        return BC_UNSUPPORTED;
    if (ws_len < needed)
        return BC_WORKSPACE_TOO_SMALL;
    uint32_t low[2], high[2];
    if (!span(at->x, radius, width, image->width, &low[0], &high[0]) ||
        !span(at->y, radius, height, image->height, &low[1], &high[1]))
        return BC_NO_READ;
    bc_arena arena;
    bc_arena_init(&arena, ws, ws_len);
    const patch window =
        window_of(image, low[0], low[1], high[0] - low[0] + width, high[1] - low[1] + height, &arena);
    const patch whole = {part, width, height, width};
    if (window.px == NULL || !search_window(&whole, &window, &arena, at))
        return BC_WORKSPACE_TOO_SMALL;
    at->x += (float)low[0];
    at->y += (float)low[1];
    return BC_OK;
}
