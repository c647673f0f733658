/*
 * A finder pattern's outline on grey pixels: its four outer corners, to a
 * fraction of a pixel, tell where the symbol lies and how it is turned and
 * tilted.
 *
 * Rays from the middle find the outer edge.  The second moments of that
 * outline tell by which affine map it is a square; the fourth harmonic of the
 * square tells how it is turned; then a straight line is fitted to each side.
 */
#include "geometry.h"
#include "qr_finder.h"
#include "qr_ray.h"
#include "scene.h" /* bc_grey_quick */

#include <string.h> /* memset */

#define RAYS 32u
#define RAYS_LEAST 19u     /* of RAYS that must show an outline: a corner may be hidden by dirt or glare */
#define SIDE_POINTS_LEAST 4u
#define RISE_LEAST 8.0f      /* grey levels a ring stands out by at least */
#define RISE_SHARE 0.4f      /* of the contrast one to three modules out: in blur more than the ring's */
#define SQUEEZED 2.5f        /* k + 1 / k for axes k times as long as each other: from a twofold foreshortening on */
#define MISFIT_MODULES 0.25f /* a round letter is worse */
#define MISFIT_PX 0.6f       /* what noise and sampling add to that at small modules */

/* Cosines and sines of multiples of 11.25 degrees. */
static const float direction[RAYS][2] = {
    {1.00000f, 0.00000f}, {0.98079f, 0.19509f}, {0.92388f, 0.38268f}, {0.83147f, 0.55557f},
    {0.70711f, 0.70711f}, {0.55557f, 0.83147f}, {0.38268f, 0.92388f}, {0.19509f, 0.98079f},
    {0.00000f, 1.00000f}, {-0.19509f, 0.98079f}, {-0.38268f, 0.92388f}, {-0.55557f, 0.83147f},
    {-0.70711f, 0.70711f}, {-0.83147f, 0.55557f}, {-0.92388f, 0.38268f}, {-0.98079f, 0.19509f},
    {-1.00000f, 0.00000f}, {-0.98079f, -0.19509f}, {-0.92388f, -0.38268f}, {-0.83147f, -0.55557f},
    {-0.70711f, -0.70711f}, {-0.55557f, -0.83147f}, {-0.38268f, -0.92388f}, {-0.19509f, -0.98079f},
    {-0.00000f, -1.00000f}, {0.19509f, -0.98079f}, {0.38268f, -0.92388f}, {0.55557f, -0.83147f},
    {0.70711f, -0.70711f}, {0.83147f, -0.55557f}, {0.92388f, -0.38268f}, {0.98079f, -0.19509f},
};

typedef struct {
    float x[RAYS], y[RAYS]; /* outline points from the middle, in px of the layer */
    bool there[RAYS];
    size_t n;
    float contrast;         /* of the light ring, mean over the rays that are there */
} outline;

/* The map to the frame where the outline is an upright square: p' = m p. */
typedef struct {
    float m[4];
} unskewed;

/* Where the samples first pass `level` upwards (or downwards) after sample `at`; negative when they do not. */
static float passes(const bc_ray *r, size_t at, float level, bool upwards)
{
    for (size_t i = at + 1; i < BC_RAY_SAMPLES; i++) {
        const float here = r->sample[i] - level, before = r->sample[i - 1] - level;
        if (upwards ? here >= 0.0f : here <= 0.0f) {
            const float rise = here - before;
            const float part = rise > 0.01f || rise < -0.01f ? before / -rise : 0.5f;
            return (float)(i - 1) + bc_clamp(part, 0.0f, 1.0f);
        }
    }
    return -1.0f;
}

/*
 * The first peak of sign * sample after `at`: one that rises from `base` by
 * `least` and falls again by a third of that rise; BC_RAY_SAMPLES when there is none.
 */
static size_t peak(const bc_ray *r, size_t at, float sign, float base, float least)
{
    size_t top = at;
    for (size_t i = at + 1; i < BC_RAY_SAMPLES; i++) {
        const float here = r->sample[i], rise = sign * (r->sample[top] - base);
        if (sign * (here - r->sample[top]) > 0.0f)
            top = i;
        else if (rise >= least && sign * (r->sample[top] - here) > 0.3f * rise)
            return top;
    }
    return BC_RAY_SAMPLES;
}

/*
 * The distance of the outline along one ray, in samples; negative when it is
 * not seen.  Blur leaves the light ring darker than what is outside, so levels
 * come from the rings themselves.
 */
