/* Dotted sides of Data Matrix symbols followed dot by dot, on pictures one side high. */
#include "dm_bent.h"
#include "expect.h"

#include <string.h> /* memset */

#define WIDTH 160u
#define HEIGHT 24u
#define TOP 8u
#define MODULES 16u

static uint8_t pixels[HEIGHT * WIDTH];
static const bc_grey image = {.px = pixels, .width = WIDTH, .height = HEIGHT, .stride = WIDTH};
static const bc_scene scene = {&image, 1.0f, 200.0f};

/* Draws modules of these widths from x = 10 on, dark and light in turn; where the last one ends. */
static uint32_t draw(const uint32_t *width, uint32_t n)
{
    uint32_t x = 10;
    memset(pixels, 230, sizeof pixels);
    for (uint32_t i = 0; i < n; x += width[i++])
        for (uint32_t y = TOP; i % 2 == 0 && y < TOP + 6u; y++)
            memset(pixels + y * WIDTH + x, 30, width[i]);
    return x;
}

/* Follows what is drawn from x = 10 to here. */
static bool follow(uint32_t end, bc_dm_dots *dots)
{
    const float y = (float)TOP;
    return bc_dm_follow(&scene, (bc_point){10.0f, y}, (bc_point){(float)end, y}, (bc_point){10.0f, y + 90.0f}, dots);
}

static void test_modules_of_any_width_are_told_in_order(void)
{
    static const uint32_t width[MODULES] = {4, 4, 5, 5, 5, 6, 6, 6, 7, 7, 8, 8, 8, 9, 9, 9};
    bc_dm_dots dots;
    EXPECT(follow(draw(width, MODULES), &dots));
    EXPECT(dots.n == MODULES);
    float begin = 0.0f;
    for (uint32_t i = 0; i + 1 < MODULES; i++) {
        const float off = dots.middle[i] - begin - 0.5f * (float)width[i];
        EXPECT(off < 0.3f && off > -0.3f);
        begin += (float)width[i];
    }
}

static void test_a_filled_module_is_three_with_its_neighbours(void)
{
    static const uint32_t width[] = {6, 6, 6, 6, 18, 6, 6, 6, 6, 6, 6, 6, 6, 6};
    bc_dm_dots dots;
    EXPECT(follow(draw(width, MODULES - 2), &dots));
    EXPECT(dots.n == MODULES - 2u + 2u);
    EXPECT(dots.middle[5] > 32.0f && dots.middle[5] < 34.0f);
}

static void test_what_is_no_dotted_side_is_refused(void)
{
    static const uint32_t jumps[MODULES] = {3, 3, 3, 3, 9, 9, 3, 3, 9, 9, 3, 3, 9, 9, 3, 3};
    static const uint32_t few[8] = {6, 6, 6, 6, 6, 6, 6, 6};
    static const uint32_t ends_dark[15] = {6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6};
    bc_dm_dots dots;
    EXPECT(!follow(draw(jumps, MODULES), &dots));
    EXPECT(!follow(draw(few, 8), &dots));
    EXPECT(!follow(draw(ends_dark, 15), &dots));
    memset(pixels, 230, sizeof pixels);
    EXPECT(!follow(WIDTH - 10u, &dots)); /* paper */
    EXPECT(!follow(10u, &dots));         /* no side at all */
}

static void test_more_modules_than_are_followed_are_refused(void)
{
    static uint8_t row[4][4 * WIDTH];
    const bc_grey wide = {.px = row[0], .width = 4 * WIDTH, .height = 4, .stride = 4 * WIDTH};
    const bc_scene all = {&wide, 1.0f, 200.0f};
    bc_dm_dots dots;
    for (uint32_t x = 0; x < 4 * WIDTH; x++)
        for (uint32_t y = 0; y < 4; y++)
            row[y][x] = x / 2 % 2 == 0 ? 30 : 230;
    EXPECT(!bc_dm_follow(&all, (bc_point){0.0f, 0.0f}, (bc_point){240.0f, 0.0f}, (bc_point){0.0f, 90.0f}, &dots));
}

int main(void)
{
    test_modules_of_any_width_are_told_in_order();
    test_a_filled_module_is_three_with_its_neighbours();
    test_what_is_no_dotted_side_is_refused();
    test_more_modules_than_are_followed_are_refused();
    return 0;
}
