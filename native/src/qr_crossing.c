/* Walks over black and white pixels from the middle of what may be a finder pattern. */
#include "qr_crossing.h"

/* Pixels from x, y on in a direction before the picture ends. */
static int32_t room_of(const bc_bits *bits, int32_t x, int32_t y, int32_t dx, int32_t dy)
{
    if (!bc_bits_inside(bits, x, y))
        return 0;
    const int32_t across = dx > 0 ? (int32_t)bits->width - x : dx < 0 ? x + 1 : INT32_MAX;
    const int32_t down = dy > 0 ? (int32_t)bits->height - y : dy < 0 ? y + 1 : INT32_MAX;
    return across < down ? across : down;
}

/* Walks along a column, which most crossings are, while the colour is `dark`, at most `most` steps; the steps done. */
static int32_t walk_column(const bc_bits *bits, int32_t x, int32_t *y, int32_t dy, bool dark, int32_t most)
{
    const int32_t room = room_of(bits, x, *y, 0, dy), end = room < most ? room : most;
    int32_t n = 0;
    if (end <= 0)
        return 0;
    const uint64_t *at = bc_bits_row(bits, (uint32_t)*y) + (uint32_t)x / 64, bit = (uint64_t)1 << (uint32_t)x % 64;
    const ptrdiff_t pitch = dy * (ptrdiff_t)bits->row_words;
    if (dark)
        for (; n < end && (*at & bit) != 0; n++)
            at += pitch;
    else
        for (; n < end && (*at & bit) == 0; n++)
            at += pitch;
    *y += n * dy;
    return n;
}

/* The same from x, y in any direction. */
static int32_t walk(const bc_bits *bits, int32_t *x, int32_t *y, int32_t dx, int32_t dy, bool dark, int32_t most)
{
    if (dx == 0)
        return walk_column(bits, *x, y, dy, dark, most);
    const int32_t room = room_of(bits, *x, *y, dx, dy), end = room < most ? room : most;
    int32_t n = 0;
    if (end <= 0)
        return 0;
    const uint64_t *row = bc_bits_row(bits, (uint32_t)*y);
    const ptrdiff_t pitch = dy * (ptrdiff_t)bits->row_words;
    uint32_t at = (uint32_t)*x;
    for (; n < end && (row[at / 64] >> at % 64 & 1u) == (uint64_t)dark; n++) {
        row += pitch;
        at += (uint32_t)dx;
    }
    *x += n * dx;
    *y += n * dy;
    return n;
}

bool bc_qr_cross(const bc_bits *bits, int32_t x, int32_t y, int32_t dx, int32_t dy, bool dark, int32_t most,
                 bc_crossing *out)
{
    int32_t fx = x, fy = y, bx = x - dx, by = y - dy;
    const int32_t ahead = walk(bits, &fx, &fy, dx, dy, dark, 3 * most);
    out->edge[2] = 0.0f;
    out->edge[3] = (float)ahead;
    if (ahead == 0 || ahead >= 3 * most)
        return false;
    const int32_t behind = walk(bits, &bx, &by, -dx, -dy, dark, 3 * most);
    out->edge[2] = (float)-behind;
    if (ahead + behind >= 3 * most)
        return false;
    /* Spaces as long as the middle are refused anyway, so they are not walked to their end. */
    const int32_t middle = ahead + behind, space_most = middle < most ? middle : most;
    const int32_t space2 = walk(bits, &fx, &fy, dx, dy, !dark, space_most);
    if (space2 == 0 || space2 >= space_most)
        return false;
    const int32_t space1 = walk(bits, &bx, &by, -dx, -dy, !dark, space_most);
    if (space1 == 0 || space1 >= space_most)
        return false;
    const int32_t bar2 = walk(bits, &fx, &fy, dx, dy, dark, most);
    if (bar2 == 0 || bar2 >= most)
        return false;
    const int32_t bar1 = walk(bits, &bx, &by, -dx, -dy, dark, most);
    if (bar1 == 0 || bar1 >= most)
        return false;
    out->edge[4] = (float)(ahead + space2);
    out->edge[5] = (float)(ahead + space2 + bar2);
    out->edge[1] = (float)-(behind + space1);
    out->edge[0] = (float)-(behind + space1 + bar1);
    return true;
}

bool bc_qr_fits(const bc_crossing *c, float *module)
{
    const float *e = c->edge;
    const float a = e[2] - e[0], b = e[3] - e[1], d = e[4] - e[2], f = e[5] - e[3];
    const float sum = a + b + d + f, m = sum / 12.0f;
    const float outer = 0.6f * m + 1.0f, inner = 0.8f * m + 1.0f;
    *module = m;
    return e[3] - e[2] > e[2] - e[1] && e[3] - e[2] > e[4] - e[3] && a - 2 * m < outer && 2 * m - a < outer &&
           f - 2 * m < outer && 2 * m - f < outer && b - 4 * m < inner && 4 * m - b < inner && d - 4 * m < inner &&
           4 * m - d < inner;
}
