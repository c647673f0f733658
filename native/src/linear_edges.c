/*
 * From grey levels to elements.  The profile is a row of hills and valleys;
 * those that stand out from their neighbours by a share of the local contrast
 * are elements, and the edge between two of them is put to a fraction of a
 * sample where the middle of black and white is crossed.
 */
#include "linear_profile.h"

#define LEAST_SWING (5 * (int32_t)BC_LEVEL_ONE) /* grey levels under which nothing is an edge: noise of a good camera */
#define GLOBAL_SHARE 12  /* of the whole line's swing, one part in so many is the least that counts */
#define NEIGHBOURS 4     /* extremes to either side that local black and white are taken from */
#define CLAMP 5          /* of the way between two extremes, in 1/16, that a crossing keeps from both */

/* The samples that edges are looked for in: the profile's own, or sharpened ones. */
typedef struct {
    const uint16_t *level;
    uint32_t n;
} bc_samples;

static void block_ranges(const bc_samples *samples, bc_edge_scratch *scratch, uint32_t blocks)
{
    for (uint32_t block = 0; block < blocks; block++) {
        const uint32_t begin = block * BC_ENVELOPE_BLOCK;
        const uint32_t end = begin + BC_ENVELOPE_BLOCK < samples->n ? begin + BC_ENVELOPE_BLOCK : samples->n;
        uint16_t low = UINT16_MAX, high = 0;
        for (uint32_t i = begin; i < end; i++) {
            low = samples->level[i] < low ? samples->level[i] : low;
            high = samples->level[i] > high ? samples->level[i] : high;
        }
        scratch->block_low[block] = low;
        scratch->block_high[block] = high;
    }
}

/* The swing that counts in each block: a share of what the block and its neighbours span. */
static void least_swings(const bc_samples *samples, int32_t least, bc_edge_scratch *scratch)
{
    const uint32_t blocks = (samples->n + BC_ENVELOPE_BLOCK - 1) / BC_ENVELOPE_BLOCK;
    block_ranges(samples, scratch, blocks);
    int32_t lowest = INT32_MAX, highest = 0;
    for (uint32_t i = 0; i < blocks; i++) {
        lowest = scratch->block_low[i] < lowest ? scratch->block_low[i] : lowest;
        highest = scratch->block_high[i] > highest ? scratch->block_high[i] : highest;
    }
    const int32_t global = (highest - lowest) / GLOBAL_SHARE;
    const int32_t floor = global > LEAST_SWING ? global : LEAST_SWING;
    for (uint32_t i = 0; i < blocks; i++) {
        const uint32_t before = i > 0 ? i - 1 : 0, after = i + 1 < blocks ? i + 1 : i;
        int32_t low = scratch->block_low[before], high = scratch->block_high[before];
        for (uint32_t j = before + 1; j <= after; j++) {
            low = scratch->block_low[j] < low ? scratch->block_low[j] : low;
            high = scratch->block_high[j] > high ? scratch->block_high[j] : high;
        }
        const int32_t swing = (high - low) * least / 256;
        scratch->swing[i] = swing > floor ? swing : floor;
    }
}

/* A walk over the samples, block by block since the swing that counts is a block's. */
typedef struct {
    const bc_samples *samples;
    const bc_edge_scratch *scratch;
    uint32_t i;         /* sample looked at next */
} bc_level_walk;

/* One past the last sample of the block. */
static uint32_t block_end(const bc_level_walk *walk)
{
    const uint32_t end = (walk->i / BC_ENVELOPE_BLOCK + 1) * BC_ENVELOPE_BLOCK;
    return end < walk->samples->n ? end : walk->samples->n;
}

/* Up to where the profile has fallen from a hill by the swing; *high is the hill, walk->i the place, n for none. */
static void climb(bc_level_walk *walk, bc_extreme *high)
{
    while (walk->i < walk->samples->n) {
        const int32_t swing = walk->scratch->swing[walk->i / BC_ENVELOPE_BLOCK];
        for (const uint32_t end = block_end(walk); walk->i < end; walk->i++) {
            const int32_t level = walk->samples->level[walk->i];
            if (level > high->level)
                *high = (bc_extreme){walk->i, level};
            else if (level <= high->level - swing)
                return;
        }
    }
}

