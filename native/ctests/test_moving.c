/* Sums of frames, places found again, busy areas: exact values, bounds, and no read outside of what was lent. */
#include "bc.h"

#include "expect.h"

#include <string.h> /* memcpy, memset */

#define SIDE 64u

/* Levels that no shift repeats. */
static uint8_t level(uint32_t x, uint32_t y)
{
    const uint32_t mixed = (x / 3 * 2654435761u) ^ (y / 3 * 2246822519u);
    return (uint8_t)(mixed >> 13 & 0xFF);
}

/* A picture in memory of exactly its size; free its pixels. */
static uint8_t *picture(bc_image *image, uint32_t width, uint32_t height, uint32_t left, uint32_t top)
{
    uint8_t *px = malloc((size_t)width * height);
    EXPECT(px != NULL);
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++)
            px[y * width + x] = level(x + left, y + top);
    *image = (bc_image){px, width, height, (ptrdiff_t)width, 1};
    return px;
}

static void whole_pixels_add_up_exactly(void)
{
    bc_image image;
    uint8_t *px = picture(&image, SIDE, SIDE, 0, 0);
    uint16_t sums[20 * 10] = {0};
    uint8_t mean[20 * 10];
    bc_sum sum = {sums, 20, 10, 1, 0};
    for (uint32_t i = 0; i < BC_MAX_FRAMES; i++)
        EXPECT(bc_accumulate(&image, 7.0f, 9.0f, &sum) == BC_OK);
    EXPECT(sum.frames == BC_MAX_FRAMES);
    EXPECT(bc_accumulate(&image, 7.0f, 9.0f, &sum) == BC_LIMIT);
    EXPECT(bc_mean(&sum, mean, sizeof mean - 1) == BC_OUTPUT_FULL);
    EXPECT(bc_mean(&sum, mean, sizeof mean) == BC_OK);
    for (uint32_t i = 0; i < 200; i++)
        EXPECT(mean[i] == level(7 + i % 20, 9 + i / 20));
    free(px);
}

static void half_pixels_lie_between(void)
{
    const uint8_t px[] = {0, 100, 200, 100, 0, 100, 200, 100, 0, 100, 200, 100};
    const bc_image image = {px, 4, 3, 4, 1};
    uint16_t sums[2] = {0};
    bc_sum sum = {sums, 2, 1, 1, 0};
    EXPECT(bc_accumulate(&image, 0.5f, 1.0f, &sum) == BC_OK);
    EXPECT(sums[0] == 50 && sums[1] == 150);
    uint16_t fine[4] = {0};
    bc_sum twice = {fine, 4, 1, 2, 0};
    EXPECT(bc_accumulate(&image, 1.0f, 1.0f, &twice) == BC_OK); /* at 1.25, 1.75, 2.25, 2.75 px */
    EXPECT(fine[0] == 75 && fine[1] == 125 && fine[2] == 175 && fine[3] == 175);
}

/* Every layout of the same pixels gives the same sums; sanitisers see what is read beyond them. */
static void strides_do_not_matter(void)
{
    bc_image image;
    uint8_t *px = picture(&image, SIDE, SIDE, 0, 0);
    uint8_t *spread = malloc((SIDE * SIDE - 1) * 3 + 1);
    EXPECT(spread != NULL);
    for (uint32_t i = 0; i < SIDE * SIDE; i++)
        spread[i * 3] = px[SIDE * SIDE - 1 - i];
    const bc_image turned = {spread + (SIDE * SIDE - 1) * 3, SIDE, SIDE, -(ptrdiff_t)SIDE * 3, -3};
    const float last = (float)SIDE - 0.5f - 31.0f;
    for (uint32_t scale = 1; scale <= 2; scale++) {
        const size_t n = 31 * 31 * scale * scale;
        uint16_t *one = calloc(n, sizeof *one), *other = calloc(n, sizeof *other);
        EXPECT(one != NULL && other != NULL);
        bc_sum a = {one, 31 * scale, 31 * scale, scale, 0}, b = {other, 31 * scale, 31 * scale, scale, 0};
        EXPECT(bc_accumulate(&image, 0.5f, last, &a) == BC_OK && bc_accumulate(&image, last, 0.5f, &a) == BC_OK);
        EXPECT(bc_accumulate(&turned, 0.5f, last, &b) == BC_OK && bc_accumulate(&turned, last, 0.5f, &b) == BC_OK);
        EXPECT(memcmp(one, other, n * sizeof *one) == 0);
        free(one);
        free(other);
    }
    free(px);
    free(spread);
}

