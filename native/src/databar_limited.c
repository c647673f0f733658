/*
 * A limited symbol is three characters of fourteen elements in a row: 26, 18
 * and 26 modules, between a bar before and a space, a bar and a wide space
 * after (ISO/IEC 24724, clause 6).  It has no finder pattern: what is looked
 * for are the three sums.
 */
#include "databar_limited.h"

#include "bc.h" /* BC_DATABAR_LIMITED */
#include "databar_omni.h"
#include "databar_store.h"

#define EACH 14             /* elements of a character */
#define SYMBOL (3 * EACH)   /* elements between the guard patterns */
#define MODULES 70.0f       /* of them */

#define HALF_VALUES 2013571u
#define LINKED 2015133531096u /* added to the value when a 2D component belongs to the symbol */
#define GTIN_END 2000000000000u /* a GTIN here begins with 0 or 1 */

/* Lines that must agree, and how many of those without a moved edge. */
#define VOTES 2u
#define SURE 1u

/* How far, in modules, a part may be from its nominal width. */
#define SUM_OFF 1.0f
#define GUARD_OFF 0.6f

/* The space after the last bar is five modules, and may be narrower by ink spread. */
#define SPACE_AFTER 3.8f

#define BIAS_MOST 0.85f
#define DOUBT_MOST 0.26f

/*
 * The check characters of 0 to 88 (ISO/IEC 24724, annex C): 21 times the rank of the
 * odd elements' widths, plus that of the even ones'.  Of seven elements the
 * last is one module, the others are one of the 21 ways to share eight among
 * six with no more than three each.
 */
static const uint16_t check_patterns[89] = {
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29,
    30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 45,
    52, 57, 63, 64, 65, 66, 73, 74, 75, 76, 77, 78, 79, 82, 126,
    127, 128, 129, 130, 132, 141, 142, 143, 144, 145, 146, 210, 211, 212, 213,
    214, 215, 216, 217, 220, 316, 317, 318, 319, 320, 322, 323, 326, 337,
};

/* A symbol as seen from its left end. */
typedef struct {
    const int32_t *edge;    /* the first edge of the left character */
    ptrdiff_t step;
    float module;
} window;

static float square(float x)
{
    return x * x;
}

static float distance(const window *seen, ptrdiff_t from, ptrdiff_t to)
{
    return (float)((seen->edge[to * seen->step] - seen->edge[from * seen->step]) * (int32_t)seen->step) / seen->module;
}

/* Whether the guard patterns are there; `behind` and `ahead` are the edges before and after the first one. */
static bool guarded(const window *seen, size_t behind, size_t ahead)
{
    if (behind < 1 || ahead < SYMBOL + 3)
        return false;
    /* A bar and a space together are two modules whatever the ink spread. */
    return square(distance(seen, -1, 0) + distance(seen, SYMBOL, SYMBOL + 1) - 2.0f) < square(GUARD_OFF) &&
           square(distance(seen, SYMBOL, SYMBOL + 2) - 2.0f) < square(GUARD_OFF) &&
           distance(seen, SYMBOL + 2, SYMBOL + 3) > SPACE_AFTER;
}

/*
 * How much later odd edges come than even ones: bars are wider by that much, as
 * the guard patterns tell roughly; then all odd edges tell how far they are from whole modules.
 */
static float measure_bias(const window *seen)
{
    /* Characters begin with a space: odd edges end spaces, so wide bars make them come early. */
    const float space = distance(seen, SYMBOL, SYMBOL + 1);
    const float bars = distance(seen, -1, 0) + distance(seen, SYMBOL + 1, SYMBOL + 2);
    const float rough = (space - bars + 1.0f) / 3.0f;
    float late = 0.0f;
    for (ptrdiff_t i = 1; i < SYMBOL; i += 2) {
        const float at = distance(seen, 0, i) - rough + 1.0f; /* kept above 0, for rounding */
        late += at - (float)(int)(at + 0.5f);
    }
    return rough + late / (float)(SYMBOL / 2);
}

/* Whether the check character is the one that the two others ask for. */
static bool checks(const bc_databar_widths *part)
{
    const uint32_t sum = bc_databar_weigh(part[0].width, EACH, 0, BC_DATABAR_LIMITED_MODULUS) +
                         bc_databar_weigh(part[2].width, EACH, EACH, BC_DATABAR_LIMITED_MODULUS);
    const uint8_t *check = part[1].width;
    uint32_t odd, even;
    if (check[12] != 1 || check[13] != 1 || !bc_databar_rank(check, 6, 8, 3, true, &odd) ||
        !bc_databar_rank(check + 1, 6, 8, 3, true, &even))
        return false;
    return check_patterns[sum % BC_DATABAR_LIMITED_MODULUS] == 21 * odd + even;
}

