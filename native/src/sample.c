/*
 * Grey modules to dark and light ones.
 *
 * Light differs across a symbol, so each module is compared with the darkest
 * and the lightest ones around it.  Where both are alike, as in the middle of
 * glare, nothing can be told and darkness stays near 128, which the decoder
 * takes for an erasure.
 */
#include "sample.h"

#include "geometry.h"

#include <string.h> /* memcpy */

/* Modules to each side that are looked at for black and white: data are masked so that no larger area is plain. */
#define RADIUS 4u

/* Times that all modules are taken out of blur: each reaches one module further. */
#define PASSES 8u

/* As near as modules may come to the horizon of a grid's map. */
#define HORIZON 0.1f

/* How far the four other points are from the middle of a module, in modules. */
#define ASIDE 0.22f

size_t bc_sampled_workspace(uint32_t columns, size_t modules)
{
    return 5 * bc_arena_cost(modules, 1) + bc_arena_cost(columns, 1);
}

bool bc_sampled_take(bc_arena *arena, uint32_t columns, size_t modules, bc_sampled *s)
{
    s->grey = bc_arena_take(arena, modules, 1);
    s->sharp = bc_arena_take(arena, modules, 1);
    s->low = bc_arena_take(arena, modules, 1);
    s->high = bc_arena_take(arena, modules, 1);
    s->darkness = bc_arena_take(arena, modules, 1);
    s->row = bc_arena_take(arena, columns, 1);
    return s->grey && s->sharp && s->low && s->high && s->darkness && s->row;
}

/* The grey level of the module whose middle is at u, v of the grid, dark on light. */
static uint8_t sample_module(const bc_scene *scene, const bc_grid *grid, float u, float v, bool five)
{
    const float offset = scene->sign < 0.0f ? 255.0f : 0.0f;
    const bc_spot spot = bc_grid_spot(grid, u, v);
    const bc_point p = spot.at;
    float level = bc_scene_at(scene, p);
    if (five) {
        const float dx = ASIDE * spot.du.x, dy = ASIDE * spot.du.y;
        const float ex = ASIDE * spot.dv.x, ey = ASIDE * spot.dv.y;
        level = (2.0f * level + bc_scene_at(scene, (bc_point){p.x + dx, p.y + dy}) +
                 bc_scene_at(scene, (bc_point){p.x - dx, p.y - dy}) +
                 bc_scene_at(scene, (bc_point){p.x + ex, p.y + ey}) +
                 bc_scene_at(scene, (bc_point){p.x - ex, p.y - ey})) / 6.0f;
    }
    return (uint8_t)(bc_clamp(level + offset, 0.0f, 255.0f) + 0.499f);
}

#define AT_ONCE 64u

/*
 * The same of `n` modules of row j from column i on of a flat grid that lies in the image with all four corners,
 * from one point each.
 */
static void sample_flat(const bc_scene *scene, const bc_grid *grid, uint32_t i, uint32_t j, uint32_t n, uint8_t *out)
{
    const float *h = grid->h, to_s = 2.0f / (float)grid->size, offset = scene->sign < 0.0f ? 255.499f : 0.499f;
    const float t = ((float)j + 0.5f) * to_s - 1.0f;
    const float x0 = h[1] * t + h[2], y0 = h[4] * t + h[5], w0 = h[7] * t + 1.0f;
    float x[AT_ONCE], y[AT_ONCE];
    for (uint32_t k = 0; k < n; k++) {
        const float s = ((float)(int32_t)(i + k) + 0.5f) * to_s - 1.0f, over = grid->unit / (h[6] * s + w0);
        x[k] = grid->origin_x + over * (h[0] * s + x0);
        y[k] = grid->origin_y + over * (h[3] * s + y0);
    }
    for (uint32_t k = 0; k < n; k++)
        out[k] = (uint8_t)(int32_t)(scene->sign * bc_grey_inner(scene->image, x[k], y[k]) + offset);
}