/* The same down into a valley. */
static void descend(bc_level_walk *walk, bc_extreme *low)
{
    while (walk->i < walk->samples->n) {
        const int32_t swing = walk->scratch->swing[walk->i / BC_ENVELOPE_BLOCK];
        for (const uint32_t end = block_end(walk); walk->i < end; walk->i++) {
            const int32_t level = walk->samples->level[walk->i];
            if (level < low->level)
                *low = (bc_extreme){walk->i, level};
            else if (level >= low->level + swing)
                return;
        }
    }
}

/* From the beginning to where the profile has left its first extreme; 1 when it rises there, -1 when it falls. */
static int find_first(bc_level_walk *walk, bc_extreme *first)
{
    bc_extreme low = {0, walk->samples->level[0]}, high = low;
    for (walk->i = 1; walk->i < walk->samples->n; walk->i++) {
        const int32_t level = walk->samples->level[walk->i];
        const int32_t swing = walk->scratch->swing[walk->i / BC_ENVELOPE_BLOCK];
        high = level > high.level ? (bc_extreme){walk->i, level} : high;
        low = level < low.level ? (bc_extreme){walk->i, level} : low;
        if (level <= high.level - swing) {
            *first = high;
            return -1;
        }
        if (level >= low.level + swing) {
            *first = low;
            return 1;
        }
    }
    return 0;
}

/* The extremes, light and dark in turn; how many. */
static size_t find_extremes(const bc_samples *samples, bc_edge_scratch *scratch)
{
    bc_level_walk walk = {samples, scratch, 0};
    int rising = find_first(&walk, &scratch->extreme[0]);
    size_t n = rising != 0;
    while (n > 0 && walk.i < samples->n && n < BC_ELEMENTS_MAX - 1) {
        bc_extreme *next = &scratch->extreme[n++];
        *next = (bc_extreme){walk.i, samples->level[walk.i]};
        if (n == BC_ELEMENTS_MAX - 1)
            break; /* the rest is cut off */
        if (rising > 0)
            climb(&walk, next);
        else
            descend(&walk, next);
        rising = -rising;
    }
    return n;
}

/*
 * The middle of black and white around the edge after extreme i.  Extremes are
 * light and dark in turn: the darkest is among every second one.
 */
static int32_t local_middle(const bc_extreme *extreme, size_t n, size_t i)
{
    const size_t begin = i > NEIGHBOURS ? i - NEIGHBOURS : 0;
    const size_t end = i + 2 + NEIGHBOURS < n ? i + 2 + NEIGHBOURS : n;
    const size_t dark = begin + (extreme[begin].level > extreme[begin + 1].level), light = 2 * begin + 1 - dark;
    int32_t low = INT32_MAX, high = 0;
    for (size_t j = dark; j < end; j += 2)
        low = extreme[j].level < low ? extreme[j].level : low;
    for (size_t j = light; j < end; j += 2)
        high = extreme[j].level > high ? extreme[j].level : high;
    return (low + high) / 2;
}

/* Where the profile first crosses a level between two extremes. */
static int32_t crossing(const bc_samples *samples, const bc_extreme *a, const bc_extreme *b, int32_t level)
{
    const bool falls = a->level > b->level;
    uint32_t i = a->at;
    while (i + 1 < b->at && (falls ? samples->level[i + 1] > level : samples->level[i + 1] < level))
        i++;
    const int32_t here = samples->level[i], next = samples->level[i + 1];
    const int32_t rise = next - here;
    int32_t part = rise != 0 ? (level - here) * BC_BOUND_ONE / rise : BC_BOUND_ONE / 2;
    part = part < 0 ? 0 : (part > BC_BOUND_ONE ? BC_BOUND_ONE : part);
    return (int32_t)i * BC_BOUND_ONE + part;
}

