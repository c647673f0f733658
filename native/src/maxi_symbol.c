/*
 * The rings tell a symbol's middle, size and tilt; the patterns around them how
 * it is turned.  From there the grid grows outwards: what was decided of the
 * modules so far tells where the next ones are.
 */
#include "maxi_symbol.h"

#include "geometry.h"
#include "maxi_grid.h"
#include "maxi_modules.h"
#include "maxi_rings.h"
#include "place.h"

#include <string.h> /* memcpy, memset */

#define COARSE_PX 6.0f    /* a module from which on a coarser layer is looked at */
#define FIVE_POINTS_PX 2.5f
#define ASIDE 0.22f       /* modules that the other four points are from the middle of one */

#define WIDE_RUN 0.88f    /* a seventh of the seven runs, in modules, where the middle is drawn too large */

#define TURNS 180u
#define PATTERN 18u       /* modules of the six orientation patterns */
#define WRONG_MOST 2u     /* of them */

#define OFF_MOST 0.16f    /* modules that edges may be off when the grid grows */
#define SURE 40u          /* darkness this far from the middle is decided */
#define GROWTH 2.0f       /* modules that the grid grows by at once */
#define FIRST_RADIUS 8.0f
#define LAST_RADIUS 22.0f

/* Units of bc_frame_spend. */
#define COST_RINGS 60000
#define COST_TURNS 100000
#define COST_GROWTH 120000
#define COST_READ 400000

size_t bc_maxi_room_workspace(void)
{
    return bc_arena_cost(BC_MAXI_PLACES, 1) + bc_sampled_workspace(BC_MAXI_COLUMNS, BC_MAXI_PLACES) +
           bc_arena_cost(1, sizeof(bc_symbol));
}

bool bc_maxi_room_take(bc_arena *arena, bc_maxi_room *room)
{
    room->known = bc_arena_take(arena, BC_MAXI_PLACES, 1);
    room->symbol = bc_arena_take(arena, 1, sizeof *room->symbol);
    return room->known && room->symbol && bc_sampled_take(arena, BC_MAXI_COLUMNS, BC_MAXI_PLACES, &room->sampled);
}

/* What is being tried. */
typedef struct {
    bc_scene scene;
    bc_maxi_rings rings;
    bc_grid grid;
    float scale; /* px of the image to one of the layer */
    bool mirrored;
} trial;

/* The patterns' modules, from the middle, in modules. */
typedef struct {
    float u[PATTERN], v[PATTERN];
    bool dark[PATTERN];
} marks;

static void make_marks(marks *m)
{
    uint8_t known[BC_MAXI_PLACES];
    uint32_t n = 0;
    bc_maxi_pattern(known);
    for (uint32_t row = 1; row < BC_MAXI_ROWS; row++) /* the two of the corner are far away */
        for (uint32_t column = 0; column < BC_MAXI_COLUMNS && n < PATTERN; column++) {
            const uint8_t kind = known[row * BC_MAXI_COLUMNS + column];
            if (kind == 0)
                continue;
            m->u[n] = bc_maxi_u(column, row) - BC_MAXI_MIDDLE;
            m->v[n] = bc_maxi_v(row) - BC_MAXI_MIDDLE;
            m->dark[n++] = kind == BC_KNOWN_DARK;
        }
}

/* The rings' axes turned: the symbol's own right and down. */
static bc_maxi_rings turned(const bc_maxi_rings *r, float c, float s, bool mirrored)
{
    const float sign = mirrored ? -1.0f : 1.0f;
    bc_maxi_rings to = *r;
    to.right_x = sign * (c * r->right_x + s * r->down_x);
    to.right_y = sign * (c * r->right_y + s * r->down_y);
    to.down_x = -s * r->right_x + c * r->down_x;
    to.down_y = -s * r->right_y + c * r->down_y;
    return to;
}

static bc_point place_of(const bc_maxi_rings *r, float u, float v)
{
    return (bc_point){r->x + u * r->right_x + v * r->down_x, r->y + u * r->right_y + v * r->down_y};
}

/* How much lighter the light modules of the patterns are than the dark ones; how many are as the others are. */
static float compare(const bc_scene *scene, const bc_maxi_rings *r, const marks *m, uint32_t *wrong)
{
    float level[PATTERN], sum[2] = {0.0f, 0.0f}, n[2] = {0.0f, 0.0f};
    for (uint32_t i = 0; i < PATTERN; i++) {
        level[i] = bc_scene_at(scene, place_of(r, m->u[i], m->v[i]));
        sum[m->dark[i]] += level[i];
        n[m->dark[i]] += 1.0f;
    }
    const float light = sum[0] / n[0], dark = sum[1] / n[1], middle = 0.5f * (light + dark);
    *wrong = 0;
    for (uint32_t i = 0; i < PATTERN; i++)
        *wrong += (level[i] < middle) != m->dark[i];
    return light - dark;
}