static float cast(const bc_ray *r, float core, float *contrast)
{
    float least = RISE_LEAST;
    for (size_t i = 4; i <= 12; i++) {
        const float rise = RISE_SHARE * (r->sample[i] - core);
        least = rise > least ? rise : least;
    }
    const size_t light = peak(r, 1, 1.0f, core, least);
    const size_t dark = light < BC_RAY_SAMPLES ? peak(r, light, -1.0f, r->sample[light], 0.5f * least) : BC_RAY_SAMPLES;
    if (dark >= BC_RAY_SAMPLES)
        return -1.0f;
    *contrast = r->sample[light] - core;
    const float r1 = passes(r, 0, 0.5f * (core + r->sample[light]), true);
    const float ring = 0.5f * (r->sample[light] + r->sample[dark]);
    const float r2 = passes(r, light, ring, false), r3 = passes(r, dark, ring, true);
    /* Nominally 3 : 5 : 7. */
    return r1 > 0.0f && r3 > 1.5f * r1 && r3 < 4.5f * r1 && r2 > 1.15f * r1 && r3 > 1.12f * r2 ? r3 : -1.0f;
}

/* One module along x and along y of the frame that rays are evenly spread in: px in the layer. */
typedef struct {
    float xx, xy, yx, yy; /* x frame to x px, y frame to x px, x frame to y px, y frame to y px */
} ray_frame;

/* Rays of the first k that have shown an outline where there is one. */
static size_t least_after(size_t k)
{
    return k < 4 ? 0 : k == 4 ? 1 : k == 8 ? 3 : k / 2;
}

static void find_outline(bc_ray_middle *from, const ray_frame *f, outline *out)
{
    float core = 0.0f;
    for (size_t i = 0; i < RAYS; i += RAYS / 8) {
        const float c = 0.5f * direction[i][0], s = 0.5f * direction[i][1];
        const float x = from->x + c * f->xx + s * f->xy, y = from->y + c * f->yx + s * f->yy;
        core += from->sign * bc_grey_quick(from->image, x, y);
    }
    core /= 8.0f;
    from->outside = core + 255.0f;
    memset(out, 0, sizeof *out);
    for (size_t k = 0; k < RAYS; k++) {
        /* All around in steps of a fourth of the circle and a bit, so that most false patterns end early. */
        const size_t i = k * 9 % RAYS;
        if (k % 4 == 0 && out->n < least_after(k))
            break;
        const float c = 0.25f * direction[i][0], s = 0.25f * direction[i][1];
        bc_ray along;
        along.dx = c * f->xx + s * f->xy;
        along.dy = c * f->yx + s * f->yy;
        bc_ray_sample(from, &along);
        float contrast = 0.0f;
        const float r = cast(&along, core, &contrast);
        out->there[i] = r > 0.0f;
        out->contrast += r > 0.0f ? contrast : 0.0f;
        out->x[i] = along.dx * r;
        out->y[i] = along.dy * r;
        out->n += out->there[i];
    }
}

/* The affine map under which the outline's second moments are those of a circle. */
static bool whiten(const outline *o, unskewed *w)
{
    float xx = 0.0f, xy = 0.0f, yy = 0.0f;
    for (size_t i = 0; i < RAYS; i++) {
        if (!o->there[i])
            continue;
        /* A ray stands for a sector whose area goes with the square of its length. */
        const float area = o->x[i] * o->x[i] + o->y[i] * o->y[i];
        xx += area * o->x[i] * o->x[i];
        xy += area * o->x[i] * o->y[i];
        yy += area * o->y[i] * o->y[i];
    }
    const float a = bc_sqrt(xx);
    if (!(a > 1e-3f))
        return false;
    const float b = xy / a, rest = yy - b * b;
    if (!(rest > 1e-4f * yy))
        return false;
    const float c = bc_sqrt(rest);
    /* The inverse of the lower triangular root of the moments. */
    w->m[0] = 1.0f / a;
    w->m[1] = 0.0f;
    w->m[2] = -b / (a * c);
    w->m[3] = 1.0f / c;
    return true;
}

/*
 * The ray frame in which a whitened outline is about a circle of four modules;
 * false when it is nearly one already.
 */