/*
 * Where the edge after extreme i is: at the middle of the local black and
 * white, which is exact when elements reach both, and in any case well between
 * the two extremes, which narrow blurred elements do not leave much room for.
 */
static int32_t edge_after(const bc_samples *samples, const bc_extreme *extreme, size_t n, size_t i)
{
    const bc_extreme *a = &extreme[i], *b = &extreme[i + 1];
    const int32_t low = a->level < b->level ? a->level : b->level;
    const int32_t high = a->level < b->level ? b->level : a->level;
    const int32_t margin = (high - low) * CLAMP / 16, middle = local_middle(extreme, n, i);
    const int32_t level = middle < low + margin ? low + margin : (middle > high - margin ? high - margin : middle);
    return crossing(samples, a, b, level);
}

static void add_bound(bc_line *line, int32_t at)
{
    const int32_t last = line->bound[line->n];
    at = at > last ? at : last;
    const int32_t one = BC_BOUND_ONE / (int32_t)BC_WIDTH_ONE;
    const int32_t width = (at + BC_BOUND_ONE) / one - (last + BC_BOUND_ONE) / one;
    line->width[line->n] = width > UINT16_MAX ? UINT16_MAX : (uint16_t)width;
    line->bound[++line->n] = at;
}

/* A sample less a share of the bend there: 16 bits each, so that compilers make eight at once. */
static inline uint16_t sharpened(int32_t before, int32_t here, int32_t after, int16_t share)
{
    const int32_t most = 255 * (int32_t)BC_LEVEL_ONE;
    const int16_t bend = (int16_t)(2 * here - before - after); /* of levels of 14 bits */
    const int32_t level = here + bend * share / 16;
    return (uint16_t)(level < 0 ? 0 : (level > most ? most : level));
}

/*
 * Takes a share of the bend off every sample: what blur took from narrow
 * elements more than from wide ones comes back, and the noise grows with it.
 * The bend is taken over half a narrow element, as far as samples are close
 * enough.
 */
static void sharpen(const bc_profile *profile, int16_t share, uint16_t *restrict out)
{
    const uint16_t *level = profile->level;
    const uint32_t last = profile->n - 1;
    for (uint32_t i = 1; i < last; i++)
        out[i] = sharpened(level[i - 1], level[i], level[i + 1], share);
    out[0] = sharpened(level[0], level[0], level[last > 0], share);
    out[last] = sharpened(level[last > 0 ? last - 1 : 0], level[last], level[last], share);
}

static bc_samples samples_of(const bc_profile *profile, const bc_edge_try *try, bc_edge_scratch *scratch)
{
    if (try->sharpen == 0)
        return (bc_samples){profile->level, profile->n};
    sharpen(profile, (int16_t)try->sharpen, scratch->sharp);
    return (bc_samples){scratch->sharp, profile->n};
}

void bc_profile_elements(const bc_profile *profile, const bc_edge_try *try, bc_edge_scratch *scratch, bc_line *line)
{
    const bc_samples samples = samples_of(profile, try, scratch);
    least_swings(&samples, try->least, scratch);
    const size_t n = find_extremes(&samples, scratch);
    line->n = 0;
    line->bound[0] = -BC_BOUND_ONE / 2; /* a sample is as wide as the pitch */
    line->cut[0] = profile->cut[0];
    line->cut[1] = profile->cut[1];
    if (n > 1 && scratch->extreme[0].level < scratch->extreme[1].level)
        add_bound(line, line->bound[0]); /* begins dark */
    for (size_t i = 0; i + 1 < n; i++)
        add_bound(line, edge_after(&samples, scratch->extreme, n, i));
    add_bound(line, (int32_t)(profile->n - 1) * BC_BOUND_ONE + BC_BOUND_ONE / 2);
    if (line->n % 2 == 0)
        add_bound(line, line->bound[line->n]); /* ends dark */
}
