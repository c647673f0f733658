/*
 * An rMQR symbol from its beginning to its end.  What every symbol of its size
 * shows, timing patterns above and below, alignment patterns between, tells for
 * the columns known so far where the next ones are.  First all columns are taken
 * to lie in one plane; then only some at a time, as round a tube or a parcel's
 * bent side.
 */
#include "rmqr_symbol.h"

#include "geometry.h"
#include "place.h"
#include "rmqr_modules.h"
#include "rmqr_patterns.h"

#include <string.h> /* memcpy */

/* Each step in one plane brings a third more columns: by as much as an error of the direction stays small. */
#define GROWTH 1.33f

/* Columns that are taken to be flat on what is bent, and those that one step brings. */
#define WINDOW 14u
#define STEP 3u

/* Modules a side of the first grid, and of those of the columns that are taken to be flat: all rows. */
#define GRID 18u

/* Mean distance of sides from where they should be, in modules, and share of sides that are seen. */
#define OFF_MOST 0.2f
#define SEEN_LEAST 0.6f
#define ROUNDS 2u

/* Units of bc_frame_spend. */
#define COST_SIDE 80
#define COST_MODULE 150

/* A symbol being followed. */
typedef struct {
    bc_frame *frame;
    const bc_scene *scene;
    bc_qr_room *room;
    const bc_rmqr_hint *hint;
    size_t side_n;       /* room->side */
    bc_grid grid;        /* over columns `from` on */
    uint32_t from;
    bool begun;          /* the first columns are a symbol's */
    bool five;           /* modules are large enough for five samples each */
    float scale;
    bc_point left[2], right[2]; /* the symbol's corners: top and bottom */
} trail;

bool bc_rmqr_regrid(const bc_point corner[4], float far_u, float far_v, uint32_t size, bc_grid *to)
{
    const float x = 0.5f * (corner[0].x + corner[2].x), y = 0.5f * (corner[0].y + corner[2].y);
    const float dx = corner[2].x - corner[0].x, dy = corner[2].y - corner[0].y;
    bc_grid_fit fit;
    bc_grid_fit_begin(&fit, size, x, y, 0.5f * bc_sqrt(dx * dx + dy * dy) + 1.0f);
    for (uint32_t i = 0; i < 4; i++)
        bc_grid_fit_point(&fit, i == 1 || i == 2 ? far_u : 0.0f, i >= 2 ? far_v : 0.0f, corner[i].x, corner[i].y,
                          1.0f);
    return bc_grid_fit_solve(&fit, to);
}

/*
 * The sides of the modules that every symbol of this size has, in the order of
 * their columns; how many.  They are looked for on the transposed symbol, whose
 * rows are those columns.
 */
static size_t sides_of(const bc_rmqr_hint *s, bc_qr_room *room)
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

/* Moves the grid on by `by` columns and widens it to `size` modules. */
static bool move_on(trail *t, uint32_t by, uint32_t size)
{
    const float near = (float)by, far = (float)(by + size), low = (float)size;
    const bc_point corner[4] = {bc_grid_at(&t->grid, near, 0.0f), bc_grid_at(&t->grid, far, 0.0f),
                                bc_grid_at(&t->grid, far, low), bc_grid_at(&t->grid, near, low)};
    t->from += by;
    return bc_rmqr_regrid(corner, low, low, size, &t->grid);
}

/*
 * Fits the grid to the sides of its columns before `end`; whether they are where
 * they should be.  Those of the finder are, or it would be none: they tell
 * nothing of what follows it.
 */
static bool settle(trail *t, uint32_t end)
{
    bc_side *side = t->room->near;
    size_t n = 0, finder_n = 0;
    for (size_t i = 0; i < t->side_n; i++) {
        const bc_side s = t->room->side[i];
        const bool within = s.u2 >= 2 * t->from && s.u2 <= 2 * end;
        finder_n += within && s.u2 <= 2 * BC_RMQR_ROWS_FIRST;
        if (within)
            side[n++] = (bc_side){(uint16_t)(s.u2 - 2 * t->from), s.v2, s.upright, s.dark_first};
    }
    bc_fitness fitness = {0, 1.0f};
    for (uint32_t round = 0; round < ROUNDS; round++)
        if (!bc_frame_spend(t->frame, (int64_t)n * COST_SIDE) ||
            !bc_refine(t->scene, side, n, &t->grid, &fitness))
            return false;
    return fitness.off < OFF_MOST && (float)fitness.seen - (float)finder_n > SEEN_LEAST * (float)(n - finder_n);
}

static void mark_corners(const trail *t, bc_point corner[2], uint32_t column)
{
    const float u = (float)(column - t->from);
    corner[0] = bc_grid_at(&t->grid, u, 0.0f);
    corner[1] = bc_grid_at(&t->grid, u, (float)t->hint->rows);
}