/* The value of a symbol without its linkage; false when it is none. */
static bool symbol_value(const bc_databar_widths *part, uint64_t *value)
{
    uint32_t left, right;
    if (!bc_databar_value(&bc_databar_half, part[0].width, &left) ||
        !bc_databar_value(&bc_databar_half, part[2].width, &right))
        return false;
    *value = (uint64_t)left * HALF_VALUES + right;
    if (*value >= LINKED)
        *value -= LINKED;
    return *value < GTIN_END;
}

static bc_databar_limited *find(bc_databar_store *store, uint64_t value, bc_databar_sight sight)
{
    bc_databar_limited *least = &store->limited[0];
    for (size_t i = 0; i < store->limited_n; i++) {
        bc_databar_limited *known = &store->limited[i];
        if (known->value == value && known->reversed == sight.reversed &&
            bc_databar_overlap(sight.from, sight.to, known->extent.from[1], known->extent.to[1]))
            return known;
        if (known->votes < least->votes)
            least = known;
    }
    if (store->limited_n < BC_DATABAR_LIMITED_KEPT)
        least = &store->limited[store->limited_n++];
    *least = (bc_databar_limited){
        .value = value,
        .reversed = sight.reversed,
        .extent = {{sight.row, sight.row}, {sight.from, sight.from}, {sight.to, sight.to}},
    };
    return least;
}

static void vote(bc_databar_store *store, uint64_t value, const bc_databar_widths *part, float module,
                 bc_databar_sight sight)
{
    bc_databar_limited *known = find(store, value, sight);
    if ((known->votes > 0 && known->last_row == sight.row) || known->votes == UINT16_MAX)
        return;
    known->votes++;
    known->sure = (uint16_t)(known->sure + (part[0].moved + part[1].moved + part[2].moved == 0));
    known->last_row = sight.row;
    store->sure += 3;
    known->doubt += (part[0].doubt + part[1].doubt + part[2].doubt) / 3.0f;
    known->module = module;
    bc_databar_widen(&known->extent, sight);
    store->seen |= BC_DATABAR_LIMITED;
}

/* Reads the symbol whose left character begins, seen in `step`, at edge `first` of n + 1. */
static void read_window(bc_databar_store *store, size_t n, size_t first, ptrdiff_t step, uint16_t row)
{
    const int32_t *edge = &store->edge[first];
    const int32_t whole = edge[SYMBOL * step] - edge[0];
    const window seen = {edge, step, (float)(whole * (int32_t)step) / MODULES};
    if (seen.module <= 0.0f || square(distance(&seen, 0, EACH) - 26.0f) > square(SUM_OFF) ||
        square(distance(&seen, EACH, 2 * EACH) - 18.0f) > square(SUM_OFF))
        return;
    if (!guarded(&seen, step > 0 ? first : n - first, step > 0 ? n - first : first))
        return;
    const float bias = measure_bias(&seen);
    if (square(bias) > square(BIAS_MOST))
        return;
    bc_databar_widths part[3];
    for (ptrdiff_t i = 0; i < 3; i++)
        if (!bc_databar_measure(i == 1 ? &bc_databar_half_check : &bc_databar_half, edge + i * EACH * step, step, bias,
                                &part[i]) ||
            part[i].doubt > DOUBT_MOST)
            return;
    uint64_t value;
    if (!checks(part) || !symbol_value(part, &value))
        return;
    const int32_t end = edge[SYMBOL * step];
    const bc_databar_sight sight = {row, step > 0 ? *edge : end, step > 0 ? end : *edge, step < 0};
    vote(store, value, part, seen.module, sight);
}

void bc_databar_limited_line(bc_databar_store *store, size_t n, uint16_t row)
{
    const int32_t *edge = store->edge;
    for (size_t i = 0; i + SYMBOL <= n; i++) {
        const int32_t first = edge[i + EACH] - edge[i], last = edge[i + SYMBOL] - edge[i + 2 * EACH];
        const int32_t apart = first > last ? first - last : last - first;
        if (apart > first / 13) /* two modules of 26 */
            continue;
        /* Characters begin with a space; from the wrong end, with their last element, a bar. */
        if ((i & 1) != (size_t)store->inverted)
            read_window(store, n, i + SYMBOL, -1, row);
        else
            read_window(store, n, i, 1, row);
    }
}

bool bc_databar_limited_take(bc_databar_store *store, bc_databar_read *read)
{
    for (size_t i = 0; i < store->limited_n; i++) {
        const bc_databar_limited known = store->limited[i];
        if (known.votes < VOTES || known.sure < SURE)
            continue;
        bc_databar_describe(read, BC_DATABAR_LIMITED, true, known.reversed, &known.extent, known.module,
                            known.doubt / (float)known.votes);
        bc_databar_gtin(read, known.value);
        store->limited[i] = store->limited[--store->limited_n];
        return true;
    }
    return false;
}
