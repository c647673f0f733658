/*
 * The bullseye's turn and size are found by laying its rings over the grey
 * pixels; its grid is fitted to them, the mode message around it read, and then
 * the grid grown outwards: what was decided of the modules so far tells where
 * the next ones are.
 */
#include "aztec_symbol.h"

#include "aztec_modules.h"
#include "aztec_turn.h"
#include "geometry.h"
#include "place.h"

#include <string.h> /* memcpy, memset */

#define MAX_MODULES ((size_t)BC_AZTEC_MAX_SIDE * BC_AZTEC_MAX_SIDE)
#define SIDES_MAX 4096u

#define TURNS 15u   /* hypotheses of the bullseye's turn, 6 degrees apart */
#define SCALES 5u   /* and of its size, about a tenth apart */

#define RANGE_LEAST 12.0f /* grey levels between the darkest and the lightest module */
#define RINGS_LEAST 0.45f /* how much rings must stand out against each other, of their range */
#define FIVE_POINTS_PX 2.5f
#define COARSE_PX 5.0f
#define OFF_MOST 0.3f
#define SURE 40u    /* darkness this far from the middle is decided */
#define GROWTH 3u   /* modules that the grid grows by at once */

/* Units of bc_frame_spend. */
#define COST_LAY 16000
#define COST_SIDE 90
#define COST_MODULE 40

size_t bc_aztec_room_workspace(void)
{
    return 2 * bc_arena_cost(MAX_MODULES, 1) + bc_arena_cost(SIDES_MAX, sizeof(bc_side)) +
           bc_sampled_workspace(BC_AZTEC_MAX_SIDE, MAX_MODULES) + bc_arena_cost(1, sizeof(bc_symbol));
}

bool bc_aztec_room_take(bc_arena *arena, bc_aztec_room *room)
{
    room->known = bc_arena_take(arena, MAX_MODULES, 1);
    room->module = bc_arena_take(arena, MAX_MODULES, 1);
    room->side = bc_arena_take(arena, SIDES_MAX, sizeof *room->side);
    room->symbol = bc_arena_take(arena, 1, sizeof *room->symbol);
    return room->known && room->module && room->side && room->symbol &&
           bc_sampled_take(arena, BC_AZTEC_MAX_SIDE, MAX_MODULES, &room->sampled);
}

/* cos and sin of multiples of 6 degrees. */
static const float turn_of[TURNS][2] = {
    {1.0f, 0.0f},         {0.99452f, 0.10453f}, {0.97815f, 0.20791f}, {0.95106f, 0.30902f}, {0.91355f, 0.40674f},
    {0.86603f, 0.5f},     {0.80902f, 0.58779f}, {0.74314f, 0.66913f}, {0.66913f, 0.74314f}, {0.58779f, 0.80902f},
    {0.5f, 0.86603f},     {0.40674f, 0.91355f}, {0.30902f, 0.95106f}, {0.20791f, 0.97815f}, {0.10453f, 0.99452f},
};

/* How much nested squares of these axes, out to ring `most`, stand out around a place: -1 to 1. */
static float rings_at(const bc_scene *scene, const float centre[2], const float axes[4], int32_t most)
{
    float sum[2] = {0.0f, 0.0f}, n[2] = {0.0f, 0.0f}, low = 1e9f, high = -1e9f;
    for (int32_t b = -most; b <= most; b++)
        for (int32_t a = -most; a <= most; a++) {
            const int32_t aa = a < 0 ? -a : a, ab = b < 0 ? -b : b, ring = (aa > ab ? aa : ab) % 2;
            const float fa = (float)a, fb = (float)b;
            const bc_point p = {centre[0] + fa * axes[0] + fb * axes[2], centre[1] + fa * axes[1] + fb * axes[3]};
            const float level = bc_scene_at(scene, p);
            sum[ring] += level;
            n[ring] += 1.0f;
            low = level < low ? level : low;
            high = level > high ? level : high;
        }
    return high - low > RANGE_LEAST ? (sum[1] / n[1] - sum[0] / n[0]) / (high - low) : -1.0f;
}

/* The grid of a square of modules from its middle and axes. */
static bool grid_of(float x, float y, const float axes[4], uint32_t size, bc_grid *grid)
{
    const float ux = axes[0], uy = axes[1], vx = axes[2], vy = axes[3];
    const float half = 0.5f * (float)size;
    bc_grid_fit fit;
    bc_grid_fit_begin(&fit, size, x, y, half * bc_sqrt(ux * ux + uy * uy + vx * vx + vy * vy) + 1.0f);
    for (size_t i = 0; i < 4; i++) {
        const float a = i == 1 || i == 2 ? half : -half, b = i >= 2 ? half : -half;
        bc_grid_fit_point(&fit, half + a, half + b, x + a * ux + b * vx, y + a * uy + b * vy, 1.0f);
    }
    return bc_grid_fit_solve(&fit, grid);
}

