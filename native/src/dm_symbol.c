/*
 * An outline fits several sizes; the dotted sides tell which, as they alternate
 * module by module.  The grid of the likeliest ones is fitted to the borders and
 * read.
 */
#include "dm_symbol.h"

#include "dm_bent.h"
#include "dm_modules.h"
#include "dm_tables.h"
#include "geometry.h"
#include "place.h"

#include <string.h> /* memcpy, memset */

#define MAX_MODULES ((size_t)BC_DM_MAX_SIDE * BC_DM_MAX_SIDE)

/* Sides between known modules of 144 x 144, the most: 6 x 6 regions of 24 modules have 4 rows of them each. */
#define SIDES_MAX 8192u

#define NEARLY 0.8f /* of the best one's dotted sides, what another size's must show to be tried */

/* How much the dotted sides must alternate, -1 to 1, to be tried: of those of another size, 0 is usual. */
#define DOTTED_LEAST 0.55f

/* A shape may differ by this factor from a size's: perspective shortens one side more than the other. */
#define SHAPE 1.6f

#define MODULE_LEAST 0.9f /* px of the layer: smaller ones cannot be told apart */
#define FIVE_POINTS_PX 2.5f
#define COARSE_PX 5.0f    /* modules of so many px are read on the next layer */
#define OFF_MOST 0.2f     /* modules that borders may be off, in the mean, once fitted */
#define SEEN_LEAST 0.9f   /* share of the sides of border modules that are seen: 0.97 of those read, text has less */
#define SEEN_AT_FIRST 0.75f /* the same before it is fitted */
#define FAINT 0.1f        /* of the solid sides' contrast, what dotted ones must show in the mean */
#define ROUNDS 3u

/* Units of bc_frame_spend. */
#define COST_SIDE 90
#define COST_MODULE 60
#define COST_DOT 20
#define COST_READ 60000
#define COST_FOLLOW 8000
#define COST_BEND 900000

size_t bc_dm_room_workspace(void)
{
    return 3 * bc_arena_cost(MAX_MODULES, 1) + bc_arena_cost(SIDES_MAX, sizeof(bc_side)) +
           bc_sampled_workspace(BC_DM_MAX_SIDE, MAX_MODULES) +
           bc_bend_workspace() + bc_arena_cost(BC_DM_SIZES_TRIED, sizeof(bc_dm_trial)) +
           bc_arena_cost(1, sizeof(bc_symbol));
}

bool bc_dm_room_take(bc_arena *arena, bc_dm_room *room)
{
    room->known = bc_arena_take(arena, MAX_MODULES, 1);
    room->turned = bc_arena_take(arena, MAX_MODULES, 1);
    room->module = bc_arena_take(arena, MAX_MODULES, 1);
    room->side = bc_arena_take(arena, SIDES_MAX, sizeof *room->side);
    room->symbol = bc_arena_take(arena, 1, sizeof *room->symbol);
    room->best = bc_arena_take(arena, BC_DM_SIZES_TRIED, sizeof *room->best);
    return room->best && room->known && room->turned && room->module && room->side && room->symbol &&
           bc_sampled_take(arena, BC_DM_MAX_SIDE, MAX_MODULES, &room->sampled) &&
           bc_bend_take(arena, &room->bend);
}

static float distance(bc_point a, bc_point b)
{
    return bc_sqrt((b.x - a.x) * (b.x - a.x) + (b.y - a.y) * (b.y - a.y));
}

