/* The kernels with AVX2, bytes equal to those of kernels_portable.c. */
#include "kernels.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h> /* memcpy */

#define AVX2 __attribute__((target("avx2")))

/* 16 pixels as 16-bit numbers. */
AVX2 static inline __m256i wide(const uint8_t *px)
{
    return _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(const void *)px));
}

/* The three sums of 32-bit lanes of two tiles: the first tile's in the low half, xx yy xy and nought. */
AVX2 static inline __m256i sums_of(__m256i xx, __m256i yy, __m256i xy)
{
    return _mm256_hadd_epi32(_mm256_hadd_epi32(xx, yy), _mm256_hadd_epi32(xy, _mm256_setzero_si256()));
}

AVX2 static void store(__m128i sums, bc_tensor *out)
{
    out->xx = _mm_cvtsi128_si32(sums);
    out->yy = _mm_extract_epi32(sums, 1);
    out->xy = _mm_extract_epi32(sums, 2);
}

/* What a row of 16 pixels gives: the difference of each one's neighbours, and 3 10 3 times them and itself. */
typedef struct {
    __m256i across, smooth;
} along_row;

/*
 * The weights.  Multiplying by them is one instruction, where by constants that
 * the compiler knows it would be two or three: hence they are not told.
 */
typedef struct {
    __m256i outer, middle;
} smoother;

AVX2 static inline smoother untold_smoother(void)
{
    const __m256i ones = _mm256_set1_epi8(1);
    return (smoother){_mm256_maddubs_epi16(ones, _mm256_set1_epi16(3)),
                      _mm256_maddubs_epi16(ones, _mm256_set1_epi16(10))};
}

AVX2 static inline along_row look_along(const uint8_t *px, smoother w)
{
    const __m256i left = wide(px - 1), right = wide(px + 1);
    const __m256i outer = _mm256_mullo_epi16(_mm256_add_epi16(left, right), w.outer);
    return (along_row){_mm256_sub_epi16(right, left),
                       _mm256_add_epi16(outer, _mm256_mullo_epi16(wide(px), w.middle))};
}

/* A sixteenth, to the nearest. */
AVX2 static inline __m256i sixteenth(__m256i x)
{
    return _mm256_mulhrs_epi16(x, _mm256_set1_epi16(32768 / 16));
}

/* Two tiles: 16 pixels a row, whose products vpmaddwd adds in pairs. */
AVX2 static inline void tensor_pair(const uint8_t *px, ptrdiff_t stride, smoother w, bc_tensor *out)
{
    __m256i xx = _mm256_setzero_si256(), yy = xx, xy = xx;
    along_row up = look_along(px - stride, w), at = look_along(px, w);
    for (uint32_t y = 0; y < BC_TILE; y++) {
        px += stride;
        const along_row down = look_along(px, w);
        const __m256i outer = _mm256_mullo_epi16(_mm256_add_epi16(up.across, down.across), w.outer);
        const __m256i dx = sixteenth(_mm256_add_epi16(outer, _mm256_mullo_epi16(at.across, w.middle)));
        const __m256i dy = sixteenth(_mm256_sub_epi16(down.smooth, up.smooth));
        xx = _mm256_add_epi32(xx, _mm256_madd_epi16(dx, dx));
        yy = _mm256_add_epi32(yy, _mm256_madd_epi16(dy, dy));
        xy = _mm256_add_epi32(xy, _mm256_madd_epi16(dx, dy));
        up = at;
        at = down;
    }
    const __m256i sums = sums_of(xx, yy, xy);
    store(_mm256_castsi256_si128(sums), &out[0]);
    store(_mm256_extracti128_si256(sums, 1), &out[1]);
}

AVX2 static void tensor_row(const uint8_t *px, ptrdiff_t stride, bc_tensor *out, uint32_t n)
{
    if (n < 2) {
        bc_kernels_portable.tensor_row(px, stride, out, n);
        return;
    }
    const smoother w = untold_smoother();
    for (uint32_t i = 0; i + 2 <= n; i += 2)
        tensor_pair(px + (size_t)i * BC_TILE, stride, w, &out[i]);
    if (n % 2 == 1) /* the one before once more */
        tensor_pair(px + (size_t)(n - 2) * BC_TILE, stride, w, &out[n - 2]);
}

/* Eight pairs of neighbouring pixels, each in the low 16 bits of a lane; two bytes more are read. */
AVX2 static inline __m256i pairs_at(const uint8_t *px, __m256i offset)
{
    return _mm256_i32gather_epi32((const int *)(const void *)px, offset, 1);
}

