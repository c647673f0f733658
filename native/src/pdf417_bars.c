#include "pdf417_bars.h"

#include "scene.h" /* bc_grey_quick */

#include <string.h> /* memcpy, memset */

/* A call would keep a loop from being vectorised. */
#define INLINE static inline __attribute__((always_inline))

#define LINES 3u           /* parallel, a px apart */
#define MARGIN_PX 2.5f     /* inside of the image, from which on samples are quick */
#define BORDER 8u          /* samples beyond that which are looked at */
#define FIXED_ONE 65536.0f /* of bc_walk */
#define BLOCK 16u
#define LEAST_SWING 6.0f /* grey levels */
#define SWING_SHARE 0.2f /* of what the block and its neighbours span */
#define MODULE_LEAST 1.2f /* px of a row's: bars that are narrower drown in noise */
#define WIDE_LEAST 3.2f  /* times the space after it that a guard's first bar is, or there is no need to look closer */
#define WIDE_PX 6.0f     /* and so many px: seven modules and more */
#define EIGHT_LEAST 1.75f /* times the first bar that the first eight elements are together: 17 modules to 8 or 7, */
#define EIGHT_MOST 3.35f  /* ... each off by as much as it may */
#define AT_ONCE 16u       /* edges that are sorted together */
#define ENERGY_LEAST 2500.0f  /* of a tile: differences of 6 grey levels all over */
#define COHERENCE_LEAST 0.5f /* share of it that is in one direction */
#define ACROSS_LEAST 0.2f    /* bars may run a little more along a line than across it */

/* One sample after the other, anywhere; beyond the image its border goes on. */
static void sample_slowly(const bc_grey *image, bc_point from, bc_point along, uint32_t begin, uint32_t end,
                          bc_bars *bars)
{
    for (uint32_t i = begin; i < end; i++) {
        const float x = from.x + (float)i * along.x, y = from.y + (float)i * along.y;
        bars->level[i] = (bc_grey_quick(image, x, y) + bc_grey_quick(image, x - along.y, y + along.x) +
                          bc_grey_quick(image, x + along.y, y - along.x)) /
                         3.0f;
    }
}

/* Whether all three lines' i-th samples lie in the image, by a margin for what walks round off. */
static bool inside(const bc_grey *image, bc_point from, bc_point along, uint32_t i)
{
    const float x = from.x + (float)i * along.x, y = from.y + (float)i * along.y;
    return x >= MARGIN_PX && y >= MARGIN_PX && x < (float)image->width - MARGIN_PX &&
           y < (float)image->height - MARGIN_PX;
}

/* What is before `begin` and from `end` on: a few samples, whose last goes on. */
static void sample_border(const bc_grey *image, bc_point from, bc_point along, uint32_t begin, uint32_t end,
                          bc_bars *bars)
{
    const uint32_t first = begin > BORDER ? begin - BORDER : 0;
    const uint32_t last = bars->n - end > BORDER ? end + BORDER : bars->n;
    sample_slowly(image, from, along, first, begin, bars);
    sample_slowly(image, from, along, end, last, bars);
    for (uint32_t i = 0; i < first; i++)
        bars->level[i] = bars->level[first];
    for (uint32_t i = last; i < bars->n; i++)
        bars->level[i] = bars->level[last - 1];
}

static void sample(const bc_kernels *kernels, const bc_grey *image, bc_point from, bc_point along, bc_bars *bars)
{
    uint32_t begin = 0, end = bars->n;
    while (begin < end && !inside(image, from, along, begin))
        begin++;
    while (end > begin && !inside(image, from, along, end - 1))
        end--;
    if (begin < end)
        sample_border(image, from, along, begin, end, bars);
    else
        sample_slowly(image, from, along, 0, bars->n, bars);
    memset(bars->sum, 0, (end - begin) * sizeof *bars->sum);
    for (uint32_t line = 0; line < LINES; line++) {
        const float away = (float)line - 1.0f;
        const float x = from.x + (float)begin * along.x - away * along.y - 0.5f;
        const float y = from.y + (float)begin * along.y + away * along.x - 0.5f;
        const bc_walk walk = {(int32_t)(x * FIXED_ONE), (int32_t)(y * FIXED_ONE), (int32_t)(along.x * FIXED_ONE),
                              (int32_t)(along.y * FIXED_ONE)};
        kernels->sample_walk(image, &walk, end - begin, bars->sum);
    }
    for (uint32_t i = begin; i < end; i++)
        bars->level[i] = (float)bars->sum[i - begin] * (1.0f / (64.0f * (float)LINES));
}

