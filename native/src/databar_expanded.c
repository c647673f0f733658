/*
 * An expanded symbol is a check character and 3 to 21 data characters, one on
 * each side of 2 to 11 finder patterns.  The check character tells how many
 * there are; their number tells the sequence of finder patterns; and no finder
 * pattern comes twice.  So every character's place in the symbol is known
 * wherever it was seen (ISO/IEC 24724, 7.2.5 to 7.2.8).
 *
 * The checksum lets one in 211 wrong sets of characters pass.  Therefore enough
 * lines must agree on each, and each must lie where its place is: next to the
 * one before, or at the beginning of the next row.
 */
#include "databar_expanded.h"

#include "bc.h" /* BC_DATABAR_EXPANDED */
#include "databar_general.h"
#include "databar_store.h"

#define CHARACTERS_MIN 4u
#define CHARACTERS_MAX 22u
#define PAIRS_MAX 11u

/* Lines that must agree on a character, and how many of those without a moved edge. */
#define VOTES 2u
#define SURE 1u

/* Modules between the two characters of a pair: its finder pattern, give or take a line's slant. */
#define FINDER_LOW 11.0f
#define FINDER_HIGH 19.0f

/* A row begins within the one above, give or take this many modules: the last may be set off by one. */
#define COLUMN_OFF 4.0f

/* Rows are apart by no more than three quarters of the lines from the first to the last. */
#define APART 4

/* Sequences of finder patterns by their number, 2 to 11: A1 is 0, A2 1, B1 2, to F2 11 (7.2.5). */
static const uint8_t sequences[10][PAIRS_MAX] = {
    {0, 1},
    {0, 3, 2},
    {0, 5, 2, 7},
    {0, 9, 2, 7, 4},
    {0, 9, 2, 7, 6, 11},
    {0, 9, 2, 7, 8, 11, 10},
    {0, 1, 2, 3, 4, 5, 6, 7},
    {0, 1, 2, 3, 4, 5, 6, 9, 8},
    {0, 1, 2, 3, 4, 5, 6, 9, 10, 11},
    {0, 1, 2, 3, 4, 7, 6, 9, 8, 11, 10},
};

/* A symbol being put together: its characters in their order, the check character first. */
typedef struct {
    const bc_databar_candidate *character[CHARACTERS_MAX];
    size_t n, pairs;
    size_t row_pairs;           /* of every row but the last; 0 while the first one goes on */
} chain;

static bool trusted(const bc_databar_candidate *candidate)
{
    return candidate->votes >= VOTES && candidate->sure >= SURE;
}

static size_t place_of(const chain *symbol, size_t i)
{
    return BC_DATABAR_EXPANDED_PLACES + 2u * sequences[symbol->pairs - 2][i / 2] + i % 2;
}

/* Whether b is on the other side of a's finder pattern. */
static bool shares_finder(const bc_databar_candidate *a, const bc_databar_candidate *b)
{
    if (a->reversed != b->reversed || a->extent.row[0] > b->extent.row[1] || b->extent.row[0] > a->extent.row[1])
        return false;
    const int32_t between = a->reversed ? a->extent.from[0] - b->extent.to[0] : b->extent.from[0] - a->extent.to[0];
    const float gap = (float)between / a->module;
    return gap > FINDER_LOW && gap < FINDER_HIGH;
}

/* Whether b begins a row under the one that begins with `begin` and ends with a. */
static bool begins_row(const bc_databar_candidate *begin, const bc_databar_candidate *a, const bc_databar_candidate *b,
                       bool reversed)
{
    if (!bc_databar_above(&a->extent, &b->extent, reversed))
        return false;
    const bc_databar_extent *upper = reversed ? &b->extent : &a->extent, *lower = reversed ? &a->extent : &b->extent;
    const int gap = lower->row[0] - upper->row[1], rows = lower->row[1] - upper->row[0];
    if (gap * APART > rows * (APART - 1))
        return false;
    /* A short last row may be at either end of the one above. */
    const bc_databar_candidate *left = begin->extent.from[0] < a->extent.from[0] ? begin : a;
    const bc_databar_candidate *right = left == begin ? a : begin;
    const float slack = COLUMN_OFF * b->module;
    return (float)(left->extent.from[0] - b->extent.from[0]) < slack &&
           (float)(b->extent.to[0] - right->extent.to[0]) < slack;
}

/* Whether a reading of character i can be the symbol's, by where it lies. */
static bool fits(chain *symbol, size_t i, const bc_databar_candidate *candidate)
{
    const bc_databar_candidate *before = symbol->character[i - 1];
    if (i & 1)
        return shares_finder(before, candidate);
    const size_t pair = i / 2;
    const bool new_row_due = symbol->row_pairs > 0 && pair % symbol->row_pairs == 0;
    if (!new_row_due && bc_databar_adjoins(before, candidate))
        return true;
    if (symbol->row_pairs > 0 && !new_row_due)
        return false;
    const size_t begin = symbol->row_pairs > 0 ? 2 * (pair - symbol->row_pairs) : 0;
    return begins_row(symbol->character[begin], before, candidate, symbol->character[0]->reversed);
}

