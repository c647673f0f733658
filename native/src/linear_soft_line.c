/* Samples made ready for the soft reader: see linear_soft_line.h. */
#include "linear_soft_line.h"

#define WINDOWS_MAX 12u       /* stretches that have their own white and black */
#define ELEMENTS_A_WINDOW 16u /* so many elements, and a wide one of each colour is likely to be among them */
#define CONTRAST_MIN 0.02f    /* of the brightest: less is no print */

/* White or black along the symbol: straight lines between the extremes of its windows. */
typedef struct {
    size_t n;
    float at[WINDOWS_MAX], level[WINDOWS_MAX];
} levels;

static size_t to_index(float at, size_t n)
{
    return at > 0.0f ? (at < (float)n ? (size_t)at : n) : 0;
}

/* Extremes that differ by `least` or more from the one before, in [first, last). */
static uint32_t count_extremes(const uint16_t *level, size_t first, size_t last, float least)
{
    uint32_t n = 0;
    float low = (float)level[first], high = low;
    bool falling = true; /* a bar comes first */
    for (size_t i = first; i < last; i++) {
        const float v = (float)level[i];
        low = v < low ? v : low;
        high = v > high ? v : high;
        if (falling && v > low + least) {
            n++;
            falling = false;
            high = v;
        } else if (!falling && v < high - least) {
            n++;
            falling = true;
            low = v;
        }
    }
    return n;
}

/* The brightest and the darkest sample of each of n windows over [first, last). */
static void window_levels(const bc_soft_line *line, size_t first, size_t last, size_t n, levels *white, levels *black)
{
    white->n = black->n = n;
    for (size_t w = 0; w < n; w++) {
        const size_t from = first + (last - first) * w / n, to = first + (last - first) * (w + 1) / n;
        size_t low = from, high = from;
        for (size_t i = from; i < to; i++) {
            low = line->level[i] < line->level[low] ? i : low;
            high = line->level[i] > line->level[high] ? i : high;
        }
        white->at[w] = (float)high;
        white->level[w] = (float)line->level[high];
        black->at[w] = (float)low;
        black->level[w] = (float)line->level[low];
    }
}

static float level_at(const levels *found, float at)
{
    size_t w = 0;
    while (w < found->n && found->at[w] < at)
        w++;
    if (w == 0 || w == found->n)
        return found->level[w == 0 ? 0 : w - 1];
    const float part = (at - found->at[w - 1]) / (found->at[w] - found->at[w - 1] + 0.001f);
    return found->level[w - 1] + part * (found->level[w] - found->level[w - 1]);
}

static void normalise(bc_soft_dark *out, const bc_soft_line *line, const levels *whites, const levels *blacks,
                      float least)
{
    out->sum[0] = 0.0f;
    for (size_t i = 0; i < line->n; i++) {
        const float white = level_at(whites, (float)i), black = level_at(blacks, (float)i);
        const float swing = white - black > least ? white - black : least;
        const float dark = (white - (float)line->level[i]) / swing;
        out->dark[i] = dark > -0.5f ? (dark < 1.5f ? dark : 1.5f) : -0.5f;
        out->sum[i + 1] = out->sum[i] + out->dark[i];
    }
}

static size_t onward(const bc_soft_line *line, size_t i, ptrdiff_t by)
{
    if (by < 0)
        return i > 0 ? i - 1 : 0;
    return i + 1 < line->n ? i + 1 : i;
}

/*
 * Where the outermost edge is, going from sample `i` in direction `by`: halfway
 * from the quiet zone's brightest to the first dark extreme that is `least`
 * below it.  The quiet zone may grow darker along the way, so its end counts.
 * A negative number when there is none.
 */