static void block_ranges(bc_bars *bars)
{
    for (uint32_t i = 0; i < bars->n; i++) {
        const uint32_t block = i / BLOCK;
        const float level = bars->level[i];
        bars->low[block] = i % BLOCK == 0 || level < bars->low[block] ? level : bars->low[block];
        bars->high[block] = i % BLOCK == 0 || level > bars->high[block] ? level : bars->high[block];
    }
}

/* The swing that counts around a sample. */
static float swing_at(const bc_bars *bars, uint32_t i)
{
    const uint32_t last = (bars->n - 1) / BLOCK, block = i / BLOCK;
    const uint32_t begin = block > 0 ? block - 1 : 0, end = block < last ? block + 1 : last;
    float low = bars->low[begin], high = bars->high[begin];
    for (uint32_t j = begin + 1; j <= end; j++) {
        low = bars->low[j] < low ? bars->low[j] : low;
        high = bars->high[j] > high ? bars->high[j] : high;
    }
    const float swing = SWING_SHARE * (high - low);
    return swing > LEAST_SWING ? swing : LEAST_SWING;
}

/* The edge between two extremes: where their middle is crossed. */
static void add_edge(bc_bars *bars, uint32_t a, uint32_t b)
{
    const float middle = (bars->level[a] + bars->level[b]) / 2.0f;
    const bool falls = bars->level[a] > bars->level[b];
    uint32_t i = a;
    while (i + 1 < b && (falls ? bars->level[i + 1] > middle : bars->level[i + 1] < middle))
        i++;
    const float rise = bars->level[i + 1] - bars->level[i];
    const float part = rise != 0.0f ? (middle - bars->level[i]) / rise : 0.5f;
    if (bars->edge_n == 0)
        bars->first_falls = falls;
    bars->edge[bars->edge_n++] = (float)i + part;
}

void bc_bars_look(const bc_kernels *kernels, const bc_grey *image, bc_point from, bc_point along, uint32_t n,
                  bc_bars *bars)
{
    bars->n = n < BC_BARS_SAMPLES ? n : BC_BARS_SAMPLES;
    bars->edge_n = 0;
    bars->tile = NULL;
    bars->first_falls = false;
    if (bars->n == 0)
        return;
    sample(kernels, image, from, along, bars);
    block_ranges(bars);
    uint32_t low = 0, high = 0, before = 0;
    int rising = 0; /* 1 towards a hill, -1 towards a valley, 0 not known yet */
    float swing = swing_at(bars, 0);
    for (uint32_t i = 1; i < bars->n && bars->edge_n < BC_BARS_EDGES; i++) {
        if (i % BLOCK == 0)
            swing = swing_at(bars, i);
        high = bars->level[i] > bars->level[high] ? i : high;
        low = bars->level[i] < bars->level[low] ? i : low;
        if (rising >= 0 && bars->level[i] <= bars->level[high] - swing) {
            if (rising > 0)
                add_edge(bars, before, high);
            before = high;
            low = i;
            rising = -1;
        } else if (rising <= 0 && bars->level[i] >= bars->level[low] + swing) {
            if (rising < 0)
                add_edge(bars, before, low);
            before = low;
            high = i;
            rising = 1;
        }
    }
    if (rising != 0 && bars->edge_n < BC_BARS_EDGES)
        add_edge(bars, before, rising > 0 ? high : low);
}

void bc_bars_on(bc_bars *bars, const bc_tiles *tiles, uint32_t line, bool down)
{
    const uint32_t lines = down ? tiles->cols : tiles->rows, at = line / BC_TILE < lines ? line / BC_TILE : lines - 1;
    bars->first_falls = true;
    bars->down = down;
    bars->tile_n = lines == 0 ? 0 : down ? tiles->rows : tiles->cols;
    bars->tile_pitch = down ? tiles->cols : 1;
    bars->tile = tiles->tensor + (lines == 0 ? 0 : down ? at : (size_t)at * tiles->cols);
}

