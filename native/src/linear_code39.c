/* Code 39 (ISO/IEC 16388) from element widths. */
#include "linear_common.h"

#define ELEMENTS 9u
#define ASTERISK 43u
/* Modules of quiet zone: 10 by the standard, and more than a wide space or a usual gap. */
#define QUIET 5.0f
/* A gap between symbol characters is up to 5.3 modules (ISO/IEC 16388, 4.4 b). */
#define GAP_MAX 5.5f
#define GAP_MIN 0.4f

static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%*";

/* ISO/IEC 16388, table 1: bit by element, 1 wide, the first element highest. */
const uint16_t bc_code39_patterns[44] = {
    0x034, 0x121, 0x061, 0x160, 0x031, 0x130, 0x070, 0x025, 0x124, 0x064, 0x109, 0x049, 0x148, 0x019, 0x118,
    0x058, 0x00D, 0x10C, 0x04C, 0x01C, 0x103, 0x043, 0x142, 0x013, 0x112, 0x052, 0x007, 0x106, 0x046, 0x016,
    0x181, 0x0C1, 0x1C0, 0x091, 0x190, 0x0D0, 0x085, 0x184, 0x0C4, 0x0A8, 0x0A2, 0x08A, 0x02A, 0x094,
};

/* Widths from the start character n W n n W n W n n; false when it is none. */
static bool start_widths(const uint16_t *width, bc_two_widths *two)
{
    /* The questions that rule out most come first: wide elements against narrow ones of their colour. */
    if (3 * (uint32_t)width[1] < 4 * (uint32_t)width[3] || 3 * (uint32_t)width[4] < 4 * (uint32_t)width[0] ||
        3 * (uint32_t)width[6] < 4 * (uint32_t)width[2])
        return false;
    two->narrow[0] = (float)((uint32_t)width[0] + width[2] + width[8]) / 3.0f;
    two->wide[0] = (float)((uint32_t)width[4] + width[6]) / 2.0f;
    two->narrow[1] = (float)((uint32_t)width[3] + width[5] + width[7]) / 3.0f;
    two->wide[1] = (float)width[1];
    const float ratio = bc_two_ratio(two);
    if (!(two->narrow[0] >= 1.0f && two->narrow[1] >= 1.0f && ratio >= 1.6f && ratio <= 3.8f &&
          two->wide[0] > 1.25f * two->narrow[0] && two->wide[1] > 1.25f * two->narrow[1]))
        return false;
    float value[ELEMENTS];
    bc_two_values(two, width, ELEMENTS, value);
    return bc_two_match(bc_code39_patterns, 44, value, ELEMENTS) == ASTERISK;
}

/* The symbol character at width, or BC_NO_CHARACTER. */
static uint32_t read_character(const uint16_t *width, float *size, bc_two_widths *two)
{
    float value[ELEMENTS];
    const float sum = (float)bc_width_sum(width, ELEMENTS);
    const float scale = *size / sum;
    /* A character is as wide as the one before it, give or take a curved surface's fifth. */
    if (!(scale > 0.8f && scale < 1.25f))
        return BC_NO_CHARACTER;
    *size = sum;
    bc_two_scale(two, 1.0f / scale);
    bc_two_values(two, width, ELEMENTS, value);
    const uint32_t found = bc_two_match(bc_code39_patterns, 44, value, ELEMENTS);
    if (found != BC_NO_CHARACTER)
        bc_two_follow(two, width, ELEMENTS, bc_code39_patterns[found]);
    return found;
}

/* The check character of modulo 43 over all but the last, which it must be. */
static bool check_holds(const uint8_t *value, size_t n)
{
    uint32_t sum = 0;
    for (size_t i = 0; i + 1 < n; i++)
        sum += value[i];
    return n > 1 && sum % 43 == value[n - 1];
}

/*
 * Nothing in a symbol says that it is full ASCII.  Lower case is what that is
 * used for: two letters of it say so, when no shift stands alone.  One is not
 * enough: labels of the health industry (ANSI/HIBC 2.6) begin with + and a letter.
 */
