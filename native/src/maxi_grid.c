#include "maxi_grid.h"

#include "geometry.h"
#include "maxi_rings.h"

/* Samples across an edge, a fifth of a module apart. */
#define ACROSS 7
#define STEP 0.2f

#define EDGE_CONTRAST 0.2f /* of the rings' contrast: an edge with less is not seen */
#define NEAR 0.3f          /* modules from where on an edge's weight falls off */
#define ANCHOR 0.02f       /* weight of what the grid was against one edge: only what no edge tells stays by it */
#define SEEN_LEAST 40u

typedef struct {
    const bc_scene *scene;
    const bc_grid *grid;
    bc_grid_fit fit;
    uint32_t seen;
    float off;
} fitting;

/* Where the middle of the levels across an edge is crossed from dark to light, in modules from its place. */
static bool find_crossing(const float level[ACROSS], float least, float *at)
{
    float low = 1e9f, high = -1e9f, best = 100.0f;
    for (int i = 0; i < ACROSS; i++) {
        low = level[i] < low ? level[i] : low;
        high = level[i] > high ? level[i] : high;
    }
    const float middle = 0.5f * (low + high);
    for (int i = 0; i + 1 < ACROSS; i++)
        if (level[i] < middle && level[i + 1] >= middle) {
            const float k = (float)(i - ACROSS / 2) + (middle - level[i]) / (level[i + 1] - level[i]);
            best = bc_abs(k) < bc_abs(best) ? k : best;
        }
    *at = best * STEP;
    return high - low >= least && best < 50.0f;
}

/* An edge at u, v, from dark to light in the direction of the unit vector du, dv. */
static void add_edge(fitting *f, float u, float v, float du, float dv, float weight)
{
    const bc_spot spot = bc_grid_spot(f->grid, u, v);
    const float ax = du * spot.du.x + dv * spot.dv.x, ay = du * spot.du.y + dv * spot.dv.y;
    const float bx = dv * spot.du.x - du * spot.dv.x, by = dv * spot.du.y - du * spot.dv.y; /* along the edge */
    float level[ACROSS], at;
    for (int i = 0; i < ACROSS; i++) {
        const float t = STEP * (float)(i - ACROSS / 2);
        level[i] = bc_scene_at(f->scene, (bc_point){spot.at.x + t * ax, spot.at.y + t * ay});
    }
    const float length = bc_sqrt(bx * bx + by * by);
    if (!(length > 1e-3f) || !find_crossing(level, EDGE_CONTRAST * f->scene->contrast, &at))
        return;
    const float far_off = at / NEAR;
    bc_grid_fit_line(&f->fit, u, v, spot.at.x + at * ax, spot.at.y + at * ay, by / length, -bx / length,
                     weight / (1.0f + far_off * far_off));
    f->seen++;
    f->off += bc_abs(at);
}

static void add_rings(fitting *f, const float radius[BC_MAXI_RING_EDGES])
{
    for (uint32_t i = 0; i < BC_MAXI_DIRECTIONS; i++)
        for (uint32_t k = 0; k < BC_MAXI_RING_EDGES; k++) {
            const float *way = bc_maxi_direction[i], r = radius[k], out = k % 2 == 0 ? -1.0f : 1.0f;
            add_edge(f, BC_MAXI_MIDDLE + r * way[0], BC_MAXI_MIDDLE + r * way[1], out * way[0], out * way[1], 0.5f);
        }
}

/* The edge between two modules, if they differ. */
static void add_pair(fitting *f, const uint8_t *known, uint32_t column, uint32_t row, uint32_t column2, uint32_t row2)
{
    const uint8_t a = known[row * BC_MAXI_COLUMNS + column], b = known[row2 * BC_MAXI_COLUMNS + column2];
    if (a == 0 || b == 0 || a == b)
        return;
    const float u = bc_maxi_u(column, row), v = bc_maxi_v(row);
    const float u2 = bc_maxi_u(column2, row2), v2 = bc_maxi_v(row2), way = a == BC_KNOWN_DARK ? 1.0f : -1.0f;
    add_edge(f, 0.5f * (u + u2), 0.5f * (v + v2), way * (u2 - u), way * (v2 - v), 1.0f);
}

static void add_modules(fitting *f, const uint8_t *known)
{
    for (uint32_t row = 0; row < BC_MAXI_ROWS; row++)
        for (uint32_t column = 0; column < BC_MAXI_COLUMNS; column++) {
            const uint32_t right = column + row % 2; /* the lower one of two neighbours that is further right */
            if (column + 1 < BC_MAXI_COLUMNS)
                add_pair(f, known, column, row, column + 1, row);
            if (row + 1 < BC_MAXI_ROWS && right < BC_MAXI_COLUMNS)
                add_pair(f, known, column, row, right, row + 1);
            if (row + 1 < BC_MAXI_ROWS && right > 0)
                add_pair(f, known, column, row, right - 1, row + 1);
        }
}

float bc_maxi_refine(const bc_scene *scene, const float *radius, const uint8_t known[BC_MAXI_PLACES], bc_grid *grid)
{
    fitting f = {.scene = scene, .grid = grid};
    bc_grid_fit_begin(&f.fit, grid->size, grid->origin_x, grid->origin_y, grid->unit);
    for (size_t i = 0; i < 4; i++) {
        const float far = (float)grid->size, u = i == 1 || i == 2 ? far : 0.0f, v = i >= 2 ? far : 0.0f;
        const bc_point p = bc_grid_flat_at(grid, u, v);
        bc_grid_fit_point(&f.fit, u, v, p.x, p.y, ANCHOR);
    }
    add_rings(&f, radius);
    add_modules(&f, known);
    return f.seen >= SEEN_LEAST && bc_grid_fit_solve(&f.fit, grid) ? f.off / (float)f.seen : 1.0f;
}