/* The mean of the pairs by weights for the left one (low 16 bits of a lane) and the right one (high). */
AVX2 static inline __m256i weigh(__m256i pairs, __m256i weights)
{
    const __m256i spread = _mm256_set_epi8(-1, 13, -1, 12, -1, 9, -1, 8, -1, 5, -1, 4, -1, 1, -1, 0, -1, 13, -1, 12, -1,
                                           9, -1, 8, -1, 5, -1, 4, -1, 1, -1, 0);
    return _mm256_madd_epi16(_mm256_shuffle_epi8(pairs, spread), weights);
}

/* A stride whose product with any row fits into 32 bits. */
#define STRIDE_MAX 65536

/*
 * Which samples of a walk, from *begin to before the one that is told, may be
 * gathered: the four bytes read from each lie in the pixel's own row.
 */
AVX2 static uint32_t can_gather(const bc_grey *image, const bc_walk *walk, uint32_t n, uint32_t *begin)
{
    const int64_t most = ((int64_t)image->width - 3) * 65536 - 1, room = most - walk->x;
    *begin = 0;
    if (image->height < 2 || image->stride > STRIDE_MAX || image->stride < -STRIDE_MAX)
        return 0;
    if (walk->dx < 0 && room < 0) {
        const int64_t steps = (room + walk->dx + 1) / walk->dx; /* rounded up, as both are negative */
        *begin = steps < (int64_t)n ? (uint32_t)steps : n;
        return n;
    }
    if (room < 0)
        return 0;
    if (walk->dx <= 0)
        return n;
    const int64_t steps = room / walk->dx + 1;
    return steps < (int64_t)n ? (uint32_t)steps : n;
}

/* Weights of the left pixel and of the right one, from the fraction in bits 8 to 15. */
AVX2 static inline __m256i weights_of(__m256i place)
{
    const __m256i part = _mm256_and_si256(_mm256_srli_epi32(place, 8), _mm256_set1_epi32(255));
    return _mm256_or_si256(_mm256_sub_epi32(_mm256_set1_epi32(256), part), _mm256_slli_epi32(part, 16));
}

/* Eight samples from places x, y. */
AVX2 static inline __m256i samples_at(const bc_grey *image, __m256i x, __m256i y)
{
    const __m256i rows = _mm256_mullo_epi32(_mm256_srai_epi32(y, 16), _mm256_set1_epi32((int32_t)image->stride));
    const __m256i offset = _mm256_add_epi32(rows, _mm256_srai_epi32(x, 16)), across = weights_of(x);
    const __m256i top = weigh(pairs_at(image->px, offset), across);
    const __m256i low = weigh(pairs_at(image->px + image->stride, offset), across);
    const __m256i down = _mm256_and_si256(_mm256_srli_epi32(y, 8), _mm256_set1_epi32(255));
    const __m256i up = _mm256_sub_epi32(_mm256_set1_epi32(256), down);
    const __m256i sum = _mm256_add_epi32(_mm256_mullo_epi32(top, up), _mm256_mullo_epi32(low, down));
    return _mm256_srli_epi32(sum, 10);
}

/* The walk from its i-th sample on. */
AVX2 static inline bc_walk walk_from(const bc_walk *walk, uint32_t i)
{
    return (bc_walk){walk->x + (int32_t)i * walk->dx, walk->y + (int32_t)i * walk->dy, walk->dx, walk->dy};
}

AVX2 static void sample_walk(const bc_grey *image, const bc_walk *walk, uint32_t n, uint32_t *sum)
{
    uint32_t begin;
    const uint32_t end = can_gather(image, walk, n, &begin);
    const uint32_t whole = end > begin ? (end - begin) - (end - begin) % 8 : 0;
    const bc_walk fast = walk_from(walk, begin), rest = walk_from(walk, begin + whole);
    const __m256i steps = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    __m256i x = _mm256_add_epi32(_mm256_set1_epi32(fast.x), _mm256_mullo_epi32(steps, _mm256_set1_epi32(fast.dx)));
    __m256i y = _mm256_add_epi32(_mm256_set1_epi32(fast.y), _mm256_mullo_epi32(steps, _mm256_set1_epi32(fast.dy)));
    bc_kernels_portable.sample_walk(image, walk, begin, sum);
    for (uint32_t i = begin; i < begin + whole; i += 8) {
        __m256i *out = (__m256i *)(void *)(sum + i);
        _mm256_storeu_si256(out, _mm256_add_epi32(_mm256_loadu_si256(out), samples_at(image, x, y)));
        x = _mm256_add_epi32(x, _mm256_set1_epi32(8 * walk->dx));
        y = _mm256_add_epi32(y, _mm256_set1_epi32(8 * walk->dy));
    }
    bc_kernels_portable.sample_walk(image, &rest, n - begin - whole, sum + begin + whole);
}