static bool looks_like_full_ascii(const bc_linear_read *read, const uint8_t shift[4])
{
    size_t lower = 0;
    for (size_t i = 0; i + 1 < read->length; i++)
        if (read->data[i] == '+' && read->data[i + 1] >= 'A' && read->data[i + 1] <= 'Z')
            lower++;
    bc_linear_read tried = *read;
    return lower >= 2 && bc_full_ascii(&tried, shift);
}

/* Values to content as the flags ask, in place. */
static bool read_content(uint32_t flags, bc_linear_read *read)
{
    static const uint8_t shift[4] = {'$', '%', '/', '+'};
    read->code = 'A';
    read->modifier = '0';
    if (flags & BC_CODE39_CHECK) {
        if (!check_holds(read->data, read->length))
            return false;
        read->length--;
        read->modifier = '3';
    }
    for (size_t i = 0; i < read->length; i++)
        read->data[i] = (uint8_t)alphabet[read->data[i]];
    if ((flags & BC_CODE39_FULL_ASCII) ||
        (!(flags & BC_CODE39_PLAIN) && looks_like_full_ascii(read, shift))) {
        read->modifier = (char)(read->modifier + 4);
        return bc_full_ascii(read, shift);
    }
    return true;
}

static bool finish(const bc_two_widths *two, uint32_t flags, float gaps, bc_linear_read *read)
{
    const uint32_t n = read->length;
    if (n == 0 || !bc_two_sure(two, flags & BC_CODE39_CHECK ? BC_CHECKED : BC_UNCHECKED) || !read_content(flags, read))
        return false;
    const float narrow = 0.5f * (two->narrow[0] + two->narrow[1]);
    read->symbology = BC_CODE39;
    read->modules = (uint16_t)(8.0f * ((float)(n + 2) * (6.0f + 3.0f * bc_two_ratio(two)) + gaps / narrow));
    read->doubt = bc_two_doubt(two);
    /* Each character checks itself a little; the check character checks them all. */
    const uint32_t base = flags & BC_CODE39_CHECK ? 1 : 2;
    read->votes_needed = bc_linear_votes(base + (n < 4) + (n < 2), read->doubt);
    return true;
}

bool bc_code39_read(const bc_elements *line, size_t first, uint32_t flags, bc_linear_read *read)
{
    /* Start, one character, stop, the gaps between them and a quiet zone. */
    if (first == 0 || first + 3 * (ELEMENTS + 1) > line->n)
        return false;
    const uint16_t *width = line->width + first;
    /* The start character is 12 modules or more. */
    if (!bc_is_quiet(width[-1], (uint32_t)QUIET, bc_width_sum(width, 4), 6))
        return false;
    bc_two_widths two = {0};
    if (!start_widths(width, &two) ||
        (float)width[-1] < QUIET * 0.5f * (two.narrow[0] + two.narrow[1]))
        return false;

    float size = (float)bc_width_sum(width, ELEMENTS), gaps = 0.0f;
    read->length = 0;
    for (size_t at = first + ELEMENTS + 1; at + ELEMENTS < line->n; at += ELEMENTS + 1) {
        const float narrow = 0.5f * (two.narrow[0] + two.narrow[1]), gap = (float)line->width[at - 1];
        if (gap < GAP_MIN * narrow || gap > GAP_MAX * narrow)
            return false;
        gaps += gap;
        const uint32_t found = read_character(line->width + at, &size, &two);
        if (found == BC_NO_CHARACTER)
            return false;
        if (found == ASTERISK) {
            read->first = (uint16_t)first;
            read->last = (uint16_t)(at + ELEMENTS - 1);
            return (float)line->width[at + ELEMENTS] >= QUIET * narrow && finish(&two, flags, gaps, read);
        }
        if (!bc_linear_put(read, found))
            return false;
    }
    return false;
}
