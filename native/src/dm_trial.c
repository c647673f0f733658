#include "dm_trial.h"

#include "dm_modules.h"
#include "dm_tables.h"
#include "geometry.h"
#include "place.h"

#include <string.h> /* memcpy, memset */

#define MAX_MODULES ((size_t)BC_DM_MAX_SIDE * BC_DM_MAX_SIDE)
#define FIVE_POINTS_PX 2.5f
#define BLURS 3u

/* Units of bc_frame_spend. */
#define COST_MODULE 60
#define COST_READ 60000
#define COST_READ_QUICKLY 15000

size_t bc_dm_room_workspace(void)
{
    return 3 * bc_arena_cost(MAX_MODULES, 1) + bc_arena_cost(BC_DM_SIDES_MAX, sizeof(bc_side)) +
           bc_sampled_workspace(BC_DM_MAX_SIDE, MAX_MODULES) + bc_bend_workspace() +
           bc_arena_cost(BC_DM_SIZES_TRIED, sizeof(bc_dm_trial)) + bc_arena_cost(BC_DM_LATER, sizeof(bc_dm_trial)) +
           bc_arena_cost(1, sizeof(bc_symbol));
}

bool bc_dm_room_take(bc_arena *arena, bc_dm_room *room)
{
    room->known = bc_arena_take(arena, MAX_MODULES, 1);
    room->turned = bc_arena_take(arena, MAX_MODULES, 1);
    room->module = bc_arena_take(arena, MAX_MODULES, 1);
    room->side = bc_arena_take(arena, BC_DM_SIDES_MAX, sizeof *room->side);
    room->symbol = bc_arena_take(arena, 1, sizeof *room->symbol);
    room->best = bc_arena_take(arena, BC_DM_SIZES_TRIED, sizeof *room->best);
    room->later = bc_arena_take(arena, BC_DM_LATER, sizeof *room->later);
    room->later_n = 0;
    return room->best && room->later && room->known && room->turned && room->module && room->side && room->symbol &&
           bc_sampled_take(arena, BC_DM_MAX_SIDE, MAX_MODULES, &room->sampled) &&
           bc_bend_take(arena, &room->bend);
}

float bc_dm_distance(bc_point a, bc_point b)
{
    return bc_sqrt((b.x - a.x) * (b.x - a.x) + (b.y - a.y) * (b.y - a.y));
}

bool bc_dm_grid_over(const bc_dm_outline *o, uint32_t columns, uint32_t rows, bool mirrored, bc_grid *grid)
{
    const bc_point *left_end = mirrored ? &o->bottom_right : &o->top_left;
    const bc_point *right_end = mirrored ? &o->top_left : &o->bottom_right;
    const float x = 0.5f * (left_end->x + right_end->x), y = 0.5f * (left_end->y + right_end->y);
    const float u = (float)columns, v = (float)rows;
    bc_grid_fit fit;
    bc_grid_fit_begin(&fit, columns > rows ? columns : rows, x, y,
                      0.5f * bc_dm_distance(*left_end, *right_end) + 1.0f);
    bc_grid_fit_point(&fit, 0.0f, 0.0f, left_end->x, left_end->y, 1.0f);
    bc_grid_fit_point(&fit, u, 0.0f, o->top_right.x, o->top_right.y, 1.0f);
    bc_grid_fit_point(&fit, 0.0f, v, o->bottom_left.x, o->bottom_left.y, 1.0f);
    bc_grid_fit_point(&fit, u, v, right_end->x, right_end->y, 1.0f);
    return bc_grid_fit_solve(&fit, grid);
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

static bc_status read_modules(bc_frame *frame, bc_dm_room *room, bc_dm_trial *t, bool patient)
{
    bc_status (*const read)(const bc_plane *, bc_arena *, bc_symbol *) = patient ? bc_dm_read : bc_dm_read_quickly;
    const size_t mark = bc_arena_mark(&frame->arena);
    memset(room->symbol, 0, offsetof(bc_symbol, payload));
    bc_plane plane = {room->sampled.darkness, t->columns, t->rows};
    bc_status status = read(&plane, &frame->arena, room->symbol);
    if (status == BC_CHECKSUM && t->columns == t->rows) { /* squares look alike mirrored */
        mirror(room->sampled.darkness, t->columns, t->rows, room->turned);
        plane.darkness = room->turned;
        status = read(&plane, &frame->arena, room->symbol);
        if (status == BC_OK) {
            bc_grid other;
            const bc_dm_outline o = {bc_grid_at(&t->grid, (float)t->columns, (float)t->rows),
                                     bc_grid_at(&t->grid, 0.0f, (float)t->rows), bc_grid_at(&t->grid, 0.0f, 0.0f),
                                     bc_grid_at(&t->grid, (float)t->columns, 0.0f)};
            t->mirrored = true;
            if (bc_dm_grid_over(&o, t->columns, t->rows, false, &other))
                t->grid = other;
        }
    }
    bc_arena_release(&frame->arena, mark);
    if (status == BC_OK)
        keep(frame, room, t);
    return status;
}

float bc_dm_module(const bc_dm_trial *t)
{
    const bc_point a = bc_grid_at(&t->grid, 0.0f, (float)t->rows);
    const float u = bc_dm_distance(a, bc_grid_at(&t->grid, (float)t->columns, (float)t->rows)) / (float)t->columns;
    const float v = bc_dm_distance(a, bc_grid_at(&t->grid, 0.0f, 0.0f)) / (float)t->rows;
    return u < v ? u : v;
}

/* Samples the grid and reads it, sharpened more and more where there is time. */
static bc_status read_grid(bc_frame *frame, bc_dm_room *room, bc_dm_trial *t, bool patient)
{
    const int64_t cost = (int64_t)t->columns * t->rows * COST_MODULE + (patient ? COST_READ : COST_READ_QUICKLY);
    bc_status status = BC_CHECKSUM;
    bc_sample(&t->scene, &t->grid, t->columns, t->rows, bc_dm_module(t) >= FIVE_POINTS_PX, &room->sampled);
    for (uint8_t blur = 0; blur < (patient ? BLURS : 1) && status == BC_CHECKSUM; blur++) {
        if (!bc_frame_spend(frame, cost))
            return BC_FORMAT;
        bc_darken((bc_blur){blur, blur}, &room->sampled);
        status = read_modules(frame, room, t, patient);
    }
    return status;
}

void bc_dm_rank(bc_dm_trial *best, uint32_t *n, uint32_t most, const bc_dm_trial *t)
{
    uint32_t at = *n < most ? (*n)++ : most;
    if (at == most && best[at - 1].dotted >= t->dotted)
        return;
    at = at == most ? at - 1 : at;
    for (; at > 0 && best[at - 1].dotted < t->dotted; at--)
        best[at] = best[at - 1];
    best[at] = *t;
}

bool bc_dm_read_trial(bc_frame *frame, bc_dm_room *room, bc_dm_trial *t)
{
    const bc_status status = read_grid(frame, room, t, false);
    if (status == BC_CHECKSUM)
        bc_dm_rank(room->later, &room->later_n, BC_DM_LATER, t);
    return status == BC_OK;
}

void bc_dm_read_later(bc_frame *frame, bc_dm_room *room)
{
    for (uint32_t i = 0; i < room->later_n && !frame->out_full && frame->work_left > 0; i++) {
        bc_dm_trial *t = &room->later[i];
        const bc_point middle = bc_grid_at(&t->grid, 0.5f * (float)t->columns, 0.5f * (float)t->rows);
        if (!bc_frame_covers(frame, middle.x * t->scale, middle.y * t->scale))
            read_grid(frame, room, t, true);
    }
}
