#include "pdf417_guard.h"

#define ELEMENTS_MAX 9u
#define PAIR_OFF 0.62f   /* modules that a bar and a space together may be off */
#define SINGLE_OFF 0.95f /* ... and one alone: blur and ink spread take from one and give to the other */
#define FIRST_OFF 1.6f
#define FIRST_PAIR_OFF 0.87f
#define MODULE_LEAST 0.7f /* px */

#define FINE 3               /* samples a module when following */
#define PATTERN_MAX 18
#define SAMPLES_MAX (FINE * (PATTERN_MAX + 2))
#define SHIFTS (2 * FINE + 1)
#define LIKE_LEAST 0.72f     /* correlation with the pattern */
#define DRIFT_SHARE 0.3f     /* of what it was off by that is learnt */
#define MISSES_LEAST 8u      /* steps, of a px each, that it may be lost for; or a third of those where it was there */
#define SEEN_LEAST 5u
#define STEPS_MAX 1000u      /* to either side */

/* The elements of the start and the stop pattern. */
static const struct {
    uint8_t n, modules, width[ELEMENTS_MAX];
} guards[2] = {
    {8, 17, {8, 1, 1, 1, 1, 1, 1, 3, 0}},
    {9, 18, {7, 1, 1, 3, 1, 1, 1, 2, 1}},
};

static float absolute(float x)
{
    return x < 0.0f ? -x : x;
}

/* Whether the elements from edge i on are a guard's. */
static bool is_guard(const bc_bars *bars, uint32_t i, bool backwards, bool stop, float *module)
{
    const uint32_t n = guards[stop].n;
    if (backwards ? i < n : i + n >= bars->edge_n)
        return false;
    const float whole = backwards ? bars->edge[i] - bars->edge[i - n] : bars->edge[i + n] - bars->edge[i];
    const float scale = (float)guards[stop].modules / whole;
    float before = 0.0f;
    *module = 1.0f / scale;
    for (uint32_t j = 0; j < n; j++) {
        const float width = backwards ? bars->edge[i - j] - bars->edge[i - j - 1]
                                      : bars->edge[i + j + 1] - bars->edge[i + j];
        const float off = width * scale - (float)guards[stop].width[j];
        if (absolute(off) > (j == 0 ? FIRST_OFF : SINGLE_OFF) ||
            (j > 0 && absolute(off + before) > (j == 1 ? FIRST_PAIR_OFF : PAIR_OFF)))
            return false;
        before = off;
    }
    return *module > MODULE_LEAST;
}

/* Adds the guard whose first bar begins at edge i, if there is one. */
static size_t add_guard(const bc_bars *bars, uint32_t i, bool backwards, bc_guard *guard, size_t n, size_t cap)
{
    for (uint32_t stop = 0; stop < 2; stop++) {
        float module;
        if (n < cap && is_guard(bars, i, backwards, stop != 0, &module))
            guard[n++] =
                (bc_guard){bars->edge[i], module, backwards, bc_bars_falls(bars, i) == backwards, stop != 0};
    }
    return n;
}

size_t bc_guards_find(const bc_bars *bars, bc_guard *guard, size_t cap)
{
    const uint8_t either = BC_MAY_GUARD | BC_MAY_GUARD_BACK;
    size_t n = 0;
    for (uint32_t i = bc_bars_next(bars, 0, either); i < bars->edge_n; i = bc_bars_next(bars, i + 1, either)) {
        if ((bars->may[i] & BC_MAY_GUARD) && bc_bars_clear(bars, i))
            n = add_guard(bars, i, false, guard, n, cap);
        if ((bars->may[i] & BC_MAY_GUARD_BACK) && bc_bars_clear(bars, i + BC_GUARD_EDGES))
            n = add_guard(bars, i + BC_GUARD_EDGES, true, guard, n, cap);
    }
    return n;
}

/* What a guard looks like, FINE samples a module, a space module before it and one more module after. */
typedef struct {
    float dark[SAMPLES_MAX]; /* mean 0, length 1 */
    uint32_t n;
    bool stop;
} template;

