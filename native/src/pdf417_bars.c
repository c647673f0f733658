#include "pdf417_bars.h"

#include "scene.h" /* bc_grey_quick */

#define BLOCK 16u
#define LEAST_SWING 6.0f /* grey levels */
#define SWING_SHARE 0.2f /* of what the block and its neighbours span */

static void sample(const bc_grey *image, bc_point from, bc_point along, bc_bars *bars)
{
    for (uint32_t i = 0; i < bars->n; i++) {
        const float x = from.x + (float)i * along.x, y = from.y + (float)i * along.y;
        bars->level[i] = (bc_grey_quick(image, x, y) + bc_grey_quick(image, x - along.y, y + along.x) +
                          bc_grey_quick(image, x + along.y, y - along.x)) /
                         3.0f;
    }
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

void bc_bars_look(const bc_grey *image, bc_point from, bc_point along, uint32_t n, bc_bars *bars)
{
    bars->n = n < BC_BARS_SAMPLES ? n : BC_BARS_SAMPLES;
    bars->edge_n = 0;
    bars->clear = NULL;
    bars->first_falls = false;
    if (bars->n == 0)
        return;
    sample(image, from, along, bars);
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