/* Samples all columns over one plane; false where the modules do not go on as they should. */
static bool follow_flat(trail *t)
{
    const uint32_t columns = t->hint->columns;
    for (uint32_t end = BC_RMQR_COLUMNS_FIRST; settle(t, end);) {
        t->begun = true;
        if (end == columns) {
            bc_sample_columns(t->scene, &t->grid, 0, 0, columns, t->five, &t->room->sampled);
            mark_corners(t, t->left, 0);
            mark_corners(t, t->right, columns);
            return true;
        }
        const uint32_t next = (uint32_t)((float)end * GROWTH);
        end = next < columns ? next : columns;
        if (end > t->grid.size && !move_on(t, 0, end))
            break;
    }
    return false;
}

/* The same over one plane after the other. */
static bool follow_bent(trail *t)
{
    const uint32_t columns = t->hint->columns;
    uint32_t sampled = 0;
    for (uint32_t end = BC_RMQR_COLUMNS_FIRST; settle(t, end);) {
        if (sampled == 0)
            mark_corners(t, t->left, 0);
        bc_sample_columns(t->scene, &t->grid, t->from, sampled, end, t->five, &t->room->sampled);
        sampled = end;
        if (end == columns) {
            mark_corners(t, t->right, columns);
            return true;
        }
        end = end + STEP < columns ? end + STEP : columns;
        const uint32_t from = end > WINDOW ? end - WINDOW : 0;
        if (!move_on(t, from - t->from, GRID))
            break;
    }
    return false;
}

static bool keep(const trail *t)
{
    bc_symbol *symbol = bc_frame_offer(t->frame);
    if (symbol == NULL)
        return false;
    memcpy(symbol, t->room->symbol, offsetof(bc_symbol, payload) + t->room->symbol->length);
    const bc_point corner[4] = {t->left[0], t->right[0], t->right[1], t->left[1]};
    bc_symbol_place(symbol, corner, t->scale, t->hint->columns, t->hint->rows);
    symbol->inverted = t->scene->sign < 0.0f;
    symbol->mirrored = t->hint->mirrored;
    bc_frame_keep(t->frame);
    return true;
}

/* Reads what was sampled, sharpened more and more. */
static bool read_sampled(const trail *t)
{
    const bc_rmqr_hint *hint = t->hint;
    for (uint8_t blur = 0; blur < 3; blur++) {
        if (!bc_frame_spend(t->frame, (int64_t)hint->columns * hint->rows * COST_MODULE))
            return false;
        bc_darken((bc_blur){blur, blur}, &t->room->sampled);
        const bc_plane modules = {t->room->sampled.darkness, hint->columns, hint->rows};
        const size_t mark = bc_arena_mark(&t->frame->arena);
        const bc_status status = bc_rmqr_read(&modules, &t->frame->arena, bc_qr_blank(t->room));
        bc_arena_release(&t->frame->arena, mark);
        if (status == BC_OK)
            return keep(t);
    }
    return false;
}

/* The grid of the symbol's beginning, its own top left first. */
static bool begin(trail *t, const bc_grid *first)
{
    const float u = (float)BC_RMQR_COLUMNS_FIRST, v = (float)BC_RMQR_ROWS_FIRST;
    const float top = t->hint->mirrored ? v : 0.0f, bottom = t->hint->mirrored ? 0.0f : v;
    const bc_point corner[4] = {bc_grid_at(first, 0.0f, top), bc_grid_at(first, u, top),
                                bc_grid_at(first, u, bottom), bc_grid_at(first, 0.0f, bottom)};
    t->from = 0;
    return bc_rmqr_regrid(corner, u, v, GRID, &t->grid);
}

bool bc_rmqr_follow(bc_frame *frame, const bc_scene *scene, bc_qr_room *room, const bc_grid *first,
                    const bc_rmqr_hint *hint, float scale)
{
    trail t = {.frame = frame, .scene = scene, .room = room, .hint = hint, .scale = scale};
    const bc_point a = bc_grid_at(first, 0.0f, 0.0f), b = bc_grid_at(first, 0.0f, (float)BC_RMQR_ROWS_FIRST);
    const float dx = b.x - a.x, dy = b.y - a.y;
    t.five = bc_sqrt(dx * dx + dy * dy) >= BC_FIVE_POINTS_PX * (float)BC_RMQR_ROWS_FIRST;
    t.side_n = sides_of(hint, room);
    bc_sample_begin(hint->columns, hint->rows, &room->sampled);
    return (begin(&t, first) && follow_flat(&t) && read_sampled(&t)) ||
           (t.begun && begin(&t, first) && follow_bent(&t) && read_sampled(&t));
}
