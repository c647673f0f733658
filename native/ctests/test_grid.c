/* Grids of QR symbols: fits find the map and the bend that points came from; fixed modules are the standard's. */
#include "geometry.h"
#include "bend.h"
#include "qr_patterns.h"

#include "expect.h"

#include <string.h> /* memcmp */

static const bc_grid tilted = {
    .size = 33,
    .h = {0.9f, -0.2f, 0.05f, 0.3f, 0.8f, -0.1f, 0.15f, -0.1f},
    .origin_x = 120.0f,
    .origin_y = 90.0f,
    .unit = 60.0f,
};

static bool near(bc_point a, bc_point b, float by)
{
    return bc_abs(a.x - b.x) < by && bc_abs(a.y - b.y) < by;
}

static void test_solve(void)
{
    double a[9] = {4, 0, 0, 2, 5, 0, 1, 3, 6}, b[3] = {4 + 2 * 2 + 3, 2 + 5 * 2 + 3 * 3, 1 + 3 * 2 + 6 * 3};
    EXPECT(bc_solve(a, b, 3));
    for (size_t i = 0; i < 3; i++)
        EXPECT(bc_abs((float)b[i] - (float)(i + 1)) < 1e-5f);
    double singular[4] = {1, 0, 1, 1}, c[2] = {1, 1};
    EXPECT(!bc_solve(singular, c, 2));
}

static void test_angle(void)
{
    EXPECT(bc_abs(bc_angle_deg(1.0f, 0.0f)) < 0.1f);
    EXPECT(bc_abs(bc_angle_deg(1.0f, 1.7320508f) - 60.0f) < 0.1f);
    EXPECT(bc_abs(bc_angle_deg(-1.0f, 0.001f) - 180.0f) < 0.1f);
    EXPECT(bc_abs(bc_angle_deg(-2.0f, -2.0f) + 135.0f) < 0.1f);
    EXPECT(bc_angle_deg(0.0f, 0.0f) >= 0.0f && bc_angle_deg(0.0f, 0.0f) <= 0.0f);
}

/* Points and lines of a tilted grid give it back. */
static void test_perspective_is_found(void)
{
    bc_grid_fit fit;
    bc_grid found;
    bc_grid_fit_begin(&fit, tilted.size, 100.0f, 100.0f, 50.0f);
    EXPECT(!bc_grid_fit_solve(&fit, &found));
    for (size_t i = 0; i < 9; i++) {
        const float u = (float)(i % 3) * 14.0f, v = (float)(i / 3) * 13.0f;
        const bc_point p = bc_grid_at(&tilted, u, v);
        if (i % 2 == 0) {
            bc_grid_fit_point(&fit, u, v, p.x, p.y, 1.0f);
        } else {
            bc_grid_fit_line(&fit, u, v, p.x + 0.8f, p.y - 0.6f, 0.6f, 0.8f, 1.0f);
            bc_grid_fit_line(&fit, u, v, p.x + 3.0f, p.y, 0.0f, 1.0f, 1.0f);
        }
    }
    EXPECT(bc_grid_fit_solve(&fit, &found));
    for (size_t i = 0; i < 16; i++) {
        const float u = (float)(i % 4) * 11.0f, v = (float)(i / 4) * 11.0f;
        EXPECT(near(bc_grid_at(&found, u, v), bc_grid_at(&tilted, u, v), 0.05f));
    }
}

static void test_spot_is_the_slope(void)
{
    bc_grid bent = tilted;
    bent.knots = 3;
    for (size_t i = 0; i < 18; i++)
        bent.bend[i] = (float)(i * i % 7);
    for (size_t i = 0; i < 9; i++) {
        const float u = 2.0f + (float)(i % 3) * 10.0f, v = 3.0f + (float)(i / 3) * 10.0f, d = 0.25f;
        const bc_spot spot = bc_grid_spot(&bent, u, v);
        const bc_point a = bc_grid_at(&bent, u - d, v), b = bc_grid_at(&bent, u + d, v);
        const bc_point c = bc_grid_at(&bent, u, v - d), e = bc_grid_at(&bent, u, v + d);
        EXPECT(near(spot.at, bc_grid_at(&bent, u, v), 0.01f));
        EXPECT(near(spot.du, (bc_point){(b.x - a.x) / (2 * d), (b.y - a.y) / (2 * d)}, 0.05f));
        EXPECT(near(spot.dv, (bc_point){(e.x - c.x) / (2 * d), (e.y - c.y) / (2 * d)}, 0.05f));
    }
}

