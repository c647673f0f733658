/*
 * Micro QR symbols: one finder pattern, and timing patterns along the two sides
 * that meet at its outer corner (ISO/IEC 18004:2015, 5.3.3 and 5.3.5).
 *
 * The finder's outline gives a first grid for each of its four corners; where
 * timing patterns go on from it, the grid is refined and grown size by size,
 * 11 to 17 modules.  The quiet zone must be there on all sides: error
 * correction is too weak to tell a symbol from print that looks like one.
 */
#include "geometry.h"
#include "qr_modules.h"
#include "qr_symbol.h"

#define SIZE_LEAST 11u
#define SIZE_MOST 17u

/* Share of timing modules that must alternate. */
#define TIMING_LEAST 0.9f

/* Mean distance of sides from where they should be, in modules. */
#define OFF_MOST 0.16f

/* Share of places just outside the symbol that must be light. */
#define QUIET_LEAST 0.9f

#define COST_CORNER 2000
#define COST_SIZE 60000

/* The grid of a symbol of the least size whose outer corner is corner `turn` of the finder, as if seen flat. */
static bool first_grid(const bc_finder *f, uint32_t turn, float to_layer, bc_grid *grid)
{
    const float x = f->x * to_layer, y = f->y * to_layer;
    const float ux = f->ux * to_layer, uy = f->uy * to_layer, vx = f->vx * to_layer, vy = f->vy * to_layer;
    bc_grid_fit fit;
    bc_grid_fit_begin(&fit, SIZE_LEAST, x, y, bc_sqrt(ux * ux + uy * uy + vx * vx + vy * vy) * 5.5f + 1.0f);
    for (uint32_t i = 0; i < 4; i++) {
        const uint32_t k = (i + turn) % 4;
        const float a = k == 1 || k == 2 ? 3.5f : -3.5f, b = k >= 2 ? 3.5f : -3.5f;
        bc_grid_fit_point(&fit, i == 1 || i == 2 ? 7.0f : 0.0f, i >= 2 ? 7.0f : 0.0f, x + a * ux + b * vx,
                          y + a * uy + b * vy, 1.0f);
    }
    return bc_grid_fit_solve(&fit, grid);
}

/* The same grid for a symbol of another size. */
static bool resize(const bc_grid *from, uint32_t size, bc_grid *to)
{
    const float far = (float)from->size;
    bc_grid_fit fit;
    bc_grid_fit_begin(&fit, size, from->origin_x, from->origin_y, from->unit);
    for (uint32_t i = 0; i < 4; i++) {
        const float u = i == 1 || i == 2 ? far : 0.0f, v = i >= 2 ? far : 0.0f;
        const bc_point p = bc_grid_at(from, u, v);
        bc_grid_fit_point(&fit, u, v, p.x, p.y, 1.0f);
    }
    return bc_grid_fit_solve(&fit, to);
}

/* Share of places half a module outside the four sides that are nearer to light than to dark. */
static float quiet(const bc_scene *scene, const bc_grid *grid)
{
    const float far = (float)grid->size;
    const float dark = bc_scene_at(scene, bc_grid_at(grid, 3.5f, 3.5f)), level = dark + 0.5f * scene->contrast;
    uint32_t light = 0;
    for (uint32_t i = 0; i < grid->size; i++) {
        const float along = (float)i + 0.5f;
        light += bc_scene_at(scene, bc_grid_at(grid, along, -0.6f)) > level;
        light += bc_scene_at(scene, bc_grid_at(grid, -0.6f, along)) > level;
        light += bc_scene_at(scene, bc_grid_at(grid, along, far + 0.6f)) > level;
        light += bc_scene_at(scene, bc_grid_at(grid, far + 0.6f, along)) > level;
    }
    return (float)light / (float)(4 * grid->size);
}

static bool read_grid(bc_frame *frame, const bc_scene *scene, bc_qr_room *room, const bc_grid *grid, float module_px,
                      float scale)
{
    bc_sample(scene, grid, grid->size, grid->size, module_px >= BC_FIVE_POINTS_PX, &room->sampled);
    for (size_t i = 0; i < 3; i++) {
        bc_darken((bc_blur){(uint8_t)i, (uint8_t)i}, &room->sampled);
        const bc_qr_modules modules = {room->sampled.darkness, grid->size};
        const size_t mark = bc_arena_mark(&frame->arena);
        const bc_status status = bc_micro_qr_read(&modules, &frame->arena, bc_qr_blank(room));
        bc_arena_release(&frame->arena, mark);
        if (status == BC_OK)
            return bc_qr_keep(frame, room, grid, scale, scene->sign < 0.0f);
    }
    return false;
}

/* Refines the grid by its fixed modules; whether they are where they should be. */
static bool settle(const bc_scene *scene, bc_qr_room *room, bc_grid *grid)
{
    bc_micro_qr_pattern(grid->size, room->pattern);
    const size_t n = bc_sides(grid->size, grid->size, room->pattern, room->side, BC_QR_SIDES_MAX);
    bc_fitness fitness = {0, 1.0f};
    for (size_t i = 0; i < 2; i++)
        if (!bc_refine(scene, room->side, n, grid, &fitness))
            return false;
    return fitness.seen * 10 >= n * 9 && fitness.off < OFF_MOST;
}

/* Grows a grid from one corner of a finder as far as timing patterns go, and reads the largest that is a symbol. */
static bool try_corner(bc_frame *frame, bc_scene *scene, bc_qr_room *room, bc_grid *grid, float module_px,
                       float scale)
{
    size_t n = 0;
    for (uint32_t size = SIZE_LEAST; size <= SIZE_MOST; size += 2) {
        bc_grid *next = &room->grown[n];
        if (!resize(grid, size, next) || bc_qr_timing(scene, next, 8, 0) < TIMING_LEAST ||
            !bc_frame_spend(frame, COST_SIZE) || !settle(scene, room, next))
            break;
        *grid = *next;
        n++;
    }
    while (n-- > 0)
        if (quiet(scene, &room->grown[n]) >= QUIET_LEAST &&
            read_grid(frame, scene, room, &room->grown[n], module_px, scale))
            return true;
    return false;
}

bool bc_micro_qr_try(bc_frame *frame, bc_qr_room *room, const bc_finder *finder)
{
    const size_t layer = bc_qr_layer(frame, finder->module_px);
    const float scale = (float)(1u << layer);
    bc_scene scene = {&frame->layer[layer], finder->inverted ? -1.0f : 1.0f, finder->contrast};
    for (uint32_t turn = 0; turn < 4; turn++) {
        bc_grid grid;
        if (!bc_frame_spend(frame, COST_CORNER))
            return false;
        if (first_grid(finder, turn, 1.0f / scale, &grid) &&
            try_corner(frame, &scene, room, &grid, finder->module_px / scale, scale))
            return true;
    }
    return false;
}
