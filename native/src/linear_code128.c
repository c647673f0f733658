/* Code 128 and GS1-128 (ISO/IEC 15417) from element widths. */
#include "linear_common.h"

#define ELEMENTS 6u
#define MODULES 11u
#define STOP_MODULES 13u
/* Symbol characters between start and stop: what BC_ELEMENTS_MAX has room for. */
#define CHARACTERS_MAX (BC_ELEMENTS_MAX / ELEMENTS)
/* Modules of quiet zone: 10 by the standard; 5 is wider than any space inside a symbol. */
#define QUIET 5u

enum { CODE_A = 103, CODE_B = 104, CODE_C = 105, STOP = 106, FNC1 = 102 };

/* ISO/IEC 15417, table 1: values 0 to 106. */
const uint32_t bc_code128_patterns[107] = {
    0x212222, 0x222122, 0x222221, 0x121223, 0x121322, 0x131222, 0x122213, 0x122312, 0x132212, 0x221213,
    0x221312, 0x231212, 0x112232, 0x122132, 0x122231, 0x113222, 0x123122, 0x123221, 0x223211, 0x221132,
    0x221231, 0x213212, 0x223112, 0x312131, 0x311222, 0x321122, 0x321221, 0x312212, 0x322112, 0x322211,
    0x212123, 0x212321, 0x232121, 0x111323, 0x131123, 0x131321, 0x112313, 0x132113, 0x132311, 0x211313,
    0x231113, 0x231311, 0x112133, 0x112331, 0x132131, 0x113123, 0x113321, 0x133121, 0x313121, 0x211331,
    0x231131, 0x213113, 0x213311, 0x213131, 0x311123, 0x311321, 0x331121, 0x312113, 0x312311, 0x332111,
    0x314111, 0x221411, 0x431111, 0x111224, 0x111422, 0x121124, 0x121421, 0x141122, 0x141221, 0x112214,
    0x112412, 0x122114, 0x122411, 0x142112, 0x142211, 0x241211, 0x221114, 0x413111, 0x241112, 0x134111,
    0x111242, 0x121142, 0x121241, 0x114212, 0x124112, 0x124211, 0x411212, 0x421112, 0x421211, 0x212141,
    0x214121, 0x412121, 0x111143, 0x111341, 0x131141, 0x114113, 0x114311, 0x411113, 0x411311, 0x113141,
    0x114131, 0x311141, 0x411131, 0x211412, 0x211214, 0x211232, 0x233111,
};

/* Two patterns differ by two edges of a module or more: a margin of 2 module^2 is perfect. */
static const bc_nk_set characters = {bc_code128_patterns, 107, ELEMENTS, MODULES, 1800, 1500};
/* The three starts alone, before anything is known of the spread. */
static const bc_nk_set starts = {bc_code128_patterns + CODE_A, 3, ELEMENTS, MODULES, 3900, 1500};

/* Everything that can be said at once against a start here. */
static bool start_likely(const uint16_t *width, uint32_t total)
{
    /* All three begin with 2 1 1 of 11: the first two edge-to-similar-edge measures are 3 and 2. */
    const uint32_t e1 = (uint32_t)width[0] + width[1], e2 = (uint32_t)width[1] + width[2];
    return bc_at_least(e1, 9, 44, total) && bc_at_least(total, 44, 15, e1) && bc_at_least(e2, 5, 44, total) &&
           bc_at_least(total, 44, 11, e2);
}

/* Symbol characters from start to check into value; the count, or 0 when it is no symbol. */
static size_t read_values(const bc_elements *line, size_t first, bc_nk_fit *fit, uint8_t *value, size_t *last)
{
    uint32_t total = bc_width_sum(line->width + first, ELEMENTS);
    size_t n = 0;
    for (size_t at = first; at + ELEMENTS + 1 < line->n && n < CHARACTERS_MAX; at += ELEMENTS) {
        const uint16_t *width = line->width + at;
        const uint32_t sum = bc_width_sum(width, ELEMENTS);
        /* A character is as wide as the one before it, give or take a curved surface's fifth. */
        if (!bc_at_least(sum, 4, 5, total) || !bc_at_least(total, 4, 5, sum))
            return 0;
        total = sum;
        const bc_nk_set *set = n == 0 ? &starts : &characters;
        const uint32_t found = bc_nk_match(set, width, true, fit);
        if (found == BC_NO_CHARACTER)
            return 0;
        if (n == 0)
            fit->spread *= 4; /* all that is known of it so far */
        if (n > 0 && found == STOP) {
            const uint32_t bar = (uint32_t)width[6] * MODULES;
            *last = at + ELEMENTS;
            return bar >= sum && bar <= 3 * sum && bc_is_quiet(width[7], QUIET, sum, MODULES) ? n : 0;
        }
        if (n > 0 && found >= CODE_A)
            return 0;
        value[n] = (uint8_t)(n == 0 ? found + CODE_A : found);
        n++;
    }
    return 0;
}