static void make_template(bool stop, template *t)
{
    uint32_t module[PATTERN_MAX + 2] = {0}, at = 1, ones = 0;
    for (uint32_t j = 0; j < guards[stop].n; j++)
        for (uint32_t k = 0; k < guards[stop].width[j]; k++)
            module[at++] = j % 2 == 0;
    module[at++] = !stop; /* a symbol character begins, or the quiet zone */
    t->n = FINE * at;
    t->stop = stop;
    for (uint32_t i = 0; i < at; i++)
        ones += module[i];
    const float mean = (float)ones / (float)at;
    const float length = __builtin_sqrtf((float)FINE * ((float)ones * (1.0f - mean) * (1.0f - mean) +
                                                        (float)(at - ones) * mean * mean));
    for (uint32_t i = 0; i < t->n; i++)
        t->dark[i] = ((float)module[i / FINE] - mean) / length;
}

/* While a guard is followed. */
typedef struct {
    bc_view *view;
    template look;
    float light[PATTERN_MAX + 2]; /* sums over the places where it was there, of the middles of modules */
    float contrast;
    size_t seen;
} follower;

/* Correlation at a shift of the samples; *slope is light less dark. */
static float likeness(const template *t, const float *light, float *slope)
{
    float mean = 0.0f, square = 0.0f, sum = 0.0f;
    for (uint32_t i = 0; i < t->n; i++)
        mean += light[i] / (float)t->n;
    for (uint32_t i = 0; i < t->n; i++) {
        square += (light[i] - mean) * (light[i] - mean);
        sum -= t->dark[i] * light[i];
    }
    *slope = sum * 2.0f / __builtin_sqrtf((float)t->n); /* dark is about 1 / sqrt(n) to either side of its mean */
    return square > 1.0f ? sum / __builtin_sqrtf(square) : 0.0f;
}

/* Looks for the guard about s; true when it is there, *s then where. */
static bool look(follower *f, float t, float module, float *s)
{
    float light[SAMPLES_MAX + SHIFTS], like[SHIFTS], slope, best_slope = 0.0f;
    uint32_t best = 0;
    const float pitch = module / (float)FINE, from = *s - module + pitch / 2.0f - (float)FINE * pitch;
    for (uint32_t i = 0; i < f->look.n + SHIFTS - 1; i++)
        light[i] = bc_view_at(f->view, from + (float)i * pitch, t);
    for (uint32_t i = 0; i < SHIFTS; i++) {
        like[i] = likeness(&f->look, light + i, &slope);
        if (i == 0 || like[i] > like[best]) {
            best = i;
            best_slope = slope;
        }
    }
    if (like[best] < LIKE_LEAST)
        return false;
    float part = 0.0f;
    if (best > 0 && best + 1 < SHIFTS) {
        const float bend = like[best - 1] + like[best + 1] - 2.0f * like[best];
        part = bend < 0.0f ? 0.5f * (like[best - 1] - like[best + 1]) / bend : 0.0f;
    }
    *s += ((float)best + part - (float)FINE) * pitch;
    f->contrast += best_slope;
    f->seen++;
    for (uint32_t i = 0; i < f->look.n / FINE; i++)
        f->light[i] += light[best + i * FINE + FINE / 2];
    return true;
}

static void note(bc_seen *seen, size_t *n, float t, float s)
{
    if (*n < BC_TRACE_MAX)
        seen[(*n)++] = (bc_seen){t, s};
}

