/*
 * The omnidirectional family is one symbol of two halves: side by side, or the
 * left one above the right one.  A half is an outside character, a finder
 * pattern and an inside character; the two finder patterns tell the checksum
 * modulo 79 of the four characters (ISO/IEC 24724, 5.2).
 *
 * One in 79 wrong quartets passes that check, so halves are put together only
 * where they lie right and when enough lines agree on each character.
 */
#include "databar_omni.h"

#include "bc.h" /* BC_DATABAR */
#include "databar_store.h"

#define HALF_VALUES 4537077u    /* values of the right half: 2841 x 1597 */
#define INSIDE_VALUES 1597u
#define LINKED 10000000000000u  /* added to the value when a 2D component belongs to the symbol */

/* Lines that must agree on a character, and how many of those without a moved edge. */
#define VOTES 2u
#define SURE 1u

/* Rows of a stacked symbol are apart by no more than three quarters of the lines from the first to the last. */
#define APART 4

/* One half: its two characters. */
typedef struct {
    const bc_databar_candidate *outside, *inside;
    bc_databar_extent extent;
} half;

static bool trusted(const bc_databar_candidate *candidate)
{
    return candidate->votes >= VOTES && candidate->sure >= SURE;
}

/* The half that the i-th outside and the j-th inside character make, if they do. */
static bool take_half(const bc_databar_store *store, size_t place, size_t i, size_t j, half *out)
{
    out->outside = &store->candidate[place][i];
    out->inside = &store->candidate[place + 1][j];
    if (!trusted(out->outside) || !trusted(out->inside) || out->outside->finder != out->inside->finder ||
        out->outside->reversed != out->inside->reversed)
        return false;
    /* Between them lies the finder pattern, 15 modules. */
    const bool outside_first = (place == BC_DATABAR_LEFT_OUTSIDE) != out->outside->reversed;
    const bc_databar_extent *first = outside_first ? &out->outside->extent : &out->inside->extent;
    const bc_databar_extent *second = outside_first ? &out->inside->extent : &out->outside->extent;
    const float gap = (float)(second->from[0] - first->to[0]) / out->outside->module;
    if (gap < 11.0f || gap > 19.0f)
        return false;
    out->extent = *first;
    bc_databar_join(&out->extent, second);
    return true;
}

/* The checksum that the finder patterns tell; two of the 81 pairs are not used. */
static uint32_t told_checksum(const half *left, const half *right)
{
    uint32_t told = left->outside->finder * 9u + right->outside->finder;
    told -= told > 72;
    told -= told > 8;
    return told;
}

static bool checks(const half *left, const half *right)
{
    const uint32_t pair = left->outside->finder * 9u + right->outside->finder;
    const uint32_t sum = (uint32_t)left->outside->weight + left->inside->weight + right->outside->weight +
                         right->inside->weight;
    return pair != 8 && pair != 72 && sum % BC_DATABAR_MODULUS == told_checksum(left, right);
}

/* Whether the left half lies above the right one, close by, in one column. */
static bool stacked(const half *left, const half *right)
{
    const bool reversed = left->outside->reversed;
    if (!bc_databar_above(&left->extent, &right->extent, reversed))
        return false;
    const bc_databar_extent *upper = reversed ? &right->extent : &left->extent;
    const bc_databar_extent *lower = reversed ? &left->extent : &right->extent;
    const int rows = lower->row[1] - upper->row[0], gap = lower->row[0] - upper->row[1];
    const float off = (float)(lower->from[0] - upper->from[1]) / left->outside->module;
    /* The two halves are of one width; the right one begins as far from its end as the left one. */
    return gap * APART <= rows * 3 && off > -4.0f && off < 4.0f;
}

