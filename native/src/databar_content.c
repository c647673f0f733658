/*
 * The encodation methods of GS1 DataBar expanded (ISO/IEC 24724, 7.2.4.2 to
 * 7.2.4.4): a few bits at the beginning say which element strings come packed,
 * with their AIs left out, and whether general-purpose compaction follows.
 */
#include "databar_general.h"

#define PRICE_AI 392u         /* and 393, with a currency */
#define NO_DATE 38400u

/* Digits of a GTIN in front of its check digit, three in ten bits. */
static bool put_gtin(bc_databar_bits *bits, bc_databar_text *text, uint32_t first)
{
    const size_t begin = text->length + 2;
    if (!bc_databar_put_number(text, 1, 2) || !bc_databar_put_number(text, first, 1))
        return false;
    for (size_t i = 0; i < 4; i++) {
        uint32_t three;
        if (!bc_databar_get(bits, 10, &three) || three > 999 || !bc_databar_put_number(text, three, 3))
            return false;
    }
    uint32_t sum = 0;
    for (size_t i = 0; i < 13; i++)
        sum += (uint32_t)(text->data[begin + i] - '0') * ((i & 1) ? 1 : 3);
    return bc_databar_put_number(text, (10 - sum % 10) % 10, 1);
}

/* Two bits: whether the symbol's characters are an odd number, and more than 14. */
static bool length_holds(bc_databar_bits *bits)
{
    const size_t characters = bits->n / BC_DATABAR_CHARACTER_BITS + 1;
    uint32_t told;
    return bc_databar_get(bits, 2, &told) && told == (uint32_t)((characters & 1) * 2 + (characters > 14));
}

/* A weight with four digits of AI in front of it. */
static bool put_weight(bc_databar_text *text, uint32_t ai, uint32_t weight)
{
    return bc_databar_put_number(text, ai, 4) && bc_databar_put_number(text, weight, 6);
}

/* A GTIN and a weight of 15 bits: in kilograms to the gram, or in pounds. */
static bool fixed_weight(bc_databar_bits *bits, bc_databar_text *text, bool pounds)
{
    uint32_t weight;
    if (!put_gtin(bits, text, 9) || !bc_databar_get(bits, 15, &weight) || bits->at != bits->n)
        return false;
    if (!pounds)
        return put_weight(text, 3103, weight);
    return weight < 10000 ? put_weight(text, 3202, weight) : put_weight(text, 3203, weight - 10000);
}

/* A GTIN, a weight with its decimal point, and perhaps a date. */
static bool weight_and_date(bc_databar_bits *bits, bc_databar_text *text, uint32_t which)
{
    static const uint8_t date_ai[] = {11, 13, 15, 17};
    uint32_t weight, date;
    if (!put_gtin(bits, text, 9) || !bc_databar_get(bits, 20, &weight) || !bc_databar_get(bits, 16, &date) ||
        bits->at != bits->n || weight > 999999 || date > NO_DATE)
        return false;
    const uint32_t ai = (which & 1) ? 3200 : 3100;
    if (!put_weight(text, ai + weight / 100000, weight % 100000))
        return false;
    if (date == NO_DATE)
        return true;
    return bc_databar_put_number(text, date_ai[which / 2], 2) && bc_databar_put_number(text, date / 384, 2) &&
           bc_databar_put_number(text, date / 32 % 12 + 1, 2) && bc_databar_put_number(text, date % 32, 2);
}

/* A GTIN and a price, whose amount is in general-purpose compaction. */
static bool price(bc_databar_bits *bits, bc_databar_text *text, bool currency)
{
    uint32_t decimals, iso_4217;
    if (!length_holds(bits) || !put_gtin(bits, text, 9) || !bc_databar_get(bits, 2, &decimals) ||
        !bc_databar_put_number(text, PRICE_AI + currency, 3) || !bc_databar_put_number(text, decimals, 1))
        return false;
    if (currency && (!bc_databar_get(bits, 10, &iso_4217) || iso_4217 > 999 ||
                     !bc_databar_put_number(text, iso_4217, 3)))
        return false;
    return bc_databar_general(bits, text);
}

/* The methods that begin with 01. */
static bool packed(bc_databar_bits *bits, bc_databar_text *text)
{
    uint32_t bit, which;
    if (!bc_databar_get(bits, 1, &bit))
        return false;
    if (bit == 0) /* 0100, 0101 */
        return bc_databar_get(bits, 1, &bit) && fixed_weight(bits, text, bit == 1);
    if (!bc_databar_get(bits, 1, &bit))
        return false;
    if (bit == 0) /* 01100, 01101 */
        return bc_databar_get(bits, 1, &bit) && price(bits, text, bit == 1);
    return bc_databar_get(bits, 3, &which) && weight_and_date(bits, text, which); /* 0111000 to 0111111 */
}

static bool decode(bc_databar_bits *bits, bc_databar_text *text)
{
    uint32_t bit, first;
    if (!bc_databar_get(bits, 1, &bit)) /* the linkage flag: a 2D component is no part of this content */
        return false;
    if (!bc_databar_get(bits, 1, &bit))
        return false;
    if (bit == 1) /* 1: a GTIN, and more */
        return length_holds(bits) && bc_databar_get(bits, 4, &first) && first <= 9 && put_gtin(bits, text, first) &&
               bc_databar_general(bits, text);
    if (!bc_databar_get(bits, 1, &bit))
        return false;
    if (bit == 0) /* 00: anything */
        return length_holds(bits) && bc_databar_general(bits, text);
    return packed(bits, text);
}

bool bc_databar_content(const uint16_t *character, size_t n, bc_databar_text *text)
{
    if (n > BC_DATABAR_CHARACTERS_MAX)
        return false;
    for (size_t i = 0; i < n; i++)
        if (character[i] >> BC_DATABAR_CHARACTER_BITS)
            return false;
    /* Some encoders do not do with a function 1 what the standard says; their symbols make no sense otherwise. */
    const size_t begin = text->length;
    for (int stays = 0; stays < 2; stays++) {
        bc_databar_bits bits = {character, n * BC_DATABAR_CHARACTER_BITS, 0, stays == 1};
        text->length = begin;
        if (decode(&bits, text) && bc_databar_is_gs1(text->data, text->length))
            return true;
    }
    return false;
}
