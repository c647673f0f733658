/*
 * Blur and movement bridge rings in black and white long before they are gone.
 * So five runs of a row are enough to look at grey levels where rings should
 * then be: along the column, in several foreshortenings, and the diagonals.
 */
#include "bullseye_rings.h"

#include <string.h> /* memcpy */

#define RUNS 5u
#define WEAVE 5u    /* so many to either side that are alike too are a texture: across a bullseye four are */

/* What five runs and the inner three of them are together, in modules: ink takes from one what it adds to the other. */
#define OPEN_MODULES (4.25f + 2.70f)
#define FILLED_MODULES (5.78f + 4.25f)

/* Where the middles of the rings are, in modules: every second one is dark. */
#define RINGS 4u
static const float ring[RINGS] = {0.965f, 1.74f, 2.51f, 3.28f};

/* px of five runs from which on every second and every fourth row is enough. */
#define EVERY_SECOND 16
#define EVERY_FOURTH 36

/*
 * Of a bullseye that is dark as a whole against the paper around it, px across: nine
 * modules.  Its rings are taken apart from each other by levels of their own.
 */
#define DISC_LEAST 14u
#define DISC_MOST 72u
#define DISC_SECOND 16u  /* px beyond which every second row is enough, */
#define DISC_FOURTH 30u  /* and every fourth */
#define DISC_EDGES 10u   /* its own and those of rings, with the middle filled: at least, and at most twice as many */
#define BORDER 2u        /* px at its ends where it gets lighter */
#define SPLIT_LEAST 14   /* grey levels that its rings differ by */

#define TILTS 5u
static const float tilt[TILTS] = {1.0f, 0.85f, 1.18f, 0.72f, 1.39f}; /* a module along columns to one along rows */

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
    const uint8_t five = BC_FIVE_OPEN | BC_FIVE_FILLED;
    uint32_t more = 0;
    for (size_t k = 2; k <= 2 * WEAVE; k += 2) {
        more += i >= k && (row->kind[i - k] & five) != 0 ? 1 : 0;
        more += i + k < row->n && (row->kind[i + k] & five) != 0 ? 1 : 0;
    }
    return more == 2 * WEAVE;
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

/* How much lighter light rings are than dark ones, of four levels each. */
static int32_t contrast(const uint8_t level[2 * RINGS])
{
    return level[2] + level[3] + level[6] + level[7] - level[0] - level[1] - level[4] - level[5];
}

/* The same along a column with modules of dy px. */
static int32_t contrast_down(const bc_grey *grey, float x, float y, float dy)
{
    const uint8_t *column = grey->px + (int32_t)x;
    int32_t sum = 0;
    for (uint32_t i = 0; i < RINGS; i++) {
        const float ay = ring[i] * dy;
        const int32_t both = column[(int32_t)(y + ay) * grey->stride] + column[(int32_t)(y - ay) * grey->stride];
        sum += i % 2 == 1 ? both : -both;
    }
    return sum;
}

/* Places of one or more lines that are on the wrong side of the middle of all their levels. */
static uint32_t count_wrong(const uint8_t *level, uint32_t lines, bool light_middle)
{
    const uint32_t n = lines * 2 * RINGS;
    uint32_t sum = 0, wrong = 0;
    for (uint32_t i = 0; i < n; i++)
        sum += level[i];
    for (uint32_t i = 0; i < n; i++) {
        const bool light = (i / 2 % 2 == 1) == light_middle; /* rings alternate from the middle outwards */
        wrong += light ? n * level[i] <= sum : n * level[i] >= sum;
    }
    return wrong;
}

/* Whether there are rings, in px of the layer, and then how large a module is along columns. */
static bool look(const bc_grey *grey, bc_bullseye *b)
{
    const float x = b->x, y = b->y, across = b->across;
    const float reach = 1.39f * 3.3f * across + 1.0f;
    const int32_t sign = b->light_middle ? 1 : -1;
    uint8_t level[LINES * 2 * RINGS];
    if (x < reach || y < reach || x + reach >= (float)grey->width || y + reach >= (float)grey->height)
        return false;
    cross(grey, x, y, across, 0.0f, level);
    const int32_t row = sign * contrast(level), least = row * COLUMN_PERCENT / 100;
    if (row < ROW_LEAST || count_wrong(level, 1, b->light_middle) > WRONG_IN_ROW)
        return false;
    int32_t best = least;
    for (size_t i = 0; i < TILTS; i++) {
        const int32_t column = sign * contrast_down(grey, x, y, tilt[i] * across);
        if (column > best) {
            best = column;
            b->down = tilt[i] * across;
        }
    }
    if (best == least)
        return false;
    const float dx = 0.7071f * across, dy = 0.7071f * b->down;
    cross(grey, x, y, 0.0f, b->down, level + 2 * RINGS);
    cross(grey, x, y, dx, dy, level + 4 * RINGS);
    cross(grey, x, y, dx, -dy, level + 6 * RINGS);
    b->wrong = (uint8_t)count_wrong(level, LINES, b->light_middle);
    return b->wrong <= WRONG_MOST;
}

void bc_rings_at(bc_frame *frame, size_t layer, const bc_row_runs *row, size_t i, bc_bullseyes *found)
{
    const uint16_t *e = row->edge + i;
    const int32_t sum = e[RUNS] - e[0];
    const uint32_t skip = sum >= EVERY_FOURTH ? 3 : sum >= EVERY_SECOND ? 1 : 0;
    if ((row->y & skip) != 0 || repeats(row, i) || !bc_frame_spend(frame, COST_LOOK))
        return;
    /* edge[i] with an odd i begins a space: then the middle, two runs on, is one, unless it is filled. */
    const bool open = (row->kind[i] & BC_FIVE_OPEN) != 0, light = (i % 2 == 1) == open;
    bc_bullseye b = {.x = 0.5f * (float)(e[0] + e[RUNS]), .y = (float)row->y + 0.5f, .light_middle = light,
                     .across = (float)(sum + e[4] - e[1]) / (open ? OPEN_MODULES : FILLED_MODULES),
                     .runs = BC_RUNS_RINGS};
    if (!look(&frame->layer[layer], &b))
        return;
    const float scale = (float)(1u << layer);
    b.x *= scale;
    b.y *= scale;
    b.across *= scale;
    b.down *= scale;
    keep(frame, found, &b);
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

void bc_rings_in_dark(bc_frame *frame, size_t layer, const bc_row_runs *row, bc_row_runs *part, bc_bullseyes *found)
{
    const uint32_t most = row->y % 4 == 0 ? DISC_MOST : row->y % 2 == 0 ? DISC_FOURTH : DISC_SECOND;
    part->y = row->y;
    for (size_t i = 0; i + 1 < row->n; i += 2) {
        const uint32_t x0 = row->edge[i], x1 = row->edge[i + 1], length = x1 - x0;
        if (length < DISC_LEAST || length > most)
            continue;
        if (!bc_frame_spend(frame, length))
            return;
        split(&frame->layer[layer], x0, x1, part);
        if (part->n < DISC_EDGES || part->n > 2 * DISC_EDGES)
            continue;
        bc_sort_runs(frame->kernels, part);
        for (size_t k = 0; k < part->n; k++)
            if (part->kind[k] & (BC_FIVE_OPEN | BC_FIVE_FILLED))
                bc_rings_at(frame, layer, part, k, found);
    }
}
