/*
 * Blur and movement bridge rings in black and white long before they are gone.
 * So five runs of a row are enough to look at grey levels where rings should
 * then be: along the column, in several foreshortenings, and the diagonals.
 */
#include "bullseye_rings.h"

#include <string.h> /* memcpy */

#define RUNS 5u
#define FIVE (BC_FIVE_OPEN | BC_FIVE_FILLED)
#define WEAVE 5u    /* so many to either side that are alike too are a texture: across a bullseye four are */

/* What five runs and the inner three of them are together, in modules: ink takes from one what it adds to the other. */
#define OPEN_MODULES (4.25f + 2.70f)
#define FILLED_MODULES (5.78f + 4.25f)

/* Where the middles of the rings are, in modules: every second one is dark. */
#define RINGS 4u
static const float ring[RINGS] = {0.965f, 1.74f, 2.51f, 3.28f};

/*
 * Of a bullseye that is dark as a whole against the paper around it, nine modules
 * across.  Its rings are taken apart from each other by levels of their own.
 */
#define DISC_HIGH 4u     /* of its length, a part that it is high to both sides of any row that tells */
#define DISC_EDGES 10u   /* its own and those of rings, with the middle filled: at least, and at most twice as many */
#define BORDER 2u        /* px at its ends where it gets lighter */
#define SPLIT_LEAST 14   /* grey levels that its rings differ by */

#define TILTS 5u
static const float tilt[TILTS] = {1.0f, 0.85f, 1.18f, 0.72f, 1.39f}; /* a module along columns to one along rows */
#define TILTED(t) 0.965f * (t), 1.74f * (t), 2.51f * (t), 3.28f * (t)
static const float tilted_ring[TILTS * RINGS] = {TILTED(1.0f), TILTED(0.85f), TILTED(1.18f), TILTED(0.72f),
                                                 TILTED(1.39f)};
#define FIRST_RING 0.9f /* modules along rows: in the first ring in each of them */

#define GLANCE_LEAST 5      /* grey levels that two places on the second ring differ by from two on the first */
#define ROW_LEAST 40        /* grey levels that four places on light rings are lighter than four on dark ones */
#define COLUMN_PERCENT 40   /* of that, along the column */
#define LINES 4u            /* row, column and diagonals */
#define WRONG_MOST 6u       /* of their 32 places on rings, on the wrong side of the mean of all, */
#define WRONG_IN_ROW 2u     /* ... and of the row's eight, of the mean of these: most of what is no bullseye has more */

/* Units of bc_frame_spend. */
#define COST_LOOK 80

/* Whether two are one: their middles are near each other, and their sizes. */
static bool same_place(const bc_bullseye *a, const bc_bullseye *b)
{
    const float dx = a->x - b->x, dy = a->y - b->y, reach = 0.7f * (a->across < b->across ? a->across : b->across);
    return a->light_middle == b->light_middle && dx * dx + dy * dy < reach * reach && b->across < 2.0f * a->across &&
           a->across < 2.0f * b->across;
}

bool bc_bullseye_known(const bc_bullseyes *found, const bc_bullseye *new)
{
    uint8_t runs = 0;
    for (size_t i = 0; i < found->n; i++)
        if (same_place(&found->item[i], new))
            runs |= found->item[i].runs;
    return (new->runs & ~runs) == 0;
}

void bc_bullseye_add(bc_frame *frame, bc_bullseyes *found, const bc_bullseye *new)
{
    if (found->n == BC_BULLSEYES_MAX)
        frame->cut_short = true;
    else
        found->item[found->n++] = *new;
}

/* Of the rows across one middle the one is kept that shows rings best. */
static void keep(bc_frame *frame, bc_bullseyes *found, const bc_bullseye *new)
{
    for (size_t i = 0; i < found->n; i++) {
        bc_bullseye *b = &found->item[i];
        if (b->runs == BC_RUNS_RINGS && same_place(b, new)) {
            if (new->wrong < b->wrong)
                *b = *new;
            return;
        }
    }
    bc_bullseye_add(frame, found, new);
}

/* Whether runs to both sides are alike too: weave, or a grille. */
static bool repeats(const bc_row_runs *row, size_t i)
{
    if (i < 2 * WEAVE || i + 2 * WEAVE >= row->n)
        return false;
    const uint8_t *kind = row->kind + i;
    for (size_t k = 2; k <= 2 * WEAVE; k += 2)
        if (!(kind[k] & FIVE) || !(kind[-(ptrdiff_t)k] & FIVE))
            return false;
    return true;
}

/* Grey levels where a line through x, y with modules of dx, dy px crosses rings, two of each. */
static void cross(const bc_grey *grey, float x, float y, float dx, float dy, uint8_t level[2 * RINGS])
{
    for (uint32_t i = 0; i < RINGS; i++) {
        const float ax = ring[i] * dx, ay = ring[i] * dy;
        level[2 * i] = bc_grey_row(grey, (uint32_t)(int32_t)(y + ay))[(int32_t)(x + ax)];
        level[2 * i + 1] = bc_grey_row(grey, (uint32_t)(int32_t)(y - ay))[(int32_t)(x - ax)];
    }
}

