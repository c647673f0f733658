/* SIMD kernels give the same bytes as the portable ones, at every length, and read no further than they say. */
#include "kernels.h"

#include "expect.h"

#include <string.h> /* memcmp, memset */

#define LONGEST 40u

/* Bytes that a fixed generator gives: all levels occur, next to each other in any order. */
static void fill(uint8_t *bytes, size_t n, uint32_t seed)
{
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        bytes[i] = (uint8_t)(seed >> 24);
    }
}

static void halves_are_equal(const bc_kernels *kernels, uint32_t n)
{
    uint8_t *above = malloc(2 * (size_t)n + 1), *below = malloc(2 * (size_t)n + 1);
    uint8_t expected[LONGEST], found[LONGEST];
    EXPECT(above != NULL && below != NULL);
    fill(above, 2 * (size_t)n, n);
    fill(below, 2 * (size_t)n, n + 1000);
    bc_kernels_portable.half_row(above, below, expected, n);
    kernels->half_row(above, below, found, n);
    EXPECT(memcmp(expected, found, n) == 0);
    free(above);
    free(below);
}

static void tensors_are_equal(const bc_kernels *kernels, uint32_t n)
{
    const size_t stride = (size_t)n * BC_TILE + 2, bytes = stride * (BC_TILE + 2);
    uint8_t *px = malloc(bytes);
    bc_tensor expected[LONGEST], found[LONGEST];
    EXPECT(px != NULL);
    fill(px, bytes, n);
    bc_kernels_portable.tensor_row(px + stride + 1, (ptrdiff_t)stride, expected, n);
    kernels->tensor_row(px + stride + 1, (ptrdiff_t)stride, found, n);
    EXPECT(memcmp(expected, found, n * sizeof *found) == 0);
    free(px);
}

static void ranges_are_equal(const bc_kernels *kernels, uint32_t n)
{
    const size_t stride = (size_t)n * BC_BLOCK, bytes = stride * BC_BLOCK;
    uint8_t *px = malloc(bytes);
    uint8_t expected[2][LONGEST], found[2][LONGEST];
    EXPECT(px != NULL);
    fill(px, bytes, n);
    bc_kernels_portable.block_range(px, (ptrdiff_t)stride, n, expected[0], expected[1]);
    kernels->block_range(px, (ptrdiff_t)stride, n, found[0], found[1]);
    EXPECT(memcmp(expected[0], found[0], n) == 0 && memcmp(expected[1], found[1], n) == 0);
    free(px);
}

static void packed_rows_are_equal(const bc_kernels *kernels, uint32_t n)
{
    enum { ROWS = 3, WORDS = 5 };
    const uint32_t blocks = (n + BC_BLOCK - 1) / BC_BLOCK;
    uint8_t *px = malloc((size_t)n * ROWS), *threshold = malloc(blocks);
    uint64_t expected[ROWS * WORDS], found[ROWS * WORDS];
    const size_t words = (n + 63) / 64;
    EXPECT(px != NULL && threshold != NULL && words <= WORDS);
    fill(px, (size_t)n * ROWS, n);
    fill(threshold, blocks, n + 1000);
    px[n / 2] = threshold[n / 2 / BC_BLOCK]; /* at the threshold is light */
    bc_kernels_portable.pack_rows(px, n, ROWS, threshold, n, expected);
    kernels->pack_rows(px, n, ROWS, threshold, n, found);
    EXPECT(memcmp(expected, found, ROWS * words * sizeof *found) == 0);
    EXPECT((found[n / 128] >> (n / 2 % 64) & 1) == 0);
    EXPECT(n % 64 == 0 || found[n / 64] >> (n % 64) == 0);
    free(px);
    free(threshold);
}

static void test_range_of_a_block(void)
{
    uint8_t px[BC_BLOCK * BC_BLOCK], least, greatest;
    memset(px, 100, sizeof px);
    px[0] = 7;
    px[sizeof px - 1] = 201;
    bc_kernels_portable.block_range(px, BC_BLOCK, 1, &least, &greatest);
    EXPECT(least == 7 && greatest == 201);
}

