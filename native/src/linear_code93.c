/* Code 93 (AIM USS Code 93) from element widths; both check characters and full ASCII always. */
#include "linear_common.h"

#define ELEMENTS 6u
#define MODULES 9u
#define ASTERISK 47u
/* Modules of quiet zone: 10 by the standard; 5 is wider than any space inside a symbol. */
#define QUIET 5u

/* The shifts ($) (%) (/) (+) are told by bytes that no other character has. */
static const uint8_t shift[4] = {0x80, 0x81, 0x82, 0x83};
static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%";

/* USS Code 93, table 1: values 0 to 46 and the asterisk. */
const uint32_t bc_code93_patterns[48] = {
    0x131112, 0x111213, 0x111312, 0x111411, 0x121113, 0x121212, 0x121311, 0x111114, 0x131211, 0x141111,
    0x211113, 0x211212, 0x211311, 0x221112, 0x221211, 0x231111, 0x112113, 0x112212, 0x112311, 0x122112,
    0x132111, 0x111123, 0x111222, 0x111321, 0x121122, 0x131121, 0x212112, 0x212211, 0x211122, 0x211221,
    0x221121, 0x222111, 0x112122, 0x112221, 0x122121, 0x123111, 0x121131, 0x311112, 0x311211, 0x321111,
    0x112131, 0x113121, 0x211131, 0x121221, 0x312111, 0x311121, 0x122211, 0x111141,
};

/* Two patterns may differ by one edge of one module: a margin of 1 module^2 is perfect. */
static const bc_nk_set characters = {bc_code93_patterns, 48, ELEMENTS, MODULES, 1600, 1000};
static const bc_nk_set start = {bc_code93_patterns + ASTERISK, 1, ELEMENTS, MODULES, 3900, 1000};

/* Values between the asterisks into data; false when it is no symbol. */
static bool read_values(const bc_elements *line, size_t first, bc_nk_fit *fit, bc_linear_read *read)
{
    uint32_t total = bc_width_sum(line->width + first, ELEMENTS);
    read->length = 0;
    for (size_t at = first + ELEMENTS; at + ELEMENTS + 1 < line->n; at += ELEMENTS) {
        const uint16_t *width = line->width + at;
        const uint32_t sum = bc_width_sum(width, ELEMENTS);
        /* A character is as wide as the one before it, give or take a curved surface's fifth. */
        if (!bc_at_least(sum, 4, 5, total) || !bc_at_least(total, 4, 5, sum))
            return false;
        total = sum;
        const uint32_t found = bc_nk_match(&characters, width, true, fit);
        if (found == BC_NO_CHARACTER)
            return false;
        if (found == ASTERISK) {
            /* The bar of one module that ends the symbol, then the quiet zone. */
            const uint32_t bar = (uint32_t)width[6] * MODULES;
            read->last = (uint16_t)(at + ELEMENTS);
            return 4 * bar >= sum && bar <= 2 * sum && bc_is_quiet(width[7], QUIET, sum, MODULES);
        }
        if (!bc_linear_put(read, found))
            return false;
    }
    return false;
}

/* The check character over n values: weights 1, 2 … most and again from the last value on, modulo 47. */
static uint32_t check_character(const uint8_t *value, size_t n, uint32_t most)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += value[n - 1 - i] * ((uint32_t)i % most + 1);
    return sum % 47;
}

bool bc_code93_read(const bc_elements *line, size_t first, uint32_t flags, bc_linear_read *read)
{
    (void)flags;
    /* Start, a character, two check characters, stop, its last bar and a quiet zone. */
    if (first == 0 || first + 5 * ELEMENTS + 2 > line->n)
        return false;
    const uint16_t *width = line->width + first;
    const uint32_t total = bc_width_sum(width, ELEMENTS);
    /* The start is 1 1 1 1 4 1: a wide bar of four, and similar edges of two before it. */
    if (!bc_is_quiet(width[-1], QUIET, total, MODULES) || !bc_at_least(width[4], 3, 10, total) ||
        !bc_at_least(total, 2, 1, width[4]) || !bc_at_least((uint32_t)width[0] + width[1], 3, 20, total))
        return false;
    bc_nk_fit fit = {0};
    if (bc_nk_match(&start, width, true, &fit) == BC_NO_CHARACTER)
        return false;
    fit.spread *= 4; /* all that is known of it so far */
    if (!read_values(line, first, &fit, read) || read->length < 3)
        return false;
    const size_t n = read->length;
    if (check_character(read->data, n - 2, 20) != read->data[n - 2] ||
        check_character(read->data, n - 1, 15) != read->data[n - 1])
        return false;
    read->length = (uint16_t)(n - 2);
    for (size_t i = 0; i < read->length; i++)
        read->data[i] = read->data[i] < 43 ? (uint8_t)alphabet[read->data[i]] : shift[read->data[i] - 43];
    if (!bc_full_ascii(read, shift))
        return false;
    read->symbology = BC_CODE93;
    read->code = 'G';
    read->modifier = '0';
    read->first = (uint16_t)first;
    read->modules = (uint16_t)(((n + 2) * MODULES + 1) * 8);
    read->doubt = bc_nk_doubt(&fit);
    read->votes_needed = bc_linear_votes(n < 5 || bc_nk_strays(&fit) ? 2 : 1, read->doubt);
    return true;
}