/* The grid of columns * rows modules over an outline; a mirrored symbol has its left side at the bottom. */
static bool grid_of(const bc_dm_outline *o, uint32_t columns, uint32_t rows, bool mirrored, bc_grid *grid)
{
    const bc_point *left_end = mirrored ? &o->bottom_right : &o->top_left;
    const bc_point *right_end = mirrored ? &o->top_left : &o->bottom_right;
    const float x = 0.5f * (left_end->x + right_end->x), y = 0.5f * (left_end->y + right_end->y);
    const float u = (float)columns, v = (float)rows;
    bc_grid_fit fit;
    bc_grid_fit_begin(&fit, columns > rows ? columns : rows, x, y, 0.5f * distance(*left_end, *right_end) + 1.0f);
    bc_grid_fit_point(&fit, 0.0f, 0.0f, left_end->x, left_end->y, 1.0f);
    bc_grid_fit_point(&fit, u, 0.0f, o->top_right.x, o->top_right.y, 1.0f);
    bc_grid_fit_point(&fit, 0.0f, v, o->bottom_left.x, o->bottom_left.y, 1.0f);
    bc_grid_fit_point(&fit, u, v, right_end->x, right_end->y, 1.0f);
    return bc_grid_fit_solve(&fit, grid);
}

/*
 * How much the top row, or the right column, of modules alternates: each against
 * its neighbours' mean.  `whole` maps the symbol as one module, so that it serves all sizes.
 */
static void add_dots(const bc_dm_trial *t, const bc_grid *whole, bool down, float *for_it, float *all)
{
    const uint32_t n = down ? t->rows : t->columns;
    const float step = 1.0f / (float)n, top = 0.5f / (float)t->rows, right = 1.0f - 0.5f / (float)t->columns;
    float before = 0.0f, here = 0.0f;
    for (uint32_t i = 0; i < n; i++) {
        const float along = ((float)i + 0.5f) * step;
        const float next = bc_scene_at(&t->scene, bc_grid_at(whole, down ? right : along, down ? along : top));
        if (i >= 2) { /* here is module i - 1; the row is dark at even places, the column at odd ones */
            const float darker = 0.5f * (before + next) - here;
            *for_it += ((i - 1) % 2 == 0) == !down ? darker : -darker;
            *all += bc_abs(darker);
        }
        before = here;
        here = next;
    }
}

/* Light outside less dark inside along the solid sides. */
static float contrast_of(const bc_dm_trial *t)
{
    float sum = 0.0f;
    const float far = (float)t->rows;
    for (uint32_t i = 0; i < 8; i++) {
        const float u = ((float)i + 0.5f) / 8.0f * (float)t->columns, v = ((float)i + 0.5f) / 8.0f * far;
        sum += bc_scene_at(&t->scene, bc_grid_at(&t->grid, u, far + 0.7f)) -
               bc_scene_at(&t->scene, bc_grid_at(&t->grid, u, far - 0.5f));
        sum += bc_scene_at(&t->scene, bc_grid_at(&t->grid, -0.7f, v)) -
               bc_scene_at(&t->scene, bc_grid_at(&t->grid, 0.5f, v));
    }
    return bc_clamp(sum / 16.0f, 8.0f, 255.0f);
}

/* How much the dotted sides alternate, -1 to 1; 0 where what alternates is faint against the solid sides. */
static float dotted(const bc_dm_trial *t, const bc_grid *whole)
{
    float for_it = 0.0f, all = 0.0f;
    add_dots(t, whole, false, &for_it, &all);
    add_dots(t, whole, true, &for_it, &all);
    const float least = FAINT * t->scene.contrast * (float)(t->columns + t->rows - 4);
    return all > least ? for_it / all : 0.0f;
}

/* The sides of the borders' modules into the room; how many. */
static size_t border_sides(const bc_dm_trial *t, bc_dm_room *room)
{
    bc_dm_pattern(t->columns, t->rows, room->known);
    for (size_t i = 0; i < (size_t)t->columns * t->rows; i++)
        room->module[i] = room->known[i] == BC_KNOWN_DARK    ? BC_MODULE_DARK
                          : room->known[i] == BC_KNOWN_LIGHT ? BC_MODULE_LIGHT
                                                             : BC_MODULE_UNKNOWN;
    return bc_sides(t->columns, t->rows, room->module, room->side, SIDES_MAX);
}

