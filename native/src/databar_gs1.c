/*
 * What a text must be to be GS1 element strings (GS1 General Specifications,
 * 3.2 and 7.8.5): enough to refuse a wrong reading, not to judge an
 * application's data.
 */
#include "databar_general.h"

#define GS 0x1Du
#define ELEMENT_MAX 94u /* an AI of 4 digits and 90 characters */
#define ELEMENT_MIN 3u

/* Element strings of predefined length, by the first two digits of the AI: their characters, AI included. */
static size_t predefined_length(uint32_t ai)
{
    switch (ai) {
    case 0:
        return 20;
    case 1:
    case 2:
    case 3:
    case 41:
        return 16;
    case 4:
        return 18;
    case 20:
        return 4;
    default:
        if (ai >= 11 && ai <= 19)
            return 8;
        return ai >= 31 && ai <= 36 ? 10 : 0;
    }
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static uint32_t two_digits(const uint8_t *data)
{
    return (uint32_t)(data[0] - '0') * 10u + (uint32_t)(data[1] - '0');
}

/* The modulo-10 check digit that SSCC, GTIN and GLN end in. */
static bool check_digit_holds(const uint8_t *data, size_t n)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (uint32_t)(data[i] - '0') * (((n - i) & 1) ? 1 : 3);
    return sum % 10 == 0;
}

/* The rules of an element string of predefined length. */
static bool predefined_holds(uint32_t ai, const uint8_t *data, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!is_digit(data[i]))
            return false;
    if (ai <= 2)
        return check_digit_holds(data + 2, n - 2);
    if (ai == 41) /* 410 to 417: a GLN after three digits of AI */
        return check_digit_holds(data + 3, n - 3);
    if (ai >= 31 && ai <= 36) /* measures, whose AI ends in the number of decimals */
        return data[3] <= '5';
    if (ai < 11 || ai > 17 || ai == 14)
        return true;
    const uint32_t month = two_digits(data + 4), day = two_digits(data + 6);
    return month >= 1 && month <= 12 && day <= 31;
}

bool bc_databar_is_gs1(const uint8_t *data, size_t n)
{
    size_t at = 0;
    while (at < n) {
        size_t end = at;
        while (end < n && data[end] != GS)
            end++;
        if (end - at < ELEMENT_MIN || !is_digit(data[at]) || !is_digit(data[at + 1]))
            return false;
        const uint32_t ai = two_digits(data + at);
        const size_t length = predefined_length(ai);
        if (length > 0) {
            if (end - at < length || !predefined_holds(ai, data + at, length))
                return false;
            at += length;
            at += at < n && data[at] == GS;
        } else {
            if (end - at > ELEMENT_MAX)
                return false;
            at = end + 1;
        }
    }
    return n > 0;
}