/* Whether sample_flat may be asked of a grid. */
static bool is_flat_inside(const bc_scene *scene, const bc_grid *grid, uint32_t columns, uint32_t rows)
{
    if (grid->knots >= 2)
        return false;
    for (uint32_t i = 0; i < 4; i++) {
        const float u = i % 2 == 0 ? 0.0f : (float)columns, v = i < 2 ? 0.0f : (float)rows, to_s = 2.0f / (float)grid->size;
        const bc_point p = bc_grid_at(grid, u, v);
        if (!(grid->h[6] * (u * to_s - 1.0f) + grid->h[7] * (v * to_s - 1.0f) + 1.0f > HORIZON) ||
            !bc_grey_inside(scene->image, p.x, p.y))
            return false;
    }
    return true;
}

void bc_sample_begin(uint32_t columns, uint32_t rows, bc_sampled *sampled)
{
    sampled->columns = columns;
    sampled->rows = rows;
}

void bc_sample_columns(const bc_scene *scene, const bc_grid *grid, uint32_t from, uint32_t first, uint32_t end,
                       bool five, bc_sampled *sampled)
{
    const bool quick = !five && is_flat_inside(scene, grid, end - from, sampled->rows);
    for (uint32_t j = 0; quick && j < sampled->rows; j++)
        for (uint32_t i = first; i < end; i += AT_ONCE)
            sample_flat(scene, grid, i - from, j, end - i < AT_ONCE ? end - i : AT_ONCE,
                        sampled->grey + j * sampled->columns + i);
    for (uint32_t j = 0; !quick && j < sampled->rows; j++)
        for (uint32_t i = first; i < end; i++)
            sampled->grey[j * sampled->columns + i] =
                sample_module(scene, grid, (float)(i - from) + 0.5f, (float)j + 0.5f, five);
}

void bc_sample(const bc_scene *scene, const bc_grid *grid, uint32_t columns, uint32_t rows, bool five,
               bc_sampled *sampled)
{
    bc_sample_begin(columns, rows, sampled);
    bc_sample_columns(scene, grid, 0, 0, columns, five, sampled);
}

/* to[i] becomes the lesser (or greater) of itself and from[i]. */
static void merge(const uint8_t *restrict from, uint8_t *restrict to, uint32_t n, bool greatest)
{
    if (greatest)
        for (uint32_t i = 0; i < n; i++)
            to[i] = from[i] > to[i] ? from[i] : to[i];
    else
        for (uint32_t i = 0; i < n; i++)
            to[i] = from[i] < to[i] ? from[i] : to[i];
}

/* The least (or greatest) of the square of 2 RADIUS + 1 modules around each, cut off at the symbol's sides. */
static void spread(const bc_sampled *s, uint8_t *to, bool greatest)
{
    const uint32_t columns = s->columns, rows = s->rows;
    for (uint32_t j = 0; j < rows; j++) {
        const uint32_t first = j > RADIUS ? j - RADIUS : 0, last = j + RADIUS < rows ? j + RADIUS : rows - 1;
        uint8_t *out = to + (size_t)j * columns;
        memcpy(out, s->grey + (size_t)first * columns, columns);
        for (uint32_t k = first + 1; k <= last; k++)
            merge(s->grey + (size_t)k * columns, out, columns, greatest);
        memcpy(s->row, out, columns);
        for (uint32_t k = 1; k <= RADIUS && k < columns; k++) {
            merge(s->row + k, out, columns - k, greatest);
            merge(s->row, out + k, columns - k, greatest);
        }
    }
}

/* Half of the whole symbol's range: what a module's contrast is compared with. */
static int32_t usual_contrast(const bc_sampled *s)
{
    int64_t sum = 0;
    const size_t n = (size_t)s->columns * s->rows;
    for (size_t i = 0; i < n; i++)
        sum += s->high[i] - s->low[i];
    const int32_t mean = (int32_t)(sum / (int64_t)n);
    return mean > 2 ? mean / 2 : 1;
}

/*
 * What a module and each of its neighbours along a line share in the grey of
 * its middle, in 1/256, when a Gaussian of 0, 0.45, 0.6 and 0.75 modules has
 * spread them.
 */
static const int32_t own_share[BC_BLUR_LEVELS] = {256, 188, 152, 127};
static const int32_t next_share[BC_BLUR_LEVELS] = {0, 34, 52, 64};

