/* What is sorted many at a time is what one at a time gives, at every length, with and without SIMD. */
#include "bullseye_runs.h"
#include "expect.h"
#include "pdf417_bars.h"

#include <string.h> /* memcmp, memset */

#define EDGES_MOST 70u

static uint32_t state = 1;

static uint32_t chance(uint32_t most)
{
    state = state * 1664525u + 1013904223u;
    return (state >> 16) % most;
}

/* A start pattern of 8 1 1 1 1 1 1 3 modules of 2 px, and the same from behind; without its last edge it is none. */
static void test_a_guard_is_marked_from_both_ends(void)
{
    static const uint8_t width[BC_GUARD_EDGES] = {8, 1, 1, 1, 1, 1, 1, 3};
    static bc_bars bars;
    for (uint32_t back = 0; back < 2; back++) {
        float at = 5.0f;
        bars.edge[0] = at;
        for (uint32_t i = 0; i < BC_GUARD_EDGES; i++)
            bars.edge[i + 1] = at += 2.0f * (float)width[back ? BC_GUARD_EDGES - 1 - i : i];
        bars.edge_n = BC_GUARD_EDGES + 1;
        bc_bars_sort(bc_kernels_for(0), &bars);
        EXPECT(bc_bars_next(&bars, 0, back ? BC_MAY_GUARD_BACK : BC_MAY_GUARD) == 0);
        EXPECT(bc_bars_next(&bars, 0, back ? BC_MAY_GUARD : BC_MAY_GUARD_BACK) == bars.edge_n);
        EXPECT(bc_bars_next(&bars, 0, BC_MAY_ROW | BC_MAY_ROW_BACK) == bars.edge_n);
        bars.edge_n = BC_GUARD_EDGES;
        bc_bars_sort(bc_kernels_for(0), &bars);
        EXPECT(bc_bars_next(&bars, 0, BC_MAY_GUARD | BC_MAY_GUARD_BACK) == bars.edge_n);
    }
}

static void bars_are_equal(uint32_t n)
{
    static bc_bars one, other;
    float at = 0.0f;
    one.edge_n = other.edge_n = n;
    for (uint32_t i = 0; i < n; i++)
        one.edge[i] = other.edge[i] = at += 0.25f * (float)(1 + chance(i % 7 == 0 ? 90 : 20));
    bc_bars_sort(&bc_kernels_portable, &one);
    bc_bars_sort(bc_kernels_for(0), &other);
    EXPECT(memcmp(one.may, other.may, n) == 0);
    for (uint32_t i = n > BC_ROW_EDGES ? n - BC_ROW_EDGES : 0; i < n; i++) /* nothing is made of what lies behind */
        EXPECT((one.may[i] & (BC_MAY_ROW | BC_MAY_ROW_BACK)) == 0 && (i + BC_GUARD_EDGES < n || one.may[i] == 0));
    uint32_t marked = 0, told = 0;
    for (uint32_t i = 0; i < n; i++)
        marked += one.may[i] != 0;
    for (uint32_t i = bc_bars_next(&one, 0, 15); i < n; i = bc_bars_next(&one, i + 1, 15))
        told++;
    EXPECT(marked == told);
}

static void runs_are_equal(uint32_t n)
{
    uint16_t edge[2][EDGES_MOST + BC_RUNS_BEHIND];
    uint8_t kind[2][EDGES_MOST + BC_RUNS_BEHIND];
    uint16_t at = 0;
    for (uint32_t i = 0; i < n; i++)
        edge[0][i] = edge[1][i] = at = (uint16_t)(at + 3 + chance(3));
    bc_row_runs one = {edge[0], kind[0], n, 0}, other = {edge[1], kind[1], n, 0};
    bc_sort_runs(&bc_kernels_portable, &one);
    bc_sort_runs(bc_kernels_for(0), &other);
    EXPECT(memcmp(kind[0], kind[1], n + 8) == 0);
    for (uint32_t i = 0; i < 8; i++)
        EXPECT(kind[0][n + i] == 0);
}

int main(void)
{
    test_a_guard_is_marked_from_both_ends();
    for (uint32_t round = 0; round < 40; round++)
        for (uint32_t n = 0; n <= EDGES_MOST; n++) {
            bars_are_equal(n);
            runs_are_equal(n);
        }
    return 0;
}