/* How the symbol is turned, and whether it is mirrored, by its patterns; false when they are in no turn. */
static bool find_turn(trial *t)
{
    /* cos and sin of two degrees. */
    const float c1 = 0.99939083f, s1 = 0.03489950f;
    marks m;
    float best = 0.0f, c = 1.0f, s = 0.0f;
    bc_maxi_rings kept = t->rings;
    make_marks(&m);
    for (uint32_t i = 0; i < TURNS; i++) {
        for (uint32_t mirrored = 0; mirrored < 2; mirrored++) {
            const bc_maxi_rings r = turned(&t->rings, c, s, mirrored == 1);
            uint32_t wrong;
            const float score = compare(&t->scene, &r, &m, &wrong);
            if (wrong <= WRONG_MOST && score > best) {
                best = score;
                kept = r;
                t->mirrored = mirrored == 1;
            }
        }
        const float next = c * c1 - s * s1;
        s = s * c1 + c * s1;
        c = next;
    }
    t->rings = kept;
    return best > 0.0f;
}

/* The grid that the rings and their turn give. */
static bool begin_grid(trial *t)
{
    const bc_maxi_rings *r = &t->rings;
    const float half = 0.5f * (float)BC_MAXI_SIDE;
    bc_grid_fit fit;
    bc_grid_fit_begin(&fit, BC_MAXI_SIDE, r->x, r->y,
                      half * bc_sqrt(r->right_x * r->right_x + r->right_y * r->right_y + r->down_x * r->down_x +
                                     r->down_y * r->down_y));
    for (size_t i = 0; i < 4; i++) {
        const float a = i == 1 || i == 2 ? half : -half, b = i >= 2 ? half : -half;
        const bc_point p = place_of(r, a, b);
        bc_grid_fit_point(&fit, BC_MAXI_MIDDLE + a, BC_MAXI_MIDDLE + b, p.x, p.y, 1.0f);
    }
    return bc_grid_fit_solve(&fit, &t->grid);
}

static float module_of(const bc_grid *grid)
{
    const bc_spot spot = bc_grid_spot(grid, BC_MAXI_MIDDLE, BC_MAXI_MIDDLE);
    const float u = spot.du.x * spot.du.x + spot.du.y * spot.du.y, v = spot.dv.x * spot.dv.x + spot.dv.y * spot.dv.y;
    return bc_sqrt(u < v ? u : v);
}

static float level_at(const bc_scene *scene, const bc_spot *spot, bool five)
{
    const bc_point p = spot->at;
    const float level = bc_scene_at(scene, p);
    if (!five)
        return level;
    const float dx = ASIDE * spot->du.x, dy = ASIDE * spot->du.y, ex = ASIDE * spot->dv.x, ey = ASIDE * spot->dv.y;
    return (2.0f * level + bc_scene_at(scene, (bc_point){p.x + dx, p.y + dy}) +
            bc_scene_at(scene, (bc_point){p.x - dx, p.y - dy}) + bc_scene_at(scene, (bc_point){p.x + ex, p.y + ey}) +
            bc_scene_at(scene, (bc_point){p.x - ex, p.y - ey})) / 6.0f;
}

static void sample(const trial *t, bc_maxi_room *room)
{
    const bool five = module_of(&t->grid) >= FIVE_POINTS_PX;
    const float offset = t->scene.sign < 0.0f ? 255.0f : 0.0f;
    room->sampled.columns = BC_MAXI_COLUMNS;
    room->sampled.rows = BC_MAXI_ROWS;
    for (uint32_t row = 0; row < BC_MAXI_ROWS; row++)
        for (uint32_t column = 0; column < BC_MAXI_COLUMNS; column++) {
            const bc_spot spot = bc_grid_spot(&t->grid, bc_maxi_u(column, row), bc_maxi_v(row));
            const float level = level_at(&t->scene, &spot, five) + offset;
            room->sampled.grey[row * BC_MAXI_COLUMNS + column] = (uint8_t)(bc_clamp(level, 0.0f, 255.0f) + 0.499f);
        }
    bc_darken((bc_blur){0, 0}, &room->sampled);
}

static bool is_sure(uint8_t dark)
{
    return dark >= 128 + SURE || dark < 128 - SURE;
}

