/*
 * One QR symbol after its three finder patterns are known: the size that their
 * distance and the timing patterns say, a grid refined by all fixed modules,
 * darkness of each module, a read.  A good picture is read after one round; what
 * is not gets blur taken back and a grid that bends.
 */
#include "qr_symbol.h"

#include "geometry.h"
#include "place.h"
#include "qr_flex.h"
#include "qr_modules.h"

#include <string.h> /* memcpy, memset */

/* Units of bc_frame_spend, for each of: a hypothesis, a side of a refinement, a module sampled and decoded. */
#define COST_HYPOTHESIS 4000
#define COST_SIDE 80
#define COST_MODULE 150 /* soft correction of a symbol that will not be read is most of it */
#define COST_BEND_SMALL 100000 /* of 5 knots a side; of 7 the system has twice the unknowns */
#define COST_BEND_LARGE 400000

/* Blurs that are taken back in turn: none, even ones, then those of movement. */
static const bc_blur sharp = {0, 0};
static const bc_blur blurs[] = {{0, 0}, {1, 1}, {2, 2}, {3, 3}, {2, 0}, {0, 2}, {3, 1}, {1, 3}};
#define BLURS (sizeof blurs / sizeof blurs[0])

/* From modules of this many px on, the next layer's are means over most of a module. */
#define NEXT_LAYER_PX 4.0f

/*
 * Times that a grid is bent to its modules, and how far from the top left in
 * tenths of a side, column and row together: each time brings in those that
 * were off by a module before.  Without `hard`, only the last.
 */
static const uint32_t reach_tenths[] = {8, 10, 12, 14, 16, 18, 20, 20, 20};
#define ROUNDS (sizeof reach_tenths / sizeof reach_tenths[0])
#define ROUNDS_HARD (ROUNDS - 1)

/*
 * Mean distance in modules of the fixed modules' sides from where they should
 * be: 0.1 in blurred symbols, 0.25 and more where there is no symbol.
 */
#define OFF_MOST 0.18f
#define OFF_MOST_HARD 0.22f

/* Knots a side of a bend that only finder patterns tell of. */
#define KNOTS_FINDERS 5u

/* Misfit of outlines, in modules, that a bend may rely on. */
#define SURE_MISFIT 0.2f

/* Share of timing modules that must alternate: chance gives half. */
#define TIMING_LEAST 0.7f
#define TIMING_LEAST_HARD 0.6f

/* Share that says where the symbol of three finders is, read or not. */
#define TIMING_PLACED 0.95f

#define MODULES_MOST ((size_t)BC_QR_MAX_SIZE * BC_QR_MAX_SIZE)

bool bc_qr_room_take(bc_arena *arena, bc_qr_room *room)
{
    room->pattern = bc_arena_take(arena, (size_t)BC_QR_MAX_SIZE * BC_QR_MAX_SIZE, 1);
    room->side = bc_arena_take(arena, BC_QR_SIDES_MAX, sizeof *room->side);
    room->near = bc_arena_take(arena, BC_QR_SIDES_MAX, sizeof *room->near);
    room->symbol = bc_arena_take(arena, 1, sizeof *room->symbol);
    room->sample = bc_arena_take(arena, BC_FINDER_SAMPLES, sizeof *room->sample);
    room->grown = bc_arena_take(arena, BC_MICRO_QR_SIZES, sizeof *room->grown);
    return room->pattern && room->side && room->near && room->symbol && room->sample && room->grown &&
           bc_sampled_take(arena, BC_QR_MAX_SIZE, MODULES_MOST, &room->sampled) && bc_bend_take(arena, &room->bend);
}

size_t bc_qr_room_workspace(void)
{
    return bc_arena_cost((size_t)BC_QR_MAX_SIZE * BC_QR_MAX_SIZE, 1) +
           2 * bc_arena_cost(BC_QR_SIDES_MAX, sizeof(bc_side)) + bc_sampled_workspace(BC_QR_MAX_SIZE, MODULES_MOST) +
           bc_bend_workspace() + bc_arena_cost(BC_MICRO_QR_SIZES, sizeof(bc_grid)) +
           bc_arena_cost(BC_FINDER_SAMPLES, sizeof(float)) + bc_arena_cost(1, sizeof(bc_symbol));
}