/* Fits the grid to the borders; whether it lies well then. */
static bool refine(bc_frame *frame, bc_dm_room *room, bc_dm_trial *t)
{
    const size_t n = border_sides(t, room);
    bc_fitness fitness = {0, 1.0f};
    t->scene.contrast = contrast_of(t);
    for (size_t i = 0; i < ROUNDS && bc_frame_spend(frame, (int64_t)n * COST_SIDE); i++)
        if (!bc_refine(&t->scene, room->side, n, &t->grid, &fitness) ||
            (float)fitness.seen < SEEN_AT_FIRST * (float)n)
            return false;
    return fitness.off < OFF_MOST && (float)fitness.seen > SEEN_LEAST * (float)n;
}

/* Tells the symbol read over this grid. */
static void keep(bc_frame *frame, const bc_dm_room *room, const bc_dm_trial *t)
{
    bc_symbol *symbol = bc_frame_offer(frame);
    if (symbol == NULL)
        return;
    memcpy(symbol, room->symbol, offsetof(bc_symbol, payload) + room->symbol->length);
    const float u = (float)t->columns, v = (float)t->rows;
    const bc_point corner[4] = {bc_grid_at(&t->grid, 0.0f, 0.0f), bc_grid_at(&t->grid, u, 0.0f),
                                bc_grid_at(&t->grid, u, v), bc_grid_at(&t->grid, 0.0f, v)};
    bc_symbol_place(symbol, corner, t->scale, t->columns, t->rows);
    symbol->inverted = t->scene.sign < 0.0f;
    symbol->mirrored = t->mirrored;
    bc_frame_keep(frame);
}

/* The modules as a mirrored symbol has them: across the diagonal that keeps the solid corner. */
static void mirror(const uint8_t *from, uint32_t columns, uint32_t rows, uint8_t *to)
{
    for (uint32_t y = 0; y < rows; y++)
        for (uint32_t x = 0; x < columns; x++)
            to[(columns - 1 - x) * rows + (rows - 1 - y)] = from[y * columns + x];
}

static bc_status read_modules(bc_frame *frame, bc_dm_room *room, bc_dm_trial *t)
{
    const size_t mark = bc_arena_mark(&frame->arena);
    memset(room->symbol, 0, offsetof(bc_symbol, payload));
    bc_plane plane = {room->sampled.darkness, t->columns, t->rows};
    bc_status status = bc_dm_read(&plane, &frame->arena, room->symbol);
    if (status == BC_CHECKSUM && t->columns == t->rows) { /* squares look alike mirrored */
        mirror(room->sampled.darkness, t->columns, t->rows, room->turned);
        plane.darkness = room->turned;
        status = bc_dm_read(&plane, &frame->arena, room->symbol);
        if (status == BC_OK) {
            bc_grid other;
            const bc_dm_outline o = {bc_grid_at(&t->grid, (float)t->columns, (float)t->rows),
                                     bc_grid_at(&t->grid, 0.0f, (float)t->rows), bc_grid_at(&t->grid, 0.0f, 0.0f),
                                     bc_grid_at(&t->grid, (float)t->columns, 0.0f)};
            t->mirrored = true;
            if (grid_of(&o, t->columns, t->rows, false, &other))
                t->grid = other;
        }
    }
    bc_arena_release(&frame->arena, mark);
    if (status == BC_OK)
        keep(frame, room, t);
    return status;
}

static float module_of(const bc_dm_trial *t)
{
    const bc_point a = bc_grid_at(&t->grid, 0.0f, (float)t->rows);
    const float u = distance(a, bc_grid_at(&t->grid, (float)t->columns, (float)t->rows)) / (float)t->columns;
    const float v = distance(a, bc_grid_at(&t->grid, 0.0f, 0.0f)) / (float)t->rows;
    return u < v ? u : v;
}

