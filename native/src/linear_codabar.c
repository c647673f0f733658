/* Codabar (EN 798) from element widths; start and stop letters are no data. */
#include "linear_common.h"

#define ELEMENTS 7u
#define FIRST_LETTER 16u /* A to D, which start and stop */
#define DATA_MIN 3u      /* characters: shorter ones are in no use and too easily found in print */
/* Modules of quiet zone: 10 by the standard, and more than a wide space. */
#define QUIET 5.0f
#define GAP_MAX 5.5f
#define GAP_MIN 0.4f

static const char alphabet[] = "0123456789-$:/.+ABCD";

/* EN 798, table 1: bit by element, 1 wide, the first element highest. */
const uint16_t bc_codabar_patterns[20] = {
    0x03, 0x06, 0x09, 0x60, 0x12, 0x42, 0x21, 0x24, 0x30, 0x48,
    0x0C, 0x18, 0x45, 0x51, 0x54, 0x15, 0x1A, 0x29, 0x0B, 0x0E,
};

static uint32_t largest(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* Widths from a start character: one wide bar of four, two wide spaces of three. */
static bool start_widths(const uint16_t *width, bc_two_widths *two)
{
    const uint32_t bars = (uint32_t)width[0] + width[2] + width[4] + width[6];
    const uint32_t spaces = (uint32_t)width[1] + width[3] + width[5];
    const uint32_t bar = largest(largest(width[2], width[4]), width[6]);
    const uint32_t space = width[1] < width[5] ? width[1] : width[5]; /* the middle one is always wide */
    if (4 * bar < 5 * (uint32_t)width[0] || 4 * (uint32_t)width[3] < 5 * space)
        return false;
    two->wide[0] = (float)bar;
    two->narrow[0] = (float)(bars - bar) / 3.0f;
    two->wide[1] = (float)(spaces - space) / 2.0f;
    two->narrow[1] = (float)space;
    const float ratio = bc_two_ratio(two);
    return two->narrow[0] >= 1.0f && two->narrow[1] >= 1.0f && ratio >= 1.6f && ratio <= 3.8f &&
           two->wide[0] > 1.25f * two->narrow[0] && two->wide[1] > 1.25f * two->narrow[1];
}

/* The symbol character at width, or BC_NO_CHARACTER. */
static uint32_t read_character(const uint16_t *width, bc_two_widths *two)
{
    float value[ELEMENTS];
    bc_two_values(two, width, ELEMENTS, value);
    const uint32_t found = bc_two_match(bc_codabar_patterns, 20, value, ELEMENTS);
    if (found == BC_NO_CHARACTER)
        return found;
    float expected = 0.0f;
    for (size_t i = 0; i < ELEMENTS; i++)
        expected += bc_codabar_patterns[found] >> (ELEMENTS - 1 - i) & 1u ? two->wide[i % 2] : two->narrow[i % 2];
    const float scale = (float)bc_width_sum(width, ELEMENTS) / expected;
    /* A character is of the size of the one before it, give or take a curved surface's fifth. */
    if (!(scale > 0.8f && scale < 1.25f))
        return BC_NO_CHARACTER;
    bc_two_scale(two, scale);
    bc_two_follow(two, width, ELEMENTS, bc_codabar_patterns[found]);
    return found;
}

static bool finish(const bc_two_widths *two, uint32_t total, bc_linear_read *read)
{
    if (read->length < DATA_MIN || !bc_two_sure(two, BC_UNCHECKED))
        return false;
    for (size_t i = 0; i < read->length; i++)
        read->data[i] = (uint8_t)alphabet[read->data[i]];
    const float narrow = 0.5f * (two->narrow[0] + two->narrow[1]), modules = 8.0f * (float)total / narrow;
    read->symbology = BC_CODABAR;
    read->code = 'F';
    read->modifier = '0';
    read->modules = modules < 65535.0f ? (uint16_t)modules : 0;
    read->doubt = bc_two_doubt(two);
    read->votes_needed = bc_linear_votes(2u + (read->length < 8) + (read->length < 5), read->doubt);
    return true;
}

bool bc_codabar_read(const bc_elements *line, size_t first, uint32_t flags, bc_linear_read *read)
{
    (void)flags;
    /* Start, data, stop, the gaps between them and a quiet zone. */
    if (first == 0 || first + (DATA_MIN + 2) * (ELEMENTS + 1) > line->n)
        return false;
    const uint16_t *width = line->width + first;
    /* The first two elements are a narrow bar and at most a wide space. */
    if (!bc_is_quiet(width[-1], (uint32_t)QUIET, width[0], 2))
        return false;
    bc_two_widths two = {0};
    if (!start_widths(width, &two) || (float)width[-1] < QUIET * 0.5f * (two.narrow[0] + two.narrow[1]))
        return false;
    const uint32_t start = read_character(width, &two);
    if (start == BC_NO_CHARACTER || start < FIRST_LETTER)
        return false;

    read->length = 0;
    for (size_t at = first + ELEMENTS + 1; at + ELEMENTS < line->n; at += ELEMENTS + 1) {
        const float narrow = 0.5f * (two.narrow[0] + two.narrow[1]), gap = (float)line->width[at - 1];
        if (gap < GAP_MIN * narrow || gap > GAP_MAX * narrow)
            return false;
        const uint32_t found = read_character(line->width + at, &two);
        if (found == BC_NO_CHARACTER)
            return false;
        if (found >= FIRST_LETTER) {
            read->first = (uint16_t)first;
            read->last = (uint16_t)(at + ELEMENTS - 1);
            return (float)line->width[at + ELEMENTS] >= QUIET * narrow &&
                   finish(&two, bc_width_sum(width, at + ELEMENTS - first), read);
        }
        if (!bc_linear_put(read, found))
            return false;
    }
    return false;
}