static bool check_holds(const uint8_t *value, size_t n)
{
    uint32_t sum = value[0];
    for (size_t i = 1; i + 1 < n; i++)
        sum += (uint32_t)i * value[i];
    return sum % 103 == value[n - 1];
}

/* The state of reading content: code set, the next character's, and the upper half of ISO 8859-1. */
typedef struct {
    uint8_t set, shift_from;  /* shift_from: the set to go back to after one character, or 0 */
    bool upper, upper_once;
} content_state;

/* Appends one character of code set A or B, with FNC4's upper half. */
static bool put_character(content_state *state, uint32_t value, bc_linear_read *read)
{
    uint32_t byte = value + 32;
    if (state->set == CODE_A && value >= 64)
        byte = value - 64;
    if (state->upper != state->upper_once)
        byte += 128;
    state->upper_once = false;
    return bc_linear_put(read, byte);
}

/* One FNC4 is for the next character, two in a row for all until the next two (ISO/IEC 15417, 4.3.4.2). */
static void meet_fnc4(content_state *state)
{
    if (state->upper_once)
        state->upper = !state->upper;
    state->upper_once = !state->upper_once;
}

/* FNC1 says GS1 in the first place, an industry's own format in the second, and parts elements after that. */
static bool meet_fnc1(size_t place, bc_linear_read *read)
{
    const bool letter = read->length == 1 && ((read->data[0] | 0x20) >= 'a' && (read->data[0] | 0x20) <= 'z');
    const bool two_digits = read->length == 2 && read->data[0] >= '0' && read->data[0] <= '9' &&
                            read->data[1] >= '0' && read->data[1] <= '9';
    if (place == 1) {
        read->modifier = '1';
        return true;
    }
    if (read->modifier == '0' && (letter || two_digits)) {
        read->modifier = '2';
        return true;
    }
    return bc_linear_put(read, 0x1D);
}

/* A function or code set character, 96 and up in sets A and B, 100 and up in C. */
static bool meet_function(content_state *state, uint32_t value, size_t place, bc_linear_read *read)
{
    if (value == FNC1)
        return meet_fnc1(place, read);
    const uint8_t set = state->set;
    if (value == 99)
        state->set = CODE_C;
    else if (value == 98)
        state->shift_from = set;
    else if (value == 100 && set != CODE_B)
        state->set = CODE_B;
    else if (value == 101 && set != CODE_A)
        state->set = CODE_A;
    else if (value >= 100)
        meet_fnc4(state);
    /* FNC2 (97) and FNC3 (96) are words to the reader and carry no data. */
    if (value == 98)
        state->set = set == CODE_A ? CODE_B : CODE_A;
    return true;
}

static bool read_content(const uint8_t *value, size_t n, bc_linear_read *read)
{
    content_state state = {.set = value[0]};
    for (size_t i = 1; i + 1 < n; i++) {
        const uint8_t back = state.shift_from;
        state.shift_from = 0;
        const bool in_c = state.set == CODE_C;
        bool fits = true;
        if (value[i] >= (in_c ? 100 : 96))
            fits = meet_function(&state, value[i], i, read);
        else if (in_c)
            fits = bc_linear_put(read, '0' + value[i] / 10u) && bc_linear_put(read, '0' + value[i] % 10u);
        else
            fits = put_character(&state, value[i], read);
        if (!fits)
            return false;
        if (back != 0)
            state.set = back;
    }
    return read->length > 0;
}

/*
 * A row of Codablock F is a Code 128 symbol in every way: start A, a code set,
 * the row's number, data and both checks (EN 12323).  No encoder of Code 128
 * starts in a set and leaves it at once.
 */
static bool is_codablock_row(const uint8_t *value)
{
    return value[0] == CODE_A && value[1] >= 98 && value[1] <= 100;
}

bool bc_code128_read(const bc_elements *line, size_t first, uint32_t flags, bc_linear_read *read)
{
    (void)flags;
    /* Start, one character, check, stop and a quiet zone. */
    if (first == 0 || first + 4 * ELEMENTS + 2 > line->n)
        return false;
    const uint16_t *width = line->width + first;
    const uint32_t total = bc_width_sum(width, ELEMENTS);
    if (!bc_is_quiet(width[-1], QUIET, total, MODULES) || !start_likely(width, total))
        return false;

    uint8_t value[CHARACTERS_MAX];
    bc_nk_fit fit = {0};
    size_t last = 0;
    const size_t n = read_values(line, first, &fit, value, &last);
    if (n < 3 || !check_holds(value, n) || is_codablock_row(value))
        return false;
    read->symbology = BC_CODE128;
    read->code = 'C';
    read->modifier = '0';
    read->length = 0;
    if (!read_content(value, n, read))
        return false;
    read->first = (uint16_t)first;
    read->last = (uint16_t)last;
    read->modules = (uint16_t)((n * MODULES + STOP_MODULES) * 8);
    read->doubt = bc_nk_doubt(&fit);
    read->votes_needed = bc_linear_votes(n < 6 || bc_nk_strays(&fit) ? 2 : 1, read->doubt);
    return true;
}