/* Samples the grid and reads it, sharpened more and more. */
static bool read_grid(bc_frame *frame, bc_dm_room *room, bc_dm_trial *t)
{
    const int64_t modules = (int64_t)t->columns * t->rows;
    bc_sample(&t->scene, &t->grid, t->columns, t->rows, module_of(t) >= FIVE_POINTS_PX, &room->sampled);
    for (uint8_t blur = 0; blur < 3; blur++) {
        if (!bc_frame_spend(frame, modules * COST_MODULE + COST_READ))
            return false;
        bc_darken((bc_blur){blur, blur}, &room->sampled);
        const bc_status status = read_modules(frame, room, t);
        if (status != BC_CHECKSUM)
            return status == BC_OK;
    }
    return false;
}

/* Puts a trial among the best ones. */
static void rank(bc_dm_trial best[BC_DM_SIZES_TRIED], uint32_t *n, const bc_dm_trial *t)
{
    uint32_t at = *n < BC_DM_SIZES_TRIED ? (*n)++ : BC_DM_SIZES_TRIED;
    if (at == BC_DM_SIZES_TRIED && best[at - 1].dotted >= t->dotted)
        return;
    at = at == BC_DM_SIZES_TRIED ? at - 1 : at;
    for (; at > 0 && best[at - 1].dotted < t->dotted; at--)
        best[at] = best[at - 1];
    best[at] = *t;
}

/* The sides of an outline, px, each as long as it and the one opposite are in the mean. */
typedef struct {
    float bottom, left;
} extent;

static extent extent_of(const bc_dm_outline *o)
{
    return (extent){0.5f * (distance(o->bottom_left, o->bottom_right) + distance(o->top_left, o->top_right)),
                    0.5f * (distance(o->bottom_left, o->top_left) + distance(o->bottom_right, o->top_right))};
}

/* Whether a size's shape is about that of the outline, and its modules are large enough to be told apart. */
static bool shaped(const extent *e, const bc_dm_structure *size, bool mirrored)
{
    const float u = (mirrored ? e->left : e->bottom) / (float)size->columns;
    const float v = (mirrored ? e->bottom : e->left) / (float)size->rows;
    return u >= MODULE_LEAST && v >= MODULE_LEAST && u < SHAPE * v && v < SHAPE * u;
}

/* An outline in which sizes are looked for. */
typedef struct {
    bc_frame *frame;
    const bc_dm_outline *outline;
    bc_dm_trial trial; /* what they share */
    bc_grid whole[2];  /* not mirrored, mirrored: the symbol as one module */
    bool made[2];
    float contrast;    /* of the solid sides; 0 until it is known */
} sizing;

/* Ranks one size, if its dotted sides alternate; false when it cannot be told. */
static bool try_size(sizing *s, const bc_dm_structure *size, bool mirrored, bc_dm_trial *best, uint32_t *n)
{
    bc_dm_trial *t = &s->trial;
    t->columns = size->columns;
    t->rows = size->rows;
    t->mirrored = mirrored;
    if (!bc_frame_spend(s->frame, (int64_t)(t->columns + t->rows) * COST_DOT) ||
        (!s->made[mirrored] && !grid_of(s->outline, 1, 1, mirrored, &s->whole[mirrored])))
        return false;
    s->made[mirrored] = true;
    if (!(s->contrast > 0.0f)) {
        if (!grid_of(s->outline, t->columns, t->rows, mirrored, &t->grid))
            return false;
        s->contrast = contrast_of(t);
    }
    t->scene.contrast = s->contrast;
    t->dotted = dotted(t, &s->whole[mirrored]);
    if (t->dotted >= DOTTED_LEAST && grid_of(s->outline, t->columns, t->rows, mirrored, &t->grid))
        rank(best, n, t);
    return true;
}

