/*
 * Blur and movement bridge rings in black and white long before they are gone.
 * So five runs of a row are enough to look at grey levels where rings should
 * then be: along the column, in several foreshortenings, and the diagonals.
 */
#include "bullseye_rings.h"

#include <string.h> /* memcpy */

#define RUNS 5u
#define SUM_LEAST 6 /* px of them together */

/*
 * Circles have radii of 0.51, 1.18, 1.86, 2.53 and 3.20 mm at modules of 0.88 mm
 * (ISO/IEC 16023:2000, 4.11.4).  Two neighbouring runs of five, in 1/1000, and
 * their sum in modules: as they are, and with the middle filled by blur.
 */
static const struct {
    int32_t two_runs[RUNS - 1];
    float modules;
} kinds[2] = {
    {{364, 455, 455, 364}, 4.25f},
    {{266, 602, 602, 266}, 5.78f},
};

/* Where the middles of the rings are, in modules: every second one is dark. */
#define RINGS 4u
static const float ring[RINGS] = {0.965f, 1.74f, 2.51f, 3.28f};

#define TILTS 5u
static const float tilt[TILTS] = {1.0f, 0.85f, 1.18f, 0.72f, 1.39f}; /* a module along columns to one along rows */

#define ROW_LEAST 20        /* grey levels that four places on light rings are lighter than on dark ones, along the row */
#define COLUMN_PERCENT 40   /* of that, along the column */
#define LINES 4u            /* row, column and diagonals */
#define WRONG_MOST 6u       /* of their 32 places on rings, darker than the middle on a light one or the other way round */

/* Units of bc_frame_spend. */
#define COST_LOOK 80

bool bc_bullseye_known(const bc_bullseyes *found, const bc_bullseye *new)
{
    uint8_t runs = 0;
    for (size_t i = 0; i < found->n; i++) {
        const bc_bullseye *b = &found->item[i];
        const float dx = b->x - new->x, dy = b->y - new->y;
        const float reach = 0.7f * (b->across < new->across ? b->across : new->across);
        if (b->light_middle == new->light_middle && dx * dx + dy * dy < reach * reach &&
            new->across < 2.0f * b->across && b->across < 2.0f * new->across)
            runs |= b->runs;
    }
    return (new->runs & ~runs) == 0;
}

/* The modules that five runs are together, by their kind; 0 when they are of neither. */
static float modules_of(const uint16_t *e)
{
    const int32_t sum = e[RUNS] - e[0], slack = 60 * sum + 1000;
    for (size_t k = 0; sum >= SUM_LEAST && k < 2; k++) {
        bool like = true;
        for (size_t i = 0; i + 2 <= RUNS && like; i++) {
            const int32_t off = 1000 * (e[i + 2] - e[i]) - kinds[k].two_runs[i] * sum;
            like = off <= slack && off >= -slack;
        }
        if (like)
            return kinds[k].modules;
    }
    return 0.0f;
}

/* Grey levels where a line through x, y with modules of dx, dy px crosses rings, two of each. */
static void cross(const bc_grey *grey, float x, float y, float dx, float dy, uint8_t level[2 * RINGS])
{
    for (uint32_t i = 0; i < RINGS; i++) {
        const float ax = ring[i] * dx, ay = ring[i] * dy;
        level[2 * i] = bc_grey_row(grey, (uint32_t)(y + ay))[(uint32_t)(x + ax)];
        level[2 * i + 1] = bc_grey_row(grey, (uint32_t)(y - ay))[(uint32_t)(x - ax)];
    }
}

/* How much lighter light rings are than dark ones, of four levels each. */
static int32_t contrast(const uint8_t level[2 * RINGS])
{
    return level[2] + level[3] + level[6] + level[7] - level[0] - level[1] - level[4] - level[5];
}

/* Places of all lines that are on the wrong side of the middle. */
static uint32_t count_wrong(uint8_t level[LINES][2 * RINGS], bool light_middle)
{
    uint32_t sum = 0, wrong = 0;
    for (uint32_t i = 0; i < LINES * 2 * RINGS; i++)
        sum += level[i / (2 * RINGS)][i % (2 * RINGS)];
    for (uint32_t i = 0; i < LINES * 2 * RINGS; i++) {
        const uint32_t here = LINES * 2 * RINGS * level[i / (2 * RINGS)][i % (2 * RINGS)];
        const bool light = (i / 2 % 2 == 1) == light_middle; /* rings alternate from the middle outwards */
        wrong += light ? here <= sum : here >= sum;
    }
    return wrong;
}

/* Whether there are rings around x, y, and then how large a module is along columns. */
static bool look(const bc_grey *grey, bool light_middle, float x, float y, float across, float *down)
{
    const float reach = 1.39f * 3.3f * across + 1.0f;
    const int32_t sign = light_middle ? 1 : -1;
    uint8_t level[LINES][2 * RINGS], column[2 * RINGS];
    if (x < reach || y < reach || x + reach >= (float)grey->width || y + reach >= (float)grey->height)
        return false;
    cross(grey, x, y, across, 0.0f, level[0]);
    const int32_t row = sign * contrast(level[0]);
    int32_t best = row * COLUMN_PERCENT / 100;
    *down = 0.0f;
    for (size_t i = 0; row >= ROW_LEAST && i < TILTS; i++) {
        cross(grey, x, y, 0.0f, tilt[i] * across, column);
        if (sign * contrast(column) > best) {
            best = sign * contrast(column);
            *down = tilt[i] * across;
            memcpy(level[1], column, sizeof column);
        }
    }
    if (*down == 0.0f)
        return false;
    const float dx = 0.7071f * across, dy = 0.7071f * *down;
    cross(grey, x, y, dx, dy, level[2]);
    cross(grey, x, y, dx, -dy, level[3]);
    return count_wrong(level, light_middle) <= WRONG_MOST;
}

void bc_rings_in_row(bc_frame *frame, size_t layer, const uint16_t *edge, size_t n, uint32_t y, bc_bullseyes *found)
{
    const bc_grey *grey = &frame->layer[layer];
    const float scale = (float)(1u << layer), middle_y = (float)y + 0.5f;
    for (size_t i = 0; i + RUNS < n; i++) {
        const float modules = modules_of(edge + i);
        if (!(modules > 0.0f) || found->n == BC_BULLSEYES_MAX)
            continue;
        if (!bc_frame_spend(frame, COST_LOOK))
            return;
        /* edge[i] with an odd i begins a space: then the middle, two runs on, is one, unless it is filled. */
        const bool light = (i % 2 == 1) == (modules == kinds[0].modules);
        const float x = 0.5f * (float)(edge[i] + edge[i + RUNS]);
        const float across = (float)(edge[i + RUNS] - edge[i]) / modules;
        float down;
        if (!look(grey, light, x, middle_y, across, &down))
            continue;
        const bc_bullseye b = {x * scale, middle_y * scale, across * scale, down * scale, light, BC_RUNS_RINGS};
        if (!bc_bullseye_known(found, &b))
            found->item[found->n++] = b;
    }
}