/* The module at i, j, or the lightest of the nearest one where that is outside. */
static int32_t sharp_at(const bc_sampled *s, uint32_t i, uint32_t j)
{
    const uint32_t columns = s->columns, rows = s->rows;
    const uint32_t in_i = i < columns ? i : i == columns ? columns - 1 : 0;
    const uint32_t in_j = j < rows ? j : j == rows ? rows - 1 : 0;
    return i < columns && j < rows ? s->sharp[j * columns + i] : s->high[in_j * columns + in_i];
}

/* The sums of the modules beside one, over and under it, and at its corners. */
typedef struct {
    int32_t beside, over, corners;
} around;

/* Of a module at the rim. */
static around around_rim(const bc_sampled *s, uint32_t i, uint32_t j)
{
    return (around){sharp_at(s, i - 1, j) + sharp_at(s, i + 1, j), sharp_at(s, i, j - 1) + sharp_at(s, i, j + 1),
                    sharp_at(s, i - 1, j - 1) + sharp_at(s, i + 1, j - 1) + sharp_at(s, i - 1, j + 1) +
                        sharp_at(s, i + 1, j + 1)};
}

/* Of any other, whose neighbours are all there. */
static around around_inner(const uint8_t *at, size_t columns)
{
    const uint8_t *above = at - columns, *below = at + columns;
    return (around){at[-1] + at[1], above[0] + below[0], above[-1] + above[1] + below[-1] + below[1]};
}

/* What i, j would be when all its neighbours are as they are now, in 1/65536 of its own share. */
static int32_t unblurred(const bc_sampled *s, uint32_t i, uint32_t j, bc_blur blur)
{
    const size_t at = (size_t)j * s->columns + i;
    const bool inner = i > 0 && j > 0 && i + 1 < s->columns && j + 1 < s->rows;
    const around sum = inner ? around_inner(s->sharp + at, s->columns) : around_rim(s, i, j);
    const int32_t a0 = own_share[blur.across], a1 = next_share[blur.across];
    const int32_t d0 = own_share[blur.down], d1 = next_share[blur.down];
    const int32_t others = a1 * d0 * sum.beside + a0 * d1 * sum.over + a1 * d1 * sum.corners;
    return (s->grey[at] * 65536 - others) / (a0 * d0);
}

/*
 * Solves for the modules that blur has made grey of, one after the other and
 * several times over (Gauss-Seidel), each kept within black and white, which
 * is what keeps noise from growing.
 */
static void sharpen(bc_blur blur, bc_sampled *s)
{
    for (uint32_t pass = 0; pass < PASSES; pass++)
        for (uint32_t j = 0; j < s->rows; j++)
            for (uint32_t i = 0; i < s->columns; i++) {
                const size_t at = (size_t)j * s->columns + i;
                const int32_t value = (unblurred(s, i, j, blur) + s->sharp[at]) / 2;
                const int32_t beyond = (s->high[at] - s->low[at]) / 8; /* blur hides how black black is */
                const int32_t low = s->low[at] > beyond ? s->low[at] - beyond : 0;
                const int32_t high = s->high[at] + beyond < 255 ? s->high[at] + beyond : 255;
                s->sharp[at] = (uint8_t)(value < low ? low : value > high ? high : value);
            }
}

void bc_darken(bc_blur blur, bc_sampled *s)
{
    const size_t n = (size_t)s->columns * s->rows;
    spread(s, s->low, false);
    spread(s, s->high, true);
    memcpy(s->sharp, s->grey, n);
    if (blur.across > 0 || blur.down > 0)
        sharpen(blur, s);
    const int32_t usual = usual_contrast(s);
    for (size_t i = 0; i < n; i++) {
        const int32_t middle2 = s->low[i] + s->high[i]; /* doubled */
        const int32_t half = (s->high[i] - s->low[i] + 1) / 2;
        const int32_t scale = half > usual / 2 ? half : usual / 2 + 1;
        const int32_t value = 128 + (middle2 - 2 * s->sharp[i]) * 64 / scale;
        s->darkness[i] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
    }
}
