/*
 * rMQR symbols: one finder pattern, format information beside it that tells the
 * size, and timing patterns all around (ISO/IEC 23941:2022, 6.3).
 *
 * A finder's outline gives a grid of its surroundings.  Where format information
 * can be read on it in one of eight orientations, and timing patterns go on from
 * there, the grid is grown along the symbol: what is known of the columns so far
 * tells where the next ones are.  The symbol is then as sure of itself as its
 * second copy of the format information and its blocks are.
 */
#include "geometry.h"
#include "place.h"
#include "qr_symbol.h"
#include "rmqr_modules.h"
#include "rmqr_patterns.h"
#include "rmqr_tables.h"

#include <string.h> /* memcpy */

#define FINDER 7.0f

/* Columns that a finder's outline is trusted to tell of: to the end of the format information and a little more. */
#define COLUMNS_FIRST 14u

/* Wrong bits of 18 in the format information, and of the timing modules beside it, that a start may have. */
#define FORMAT_WRONG 3u
#define TIMING_WRONG 2u

/* Each step of growth brings a third more columns: by as much as an error of the direction stays small. */
#define GROWTH 1.33f

/* Mean distance of sides from where they should be, in modules, and share of sides that are seen. */
#define OFF_MOST 0.2f
#define SEEN_LEAST 0.7f

/* Units of bc_frame_spend. */
#define COST_FINDER 4000
#define COST_SIDE 80
#define COST_MODULE 150

/* A finder's surroundings, seen in one orientation. */
typedef struct {
    const bc_scene *scene;
    bc_grid grid;      /* over the finder, from its first corner on */
    float level;       /* grey between dark and light */
    uint32_t turn;     /* which corner of the finder is the symbol's top left */
    bool mirrored;
} start;

/* The symbol that may be there. */
typedef struct {
    uint32_t version, columns, rows;
    bool mirrored;
} find;

/* The place u, v of the symbol on the grid of its finder. */
static bc_point place_of(const start *s, float u, float v)
{
    const float a = (s->mirrored ? v : u) - 0.5f * FINDER, b = (s->mirrored ? u : v) - 0.5f * FINDER;
    const float x[4] = {a, -b, -a, b}, y[4] = {b, a, -b, -a};
    return bc_grid_at(&s->grid, x[s->turn] + 0.5f * FINDER, y[s->turn] + 0.5f * FINDER);
}

static bool dark_at(const start *s, uint32_t column, uint32_t row)
{
    return bc_scene_at(s->scene, place_of(s, (float)column + 0.5f, (float)row + 0.5f)) < s->level;
}

static uint32_t count_bits(uint32_t x)
{
    uint32_t n = 0;
    for (; x != 0; x &= x - 1)
        n++;
    return n;
}

