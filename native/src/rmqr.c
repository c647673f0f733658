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

/*
 * Wrong bits of 18 in the format information that a start may have, where the
 * timing modules beside it have up to so many and where they have none: damage
 * to one then leaves some sizes to try, the nearest first.
 */
#define FORMAT_WRONG 3u
#define TIMING_WRONG 2u
#define FORMAT_WRONG_ALONE 5u
#define SIZES_TRIED 3u

/* Blurs that a start is looked at with: none, and what hides timing patterns. */
static const uint8_t blurs[] = {0, 2, 3};

/*
 * Of five modules of the timing pattern, those that differ from both neighbours'
 * mean as they should in grey levels, whatever the blur: of 421 symbols drawn with
 * blur and noise all had four.  One that is damaged takes three away.
 */
#define TIMING_SEEN 2u
#define TIMING_SEEN_BLURRED 4u

/* Sides of single modules have so much less contrast then. */
#define BLURRED_CONTRAST 0.5f

/* Contrast between a finder's two rings against that of its middle, from which on it is not blurred. */
#define SHARP_RINGS 0.8f

/* Perspective of a finder's outline, in modules at its corners, that makes none over its surroundings. */
#define FLAT_CORNERS 0.04f

/* Units of bc_frame_spend: a start as it is seen, and more with blur taken back. */
#define COST_START 6000
#define COST_BLURRED 14000

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

static uint32_t format_of(const bc_sampled *seen, bool mirrored)
{
    uint32_t bits = 0;
    for (uint32_t bit = 0; bit < BC_RMQR_FORMAT_BITS; bit++) {
        uint32_t column, row;
        bc_rmqr_format_place(bit, false, &column, &row);
        bits |= (uint32_t)dark_at(seen, mirrored, column, row) << bit;
    }
    return bits;
}

/* The sizes that format information of at most so many wrong bits may tell, the likeliest first; how many. */
static uint32_t sizes_of(uint32_t bits, uint32_t most, bool mirrored, bc_rmqr_hint out[SIZES_TRIED])
{
    uint32_t n = 0;
    for (uint32_t wrong = 0; wrong <= most && (n == 0 || most > FORMAT_WRONG); wrong++)
        for (uint32_t i = 0; i < 2 * BC_RMQR_VERSIONS && n < SIZES_TRIED; i++) {
            const uint32_t version = i % BC_RMQR_VERSIONS + 1;
            const bc_rmqr_size *size = &bc_rmqr_sizes[version - 1];
            if (count_bits(bits ^ bc_rmqr_format_bits(version, i / BC_RMQR_VERSIONS, false)) == wrong)
                out[n++] = (bc_rmqr_hint){version, size->columns, size->rows, mirrored};
        }
    return n;
}

/* What may begin in what was seen beside a finder; how many. */
static uint32_t begins(const bc_sampled *seen, bool mirrored, bc_rmqr_hint out[SIZES_TRIED])
{
    uint32_t wrong = 0;
    for (uint32_t column = 7; column < BC_RMQR_COLUMNS_FIRST; column++) /* the separator and the timing pattern */
        wrong += dark_at(seen, mirrored, column, 0) != (column % 2 == 0);
    if (wrong > TIMING_WRONG)
        return 0;
    return sizes_of(format_of(seen, mirrored), wrong == 0 ? FORMAT_WRONG_ALONE : FORMAT_WRONG, mirrored, out);
}