/* The same along a row. */
static void cross_row(const uint8_t *row, float x, float across, uint8_t level[2 * RINGS])
{
    int32_t right[RINGS], left[RINGS];
    for (uint32_t i = 0; i < RINGS; i++) {
        right[i] = (int32_t)(x + ring[i] * across);
        left[i] = (int32_t)(x - ring[i] * across);
    }
    for (uint32_t i = 0; i < RINGS; i++) {
        level[2 * i] = row[right[i]];
        level[2 * i + 1] = row[left[i]];
    }
}

/* How much lighter a row's light rings are than its dark ones, of four levels each; 0 where too many are neither. */
static int32_t contrast_of_row(const uint8_t level[2 * RINGS], bool light_middle)
{
    const int32_t even = level[0] + level[1] + level[4] + level[5], odd = level[2] + level[3] + level[6] + level[7];
    const int32_t sign = light_middle ? 1 : -1, least = sign * (even + odd);
    uint32_t wrong = 0;
    for (size_t i = 0; i < 2 * (size_t)RINGS; i += 4) {
        wrong += (uint32_t)(8 * sign * level[i] >= least) + (uint32_t)(8 * sign * level[i + 1] >= least);
        wrong += (uint32_t)(8 * sign * level[i + 2] <= least) + (uint32_t)(8 * sign * level[i + 3] <= least);
    }
    return wrong <= WRONG_IN_ROW ? sign * (odd - even) : 0;
}

/* The levels so many px before and after a pixel, or so many rows times the stride, together. */
static int32_t both(const uint8_t *at, ptrdiff_t away)
{
    return at[away] + at[-away];
}

/* How large a module is along the column of `at`, whose ring levels then differ most, by more than `least`; or 0. */
static float module_down(const uint8_t *at, ptrdiff_t stride, float across, bool light_middle, int32_t least)
{
    int32_t away[TILTS * RINGS];
    float down = 0.0f;
    for (uint32_t i = 0; i < TILTS * RINGS; i++)
        away[i] = (int32_t)(tilted_ring[i] * across + 0.5f);
    for (uint32_t i = 0; i < TILTS; i++) {
        const int32_t *k = away + RINGS * i;
        const int32_t odd = both(at, k[1] * stride) + both(at, k[3] * stride);
        const int32_t even = both(at, k[0] * stride) + both(at, k[2] * stride);
        const int32_t contrast = light_middle ? odd - even : even - odd;
        if (contrast > least) {
            least = contrast;
            down = tilt[i] * across;
        }
    }
    return down;
}

/* Of some lines' levels, how many are on the wrong side of the middle of all of them. */
static uint32_t count_wrong(const uint8_t level[LINES * 2 * RINGS], bool light_middle)
{
    const uint32_t n = LINES * 2 * RINGS;
    uint32_t sum = 0, wrong = 0;
    for (uint32_t i = 0; i < n; i++)
        sum += level[i];
    /* Rings alternate from the middle outwards; what is as light as the middle of all is wrong on either. */
    const uint32_t above = (sum + n - 1) / n, below = sum / n;
    for (uint32_t i = 0; i < n; i += 2) {
        const uint32_t a = level[i], b = level[i + 1];
        if ((i % 4 == 2) == light_middle)
            wrong += (uint32_t)(a <= below) + (uint32_t)(b <= below);
        else
            wrong += (uint32_t)(a >= above) + (uint32_t)(b >= above);
    }
    return wrong;
}

/* Whether there are rings, in px of the layer, and then how large a module is along columns. */
static bool look(const bc_grey *grey, uint32_t row, bc_bullseye *b)
{
    const float x = b->x, y = b->y, across = b->across;
    uint8_t level[LINES * 2 * RINGS];
    const uint8_t *pixels = bc_grey_row(grey, row);
    cross_row(pixels, x, across, level);
    const int32_t contrast = contrast_of_row(level, b->light_middle);
    if (contrast < ROW_LEAST)
        return false;
    b->down = module_down(pixels + (int32_t)x, grey->stride, across, b->light_middle, contrast * COLUMN_PERCENT / 100);
    if (!(b->down > 0.0f))
        return false;
    const float dx = 0.7071f * across, dy = 0.7071f * b->down;
    cross(grey, x, y, 0.0f, b->down, level + 2 * RINGS);
    cross(grey, x, y, dx, dy, level + 4 * RINGS);
    cross(grey, x, y, dx, -dy, level + 6 * RINGS);
    b->wrong = (uint8_t)count_wrong(level, b->light_middle);
    return b->wrong <= WRONG_MOST;
}

/* Whether looking at rings of this size stays within the picture. */
static bool has_room(const bc_grey *grey, float x, float y, float across)
{
    const float reach = 1.39f * 3.3f * across + 1.0f;
    return x >= reach && y >= reach && x + reach < (float)grey->width && y + reach < (float)grey->height;
}