static uint32_t find_sizes(bc_frame *frame, const bc_dm_outline *outline, size_t layer, bool inverted,
                           bc_dm_trial best[BC_DM_SIZES_TRIED])
{
    sizing s = {.frame = frame, .outline = outline,
                .trial = {.scene = {&frame->layer[layer], inverted ? -1.0f : 1.0f, 1.0f},
                          .scale = (float)(1u << layer)}};
    const extent e = extent_of(outline);
    uint32_t n = 0;
    for (uint32_t i = 0; i < 2 * BC_DM_SIZES; i++) {
        const bc_dm_structure *size = &bc_dm_size[i / 2];
        const bool mirrored = i % 2 == 1, square = size->columns == size->rows;
        if (!(mirrored && square) && shaped(&e, size, mirrored) && !try_size(&s, size, mirrored, best, &n))
            return 0;
    }
    return n;
}

/* Moves the trial to the layer where modules are neither noise nor more pixels than it takes to read them. */
static void choose_layer(const bc_frame *frame, size_t layer, bc_dm_trial *t)
{
    size_t at = layer;
    for (; at + 1 < frame->layer_n && module_of(t) >= COARSE_PX; at++)
        bc_grid_scale(&t->grid, 0.5f);
    for (; at > 0 && module_of(t) < 0.5f * COARSE_PX; at--)
        bc_grid_scale(&t->grid, 2.0f);
    t->scene.image = &frame->layer[at];
    t->scale = (float)(1u << at);
}

static bool is_size(uint32_t columns, uint32_t rows)
{
    for (uint32_t i = 0; i < BC_DM_SIZES; i++)
        if (bc_dm_size[i].columns == columns && bc_dm_size[i].rows == rows)
            return true;
    return false;
}

/* Bends the trial's grid to its dotted sides; whether it lies well then. */
static bool bend(bc_frame *frame, bc_dm_room *room, const bc_dm_dots *top, const bc_dm_dots *right, bc_dm_trial *t)
{
    const size_t n = border_sides(t, room);
    bc_fitness fitness = {0, 1.0f};
    t->scene.contrast = contrast_of(t);
    return bc_frame_spend(frame, COST_BEND + (int64_t)n * COST_SIDE * ROUNDS) &&
           bc_dm_bend(&t->scene, top, right, room->side, n, &room->bend, &t->grid, &fitness) &&
           fitness.off < OFF_MOST && (float)fitness.seen > SEEN_LEAST * (float)n;
}

bool bc_dm_try_bent(bc_frame *frame, bc_dm_room *room, const bc_dm_outline *o, size_t layer, bool inverted)
{
    bc_dm_dots top, right;
    bc_dm_trial t = {.scene = {&frame->layer[layer], inverted ? -1.0f : 1.0f, 1.0f}};
    if (!bc_frame_spend(frame, COST_FOLLOW) ||
        !bc_dm_follow(&t.scene, o->top_left, o->top_right, o->bottom_left, &top) ||
        !bc_dm_follow(&t.scene, o->bottom_right, o->top_right, o->bottom_left, &right))
        return false;
    t.mirrored = !is_size(top.n, right.n);
    t.columns = t.mirrored ? right.n : top.n;
    t.rows = t.mirrored ? top.n : right.n;
    if (!is_size(t.columns, t.rows) || !grid_of(o, t.columns, t.rows, t.mirrored, &t.grid) ||
        !bend(frame, room, t.mirrored ? &right : &top, t.mirrored ? &top : &right, &t))
        return false;
    choose_layer(frame, layer, &t);
    return read_grid(frame, room, &t);
}

bool bc_dm_try(bc_frame *frame, bc_dm_room *room, const bc_dm_outline *outline, size_t layer, bool inverted)
{
    bc_dm_trial *best = room->best;
    const uint32_t n = find_sizes(frame, outline, layer, inverted, best);
    for (uint32_t i = 0; i < n && best[i].dotted > NEARLY * best[0].dotted; i++) {
        bc_dm_trial *t = &best[i];
        choose_layer(frame, layer, t);
        if (refine(frame, room, t) && read_grid(frame, room, t))
            return true;
    }
    return false;
}
