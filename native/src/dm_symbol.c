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

#define NEARLY 0.8f /* of the best one's dotted sides, what another size's must show to be tried */

/* How much the dotted sides must alternate, -1 to 1, to be tried: of those of another size, 0 is usual. */
#define DOTTED_LEAST 0.55f

#define ONE_SIDE_LEAST 0.25f /* the same of the shorter one alone, before the other one is looked at */

/* A shape may differ by this factor from a size's: perspective shortens one side more than the other. */
#define SHAPE 1.6f

#define MODULE_LEAST 0.9f /* px of the layer: smaller ones cannot be told apart */
#define COARSE_PX 5.0f    /* modules of so many px are read on the next layer */
#define OFF_MOST 0.2f     /* modules that borders may be off, in the mean, once fitted */
#define SEEN_LEAST 0.9f   /* share of the sides of border modules that are seen: 0.97 of those read, text has less */
#define SEEN_AT_FIRST 0.75f /* the same before it is fitted */
#define FAINT 0.1f        /* of the solid sides' contrast, what dotted ones must show in the mean */
#define ROUNDS 3u

/* Units of bc_frame_spend. */
#define COST_SIDE 90
#define COST_DOT 20
#define COST_FOLLOW 8000
#define COST_BEND 900000

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

/*
 * How much the dotted sides alternate, -1 to 1; 0 where what alternates is faint
 * against the solid sides, or the shorter of them does hardly.
 */
static float dotted(const bc_dm_trial *t, const bc_grid *whole)
{
    float for_it = 0.0f, all = 0.0f;
    add_dots(t, whole, t->rows < t->columns, &for_it, &all);
    if (for_it < ONE_SIDE_LEAST * all)
        return 0.0f;
    add_dots(t, whole, t->rows >= t->columns, &for_it, &all);
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
    return bc_sides(t->columns, t->rows, room->module, room->side, BC_DM_SIDES_MAX);
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

/* The sides of an outline, px, each as long as it and the one opposite are in the mean. */
typedef struct {
    float bottom, left;
} extent;

static extent extent_of(const bc_dm_outline *o)
{
    const float bottom = bc_dm_distance(o->bottom_left, o->bottom_right);
    const float top = bc_dm_distance(o->top_left, o->top_right);
    const float left = bc_dm_distance(o->bottom_left, o->top_left);
    const float right = bc_dm_distance(o->bottom_right, o->top_right);
    return (extent){0.5f * (bottom + top), 0.5f * (left + right)};
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
        (!s->made[mirrored] && !bc_dm_grid_over(s->outline, 1, 1, mirrored, &s->whole[mirrored])))
        return false;
    s->made[mirrored] = true;
    if (!(s->contrast > 0.0f)) {
        if (!bc_dm_grid_over(s->outline, t->columns, t->rows, mirrored, &t->grid))
            return false;
        s->contrast = contrast_of(t);
    }
    t->scene.contrast = s->contrast;
    t->dotted = dotted(t, &s->whole[mirrored]);
    if (t->dotted >= DOTTED_LEAST && bc_dm_grid_over(s->outline, t->columns, t->rows, mirrored, &t->grid))
        bc_dm_rank(best, n, BC_DM_SIZES_TRIED, t);
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
    for (; at + 1 < frame->layer_n && bc_dm_module(t) >= COARSE_PX; at++)
        bc_grid_scale(&t->grid, 0.5f);
    for (; at > 0 && bc_dm_module(t) < 0.5f * COARSE_PX; at--)
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
    if (!bc_frame_spend(frame, COST_BEND + (int64_t)n * COST_SIDE * ROUNDS) ||
        !bc_dm_bend(&t->scene, top, right, room->side, n, &room->bend, &t->grid, &fitness))
        return false;
    t->dotted = 1.0f - fitness.off; /* each dot was seen in its turn */
    return fitness.off < OFF_MOST && (float)fitness.seen > SEEN_LEAST * (float)n;
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
    if (!is_size(t.columns, t.rows) || !bc_dm_grid_over(o, t.columns, t.rows, t.mirrored, &t.grid) ||
        !bend(frame, room, t.mirrored ? &right : &top, t.mirrored ? &top : &right, &t))
        return false;
    choose_layer(frame, layer, &t);
    return bc_dm_read_trial(frame, room, &t);
}

bool bc_dm_try(bc_frame *frame, bc_dm_room *room, const bc_dm_outline *outline, size_t layer, bool inverted)
{
    bc_dm_trial *best = room->best;
    const uint32_t n = find_sizes(frame, outline, layer, inverted, best);
    for (uint32_t i = 0; i < n && best[i].dotted > NEARLY * best[0].dotted; i++) {
        bc_dm_trial *t = &best[i];
        choose_layer(frame, layer, t);
        if (refine(frame, room, t) && bc_dm_read_trial(frame, room, t))
            return true;
    }
    return false;
}