void bc_qr_place(bc_symbol *symbol, const bc_grid *grid, float scale, bool inverted)
{
    const float far = (float)grid->size;
    bc_point corner[4];
    for (size_t i = 0; i < 4; i++) {
        const float a = i == 1 || i == 2 ? far : 0.0f, b = i >= 2 ? far : 0.0f;
        /* A mirrored symbol was sampled with its rows as columns. */
        corner[i] = symbol->mirrored ? bc_grid_at(grid, b, a) : bc_grid_at(grid, a, b);
    }
    bc_symbol_place(symbol, corner, scale, grid->size, grid->size);
    symbol->inverted = inverted;
}

bc_symbol *bc_qr_blank(bc_qr_room *room)
{
    memset(room->symbol, 0, offsetof(bc_symbol, payload));
    return room->symbol;
}

bool bc_qr_keep(bc_frame *frame, const bc_qr_room *room, const bc_grid *grid, float scale, bool inverted)
{
    /* Offered only now: an output that is full is not told so for what then turns out to be no symbol. */
    bc_symbol *symbol = bc_frame_offer(frame);
    if (symbol == NULL)
        return false;
    memcpy(symbol, room->symbol, offsetof(bc_symbol, payload) + room->symbol->length);
    bc_qr_place(symbol, grid, scale, inverted);
    bc_frame_keep(frame);
    return true;
}

void bc_qr_fit_finder(bc_grid_fit *fit, const bc_finder *f, uint32_t turn, float u, float v, float to_layer)
{
    for (uint32_t i = 0; i < 4; i++) {
        const float *c = &f->corner[2 * ((i + turn) % 4)];
        bc_grid_fit_point(fit, u + (i == 1 || i == 2 ? 7.0f : 0.0f), v + (i >= 2 ? 7.0f : 0.0f), c[0] * to_layer,
                          c[1] * to_layer, 1.0f);
    }
}

/* The grid that the outlines of three finders give for a symbol of this size. */
static bool first_grid(const bc_finders *finders, const bc_triple *t, uint32_t size, float to_layer, bc_grid *grid)
{
    const bc_finder *corner = &finders->item[t->corner], *right = &finders->item[t->right],
                    *down = &finders->item[t->down];
    const float x = 0.5f * (right->x + down->x) * to_layer, y = 0.5f * (right->y + down->y) * to_layer;
    const float dx = right->x - down->x, dy = right->y - down->y;
    const float unit = bc_sqrt(dx * dx + dy * dy) * 0.5f * to_layer + 1.0f, far = (float)size - 7.0f;
    bc_grid_fit fit;
    bc_grid_fit_begin(&fit, size, x, y, unit);
    bc_qr_fit_finder(&fit, corner, t->turn[0], 0.0f, 0.0f, to_layer);
    bc_qr_fit_finder(&fit, right, t->turn[1], far, 0.0f, to_layer);
    bc_qr_fit_finder(&fit, down, t->turn[2], 0.0f, far, to_layer);
    return bc_grid_fit_solve(&fit, grid);
}

/* Ties the grid to an alignment pattern found at x, y, keeping the finder patterns where they are. */
static bool tie(bc_grid *grid, float u, float v, bc_point p)
{
    const float far = (float)grid->size - 7.0f;
    bc_grid_fit fit;
    bc_grid_fit_begin(&fit, grid->size, grid->origin_x, grid->origin_y, grid->unit);
    for (size_t i = 0; i < 12; i++) {
        const float fu = (i % 2 == 1 ? 7.0f : 0.0f) + (i / 4 == 1 ? far : 0.0f);
        const float fv = (i % 4 >= 2 ? 7.0f : 0.0f) + (i / 4 == 2 ? far : 0.0f);
        const bc_point at = bc_grid_at(grid, fu, fv);
        bc_grid_fit_point(&fit, fu, fv, at.x, at.y, 1.0f);
    }
    bc_grid_fit_point(&fit, u, v, p.x, p.y, 6.0f);
    return bc_grid_fit_solve(&fit, grid);
}

