/* The perspective map and the bend of a grid, and least squares for the map. */
#include "grid.h"

#include "geometry.h"

#include <string.h> /* memcpy, memset */

/* The nearest that any place comes to the horizon of the map; farther tilts are no reads. */
#define HORIZON 0.08f

size_t bc_grid_knots(uint32_t size, uint32_t knots, float u, float v, float share[4])
{
    const float steps = (float)(knots - 1), to_steps = steps / (float)size;
    const float a = bc_clamp(u * to_steps, 0.0f, steps), b = bc_clamp(v * to_steps, 0.0f, steps);
    const uint32_t last = knots - 2;
    const uint32_t i = (uint32_t)a < last ? (uint32_t)a : last, j = (uint32_t)b < last ? (uint32_t)b : last;
    const float fa = a - (float)i, fb = b - (float)j;
    share[0] = (1.0f - fa) * (1.0f - fb);
    share[1] = fa * (1.0f - fb);
    share[2] = (1.0f - fa) * fb;
    share[3] = fa * fb;
    return (size_t)j * knots + i;
}

bc_point bc_grid_flat_at(const bc_grid *grid, float u, float v)
{
    const float *h = grid->h, to_s = 2.0f / (float)grid->size;
    const float s = u * to_s - 1.0f, t = v * to_s - 1.0f;
    const float w = h[6] * s + h[7] * t + 1.0f;
    const float k = grid->unit / (w > HORIZON ? w : HORIZON);
    return (bc_point){grid->origin_x + k * (h[0] * s + h[1] * t + h[2]),
                      grid->origin_y + k * (h[3] * s + h[4] * t + h[5])};
}

bc_point bc_grid_at(const bc_grid *grid, float u, float v)
{
    bc_point p = bc_grid_flat_at(grid, u, v);
    if (grid->knots < 2)
        return p;
    float share[4];
    const float *k = &grid->bend[2 * bc_grid_knots(grid->size, grid->knots, u, v, share)], *below = k + 2 * grid->knots;
    p.x += share[0] * k[0] + share[1] * k[2] + share[2] * below[0] + share[3] * below[2];
    p.y += share[0] * k[1] + share[1] * k[3] + share[2] * below[1] + share[3] * below[3];
    return p;
}

bc_spot bc_grid_spot(const bc_grid *grid, float u, float v)
{
    const float *h = grid->h, to_s = 2.0f / (float)grid->size;
    const float s = u * to_s - 1.0f, t = v * to_s - 1.0f;
    const float w = h[6] * s + h[7] * t + 1.0f, over = 1.0f / (w > HORIZON ? w : HORIZON);
    const float x = (h[0] * s + h[1] * t + h[2]) * over, y = (h[3] * s + h[4] * t + h[5]) * over;
    const float k = grid->unit * over * to_s;
    bc_spot spot = {{grid->origin_x + grid->unit * x, grid->origin_y + grid->unit * y},
                    {k * (h[0] - x * h[6]), k * (h[3] - y * h[6])},
                    {k * (h[1] - x * h[7]), k * (h[4] - y * h[7])}};
    if (grid->knots < 2)
        return spot;
    float share[4];
    const float *n = &grid->bend[2 * bc_grid_knots(grid->size, grid->knots, u, v, share)], *m = n + 2 * grid->knots;
    const float fa = share[1] + share[3], fb = share[2] + share[3];
    const float per_module = (float)(grid->knots - 1) / (float)grid->size;
    spot.at.x += share[0] * n[0] + share[1] * n[2] + share[2] * m[0] + share[3] * m[2];
    spot.at.y += share[0] * n[1] + share[1] * n[3] + share[2] * m[1] + share[3] * m[3];
    spot.du.x += per_module * ((n[2] - n[0]) + fb * ((m[2] - m[0]) - (n[2] - n[0])));
    spot.du.y += per_module * ((n[3] - n[1]) + fb * ((m[3] - m[1]) - (n[3] - n[1])));
    spot.dv.x += per_module * ((m[0] - n[0]) + fa * ((m[2] - n[2]) - (m[0] - n[0])));
    spot.dv.y += per_module * ((m[1] - n[1]) + fa * ((m[3] - n[3]) - (m[1] - n[1])));
    return spot;
}

void bc_grid_scale(bc_grid *grid, float factor)
{
    grid->origin_x *= factor;
    grid->origin_y *= factor;
    grid->unit *= factor;
    for (size_t i = 0; i < 2 * (size_t)grid->knots * grid->knots; i++)
        grid->bend[i] *= factor;
}

void bc_grid_fit_begin(bc_grid_fit *fit, uint32_t size, float x, float y, float unit)
{
    memset(fit, 0, sizeof *fit);
    fit->size = (float)size;
    fit->origin_x = x;
    fit->origin_y = y;
    fit->unit = unit;
}

/*
 * With the map written as fractions over w = h6 s + h7 t + 1, the distance from
 * a line, times w, is linear in the eight unknowns; w stays near 1, so least
 * squares of that are as good as those of the distance.
 */
void bc_grid_fit_line(bc_grid_fit *fit, float u, float v, float x, float y, float nx, float ny, float weight)
{
    const double s = 2.0 * (double)u / (double)fit->size - 1.0, t = 2.0 * (double)v / (double)fit->size - 1.0;
    const double mx = (double)((x - fit->origin_x) / fit->unit), my = (double)((y - fit->origin_y) / fit->unit);
    const double ax = (double)nx, ay = (double)ny, d = ax * mx + ay * my, w = (double)weight;
    const double row[8] = {ax * s, ax * t, ax, ay * s, ay * t, ay, -d * s, -d * t};
    for (size_t i = 0; i < 8; i++) {
        const double wi = w * row[i];
        for (size_t j = 0; j <= i; j++)
            fit->ata[i * 8 + j] += wi * row[j];
        fit->atb[i] += wi * d;
    }
    fit->n++;
}

void bc_grid_fit_point(bc_grid_fit *fit, float u, float v, float x, float y, float weight)
{
    bc_grid_fit_line(fit, u, v, x, y, 1.0f, 0.0f, weight);
    bc_grid_fit_line(fit, u, v, x, y, 0.0f, 1.0f, weight);
}

bool bc_grid_fit_solve(const bc_grid_fit *fit, bc_grid *grid)
{
    double ata[64], atb[8];
    if (fit->n < 8)
        return false;
    memcpy(ata, fit->ata, sizeof ata);
    memcpy(atb, fit->atb, sizeof atb);
    if (!bc_solve(ata, atb, 8))
        return false;
    for (size_t i = 0; i < 8; i++) {
        if (!(atb[i] > -100.0 && atb[i] < 100.0))
            return false;
        grid->h[i] = (float)atb[i];
    }
    grid->size = (uint32_t)fit->size;
    grid->origin_x = fit->origin_x;
    grid->origin_y = fit->origin_y;
    grid->unit = fit->unit;
    grid->knots = 0;
    return 1.0f - bc_abs(grid->h[6]) - bc_abs(grid->h[7]) > HORIZON;
}
