/*
 * Circles are seen as ellipses: with a middle c and a symmetric matrix Q, points
 * of a circle of radius r are where (p - c)' Q (p - c) is r squared, which is
 * linear in Q and in what c adds to it.  So edges found along rays from the
 * middle give both by least squares, and rays are then laid anew.
 */
#include "maxi_rings.h"

#include "geometry.h"

#include <string.h> /* memset */

/* ISO/IEC 16023:2000, 4.11.4: 0.51, 1.18, 1.86, 2.53 and 3.20 mm where a module is 0.88 mm. */
const float bc_maxi_usual_rings[BC_MAXI_RING_EDGES] = {0.58f, 1.35f, 2.125f, 2.89f, 3.665f};
/* As measured on symbols whose middle is too large. */
const float bc_maxi_wide_rings[BC_MAXI_RING_EDGES] = {1.05f, 1.76f, 2.42f, 3.08f, 3.71f};

/* 15 degrees apart. */
const float bc_maxi_direction[BC_MAXI_DIRECTIONS][2] = {
    {1.0f, 0.0f},         {0.96593f, 0.25882f},   {0.86603f, 0.5f},       {0.70711f, 0.70711f},
    {0.5f, 0.86603f},     {0.25882f, 0.96593f},   {0.0f, 1.0f},           {-0.25882f, 0.96593f},
    {-0.5f, 0.86603f},    {-0.70711f, 0.70711f},  {-0.86603f, 0.5f},      {-0.96593f, 0.25882f},
    {-1.0f, 0.0f},        {-0.96593f, -0.25882f}, {-0.86603f, -0.5f},     {-0.70711f, -0.70711f},
    {-0.5f, -0.86603f},   {-0.25882f, -0.96593f}, {0.0f, -1.0f},          {0.25882f, -0.96593f},
    {0.5f, -0.86603f},    {0.70711f, -0.70711f},  {0.86603f, -0.5f},      {0.96593f, -0.25882f},
};

#define STEPS_A_MODULE 10
#define RAY 43           /* samples of a ray: to a little beyond the last edge's window */
#define WINDOW 4         /* samples to each side of where an edge is expected */
#define PASSES 4u
#define HALF_PASSES 2u    /* of them, along every second ray: enough to see that there are no rings */
#define RANGE_LEAST 10.0f /* grey levels between the darkest and the lightest of a ring system */
#define EDGE_LEAST 0.2f  /* of that range, an edge */
#define SEEN_FIRST 72u   /* of the 120 edges, at first */
#define SEEN_LEAST 88u   /* and at last */
#define OFF_MOST 0.13f   /* modules, their mean distance from where they should be: in no system of rings, 0.17 */
#define OFF_SETTLING 0.14f

#define TERMS 6u
typedef struct {
    double square[TERMS * TERMS], target[TERMS];
    uint32_t seen;
    float off;
} sums;

static void sample_ray(const bc_scene *scene, const bc_maxi_rings *r, const float way[2], float level[RAY])
{
    const float dx = way[0] * r->right_x + way[1] * r->down_x, dy = way[0] * r->right_y + way[1] * r->down_y;
    for (int i = 0; i < RAY; i++) {
        const float t = (float)i / (float)STEPS_A_MODULE;
        level[i] = bc_scene_at(scene, (bc_point){r->x + t * dx, r->y + t * dy});
    }
}

/* Where near a radius a ray crosses the middle of its levels there; false when it does not, or hardly. */
static bool find_edge(const float level[RAY], float expected, bool darker, float least, float *radius)
{
    const int at = (int)(expected * (float)STEPS_A_MODULE + 0.5f);
    const int first = at - WINDOW, last = at + WINDOW < RAY ? at + WINDOW : RAY - 1;
    const float sign = darker ? -1.0f : 1.0f;
    float low = 1e9f, high = -1e9f, nearest = 1e9f;
    for (int i = first; i <= last; i++) {
        low = sign * level[i] < low ? sign * level[i] : low;
        high = sign * level[i] > high ? sign * level[i] : high;
    }
    const float middle = 0.5f * (low + high);
    for (int i = first; i < last; i++) {
        const float a = sign * level[i], b = sign * level[i + 1];
        if (!(a < middle && b >= middle))
            continue;
        const float place = ((float)i + (middle - a) / (b - a)) / (float)STEPS_A_MODULE;
        if (bc_abs(place - expected) < bc_abs(nearest - expected))
            nearest = place;
    }
    *radius = nearest;
    return high - low >= least && nearest < 1e8f;
}