/* A bullseye's axes at one of TURNS turns and one of SCALES sizes. */
static void axes_of(const bc_bullseye *b, float to_layer, uint32_t turn, uint32_t scale, float axes[4])
{
    const float c = turn_of[turn][0], s = turn_of[turn][1];
    /* Runs along rows and columns are as much longer as the square is turned. */
    const float size = (c > s ? c : s) * to_layer * (0.8f + 0.1f * (float)scale);
    axes[0] = c * size * b->across;
    axes[1] = s * size * b->down;
    axes[2] = -s * size * b->across;
    axes[3] = c * size * b->down;
}

/*
 * Lays rings over the place, the inner ones in every second turn and size, then
 * all of them around the best; the grid of BC_AZTEC_CENTRE modules.  False when none
 * stands out.
 */
static bool lay(bc_frame *frame, const bc_scene *scene, const bc_bullseye *b, float to_layer, bc_grid *grid)
{
    const float centre[2] = {b->x * to_layer, b->y * to_layer};
    float best = RINGS_LEAST, axes[4];
    uint32_t turn = TURNS, scale = 0;
    if (!bc_frame_spend(frame, COST_LAY))
        return false;
    for (uint32_t i = 0; i < TURNS * SCALES; i++) {
        if (i % SCALES % 2 == 1 || i / SCALES % 2 == 1)
            continue;
        axes_of(b, to_layer, i / SCALES, i % SCALES, axes);
        const float score = rings_at(scene, centre, axes, 2);
        if (score > best) {
            best = score;
            turn = i / SCALES;
            scale = i % SCALES;
        }
    }
    if (turn == TURNS)
        return false;
    float kept[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    best = RINGS_LEAST;
    for (uint32_t i = 0; i < 9; i++) {
        const uint32_t k = scale + i / 3;
        if (k < 1 || k > SCALES)
            continue;
        axes_of(b, to_layer, (turn + TURNS + i % 3 - 1) % TURNS, k - 1, axes);
        const float score = rings_at(scene, centre, axes, 4);
        if (score > best) {
            best = score;
            memcpy(kept, axes, sizeof kept);
        }
    }
    return best > RINGS_LEAST && grid_of(centre[0], centre[1], kept, BC_AZTEC_CENTRE, grid);
}

/* The same map for another number of modules around the same middle, turned by quarters and mirrored. */
static bool regrid(const bc_grid *from, uint32_t size, uint32_t quarter, bool mirrored, bc_grid *to)
{
    const float middle = 0.5f * (float)from->size, half = 0.5f * (float)size;
    bc_grid_fit fit;
    bc_grid_fit_begin(&fit, size, from->origin_x, from->origin_y, from->unit * (float)size / (float)from->size);
    for (size_t i = 0; i < 9; i++) {
        const float a = (float)(i % 3) - 1.0f, b = (float)(i / 3) - 1.0f;
        float u = a * half, v = b * half;
        for (uint32_t q = 0; q < quarter; q++) {
            const float kept = u;
            u = -v;
            v = kept;
        }
        if (mirrored)
            u = -u;
        const bc_point p = bc_grid_flat_at(from, middle + u, middle + v);
        bc_grid_fit_point(&fit, half + a * half, half + b * half, p.x, p.y, 1.0f);
    }
    return bc_grid_fit_solve(&fit, to);
}

/* What is being tried. */
typedef struct {
    bc_scene scene;
    bc_grid grid;
    float scale;
    bc_aztec_mode mode;
    bool mirrored;
} trial;

/* Fits the grid to modules known, within `radius` of the middle; how far off they are. */
static float refine(bc_frame *frame, bc_aztec_room *room, trial *t, uint32_t radius)
{
    const uint32_t size = t->grid.size, middle = size / 2;
    for (uint32_t y = 0; y < size; y++)
        for (uint32_t x = 0; x < size; x++) {
            const uint32_t ax = x > middle ? x - middle : middle - x, ay = y > middle ? y - middle : middle - y;
            const uint8_t known = room->known[y * size + x];
            room->module[y * size + x] = ax > radius || ay > radius ? BC_MODULE_UNKNOWN
                                         : known == BC_KNOWN_DARK   ? BC_MODULE_DARK
                                         : known == BC_KNOWN_LIGHT  ? BC_MODULE_LIGHT
                                                                    : BC_MODULE_UNKNOWN;
        }
    /* Beyond a symbol not wholly known nothing is: its outermost modules have no outer sides. */
    size_t n = bc_sides(size, size, room->module, room->side, SIDES_MAX), kept = 0;
    for (size_t i = 0; i < n; i++) {
        const uint32_t u2 = room->side[i].u2, v2 = room->side[i].v2;
        if (u2 > 0 && v2 > 0 && u2 < 2 * size && v2 < 2 * size)
            room->side[kept++] = room->side[i];
    }
    n = kept;
    bc_fitness fitness = {0, 1.0f};
    if (!bc_frame_spend(frame, (int64_t)n * COST_SIDE) || !bc_refine(&t->scene, room->side, n, &t->grid, &fitness))
        return 1.0f;
    return fitness.off;
}

/* The bullseye alone as what is known of BC_AZTEC_CENTRE modules. */
static void know_rings(bc_aztec_room *room)
{
    for (int32_t y = -7; y <= 7; y++)
        for (int32_t x = -7; x <= 7; x++) {
            const int32_t ax = x < 0 ? -x : x, ay = y < 0 ? -y : y, ring = ax > ay ? ax : ay;
            room->known[(y + 7) * (int32_t)BC_AZTEC_CENTRE + x + 7] =
                ring > 4 ? 0 : ring % 2 == 0 ? BC_KNOWN_DARK : BC_KNOWN_LIGHT;
        }
}

static float module_of(const bc_grid *grid)
{
    const bc_point a = bc_grid_at(grid, 0.0f, 0.0f), b = bc_grid_at(grid, (float)grid->size, 0.0f),
                   c = bc_grid_at(grid, 0.0f, (float)grid->size);
    const float u = bc_sqrt((b.x - a.x) * (b.x - a.x) + (b.y - a.y) * (b.y - a.y));
    const float v = bc_sqrt((c.x - a.x) * (c.x - a.x) + (c.y - a.y) * (c.y - a.y));
    return (u < v ? u : v) / (float)grid->size;
}

static void sample(const trial *t, bc_aztec_room *room, uint8_t blur)
{
    const uint32_t size = t->grid.size;
    bc_sample(&t->scene, &t->grid, size, size, module_of(&t->grid) >= FIVE_POINTS_PX, &room->sampled);
    bc_darken((bc_blur){blur, blur}, &room->sampled);
}

/* Known are the fixed modules, and those within `radius` whose darkness is sure. */
static void know_decided(bc_aztec_room *room, const bc_aztec_mode *mode, uint32_t radius)
{
    const uint32_t size = bc_aztec_side(mode), middle = size / 2;
    bc_aztec_pattern(mode, room->known);
    for (uint32_t y = 0; y < size; y++)
        for (uint32_t x = 0; x < size; x++) {
            const uint32_t ax = x > middle ? x - middle : middle - x, ay = y > middle ? y - middle : middle - y;
            const uint8_t dark = room->sampled.darkness[y * size + x];
            uint8_t *known = &room->known[y * size + x];
            if (ax <= radius && ay <= radius && *known == 0 && (dark >= 128 + SURE || dark < 128 - SURE))
                *known = dark >= 128 ? BC_KNOWN_DARK : BC_KNOWN_LIGHT;
        }
}

/* Grows the grid from the bullseye out to the symbol's sides; false when the work is spent. */
static bool grow(bc_frame *frame, bc_aztec_room *room, trial *t)
{
    const uint32_t size = t->grid.size, most = size / 2;
    for (uint32_t radius = t->mode.compact ? 5 : 7; radius < most;) {
        /* What is fitted over a wide square tells the more beyond it. */
        const uint32_t step = radius / 4 > GROWTH ? radius / 4 : GROWTH;
        radius = radius + step < most ? radius + step : most;
        if (!bc_frame_spend(frame, (int64_t)size * size * COST_MODULE))
            return false;
        sample(t, room, 0);
        know_decided(room, &t->mode, radius);
        refine(frame, room, t, radius);
    }
    return true;
}

static void keep(bc_frame *frame, const bc_aztec_room *room, const trial *t)
{
    bc_symbol *symbol = bc_frame_offer(frame);
    if (symbol == NULL)
        return;
    memcpy(symbol, room->symbol, offsetof(bc_symbol, payload) + room->symbol->length);
    const float far = (float)t->grid.size;
    const bc_point corner[4] = {bc_grid_at(&t->grid, 0.0f, 0.0f), bc_grid_at(&t->grid, far, 0.0f),
                                bc_grid_at(&t->grid, far, far), bc_grid_at(&t->grid, 0.0f, far)};
    bc_symbol_place(symbol, corner, t->scale, t->grid.size, t->grid.size);
    symbol->inverted = t->scene.sign < 0.0f;
    symbol->mirrored = t->mirrored;
    bc_frame_keep(frame);
}

static bool read_symbol(bc_frame *frame, bc_aztec_room *room, trial *t)
{
    const size_t mark = bc_arena_mark(&frame->arena);
    bc_status status = BC_CHECKSUM;
    for (uint8_t blur = 0; blur < 3 && status == BC_CHECKSUM; blur++) {
        if (!bc_frame_spend(frame, (int64_t)t->grid.size * t->grid.size * COST_MODULE + bc_aztec_read_cost(&t->mode)))
            break;
        sample(t, room, blur);
        const bc_plane plane = {room->sampled.darkness, t->grid.size, t->grid.size};
        memset(room->symbol, 0, offsetof(bc_symbol, payload));
        status = bc_aztec_read(&plane, &t->mode, &frame->arena, room->symbol);
    }
    bc_arena_release(&frame->arena, mark);
    if (status == BC_OK)
        keep(frame, room, t);
    return status == BC_OK;
}

/* The grid of the middle, fitted ring by ring from the inside; false when they do not lie well. */
static bool settle(bc_frame *frame, bc_aztec_room *room, trial *t)
{
    float off = 1.0f;
    know_rings(room);
    for (uint32_t radius = 2; radius <= 4; radius++)
        off = refine(frame, room, t, radius);
    off = refine(frame, room, t, 4);
    return off < OFF_MOST;
}

/* Whether the middle of a module is a pixel of the image. */
static bool in_picture(const trial *t, uint32_t column, uint32_t row)
{
    const bc_point p = bc_grid_at(&t->grid, (float)column + 0.5f, (float)row + 0.5f);
    return p.x >= 0.0f && p.y >= 0.0f && p.x < (float)t->scene.image->width && p.y < (float)t->scene.image->height;
}

/* Whether modules outside a rune's side are light, as nothing but paper is; the picture's border counts as paper. */
static bool alone(const bc_aztec_room *room, const trial *t)
{
    const uint32_t last = BC_AZTEC_CENTRE - 2;
    uint32_t dark = 0;
    for (uint32_t i = 1; i <= last; i++) {
        const uint32_t outside[4][2] = {{i, 1}, {i, last}, {1, i}, {last, i}};
        for (size_t k = 0; k < 4; k++) {
            const uint32_t u = outside[k][0], v = outside[k][1];
            dark += room->sampled.darkness[v * BC_AZTEC_CENTRE + u] >= 128 && in_picture(t, u, v);
        }
    }
    return dark == 0;
}

/* A rune is tried where no mode message was. */
static bool try_rune(bc_frame *frame, bc_aztec_room *room, trial *t)
{
    uint8_t seen[BC_AZTEC_CENTRE * BC_AZTEC_CENTRE];
    if (!alone(room, t))
        return false;
    for (uint32_t i = 0; i < 8; i++) {
        bc_aztec_turned(room->sampled.darkness, i % 4, i >= 4, seen);
        const bc_grid centre = t->grid;
        if (bc_aztec_read_rune(seen, &t->mode) && regrid(&centre, 11, i % 4, i >= 4, &t->grid)) {
            t->mirrored = i >= 4;
            return read_symbol(frame, room, t);
        }
    }
    return false;
}

bool bc_aztec_try(bc_frame *frame, bc_aztec_room *room, const bc_bullseye *bullseye)
{
    const float smaller = bullseye->across < bullseye->down ? bullseye->across : bullseye->down;
    size_t layer = 0;
    for (float module = smaller; layer + 1 < frame->layer_n && module >= COARSE_PX; module *= 0.5f)
        layer++;
    const float scale = (float)(1u << layer);
    trial t = {.scene = {&frame->layer[layer], bullseye->light_middle ? -1.0f : 1.0f, 40.0f}, .scale = scale};
    uint32_t quarter = 0;
    bool mirrored = false;
    if (!lay(frame, &t.scene, bullseye, 1.0f / scale, &t.grid) || !settle(frame, room, &t))
        return false;
    for (uint8_t blur = 0; blur < 3; blur++) {
        sample(&t, room, blur);
        if (bc_aztec_find_mode(room->sampled.darkness, &t.mode, &quarter, &mirrored)) {
            const bc_grid centre = t.grid;
            t.mirrored = mirrored;
            return regrid(&centre, bc_aztec_side(&t.mode), quarter, mirrored, &t.grid) && grow(frame, room, &t) &&
                   read_symbol(frame, room, &t);
        }
        if (blur == 0 && try_rune(frame, room, &t))
            return true;
    }
    return false;
}
