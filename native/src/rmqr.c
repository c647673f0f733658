/*
 * rMQR symbols: one finder pattern, and format information beside it that tells
 * the size (ISO/IEC 23941:2022, 6.3 and 7.9).
 *
 * A finder's outline gives a grid of its surroundings.  Where format information
 * and the beginning of a timing pattern can be read on it, in one of eight
 * orientations, the symbol is followed from there.
 */
#include "geometry.h"
#include "qr_symbol.h"
#include "qr_view.h" /* bc_qr_dark */
#include "rmqr_patterns.h"
#include "rmqr_symbol.h"
#include "rmqr_tables.h"

/* Wrong bits of 18 in the format information, and of the timing modules beside it, that a start may have. */
#define FORMAT_WRONG 3u
#define TIMING_WRONG 2u

/* Blurs that a start is looked at with: none, and what hides timing patterns. */
static const uint8_t blurs[] = {0, 2, 3};

/* Sides of single modules have so much less contrast then. */
#define BLURRED_CONTRAST 0.5f

/* Units of bc_frame_spend. */
#define COST_START 10000

/* A module beside the finder; a mirrored symbol has its first row at the other side. */
static bool dark_at(const bc_sampled *seen, bool mirrored, uint32_t column, uint32_t row)
{
    return bc_qr_dark(seen->darkness[(mirrored ? BC_RMQR_ROWS_FIRST - 1 - row : row) * BC_RMQR_COLUMNS_FIRST + column]);
}

static uint32_t count_bits(uint32_t x)
{
    uint32_t n = 0;
    for (; x != 0; x &= x - 1)
        n++;
    return n;
}

/* The size that the format information tells; false when none is near. */
static bool read_format(const bc_sampled *seen, bc_rmqr_hint *out)
{
    uint32_t bits = 0, best = FORMAT_WRONG + 1;
    for (uint32_t bit = 0; bit < BC_RMQR_FORMAT_BITS; bit++) {
        uint32_t column, row;
        bc_rmqr_format_place(bit, false, &column, &row);
        bits |= (uint32_t)dark_at(seen, out->mirrored, column, row) << bit;
    }
    for (uint32_t i = 0; i < 2 * BC_RMQR_VERSIONS; i++) {
        const uint32_t version = i % BC_RMQR_VERSIONS + 1;
        const uint32_t wrong = count_bits(bits ^ bc_rmqr_format_bits(version, i / BC_RMQR_VERSIONS, false));
        if (wrong < best) {
            best = wrong;
            out->version = version;
        }
    }
    return best <= FORMAT_WRONG;
}

/* Whether what was seen beside a finder may be the beginning of a symbol. */
static bool begins(const bc_sampled *seen, bool mirrored, bc_rmqr_hint *out)
{
    uint32_t wrong = 0;
    out->mirrored = mirrored;
    for (uint32_t column = 7; column < BC_RMQR_COLUMNS_FIRST; column++) /* the separator and the timing pattern */
        wrong += dark_at(seen, mirrored, column, 0) != (column % 2 == 0);
    if (wrong > TIMING_WRONG || !read_format(seen, out))
        return false;
    out->columns = bc_rmqr_sizes[out->version - 1].columns;
    out->rows = bc_rmqr_sizes[out->version - 1].rows;
    return true;
}

/* The grid of the finder's own outline, in perspective or as if seen flat. */
static bool finder_grid(const bc_finder *f, float to_layer, bool flat, bc_grid *grid)
{
    const float x = f->x * to_layer, y = f->y * to_layer;
    const float ux = f->ux * to_layer, uy = f->uy * to_layer, vx = f->vx * to_layer, vy = f->vy * to_layer;
    bc_grid_fit fit;
    bc_grid_fit_begin(&fit, 7, x, y, bc_sqrt(ux * ux + uy * uy + vx * vx + vy * vy) * 3.5f + 1.0f);
    for (uint32_t k = 0; k < 4; k++) {
        const float a = k == 1 || k == 2 ? 3.5f : -3.5f, b = k >= 2 ? 3.5f : -3.5f;
        const float px = flat ? x + a * ux + b * vx : f->corner[2 * k] * to_layer;
        const float py = flat ? y + a * uy + b * vy : f->corner[2 * k + 1] * to_layer;
        bc_grid_fit_point(&fit, a + 3.5f, b + 3.5f, px, py, 1.0f);
    }
    return bc_grid_fit_solve(&fit, grid);
}

/* The grid of the finder and what follows in direction k. */
static bool turned_grid(const bc_grid *finder, uint32_t k, bc_grid *grid)
{
    const float far = (float)BC_RMQR_ROWS_FIRST;
    bc_point corner[4];
    for (uint32_t i = 0; i < 4; i++) {
        const uint32_t at = (i + k) % 4;
        corner[i] = bc_grid_at(finder, at == 1 || at == 2 ? far : 0.0f, at >= 2 ? far : 0.0f);
    }
    return bc_rmqr_regrid(corner, far, far, BC_RMQR_COLUMNS_FIRST, grid);
}

bool bc_rmqr_try(bc_frame *frame, bc_qr_room *room, const bc_finder *finder)
{
    const size_t layer = bc_qr_layer(frame, finder->module_px);
    const float scale = (float)(1u << layer), to_layer = 1.0f / scale;
    bc_scene scene = {&frame->layer[layer], finder->inverted ? -1.0f : 1.0f, finder->contrast};
    for (uint32_t i = 0; i < 8 * sizeof blurs; i++) {
        const uint8_t blur = blurs[i / 8];
        bc_grid flat, grid;
        bc_rmqr_hint s[2];
        if (!bc_frame_spend(frame, COST_START))
            return false;
        if (!finder_grid(finder, to_layer, i % 8 >= 4, &flat) || !turned_grid(&flat, i % 4, &grid))
            continue;
        bc_sample(&scene, &grid, BC_RMQR_COLUMNS_FIRST, BC_RMQR_ROWS_FIRST, false, &room->sampled);
        bc_darken((bc_blur){blur, blur}, &room->sampled);
        scene.contrast = blur > 0 ? BLURRED_CONTRAST * finder->contrast : finder->contrast;
        const bool found[2] = {begins(&room->sampled, false, &s[0]), begins(&room->sampled, true, &s[1])};
        for (size_t k = 0; k < 2; k++)
            if (found[k] && bc_rmqr_follow(frame, &scene, room, &grid, &s[k], scale))
                return true;
    }
    return false;
}
