/* All edges of all rows come through here, so that it is written for a compiler that does many of them at once. */
#include "bullseye_runs.h"

#include "bc.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif
#include <stdbool.h> /* bool */
#include <string.h>  /* memset */

/* A call would keep the loop from being vectorised. */
#define INLINE static inline __attribute__((always_inline))

/* px that runs together have at least: smaller ones cannot be sampled. */
#define SEVEN_LEAST 7
#define OPEN_LEAST 7
#define FILLED_LEAST 10

/* px of them from which on every second and every fourth row is enough: their middle is at least a seventh as high. */
#define FIVE_EVERY_SECOND 16
#define FIVE_EVERY_FOURTH 36
#define SEVEN_EVERY_SECOND 28
#define SEVEN_EVERY_FOURTH 56

/* px of a bullseye whose rings are joined, at least and at most, and the same of it. */
#define DISC_LEAST 14
#define DISC_MOST 72
#define DISC_EVERY_SECOND 17
#define DISC_EVERY_FOURTH 31

/* What may begin at the last edge and at those before it, for want of runs. */
#define FIVE (BC_FIVE_OPEN | BC_FIVE_FILLED)
static const uint8_t may_begin[7] = {0, BC_DARK_DISC, BC_DARK_DISC, BC_DARK_DISC, BC_DARK_DISC,
                                     FIVE | BC_DARK_DISC, FIVE | BC_DARK_DISC};

/* px that runs together have at most, on a row. */
typedef struct {
    uint16_t five, seven, disc;
} most_px;

/* A share of a sum of runs, in 1/65536: an even number, so that half of it in 1/32768 gives the same. */
#define SHARE(part, whole) ((uint16_t)(2 * ((32768u * (part) + (whole) / 2) / (whole))))

INLINE uint16_t share_of(uint16_t sum, uint16_t share)
{
    /* The product's high half, rounded by the low one: two multiplications of 16 bits. */
    const uint16_t low = (uint16_t)((uint32_t)sum * share);
    return (uint16_t)((uint16_t)(((uint32_t)sum * share) >> 16) + (low >> 15));
}

INLINE uint16_t greater(uint16_t a, uint16_t b)
{
    return a > b ? a : b;
}

INLINE uint16_t lesser(uint16_t a, uint16_t b)
{
    return a < b ? a : b;
}

INLINE uint16_t flag(bool is, uint16_t bits)
{
    return (uint16_t)(is ? bits : 0);
}

/* How far edge i is from the next one of its kind, more than the least; what is less is very far. */
INLINE uint16_t above(const uint16_t *e, size_t i, uint16_t least)
{
    return (uint16_t)(e[i + 2] - e[i] - least);
}

/* How far the pairs of five runs are above the least that they may be, the worst of them. */
INLINE uint16_t worst_of_five(const uint16_t *e, uint16_t outer, uint16_t inner)
{
    return greater(greater(above(e, 0, outer), above(e, 3, outer)), greater(above(e, 1, inner), above(e, 2, inner)));
}

/*
 * MaxiCode's circles have radii of 0.51, 1.18, 1.86 and 2.53 mm at modules of
 * 0.88 mm (ISO/IEC 16023:2000, 4.11.4).  Edges of one kind are told by: ink
 * spreads.  Runs may be off by as much as a tilt makes, and a pixel.
 */
INLINE uint16_t five_runs(const uint16_t *e, uint16_t most)
{
    const uint16_t sum = (uint16_t)(e[5] - e[0]);
    const uint16_t slack = lesser((uint16_t)(share_of(sum, SHARE(50, 1000)) + 1),
                                  (uint16_t)(share_of(sum, SHARE(30, 1000)) + 2));
    const uint16_t open = worst_of_five(e, (uint16_t)(share_of(sum, SHARE(364, 1000)) - slack),
                                        (uint16_t)(share_of(sum, SHARE(455, 1000)) - slack));
    const uint16_t filled = worst_of_five(e, (uint16_t)(share_of(sum, SHARE(266, 1000)) - slack),
                                          (uint16_t)(share_of(sum, SHARE(602, 1000)) - slack));
    const uint16_t both = (uint16_t)(2 * slack), above_open = (uint16_t)(sum - OPEN_LEAST),
                   above_filled = (uint16_t)(sum - FILLED_LEAST);
    return (uint16_t)((flag(open <= both, BC_FIVE_OPEN) & flag(above_open <= (uint16_t)(most - OPEN_LEAST), 255)) |
                      (flag(filled <= both, BC_FIVE_FILLED) &
                       flag(above_filled <= (uint16_t)(most - FILLED_LEAST), 255)));
}