/* Chooses the reading with the most votes for each place; false when a place has none. */
static bool choose_all(const bc_databar_store *store, chain *symbol)
{
    for (size_t i = 1; i < symbol->n; i++) {
        const size_t place = place_of(symbol, i);
        const bc_databar_candidate *best = NULL;
        for (size_t c = 0; c < store->candidate_n[place]; c++) {
            const bc_databar_candidate *candidate = &store->candidate[place][c];
            if (trusted(candidate) && (best == NULL || candidate->votes > best->votes) && fits(symbol, i, candidate))
                best = candidate;
        }
        if (best == NULL)
            return false;
        if (i % 2 == 0 && symbol->row_pairs == 0 && !bc_databar_adjoins(symbol->character[i - 1], best))
            symbol->row_pairs = i / 2;
        symbol->character[i] = best;
    }
    return true;
}

static bool checks(const chain *symbol)
{
    uint32_t sum = 0;
    for (size_t i = 1; i < symbol->n; i++)
        sum += symbol->character[i]->weight;
    return sum % BC_DATABAR_EXPANDED_MODULUS == symbol->character[0]->value % BC_DATABAR_EXPANDED_MODULUS;
}

/*
 * Where the check fails, one character may have a second reading with about as
 * many votes: the check decides when it holds for just one of those.
 */
static bool settle(const bc_databar_store *store, chain *symbol)
{
    if (checks(symbol))
        return true;
    chain settled = *symbol;
    size_t ways = 0;
    for (size_t i = 1; i < symbol->n; i++) {
        const bc_databar_candidate *chosen = symbol->character[i];
        const size_t place = place_of(symbol, i);
        for (size_t c = 0; c < store->candidate_n[place]; c++) {
            const bc_databar_candidate *other = &store->candidate[place][c];
            if (other == chosen || !trusted(other) || 2u * other->votes < chosen->votes ||
                !bc_databar_same_place(other, chosen))
                continue;
            symbol->character[i] = other;
            if (checks(symbol)) {
                settled = *symbol;
                ways++;
            }
        }
        symbol->character[i] = chosen;
    }
    *symbol = settled;
    return ways == 1;
}

/* Whether a line crosses all of the symbol: it is not stacked, and the lines do not lie askew to it. */
static bool in_one_row(const chain *symbol)
{
    const bc_databar_extent *first = &symbol->character[0]->extent, *last = &symbol->character[symbol->n - 1]->extent;
    return symbol->row_pairs == 0 && first->row[0] <= last->row[1] && last->row[0] <= first->row[1];
}

static bool tell(const chain *symbol, bc_databar_read *read)
{
    uint16_t character[BC_DATABAR_CHARACTERS_MAX];
    const bc_databar_candidate *check = symbol->character[0];
    bc_databar_extent extent = check->extent;
    float doubt = 0.0f, module = 0.0f;
    for (size_t i = 0; i < symbol->n; i++) {
        const bc_databar_candidate *candidate = symbol->character[i];
        if (i > 0)
            character[i - 1] = candidate->value;
        bc_databar_join(&extent, &candidate->extent);
        doubt += candidate->doubt / (float)candidate->votes / (float)symbol->n;
        module += candidate->module / (float)symbol->n;
    }
    bc_databar_text text = {read->read.data, 0, BC_LINEAR_MAX};
    if (!bc_databar_content(character, symbol->n - 1, &text))
        return false;
    read->read.length = (uint16_t)text.length;
    bc_databar_describe(read, BC_DATABAR_EXPANDED, in_one_row(symbol), check->reversed, &extent, module, doubt);
    return true;
}

bool bc_databar_expanded_take(bc_databar_store *store, bc_databar_read *read)
{
    for (size_t c = 0; c < store->candidate_n[BC_DATABAR_EXPANDED_PLACES]; c++) {
        const bc_databar_candidate *check = &store->candidate[BC_DATABAR_EXPANDED_PLACES][c];
        chain symbol = {.n = check->value / BC_DATABAR_EXPANDED_MODULUS + CHARACTERS_MIN};
        if (!trusted(check) || symbol.n > CHARACTERS_MAX)
            continue;
        symbol.pairs = (symbol.n + 1) / 2;
        symbol.character[0] = check;
        if (choose_all(store, &symbol) && settle(store, &symbol) && tell(&symbol, read)) {
            bc_databar_take_out(store, &read->extent);
            return true;
        }
    }
    return false;
}