/* Whether a timing pattern may be there, as it is seen, before anything is worked out. */
static bool may_alternate(const bc_sampled *seen, bool mirrored, uint8_t blur)
{
    const uint8_t *grey = seen->grey + (mirrored ? BC_RMQR_ROWS_FIRST - 1 : 0) * BC_RMQR_COLUMNS_FIRST;
    uint32_t right = 0;
    for (uint32_t column = 8; column + 1 < BC_RMQR_COLUMNS_FIRST; column++) {
        const int32_t lighter = 2 * grey[column] - grey[column - 1] - grey[column + 1];
        right += column % 2 == 0 ? lighter < 0 : lighter > 0;
    }
    return right >= (blur > 0 ? TIMING_SEEN_BLURRED : TIMING_SEEN);
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

/* Whether rings of one module have less contrast than the middle of three. */
static bool is_blurred(const bc_scene *scene, const bc_grid *finder)
{
    static const float across[4] = {0.0f, 1.0f, 0.0f, -1.0f}, down[4] = {-1.0f, 0.0f, 1.0f, 0.0f};
    float light = 0.0f, dark = 0.0f;
    for (size_t k = 0; k < 4; k++) { /* on each side, two and three modules from the middle */
        light += 0.25f * bc_scene_at(scene, bc_grid_at(finder, 3.5f + 2.0f * across[k], 3.5f + 2.0f * down[k]));
        dark += 0.25f * bc_scene_at(scene, bc_grid_at(finder, 3.5f + 3.0f * across[k], 3.5f + 3.0f * down[k]));
    }
    const float middle = bc_scene_at(scene, bc_grid_at(finder, 3.5f, 3.5f));
    return light - dark < SHARP_RINGS * (light - middle);
}

/* Whether a finder's outline is as good as a parallelogram. */
static bool is_flat(const bc_finder *f)
{
    const float *c = f->corner;
    const float dx = c[0] - c[2] + c[4] - c[6], dy = c[1] - c[3] + c[5] - c[7];
    const float most = 4.0f * FLAT_CORNERS * f->module_px;
    return dx * dx + dy * dy < most * most;
}

/* Reads the symbol that begins in one of four directions on the grid of a finder. */
static bool try_directions(bc_frame *frame, const bc_scene *scene, bc_qr_room *room, const bc_grid *finder,
                           uint8_t blur, float scale)
{
    for (uint32_t k = 0; k < 4; k++) {
        bc_grid grid;
        bc_rmqr_hint hint[2 * SIZES_TRIED];
        if (!bc_frame_spend(frame, COST_START) || !turned_grid(finder, k, &grid))
            return false;
        bc_sample(scene, &grid, BC_RMQR_COLUMNS_FIRST, BC_RMQR_ROWS_FIRST, false, &room->sampled);
        const bool plain = may_alternate(&room->sampled, false, blur);
        const bool mirrored = may_alternate(&room->sampled, true, blur);
        if (!plain && !mirrored)
            continue;
        if (blur > 0 && !bc_frame_spend(frame, COST_BLURRED))
            return false;
        bc_darken((bc_blur){blur, blur}, &room->sampled);
        uint32_t n = plain ? begins(&room->sampled, false, hint) : 0;
        n += mirrored ? begins(&room->sampled, true, hint + n) : 0;
        for (uint32_t i = 0; i < n; i++)
            if (bc_rmqr_follow(frame, scene, room, &grid, &hint[i], scale))
                return true;
    }
    return false;
}

bool bc_rmqr_try(bc_frame *frame, bc_qr_room *room, const bc_finder *finder)
{
    const size_t layer = bc_qr_layer(frame, finder->module_px);
    const float scale = (float)(1u << layer), to_layer = 1.0f / scale;
    bc_scene scene = {&frame->layer[layer], finder->inverted ? -1.0f : 1.0f, finder->contrast};
    bc_grid grid[2]; /* in perspective, and as if seen flat */
    size_t n = finder_grid(finder, to_layer, false, &grid[0]) ? 1 : 0;
    if ((n == 0 || !is_flat(finder)) && finder_grid(finder, to_layer, true, &grid[n]))
        n++;
    for (size_t i = 0; i < sizeof blurs && n > 0; i++) {
        if (blurs[i] > 0 && !is_blurred(&scene, &grid[0]))
            break;
        scene.contrast = blurs[i] > 0 ? BLURRED_CONTRAST * finder->contrast : finder->contrast;
        for (size_t k = 0; k < n; k++)
            if (try_directions(frame, &scene, room, &grid[k], blurs[i], scale))
                return true;
    }
    return false;
}
