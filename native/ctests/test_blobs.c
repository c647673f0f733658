/* Areas of a layer: the same as those a flood fill finds, with their runs in order and their hulls around them. */
#include "blobs.h"

#include "expect.h"

#include <string.h> /* memset */

#define SIDE 70u /* few enough tiles for all of it to be mesh, and more than a word of bits */
#define LEAST 9u
#define SPACE ((size_t)1 << 20)

static uint8_t px[SIDE * SIDE];
static bool seen[SIDE * SIDE];
static uint64_t space[SPACE / 8];

/* What a flood fill finds: as bc_blob has it. */
typedef struct {
    uint32_t area, x0, y0, x1, y1;
} region;

/* Spots of several px, so that areas of all sizes come of them. */
static void draw(uint32_t seed)
{
    memset(px, 220, sizeof px);
    for (uint32_t i = 0; i < 260; i++) {
        seed = seed * 1664525u + 1013904223u;
        const uint32_t x = (seed >> 8) % (SIDE - 4), y = (seed >> 20) % (SIDE - 4), side = 1 + (seed >> 5) % 4;
        for (uint32_t v = y; v < y + side; v++)
            memset(px + v * SIDE + x, 30, side);
    }
}

static region flood(const bc_bits *bits, bool dark, uint32_t x, uint32_t y)
{
    static uint32_t todo[SIDE * SIDE];
    uint32_t n = 0;
    region r = {0, x, y, x + 1, y + 1};
    todo[n++] = y * SIDE + x;
    seen[y * SIDE + x] = true;
    while (n > 0) {
        const uint32_t at = todo[--n], px_x = at % SIDE, px_y = at / SIDE;
        r.area++;
        r.x0 = px_x < r.x0 ? px_x : r.x0;
        r.x1 = px_x + 1 > r.x1 ? px_x + 1 : r.x1;
        r.y1 = px_y + 1 > r.y1 ? px_y + 1 : r.y1;
        for (int32_t k = 0; k < 9; k++) {
            const int32_t u = (int32_t)px_x + k % 3 - 1, v = (int32_t)px_y + k / 3 - 1;
            if (!bc_bits_inside(bits, u, v) || bc_bits_at(bits, u, v) != dark || seen[v * (int32_t)SIDE + u])
                continue;
            seen[v * (int32_t)SIDE + u] = true;
            todo[n++] = (uint32_t)v * SIDE + (uint32_t)u;
        }
    }
    return r;
}

/* Whether all four corners of a run lie in the hull, which turns to the left in the image. */
static bool run_is_inside(const bc_hull_point *hull, uint32_t n, float x0, float x1, float y)
{
    for (uint32_t i = 0; i < n; i++) {
        const bc_hull_point a = hull[i], b = hull[(i + 1) % n];
        for (uint32_t k = 0; k < 4; k++) {
            const float x = k % 2 == 0 ? x0 : x1, v = y + (float)(k / 2);
            if ((b.x - a.x) * (v - a.y) - (b.y - a.y) * (x - a.x) > 0.0f)
                return false;
        }
    }
    return true;
}

static void check_runs(const bc_blobs *blobs, const bc_blob *b)
{
    static bc_hull_point room[2 * SIDE + 2];
    bc_hull_point hull[BC_HULL_MAX];
    const uint32_t n = bc_blob_hull(blobs, b, room, hull);
    uint32_t area = 0, y = b->y0, i = b->first;
    bool inside = true;
    EXPECT(n >= 4);
    for (uint32_t k = 0; k < b->run_n; k++) {
        while (i >= blobs->row[y + 1])
            y++;
        inside &= run_is_inside(hull, n, blobs->edge[2 * i], blobs->edge[2 * i + 1], (float)y);
        area += (uint32_t)blobs->edge[2 * i + 1] - blobs->edge[2 * i];
        EXPECT(k + 1 == b->run_n ? i == b->last : blobs->next[i] > i);
        i = blobs->next[i];
    }
    EXPECT(inside);
    EXPECT(area == b->area);
    EXPECT(y + 1 == b->y1);
}

/* Both find areas in the order of their first pixel. */
static uint32_t compare(bc_frame *frame, bool dark)
{
    bc_blobs blobs;
    EXPECT(bc_blobs_take(&frame->arena, SIDE, SIDE, &blobs));
    EXPECT(bc_blobs_find(frame, 0, dark, LEAST, &blobs));
    const bc_bits *bits = bc_frame_bits(frame, 0);
    uint32_t n = 0;
    memset(seen, 0, sizeof seen);
    for (uint32_t at = 0; at < SIDE * SIDE; at++) {
        const uint32_t x = at % SIDE, y = at / SIDE;
        if (bc_bits_at(bits, (int32_t)x, (int32_t)y) != dark || seen[at])
            continue;
        const region r = flood(bits, dark, x, y);
        if (r.y1 - r.y0 < LEAST)
            continue;
        EXPECT(n < blobs.blob_n);
        const bc_blob *b = &blobs.blob[n++];
        EXPECT(b->area == r.area && b->x0 == r.x0 && b->y0 == r.y0 && b->x1 == r.x1 && b->y1 == r.y1);
        check_runs(&blobs, b);
    }
    EXPECT(n == blobs.blob_n);
    return n;
}

static void test_areas_are_those_of_a_flood_fill(void)
{
    const bc_options options = {BC_ALL, BC_EFFORT_NORMAL, 0, 0};
    uint32_t dark_n = 0, light_n = 0;
    for (uint32_t seed = 0; seed < 60; seed++) {
        bc_frame frame = {.work_left = 0};
        const bc_image image = {px, SIDE, SIDE, SIDE, 1};
        draw(seed * 7919u + 1u);
        bc_arena_init(&frame.arena, space, SPACE);
        EXPECT(bc_frame_init(&frame, &image, &options));
        dark_n += compare(&frame, true);
        light_n += compare(&frame, false);
    }
    EXPECT(dark_n > 100 && light_n > 60);
}

int main(void)
{
    test_areas_are_those_of_a_flood_fill();
    return 0;
}
