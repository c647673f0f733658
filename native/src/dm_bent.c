#include "dm_bent.h"

#include "geometry.h"

#include <string.h> /* memmove */

#define SAMPLES_MAX 256u /* along a side: 2.7 a module of the longest */
#define STEP_PX 0.5f

/* Places inside the side's line where its modules are looked for, shares of its length: half a module, about. */
static const float inset_share[] = {0.01f, 0.02f, 0.035f};
#define INSETS (sizeof inset_share / sizeof inset_share[0])

#define MODULE_LEAST 2.0f /* px along a side, in the mean: smaller dots cannot be followed one by one */
#define SWING 0.2f       /* of the range of greys along the side, by which dark and light differ at least */
#define RUN_OF_THREE 2.0f /* runs of so many usual ones are three modules */
#define RUN_MOST 4.0f
#define LOST_MOST 2u     /* modules of a side that may be filled or worn */
#define DOTS_LEAST 5u    /* dark ones: 10 modules */
#define STEPS_ALIKE 1.5f /* a step from one dark module to the next against the one before, at most */
#define STEPS_RANGE 2.5f /* the longest step of a side against the shortest, at most */
#define END_OFF 0.35f    /* of a step, what the first and the last dark module may be off the side's ends */

/* Weight of a module's middle on a dotted side, and of the same on the solid side opposite, against a border side. */
#define WEIGHT_DOT 1.0f
#define WEIGHT_OPPOSITE 0.5f
#define NEAR 0.3f /* modules from where the weight of a side falls off */
#define KNOTS 5u
#define ROUNDS 3u

static float distance(bc_point a, bc_point b)
{
    return bc_sqrt((b.x - a.x) * (b.x - a.x) + (b.y - a.y) * (b.y - a.y));
}

/* Grey levels along a side, dark on light. */
typedef struct {
    float level[SAMPLES_MAX];
    uint32_t n;
    float step, range; /* px; darkest to lightest */
} profile;

static void take_profile(const bc_scene *scene, bc_point from, bc_point along, float length, profile *p)
{
    float low = 1e9f, high = -1e9f;
    p->step = length > STEP_PX * (float)(SAMPLES_MAX - 1) ? length / (float)(SAMPLES_MAX - 1) : STEP_PX;
    p->n = (uint32_t)(length / p->step) + 1;
    p->n = p->n < SAMPLES_MAX ? p->n : SAMPLES_MAX;
    for (uint32_t i = 0; i < p->n; i++) {
        const float s = (float)i * p->step;
        p->level[i] = bc_scene_at(scene, (bc_point){from.x + s * along.x, from.y + s * along.y});
        low = p->level[i] < low ? p->level[i] : low;
        high = p->level[i] > high ? p->level[i] : high;
    }
    p->range = high - low;
}

/* Where the level between samples i and j, an extreme each, is halfway. */
static float halfway(const profile *p, uint32_t i, uint32_t j)
{
    const float level = 0.5f * (p->level[i] + p->level[j]);
    const bool falls = p->level[j] < p->level[i];
    uint32_t k = i;
    while (k + 1 < j && (falls ? p->level[k + 1] > level : p->level[k + 1] < level))
        k++;
    const float d = p->level[k + 1] - p->level[k];
    return ((float)k + (bc_abs(d) > 0.0f ? (level - p->level[k]) / d : 0.5f)) * p->step;
}

/*
 * The edges between dark and light in turn, px from the beginning: between each
 * extreme and the next one that differs enough.  How many; 0 for too many.
 */
static uint32_t find_edges(const profile *p, float edge[BC_DM_DOTS_MAX])
{
    const float least = SWING * p->range;
    uint32_t n = 0, last = 0, at = 0; /* the extreme before, and the farthest from it since */
    bool dark = true, begun = false;  /* what is looked for now: the end of a solid side is dark */
    for (uint32_t i = 0; i < p->n; i++) {
        const float beyond = dark ? p->level[i] - p->level[at] : p->level[at] - p->level[i];
        if (beyond <= 0.0f) {
            at = i;
        } else if (beyond >= least) {
            if (begun)
                edge[n++] = halfway(p, last, at);
            if (n == BC_DM_DOTS_MAX)
                return 0;
            begun = true;
            last = at;
            at = i;
            dark = !dark;
        }
    }
    if (begun && n < BC_DM_DOTS_MAX)
        edge[n++] = halfway(p, last, at);
    return dark ? 0 : n; /* the last module is light */
}

