/* Interleaved 2 of 5, ITF-14 among it (ISO/IEC 16390), from element widths. */
#include "linear_common.h"

#define PAIR 10u       /* elements of two digits: five bars and, between them, five spaces */
#define DIGITS_MAX 100u /* no use comes near; payload has room for them */
/* Modules of quiet zone: 10 by the standard; a wide space is at most 3 and a bit. */
#define QUIET 6.0f

/* ISO/IEC 16390, table 1: two wide elements of five, the first one highest. */
const uint16_t bc_itf_patterns[10] = {0x06, 0x11, 0x09, 0x18, 0x05, 0x14, 0x0C, 0x03, 0x12, 0x0A};

/* Sums of the two widest and of all of five elements, every second one. */
static void two_widest(const uint16_t *width, float *wide, float *all)
{
    uint32_t first = 0, second = 0, sum = 0;
    for (size_t i = 0; i < PAIR; i += 2) {
        const uint32_t w = width[i];
        sum += w;
        if (w > first) {
            second = first;
            first = w;
        } else if (w > second) {
            second = w;
        }
    }
    *wide = (float)(first + second);
    *all = (float)sum;
}

/* Widths from the start pattern 1 1 1 1 and the first pair; false when they are not of two kinds. */
static bool first_widths(const uint16_t *width, bc_two_widths *two)
{
    for (size_t space = 0; space < 2; space++) {
        float wide = 0.0f, all = 0.0f;
        two_widest(width + 4 + space, &wide, &all);
        two->wide[space] = wide / 2.0f;
        two->narrow[space] = (all - wide + (float)width[space] + (float)width[space + 2]) / 5.0f;
        if (two->wide[space] < 1.25f * two->narrow[space])
            return false;
    }
    const float ratio = bc_two_ratio(two);
    return two->narrow[0] >= 1.0f && two->narrow[1] >= 1.0f && ratio >= 1.6f && ratio <= 3.8f;
}

/* Two digits at width; false when they are none. */
static bool read_pair(const uint16_t *width, float *size, bc_two_widths *two, uint8_t *digits)
{
    float value[PAIR], one[PAIR / 2];
    const float sum = (float)bc_width_sum(width, PAIR);
    const float scale = *size / sum;
    /* A pair is as wide as the one before it, give or take a curved surface's fifth. */
    if (!(scale > 0.83f && scale < 1.2f))
        return false;
    *size = sum;
    bc_two_scale(two, 1.0f / scale);
    bc_two_values(two, width, PAIR, value);
    uint32_t pattern = 0;
    for (size_t space = 0; space < 2; space++) {
        for (size_t i = 0; i < PAIR / 2; i++)
            one[i] = value[2 * i + space];
        const uint32_t digit = bc_two_match(bc_itf_patterns, 10, one, PAIR / 2);
        if (digit == BC_NO_CHARACTER)
            return false;
        digits[space] = (uint8_t)('0' + digit);
        for (size_t i = 0; i < PAIR / 2; i++)
            pattern |= (uint32_t)(bc_itf_patterns[digit] >> (4 - i) & 1u) << (PAIR - 1 - 2 * i - space);
    }
    bc_two_follow(two, width, PAIR, pattern);
    return true;
}

/* The stop pattern, wide narrow narrow, and its quiet zone. */
static bool is_stop(const bc_two_widths *two, const uint16_t *width)
{
    float value[3];
    bc_two_values(two, width, 3, value);
    return value[0] > 0.2f && value[1] < -0.2f && value[2] < -0.2f;
}

static uint32_t votes_base(const bc_linear_read *read)
{
    /* Half of all pairs of elements make a digit, and nothing checks them but a check digit. */
    if (read->modifier == '1')
        return 2;
    if (read->length < 6)
        return 12u - read->length;
    return read->length < 10 || read->length == 14 ? 4 : 3;
}

/* Deutsche Post's Leitcode: weights 4 and 9 over 13 digits, and what makes ten of the sum. */
static bool is_leitcode(const uint8_t *digits)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < 13; i++)
        sum += (uint32_t)(digits[i] - '0') * (i % 2 == 0 ? 4u : 9u);
    return (10 - sum % 10) % 10 == (uint32_t)(digits[13] - '0');
}

static bool finish(const bc_two_widths *two, size_t first, size_t last, bc_linear_read *read)
{
    const bool itf14 = read->length == 14 && bc_gs1_check(read->data, 13) == (uint32_t)(read->data[13] - '0');
    /* 14 digits mostly are ITF-14 or, on parcels in Germany, a Leitcode; others are asked for cleaner print. */
    const bool denied = read->length == 14 && !itf14 && !is_leitcode(read->data);
    if (!bc_two_sure(two, itf14 ? BC_CHECKED : denied ? BC_DENIED : BC_UNCHECKED))
        return false;
    const float ratio = bc_two_ratio(two), pairs = (float)(read->length / 2u);
    read->symbology = BC_ITF;
    read->code = 'I';
    /* AIM: 1 when a check digit was checked and is transmitted. */
    read->modifier = itf14 ? '1' : '0';
    read->first = (uint16_t)first;
    read->last = (uint16_t)last;
    read->modules = (uint16_t)(8.0f * (pairs * (6.0f + 4.0f * ratio) + 6.0f + ratio));
    read->doubt = bc_two_doubt(two);
    read->votes_needed = bc_linear_votes(votes_base(read), read->doubt);
    return true;
}

bool bc_itf_read(const bc_elements *line, size_t first, uint32_t flags, bc_linear_read *read)
{
    (void)flags;
    /* Start, one pair, stop and a quiet zone. */
    if (first == 0 || first + 4 + PAIR + 3 >= line->n)
        return false;
    const uint16_t *width = line->width + first;
    const uint32_t start = bc_width_sum(width, 4);
    if (!bc_is_quiet(width[-1], (uint32_t)QUIET, start, 4))
        return false;
    /* Two bars alike and two spaces alike, and a bar and a space no more unlike than spread makes them. */
    if (10 * (uint32_t)width[0] < 6 * (uint32_t)width[2] || 10 * (uint32_t)width[2] < 6 * (uint32_t)width[0] ||
        10 * (uint32_t)width[1] < 6 * (uint32_t)width[3] || 10 * (uint32_t)width[3] < 6 * (uint32_t)width[1] ||
        8 * (uint32_t)width[0] < start || 8 * (uint32_t)width[1] < start)
        return false;
    bc_two_widths two = {0};
    if (!first_widths(width, &two))
        return false;

    float size = (float)bc_width_sum(width + 4, PAIR);
    read->length = 0;
    for (size_t at = first + 4; read->length < DIGITS_MAX && at + 3 < line->n; at += PAIR) {
        const float narrow = 0.5f * (two.narrow[0] + two.narrow[1]);
        if (read->length > 0 && (float)line->width[at + 3] >= QUIET * narrow)
            return is_stop(&two, line->width + at) && finish(&two, first, at + 2, read);
        if (at + PAIR + 3 >= line->n || !read_pair(line->width + at, &size, &two, read->data + read->length))
            return false;
        read->length = (uint16_t)(read->length + 2);
    }
    return false;
}
