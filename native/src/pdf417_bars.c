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
#define LANES 4u /* of a block that are looked at side by side */
#define LEAST_SWING 6.0f /* grey levels */
#define SWING_SHARE 0.2f /* of what the block and its neighbours span */
#define MODULE_LEAST 1.2f /* px of a row's: bars that are narrower drown in noise */
#define WIDE_LEAST 3.2f  /* times the space after it that a guard's first bar is, or there is no need to look closer */
#define WIDE_PX 6.0f     /* and so many px: seven modules and more */
#define EIGHT_LEAST 1.75f /* times the first bar that the first eight elements are together: 17 modules to 8 or 7, */
#define EIGHT_MOST 3.35f  /* ... each off by as much as it may */
#define TWO_LEAST 1.2f    /* modules of 17 that two narrow elements behind it are together */
#define TWO_MOST 2.9f
#define EIGHTHS 8.0f      /* places are told in 1/8 px and 16 bits, of which only the differences count: more at once */
#define FAR 4096u         /* 1/8 px before the first edge and behind the last, where there is nothing */
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

/* The least and the greatest level of each block. */
static void block_ranges(bc_bars *bars)
{
    const uint32_t whole = bars->n / BLOCK;
    for (uint32_t block = 0; block <= (bars->n - 1) / BLOCK; block++) {
        const float *level = bars->level + block * BLOCK;
        float low[LANES], high[LANES]; /* side by side: the block's first place of each lane, and its others */
        for (uint32_t k = 0; k < LANES; k++)
            low[k] = high[k] = level[block < whole ? k : 0];
        for (uint32_t i = LANES; block < whole && i < BLOCK; i += LANES)
            for (uint32_t k = 0; k < LANES; k++) {
                low[k] = level[i + k] < low[k] ? level[i + k] : low[k];
                high[k] = level[i + k] > high[k] ? level[i + k] : high[k];
            }
        for (uint32_t i = 1; block == whole && i < bars->n % BLOCK; i++) {
            low[0] = level[i] < low[0] ? level[i] : low[0];
            high[0] = level[i] > high[0] ? level[i] : high[0];
        }
        for (uint32_t k = 1; k < LANES; k++) {
            low[0] = low[k] < low[0] ? low[k] : low[0];
            high[0] = high[k] > high[0] ? high[k] : high[0];
        }
        bars->low[block] = low[0];
        bars->high[block] = high[0];
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

/* Finds the edges: between one hill or valley and the next, each at least a swing from those beside it. */
static void find_edges(bc_bars *bars)
{
    uint32_t low = 0, high = 0, before = 0;
    int rising = 0; /* 1 towards a hill, -1 towards a valley, 0 not known yet */
    float swing = swing_at(bars, 0), top = bars->level[0], bottom = top;
    for (uint32_t i = 1; i < bars->n && bars->edge_n < BC_BARS_EDGES; i++) {
        const float level = bars->level[i];
        if (i % BLOCK == 0)
            swing = swing_at(bars, i);
        if (rising >= 0 && level > top) {
            high = i;
            top = level;
        } else if (rising >= 0 && level <= top - swing) {
            if (rising > 0)
                add_edge(bars, before, high);
            before = high;
            low = i;
            bottom = level;
            rising = -1;
            continue;
        }
        if (rising <= 0 && level < bottom) {
            low = i;
            bottom = level;
        } else if (rising <= 0 && level >= bottom + swing) {
            if (rising < 0)
                add_edge(bars, before, low);
            before = low;
            high = i;
            top = level;
            rising = 1;
        }
    }
    if (rising != 0 && bars->edge_n < BC_BARS_EDGES)
        add_edge(bars, before, rising > 0 ? high : low);
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
    find_edges(bars);
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

/* A share of a width, in 1/65536, rounded down. */
#define SHARE(share) ((uint16_t)((share) * 65536.0f))

INLINE uint16_t share_of(uint16_t width, uint16_t share)
{
    return (uint16_t)(((uint32_t)width * share) >> 16);
}

/* Whether a part of a width is from `least` to `most` of it, but for what rounding did to both. */
INLINE uint16_t is_share(uint16_t part, uint16_t width, uint16_t least, uint16_t most)
{
    const uint16_t low = (uint16_t)(share_of(width, least) - 1), high = (uint16_t)(share_of(width, most) + 2);
    return (uint16_t)(part - low) <= (uint16_t)(high - low);
}

/*
 * Whether a row's first two parts, `both` together, may be a row address pattern
 * of a side, whose elements end at to[], and a symbol character, behind `quiet`.
 * Of a pattern's ten modules a bar and a space are 2 to 5, the first two 3 to 6.
 */
INLINE uint16_t fits_row(uint16_t to1, uint16_t to2, uint16_t to3, uint16_t to4, uint16_t to5, uint16_t ten,
                        uint16_t both, uint16_t quiet)
{
    const uint16_t least = SHARE(0.2f - BC_PAIR_OFF / 10.0f), most = SHARE(0.5f + BC_PAIR_OFF / 10.0f);
    const uint16_t first = is_share(to2, ten, (uint16_t)(least + SHARE(0.1f)), (uint16_t)(most + SHARE(0.1f)));
    const uint16_t odd = is_share((uint16_t)(to4 - to2), ten, least, most) &
                         is_share((uint16_t)(ten - to4), ten, least, most);
    const uint16_t even = is_share((uint16_t)(to3 - to1), ten, least, most) &
                         is_share((uint16_t)(to5 - to3), ten, least, most);
    const uint16_t parts = is_share(ten, both, SHARE((1.0f - BC_PART_OFF) * 10.0f / 27.0f),
                                   SHARE((1.0f + BC_PART_OFF) * 10.0f / 27.0f));
    return (uint16_t)(first & odd & even & parts & (both >= (uint16_t)(27.0f * MODULE_LEAST * EIGHTHS)) &
                     ((uint16_t)(quiet + 1) >= share_of(ten, SHARE(BC_QUIET_LEAST / 10.0f))));
}

/*
 * Whether a wide bar, the space beside it, that and the bar behind it, and eight
 * elements together may be a guard's: 8 or 7, 1, 2 and 17 modules.
 */
INLINE uint16_t fits_guard(uint16_t wide, uint16_t next, uint16_t two, uint16_t eight)
{
    const uint16_t narrow = (uint16_t)(share_of(wide, SHARE(1.0f / WIDE_LEAST)) + 1);
    return (uint16_t)((wide >= (uint16_t)(WIDE_PX * EIGHTHS)) & (next <= narrow) &
                     is_share(wide, eight, SHARE(1.0f / EIGHT_MOST), SHARE(1.0f / EIGHT_LEAST)) &
                     is_share(two, eight, SHARE(TWO_LEAST / 17.0f), SHARE(TWO_MOST / 17.0f)));
}

/* The way from edge e[a] to e[b]. */
#define WAY(a, b) ((uint16_t)(e[b] - e[a]))

/* Written for a compiler that does many at once: all edges of all lines come through here. */
INLINE void sort(const float *restrict edge, uint32_t n, uint16_t *restrict place, uint8_t *restrict may)
{
    for (uint32_t i = 0; i < n; i++)
        place[i + 1] = (uint16_t)(int32_t)(edge[i] * EIGHTHS + 0.5f);
    place[0] = (uint16_t)(place[1] - FAR);
    place[n + 1] = (uint16_t)(place[n] + FAR);
    for (uint32_t i = 0; i < n; i += AT_ONCE) {
        uint16_t found[AT_ONCE]; /* as wide as what it is made of */
        for (uint32_t k = 0; k < AT_ONCE; k++) {
            const uint16_t *e = place + 1 + i + k, *before = place + i + k;
            const uint16_t both = WAY(0, 14);
            const uint16_t row = fits_row(WAY(0, 1), WAY(0, 2), WAY(0, 3), WAY(0, 4), WAY(0, 5), WAY(0, 6), both,
                                         (uint16_t)(e[0] - before[0]));
            const uint16_t back = fits_row(WAY(13, 14), WAY(12, 14), WAY(11, 14), WAY(10, 14), WAY(9, 14), WAY(8, 14),
                                          both, WAY(14, 15));
            const uint16_t guard = fits_guard(WAY(0, 1), WAY(1, 2), WAY(1, 3), WAY(0, 8));
            const uint16_t guard_back = fits_guard(WAY(7, 8), WAY(6, 7), WAY(5, 7), WAY(0, 8));
            found[k] = (uint16_t)(BC_MAY_ROW * row | BC_MAY_ROW_BACK * back | BC_MAY_GUARD * guard |
                                  BC_MAY_GUARD_BACK * guard_back);
        }
        for (uint32_t k = 0; k < AT_ONCE; k++)
            may[i + k] = (uint8_t)found[k];
    }
}

static void sort_portable(const float *restrict edge, uint32_t n, uint16_t *restrict place, uint8_t *restrict may)
{
    sort(edge, n, place, may);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void sort_avx2(const float *restrict edge, uint32_t n,
                                                      uint16_t *restrict place, uint8_t *restrict may)
{
    sort(edge, n, place, may);
}
#endif

void bc_bars_sort(const bc_kernels *kernels, bc_bars *bars)
{
    const uint32_t n = bars->edge_n;
    if (n == 0)
        return;
    memset(bars->place + n, 0, (BC_BARS_BEHIND + 1) * sizeof *bars->place);
#if defined(__x86_64__)
    (kernels == &bc_kernels_avx2 ? sort_avx2 : sort_portable)(bars->edge, n, bars->place, bars->may);
#else
    (void)kernels;
    sort_portable(bars->edge, n, bars->place, bars->may);
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