/* Points of a bowed sheet bend a flat grid to it, also between them. */
static void test_bend_is_found(void)
{
    uint8_t *memory = malloc(bc_bend_workspace() + BC_ARENA_ALIGN);
    bc_arena arena;
    bc_bend_fit fit;
    bc_grid grid = tilted;
    EXPECT(memory != NULL);
    bc_arena_init(&arena, memory, bc_bend_workspace() + BC_ARENA_ALIGN);
    EXPECT(bc_bend_take(&arena, &fit));
    bc_bend_begin(&fit, 5);
    for (size_t i = 0; i <= 33 * 33; i++) {
        const float u = (float)(i % 33), v = (float)(i / 33), bow = 0.02f * (u - 16.0f) * (u - 16.0f);
        const bc_point flat = bc_grid_flat_at(&grid, u, v);
        bc_bend_line(&fit, &grid, u, v, (bc_point){flat.x, flat.y + bow}, (bc_point){0.0f, 1.0f}, 1.0f);
        bc_bend_line(&fit, &grid, u, v, flat, (bc_point){1.0f, 0.0f}, 1.0f);
    }
    EXPECT(bc_bend_solve(&fit, &grid));
    for (size_t i = 0; i < 11; i++) {
        const float u = 3.0f * (float)i, bow = 0.02f * (u - 16.0f) * (u - 16.0f);
        const bc_point flat = bc_grid_flat_at(&grid, u, 20.0f);
        EXPECT(near(bc_grid_at(&grid, u, 20.0f), (bc_point){flat.x, flat.y + bow}, 0.5f));
    }
    free(memory);
}

static void columns_are(uint32_t version, const uint8_t *expected, size_t n)
{
    uint8_t column[BC_ALIGNMENTS_MAX];
    EXPECT(bc_qr_alignments(17 + 4 * version, column) == n);
    EXPECT(n == 0 || memcmp(column, expected, n) == 0);
}

/* ISO/IEC 18004:2015, table E.1. */
static void test_alignment_columns(void)
{
    columns_are(1, NULL, 0);
    columns_are(2, (const uint8_t[]){6, 18}, 2);
    columns_are(7, (const uint8_t[]){6, 22, 38}, 3);
    columns_are(22, (const uint8_t[]){6, 26, 50, 74, 98}, 5);
    columns_are(32, (const uint8_t[]){6, 34, 60, 86, 112, 138}, 6);
    columns_are(40, (const uint8_t[]){6, 30, 58, 86, 114, 142, 170}, 7);
}

static void test_sides(void)
{
    static uint8_t module[177 * 177];
    static bc_side side[BC_QR_SIDES_MAX];
    bc_qr_pattern(21, true, module);
    EXPECT(module[0] == BC_MODULE_DARK && module[21 + 1] == BC_MODULE_LIGHT && module[7] == BC_MODULE_LIGHT);
    EXPECT(module[20 * 21 + 20] == BC_MODULE_UNKNOWN && module[13 * 21 + 8] == BC_MODULE_DARK);
    /* Three finder patterns of 28, 20 and 12 sides, two timing patterns of six, one beside the module always dark. */
    EXPECT(bc_sides(21, 21, module, side, BC_QR_SIDES_MAX) == 3 * 60 + 2 * 6 + 1);
    bc_qr_pattern(177, true, module);
    EXPECT(bc_sides(177, 177, module, side, BC_QR_SIDES_MAX) < BC_QR_SIDES_MAX);
    EXPECT(bc_sides(177, 177, module, side, 5) == 5);
    bc_micro_qr_pattern(17, module);
    EXPECT(module[8] == BC_MODULE_DARK && module[17 * 9] == BC_MODULE_LIGHT && module[17 * 8 + 8] == BC_MODULE_UNKNOWN);
}

int main(void)
{
    test_solve();
    test_angle();
    test_perspective_is_found();
    test_spot_is_the_slope();
    test_bend_is_found();
    test_alignment_columns();
    test_sides();
    return 0;
}