static bool squeezed(const outline *o, const unskewed *w, ray_frame *f)
{
    const float det = w->m[0] * w->m[3] - w->m[1] * w->m[2];
    const float xx = w->m[3] / det, xy = -w->m[1] / det, yx = -w->m[2] / det, yy = w->m[0] / det;
    const float area = bc_abs(xx * yy - xy * yx);
    if (xx * xx + xy * xy + yx * yx + yy * yy < SQUEEZED * area)
        return false;
    float radius = 0.0f;
    for (size_t i = 0; i < RAYS; i++) {
        const float x = w->m[0] * o->x[i] + w->m[1] * o->y[i], y = w->m[2] * o->x[i] + w->m[3] * o->y[i];
        radius += bc_sqrt(x * x + y * y);
    }
    const float k = radius / (float)o->n / 4.0f;
    *f = (ray_frame){k * xx, k * xy, k * yx, k * yy};
    return true;
}

/* The unit vector of half the angle of a unit vector. */
static void halve_angle(float *c, float *s)
{
    const float half_c = bc_sqrt(bc_clamp(0.5f + 0.5f * *c, 0.0f, 1.0f));
    const float half_s = bc_sqrt(bc_clamp(0.5f - 0.5f * *c, 0.0f, 1.0f));
    *s = *s < 0.0f ? -half_s : half_s;
    *c = half_c;
}

/* Turns the frame so that the square's corners lie on its diagonals. */
static bool upright(const outline *o, unskewed *w)
{
    float re = 0.0f, im = 0.0f;
    for (size_t i = 0; i < RAYS; i++) {
        if (!o->there[i])
            continue;
        const float x = w->m[0] * o->x[i] + w->m[1] * o->y[i], y = w->m[2] * o->x[i] + w->m[3] * o->y[i];
        const float x2 = x * x - y * y, y2 = 2.0f * x * y; /* (x + iy) squared */
        re += x2 * x2 - y2 * y2;
        im += 2.0f * x2 * y2;
    }
    const float length = bc_sqrt(re * re + im * im);
    if (!(length > 0.0f))
        return false;
    float c = re / length, s = im / length;
    halve_angle(&c, &s);
    halve_angle(&c, &s); /* now the direction of a corner */
    const float tc = 0.70710678f * (c + s), ts = 0.70710678f * (s - c); /* less 45 degrees */
    const unskewed from = *w;
    w->m[0] = tc * from.m[0] + ts * from.m[2];
    w->m[1] = tc * from.m[1] + ts * from.m[3];
    w->m[2] = -ts * from.m[0] + tc * from.m[2];
    w->m[3] = -ts * from.m[1] + tc * from.m[3];
    return true;
}

/* A side as along = a + b * across, where `along` is the axis it is perpendicular to. */
typedef struct {
    float a, b, misfit;
} side_line;

/* Fits side k (0 right, 1 bottom, 2 left, 3 top of the upright frame); the second pass leaves out what lies off. */
static bool fit_side(const outline *o, const unskewed *w, size_t k, side_line *line)
{
    const float sign = k < 2 ? 1.0f : -1.0f;
    float a = 0.0f, b = 0.0f, off = 1e30f;
    for (size_t pass = 0; pass < 2; pass++) {
        float n = 0.0f, st = 0.0f, sp = 0.0f, stt = 0.0f, stp = 0.0f, sum_off = 0.0f;
        for (size_t i = 0; i < RAYS; i++) {
            const float x = w->m[0] * o->x[i] + w->m[1] * o->y[i], y = w->m[2] * o->x[i] + w->m[3] * o->y[i];
            const float p = k % 2 == 0 ? x : y, t = k % 2 == 0 ? y : x;
            const float out = p * sign, aside = t < 0.0f ? -t : t;
            if (!o->there[i] || out <= 0.0f || aside > 0.8f * out)
                continue;
            const float miss = bc_abs(p - a - b * t);
            if (pass == 1 && miss > 2.5f * off)
                continue;
            n += 1.0f;
            st += t;
            sp += p;
            stt += t * t;
            stp += t * p;
            sum_off += miss;
        }
        const float det = n * stt - st * st;
        if (n < (float)SIDE_POINTS_LEAST || !(det > 1e-12f * n * stt))
            return false;
        b = (n * stp - st * sp) / det;
        a = (sp - b * st) / n;
        off = 0.0f;
        for (size_t i = 0; i < RAYS; i++) {
            const float x = w->m[0] * o->x[i] + w->m[1] * o->y[i], y = w->m[2] * o->x[i] + w->m[3] * o->y[i];
            const float p = k % 2 == 0 ? x : y, t = k % 2 == 0 ? y : x;
            if (o->there[i] && p * sign > 0.0f && bc_abs(t) <= 0.8f * p * sign)
                off += bc_abs(p - a - b * t);
        }
        off = off / n;
    }
    *line = (side_line){a, b, off};
    return true;
}