/* The same of seven runs; the outermost pairs, those next to them, and those with the middle. */
INLINE uint16_t worst_of_seven(const uint16_t *e, uint16_t outer, uint16_t inner, uint16_t middle)
{
    return greater(greater(greater(above(e, 0, outer), above(e, 5, outer)),
                           greater(above(e, 1, inner), above(e, 4, inner))),
                   greater(above(e, 2, middle), above(e, 3, middle)));
}

/* What is found here is measured anew; whatever rounding does, none that is then alike is left out. */
INLINE uint16_t seven_runs(const uint16_t *e, uint16_t most)
{
    const uint16_t sum = (uint16_t)(e[7] - e[0]), slack = (uint16_t)(share_of(sum, SHARE(43, 1000)) + 1);
    const uint16_t two = (uint16_t)(share_of(sum, SHARE(2, 7)) - slack);
    const uint16_t equal = worst_of_seven(e, two, two, two);
    const uint16_t wide = worst_of_seven(e, (uint16_t)(share_of(sum, SHARE(90, 420)) - slack),
                                         (uint16_t)(share_of(sum, SHARE(93, 420)) - slack),
                                         (uint16_t)(share_of(sum, SHARE(192, 420)) - slack));
    const uint16_t both = (uint16_t)(2 * slack), above_least = (uint16_t)(sum - SEVEN_LEAST);
    return (uint16_t)((flag(equal <= both, BC_SEVEN_EQUAL) | flag(wide <= both, BC_SEVEN_WIDE)) &
                      flag(above_least <= (uint16_t)(most - SEVEN_LEAST), 255));
}

INLINE uint16_t dark_disc(const uint16_t *e, uint16_t most)
{
    return flag((uint16_t)(e[1] - e[0] - DISC_LEAST) <= (uint16_t)(most - DISC_LEAST), BC_DARK_DISC);
}

/* So many at once: whole vectors, whose last places may be behind the last edge. */
#define AT_ONCE 16u

INLINE void sort_runs(const uint16_t *restrict edge, size_t n, most_px most, uint8_t *restrict kind)
{
    for (size_t i = 0; i < n; i += AT_ONCE)
        for (size_t k = 0; k < AT_ONCE; k++) /* dark are the runs that begin at even edges */
            kind[i + k] = (uint8_t)(five_runs(edge + i + k, most.five) | seven_runs(edge + i + k, most.seven) |
                                    (k % 2 == 0 ? dark_disc(edge + i + k, most.disc) : 0));
}

static void sort_portable(const uint16_t *restrict edge, size_t n, most_px most, uint8_t *restrict kind)
{
    sort_runs(edge, n, most, kind);
}

#if defined(__x86_64__)
#define AVX2 __attribute__((target("avx2"), always_inline)) static inline

AVX2 __m256i put(uint32_t n)
{
    return _mm256_set1_epi16((int16_t)n);
}

AVX2 __m256i plus(__m256i a, uint16_t n)
{
    return _mm256_add_epi16(a, put(n));
}

/* share_of of sums below 32768: multiplied, rounded and halved in one. */
AVX2 __m256i share_avx2(__m256i sum, uint16_t share)
{
    return _mm256_mulhrs_epi16(sum, put(share / 2u));
}

AVX2 __m256i span_avx2(const uint16_t *from, const uint16_t *to)
{
    return _mm256_sub_epi16(_mm256_loadu_si256((const __m256i *)(const void *)to),
                            _mm256_loadu_si256((const __m256i *)(const void *)from));
}

AVX2 __m256i flag_avx2(__m256i value, __m256i most, uint16_t bits)
{
    return _mm256_and_si256(_mm256_cmpeq_epi16(_mm256_min_epu16(value, most), value), put(bits));
}

/* The greater of what pairs i and j are above the least, and of `worst`. */
AVX2 __m256i worse_avx2(const uint16_t *e, size_t i, size_t j, __m256i least, __m256i worst)
{
    const __m256i a = _mm256_sub_epi16(span_avx2(e + i, e + i + 2), least);
    const __m256i b = _mm256_sub_epi16(span_avx2(e + j, e + j + 2), least);
    return _mm256_max_epu16(worst, _mm256_max_epu16(a, b));
}