/* The run between edges that as many are shorter than as are longer. */
static float median_run(const float *edge, uint32_t n)
{
    float run[BC_DM_DOTS_MAX];
    for (uint32_t i = 0; i < n; i++) {
        const float here = edge[i] - (i > 0 ? edge[i - 1] : 0.0f);
        uint32_t at = i;
        for (; at > 0 && run[at - 1] > here; at--)
            run[at] = run[at - 1];
        run[at] = here;
    }
    return run[n / 2];
}

/*
 * Puts the edges in that are lost where a module between two like it is filled or
 * worn: a run of about three modules is three.  How many edges; 0 where that does
 * not explain the runs.
 */
static uint32_t split_runs(float edge[BC_DM_DOTS_MAX], uint32_t n)
{
    const float usual = median_run(edge, n);
    uint32_t lost = 0;
    for (uint32_t i = 0; i < n; i++) {
        const float begin = i > 0 ? edge[i - 1] : 0.0f, run = edge[i] - begin;
        if (run < RUN_OF_THREE * usual)
            continue;
        if (run > RUN_MOST * usual || ++lost > LOST_MOST || n + 2 > BC_DM_DOTS_MAX)
            return 0;
        memmove(edge + i + 2, edge + i, (n - i) * sizeof *edge);
        edge[i] = begin + run / 3.0f;
        edge[i + 1] = begin + run * (2.0f / 3.0f);
        n += 2;
        i += 2;
    }
    return n;
}

/* Whether the dark modules follow each other in steps about alike, from one end of the side to the other. */
static bool regular(const bc_dm_dots *d, float length)
{
    float before = d->middle[2] - d->middle[0], least = before, most = before;
    if (bc_abs(d->middle[0] - 0.25f * before) > END_OFF * before)
        return false;
    for (uint32_t i = 2; i + 2 < d->n; i += 2) {
        const float step = d->middle[i + 2] - d->middle[i];
        if (step > STEPS_ALIKE * before || before > STEPS_ALIKE * step)
            return false;
        least = step < least ? step : least;
        most = step > most ? step : most;
        before = step;
    }
    return most < STEPS_RANGE * least && bc_abs(length - d->middle[d->n - 2] - 0.75f * before) < END_OFF * before;
}

/* The modules between edges, the first of which ends dark; whether they may be those of a side. */
static bool take_modules(const float *edge, uint32_t n, float length, bc_dm_dots *d)
{
    d->n = n + 1;
    if (d->n < 2 * DOTS_LEAST || d->n % 2 == 1)
        return false;
    d->middle[0] = 0.5f * edge[0];
    for (uint32_t i = 1; i < n; i++)
        d->middle[i] = 0.5f * (edge[i - 1] + edge[i]);
    d->middle[n] = d->middle[n - 1] + 0.5f * (d->middle[n - 1] - d->middle[n - 3]);
    return regular(d, length);
}

bool bc_dm_follow(const bc_scene *scene, bc_point a, bc_point b, bc_point inside, bc_dm_dots *dots)
{
    profile p;
    float edge[BC_DM_DOTS_MAX];
    const float length = distance(a, b), cross = (b.x - a.x) * (inside.y - a.y) - (b.y - a.y) * (inside.x - a.x);
    if (!(length > MODULE_LEAST * 2.0f * (float)DOTS_LEAST))
        return false;
    dots->along = (bc_point){(b.x - a.x) / length, (b.y - a.y) / length};
    const float sign = cross > 0.0f ? 1.0f : -1.0f, nx = -sign * dots->along.y, ny = sign * dots->along.x;
    float before = 0.0f;
    for (size_t i = 0; i < INSETS; i++) {
        const float inset = bc_clamp(inset_share[i] * length, 0.7f, 4.0f);
        if (!(inset > before))
            continue;
        dots->from = (bc_point){a.x + inset * nx, a.y + inset * ny};
        take_profile(scene, dots->from, dots->along, length, &p);
        const uint32_t seen = find_edges(&p, edge), n = seen > 0 ? split_runs(edge, seen) : 0;
        if (n > 0 && take_modules(edge, n, length, dots))
            return true;
        before = inset;
    }
    return false;
}

