/*
 * Grey modules to dark and light ones.
 *
 * Light differs across a symbol, so each module is compared with the darkest
 * and the lightest ones around it.  Where both are alike, as in the middle of
 * glare, nothing can be told and darkness stays near 128, which the decoder
 * takes for an erasure.
 */
#include "qr_sample.h"

#include "geometry.h"

#include <string.h> /* memcpy */

/* Modules to each side that are looked at for black and white: data are masked so that no larger area is plain. */
#define RADIUS 4u

/* Times that all modules are taken out of blur: each reaches one module further. */
#define PASSES 8u

/* How far the four other points are from the middle of a module, in modules. */
#define ASIDE 0.22f

size_t bc_qr_sampled_workspace(uint32_t size)
{
    return 5 * bc_arena_cost((size_t)size * size, 1) + bc_arena_cost(size, 1);
}

bool bc_qr_sampled_take(bc_arena *arena, uint32_t size, bc_qr_sampled *s)
{
    const size_t modules = (size_t)size * size;
    s->grey = bc_arena_take(arena, modules, 1);
    s->sharp = bc_arena_take(arena, modules, 1);
    s->low = bc_arena_take(arena, modules, 1);
    s->high = bc_arena_take(arena, modules, 1);
    s->darkness = bc_arena_take(arena, modules, 1);
    s->row = bc_arena_take(arena, size, 1);
    return s->grey && s->sharp && s->low && s->high && s->darkness && s->row;
}

void bc_qr_sample(const bc_qr_scene *scene, const bc_grid *grid, bool five, bc_qr_sampled *sampled)
{
    const float offset = scene->sign < 0.0f ? 255.0f : 0.0f;
    const uint32_t size = grid->size;
    for (uint32_t j = 0; j < size; j++)
        for (uint32_t i = 0; i < size; i++) {
            const bc_spot spot = bc_grid_spot(grid, (float)i + 0.5f, (float)j + 0.5f);
            const bc_point p = spot.at;
            float level = bc_qr_scene_at(scene, p);
            if (five) {
                const float dx = ASIDE * spot.du.x, dy = ASIDE * spot.du.y;
                const float ex = ASIDE * spot.dv.x, ey = ASIDE * spot.dv.y;
                level = (2.0f * level + bc_qr_scene_at(scene, (bc_point){p.x + dx, p.y + dy}) +
                         bc_qr_scene_at(scene, (bc_point){p.x - dx, p.y - dy}) +
                         bc_qr_scene_at(scene, (bc_point){p.x + ex, p.y + ey}) +
                         bc_qr_scene_at(scene, (bc_point){p.x - ex, p.y - ey})) / 6.0f;
            }
            sampled->grey[j * size + i] = (uint8_t)(bc_clamp(level + offset, 0.0f, 255.0f) + 0.499f);
        }
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
static void spread(uint32_t size, const uint8_t *from, uint8_t *to, uint8_t *row, bool greatest)
{
    for (uint32_t j = 0; j < size; j++) {
        const uint32_t first = j > RADIUS ? j - RADIUS : 0, last = j + RADIUS < size ? j + RADIUS : size - 1;
        uint8_t *out = to + (size_t)j * size;
        memcpy(out, from + (size_t)first * size, size);
        for (uint32_t k = first + 1; k <= last; k++)
            merge(from + (size_t)k * size, out, size, greatest);
        memcpy(row, out, size);
        for (uint32_t k = 1; k <= RADIUS; k++) {
            merge(row + k, out, size - k, greatest);
            merge(row, out + k, size - k, greatest);
        }
    }
}

/* Half of the whole symbol's range: what a module's contrast is compared with. */
static int32_t usual_contrast(uint32_t size, const bc_qr_sampled *s)
{
    int64_t sum = 0;
    const size_t n = (size_t)size * size;
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
static int32_t sharp_at(const bc_qr_sampled *s, uint32_t size, uint32_t i, uint32_t j)
{
    const uint32_t in_i = i < size ? i : i == size ? size - 1 : 0, in_j = j < size ? j : j == size ? size - 1 : 0;
    return i < size && j < size ? s->sharp[j * size + i] : s->high[in_j * size + in_i];
}

/* What i, j would be when all its neighbours are as they are now, in 1/65536 of its own share. */
static int32_t unblurred(const bc_qr_sampled *s, uint32_t size, uint32_t i, uint32_t j, bc_qr_blur blur)
{
    const int32_t a0 = own_share[blur.across], a1 = next_share[blur.across];
    const int32_t d0 = own_share[blur.down], d1 = next_share[blur.down];
    const int32_t beside = sharp_at(s, size, i - 1, j) + sharp_at(s, size, i + 1, j);
    const int32_t over = sharp_at(s, size, i, j - 1) + sharp_at(s, size, i, j + 1);
    const int32_t corners = sharp_at(s, size, i - 1, j - 1) + sharp_at(s, size, i + 1, j - 1) +
                            sharp_at(s, size, i - 1, j + 1) + sharp_at(s, size, i + 1, j + 1);
    const int32_t others = a1 * d0 * beside + a0 * d1 * over + a1 * d1 * corners;
    return (s->grey[j * size + i] * 65536 - others) / (a0 * d0);
}

/*
 * Solves for the modules that blur has made grey of, one after the other and
 * several times over (Gauss-Seidel), each kept within black and white, which
 * is what keeps noise from growing.
 */
static void sharpen(uint32_t size, bc_qr_blur blur, bc_qr_sampled *s)
{
    for (uint32_t pass = 0; pass < PASSES; pass++)
        for (uint32_t j = 0; j < size; j++)
            for (uint32_t i = 0; i < size; i++) {
                const size_t at = (size_t)j * size + i;
                const int32_t value = (unblurred(s, size, i, j, blur) + s->sharp[at]) / 2;
                const int32_t beyond = (s->high[at] - s->low[at]) / 8; /* blur hides how black black is */
                const int32_t low = s->low[at] > beyond ? s->low[at] - beyond : 0;
                const int32_t high = s->high[at] + beyond < 255 ? s->high[at] + beyond : 255;
                s->sharp[at] = (uint8_t)(value < low ? low : value > high ? high : value);
            }
}

void bc_qr_darken(uint32_t size, bc_qr_blur blur, bc_qr_sampled *s)
{
    const size_t n = (size_t)size * size;
    spread(size, s->grey, s->low, s->row, false);
    spread(size, s->grey, s->high, s->row, true);
    memcpy(s->sharp, s->grey, n);
    if (blur.across > 0 || blur.down > 0)
        sharpen(size, blur, s);
    const int32_t usual = usual_contrast(size, s);
    for (size_t i = 0; i < n; i++) {
        const int32_t middle2 = s->low[i] + s->high[i]; /* doubled */
        const int32_t half = (s->high[i] - s->low[i] + 1) / 2;
        const int32_t scale = half > usual / 2 ? half : usual / 2 + 1;
        const int32_t value = 128 + (middle2 - 2 * s->sharp[i]) * 64 / scale;
        s->darkness[i] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
    }
}
