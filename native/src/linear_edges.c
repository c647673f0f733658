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

/* The extremes, light and dark in turn; how many. */
static size_t find_extremes(const bc_samples *samples, bc_edge_scratch *scratch)
{
    bc_extreme low = {0, samples->level[0]}, high = low;
    int rising = 0; /* 1 towards a hill, -1 towards a valley, 0 not known yet */
    size_t n = 0;
    for (uint32_t i = 1; i < samples->n && n < BC_ELEMENTS_MAX - 2; i++) {
        const int32_t level = samples->level[i], swing = scratch->swing[i / BC_ENVELOPE_BLOCK];
        if (level > high.level)
            high = (bc_extreme){i, level};
        if (level < low.level)
            low = (bc_extreme){i, level};
        if (rising >= 0 && level <= high.level - swing) {
            scratch->extreme[n++] = high;
            low = (bc_extreme){i, level};
            rising = -1;
        } else if (rising <= 0 && level >= low.level + swing) {
            scratch->extreme[n++] = low;
            high = (bc_extreme){i, level};
            rising = 1;
        }
    }
    if (rising != 0)
        scratch->extreme[n++] = rising > 0 ? high : low;
    return n;
}

/* The middle of black and white around the edge after extreme i. */
static int32_t local_middle(const bc_extreme *extreme, size_t n, size_t i)
{
    const size_t begin = i > NEIGHBOURS ? i - NEIGHBOURS : 0;
    const size_t end = i + 2 + NEIGHBOURS < n ? i + 2 + NEIGHBOURS : n;
    int32_t low = INT32_MAX, high = 0;
    for (size_t j = begin; j < end; j++) {
        low = extreme[j].level < low ? extreme[j].level : low;
        high = extreme[j].level > high ? extreme[j].level : high;
    }
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

/*
 * Takes a share of the bend off every sample: what blur took from narrow
 * elements more than from wide ones comes back, and the noise grows with it.
 * The bend is taken over half a narrow element, as far as samples are close
 * enough.
 */
static void sharpen(const bc_profile *profile, uint32_t reach, int32_t share, uint16_t *out)
{
    const int32_t most = 255 * (int32_t)BC_LEVEL_ONE;
    for (uint32_t i = 0; i < profile->n; i++) {
        const int32_t here = profile->level[i];
        const int32_t before = profile->level[i >= reach ? i - reach : 0];
        const int32_t after = profile->level[i + reach < profile->n ? i + reach : profile->n - 1];
        const int32_t level = here + (2 * here - before - after) * share / 16;
        out[i] = (uint16_t)(level < 0 ? 0 : (level > most ? most : level));
    }
}

static bc_samples samples_of(const bc_profile *profile, const bc_edge_try *try, bc_edge_scratch *scratch)
{
    if (try->sharpen == 0)
        return (bc_samples){profile->level, profile->n};
    sharpen(profile, 1, try->sharpen, scratch->sharp);
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