static float outer_edge(const bc_soft_line *line, size_t i, ptrdiff_t by, float least)
{
    float quiet = (float)line->level[i];
    size_t at = i;
    for (size_t steps = 0; steps < line->n; steps++) {
        const float level = (float)line->level[at], next = (float)line->level[onward(line, at, by)];
        if (level <= quiet - least && next >= level)
            break;
        /* After the light, slowly: a quarter of the way with each sample. */
        quiet = level > quiet ? level : quiet - level < 0.3f * least ? quiet + 0.25f * (level - quiet) : quiet;
        at = onward(line, at, by);
    }
    const float dark = (float)line->level[at], half = 0.5f * (quiet + dark);
    if (dark > quiet - least)
        return -1.0f;
    while (at != i && (float)line->level[at] < half)
        at = onward(line, at, -by);
    const float here = (float)line->level[at], there = (float)line->level[onward(line, at, by)];
    const float part = here - there > 0.5f ? (here - half) / (here - there) : 0.5f;
    return (float)at + 0.5f + (float)by * part;
}

size_t bc_soft_dark_workspace(void)
{
    return bc_arena_cost(BC_SOFT_SAMPLES_MAX, sizeof(float)) + bc_arena_cost(BC_SOFT_SAMPLES_MAX + 1, sizeof(float));
}

bool bc_soft_dark_make(bc_soft_dark *out, const bc_soft_line *line, bc_arena *arena)
{
    if (line->n < 16 || line->n > BC_SOFT_SAMPLES_MAX || !(line->from >= 0.0f) || !(line->to <= (float)line->n) ||
        !(line->to - line->from > 16.0f))
        return false;
    const size_t first = to_index(line->from, line->n), last = to_index(line->to, line->n);
    levels white, black;
    window_levels(line, first, last, 1, &white, &black);
    const float swing = white.level[0] - black.level[0];
    if (swing < CONTRAST_MIN * white.level[0] || swing < 1.0f)
        return false;
    out->n = line->n;
    out->elements = count_extremes(line->level, first, last, 0.1f * swing);
    const size_t windows = out->elements / ELEMENTS_A_WINDOW + 1;
    window_levels(line, first, last, windows < WINDOWS_MAX ? windows : WINDOWS_MAX, &white, &black);
    out->dark = bc_arena_take(arena, line->n, sizeof(float));
    out->sum = bc_arena_take(arena, line->n + 1, sizeof(float));
    if (out->dark == NULL || out->sum == NULL)
        return false;
    normalise(out, line, &white, &black, 0.1f * swing);
    const size_t margin = 3; /* samples that the caller may be off */
    out->from = outer_edge(line, first > margin ? first - margin : 0, 1, 0.25f * swing);
    out->to = outer_edge(line, last + margin < line->n ? last + margin : line->n - 1, -1, 0.25f * swing);
    return out->from >= 0.0f && out->to > out->from + 16.0f;
}

/* Integral of darkness from the line's beginning to `at`; the border goes on outside. */
static float integral(const bc_soft_dark *dark, float at)
{
    if (at <= 0.0f)
        return at * dark->dark[0];
    if (at >= (float)dark->n)
        return dark->sum[dark->n] + (at - (float)dark->n) * dark->dark[dark->n - 1];
    const size_t i = (size_t)at;
    return i < dark->n ? dark->sum[i] + (at - (float)i) * dark->dark[i] : dark->sum[dark->n];
}

void bc_soft_grid_make(bc_soft_grid *grid, const bc_soft_dark *dark, float modules, bool reversed)
{
    const float pitch = (dark->to - dark->from) / (modules * BC_SOFT_PER_MODULE);
    /* A mean over less than a sample would be a step: it is taken over a whole one. */
    const float half = 0.5f * (pitch > 1.0f ? pitch : 1.0f);
    const float length = (modules + 2.0f * BC_SOFT_AHEAD) * BC_SOFT_PER_MODULE;
    grid->n = length < (float)BC_SOFT_GRID ? (int32_t)length : BC_SOFT_GRID;
    for (int32_t i = 0; i < grid->n; i++) {
        const float along = ((float)(i - BC_SOFT_AHEAD * BC_SOFT_PER_MODULE) + 0.5f) * pitch;
        const float at = reversed ? dark->to - along : dark->from + along;
        grid->dark[i] = (integral(dark, at + half) - integral(dark, at - half)) / (2.0f * half);
    }
}
