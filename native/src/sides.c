/*
 * Known modules on grey pixels: how far their sides are from where a grid says,
 * and the perspective map that fits them best.
 */
#include "sides.h"

#include "geometry.h"

/* Samples across a side, a quarter of a module apart, from three quarters before to as much behind. */
#define ACROSS 7

/* A side with less than this share of the finder patterns' contrast is not seen. */
#define SIDE_CONTRAST 0.2f

/* A distance, in modules, from where a side's weight falls off: larger ones tend to be something else. */
#define NEAR 0.3f

/* Weight of what the grid was before against one side: only what no side tells stays by it. */
#define ANCHOR 0.02f

/* The colour at column u, row v, either of which may be one outside, where the quiet zone is. */
static uint8_t colour_at(uint32_t columns, uint32_t rows, const uint8_t *module, uint32_t u, uint32_t v)
{
    return u >= columns || v >= rows ? BC_MODULE_LIGHT : module[v * columns + u];
}

size_t bc_sides(uint32_t columns, uint32_t rows, const uint8_t *module, bc_side *side, size_t cap)
{
    size_t n = 0;
    for (uint32_t v = 0; v <= rows; v++)
        for (uint32_t u = 0; u <= columns; u++) {
            const uint8_t here = colour_at(columns, rows, module, u, v);
            /* u - 1 and v - 1 of the first column and row wrap round to outside. */
            const uint8_t left = v < rows ? colour_at(columns, rows, module, u - 1, v) : here;
            const uint8_t above = u < columns ? colour_at(columns, rows, module, u, v - 1) : here;
            if (here == BC_MODULE_UNKNOWN)
                continue;
            if (left != BC_MODULE_UNKNOWN && left != here && n < cap)
                side[n++] = (bc_side){(uint16_t)(2 * u), (uint16_t)(2 * v + 1), 1, left == BC_MODULE_DARK};
            if (above != BC_MODULE_UNKNOWN && above != here && n < cap)
                side[n++] = (bc_side){(uint16_t)(2 * u + 1), (uint16_t)(2 * v), 0, above == BC_MODULE_DARK};
        }
    return n;
}

/* The grey levels of a line with `at` in its middle. */
static void look_across(const bc_grey *image, bc_point at, bc_point step, float sample[ACROSS])
{
    const float half = (float)(ACROSS / 2);
    const bool inside = bc_grey_inside(image, at.x - half * step.x, at.y - half * step.y) &&
                        bc_grey_inside(image, at.x + half * step.x, at.y + half * step.y);
    if (inside)
        for (int i = 0; i < ACROSS; i++) {
            const float k = (float)(i - ACROSS / 2);
            sample[i] = bc_grey_inner(image, at.x + k * step.x, at.y + k * step.y);
        }
    else
        for (int i = 0; i < ACROSS; i++) {
            const float k = (float)(i - ACROSS / 2);
            sample[i] = bc_grey_at(image, at.x + k * step.x, at.y + k * step.y);
        }
}

bool bc_measure(const bc_scene *scene, const bc_grid *grid, float u, float v, bool upright, bool dark_first,
                   bc_point *place, bc_point *normal, float *shift_modules)
{
    const bc_spot spot = bc_grid_spot(grid, u, v);
    const bc_point across = upright ? spot.du : spot.dv, along = upright ? spot.dv : spot.du;
    const bc_point step = {across.x * 0.25f, across.y * 0.25f};
    const float sign = dark_first ? scene->sign : -scene->sign;
    float sample[ACROSS], low = 1e9f, high = -1e9f;
    look_across(scene->image, spot.at, step, sample);
    for (int i = 0; i < ACROSS; i++) {
        sample[i] *= sign;
        low = sample[i] < low ? sample[i] : low;
        high = sample[i] > high ? sample[i] : high;
    }
    if (high - low < SIDE_CONTRAST * scene->contrast)
        return false;
    const float level = 0.5f * (low + high);
    float best = 100.0f;
    for (int i = 0; i + 1 < ACROSS; i++)
        if (sample[i] < level && sample[i + 1] >= level) {
            const float at = (float)(i - ACROSS / 2) + (level - sample[i]) / (sample[i + 1] - sample[i]);
            if (bc_abs(at) < bc_abs(best))
                best = at;
        }
    const float length = bc_sqrt(along.x * along.x + along.y * along.y);
    if (best > 10.0f || !(length > 1e-3f))
        return false;
    *place = (bc_point){spot.at.x + best * step.x, spot.at.y + best * step.y};
    *normal = (bc_point){along.y / length, -along.x / length};
    *shift_modules = best * 0.25f;
    return true;
}

bool bc_refine(const bc_scene *scene, const bc_side *side, size_t n, bc_grid *grid, bc_fitness *fitness)
{
    bc_grid_fit fit;
    bc_grid_fit_begin(&fit, grid->size, grid->origin_x, grid->origin_y, grid->unit);
    const float far = (float)grid->size;
    for (size_t i = 0; i < 4; i++) {
        const float u = i == 1 || i == 2 ? far : 0.0f, v = i >= 2 ? far : 0.0f;
        const bc_point p = bc_grid_at(grid, u, v);
        bc_grid_fit_point(&fit, u, v, p.x, p.y, ANCHOR);
    }
    size_t seen = 0;
    float off = 0.0f;
    for (size_t i = 0; i < n; i++) {
        const float u = 0.5f * (float)side[i].u2, v = 0.5f * (float)side[i].v2;
        bc_point place, normal;
        float shift;
        if (!bc_measure(scene, grid, u, v, side[i].upright, side[i].dark_first, &place, &normal, &shift))
            continue;
        const float far_off = shift / NEAR;
        bc_grid_fit_line(&fit, u, v, place.x, place.y, normal.x, normal.y, 1.0f / (1.0f + far_off * far_off));
        seen++;
        off += bc_abs(shift);
    }
    fitness->seen = seen;
    fitness->off = seen > 0 ? off / (float)seen : 1.0f;
    return seen >= n / 3 && bc_grid_fit_solve(&fit, grid);
}