/*
 * A look at few pixels that most chance finds do not stand.  In every foreshortening
 * two places of the column are on the first ring: they are nearer to what the row
 * has there than to its second ring.
 */
static bool glance(const bc_grey *grey, uint32_t y, float x, float across, bool light_middle)
{
    static const float side[4] = {0.965f, -0.965f, 1.74f, -1.74f};
    const uint8_t *row = bc_grey_row(grey, y);
    int32_t place[4];
    for (uint32_t i = 0; i < 4; i++)
        place[i] = (int32_t)(x + side[i] * across);
    const int32_t sign = light_middle ? 1 : -1;
    const int32_t dark = sign * (row[place[0]] + row[place[1]]), light = sign * (row[place[2]] + row[place[3]]);
    const int32_t first = sign * both(row + (int32_t)x, (int32_t)(FIRST_RING * across + 0.5f) * grey->stride);
    return light - dark >= GLANCE_LEAST && 2 * first < light + dark;
}

/* Keeps the rings of a middle and size in px of the layer, if they are there. */
__attribute__((noinline)) static void keep_rings(bc_frame *frame, size_t layer, uint32_t y, bc_bullseye *b,
                                                 bc_bullseyes *found)
{
    if (!bc_frame_spend(frame, COST_LOOK) || !look(&frame->layer[layer], y, b))
        return;
    const float scale = (float)(1u << layer);
    b->x *= scale;
    b->y *= scale;
    b->across *= scale;
    b->down *= scale;
    keep(frame, found, b);
}

void bc_rings_at(bc_frame *frame, size_t layer, const bc_row_runs *row, size_t i, bc_bullseyes *found)
{
    const uint16_t *e = row->edge + i;
    /* edge[i] with an odd i begins a space: then the middle, two runs on, is one, unless it is filled. */
    const bool open = (row->kind[i] & BC_FIVE_OPEN) != 0, light = (i % 2 == 1) == open;
    const float x = 0.5f * (float)(e[0] + e[RUNS]), y = (float)row->y + 0.5f;
    const float across = (float)(e[RUNS] - e[0] + e[4] - e[1]) * (open ? 1.0f / OPEN_MODULES : 1.0f / FILLED_MODULES);
    const bc_grey *grey = &frame->layer[layer];
    if (!has_room(grey, x, y, across) || !glance(grey, row->y, x, across, light) || repeats(row, i))
        return;
    bc_bullseye b = {.x = x, .y = y, .light_middle = light, .across = across, .runs = BC_RUNS_RINGS};
    keep_rings(frame, layer, row->y, &b, found);
}

/*
 * A dark run's own edges, where it crosses the middle of its levels; none when it
 * is of one level, or of more than a line of rings has.
 */
static void split(const bc_grey *grey, uint32_t x0, uint32_t x1, bc_row_runs *part)
{
    const uint8_t *level = bc_grey_row(grey, part->y);
    uint8_t low = 255, high = 0;
    for (uint32_t x = x0 + BORDER; x < x1 - BORDER; x++) {
        low = level[x] < low ? level[x] : low;
        high = level[x] > high ? level[x] : high;
    }
    part->n = 0;
    if (high - low < SPLIT_LEAST)
        return;
    const uint32_t middle = ((uint32_t)low + high + 1) / 2;
    bool dark = true;
    part->edge[part->n++] = (uint16_t)x0;
    for (uint32_t x = x0 + BORDER; x < x1 - BORDER; x++)
        if ((level[x] < middle) != dark) {
            part->edge[part->n++] = (uint16_t)x;
            dark = !dark;
        }
    part->edge[part->n++] = (uint16_t)x1;
}

void bc_rings_in_dark(bc_frame *frame, size_t layer, const bc_row_runs *row, size_t i, bc_row_runs *part,
                      bc_bullseyes *found)
{
    const bc_bits *bits = &frame->shared.bits[layer];
    const uint32_t x0 = row->edge[i], x1 = row->edge[i + 1], x = (x0 + x1) / 2, y = row->y;
    /* In every foreshortening it is dark so far above and below its middle: most of what is no disc is not as high. */
    const uint32_t high = (x1 - x0) / DISC_HIGH;
    if (y < high || y + high >= bits->height || !bc_bits_at(bits, (int32_t)x, (int32_t)(y - high)) ||
        !bc_bits_at(bits, (int32_t)x, (int32_t)(y + high)) || !bc_frame_spend(frame, x1 - x0))
        return;
    part->y = y;
    split(&frame->layer[layer], x0, x1, part);
    if (part->n < DISC_EDGES || part->n > 2 * DISC_EDGES)
        return;
    bc_sort_runs(frame->kernels, part);
    for (size_t k = 0; k < part->n; k++)
        if (part->kind[k] & FIVE)
            bc_rings_at(frame, layer, part, k, found);
}
