/*
 * A character of GS1 DataBar is a pattern of widths with a fixed sum.  Its odd
 * and its even elements are each the r-th pattern, in lexicographic order, of
 * all that have their number of elements, sum and greatest width; the two ranks
 * make the value.  The odd elements' sum always has the same parity, so a single
 * misplaced edge never passes for another character: the nearest valid pattern
 * differs in two.
 */
#include "databar_widths.h"

/* ISO/IEC 24724:2011, table 2: characters of 16 modules in 4 + 4 elements. */
static const bc_databar_group outside_groups[] = {
    {12, 8, 1, 161, 1, 0}, {10, 6, 3, 80, 10, 161},  {8, 4, 5, 31, 34, 961},
    {6, 3, 6, 10, 70, 2015}, {4, 1, 8, 1, 126, 2715},
};
const bc_databar_kind bc_databar_outside = {8, 16, true, true, false, true, 5, outside_groups};

/* Table 2: characters of 15 modules. */
static const bc_databar_group inside_groups[] = {
    {5, 2, 7, 4, 84, 0}, {7, 4, 5, 20, 35, 336}, {9, 6, 3, 48, 10, 1036}, {11, 8, 1, 81, 1, 1516},
};
const bc_databar_kind bc_databar_inside = {8, 15, false, false, true, false, 4, inside_groups};

/* Table of clause 6: characters of 26 modules in 7 + 7 elements. */
static const bc_databar_group half_groups[] = {
    {17, 6, 3, 6538, 28, 0},           {13, 5, 4, 875, 728, 183064},   {9, 3, 6, 28, 6454, 820064},
    {15, 5, 4, 2415, 203, 1000776},    {11, 4, 5, 203, 2408, 1491021}, {19, 8, 1, 17094, 1, 1979845},
    {7, 1, 8, 1, 16632, 1996939},
};
const bc_databar_kind bc_databar_half = {14, 26, false, true, false, true, 7, half_groups};
const bc_databar_kind bc_databar_half_check = {14, 18, false, true, true, true, 0, NULL};

/*
 * Table of clause 7: characters of 17 modules.  In the first two groups there
 * are more odd patterns than are in use.
 */
static const bc_databar_group expanded_groups[] = {
    {12, 7, 2, 87, 4, 0},       {10, 5, 4, 52, 20, 348}, {8, 4, 5, 30, 52, 1388},
    {6, 3, 6, 10, 104, 2948}, {4, 1, 8, 1, 204, 3988},
};
const bc_databar_kind bc_databar_expanded = {8, 17, true, false, true, true, 5, expanded_groups};

/* Edges further off than this, in modules, are another pattern's. */
#define FARTHEST 1.2f

/* How far an edge may be moved from where it rounds to, in modules. */
#define MOVES 3 /* -1, 0, +1 */

static float absolute(float x)
{
    return x < 0.0f ? -x : x;
}

/* Rounds every edge by itself; true when the pattern that makes is a possible one. */
static bool round_edges(const bc_databar_kind *kind, const float *at, bc_databar_widths *out)
{
    int before = 0, odd = 0;
    float off = 0.0f;
    bool whole = true;
    for (size_t i = 0; i < kind->elements; i++) {
        const int here = (int)(at[i + 1] + 0.5f), width = here - before;
        whole &= width >= 1;
        out->width[i] = (uint8_t)(width > 0 ? width : 0);
        odd += (i & 1) ? 0 : width;
        off += absolute(at[i + 1] - (float)here);
        before = here;
    }
    out->moved = 0;
    out->doubt = off / (float)(kind->elements - 1);
    return whole && (odd % 2 == 0) == kind->odd_modules_even;
}

/* The best way to one edge: its square distance so far, and the move of the edge before. */
typedef struct {
    float cost[2][MOVES];       /* by the parity of the odd elements' sum and this edge's move */
    uint8_t from[2][MOVES];     /* the move of the edge before; its parity follows */
} bc_databar_step;

#define UNREACHED 1e9f

/* Where an edge lies after its move. */
static int moved_to(const float *at, size_t edge, size_t move)
{
    return (int)(at[edge] + 0.5f) + (int)move - 1;
}

/* All ways from one edge to the next. */
static void advance(const float *at, size_t edge, const bc_databar_step *before, bc_databar_step *here)
{
    for (size_t move = 0; move < MOVES; move++) {
        const int to = moved_to(at, edge, move);
        const float off = at[edge] - (float)to;
        here->cost[0][move] = here->cost[1][move] = UNREACHED;
        for (size_t prior = 0; prior < MOVES; prior++) {
            const int width = to - moved_to(at, edge - 1, prior);
            if (width < 1)
                continue;
            /* The element that ends at an odd edge is an odd one. */
            const size_t turn = (edge & 1) ? (size_t)width & 1 : 0;
            for (size_t parity = 0; parity < 2; parity++) {
                const float cost = before->cost[parity][prior] + off * off;
                if (cost < here->cost[parity ^ turn][move]) {
                    here->cost[parity ^ turn][move] = cost;
                    here->from[parity ^ turn][move] = (uint8_t)prior;
                }
            }
        }
    }
}

