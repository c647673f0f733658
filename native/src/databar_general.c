/*
 * General-purpose data compaction (ISO/IEC 24724, 7.2.4.5): a numeric mode that
 * packs two characters into 7 bits, an alphanumeric one of 5 or 6 bits each and
 * one for the ISO/IEC 646 subset of 5, 7 or 8.  Codes that the standard does
 * not have, and a rest that is not padding, refuse the whole symbol.
 */
#include "databar_general.h"

#define GS 0x1Du
#define FUNCTION_1 10u /* in place of a digit */

typedef enum { NUMERIC, ALPHANUMERIC, ISO_646 } mode;

uint32_t bc_databar_peek(const bc_databar_bits *bits, size_t count)
{
    uint32_t value = 0;
    for (size_t i = bits->at; i < bits->at + count; i++) {
        uint32_t bit = 0;
        if (i < bits->n)
            bit = (uint32_t)bits->character[i / BC_DATABAR_CHARACTER_BITS] >>
                      (BC_DATABAR_CHARACTER_BITS - 1 - i % BC_DATABAR_CHARACTER_BITS) & 1u;
        value = value << 1 | bit;
    }
    return value;
}

bool bc_databar_get(bc_databar_bits *bits, size_t count, uint32_t *value)
{
    if (bits->n - bits->at < count)
        return false;
    *value = bc_databar_peek(bits, count);
    bits->at += count;
    return true;
}

bool bc_databar_put(bc_databar_text *text, uint8_t byte)
{
    if (text->length == text->capacity)
        return false;
    text->data[text->length++] = byte;
    return true;
}

bool bc_databar_put_number(bc_databar_text *text, uint32_t value, size_t digits)
{
    if (text->capacity - text->length < digits)
        return false;
    for (size_t i = digits; i > 0; i--) {
        text->data[text->length + i - 1] = (uint8_t)('0' + value % 10);
        value /= 10;
    }
    text->length += digits;
    return true;
}

static bool put_digit(bc_databar_text *text, uint32_t digit)
{
    return bc_databar_put(text, digit == FUNCTION_1 ? (uint8_t)GS : (uint8_t)('0' + digit));
}

/* What is left, fewer than 5 bits, must be the beginning of a latch 00100 that there is no room for. */
static bool only_padding(bc_databar_bits *bits)
{
    const size_t left = bits->n - bits->at;
    const uint32_t rest = bc_databar_peek(bits, left);
    bits->at = bits->n;
    return rest == 4u >> (5 - left);
}

static bool numeric(bc_databar_bits *bits, bc_databar_text *text, mode *now)
{
    const size_t left = bits->n - bits->at;
    if (bc_databar_peek(bits, 4) == 0) {
        /* Cut off by the end, as padding may be, it is a latch as well. */
        bits->at += left < 4 ? left : 4;
        *now = ALPHANUMERIC;
        return true;
    }
    if (left < 4)
        return false;
    if (left < 7) { /* the last digit, and bits that mean nothing */
        const uint32_t digit = bc_databar_peek(bits, 4) - 1;
        const uint32_t rest = bc_databar_peek(bits, left) & ((1u << (left - 4)) - 1);
        bits->at = bits->n;
        return digit <= 9 && rest == 0 && put_digit(text, digit);
    }
    const uint32_t two = bc_databar_peek(bits, 7) - 8;
    bits->at += 7;
    const uint32_t first = two / 11, second = two % 11;
    return first + second < 2 * FUNCTION_1 && put_digit(text, first) && put_digit(text, second);
}

/* What both other modes share: latches, digits and function 1; *taken when it was one of them. */
static bool shared(bc_databar_bits *bits, bc_databar_text *text, mode *now, bool *taken)
{
    *taken = true;
    if (bits->n - bits->at >= 3 && bc_databar_peek(bits, 3) == 0) {
        bits->at += 3;
        *now = NUMERIC;
        return true;
    }
    if (bits->n - bits->at < 5)
        return only_padding(bits);
    const uint32_t five = bc_databar_peek(bits, 5);
    *taken = five < 16;
    if (five >= 16)
        return true;
    bits->at += 5;
    if (five == 4)
        *now = *now == ALPHANUMERIC ? ISO_646 : ALPHANUMERIC;
    else if (five == 15 && !bits->function_1_stays)
        *now = NUMERIC;
    return five == 4 || put_digit(text, five - 5); /* 15 is function 1 */
}

static bool alphanumeric(bc_databar_bits *bits, bc_databar_text *text)
{
    static const uint8_t signs[] = {'*', ',', '-', '.', '/'};
    uint32_t six;
    if (!bc_databar_get(bits, 6, &six) || six > 62)
        return false;
    return bc_databar_put(text, six < 58 ? (uint8_t)('A' + six - 32) : signs[six - 58]);
}

static bool iso_646(bc_databar_bits *bits, bc_databar_text *text)
{
    static const uint8_t signs[] = {'!', '"', '%', '&', '\'', '(', ')', '*', '+', ',', '-',
                                    '.', '/', ':', ';', '<',  '=', '>', '?', '_', ' '};
    const uint32_t seven = bc_databar_peek(bits, 7);
    uint32_t code;
    if (seven < 116) {
        if (!bc_databar_get(bits, 7, &code))
            return false;
        return bc_databar_put(text, code < 90 ? (uint8_t)('A' + code - 64) : (uint8_t)('a' + code - 90));
    }
    if (!bc_databar_get(bits, 8, &code) || code > 252)
        return false;
    return bc_databar_put(text, signs[code - 232]);
}

bool bc_databar_general(bc_databar_bits *bits, bc_databar_text *text)
{
    mode now = NUMERIC;
    while (bits->at < bits->n) { /* every turn takes 3 bits or more, or the rest */
        bool taken = true;
        if (now == NUMERIC) {
            if (!numeric(bits, text, &now))
                return false;
            continue;
        }
        if (!shared(bits, text, &now, &taken))
            return false;
        if (!taken && !(now == ALPHANUMERIC ? alphanumeric(bits, text) : iso_646(bits, text)))
            return false;
    }
    if (text->length > 0 && text->data[text->length - 1] == GS)
        text->length--;
    return true;
}