/* The unit vector along v. */
static bc_point unit_of(bc_point v)
{
    const float length = bc_sqrt(v.x * v.x + v.y * v.y) + 1e-6f;
    return (bc_point){v.x / length, v.y / length};
}

/*
 * The modules of a dotted side: row 0 (across), or the last column.  Opposite,
 * at the solid side, nothing shows where modules begin: what is round there is
 * round here, and columns are as far from their places in the flat grid.
 */
static void add_dots(const bc_dm_dots *dots, bool down, uint32_t columns, uint32_t rows, const bc_grid *grid,
                     bc_bend_fit *fit)
{
    for (uint32_t i = 0; i < dots->n; i++) {
        /* Along the right column from below, where its solid end is. */
        const float u = down ? (float)columns - 0.5f : (float)i + 0.5f;
        const float v = down ? (float)(rows - i) - 0.5f : 0.5f;
        const float other_u = down ? 0.5f : u, other_v = down ? v : (float)rows - 0.5f;
        const bc_point place = {dots->from.x + dots->middle[i] * dots->along.x,
                                dots->from.y + dots->middle[i] * dots->along.y};
        const bc_spot here = bc_grid_spot(grid, u, v), there = bc_grid_spot(grid, other_u, other_v);
        const bc_point step = down ? here.dv : here.du, other = down ? there.dv : there.du;
        const float off = ((place.x - here.at.x) * step.x + (place.y - here.at.y) * step.y) /
                          (step.x * step.x + step.y * step.y + 1e-6f);
        const bc_point far = {there.at.x + off * other.x, there.at.y + off * other.y};
        bc_bend_line(fit, grid, u, v, place, unit_of(step), WEIGHT_DOT);
        bc_bend_line(fit, grid, other_u, other_v, far, unit_of(other), WEIGHT_OPPOSITE);
    }
}

/* The border's sides where they are seen; how many, and how far off they are. */
static void add_sides(const bc_scene *scene, const bc_side *side, size_t n, const bc_grid *grid, bc_bend_fit *fit,
                      bc_fitness *fitness)
{
    size_t seen = 0;
    float off = 0.0f;
    for (size_t i = 0; i < n; i++) {
        const float u = 0.5f * (float)side[i].u2, v = 0.5f * (float)side[i].v2;
        bc_point place, normal;
        float shift;
        if (!bc_measure(scene, grid, u, v, side[i].upright, side[i].dark_first, &place, &normal, &shift))
            continue;
        const float far = shift / NEAR;
        bc_bend_line(fit, grid, u, v, place, normal, 1.0f / (1.0f + far * far));
        off += bc_abs(shift);
        seen++;
    }
    *fitness = (bc_fitness){seen, seen > 0 ? off / (float)seen : 1.0f};
}

bool bc_dm_bend(const bc_scene *scene, const bc_dm_dots *top, const bc_dm_dots *right, const bc_side *side, size_t n,
                bc_bend_fit *fit, bc_grid *grid, bc_fitness *fitness)
{
    const bc_grid flat = *grid;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        bc_bend_begin(fit, KNOTS);
        add_dots(top, false, top->n, right->n, &flat, fit);
        add_dots(right, true, top->n, right->n, &flat, fit);
        if (round > 0)
            add_sides(scene, side, n, grid, fit, fitness);
        if (!bc_bend_solve(fit, grid))
            return false;
    }
    return true;
}
