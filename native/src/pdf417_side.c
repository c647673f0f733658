#include "pdf417_side.h"

#define EDGE_PLACES 5u       /* looked at along the side of a symbol */
#define LIGHT_LEAST 4u       /* of them */
#define EDGES_LEAST 12u      /* of three edges at each of them */

#define REACH 6              /* modules above and below, of which each is looked at */
#define PLACES (2 * REACH + 1)
#define NEAR 2               /* modules to either side, where at least */
#define NEAR_LEAST 3u        /* ... so many of five are patterns at all */
#define BLUR 0.1f            /* whatever it is: neighbouring row address patterns differ by a whole module */
#define CONTRAST_SHARE 0.8f /* of the lightest less the darkest */
#define ROWS_MOST 0.5f       /* a module: no row is less than two high */
#define ROWS_SLACK 1.0f
#define WORTH_LEAST 8u       /* six places of two rows, or five of three */

bool bc_side_is_edge(bc_view *view, float module)
{
    static const float place[3] = {0.0f, 10.0f, 27.0f};
    static const float along[EDGE_PLACES] = {4.0f, -4.0f, 2.0f, -2.0f, 0.0f}; /* what is farther is less often there */
    view->scene.contrast = bc_view_at(view, -module, 0.0f) - bc_view_at(view, 0.5f * module, 0.0f);
    uint32_t light = 0, edges = 0, left = 3 * EDGE_PLACES;
    for (uint32_t j = 0; j < 3; j++)
        for (uint32_t i = 0; i < EDGE_PLACES; i++) {
            float found;
            const float t = along[i] * module;
            if (edges + left-- < EDGES_LEAST || (j == 0 && light + EDGE_PLACES - i < LIGHT_LEAST))
                return false; /* what is left cannot make up for it */
            if (!bc_view_edge(view, place[j] * module, t, module, &found))
                continue;
            edges++;
            light += j == 0 && bc_view_at(view, found - 1.6f * module, t) - bc_view_at(view, found + 0.5f * module, t) >
                                   0.5f * view->scene.contrast;
        }
    return light >= LIGHT_LEAST && edges >= EDGES_LEAST;
}

/* The row address pattern at t between edges near at[0] and at[1], which are moved there; BC_PDF417_RAPS if none. */
static uint32_t read_at(const bc_view *view, const bc_rap_looks *looks, float t, float module, float at[2])
{
    float found[2], light[BC_PDF417_RAP_MODULES];
    const bool left = bc_view_edge(view, at[0], t, module, &found[0]);
    const bool right = bc_view_edge(view, at[1], t, module, &found[1]);
    if (!left || !right) {
        const float moved = left ? found[0] - at[0] : right ? found[1] - at[1] : 0.0f;
        at[0] += moved;
        at[1] += moved;
        return BC_PDF417_RAPS;
    }
    at[0] = found[0];
    at[1] = found[1];
    for (uint32_t i = 0; i < BC_PDF417_RAP_MODULES; i++)
        light[i] = bc_view_at(view, at[0] + ((float)i + 0.5f) / (float)BC_PDF417_RAP_MODULES * (at[1] - at[0]), t);
    return bc_rap_match(looks, light);
}

/* Light less dark, of what the row shows of its first row address pattern. */
static float contrast_of(const bc_view *view, float module)
{
    float low = bc_view_at(view, 0.0f, 0.0f), high = low;
    for (float s = 0.5f; s <= (float)BC_PDF417_RAP_MODULES; s += 0.5f) {
        const float light = bc_view_at(view, s * module, 0.0f);
        low = light < low ? light : low;
        high = light > high ? light : high;
    }
    return CONTRAST_SHARE * (high - low);
}

/* A chain of places whose patterns go on from one to the next. */
typedef struct {
    uint32_t places, rows; /* how many, and how many different patterns */
} chain;

static uint32_t worth(const chain *c)
{
    return c->places + c->rows;
}

/* Whether pattern `rap`, `apart` places below `before`, may be of a row below its, or above where they count down. */
static bool goes_on(uint32_t rap, uint32_t before, int32_t apart, bool down, uint32_t *rows)
{
    *rows = (down ? before + BC_PDF417_RAPS - rap : rap + BC_PDF417_RAPS - before) % BC_PDF417_RAPS;
    return (float)*rows <= ROWS_MOST * (float)apart + ROWS_SLACK;
}

/* The worth of the best chain of more than one row. */
static uint32_t best_chain(const uint32_t rap[PLACES], bool down)
{
    chain to[PLACES];
    uint32_t best = 0;
    for (int32_t i = 0; i < PLACES; i++) {
        to[i] = (chain){1, 1};
        if (rap[i] == BC_PDF417_RAPS)
            continue;
        for (int32_t j = 0; j < i; j++) {
            uint32_t rows;
            if (rap[j] == BC_PDF417_RAPS || !goes_on(rap[i], rap[j], i - j, down, &rows))
                continue;
            const chain longer = {to[j].places + 1, to[j].rows + (rows > 0)};
            to[i] = worth(&longer) > worth(&to[i]) ? longer : to[i];
        }
        if (to[i].rows > 1 && worth(&to[i]) > best)
            best = worth(&to[i]);
    }
    return best;
}

/* Reads the patterns from the middle outwards; false when hardly any of those near it is one. */
static bool read_side(const bc_view *view, const bc_rap_looks *looks, float width, uint32_t rap[PLACES])
{
    const float module = width / (float)BC_PDF417_RAP_MODULES;
    float above[2] = {0.0f, width}, below[2];
    rap[REACH] = read_at(view, looks, 0.0f, module, above);
    uint32_t seen = rap[REACH] < BC_PDF417_RAPS;
    below[0] = above[0];
    below[1] = above[1];
    for (int32_t i = 1; i <= REACH; i++) {
        rap[REACH - i] = read_at(view, looks, -(float)i * module, module, above);
        rap[REACH + i] = read_at(view, looks, (float)i * module, module, below);
        seen += rap[REACH - i] < BC_PDF417_RAPS;
        seen += rap[REACH + i] < BC_PDF417_RAPS;
        if (i == NEAR && seen < NEAR_LEAST)
            return false;
    }
    return true;
}

bool bc_side_counts(bc_view *view, float width, bc_rap_looks *looks)
{
    uint32_t rap[PLACES];
    bc_rap_looks_make(looks, BLUR);
    view->scene.contrast = contrast_of(view, width / (float)BC_PDF417_RAP_MODULES);
    return read_side(view, looks, width, rap) &&
           (best_chain(rap, false) >= WORTH_LEAST || best_chain(rap, true) >= WORTH_LEAST);
}
