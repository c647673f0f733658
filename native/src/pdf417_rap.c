#include "pdf417_rap.h"

#define RAP_ELEMENTS 6u
#define CHARACTER_ELEMENTS 8u
#define END_OFF 0.7f       /* modules that the bar at its end may be off */
#define LIKE_LEAST 0.75f
#define LIKE_MARGIN 0.04f

const bc_micro_layout bc_micro_layouts[5] = {
    {0, {0}},
    {3, {10, 17, 10}},
    {4, {10, 17, 17, 10}},
    {6, {10, 17, 10, 17, 17, 10}},
    {7, {10, 17, 17, 10, 17, 17, 10}},
};

static float absolute(float x)
{
    return x < 0.0f ? -x : x;
}

/* From edge i, j edges on in a direction: how far; negative where the line ends before. */
static float reach(const bc_bars *bars, uint32_t i, uint32_t j, bool backwards)
{
    if (backwards ? i < j : i + j >= bars->edge_n)
        return -1.0f;
    return backwards ? bars->edge[i] - bars->edge[i - j] : bars->edge[i + j] - bars->edge[i];
}

/* The row address pattern that begins at edge i; BC_PDF417_RAPS when there is none. */
static uint32_t rap_at(const bc_bars *bars, uint32_t i, bool backwards, bool middle, float module)
{
    const float scale = 1.0f / module;
    uint32_t pairs = 0;
    for (uint32_t j = 0; j + 2 <= RAP_ELEMENTS; j++) {
        const float before = backwards ? bars->edge[i - j] : bars->edge[i + j];
        const float after = backwards ? bars->edge[i - j - 2] : bars->edge[i + j + 2];
        const float pair = absolute(after - before) * scale;
        if (!(pair < 15.0f))
            return BC_PDF417_RAPS;
        const uint32_t whole = (uint32_t)(pair + 0.5f);
        if (absolute(pair - (float)whole) > BC_PAIR_OFF)
            return BC_PDF417_RAPS;
        pairs = pairs << 4 | whole;
    }
    uint32_t found = BC_PDF417_RAPS;
    for (uint32_t rap = 0; rap < BC_PDF417_RAPS; rap++) /* all of them: many are compared at once so */
        found = bc_pdf417_rap_pairs[middle][rap] == pairs ? rap : found;
    return found;
}

bool bc_rap_row(const bc_micro_variant *variant, uint32_t part, uint32_t rap, uint32_t *row)
{
    const uint32_t first = part == 0 ? variant->left : part == 1 ? variant->middle : variant->right;
    *row = (rap + BC_PDF417_RAPS - first) % BC_PDF417_RAPS;
    return *row < variant->rows;
}

/* Whether a size has a row of these patterns, the middle one BC_PDF417_RAPS where there is none. */
static bool is_row(uint32_t columns, const uint32_t rap[3])
{
    for (uint32_t i = 0; i < BC_PDF417_VARIANTS; i++) {
        const bc_micro_variant *variant = &bc_pdf417_variant[i];
        uint32_t row, other;
        if (variant->columns != columns || !bc_rap_row(variant, 0, rap[0], &row) ||
            !bc_rap_row(variant, 2, rap[2], &other) || other != row)
            continue;
        if (columns < 3 || (bc_rap_row(variant, 1, rap[1], &other) && other == row))
            return true;
    }
    return false;
}

/* Elements of a part. */
static uint32_t elements_of(const bc_micro_layout *layout, uint32_t part)
{
    return layout->modules[part] == BC_PDF417_RAP_MODULES ? RAP_ELEMENTS : CHARACTER_ELEMENTS;
}

/*
 * Whether the parts of a row of so many columns from edge i on are each about as
 * wide as the one before leads to expect, and a narrow bar and a space are behind
 * them; how wide a module is.
 */
static bool has_widths(const bc_bars *bars, uint32_t i, bool backwards, const bc_micro_layout *layout, float *module)
{
    uint32_t modules = 1, at = 0;
    float before = 0.0f, here = 0.0f;
    for (uint32_t p = 0; p < layout->n; p++) {
        const uint32_t next = at + elements_of(layout, p);
        const float end = reach(bars, i, next, backwards), own = (end - here) / (float)layout->modules[p];
        if (end < 0.0f || (p > 0 && absolute(own - before) > BC_PART_OFF * before))
            return false;
        before = own;
        here = end;
        at = next;
        modules += layout->modules[p];
    }
    const float whole = reach(bars, i, at + 1, backwards), beyond = reach(bars, i, at + 2, backwards);
    *module = whole / (float)modules;
    return whole > 0.0f && absolute((whole - here) / before - 1.0f) < END_OFF &&
           (beyond < 0.0f || beyond - whole > BC_QUIET_LEAST * before);
}