/* Corners of the four sides back in px of the layer, clockwise in the image when the map does not mirror. */
static bool corners_of(const side_line *line, const unskewed *w, float *corner)
{
    const float det = w->m[0] * w->m[3] - w->m[1] * w->m[2];
    for (size_t i = 0; i < 4; i++) {
        /* top left, top right, bottom right, bottom left: a vertical and a horizontal side each. */
        const side_line *v = i == 0 || i == 3 ? &line[2] : &line[0];
        const side_line *h = i < 2 ? &line[3] : &line[1];
        const float scale = 1.0f - v->b * h->b;
        if (!(scale > 0.2f && scale < 5.0f))
            return false;
        const float x = (v->a + v->b * h->a) / scale, y = h->a + h->b * x;
        corner[2 * i] = (w->m[3] * x - w->m[1] * y) / det;
        corner[2 * i + 1] = (-w->m[2] * x + w->m[0] * y) / det;
    }
    return true;
}

/* Fills the finder from corners around its old centre, in px of the layer, `scale` image px each. */
static bool take_corners(bc_finder *f, const float *corner, float scale)
{
    for (size_t i = 0; i < 4; i++) {
        f->corner[2 * i] = f->x + corner[2 * i] * scale;
        f->corner[2 * i + 1] = f->y + corner[2 * i + 1] * scale;
    }
    const float *c = f->corner;
    f->ux = (c[2] - c[0] + c[4] - c[6]) / 14.0f;
    f->uy = (c[3] - c[1] + c[5] - c[7]) / 14.0f;
    f->vx = (c[6] - c[0] + c[4] - c[2]) / 14.0f;
    f->vy = (c[7] - c[1] + c[5] - c[3]) / 14.0f;
    const float area = f->ux * f->vy - f->uy * f->vx;
    const float uu = f->ux * f->ux + f->uy * f->uy, vv = f->vx * f->vx + f->vy * f->vy;
    if (!(area > 0.25f * (uu < vv ? uu : vv)) || uu > 16.0f * vv || vv > 16.0f * uu)
        return false;
    /* The middle is where the diagonals cross. */
    const float ax = c[4] - c[0], ay = c[5] - c[1], bx = c[6] - c[2], by = c[7] - c[3];
    const float den = ax * by - ay * bx;
    if (!(bc_abs(den) > 1e-3f))
        return false;
    const float t = ((c[2] - c[0]) * by - (c[3] - c[1]) * bx) / den;
    if (!(t > 0.2f && t < 0.8f))
        return false;
    f->x = c[0] + t * ax;
    f->y = c[1] + t * ay;
    f->module_px = bc_sqrt(area);
    return true;
}

bool bc_finder_outline(const bc_frame *frame, bc_finder *finder)
{
    const size_t layer = bc_qr_layer(frame, finder->module_px);
    const float scale = (float)(1u << layer);
    outline o;
    unskewed w;
    side_line line[4];
    float corner[8];
    ray_frame f = {finder->module_px / scale, 0.0f, 0.0f, finder->module_px / scale};
    bc_ray_middle from = {frame->kernels, &frame->layer[layer], finder->x / scale, finder->y / scale,
                   finder->inverted ? -1.0f : 1.0f, 0.0f};
    find_outline(&from, &f, &o);
    if (o.n < RAYS_LEAST || !whiten(&o, &w))
        return false;
    if (squeezed(&o, &w, &f)) {
        find_outline(&from, &f, &o);
        if (o.n < RAYS_LEAST || !whiten(&o, &w))
            return false;
    }
    if (!upright(&o, &w))
        return false;
    float misfit = 0.0f, half_side = 0.0f;
    for (size_t k = 0; k < 4; k++) {
        if (!fit_side(&o, &w, k, &line[k]))
            return false;
        misfit += line[k].misfit * 0.25f;
        half_side += bc_abs(line[k].a) * 0.25f;
    }
    finder->contrast = o.contrast / (float)o.n;
    finder->misfit = misfit / half_side * 3.5f;
    const float most = MISFIT_MODULES + MISFIT_PX * scale / finder->module_px;
    return finder->misfit < most && corners_of(line, &w, corner) && take_corners(finder, corner, scale);
}