/*
 * Leaves half of the sides, as many from dark to light as the other way round:
 * ink spreads.  How many are left.
 */
static size_t halve(bc_side *side, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if ((side[i].u2 + side[i].v2) / 2 % 4 < 2)
            side[kept++] = side[i];
    return kept;
}

/*
 * Refines a grid by the sides of fixed modules, at most `rounds` times, or once by half of them: good pictures
 * show enough.  How far off they are then, in modules.
 */
static float refine(bc_frame *frame, const bc_scene *scene, bc_qr_room *room, bool alignments, size_t rounds,
                   bc_grid *grid)
{
    bc_qr_pattern(grid->size, alignments, room->pattern);
    size_t n = bc_sides(grid->size, grid->size, room->pattern, room->side, BC_QR_SIDES_MAX);
    if (rounds == 1)
        n = halve(room->side, n);
    bc_fitness fitness = {0, 1.0f};
    for (size_t i = 0; i < rounds && bc_frame_spend(frame, (int64_t)n * COST_SIDE); i++)
        if (!bc_refine(scene, room->side, n, grid, &fitness) || fitness.off < 0.03f)
            break;
    return fitness.off;
}

static bool read_grid(bc_frame *frame, const bc_scene *scene, bc_qr_room *room, const bc_grid *grid, float scale,
                      bc_blur blur)
{
    if (!bc_frame_spend(frame, (int64_t)grid->size * grid->size * COST_MODULE))
        return false;
    bc_darken(blur, &room->sampled);
    const bc_qr_modules modules = {room->sampled.darkness, grid->size};
    const size_t mark = bc_arena_mark(&frame->arena);
    const bc_status status = bc_qr_read(&modules, &frame->arena, bc_qr_blank(room));
    bc_arena_release(&frame->arena, mark);
    return status == BC_OK && bc_qr_keep(frame, room, grid, scale, scene->sign < 0.0f);
}

static float module_of(const bc_grid *grid)
{
    const float far = (float)grid->size;
    const bc_point a = bc_grid_at(grid, 0.0f, 0.0f), b = bc_grid_at(grid, far, 0.0f), c = bc_grid_at(grid, 0.0f, far);
    const float u2 = (b.x - a.x) * (b.x - a.x) + (b.y - a.y) * (b.y - a.y);
    const float v2 = (c.x - a.x) * (c.x - a.x) + (c.y - a.y) * (c.y - a.y);
    return bc_sqrt(u2 < v2 ? u2 : v2) / far;
}

/* What solving for a bend costs. */
static int64_t bend_cost(uint32_t size)
{
    return size < 45 ? COST_BEND_SMALL : COST_BEND_LARGE;
}

/* Reads a grid bent to the alignment patterns, then bent again to the modules as they were seen. */
static bool read_bent(bc_frame *frame, const bc_scene *scene, bc_qr_room *room, bc_grid *grid, float scale,
                      bool hard)
{
    bc_qr_pattern(grid->size, true, room->pattern);
    const size_t n = bc_sides(grid->size, grid->size, room->pattern, room->side, BC_QR_SIDES_MAX);
    const int64_t modules = (int64_t)grid->size * grid->size;
    if (!bc_frame_spend(frame, 3 * bend_cost(grid->size) + 3 * (int64_t)n * COST_SIDE))
        return false;
    bc_qr_bend_alignments(scene, &room->bend, room->side, n, grid);
    const float module_px = module_of(grid);
    bc_sample(scene, grid, grid->size, grid->size, module_px >= BC_FIVE_POINTS_PX, &room->sampled);
    if (read_grid(frame, scene, room, grid, scale, sharp))
        return true;
    for (size_t round = hard ? 0 : ROUNDS_HARD; round < ROUNDS; round++) {
        if (!bc_frame_spend(frame, bend_cost(grid->size) + ((int64_t)n + modules) * COST_SIDE))
            return false;
        const uint32_t limit = grid->size * reach_tenths[round] / 10;
        bc_qr_bend_modules(scene, &room->bend, room->side, n, room->sampled.darkness, limit, grid);
        bc_sample(scene, grid, grid->size, grid->size, module_px >= BC_FIVE_POINTS_PX, &room->sampled);
        if (limit < 3 * grid->size / 2)
            bc_darken(sharp, &room->sampled);
        else if (read_grid(frame, scene, room, grid, scale, round % 2 == 0 ? sharp : blurs[2]))
            return true;
    }
    return false;
}

