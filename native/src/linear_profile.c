/* Sampling: bilinear, in 16.16 fixed point, a few parallel lines averaged so that noise and dots weigh less. */
#include "linear_profile.h"

#include <string.h> /* memset */

#define FIXED_ONE 65536
#define LEAST_SAMPLES 16u /* a line of fewer tells nothing */

/* The place of the last pixel one may interpolate at, fixed point. */
static int32_t last_place(uint32_t side)
{
    return side > 1 ? (int32_t)((side - 1) * FIXED_ONE) - 1 : 0;
}

/* Whether a walk goes from pixel to pixel of a row: then nothing is looked at to the right of its last one. */
static bool along_row(const bc_walk *walk)
{
    return walk->dy == 0 && walk->dx == FIXED_ONE;
}

static bool inside(const bc_grey *image, const bc_walk *walk, uint32_t n)
{
    const int64_t x = walk->x + (int64_t)(n - 1) * walk->dx, y = walk->y + (int64_t)(n - 1) * walk->dy;
    const bool whole = along_row(walk) && walk->x % FIXED_ONE == 0;
    const int32_t right = last_place(image->width) + (whole && image->width > 1 ? 1 : 0);
    const int32_t bottom = last_place(image->height);
    return walk->x >= 0 && walk->x <= right && walk->y >= 0 && walk->y <= bottom &&
           x >= 0 && x <= right && y >= 0 && y <= bottom;
}

/* Adds a line's samples to the sums, along a row at a pitch of one: what upright pictures have. */
static void add_row(const bc_grey *image, const bc_walk *walk, uint32_t n, uint32_t *sum)
{
    const ptrdiff_t right = walk->x % FIXED_ONE != 0, below = image->height > 1 ? image->stride : 0;
    const uint8_t *px = image->px + (ptrdiff_t)(walk->y >> 16) * image->stride + (walk->x >> 16);
    const uint32_t fx = ((uint32_t)walk->x >> 8) & 255u, fy = ((uint32_t)walk->y >> 8) & 255u;
    const uint32_t a = (256u - fx) * (256u - fy), b = fx * (256u - fy), c = (256u - fx) * fy, d = fx * fy;
    const uint8_t *next = px + right, *low = px + below, *low_next = low + right;
    for (uint32_t i = 0; i < n; i++)
        sum[i] += (px[i] * a + next[i] * b + low[i] * c + low_next[i] * d) >> 10;
}

/* Cuts from..to so that place + t * slope stays within 0..last. */
static void cut(float place, float slope, float last, float *from, float *to)
{
    if (__builtin_fabsf(slope) < 1e-6f) {
        if (!(place >= 0.0f && place <= last))
            *to = *from - 1.0f;
        return;
    }
    const float a = (0.0f - place) / slope, b = (last - place) / slope;
    const float low = a < b ? a : b, high = a < b ? b : a;
    *from = *from > low ? *from : low;
    *to = *to < high ? *to : high;
}

static int32_t clamp_fixed(float place, int32_t last)
{
    const float fixed = place * (float)FIXED_ONE;
    if (!(fixed > 0.0f))
        return 0;
    return fixed < (float)last ? (int32_t)fixed : last;
}

/* Where a scan begins in its layer, and how many samples of it lie inside; 0 for too few. */
static uint32_t begin_walk(const bc_grey *image, const bc_scan *scan, float scale, bc_walk *walk, float *first)
{
    const float x = scan->x * scale - 0.5f, y = scan->y * scale - 0.5f;
    float from = scan->from * scale, to = scan->to * scale;
    cut(x, scan->ux, (float)image->width - 1.0f, &from, &to);
    cut(y, scan->uy, (float)image->height - 1.0f, &from, &to);
    if (!(to - from >= scan->pitch * (float)LEAST_SAMPLES))
        return 0;
    const float wanted = (to - from) / scan->pitch;
    uint32_t n = wanted < (float)(BC_PROFILE_MAX - 1) ? (uint32_t)wanted + 1 : BC_PROFILE_MAX;
    *walk = (bc_walk){clamp_fixed(x + from * scan->ux, last_place(image->width)),
                      clamp_fixed(y + from * scan->uy, last_place(image->height)),
                      (int32_t)(scan->ux * scan->pitch * (float)FIXED_ONE),
                      (int32_t)(scan->uy * scan->pitch * (float)FIXED_ONE)};
    if (!inside(image, walk, n)) { /* the last sample in the middle of the last pixel, which has no neighbour */
        walk->dx -= (walk->dx > 0) - (walk->dx < 0);
        walk->dy -= (walk->dy > 0) - (walk->dy < 0);
    }
    while (n >= LEAST_SAMPLES && !inside(image, walk, n))
        n--; /* rounding: a sample or two */
    *first = from;
    return n >= LEAST_SAMPLES ? n : 0;
}

/* Sums the parallel lines that lie inside; how many. */
static uint32_t sum_lines(const bc_kernels *kernels, const bc_grey *image, const bc_scan *scan, const bc_walk *middle,
                          bc_profile *profile)
{
    uint32_t lines = 0;
    memset(profile->sum, 0, profile->n * sizeof *profile->sum);
    for (uint32_t i = 0; i < scan->breadth; i++) {
        const float away = (float)i - (float)(scan->breadth / 2);
        bc_walk walk = *middle;
        walk.x -= (int32_t)(scan->uy * away * (float)FIXED_ONE);
        walk.y += (int32_t)(scan->ux * away * (float)FIXED_ONE);
        if (!inside(image, &walk, profile->n))
            continue;
        if (along_row(&walk))
            add_row(image, &walk, profile->n, profile->sum);
        else
            kernels->sample_walk(image, &walk, profile->n, profile->sum);
        lines++;
    }
    return lines;
}

bool bc_profile_take(const bc_frame *frame, const bc_scan *scan, bc_profile *profile)
{
    const bc_grey *image = &frame->layer[scan->layer];
    const float one = (float)(1u << scan->layer);
    bc_walk walk;
    float first;
    profile->n = begin_walk(image, scan, 1.0f / one, &walk, &first);
    if (profile->n == 0)
        return false;
    const uint32_t lines = sum_lines(frame->kernels, image, scan, &walk, profile);
    if (lines == 0)
        return false;
    for (uint32_t i = 0; i < profile->n; i++)
        profile->level[i] = (uint16_t)(profile->sum[i] / lines);
    profile->cut[0] = first > scan->from / one + 0.01f;
    profile->cut[1] = first + (float)(profile->n + 1) * scan->pitch < scan->to / one;
    profile->from = first * one;
    profile->step = scan->pitch * one;
    profile->x = scan->x + profile->from * scan->ux;
    profile->y = scan->y + profile->from * scan->uy;
    profile->dx = scan->ux * profile->step;
    profile->dy = scan->uy * profile->step;
    return true;
}
