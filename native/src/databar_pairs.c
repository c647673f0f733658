/*
 * A finder pattern of five elements has a character of eight on one side or on
 * both.  The last two elements are one module each and the two before them ten
 * to twelve, in omnidirectional as in expanded (ISO/IEC 24724, 5.2.3 and
 * 7.2.5), so one comparison of neighbouring pairs of elements rejects nearly
 * every place of a line; sums of two elements do not change with ink spread.
 *
 * Everything is seen from the end that leads up to the two narrow elements.
 * Both characters of a pair are read towards their finder pattern.
 */
#include "databar_pairs.h"

#include "bc.h" /* BC_DATABAR, BC_DATABAR_EXPANDED */

/* The wide two elements to the narrow two: 5 to 6, and what blur makes of it. */
#define RATIO_LOW 7  /* halves */
#define RATIO_HIGH 20

/* How far, in modules, a part of a pair may be from its nominal width. */
#define SUM_OFF 0.9f
#define MISFIT_MOST 1.3f /* the squares for all three together */

#define GUARD_OFF 0.8f

/* The most that the squares of a finder pattern's four distances may add up to, in square modules. */
#define FINDER_OFF 1.3f

/* Ink spread of more than this, in modules, closes spaces or bars of one module. */
#define BIAS_MOST 0.85f

/* A mean distance of edges that is more than a bad print's: widths that fit nowhere are off 0.25 on average. */
#define DOUBT_MOST 0.26f

#define FINDER_ELEMENTS 5
#define FINDER_MODULES 14.0f /* without the last element, so that both ends are edges of one kind */

/* ISO/IEC 24724, table 3. */
static const uint8_t omni_finders[9][FINDER_ELEMENTS] = {
    {3, 8, 2, 1, 1}, {3, 5, 5, 1, 1}, {3, 3, 7, 1, 1}, {3, 1, 9, 1, 1}, {2, 7, 4, 1, 1},
    {2, 5, 6, 1, 1}, {2, 3, 8, 1, 1}, {1, 5, 7, 1, 1}, {1, 3, 9, 1, 1},
};

/* Table of 7.2.5: A1 to F1; A2 to F2 are the same the other way round. */
static const uint8_t expanded_finders[6][FINDER_ELEMENTS] = {
    {1, 8, 4, 1, 1}, {3, 6, 4, 1, 1}, {3, 4, 6, 1, 1}, {3, 2, 8, 1, 1}, {2, 6, 5, 1, 1}, {2, 2, 9, 1, 1},
};

/* A finder pattern as seen from the end that leads up to its narrow elements. */
typedef struct {
    const int32_t *edge;        /* its first edge */
    ptrdiff_t step;             /* to the next one: 1 or -1 */
    bool bar;                   /* its first element is a bar */
    size_t behind;              /* edges before it */
    bool before, after;         /* there are eight elements */
    int32_t sum_before, sum_finder, sum_after;
    uint16_t row;
} pair;

static float square(float x)
{
    return x * x;
}

/* How far a pair's parts are from these numbers of modules, in square modules; *module as they are on the whole. */
static float misfit(const pair *seen, float before, float after, float *module)
{
    const float sum = (float)seen->sum_before + (float)seen->sum_finder + (float)seen->sum_after;
    *module = sum / (before + FINDER_MODULES + after);
    return square((float)seen->sum_before / *module - before) +
           square((float)seen->sum_finder / *module - FINDER_MODULES) +
           square((float)seen->sum_after / *module - after);
}

static bool near(int32_t sum, float module, float nominal)
{
    return square((float)sum / module - nominal) < SUM_OFF * SUM_OFF;
}