/* Adds that x, y from the middle is on a circle of radius r. */
static void add(sums *s, float x, float y, float r)
{
    const double w = 1.0 / (double)(r * r), px = (double)x, py = (double)y;
    const double row[TERMS] = {px * px, 2.0 * px * py, py * py, px, py, 1.0};
    for (uint32_t i = 0; i < TERMS; i++) {
        for (uint32_t j = 0; j <= i; j++)
            s->square[i * TERMS + j] += w * row[i] * row[j];
        s->target[i] += row[i]; /* times w and r squared */
    }
    s->seen++;
}

/* From the matrix to axes: those of its inverse's triangular root. */
static bool set_axes(const double *q, bc_maxi_rings *r)
{
    const double det = q[0] * q[2] - q[1] * q[1];
    if (!(det > 0.0) || !(q[0] > 0.0))
        return false;
    const float xx = (float)(q[2] / det), xy = (float)(-q[1] / det), yy = (float)(q[0] / det);
    r->x += (float)(-0.5 * (q[2] * q[3] - q[1] * q[4]) / det);
    r->y += (float)(-0.5 * (q[0] * q[4] - q[1] * q[3]) / det);
    r->right_x = bc_sqrt(xx);
    r->right_y = xy / r->right_x;
    r->down_x = 0.0f;
    r->down_y = bc_sqrt(yy - r->right_y * r->right_y);
    return r->right_x > 0.5f && r->down_y > 0.5f && r->right_x < 1e4f && r->down_y < 1e4f;
}

static void add_ray(const bc_scene *scene, const bc_maxi_rings *r, const float level[RAY], const float way[2], sums *s)
{
    for (uint32_t k = 0; k < BC_MAXI_RING_EDGES; k++) {
        float radius;
        if (!find_edge(level, r->radius[k], k % 2 == 0, EDGE_LEAST * scene->contrast, &radius))
            continue;
        s->off += bc_abs(radius - r->radius[k]);
        add(s, radius * (way[0] * r->right_x + way[1] * r->down_x), radius * (way[0] * r->right_y + way[1] * r->down_y),
            r->radius[k]);
    }
}

/* The range of levels on a few rays. */
static float range_of(const bc_scene *scene, const bc_maxi_rings *r)
{
    float level[RAY], low = 1e9f, high = -1e9f;
    for (uint32_t i = 0; i < BC_MAXI_DIRECTIONS; i += 4) {
        sample_ray(scene, r, bc_maxi_direction[i], level);
        for (int k = 0; k < RAY; k++) {
            low = level[k] < low ? level[k] : low;
            high = level[k] > high ? level[k] : high;
        }
    }
    return high - low;
}

bool bc_maxi_fit_rings(bc_scene *scene, bc_maxi_rings *rings)
{
    sums s;
    scene->contrast = range_of(scene, rings);
    if (!(scene->contrast > RANGE_LEAST))
        return false;
    for (uint32_t pass = 0; pass < PASSES; pass++) {
        const uint32_t step = pass < HALF_PASSES ? 2 : 1;
        float level[RAY];
        memset(&s, 0, sizeof s);
        for (uint32_t i = 0; i < BC_MAXI_DIRECTIONS; i += step) {
            sample_ray(scene, rings, bc_maxi_direction[i], level);
            add_ray(scene, rings, level, bc_maxi_direction[i], &s);
        }
        if (s.seen * step < SEEN_FIRST || (pass > 0 && s.off > OFF_SETTLING * (float)s.seen))
            return false;
        if (!bc_solve(s.square, s.target, TERMS) || !set_axes(s.target, rings))
            return false;
    }
    return s.seen >= SEEN_LEAST && s.off < OFF_MOST * (float)s.seen;
}