/* Reads a flat grid by one sample a module, on the next layer where modules are large enough to be means there. */
static bool read_quickly(bc_frame *frame, const bc_scene *scene, bc_qr_room *room, const bc_grid *grid, size_t layer)
{
    bc_scene at = *scene;
    bc_grid scaled = *grid;
    if (layer + 1 < frame->layer_n && module_of(grid) >= NEXT_LAYER_PX) {
        layer++;
        at.image = &frame->layer[layer];
        bc_grid_scale(&scaled, 0.5f);
    }
    bc_sample(&at, &scaled, scaled.size, scaled.size, false, &room->sampled);
    return read_grid(frame, &at, room, &scaled, (float)(1u << layer), sharp);
}

/* Moves the grid's far corner to the alignment pattern there, which outlines of finders alone may miss. */
static void tie_far_corner(const bc_scene *scene, bc_grid *grid)
{
    const float at = (float)grid->size - 6.5f;
    float u = at, v = at;
    if (grid->size > 21 && bc_qr_find_alignment(scene, grid, 3.0f, &u, &v))
        tie(grid, at, at, bc_grid_at(grid, u, v));
}

bool bc_qr_try_grid(bc_frame *frame, const bc_scene *scene, bc_qr_room *room, bc_grid *grid, size_t layer,
                    bool hard)
{
    const float scale = (float)(1u << layer);
    if (refine(frame, scene, room, false, hard ? 3 : 1, grid) > (hard ? OFF_MOST_HARD : OFF_MOST))
        return false;
    tie_far_corner(scene, grid);
    refine(frame, scene, room, true, hard ? 3 : 1, grid);
    if (!hard && read_quickly(frame, scene, room, grid, layer))
        return true;
    if (!hard)
        refine(frame, scene, room, true, 2, grid);
    bc_sample(scene, grid, grid->size, grid->size, module_of(grid) >= BC_FIVE_POINTS_PX, &room->sampled);
    for (size_t i = 0; i < (hard ? BLURS : 1); i++)
        if (read_grid(frame, scene, room, grid, scale, blurs[i]))
            return true;
    return (hard || grid->size >= 45) && read_bent(frame, scene, room, grid, scale, hard);
}

/* The grid of a parallelogram through the middles of three finders: what paper bent along one side keeps. */
static bool affine_grid(const bc_finders *finders, const bc_triple *t, uint32_t size, float to_layer, bc_grid *grid)
{
    const bc_finder *a = &finders->item[t->corner], *b = &finders->item[t->right], *c = &finders->item[t->down];
    const float dx = b->x - c->x, dy = b->y - c->y, near = 3.5f, far = (float)size - 3.5f;
    bc_grid_fit fit;
    bc_grid_fit_begin(&fit, size, 0.5f * (b->x + c->x) * to_layer, 0.5f * (b->y + c->y) * to_layer,
                      bc_sqrt(dx * dx + dy * dy) * 0.5f * to_layer + 1.0f);
    bc_grid_fit_point(&fit, near, near, a->x * to_layer, a->y * to_layer, 1.0f);
    bc_grid_fit_point(&fit, far, near, b->x * to_layer, b->y * to_layer, 1.0f);
    bc_grid_fit_point(&fit, near, far, c->x * to_layer, c->y * to_layer, 1.0f);
    bc_grid_fit_point(&fit, far, far, (b->x + c->x - a->x) * to_layer, (b->y + c->y - a->y) * to_layer, 1.0f);
    return bc_grid_fit_solve(&fit, grid);
}

