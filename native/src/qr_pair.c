/*
 * Symbols with a damaged finder pattern: two whole ones give a grid for each
 * place the third may have, and the timing pattern between them, where there is
 * one, tells the size.
 */
#include "geometry.h"
#include "qr_symbol.h"

/* Modules between middles of finder patterns, with what estimates are off. */
#define ACROSS_LEAST 10.0f
#define ACROSS_MOST 120.0f /* larger symbols cannot be guessed from two corners */

/* How far from a straight line, or from a diagonal, two finders may lie, against their distance. */
#define ASIDE_MOST 0.3f

/* Share of timing modules between two finders along a side that must alternate, and of both patterns after refining. */
#define TIMING_BETWEEN 0.75f
#define TIMING_LEAST 0.65f

/* Weight of a far corner that is guessed from the finders' own directions, against one of their corners. */
#define GUESS 0.1f

#define COST_GUESS 60000

/* Where two finders are in a symbol. */
typedef enum { TOP, LEFT, DIAGONAL } arrangement;

typedef struct {
    const bc_finder *a, *b; /* a is top left, of DIAGONAL bottom left */
    arrangement how;
    uint32_t turn_a, turn_b;
    float across;           /* modules between their middles along a side */
} guess;

/* A place n modules down (or to the right of) a finder's outer corner in the symbol's order, as its own sides point. */
static void guess_corner(bc_grid_fit *fit, const bc_finder *f, uint32_t turn, uint32_t corner, size_t direction,
                         float n, float u, float v, float to_layer)
{
    float x, y;
    bc_finder_step(f, direction % 4, &x, &y);
    const float *c = &f->corner[2 * ((corner + turn) % 4)];
    bc_grid_fit_point(fit, u, v, (c[0] + n * x) * to_layer, (c[1] + n * y) * to_layer, GUESS);
}

static bool first_grid(const guess *g, uint32_t size, float to_layer, bc_grid *grid)
{
    const float far = (float)size - 7.0f, n = (float)size;
    const float x = 0.5f * (g->a->x + g->b->x) * to_layer, y = 0.5f * (g->a->y + g->b->y) * to_layer;
    const float dx = g->a->x - g->b->x, dy = g->a->y - g->b->y;
    bc_grid_fit fit;
    bc_grid_fit_begin(&fit, size, x, y, bc_sqrt(dx * dx + dy * dy) * 0.7f * to_layer + 1.0f);
    bc_qr_fit_finder(&fit, g->a, g->turn_a, 0.0f, g->how == DIAGONAL ? far : 0.0f, to_layer);
    bc_qr_fit_finder(&fit, g->b, g->turn_b, g->how == LEFT ? 0.0f : far, g->how == LEFT ? far : 0.0f, to_layer);
    if (g->how == TOP) {
        guess_corner(&fit, g->a, g->turn_a, 0, g->turn_a + 1, n, 0.0f, n, to_layer);
        guess_corner(&fit, g->b, g->turn_b, 1, g->turn_b + 1, n, n, n, to_layer);
    } else if (g->how == LEFT) {
        guess_corner(&fit, g->a, g->turn_a, 0, g->turn_a, n, n, 0.0f, to_layer);
        guess_corner(&fit, g->b, g->turn_b, 3, g->turn_b, n, n, n, to_layer);
    } else {
        guess_corner(&fit, g->a, g->turn_a, 3, g->turn_a, n, n, n, to_layer);
        guess_corner(&fit, g->b, g->turn_b, 0, g->turn_b + 2, far, 0.0f, 0.0f, to_layer);
    }
    return bc_grid_fit_solve(&fit, grid);
}

/* How well the timing pattern that is between the two finders, or nearest to both, alternates. */
static float timing(const guess *g, const bc_scene *scene, const bc_grid *grid)
{
    if (g->how == DIAGONAL)
        return bc_qr_timing(scene, grid, 8, 6);
    return bc_qr_timing_line(scene, grid, g->how == LEFT);
}

/* Ties the grid to what is left of the third finder, when that stands out. */
static void tie_third(const guess *g, const bc_scene *scene, bc_qr_room *room, float to_layer, bc_grid *grid)
{
    const float far = (float)grid->size - 7.0f;
    const float at_u = g->how == LEFT ? far : 0.0f, at_v = g->how == TOP ? far : 0.0f;
    float u = at_u, v = at_v;
    if (!bc_qr_find_finder(scene, grid, room->sample, &u, &v))
        return;
    const bc_point p = bc_grid_at(grid, u + 3.5f, v + 3.5f);
    bc_grid_fit fit;
    bc_grid_fit_begin(&fit, grid->size, grid->origin_x, grid->origin_y, grid->unit);
    bc_qr_fit_finder(&fit, g->a, g->turn_a, 0.0f, g->how == DIAGONAL ? far : 0.0f, to_layer);
    bc_qr_fit_finder(&fit, g->b, g->turn_b, g->how == LEFT ? 0.0f : far, g->how == LEFT ? far : 0.0f, to_layer);
    bc_grid_fit_point(&fit, at_u + 3.5f, at_v + 3.5f, p.x, p.y, 4.0f);
    const float n = (float)grid->size;
    const bc_point corner = bc_grid_at(grid, n, n);
    bc_grid_fit_point(&fit, n, n, corner.x + p.x - bc_grid_at(grid, at_u + 3.5f, at_v + 3.5f).x,
                      corner.y + p.y - bc_grid_at(grid, at_u + 3.5f, at_v + 3.5f).y, GUESS);
    bc_grid tied;
    if (bc_grid_fit_solve(&fit, &tied))
        *grid = tied;
}