/* Follows the guard to one side; the last t where it was there. */
static float follow(follower *f, float side, float module, bc_trace *trace)
{
    float s = 0.0f, drift = 0.0f, last = 0.0f;
    uint32_t seen = 0, missed = 0;
    for (uint32_t step = side > 0.0f ? 0u : 1u; step < STEPS_MAX; step++) {
        const float t = side * (float)step;
        float found = s += drift;
        if (!look(f, t, module, &found)) {
            missed++;
            if (missed > MISSES_LEAST && missed > seen / 3)
                break;
            continue;
        }
        missed = 0;
        seen++;
        last = t;
        drift += 0.02f * (found - s);
        s += DRIFT_SHARE * (found - s);
        f->view->scene.contrast = f->contrast / (float)f->seen;
        float left, right, inner;
        const bool on_left = bc_view_edge(f->view, found, t, module, &left);
        const bool on_right = bc_view_edge(f->view, found + 17.0f * module, t, module, &right);
        const float second = (float)(guards[f->look.stop].width[0] + 1u);
        if (bc_view_edge(f->view, found + second * module, t, module, &inner))
            note(trace->inner, &trace->inner_n, t, inner);
        if (on_left)
            note(trace->left, &trace->left_n, t, left);
        if (on_right)
            note(trace->right, &trace->right_n, t, right);
        if (on_left && on_right)
            module += 0.1f * ((right - left) / 17.0f - module);
    }
    return last;
}

/* How much narrow bars and spaces lost against wide ones: a quarter of it comes from each neighbour. */
static float blur_of(const follower *f)
{
    const float *light = f->light + 1; /* of the pattern's modules */
    const float wide = f->look.stop ? light[10] - (light[2] + light[3]) / 2.0f
                                    : light[15] - (light[3] + light[4]) / 2.0f;
    const float narrow = f->look.stop ? light[13] - (light[12] + light[14]) / 2.0f
                                      : (light[10] + light[12]) / 2.0f - (light[9] + light[11] + light[13]) / 3.0f;
    const float blur = wide > 1.0f ? (1.0f - narrow / wide) / 4.0f : 0.1f;
    return blur < 0.02f ? 0.02f : (blur > 0.23f ? 0.23f : blur);
}

/*
 * How much wider the next symbol character is in reading direction, or before
 * it for a stop pattern: places within the guard are a u + b u^2, and its second
 * bar, 9 or 8 modules from the first, tells b.
 */
static float growth_of(const bc_trace *trace, bool stop)
{
    const float second = (float)(guards[stop].width[0] + 1u), middle = (trace->low + trace->high) / 2.0f;
    const float left = bc_curve_at(&trace->left_curve, middle);
    const float width = bc_curve_at(&trace->right_curve, middle) - left;
    bc_curve inner;
    for (uint32_t i = 0; i < 3; i++)
        inner.c[i] = trace->left_curve.c[i] + second / 17.0f * (trace->right_curve.c[i] - trace->left_curve.c[i]);
    if (bc_curve_fit(&inner, trace->inner, trace->inner_n, 2, width / 17.0f) == 0)
        return 0.0f;
    const float bend = (second * width / 17.0f - (bc_curve_at(&inner, middle) - left)) / (second * (17.0f - second));
    const float growth = (stop ? -578.0f : 578.0f) * bend, most = 0.15f * width;
    return growth > most ? most : (growth < -most ? -most : growth);
}

bool bc_guard_trace(bc_view *view, const bc_guard *guard, bc_trace *trace)
{
    follower f = {.view = view};
    const float module = guard->module;
    make_template(guard->stop, &f.look);
    trace->left_n = trace->right_n = trace->inner_n = 0;
    trace->high = follow(&f, 1.0f, module, trace);
    trace->low = follow(&f, -1.0f, module, trace);
    trace->seen = f.seen;
    if (f.seen < SEEN_LEAST || (float)f.seen < 0.4f * (trace->high - trace->low))
        return false;
    trace->blur = blur_of(&f);
    trace->left_curve = (bc_curve){{0.0f, 0.0f, 0.0f}};
    trace->right_curve = (bc_curve){{17.0f * module, 0.0f, 0.0f}};
    bc_seen *const side[2] = {trace->left, trace->right};
    const size_t n[2] = {trace->left_n, trace->right_n};
    bc_curve *const curve[2] = {&trace->left_curve, &trace->right_curve};
    for (uint32_t i = 0; i < 2; i++)
        if (bc_curve_fit(curve[i], side[i], n[i], 2, 0.4f * (trace->high - trace->low) + 2.0f * module) == 0 ||
            bc_curve_fit(curve[i], side[i], n[i], 3, 1.2f * module) == 0)
            return false;
    trace->growth = growth_of(trace, guard->stop);
    return true;
}