/* Whether a row of so many columns begins at edge i. */
static bool is_row_at(const bc_bars *bars, uint32_t i, bool backwards, uint32_t columns, bc_micro_row *found)
{
    const bc_micro_layout *layout = &bc_micro_layouts[columns];
    uint32_t at = i, rap[3] = {0, BC_PDF417_RAPS, 0};
    float module;
    if (!has_widths(bars, i, backwards, layout, &module))
        return false;
    for (uint32_t p = 0; p < layout->n; p++) {
        const uint32_t n = elements_of(layout, p);
        if (n == RAP_ELEMENTS) {
            const bool middle = p > 0 && p + 1 < layout->n;
            const uint32_t which = p == 0 ? 0 : middle ? 1 : 2;
            rap[which] = rap_at(bars, at, backwards, middle, reach(bars, at, n, backwards) / 10.0f);
            if (rap[which] == BC_PDF417_RAPS)
                return false;
        }
        at = backwards ? at - n : at + n;
    }
    *found = (bc_micro_row){bars->edge[i], module, backwards, bc_bars_falls(bars, i) == backwards, (uint8_t)columns,
                            {0}};
    for (uint32_t p = 0, edges = 0; p < layout->n; p++) {
        edges += elements_of(layout, p);
        found->end[p] = reach(bars, i, edges, backwards) / module;
    }
    return is_row(columns, rap);
}

/* Adds the row that may begin at edge i. */
static size_t add_row(const bc_bars *bars, uint32_t i, bool backwards, bc_micro_row *row, size_t n, size_t cap)
{
    const float module = reach(bars, i, RAP_ELEMENTS, backwards) / (float)BC_PDF417_RAP_MODULES;
    const bool at_end = backwards ? i + 1 == bars->edge_n : i == 0;
    const float quiet = at_end      ? module
                        : backwards ? bars->edge[i + 1] - bars->edge[i]
                                    : bars->edge[i] - bars->edge[i - 1];
    if (n == cap || !(module > 0.0f) || quiet < BC_QUIET_LEAST * module ||
        rap_at(bars, i, backwards, false, module) == BC_PDF417_RAPS)
        return n;
    for (uint32_t columns = 4; columns >= 1; columns--) /* wide rows begin as narrow ones do */
        if (is_row_at(bars, i, backwards, columns, &row[n]))
            return n + 1;
    row[n] = (bc_micro_row){bars->edge[i], module, backwards, bc_bars_falls(bars, i) == backwards, 0, {0}};
    return n + 1;
}

size_t bc_micro_rows_find(const bc_bars *bars, bc_micro_row *row, size_t cap)
{
    const uint8_t either = BC_MAY_ROW | BC_MAY_ROW_BACK;
    size_t n = 0;
    for (uint32_t i = bc_bars_next(bars, 0, either); i < bars->edge_n; i = bc_bars_next(bars, i + 1, either)) {
        if ((bars->may[i] & BC_MAY_ROW) && bc_bars_clear(bars, i))
            n = add_row(bars, i, false, row, n, cap);
        if ((bars->may[i] & BC_MAY_ROW_BACK) && bc_bars_clear(bars, i + BC_ROW_EDGES))
            n = add_row(bars, i + BC_ROW_EDGES, true, row, n, cap);
    }
    return n;
}

bool bc_micro_row_at(const bc_bars *bars, float at, float module, bool beginning, bc_micro_row *row)
{
    for (uint32_t i = 0; i < bars->edge_n && bars->edge[i] < at + module; i++)
        if (bars->edge[i] > at - module && add_row(bars, i, false, row, 0, 1) == 1 && (beginning || row->columns > 0))
            return true;
    return false;
}

void bc_rap_looks_make(bc_rap_looks *looks, float blur)
{
    for (uint32_t rap = 0; rap < BC_PDF417_RAPS; rap++) {
        const uint32_t bits = (uint32_t)bc_pdf417_rap[0][rap] << 1 | 1u; /* light before, a bar behind */
        float dark[BC_PDF417_RAP_MODULES], mean = 0.0f, square = 0.0f;
        for (uint32_t i = 0; i < BC_PDF417_RAP_MODULES; i++) {
            const uint32_t around = bits >> (BC_PDF417_RAP_MODULES - 1 - i) & 7u;
            dark[i] = (float)(around >> 1 & 1u) * (1.0f - 2.0f * blur) + (float)((around & 1u) + (around >> 2)) * blur;
            mean += dark[i] / (float)BC_PDF417_RAP_MODULES;
        }
        for (uint32_t i = 0; i < BC_PDF417_RAP_MODULES; i++)
            square += (dark[i] - mean) * (dark[i] - mean);
        for (uint32_t i = 0; i < BC_PDF417_RAP_MODULES; i++)
            looks->dark[i][rap] = (dark[i] - mean) / __builtin_sqrtf(square);
    }
}

uint32_t bc_rap_match(const bc_rap_looks *looks, const float light[BC_PDF417_RAP_MODULES])
{
    float like[BC_PDF417_RAPS] = {0.0f}, mean = 0.0f, square = 0.0f, best = -1e9f, second = -1e9f;
    uint32_t found = BC_PDF417_RAPS;
    for (uint32_t i = 0; i < BC_PDF417_RAP_MODULES; i++)
        mean += light[i] / (float)BC_PDF417_RAP_MODULES;
    for (uint32_t i = 0; i < BC_PDF417_RAP_MODULES; i++) {
        const float dark = mean - light[i];
        square += dark * dark;
        for (uint32_t rap = 0; rap < BC_PDF417_RAPS; rap++)
            like[rap] += dark * looks->dark[i][rap];
    }
    for (uint32_t rap = 0; rap < BC_PDF417_RAPS; rap++)
        if (like[rap] > best) {
            second = best;
            best = like[rap];
            found = rap;
        } else if (like[rap] > second) {
            second = like[rap];
        }
    const float length = __builtin_sqrtf(square);
    return best > LIKE_LEAST * length && best - second > LIKE_MARGIN * length ? found : BC_PDF417_RAPS;
}
