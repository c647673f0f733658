#include "pdf417_view.h"

#define STEPS 4               /* samples a module */
#define REACH 6               /* samples to either side */
#define LEVELS (2 * REACH + 5) /* samples that steps are made of */
#define LEAST_STEP 0.35f      /* of the contrast, over half a module */
#define FAR_PENALTY 0.06f     /* a sample farther off, an edge must be stronger by this */
#define FIT_ROUNDS 3
#define TERMS 3u

/* Gauss, of up to three unknowns; false when they cannot be told. */
static bool solve(double a[TERMS][TERMS + 1], uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (!(__builtin_fabs(a[i][i]) > 1e-9))
            return false;
        for (uint32_t j = 0; j < n; j++) {
            if (j == i)
                continue;
            const double share = a[j][i] / a[i][i];
            for (uint32_t k = i; k <= n; k++)
                a[j][k] -= share * a[i][k];
        }
    }
    for (uint32_t i = 0; i < n; i++)
        a[i][n] /= a[i][i];
    return true;
}

/* The middle and half the extent of what was seen along t, so that powers of it are alike. */
static void extent(const bc_seen *seen, size_t n, float *middle, float *half)
{
    float low = seen[0].t, high = seen[0].t;
    for (size_t i = 1; i < n; i++) {
        low = seen[i].t < low ? seen[i].t : low;
        high = seen[i].t > high ? seen[i].t : high;
    }
    *middle = (low + high) / 2.0f;
    *half = (high - low) / 2.0f > 1.0f ? (high - low) / 2.0f : 1.0f;
}

/* One round of least squares on what lies within clip of the curve; how much did. */
static size_t fit_once(bc_curve *curve, const bc_seen *seen, size_t n, uint32_t terms, float clip)
{
    double a[TERMS][TERMS + 1] = {{0.0}};
    float middle, half;
    size_t in = 0;
    extent(seen, n, &middle, &half);
    for (size_t i = 0; i < n; i++) {
        const float off = seen[i].s - bc_curve_at(curve, seen[i].t);
        if (!(off < clip && off > -clip))
            continue;
        const double w = (double)((seen[i].t - middle) / half), row[TERMS] = {1.0, w, w * w};
        for (uint32_t j = 0; j < terms; j++) {
            for (uint32_t k = 0; k < terms; k++)
                a[j][k] += row[j] * row[k];
            a[j][terms] += row[j] * (double)off;
        }
        in++;
    }
    if (in < 2 * (size_t)terms)
        return 0;
    for (uint32_t j = 1; j < terms; j++)
        a[j][j] += 0.02 * (double)in; /* a bend is not learnt from noise */
    if (!solve(a, terms))
        return 0;
    const float c0 = (float)a[0][terms], c1 = terms > 1 ? (float)a[1][terms] / half : 0.0f;
    const float c2 = terms > 2 ? (float)a[2][terms] / (half * half) : 0.0f;
    curve->c[0] += c0 - c1 * middle + c2 * middle * middle;
    curve->c[1] += c1 - 2.0f * c2 * middle;
    curve->c[2] += c2;
    return in;
}

size_t bc_curve_fit(bc_curve *curve, const bc_seen *seen, size_t n, uint32_t terms, float clip)
{
    size_t in = 0;
    if (n == 0)
        return 0;
    for (uint32_t round = 0; round < FIT_ROUNDS; round++) {
        in = fit_once(curve, seen, n, terms, clip);
        clip *= 0.7f;
    }
    return in;
}

/* Lightness at LEVELS places, from s on a pitch apart. */
static void sample_levels(const bc_view *view, float s, float t, float pitch, float level[LEVELS])
{
    const bc_grey *image = view->scene.image;
    const bc_point first = bc_view_point(view, s, t);
    const bc_point last = bc_view_point(view, s + (float)(LEVELS - 1) * pitch, t);
    const bool inside = bc_grey_inside(image, first.x, first.y) && bc_grey_inside(image, last.x, last.y);
    const float sign = view->scene.sign;
    for (int32_t i = 0; i < LEVELS; i++) {
        const float part = (float)i / (float)(LEVELS - 1); /* between the ends, as far inside as they are */
        const float x = first.x + part * (last.x - first.x), y = first.y + part * (last.y - first.y);
        level[i] = sign * (inside ? bc_grey_inner(image, x, y) : bc_grey_at(image, x, y));
    }
}

bool bc_view_edge(const bc_view *view, float s, float t, float module, float *found)
{
    float level[LEVELS], best = 0.0f, step[2 * REACH + 1];
    int32_t at = 0;
    const float pitch = module / (float)STEPS;
    sample_levels(view, s - (float)(REACH + 2) * pitch, t, pitch, level);
    for (int32_t i = 0; i < 2 * REACH + 1; i++) {
        step[i] = level[i] + level[i + 1] - level[i + 3] - level[i + 4];
        const float away = (float)(i > REACH ? i - REACH : REACH - i);
        const float weighed = step[i] * (1.0f - FAR_PENALTY * away);
        if (i > 0 && i < 2 * REACH && weighed > best) {
            best = weighed;
            at = i;
        }
    }
    if (at == 0 || step[at] < 2.0f * LEAST_STEP * view->scene.contrast || at + 1 > 2 * REACH)
        return false;
    const float before = step[at - 1], after = step[at + 1], bend = before + after - 2.0f * step[at];
    float part = bend < 0.0f ? 0.5f * (before - after) / bend : 0.0f;
    part = part > 0.5f ? 0.5f : (part < -0.5f ? -0.5f : part);
    *found = s + ((float)(at - REACH) + part) * pitch;
    return true;
}