static void what_is_outside_is_refused(void)
{
    bc_image image;
    uint8_t *px = picture(&image, SIDE, SIDE, 0, 0);
    uint16_t sums[16 * 16] = {0};
    bc_sum sum = {sums, 16, 16, 1, 0}, wrong = {sums, 16, 16, 3, 0};
    const float nan = __builtin_nanf("");
    const float bad[][2] = {{0.4f, 5}, {5, 0.4f}, {47.6f, 5}, {5, 47.6f}, {-9, 5}, {1e9f, 5}, {nan, 5}, {5, nan}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        EXPECT(bc_accumulate(&image, bad[i][0], bad[i][1], &sum) == BC_BAD_ARGUMENT);
    EXPECT(bc_accumulate(&image, 5, 5, &wrong) == BC_BAD_ARGUMENT);
    EXPECT(bc_accumulate(NULL, 5, 5, &sum) == BC_BAD_ARGUMENT);
    EXPECT(bc_accumulate(&image, 5, 5, NULL) == BC_BAD_ARGUMENT);
    EXPECT(bc_mean(&sum, (uint8_t *)sums, sizeof sums) == BC_BAD_ARGUMENT); /* nothing was added */
    EXPECT(sum.frames == 0 && sums[0] == 0);
    free(px);
}

/* The part of one picture is found in another at every corner of the search, with a workspace of exactly its size. */
static void parts_are_found_again(void)
{
    bc_image first, second;
    uint8_t *px = picture(&first, 200, 160, 0, 0), *moved = picture(&second, 200, 160, 13, 0);
    uint8_t part[40 * 36];
    for (uint32_t y = 0; y < 36; y++)
        memcpy(part + 40 * y, px + (60 + y) * 200 + 80, 40);
    const size_t needed = bc_find_shift_workspace(40, 36, 20);
    void *ws = malloc(needed);
    EXPECT(ws != NULL && needed > 0);
    bc_shift at = {80.0f, 60.0f, 0.0f};
    EXPECT(bc_find_shift(&second, part, 40, 36, 20, ws, needed - 1, &at) == BC_WORKSPACE_TOO_SMALL);
    EXPECT(bc_find_shift(&second, part, 40, 36, 20, ws, needed, &at) == BC_OK);
    EXPECT(at.x > 66.9f && at.x < 67.1f && at.y > 59.9f && at.y < 60.1f && at.contrast > 0.8f);
    at = (bc_shift){500.0f, 60.0f, 0.0f};
    EXPECT(bc_find_shift(&second, part, 40, 36, 20, ws, needed, &at) == BC_NO_READ && at.x > 499.0f);
    at.x = __builtin_nanf("");
    EXPECT(bc_find_shift(&second, part, 40, 36, 20, ws, needed, &at) == BC_NO_READ);
    EXPECT(bc_find_shift(&second, part, 4, 36, 20, ws, needed, &at) == BC_BAD_ARGUMENT);
    EXPECT(bc_find_shift_workspace(BC_MAX_PART + 1, 36, 20) == 0);
    EXPECT(bc_find_shift_workspace(40, 36, BC_MAX_RADIUS + 1) == 0);
    free(ws);
    free(px);
    free(moved);
}

static void symbols_are_busy_and_edges_are_not(void)
{
    bc_image image;
    uint8_t *px = picture(&image, 640, 480, 0, 0);
    for (uint32_t y = 0; y < 480; y++)
        for (uint32_t x = 0; x < 640; x++)
            if (x < 256 || x >= 384 || y < 192 || y >= 288)
                px[y * 640 + x] = x > 500 ? 200 : y > 400 ? 20 : 120; /* straight edges far away */
    const size_t needed = bc_busy_workspace(640, 480);
    void *ws = malloc(needed);
    bc_box box[4];
    size_t n;
    EXPECT(ws != NULL);
    EXPECT(bc_busy(&image, ws, needed - 1, box, 4, &n) == BC_WORKSPACE_TOO_SMALL && n == 0);
    EXPECT(bc_busy(&image, ws, needed, box, 0, &n) == BC_OUTPUT_FULL && n == 0);
    EXPECT(bc_busy(&image, ws, needed, box, 4, &n) == BC_OK && n == 1);
    EXPECT(box[0].left == 256 && box[0].top == 192 && box[0].width == 128 && box[0].height == 96);
    memset(px, 77, 640 * 480);
    EXPECT(bc_busy(&image, ws, needed, box, 4, &n) == BC_NO_READ && n == 0);
    const bc_image tiny = {px, 3, 2, 640, 1};
    EXPECT(bc_busy(&tiny, ws, needed, box, 4, &n) == BC_NO_READ && n == 0);
    EXPECT(bc_busy_workspace(BC_MAX_SIDE + 1, 2) == 0);
    free(ws);
    free(px);
}

int main(void)
{
    whole_pixels_add_up_exactly();
    half_pixels_lie_between();
    strides_do_not_matter();
    what_is_outside_is_refused();
    parts_are_found_again();
    symbols_are_busy_and_edges_are_not();
    return 0;
}