/* The pattern nearest to what is there and how much later its odd edges come; false when none is near. */
static bool match_finder(const pair *seen, const uint8_t (*finders)[FINDER_ELEMENTS], size_t finder_n, float module,
                         size_t *finder, float *bias)
{
    float at[FINDER_ELEMENTS + 1];
    for (ptrdiff_t i = 0; i <= FINDER_ELEMENTS; i++)
        at[i] = (float)((seen->edge[i * seen->step] - seen->edge[0]) * (int32_t)seen->step) / module;
    float least = FINDER_OFF;
    bool found = false;
    for (size_t f = 0; f < finder_n; f++) {
        float off = 0.0f, late = 0.0f, sum = 0.0f;
        for (size_t i = 0; i < 4; i++)
            off += square(at[i + 2] - at[i] - (float)(finders[f][i] + finders[f][i + 1]));
        if (off >= least)
            continue;
        for (size_t i = 0; i <= FINDER_ELEMENTS; i++) {
            late += (i & 1) ? at[i] - sum : sum - at[i];
            sum += i < FINDER_ELEMENTS ? (float)finders[f][i] : 0.0f;
        }
        least = off;
        found = true;
        *finder = f;
        *bias = late / 3.0f;
    }
    return found && square(*bias) < square(BIAS_MOST);
}

/* Reads the character before the finder pattern, or the one after it, and votes for it. */
static void read_character(bc_databar_store *store, const bc_databar_kind *kind, const pair *seen, bool after,
                           float bias, bc_databar_slot slot, bool reversed)
{
    const int32_t *begin = seen->edge + (after ? FINDER_ELEMENTS + 8 : -8) * seen->step;
    const ptrdiff_t step = after ? -seen->step : seen->step;
    bc_databar_widths widths;
    if (!bc_databar_measure(kind, begin, step, bias, &widths) || widths.doubt > DOUBT_MOST)
        return;
    const int32_t end = begin[8 * step];
    const bc_databar_sight sight = {seen->row, *begin < end ? *begin : end, *begin < end ? end : *begin, reversed};
    bc_databar_vote(store, kind, slot, &widths, sight);
}

/*
 * Whether the right half of an omnidirectional symbol ends as it must, in a
 * space and a bar of one module.  A symbol in the other polarity looks like one
 * turned round, and one in 79 passes the check; but here its background follows.
 */
static bool ends_in_guard(const pair *seen, float module)
{
    if (seen->behind < 10)
        return false;
    const int32_t guard = (seen->edge[-8 * seen->step] - seen->edge[-10 * seen->step]) * (int32_t)seen->step;
    return square((float)guard / module - 2.0f) < GUARD_OFF * GUARD_OFF;
}

/* A pair of omnidirectional: 16, 15 and 15 modules. */
static void read_omni(bc_databar_store *store, const pair *seen, float module)
{
    size_t finder;
    float bias;
    if (seen->bar && !ends_in_guard(seen, module))
        return;
    if (!match_finder(seen, omni_finders, 9, module, &finder, &bias))
        return;
    /* The left half's finder pattern begins with a space; the right half is read from the right. */
    const bool reversed = (seen->step < 0) != seen->bar;
    bc_databar_slot slot = {
        .place = seen->bar ? BC_DATABAR_RIGHT_OUTSIDE : BC_DATABAR_LEFT_OUTSIDE,
        .finder = (uint8_t)finder,
        .power = seen->bar ? 16 : 0,
        .modulus = BC_DATABAR_MODULUS,
    };
    read_character(store, &bc_databar_outside, seen, false, bias, slot, reversed);
    slot.place++;
    slot.power = (uint8_t)(slot.power + 8);
    read_character(store, &bc_databar_inside, seen, true, bias, slot, reversed);
    store->seen |= BC_DATABAR;
}

/* The module when one character alone has its width: the last one may have none on the other side. */
static float module_of_one(const pair *seen, bool *before, bool *after)
{
    const float alone = (float)seen->sum_finder / FINDER_MODULES;
    *before = seen->before && near(seen->sum_before, alone, 17.0f);
    *after = seen->after && near(seen->sum_after, alone, 17.0f);
    if (*before == *after)
        return 0.0f;
    return (float)(seen->sum_finder + (*before ? seen->sum_before : seen->sum_after)) / (FINDER_MODULES + 17.0f);
}