/* Whether the edges of the line's k-th tile run one way, roughly across the line. */
static bool is_clear(const bc_bars *bars, uint32_t k)
{
    if (k >= bars->tile_n)
        return false;
    const bc_tensor *tensor = &bars->tile[k * bars->tile_pitch];
    const float d1 = (float)tensor->xx - (float)tensor->yy, d2 = 2.0f * (float)tensor->xy;
    const float energy = (float)tensor->xx + (float)tensor->yy, least = COHERENCE_LEAST * energy;
    return energy >= ENERGY_LEAST && d1 * d1 + d2 * d2 >= least * least &&
           (bars->down ? d1 < ACROSS_LEAST * energy : d1 > -ACROSS_LEAST * energy);
}

bool bc_bars_clear(const bc_bars *bars, uint32_t i)
{
    if (bars->tile == NULL)
        return true;
    const uint32_t k = (uint32_t)(int32_t)bars->edge[i] / BC_TILE; /* an edge may be told in the tile beside its own */
    return is_clear(bars, k) || (k > 0 && is_clear(bars, k - 1));
}

/* Whether 10 of the 27 modules of a row's first two parts are about where they should be. */
INLINE bool fits_row(float ten, float both)
{
    const float share = both * 10.0f / 27.0f, off = BC_PART_OFF * share, away = ten - share;
    return (away < off) & (-away < off) & (both >= 27.0f * MODULE_LEAST);
}

/* Whether a wide bar, the space beside it and eight elements together may be a guard's. */
INLINE bool fits_guard(float wide, float next, float eight)
{
    return (wide >= WIDE_PX) & (wide > WIDE_LEAST * next) & (eight > EIGHT_LEAST * wide) & (eight < EIGHT_MOST * wide);
}

/* Written for a compiler that does many at once: all edges of all lines come through here. */
INLINE void sort(const float *restrict edge, uint32_t n, uint8_t *restrict may)
{
    for (uint32_t i = 0; i < n; i += AT_ONCE)
        for (uint32_t k = 0; k < AT_ONCE; k++) {
            const float *e = edge + i + k;
            may[i + k] = (uint8_t)(BC_MAY_ROW * fits_row(e[6] - e[0], e[14] - e[0]) |
                                   BC_MAY_ROW_BACK * fits_row(e[14] - e[8], e[14] - e[0]) |
                                   BC_MAY_GUARD * fits_guard(e[1] - e[0], e[2] - e[1], e[8] - e[0]) |
                                   BC_MAY_GUARD_BACK * fits_guard(e[8] - e[7], e[7] - e[6], e[8] - e[0]));
        }
}

static void sort_portable(const float *restrict edge, uint32_t n, uint8_t *restrict may)
{
    sort(edge, n, may);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void sort_avx2(const float *restrict edge, uint32_t n, uint8_t *restrict may)
{
    sort(edge, n, may);
}
#endif

void bc_bars_sort(const bc_kernels *kernels, bc_bars *bars)
{
    const uint32_t n = bars->edge_n;
    memset(bars->edge + n, 0, BC_BARS_BEHIND * sizeof *bars->edge);
#if defined(__x86_64__)
    (kernels == &bc_kernels_avx2 ? sort_avx2 : sort_portable)(bars->edge, n, bars->may);
#else
    (void)kernels;
    sort_portable(bars->edge, n, bars->may);
#endif
    for (uint32_t i = n > BC_ROW_EDGES ? n - BC_ROW_EDGES : 0; i < n + AT_ONCE; i++)
        bars->may[i] = i + BC_GUARD_EDGES < n ? bars->may[i] & (BC_MAY_GUARD | BC_MAY_GUARD_BACK) : 0;
}

uint32_t bc_bars_next(const bc_bars *bars, uint32_t i, uint8_t kinds)
{
    const uint64_t each = kinds * UINT64_C(0x0101010101010101);
    uint64_t eight = 0;
    for (; i < bars->edge_n; i += 8) {
        memcpy(&eight, bars->may + i, sizeof eight);
        if ((eight & each) != 0)
            break;
    }
    while (i < bars->edge_n && (bars->may[i] & kinds) == 0)
        i++;
    return i < bars->edge_n ? i : bars->edge_n;
}
