/*
 * Blur and movement bridge rings in black and white long before they are gone.
 * So five runs of a row are enough to look at grey levels where rings should
 * then be: along the column, in several foreshortenings, and the diagonals.
 */
#include "bullseye_rings.h"

#include "geometry.h"

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

#define ROW_LEAST 5.0f      /* grey levels that light rings are lighter than dark ones along the row */
#define COLUMN_LEAST 0.45f  /* of that, along the column */
#define DIAGONAL_LEAST 0.3f /* and along each diagonal */

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

/* How much lighter light rings are than dark ones along a line through x, y with modules of dx, dy px. */
static float along(const bc_grey *grey, float x, float y, float dx, float dy)
{
    const uint8_t *middle = bc_grey_row(grey, (uint32_t)y) + (uint32_t)x;
    float light = (float)middle[0], dark = 0.0f;
    for (uint32_t i = 0; i < RINGS; i++) {
        const float ax = ring[i] * dx, ay = ring[i] * dy;
        const float two = (float)bc_grey_row(grey, (uint32_t)(y + ay))[(uint32_t)(x + ax)] +
                          (float)bc_grey_row(grey, (uint32_t)(y - ay))[(uint32_t)(x - ax)];
        dark += i % 2 == 0 ? two : 0.0f;
        light += i % 2 == 1 ? two : 0.0f;
    }
    return 0.2f * light - 0.25f * dark;
}

/* Whether there are rings around x, y, and then how large a module is along columns. */
static bool look(const bc_grey *grey, float sign, float x, float y, float across, float *down)
{
    const float reach = 1.39f * 3.3f * across + 1.0f;
    if (x < reach || y < reach || x + reach >= (float)grey->width || y + reach >= (float)grey->height)
        return false;
    const float row = sign * along(grey, x, y, across, 0.0f);
    float best = COLUMN_LEAST * row;
    *down = 0.0f;
    for (size_t i = 0; row >= ROW_LEAST && i < TILTS; i++) {
        const float column = sign * along(grey, x, y, 0.0f, tilt[i] * across);
        if (column > best) {
            best = column;
            *down = tilt[i] * across;
        }
    }
    if (*down == 0.0f)
        return false;
    const float dx = 0.7071f * across, dy = 0.7071f * *down, least = DIAGONAL_LEAST * row;
    return sign * along(grey, x, y, dx, dy) > least && sign * along(grey, x, y, dx, -dy) > least;
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
        if (!look(grey, light ? 1.0f : -1.0f, x, middle_y, across, &down))
            continue;
        const bc_bullseye b = {x * scale, middle_y * scale, across * scale, down * scale, light, BC_RUNS_RINGS};
        if (!bc_bullseye_known(found, &b))
            found->item[found->n++] = b;
    }
}
