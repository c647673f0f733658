/*
 * What the linear symbologies share: symbol characters told from element
 * widths, the nearest one with its margin, whatever the ink's spread.
 *
 * Edges are measured from the symbol character's own first edge and scaled by
 * its own width, so a scale that drifts along the symbol does no harm.  Ink
 * spread moves the two edges of a bar apart; edges of the other kind than the
 * first one move by the whole spread, those of its own kind not at all (the
 * edge-to-similar-edge measures of ISO/IEC 15417, annex B).  The spread is
 * followed from character to character.
 */
#ifndef BC_LINEAR_COMMON_H
#define BC_LINEAR_COMMON_H

#include "bc.h"
#include "linear_read.h"

#define BC_UNIT 64 /* edges are in 1/64 module */

/* Symbol characters of n elements that are k modules wide (n, k symbologies). */
typedef struct {
    const uint32_t *pattern; /* widths in modules, a hex digit an element, the last element lowest */
    uint32_t count, elements, modules;
    int32_t limit;           /* largest sum of squared edge errors of a character, in 1/4096 module^2 */
    int32_t margin;          /* least distance of the second nearest character, likewise */
} bc_nk_set;

/* What is known of a symbol's printing while it is read. */
typedef struct {
    int32_t spread;          /* how much too wide bars are, in 1/64 module */
    uint32_t deviation;      /* sum of edge errors in 1/64 module */
    uint32_t edges;          /* and of how many */
    uint32_t most, most_edges; /* the same of the symbol character that has most */
} bc_nk_fit;

/* Symbol characters by value, as the standards' tables print them; the soft reader lays them over samples. */
extern const uint32_t bc_code128_patterns[107], bc_code93_patterns[48], bc_ean_patterns[20];
/* The same of two-width symbologies: a bit an element, 1 wide, the first element highest. */
extern const uint16_t bc_code39_patterns[44], bc_itf_patterns[10], bc_codabar_patterns[20];

#define BC_NO_CHARACTER UINT32_MAX

/* The character nearest to the elements at width, or BC_NO_CHARACTER; the fit follows. */
uint32_t bc_nk_match(const bc_nk_set *set, const uint16_t *width, bool bar_first, bc_nk_fit *fit);

/* Mean edge error in 1/1000 module. */
uint16_t bc_nk_doubt(const bc_nk_fit *fit);

/* Whether one symbol character's edges stray far more than those of all others: damage, and perhaps not what it was. */
bool bc_nk_strays(const bc_nk_fit *fit);

/* The widths of narrow and wide elements of a symbology that has only these two. */
typedef struct {
    float narrow[2], wide[2]; /* of bars, of spaces; in the line's unit */
    float deviation;          /* sum of width errors in narrow elements */
    uint32_t elements;        /* and of how many */
    float worst;              /* the largest of the errors */
    float most;               /* the sum of errors of the symbol character that has most */
    uint32_t most_elements;
} bc_two_widths;

#define BC_TWO_MAX 9u         /* elements of a symbol character: Code 39 has most */

/* How wide each of n elements is, bars first: -1 as a narrow one, 1 as a wide one. */
void bc_two_values(const bc_two_widths *two, const uint16_t *width, size_t n, float *value);

/* Brings the known widths to the size of the next character. */
void bc_two_scale(bc_two_widths *two, float scale);

/* The pattern (a bit an element, 1 wide, the last element lowest) nearest to n values, or BC_NO_CHARACTER. */
uint32_t bc_two_match(const uint16_t *pattern, uint32_t count, const float *value, size_t n);

/* Takes the widths of a character that was told into what is known. */
void bc_two_follow(bc_two_widths *two, const uint16_t *width, size_t n, uint32_t pattern);

/* The ratio of wide to narrow elements. */
float bc_two_ratio(const bc_two_widths *two);

/* Mean width error in 1/1000 of a narrow element. */
uint16_t bc_two_doubt(const bc_two_widths *two);

/* What speaks for the content of a symbol of two widths beside its elements. */
typedef enum {
    BC_DENIED,    /* what mostly is a check digit there does not hold */
    BC_UNCHECKED,
    BC_CHECKED
} bc_two_check;

/*
 * Whether the errors are small enough for the ratio, none of them stands out by
 * more than the check allows, and bars and spaces are of one print.
 */
bool bc_two_sure(const bc_two_widths *two, bc_two_check check);

static inline uint32_t bc_width_sum(const uint16_t *width, size_t n)
{
    uint32_t sum = 0; /* at most BC_ELEMENTS_MAX widths of 16 bits */
    for (size_t i = 0; i < n; i++)
        sum += width[i];
    return sum;
}

/* Whether a is at least num/den of b. */
static inline bool bc_at_least(uint32_t a, uint32_t num, uint32_t den, uint32_t b)
{
    return (uint64_t)a * den >= (uint64_t)b * num;
}

/* Whether a space is a quiet zone of so many modules beside elements whose sum is total for total_modules. */
static inline bool bc_is_quiet(uint32_t space, uint32_t modules, uint32_t total, uint32_t total_modules)
{
    return bc_at_least(space, modules, total_modules, total);
}

/* Lines that must agree: base when edges are where they should be, more as they stray. */
uint16_t bc_linear_votes(uint32_t base, uint32_t doubt);

/* Appends one byte; false when data is full. */
static inline bool bc_linear_put(bc_linear_read *read, uint32_t byte)
{
    if (read->length >= BC_LINEAR_MAX)
        return false;
    read->data[read->length++] = (uint8_t)byte;
    return true;
}

/* The check digit over n digits of the GS1 kind (GS1 General Specifications, 7.9): weights 3, 1 from the right. */
uint32_t bc_gs1_check(const uint8_t *ascii_digits, size_t n);

/*
 * Turns pairs of a shift and a letter into full ASCII, in place (ISO/IEC 16388,
 * annex A; Code 93 likewise).  shift[0..3] are the bytes that stand for the
 * shifts $ % / +.  False when a shift is not followed as it must be.
 */
bool bc_full_ascii(bc_linear_read *read, const uint8_t shift[4]);

#endif