/* Known are the patterns' modules, and those within `radius` whose darkness is sure. */
static void know_decided(bc_maxi_room *room, float radius)
{
    bc_maxi_pattern(room->known);
    for (uint32_t row = 0; row < BC_MAXI_ROWS; row++)
        for (uint32_t column = 0; column < BC_MAXI_COLUMNS; column++) {
            const float u = bc_maxi_u(column, row) - BC_MAXI_MIDDLE, v = bc_maxi_v(row) - BC_MAXI_MIDDLE;
            const uint32_t at = row * BC_MAXI_COLUMNS + column;
            const uint8_t dark = room->sampled.darkness[at];
            if (u * u + v * v > radius * radius)
                room->known[at] = 0;
            else if (room->known[at] == 0 && bc_maxi_is_module(column, row) && is_sure(dark))
                room->known[at] = dark >= 128 ? BC_KNOWN_DARK : BC_KNOWN_LIGHT;
        }
}

/* Grows the grid from the bullseye out to the symbol's corners; false when it does not fit, or the work is spent. */
static bool grow(bc_frame *frame, bc_maxi_room *room, trial *t)
{
    for (float radius = FIRST_RADIUS; radius <= LAST_RADIUS; radius += GROWTH) {
        if (!bc_frame_spend(frame, COST_GROWTH))
            return false;
        sample(t, room);
        know_decided(room, radius);
        if (bc_maxi_refine(&t->scene, t->rings.radius, room->known, &t->grid) > OFF_MOST && radius > FIRST_RADIUS)
            return false;
    }
    return true;
}

static void keep(bc_frame *frame, const bc_maxi_room *room, const trial *t)
{
    bc_symbol *symbol = bc_frame_offer(frame);
    if (symbol == NULL)
        return;
    memcpy(symbol, room->symbol, offsetof(bc_symbol, payload) + room->symbol->length);
    /* Rows of hexagons lie closer together than their corners reach. */
    const float left = 0.5f, right = 30.5f, top = bc_maxi_v(0) - 0.577f, bottom = bc_maxi_v(BC_MAXI_ROWS - 1) + 0.577f;
    const bc_point corner[4] = {bc_grid_at(&t->grid, left, top), bc_grid_at(&t->grid, right, top),
                                bc_grid_at(&t->grid, right, bottom), bc_grid_at(&t->grid, left, bottom)};
    bc_symbol_place(symbol, corner, t->scale, BC_MAXI_COLUMNS, BC_MAXI_COLUMNS - 1);
    symbol->inverted = t->scene.sign < 0.0f;
    symbol->mirrored = t->mirrored;
    bc_frame_keep(frame);
}

static bool read_symbol(bc_frame *frame, bc_maxi_room *room, const trial *t)
{
    if (!bc_frame_spend(frame, COST_READ))
        return false;
    sample(t, room);
    for (uint32_t row = 1; row < BC_MAXI_ROWS; row += 2) /* where an odd row has no module is paper */
        room->sampled.darkness[row * BC_MAXI_COLUMNS + BC_MAXI_COLUMNS - 1] = 0;
    const bc_plane plane = {room->sampled.darkness, BC_MAXI_COLUMNS, BC_MAXI_ROWS};
    memset(room->symbol, 0, offsetof(bc_symbol, payload));
    if (bc_maxi_read(&plane, &frame->arena, room->symbol) != BC_OK)
        return false;
    keep(frame, room, t);
    return true;
}

/* What a bullseye's runs may be. */
typedef struct {
    float run; /* what across and down are, in modules */
    const float *radius;
    bool dark_on_light;
} view;

static bool try_view(bc_frame *frame, bc_maxi_room *room, const bc_bullseye *b, const view *as)
{
    size_t layer = 0;
    const float module = (b->across < b->down ? b->across : b->down) / as->run;
    for (float m = module; layer + 1 < frame->layer_n && m >= COARSE_PX; m *= 0.5f)
        layer++;
    const float scale = (float)(1u << layer);
    trial t = {
        .scene = {&frame->layer[layer], as->dark_on_light ? 1.0f : -1.0f, 0.0f},
        .rings = {b->x / scale, b->y / scale, b->across / (as->run * scale), 0.0f, 0.0f, b->down / (as->run * scale),
                  as->radius},
        .scale = scale,
    };
    if (!bc_frame_spend(frame, COST_RINGS) || !bc_maxi_fit_rings(&t.scene, &t.rings))
        return false;
    if (!bc_frame_spend(frame, COST_TURNS) || !find_turn(&t) || !begin_grid(&t))
        return false;
    return grow(frame, room, &t) && read_symbol(frame, room, &t);
}

bool bc_maxi_try(bc_frame *frame, bc_maxi_room *room, const bc_bullseye *b)
{
    const view usual = {1.0f, bc_maxi_usual_rings, b->light_middle};
    const view wide = {WIDE_RUN, bc_maxi_wide_rings, b->light_middle};
    return try_view(frame, room, b, (b->runs & BC_RUNS_RINGS) ? &usual : &wide);
}