AVX2 __m256i five_avx2(const uint16_t *e, uint16_t most)
{
    const __m256i sum = span_avx2(e, e + 5), none = _mm256_setzero_si256();
    const __m256i slack = _mm256_min_epu16(plus(share_avx2(sum, SHARE(50, 1000)), 1),
                                           plus(share_avx2(sum, SHARE(30, 1000)), 2));
    const __m256i both = _mm256_add_epi16(slack, slack);
    __m256i open = worse_avx2(e, 0, 3, _mm256_sub_epi16(share_avx2(sum, SHARE(364, 1000)), slack), none);
    open = worse_avx2(e, 1, 2, _mm256_sub_epi16(share_avx2(sum, SHARE(455, 1000)), slack), open);
    __m256i filled = worse_avx2(e, 0, 3, _mm256_sub_epi16(share_avx2(sum, SHARE(266, 1000)), slack), none);
    filled = worse_avx2(e, 1, 2, _mm256_sub_epi16(share_avx2(sum, SHARE(602, 1000)), slack), filled);
    const __m256i long_open = _mm256_sub_epi16(sum, put(OPEN_LEAST));
    const __m256i long_filled = _mm256_sub_epi16(sum, put(FILLED_LEAST));
    return _mm256_or_si256(
        _mm256_and_si256(flag_avx2(open, both, BC_FIVE_OPEN), flag_avx2(long_open, put(most - OPEN_LEAST), 255)),
        _mm256_and_si256(flag_avx2(filled, both, BC_FIVE_FILLED),
                         flag_avx2(long_filled, put(most - FILLED_LEAST), 255)));
}

AVX2 __m256i seven_avx2(const uint16_t *e, uint16_t most)
{
    const __m256i sum = span_avx2(e, e + 7), none = _mm256_setzero_si256();
    const __m256i slack = plus(share_avx2(sum, SHARE(43, 1000)), 1), both = _mm256_add_epi16(slack, slack);
    const __m256i two = _mm256_sub_epi16(share_avx2(sum, SHARE(2, 7)), slack);
    const __m256i equal = worse_avx2(e, 0, 5, two, worse_avx2(e, 1, 4, two, worse_avx2(e, 2, 3, two, none)));
    __m256i wide = worse_avx2(e, 0, 5, _mm256_sub_epi16(share_avx2(sum, SHARE(90, 420)), slack), none);
    wide = worse_avx2(e, 1, 4, _mm256_sub_epi16(share_avx2(sum, SHARE(93, 420)), slack), wide);
    wide = worse_avx2(e, 2, 3, _mm256_sub_epi16(share_avx2(sum, SHARE(192, 420)), slack), wide);
    const __m256i kind = _mm256_or_si256(flag_avx2(equal, both, BC_SEVEN_EQUAL), flag_avx2(wide, both, BC_SEVEN_WIDE));
    return _mm256_and_si256(kind, flag_avx2(_mm256_sub_epi16(sum, put(SEVEN_LEAST)), put(most - SEVEN_LEAST), 255));
}

__attribute__((target("avx2"))) static void sort_avx2(const uint16_t *restrict edge, size_t n, most_px most,
                                                      uint8_t *restrict kind)
{
    for (size_t i = 0; i < n; i += AT_ONCE) {
        const uint16_t *e = edge + i;
        const __m256i disc = flag_avx2(_mm256_sub_epi16(span_avx2(e, e + 1), put(DISC_LEAST)),
                                       put(most.disc - DISC_LEAST), BC_DARK_DISC);
        const __m256i all = _mm256_or_si256(_mm256_and_si256(disc, _mm256_set1_epi32(255)),
                                            _mm256_or_si256(five_avx2(e, most.five), seven_avx2(e, most.seven)));
        _mm_storeu_si128((__m128i *)(void *)(kind + i),
                         _mm_packus_epi16(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1)));
    }
}
#endif

/* What is longer than on this row is seen on every second row too, or every fourth. */
static most_px most_of_row(uint32_t y)
{
    if (y % 2 != 0)
        return (most_px){FIVE_EVERY_SECOND - 1, SEVEN_EVERY_SECOND - 1, DISC_EVERY_SECOND - 1};
    if (y % 4 != 0)
        return (most_px){FIVE_EVERY_FOURTH - 1, SEVEN_EVERY_FOURTH - 1, DISC_EVERY_FOURTH - 1};
    return (most_px){BC_MAX_SIDE, BC_MAX_SIDE, DISC_MOST};
}

void bc_sort_runs(const bc_kernels *kernels, bc_row_runs *row)
{
    const size_t n = row->n;
    const most_px most = most_of_row(row->y);
    memset(row->edge + n, 0, BC_RUNS_BEHIND * sizeof *row->edge);
#if defined(__x86_64__)
    (kernels == &bc_kernels_avx2 ? sort_avx2 : sort_portable)(row->edge, n, most, row->kind);
#else
    (void)kernels;
    sort_portable(row->edge, n, most, row->kind);
#endif
    memset(row->kind + n, 0, 8);
    for (size_t i = 0; i < 7 && i < n; i++)
        row->kind[n - 1 - i] &= may_begin[i];
}