/* Whether another reading of a place in the symbol's area has too many votes to be ignored. */
static bool disputed(const bc_databar_store *store, size_t place, const bc_databar_candidate *chosen)
{
    for (size_t i = 0; i < store->candidate_n[place]; i++) {
        const bc_databar_candidate *other = &store->candidate[place][i];
        if (other == chosen || (other->key == chosen->key && other->finder == chosen->finder))
            continue;
        if (2u * other->votes >= chosen->votes &&
            bc_databar_same_place(other, chosen))
            return true;
    }
    return false;
}

static bool half_disputed(const bc_databar_store *store, size_t place, const half *chosen)
{
    return disputed(store, place, chosen->outside) || disputed(store, place + 1, chosen->inside);
}

static bool belong_together(const bc_databar_store *store, const half *left, const half *right)
{
    if (left->outside->reversed != right->outside->reversed || !checks(left, right))
        return false;
    if (half_disputed(store, BC_DATABAR_LEFT_OUTSIDE, left) || half_disputed(store, BC_DATABAR_RIGHT_OUTSIDE, right))
        return false;
    return bc_databar_adjoins(left->inside, right->inside) || stacked(left, right);
}

void bc_databar_gtin(bc_databar_read *read, uint64_t value)
{
    uint8_t *digits = read->read.data;
    digits[0] = '0';
    digits[1] = '1';
    uint32_t sum = 0;
    for (size_t i = 13; i > 0; i--) {
        const uint32_t digit = (uint32_t)(value % 10);
        value /= 10;
        digits[i + 1] = (uint8_t)('0' + digit);
        sum += (i & 1) ? 3 * digit : digit;
    }
    digits[15] = (uint8_t)('0' + (10 - sum % 10) % 10);
    read->read.length = 16;
}

/* Fills the read; false when the value is none. */
static bool tell(const half *left, const half *right, bc_databar_read *read)
{
    uint64_t value = ((uint64_t)left->outside->value * INSIDE_VALUES + left->inside->value) * HALF_VALUES +
                     (uint64_t)right->outside->value * INSIDE_VALUES + right->inside->value;
    if (value >= LINKED)
        value -= LINKED;
    if (value >= LINKED)
        return false;
    bc_databar_extent extent = left->extent;
    bc_databar_join(&extent, &right->extent);
    const bc_databar_candidate *of[] = {left->outside, left->inside, right->outside, right->inside};
    float doubt = 0.0f, module = 0.0f;
    for (size_t i = 0; i < 4; i++) {
        doubt += of[i]->doubt / (float)of[i]->votes / 4.0f;
        module += of[i]->module / 4.0f;
    }
    const bool one_row = bc_databar_adjoins(left->inside, right->inside);
    bc_databar_describe(read, BC_DATABAR, one_row, left->outside->reversed, &extent, module, doubt);
    bc_databar_gtin(read, value);
    return true;
}

/* Finds a right half for a left one. */
static bool complete(bc_databar_store *store, const half *left, bc_databar_read *read)
{
    for (size_t i = 0; i < store->candidate_n[BC_DATABAR_RIGHT_OUTSIDE]; i++) {
        for (size_t j = 0; j < store->candidate_n[BC_DATABAR_RIGHT_INSIDE]; j++) {
            half right;
            if (take_half(store, BC_DATABAR_RIGHT_OUTSIDE, i, j, &right) && belong_together(store, left, &right) &&
                tell(left, &right, read))
                return true;
        }
    }
    return false;
}

bool bc_databar_omni(bc_databar_store *store, bc_databar_read *read)
{
    for (size_t i = 0; i < store->candidate_n[BC_DATABAR_LEFT_OUTSIDE]; i++) {
        for (size_t j = 0; j < store->candidate_n[BC_DATABAR_LEFT_INSIDE]; j++) {
            half left;
            if (take_half(store, BC_DATABAR_LEFT_OUTSIDE, i, j, &left) && complete(store, &left, read)) {
                bc_databar_take_out(store, &read->extent);
                return true;
            }
        }
    }
    return false;
}