/* Walks in all directions, some of them along the right border where four pixels at once cannot be read. */
static void walks_are_equal(const bc_kernels *kernels, uint32_t seed)
{
    enum { WIDTH = 61, HEIGHT = 47, N = 37 };
    uint8_t *px = malloc(WIDTH * HEIGHT);
    uint32_t expected[N], found[N];
    EXPECT(px != NULL);
    fill(px, WIDTH * HEIGHT, seed);
    fill((uint8_t *)expected, sizeof expected, seed);
    for (size_t i = 0; i < N; i++)
        found[i] = expected[i] &= 0xFFFFFu;
    const bc_grey image = {px, WIDTH, HEIGHT, WIDTH};
    const int32_t right = (WIDTH - 1) * 65536 - 1, bottom = (HEIGHT - 1) * 65536 - 1;
    const int32_t from_x = (int32_t)(seed * 2654435761u % (uint32_t)right), to_x = seed % 3 == 0 ? right : right - from_x;
    const int32_t from_y = (int32_t)(seed * 40503u % (uint32_t)bottom), to_y = bottom - from_y;
    const bc_walk walk = {from_x, from_y, (to_x - from_x) / N, (to_y - from_y) / N};
    bc_kernels_portable.sample_walk(&image, &walk, N, expected);
    kernels->sample_walk(&image, &walk, N, found);
    EXPECT(memcmp(expected, found, sizeof found) == 0);
    free(px);
}

static void test_tensor_of_a_slope(void)
{
    enum { SIDE = BC_TILE + 2 };
    uint8_t px[SIDE * SIDE];
    bc_tensor tensor;
    for (size_t i = 0; i < sizeof px; i++)
        px[i] = (uint8_t)(3 * (i % SIDE) + 5 * (i / SIDE));
    bc_kernels_portable.tensor_row(px + SIDE + 1, SIDE, &tensor, 1);
    EXPECT(tensor.xx == 64 * 36 && tensor.yy == 64 * 100 && tensor.xy == 64 * 60);
}

/* Grey of a pixel of bars and spaces, 3 px each, across a direction of 22 degrees. */
static uint8_t slanted(size_t x, size_t y)
{
    const double cosine = 0.92718385, sine = 0.37460659;
    unsigned dark = 0;
    for (size_t i = 0; i < 64; i++) {
        const double u = ((double)x + ((double)(i % 8) + 0.5) / 8) * cosine + ((double)y + ((double)(i / 8) + 0.5) / 8) * sine;
        dark += (size_t)(u / 3) % 2;
    }
    return (uint8_t)(230 - dark * 200 / 64);
}

/* Narrow bars at an angle are seen at that angle, within 2 degrees. */
static void test_direction_of_slanted_bars(void)
{
    enum { TILES = 12, WIDTH = TILES * BC_TILE + 2, HEIGHT = BC_TILE + 2 };
    uint8_t px[WIDTH * HEIGHT];
    bc_tensor tensor[TILES];
    for (size_t i = 0; i < sizeof px; i++)
        px[i] = slanted(i % WIDTH, i / WIDTH);
    bc_kernels_portable.tensor_row(px + WIDTH + 1, WIDTH, tensor, TILES);
    double d1 = 0, d2 = 0; /* along and across twice the angle */
    for (size_t i = 0; i < TILES; i++) {
        const double c = 0.71933980, s = 0.69465837; /* of 44 degrees */
        const double x = tensor[i].xx - tensor[i].yy, y = 2.0 * tensor[i].xy;
        d1 += x * c + y * s;
        d2 += y * c - x * s;
    }
    EXPECT(d1 > 0 && d2 < 0.07 * d1 && d2 > -0.07 * d1); /* the tangent of 2 * 2 degrees */
}

static void test_kernels_of_this_machine(void)
{
    const bc_kernels *kernels = bc_kernels_for(0);
    for (uint32_t n = 1; n <= LONGEST; n++) {
        halves_are_equal(kernels, n);
        tensors_are_equal(kernels, n);
        ranges_are_equal(kernels, n);
    }
    for (uint32_t seed = 0; seed < 200; seed++)
        walks_are_equal(kernels, seed);
    for (uint32_t n = 1; n <= 5 * 64; n++)
        packed_rows_are_equal(kernels, n);
}

int main(void)
{
    test_tensor_of_a_slope();
    test_direction_of_slanted_bars();
    test_range_of_a_block();
    test_kernels_of_this_machine();
    return 0;
}