/* Bends a grid so that the three finders lie as their outlines say: what lies between follows smoothly. */
static bool bend_to_finders(bc_qr_room *room, const bc_finders *finders, const bc_triple *t, float to_layer,
                            bc_grid *grid)
{
    const uint16_t id[3] = {t->corner, t->right, t->down};
    const float far = (float)grid->size - 7.0f;
    bc_bend_begin(&room->bend, KNOTS_FINDERS);
    for (size_t k = 0; k < 3; k++) {
        const bc_finder *f = &finders->item[id[k]];
        for (uint32_t i = 0; i < 4; i++) {
            const float *c = &f->corner[2 * ((i + t->turn[k]) % 4)];
            const bc_point place = {c[0] * to_layer, c[1] * to_layer};
            const float u = (i == 1 || i == 2 ? 7.0f : 0.0f) + (k == 1 ? far : 0.0f);
            const float v = (i >= 2 ? 7.0f : 0.0f) + (k == 2 ? far : 0.0f);
            bc_bend_line(&room->bend, grid, u, v, place, (bc_point){1.0f, 0.0f}, 1.0f);
            bc_bend_line(&room->bend, grid, u, v, place, (bc_point){0.0f, 1.0f}, 1.0f);
        }
    }
    return bc_bend_solve(&room->bend, grid);
}

/* The size, of those near what the finders' distances say, whose timing patterns alternate best. */
static bool choose_size(bc_frame *frame, bc_qr_room *room, const bc_finders *finders, const bc_triple *triple,
                        bc_scene *scene, float to_layer, bool bent, float least, bc_grid *best)
{
    const int32_t version = (int32_t)bc_clamp((triple->across - 10.0f) / 4.0f + 0.5f, 1.0f, 40.0f);
    const int32_t spread = 1 + (version > 10) + (version > 24);
    best->size = 0;
    for (int32_t i = 0; i <= 2 * spread; i++) {
        const int32_t v = version + (i % 2 == 0 ? -i / 2 : (i + 1) / 2); /* the likeliest first */
        bc_grid grid;
        if (v < 1 || v > 40 || !bc_frame_spend(frame, bent ? COST_BEND_SMALL : COST_HYPOTHESIS) ||
            (bent && !(affine_grid(finders, triple, (uint32_t)(17 + 4 * v), to_layer, &grid) &&
                       bend_to_finders(room, finders, triple, to_layer, &grid))) ||
            (!bent && !first_grid(finders, triple, (uint32_t)(17 + 4 * v), to_layer, &grid)))
            continue;
        scene->contrast = bc_qr_contrast(scene, &grid);
        const float timing = bc_qr_timing(scene, &grid, 8, 6);
        if (timing > least) {
            least = timing;
            *best = grid;
        }
    }
    if (best->size != 0)
        scene->contrast = bc_qr_contrast(scene, best);
    return best->size != 0;
}

/* Whether the three outlines are good enough to bend a grid by. */
static bool sure(const bc_finders *finders, const bc_triple *t)
{
    return finders->item[t->corner].misfit < SURE_MISFIT && finders->item[t->right].misfit < SURE_MISFIT &&
           finders->item[t->down].misfit < SURE_MISFIT;
}

bool bc_qr_try(bc_frame *frame, bc_qr_room *room, bc_finders *finders, const bc_triple *triple, bool hard)
{
    const bc_finder *corner = &finders->item[triple->corner];
    float least = corner->module_px;
    least = finders->item[triple->right].module_px < least ? finders->item[triple->right].module_px : least;
    least = finders->item[triple->down].module_px < least ? finders->item[triple->down].module_px : least;
    const size_t layer = bc_qr_layer(frame, least);
    const float scale = (float)(1u << layer), to_layer = 1.0f / scale;
    bc_scene scene = {&frame->layer[layer], corner->inverted ? -1.0f : 1.0f, 1.0f};
    bc_grid grid;
    if (choose_size(frame, room, finders, triple, &scene, to_layer, false, hard ? TIMING_LEAST_HARD : TIMING_LEAST,
                    &grid)) {
        if (bc_qr_timing(&scene, &grid, 8, 6) >= TIMING_PLACED)
            finders->item[triple->corner].placed = finders->item[triple->right].placed =
                finders->item[triple->down].placed = true;
        if (bc_qr_try_grid(frame, &scene, room, &grid, layer, hard))
            return true;
    }
    return hard && sure(finders, triple) &&
           choose_size(frame, room, finders, triple, &scene, to_layer, true, TIMING_LEAST, &grid) &&
           read_bent(frame, &scene, room, &grid, scale, true);
}