/* 16 means of 2 x 2 pixels as 16-bit numbers: vpmaddubsw adds neighbours, vpmulhrsw is a fourth to the nearest. */
AVX2 static inline __m256i means_16(const uint8_t *above, const uint8_t *below)
{
    const __m256i ones = _mm256_set1_epi8(1);
    const __m256i up = _mm256_loadu_si256((const __m256i *)(const void *)above);
    const __m256i low = _mm256_loadu_si256((const __m256i *)(const void *)below);
    const __m256i sums = _mm256_add_epi16(_mm256_maddubs_epi16(up, ones), _mm256_maddubs_epi16(low, ones));
    return _mm256_mulhrs_epi16(sums, _mm256_set1_epi16(32768 / 4));
}

AVX2 static inline void half_32(const uint8_t *above, const uint8_t *below, uint8_t *out)
{
    const __m256i means = _mm256_packus_epi16(means_16(above, below), means_16(above + 32, below + 32));
    _mm256_storeu_si256((__m256i *)(void *)out, _mm256_permute4x64_epi64(means, 0xD8));
}

AVX2 static void half_row(const uint8_t *above, const uint8_t *below, uint8_t *out, uint32_t n)
{
    if (n < 32) {
        bc_kernels_portable.half_row(above, below, out, n);
        return;
    }
    for (uint32_t i = 0; i + 32 <= n; i += 32)
        half_32(above + 2 * (size_t)i, below + 2 * (size_t)i, out + i);
    if (n % 32 > 0) /* some of those before once more */
        half_32(above + 2 * (size_t)(n - 32), below + 2 * (size_t)(n - 32), out + n - 32);
}

/* The least and the greatest of each of 32 columns of BC_BLOCK pixels. */
typedef struct {
    __m256i low, high;
} column_range;

AVX2 static inline column_range columns_at(const uint8_t *row, ptrdiff_t stride)
{
    column_range range;
    range.low = range.high = _mm256_loadu_si256((const __m256i *)(const void *)row);
    for (uint32_t y = 1; y < BC_BLOCK; y++) {
        row += stride;
        const __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)row);
        range.low = _mm256_min_epu8(range.low, v);
        range.high = _mm256_max_epu8(range.high, v);
    }
    return range;
}

/* The even 32-bit lanes of two vectors, each half by itself: of eight blocks those numbered 0 1 4 5, and 2 3 6 7. */
AVX2 static inline __m256i even_lanes(__m256i a, __m256i b)
{
    return _mm256_castps_si256(_mm256_shuffle_ps(_mm256_castsi256_ps(a), _mm256_castsi256_ps(b), 0x88));
}

/* Stores the lowest bytes of those lanes in the blocks' order. */
AVX2 static inline void store_8(__m256i lanes, uint8_t *out)
{
    const __m256i lowest = _mm256_shuffle_epi8(lanes, _mm256_set1_epi32(0x0C080400));
    const __m128i ordered = _mm_unpacklo_epi16(_mm256_castsi256_si128(lowest), _mm256_extracti128_si256(lowest, 1));
    _mm_storel_epi64((__m128i *)(void *)out, ordered);
}

/* Eight blocks at once: the least of each column, then of the eight columns of each. */
AVX2 static inline void range_8(const uint8_t *row, ptrdiff_t stride, uint8_t *least, uint8_t *greatest)
{
    const column_range a = columns_at(row, stride), b = columns_at(row + 32, stride);
    __m256i low = even_lanes(_mm256_min_epu8(a.low, _mm256_srli_epi64(a.low, 32)),
                             _mm256_min_epu8(b.low, _mm256_srli_epi64(b.low, 32)));
    low = _mm256_min_epu8(low, _mm256_srli_epi32(low, 16));
    store_8(_mm256_min_epu8(low, _mm256_srli_epi32(low, 8)), least);
    __m256i high = even_lanes(_mm256_max_epu8(a.high, _mm256_srli_epi64(a.high, 32)),
                              _mm256_max_epu8(b.high, _mm256_srli_epi64(b.high, 32)));
    high = _mm256_max_epu8(high, _mm256_srli_epi32(high, 16));
    store_8(_mm256_max_epu8(high, _mm256_srli_epi32(high, 8)), greatest);
}