/* A pair of expanded: 17 modules on both sides of 15, or on one. */
static void read_expanded(bc_databar_store *store, const pair *seen, bool before, bool after, float module)
{
    size_t finder;
    float bias;
    if (!match_finder(seen, expanded_finders, 6, module, &finder, &bias))
        return;
    /* A1 to F1 begin with a space and end in the narrow elements; A2 to F2 begin with them, and are bars outside. */
    const size_t which = 2 * finder + seen->bar;
    const bool reversed = (seen->step < 0) != seen->bar;
    for (size_t side = 0; side < 2; side++) { /* 0 is the left one */
        const bool is_after = (side == 1) != seen->bar;
        if (!(is_after ? after : before))
            continue;
        const bc_databar_slot slot = {
            .place = (uint8_t)(BC_DATABAR_EXPANDED_PLACES + 2 * which + side),
            .finder = 0,
            .power = which + side > 0 ? (uint8_t)(8 * (2 * which + side - 1)) : 0, /* left of A1 is the check itself */
            .modulus = BC_DATABAR_EXPANDED_MODULUS,
        };
        read_character(store, &bc_databar_expanded, seen, is_after, bias, slot, reversed);
    }
    store->seen |= BC_DATABAR_EXPANDED;
}

/* Tells by the widths of its parts what kind of pair this is. */
static void read_pair(bc_databar_store *store, const pair *seen, uint32_t symbologies)
{
    bool before = true, after = true;
    float module;
    if (seen->before && seen->after) {
        float omni_module, expanded_module;
        const float omni = misfit(seen, 16.0f, 15.0f, &omni_module);
        const float expanded = misfit(seen, 17.0f, 17.0f, &expanded_module);
        if (omni < expanded && omni < MISFIT_MOST) {
            if (symbologies & BC_DATABAR)
                read_omni(store, seen, omni_module);
            return;
        }
        module = expanded < MISFIT_MOST ? expanded_module : module_of_one(seen, &before, &after);
    } else {
        module = module_of_one(seen, &before, &after);
    }
    if (module > 0.0f && (symbologies & BC_DATABAR_EXPANDED))
        read_expanded(store, seen, before, after, module);
}

/* Looks at the finder pattern whose first edge, seen in `step`, is edge `first` of n + 1. */
static void look(bc_databar_store *store, size_t n, size_t first, ptrdiff_t step, uint32_t symbologies, uint16_t row)
{
    const size_t ahead = step > 0 ? n - first : first, behind = step > 0 ? first : n - first;
    if (ahead < FINDER_ELEMENTS)
        return;
    const int32_t *edge = &store->edge[first];
    pair seen = {
        .edge = edge,
        .step = step,
        .bar = (((step > 0 ? first : first - 1) & 1) != 0) != store->inverted,
        .behind = behind,
        .before = behind >= 8,
        .after = ahead >= FINDER_ELEMENTS + 8,
        .row = row,
    };
    const int32_t sign = (int32_t)step;
    seen.sum_finder = sign * (edge[4 * step] - edge[0]);
    seen.sum_before = seen.before ? sign * (edge[0] - edge[-8 * step]) : 0;
    seen.sum_after = seen.after ? sign * (edge[13 * step] - edge[5 * step]) : 0;
    /* 16 or 17 modules to 14, and 15 or 17: far enough off is nobody's. */
    const int32_t least = seen.sum_finder - seen.sum_finder / 16, most = seen.sum_finder + seen.sum_finder * 3 / 8;
    seen.before = seen.before && seen.sum_before > least && seen.sum_before < most;
    seen.after = seen.after && seen.sum_after > least && seen.sum_after < most;
    if (!seen.before && !seen.after)
        return;
    read_pair(store, &seen, symbologies);
}

void bc_databar_pairs(bc_databar_store *store, size_t n, uint32_t symbologies, uint16_t row)
{
    const int32_t *edge = store->edge;
    for (size_t i = 0; i + 4 <= n; i++) {
        const int32_t one = edge[i + 2] - edge[i], two = edge[i + 4] - edge[i + 2];
        if (2 * (int64_t)one >= RATIO_LOW * (int64_t)two) {
            if (2 * (int64_t)one <= RATIO_HIGH * (int64_t)two && i >= 1)
                look(store, n, i - 1, 1, symbologies, row);
        } else if (2 * (int64_t)two >= RATIO_LOW * (int64_t)one) {
            if (2 * (int64_t)two <= RATIO_HIGH * (int64_t)one && i + 5 <= n)
                look(store, n, i + 5, -1, symbologies, row);
        }
    }
}