/* The size that the format information tells; false when none is near. */
static bool read_format(const start *s, find *out)
{
    uint32_t bits = 0, best = FORMAT_WRONG + 1;
    for (uint32_t bit = 0; bit < BC_RMQR_FORMAT_BITS; bit++) {
        uint32_t column, row;
        bc_rmqr_format_place(bit, false, &column, &row);
        bits |= (uint32_t)dark_at(s, column, row) << bit;
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

/* How many modules of a row beside the finder are not as the separator and the timing pattern have them. */
static uint32_t timing_wrong(const start *s, uint32_t row)
{
    uint32_t wrong = 0;
    for (uint32_t column = 7; column < COLUMNS_FIRST; column++)
        wrong += dark_at(s, column, row) != (column % 2 == 0);
    return wrong;
}

/* Whether what lies beside the finder in this orientation may be the beginning of a symbol. */
static bool begins(const start *s, find *out)
{
    if (timing_wrong(s, 0) > TIMING_WRONG || !read_format(s, out))
        return false;
    out->columns = bc_rmqr_sizes[out->version - 1].columns;
    out->rows = bc_rmqr_sizes[out->version - 1].rows;
    out->mirrored = s->mirrored;
    return timing_wrong(s, out->rows - 1) <= TIMING_WRONG;
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

/* A grid for `columns` of the symbol, through the four corners of another one's part of it. */
static bool regrid(const bc_point corner[4], float far_u, float far_v, uint32_t columns, bc_grid *to)
{
    const float x = 0.5f * (corner[0].x + corner[2].x), y = 0.5f * (corner[0].y + corner[2].y);
    const float dx = corner[2].x - corner[0].x, dy = corner[2].y - corner[0].y;
    bc_grid_fit fit;
    bc_grid_fit_begin(&fit, columns, x, y, 0.5f * bc_sqrt(dx * dx + dy * dy) + 1.0f);
    for (uint32_t i = 0; i < 4; i++)
        bc_grid_fit_point(&fit, i == 1 || i == 2 ? far_u : 0.0f, i >= 2 ? far_v : 0.0f, corner[i].x, corner[i].y,
                          1.0f);
    return bc_grid_fit_solve(&fit, to);
}

/* The same place and tilt for more columns. */
static bool widen(uint32_t columns, bc_grid *grid)
{
    const float far = (float)grid->size;
    const bc_point corner[4] = {bc_grid_at(grid, 0.0f, 0.0f), bc_grid_at(grid, far, 0.0f),
                                bc_grid_at(grid, far, far), bc_grid_at(grid, 0.0f, far)};
    return regrid(corner, far, far, columns, grid);
}

/*
 * The sides of the modules that every symbol of this size has, in the order of
 * their columns; how many.  They are looked for on the transposed symbol, whose
 * rows are those columns.
 */
static size_t sides_of(const find *s, bc_qr_room *room)
{
    uint8_t *map = room->sampled.grey, *module = room->pattern;
    bc_rmqr_function_map(s->columns, s->rows, map);
    for (uint32_t y = 0; y < s->rows; y++)
        for (uint32_t x = 0; x < s->columns; x++) {
            const uint8_t kind = map[y * s->columns + x];
            module[x * s->rows + y] = kind == BC_QR_DARK    ? BC_MODULE_DARK
                                      : kind == BC_QR_LIGHT ? BC_MODULE_LIGHT
                                                            : BC_MODULE_UNKNOWN;
        }
    const size_t n = bc_sides(s->rows, s->columns, module, room->side, BC_QR_SIDES_MAX);
    for (size_t i = 0; i < n; i++) {
        const bc_side side = room->side[i];
        room->side[i] = (bc_side){side.v2, side.u2, !side.upright, side.dark_first};
    }
    return n;
}

/* Grows a grid over all columns; false where the modules do not go on as they should. */
static bool grow(bc_frame *frame, const bc_scene *scene, const find *s, bc_qr_room *room, bc_grid *grid)
{
    const size_t n = sides_of(s, room);
    for (uint32_t columns = COLUMNS_FIRST;;) {
        size_t within = 0;
        while (within < n && room->side[within].u2 <= 2 * columns)
            within++;
        bc_fitness fitness = {0, 1.0f};
        for (uint32_t round = 0; round < 2; round++)
            if (!bc_frame_spend(frame, (int64_t)within * COST_SIDE) ||
                !bc_refine(scene, room->side, within, grid, &fitness))
                return false;
        if (fitness.off > OFF_MOST || (float)fitness.seen < SEEN_LEAST * (float)within)
            return false;
        if (columns == s->columns)
            return true;
        const uint32_t next = (uint32_t)((float)columns * GROWTH);
        columns = next < s->columns ? next : s->columns;
        if (columns > grid->size && !widen(columns, grid))
            return false;
    }
}

static bool keep(bc_frame *frame, const bc_qr_room *room, const bc_grid *grid, const find *s, float scale,
                 bool inverted)
{
    bc_symbol *symbol = bc_frame_offer(frame);
    if (symbol == NULL)
        return false;
    memcpy(symbol, room->symbol, offsetof(bc_symbol, payload) + room->symbol->length);
    const float u = (float)s->columns, v = (float)s->rows;
    const bc_point corner[4] = {bc_grid_at(grid, 0.0f, 0.0f), bc_grid_at(grid, u, 0.0f), bc_grid_at(grid, u, v),
                                bc_grid_at(grid, 0.0f, v)};
    bc_symbol_place(symbol, corner, scale, s->columns, s->rows);
    symbol->inverted = inverted;
    symbol->mirrored = s->mirrored;
    bc_frame_keep(frame);
    return true;
}

static bool read_grid(bc_frame *frame, const bc_scene *scene, bc_qr_room *room, const bc_grid *grid, const find *s,
                      float module_px, float scale)
{
    bc_sample(scene, grid, s->columns, s->rows, module_px >= BC_FIVE_POINTS_PX, &room->sampled);
    for (uint8_t blur = 0; blur < 3; blur++) {
        if (!bc_frame_spend(frame, (int64_t)s->columns * s->rows * COST_MODULE))
            return false;
        bc_darken((bc_blur){blur, blur}, &room->sampled);
        const bc_plane modules = {room->sampled.darkness, s->columns, s->rows};
        const size_t mark = bc_arena_mark(&frame->arena);
        const bc_status status = bc_rmqr_read(&modules, &frame->arena, bc_qr_blank(room));
        bc_arena_release(&frame->arena, mark);
        if (status == BC_OK)
            return keep(frame, room, grid, s, scale, scene->sign < 0.0f);
    }
    return false;
}

/* Reads the symbol that begins at a finder in one orientation. */
static bool try_start(bc_frame *frame, const start *from, bc_qr_room *room, float module_px, float scale)
{
    find s;
    bc_grid grid;
    const float far = (float)COLUMNS_FIRST;
    if (!begins(from, &s))
        return false;
    const bc_point corner[4] = {place_of(from, 0.0f, 0.0f), place_of(from, far, 0.0f), place_of(from, far, far),
                                place_of(from, 0.0f, far)};
    const uint32_t first = s.rows > COLUMNS_FIRST ? s.rows : COLUMNS_FIRST;
    return regrid(corner, far, far, first, &grid) && grow(frame, from->scene, &s, room, &grid) &&
           read_grid(frame, from->scene, room, &grid, &s, module_px, scale);
}

bool bc_rmqr_try(bc_frame *frame, bc_qr_room *room, const bc_finder *finder)
{
    const size_t layer = bc_qr_layer(frame, finder->module_px);
    const float scale = (float)(1u << layer), to_layer = 1.0f / scale;
    const bc_scene scene = {&frame->layer[layer], finder->inverted ? -1.0f : 1.0f, finder->contrast};
    start s = {.scene = &scene};
    for (uint32_t flat = 0; flat < 2; flat++) {
        if (!bc_frame_spend(frame, COST_FINDER) || !finder_grid(finder, to_layer, flat == 1, &s.grid))
            return false;
        s.level = bc_scene_at(&scene, bc_grid_at(&s.grid, 3.5f, 3.5f)) + 0.5f * finder->contrast;
        for (uint32_t i = 0; i < 8; i++) {
            s.turn = i % 4;
            s.mirrored = i >= 4;
            if (try_start(frame, &s, room, finder->module_px * to_layer, scale))
                return true;
        }
    }
    return false;
}