/* One block: the least of each column, then of all eight. */
AVX2 static void range_1(const uint8_t *row, ptrdiff_t stride, uint8_t *least, uint8_t *greatest)
{
    __m128i low = _mm_loadl_epi64((const __m128i *)(const void *)row), high = low;
    for (uint32_t y = 1; y < BC_BLOCK; y++) {
        row += stride;
        const __m128i v = _mm_loadl_epi64((const __m128i *)(const void *)row);
        low = _mm_min_epu8(low, v);
        high = _mm_max_epu8(high, v);
    }
    low = _mm_min_epu8(low, _mm_srli_epi64(low, 32));
    low = _mm_min_epu8(low, _mm_srli_epi64(low, 16));
    low = _mm_min_epu8(low, _mm_srli_epi64(low, 8));
    high = _mm_max_epu8(high, _mm_srli_epi64(high, 32));
    high = _mm_max_epu8(high, _mm_srli_epi64(high, 16));
    high = _mm_max_epu8(high, _mm_srli_epi64(high, 8));
    *least = (uint8_t)_mm_extract_epi8(low, 0);
    *greatest = (uint8_t)_mm_extract_epi8(high, 0);
}

AVX2 static void block_range(const uint8_t *px, ptrdiff_t stride, uint32_t n, uint8_t *least,
                             uint8_t *greatest)
{
    if (n < 8) {
        for (uint32_t i = 0; i < n; i++)
            range_1(px + (size_t)i * BC_BLOCK, stride, least + i, greatest + i);
        return;
    }
    for (uint32_t i = 0; i + 8 <= n; i += 8)
        range_8(px + (size_t)i * BC_BLOCK, stride, least + i, greatest + i);
    if (n % 8 > 0) /* some of those before once more */
        range_8(px + (size_t)(n - 8) * BC_BLOCK, stride, least + n - 8, greatest + n - 8);
}

/* Which of eight thresholds each of 32 pixels has, the first one's being number `first`. */
AVX2 static inline __m256i thresholds_from(__m256i eight, int first)
{
    const __m256i which = _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3,
                                           3, 3, 3, 3, 3, 3);
    return _mm256_shuffle_epi8(eight, _mm256_add_epi8(which, _mm256_set1_epi8((char)first)));
}

/* A pixel is below where the greater of it and the threshold is not the pixel. */
AVX2 static inline uint64_t below_32(const uint8_t *px, __m256i threshold)
{
    const __m256i p = _mm256_loadu_si256((const __m256i *)(const void *)px);
    return ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_max_epu8(p, threshold), p));
}

/* The thresholds of 32 pixels from px i on. */
AVX2 static __m256i thresholds_at(const uint8_t *threshold, uint32_t i)
{
    uint8_t each[32];
    for (uint32_t k = 0; k < sizeof each; k++)
        each[k] = threshold[(i + k) / BC_BLOCK];
    return _mm256_loadu_si256((const __m256i *)(const void *)each);
}

/* The last word of each row of n pixels, n % 64 of which it holds. */
AVX2 static void pack_ends(const uint8_t *px, ptrdiff_t stride, uint32_t rows, const uint8_t *threshold, uint32_t n,
                           uint64_t *bits, size_t row_words)
{
    const uint32_t begin = n / 64 * 64, whole = n % 64 / 32 * 32, rest = n % 32;
    const __m256i first = whole > 0 ? thresholds_at(threshold, begin) : _mm256_setzero_si256();
    const __m256i last = n >= 32 ? thresholds_at(threshold, n - 32) : _mm256_setzero_si256();
    for (uint32_t y = 0; y < rows; y++, px += stride, bits += row_words) {
        uint64_t word = whole > 0 ? below_32(px + begin, first) : 0;
        if (n >= 32 && rest > 0)
            word |= below_32(px + n - 32, last) >> (32 - rest) << whole;
        for (uint32_t i = n >= 32 ? rest : 0; i < rest; i++)
            word |= (uint64_t)(px[i] < threshold[i / BC_BLOCK]) << i;
        *bits = word;
    }
}

AVX2 static void pack_rows(const uint8_t *px, ptrdiff_t stride, uint32_t rows, const uint8_t *threshold, uint32_t n,
                           uint64_t *bits)
{
    const size_t row_words = ((size_t)n + 63) / 64;
    for (uint32_t i = 0; i < n / 64; i++) {
        int64_t eight;
        memcpy(&eight, threshold + (size_t)i * 8, sizeof eight);
        const __m256i all = _mm256_set1_epi64x(eight), left = thresholds_from(all, 0), right = thresholds_from(all, 4);
        const uint8_t *at = px + (size_t)i * 64;
        for (uint32_t y = 0; y < rows; y++, at += stride)
            bits[y * row_words + i] = below_32(at, left) | below_32(at + 32, right) << 32;
    }
    if (n % 64 > 0)
        pack_ends(px, stride, rows, threshold, n, bits + row_words - 1, row_words);
}

const bc_kernels bc_kernels_avx2 = {
    .sample_walk = sample_walk,
    .tensor_row = tensor_row,
    .half_row = half_row,
    .block_range = block_range,
    .pack_rows = pack_rows,
};

#endif