static bool try_guess(bc_frame *frame, bc_qr_room *room, const guess *g)
{
    const float least = g->a->module_px < g->b->module_px ? g->a->module_px : g->b->module_px;
    const size_t layer = bc_qr_layer(frame, least);
    const float to_layer = 1.0f / (float)(1u << layer);
    bc_scene scene = {&frame->layer[layer], g->a->inverted ? -1.0f : 1.0f,
                       0.5f * (g->a->contrast + g->b->contrast)};
    const int32_t version = (int32_t)((g->across - 10.0f) / 4.0f + 0.5f);
    bc_grid best = {.size = 0}, grid;
    float best_timing = g->how == DIAGONAL ? TIMING_LEAST : TIMING_BETWEEN;
    for (int32_t i = 0; i < 3; i++) {
        const int32_t v = version + (i == 2 ? -1 : i); /* the likeliest first: few modules may alternate in another */
        if (v < 1 || v > 40 || !bc_frame_spend(frame, COST_GUESS) ||
            !first_grid(g, (uint32_t)(17 + 4 * v), to_layer, &grid))
            continue;
        if (g->how == DIAGONAL)
            tie_third(g, &scene, room, to_layer, &grid);
        const float alternates = timing(g, &scene, &grid);
        if (alternates > best_timing) {
            best_timing = alternates;
            best = grid;
        }
    }
    if (best.size == 0)
        return false;
    if (g->how != DIAGONAL)
        tie_third(g, &scene, room, to_layer, &best);
    return bc_qr_timing(&scene, &best, 8, 6) >= TIMING_LEAST && bc_qr_try_grid(frame, &scene, room, &best, layer, true);
}

/* Two finders along a side of a symbol: as its top and as its left one. */
static bool try_side(bc_frame *frame, bc_qr_room *room, const bc_finder *a, const bc_finder *b)
{
    float along, aside, along_b, aside_b;
    const float dx = b->x - a->x, dy = b->y - a->y;
    const uint32_t turn = (uint32_t)bc_finder_direction(a, dx, dy, &along, &aside);
    const uint32_t turn_b = (uint32_t)bc_finder_direction(b, dx, dy, &along_b, &aside_b);
    if (!(along > ACROSS_LEAST * 0.5f && along_b > ACROSS_LEAST * 0.5f) || bc_abs(aside) > ASIDE_MOST * along ||
        bc_abs(aside_b) > ASIDE_MOST * along_b)
        return false;
    const float across = bc_sqrt(along * along_b);
    if (across < ACROSS_LEAST || across > ACROSS_MOST)
        return false;
    const guess top = {a, b, TOP, turn, turn_b, across}, left = {a, b, LEFT, (turn + 3) % 4, (turn_b + 3) % 4, across};
    return try_guess(frame, room, &top) || try_guess(frame, room, &left);
}

/* Two finders across the diagonal of a symbol: bottom left and top right. */
static bool try_diagonal(bc_frame *frame, bc_qr_room *room, const bc_finder *a, const bc_finder *b)
{
    const float dx = b->x - a->x, dy = b->y - a->y;
    guess g = {a, b, DIAGONAL, 4, 4, 1.0f};
    for (uint32_t k = 0; k < 4; k++) {
        float along, aside, along_b, aside_b;
        bc_finder_in_modules(a, k, dx, dy, &along, &aside);
        bc_finder_in_modules(b, k, dx, dy, &along_b, &aside_b);
        /* To the right, and up: against the direction down, which is the next one clockwise. */
        if (along > 0.0f && aside < 0.0f && bc_abs(along + aside) < ASIDE_MOST * (along - aside)) {
            g.turn_a = k;
            g.across *= bc_sqrt(0.5f * (along - aside));
        }
        if (along_b > 0.0f && aside_b < 0.0f && bc_abs(along_b + aside_b) < ASIDE_MOST * (along_b - aside_b)) {
            g.turn_b = k;
            g.across *= bc_sqrt(0.5f * (along_b - aside_b));
        }
    }
    return g.turn_a < 4 && g.turn_b < 4 && g.across >= ACROSS_LEAST && g.across <= ACROSS_MOST &&
           try_guess(frame, room, &g);
}

bool bc_qr_try_pair(bc_frame *frame, bc_qr_room *room, const bc_finder *a, const bc_finder *b)
{
    return a->inverted == b->inverted &&
           (try_side(frame, room, a, b) || try_side(frame, room, b, a) || try_diagonal(frame, room, a, b) ||
            try_diagonal(frame, room, b, a));
}