/* The nearest possible pattern, by the cheapest path over all edges. */
static bool nearest_pattern(const bc_databar_kind *kind, const float *at, bc_databar_widths *out)
{
    bc_databar_step step[BC_DATABAR_WIDTHS_MAX + 1];
    for (size_t move = 0; move < MOVES; move++)
        step[0].cost[0][move] = step[0].cost[1][move] = UNREACHED;
    step[0].cost[0][1] = 0.0f;
    for (size_t edge = 1; edge <= kind->elements; edge++)
        advance(at, edge, &step[edge - 1], &step[edge]);

    size_t parity = kind->odd_modules_even ? 0 : 1, move = 1;
    if (step[kind->elements].cost[parity][1] >= UNREACHED)
        return false;
    float off = 0.0f;
    out->moved = 0;
    for (size_t edge = kind->elements; edge > 0; edge--) {
        const size_t prior = step[edge].from[parity][move];
        const int to = moved_to(at, edge, move), width = to - moved_to(at, edge - 1, prior);
        out->width[edge - 1] = (uint8_t)width;
        out->moved = (uint8_t)(out->moved + (move != 1));
        off += absolute(at[edge] - (float)to);
        if (absolute(at[edge] - (float)to) > FARTHEST)
            return false;
        parity ^= (edge & 1) ? (size_t)width & 1 : 0;
        move = prior;
    }
    out->doubt = off / (float)(kind->elements - 1);
    return true;
}

bool bc_databar_measure(const bc_databar_kind *kind, const int32_t *edge, ptrdiff_t step, float bias,
                        bc_databar_widths *out)
{
    const size_t n = kind->elements;
    const float whole = (float)(edge[(ptrdiff_t)n * step] - edge[0]); /* negative when read backwards */
    if (whole == 0.0f)
        return false;
    const float scale = (float)kind->modules / whole, last = (float)kind->modules;
    float at[BC_DATABAR_WIDTHS_MAX + 1];
    for (size_t i = 0; i <= n; i++) {
        const float x = (float)(edge[(ptrdiff_t)i * step] - edge[0]) * scale - ((i & 1) ? bias : 0.0f);
        at[i] = x > 0.0f ? (x < last ? x : last) : 0.0f;
    }
    return round_edges(kind, at, out) || nearest_pattern(kind, at, out);
}

/* n over k for the small numbers of this file. */
static uint32_t choose(uint32_t n, uint32_t k)
{
    if (k > n)
        return 0;
    uint32_t result = 1;
    for (uint32_t i = 1; i <= k; i++)
        result = result * (n - k + i) / i;
    return result;
}

/* How many ways `modules` can be shared among `elements` of 1 to `widest` each. */
static uint32_t ways(int modules, uint32_t elements, uint32_t widest)
{
    if (elements == 0)
        return modules == 0;
    uint32_t more = 0, less = 0; /* inclusion and exclusion over how many are too wide */
    for (uint32_t wide = 0; wide <= elements; wide++) {
        const int left = modules - (int)(wide * widest) - 1;
        if (left < (int)elements - 1)
            break;
        const uint32_t these = choose(elements, wide) * choose((uint32_t)left, elements - 1);
        if (wide & 1)
            less += these;
        else
            more += these;
    }
    return more - less;
}

/* The same, where one at least must be of one module unless `any`. */
static uint32_t ways_allowed(int modules, uint32_t elements, uint32_t widest, bool any)
{
    const uint32_t all = ways(modules, elements, widest);
    return any ? all : all - ways(modules - (int)elements, elements, widest - 1);
}

bool bc_databar_rank(const uint8_t *width, uint32_t elements, int modules, uint32_t widest, bool any, uint32_t *out)
{
    uint32_t below = 0;
    for (uint32_t i = 0; i < elements; i++) {
        const uint32_t here = width[2 * i];
        if (here < 1 || here > widest)
            return false;
        for (uint32_t less = 1; less < here; less++)
            below += ways_allowed(modules - (int)less, elements - i - 1, widest, any || less == 1);
        modules -= (int)here;
        any |= here == 1;
    }
    *out = below;
    return modules == 0 && any;
}

bool bc_databar_value(const bc_databar_kind *kind, const uint8_t *width, uint32_t *value)
{
    const uint32_t each = kind->elements / 2u;
    int odd_modules = 0;
    for (uint32_t i = 0; i < each; i++)
        odd_modules += width[2 * i];
    for (size_t g = 0; g < kind->group_n; g++) {
        const bc_databar_group *group = &kind->group[g];
        uint32_t odd, even;
        if (group->odd_modules != odd_modules)
            continue;
        if (!bc_databar_rank(width, each, odd_modules, group->odd_widest, kind->odd_any, &odd) ||
            !bc_databar_rank(width + 1, each, kind->modules - odd_modules, group->even_widest, kind->even_any, &even) ||
            odd >= group->odd_n || even >= group->even_n)
            return false;
        *value = group->first + (kind->odd_first ? odd * group->even_n + even : even * group->odd_n + odd);
        return true;
    }
    return false;
}

uint32_t bc_databar_weigh(const uint8_t *width, size_t n, uint32_t from, uint32_t modulus)
{
    uint32_t power = 1, sum = 0;
    for (uint32_t i = 0; i < from; i++)
        power = power * 3 % modulus;
    for (size_t i = 0; i < n; i++) {
        sum += width[i] * power;
        power = power * 3 % modulus;
    }
    return sum % modulus;
}

uint64_t bc_databar_key(const uint8_t *width, size_t n)
{
    uint64_t key = 0;
    for (size_t i = 0; i < n; i++)
        key = key << 4 | width[i]; /* no element has 16 modules */
    return key;
}
