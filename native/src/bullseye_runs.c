/* All edges of all rows come through here, so that it is written for a compiler that does many of them at once. */
#include "bullseye_runs.h"

#include <string.h> /* memset */

/* A call would keep the loop from being vectorised. */
#define INLINE static inline __attribute__((always_inline))

/* px that runs together have at least: smaller ones cannot be sampled. */
#define SEVEN_LEAST 7
#define OPEN_LEAST 7
#define FILLED_LEAST 10

/* A share of a sum of runs, in 1/65536. */
#define SHARE(part, whole) ((uint16_t)((65536u * (part) + (whole) / 2) / (whole)))

INLINE uint16_t share_of(uint16_t sum, uint16_t share)
{
    /* The product's high half, rounded by the low one: two multiplications of 16 bits. */
    const uint16_t low = (uint16_t)((uint32_t)sum * share);
    return (uint16_t)((uint16_t)(((uint32_t)sum * share) >> 16) + (low >> 15));
}

INLINE uint16_t away(uint16_t a, uint16_t b)
{
    return (uint16_t)(a > b ? a - b : b - a);
}

INLINE uint16_t greater(uint16_t a, uint16_t b)
{
    return a > b ? a : b;
}

INLINE uint16_t lesser(uint16_t a, uint16_t b)
{
    return a < b ? a : b;
}

/* How far the pairs of five runs are from what they should be, the worst of them. */
INLINE uint16_t worst_of_five(const uint16_t *e, uint16_t outer, uint16_t inner)
{
    const uint16_t left = away((uint16_t)(e[2] - e[0]), outer), right = away((uint16_t)(e[5] - e[3]), outer);
    const uint16_t to = away((uint16_t)(e[3] - e[1]), inner), from = away((uint16_t)(e[4] - e[2]), inner);
    return greater(greater(left, right), greater(to, from));
}

/*
 * MaxiCode's circles have radii of 0.51, 1.18, 1.86 and 2.53 mm at modules of
 * 0.88 mm (ISO/IEC 16023:2000, 4.11.4).  Edges of one kind are told by: ink
 * spreads.  Runs may be off by as much as a tilt makes, and a pixel.
 */
INLINE uint8_t five_runs(const uint16_t *e)
{
    const uint16_t sum = (uint16_t)(e[5] - e[0]);
    const uint16_t slack = lesser((uint16_t)(share_of(sum, SHARE(50, 1000)) + 1),
                                  (uint16_t)(share_of(sum, SHARE(30, 1000)) + 2));
    const uint16_t open = worst_of_five(e, share_of(sum, SHARE(364, 1000)), share_of(sum, SHARE(455, 1000)));
    const uint16_t filled = worst_of_five(e, share_of(sum, SHARE(266, 1000)), share_of(sum, SHARE(602, 1000)));
    const uint8_t is_open = (uint8_t)((open <= slack) & (sum >= OPEN_LEAST));
    const uint8_t is_filled = (uint8_t)((filled <= slack) & (sum >= FILLED_LEAST));
    return (uint8_t)(is_open * BC_FIVE_OPEN | is_filled * BC_FIVE_FILLED);
}

/* The same of seven runs; the outermost pairs, those next to them, and those with the middle. */
INLINE uint16_t worst_of_seven(const uint16_t *e, uint16_t outer, uint16_t inner, uint16_t middle)
{
    const uint16_t left = away((uint16_t)(e[2] - e[0]), outer), right = away((uint16_t)(e[7] - e[5]), outer);
    const uint16_t left2 = away((uint16_t)(e[3] - e[1]), inner), right2 = away((uint16_t)(e[6] - e[4]), inner);
    const uint16_t to = away((uint16_t)(e[4] - e[2]), middle), from = away((uint16_t)(e[5] - e[3]), middle);
    return greater(greater(greater(left, right), greater(left2, right2)), greater(to, from));
}

/* What is found here is measured anew, so that a pixel more does no harm. */
INLINE uint8_t seven_runs(const uint16_t *e)
{
    const uint16_t sum = (uint16_t)(e[7] - e[0]), slack = (uint16_t)(share_of(sum, SHARE(43, 1000)) + 2);
    const uint16_t two = share_of(sum, SHARE(2, 7));
    const uint16_t equal = worst_of_seven(e, two, two, two);
    const uint16_t wide = worst_of_seven(e, share_of(sum, SHARE(214, 1000)), share_of(sum, SHARE(221, 1000)),
                                         share_of(sum, SHARE(457, 1000)));
    return (uint8_t)(((equal <= slack) | (wide <= slack)) & (sum >= SEVEN_LEAST)) * BC_SEVEN_RUNS;
}

/* So many at once: whole vectors, whose last places may be behind the last edge. */
#define AT_ONCE 16u

INLINE void sort_runs(const uint16_t *restrict edge, size_t n, uint8_t *restrict kind)
{
    for (size_t i = 0; i < n; i += AT_ONCE)
        for (size_t k = 0; k < AT_ONCE; k++)
            kind[i + k] = (uint8_t)(five_runs(edge + i + k) | seven_runs(edge + i + k));
}

static void sort_portable(const uint16_t *restrict edge, size_t n, uint8_t *restrict kind)
{
    sort_runs(edge, n, kind);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void sort_avx2(const uint16_t *restrict edge, size_t n, uint8_t *restrict kind)
{
    sort_runs(edge, n, kind);
}
#endif

void bc_sort_runs(const bc_kernels *kernels, bc_row_runs *row)
{
    const size_t n = row->n;
    memset(row->edge + n, 0, BC_RUNS_BEHIND * sizeof *row->edge);
#if defined(__x86_64__)
    (kernels == &bc_kernels_avx2 ? sort_avx2 : sort_portable)(row->edge, n, row->kind);
#else
    (void)kernels;
    sort_portable(row->edge, n, row->kind);
#endif
    for (size_t i = n > 7 ? n - 7 : 0; i < n + 8; i++)
        row->kind[i] = i + 5 < n ? row->kind[i] & (BC_FIVE_OPEN | BC_FIVE_FILLED) : 0;
}
