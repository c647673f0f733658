#include "aztec_payload.h"

#include "payload.h"

#include <stdbool.h> /* bool */
#include <string.h>  /* memcmp, memcpy, memset */

#define LONGEST_WORD 12u /* bits */

typedef enum { UPPER, LOWER, MIXED, PUNCT, DIGIT } table;

typedef struct {
    const uint8_t *bits;
    uint32_t n, at;
    bc_payload out;
    table latched, now;
    bool fnc1_first, fnc1_second, eci;
    bool in_header; /* of a structured append, which is no content: what follows begins it */
} reader;

/* Mixed 2 to 27 and punctuation 6 to 30: table 2. */
static const uint8_t mixed[26] = {1,  2,  3,  4,  5,  6,  7,  8,  9,   10,  11,  12,  13,
                                  27, 28, 29, 30, 31, '@', '\\', '^', '_', '`', '|', '~', 127};
static const char punct[] = "!\"#$%&'()*+,-./:;<=>?[]{}";

static bool take(reader *in, uint32_t bits, uint32_t *value)
{
    if (in->n - in->at < bits)
        return false;
    *value = 0;
    for (uint32_t i = 0; i < bits; i++)
        *value = *value << 1 | in->bits[in->at++];
    return true;
}

static void put(reader *in, uint32_t byte)
{
    bc_payload_put(&in->out, (uint8_t)byte);
}

/* 6.2.4: 1 to 31 bytes, or 32 and more. */
static bc_status read_binary(reader *in)
{
    uint32_t length, byte;
    if (!take(in, 5, &length))
        return BC_FORMAT;
    if (length == 0) {
        if (!take(in, 11, &length))
            return BC_FORMAT;
        length += 31;
    }
    for (; length > 0; length--) {
        if (!take(in, 8, &byte))
            return BC_FORMAT;
        put(in, byte);
    }
    return BC_OK;
}

/* FNC1: as GS1 in front, behind one letter or two digits as an industry's, elsewhere a separator. */
static void put_fnc1(reader *in)
{
    const bc_symbol *s = in->out.symbol;
    const uint8_t *p = s->payload;
    const bool letter = s->length == 1 && ((p[0] | 32) >= 'a' && (p[0] | 32) <= 'z');
    const bool digits = s->length == 2 && p[0] >= '0' && p[0] <= '9' && p[1] >= '0' && p[1] <= '9';
    if (s->length == 0)
        in->fnc1_first = true;
    else if ((letter || digits) && !in->fnc1_first && !in->fnc1_second)
        in->fnc1_second = true;
    else
        put(in, 0x1D);
}

/* FLG(n): FNC1, or an ECI number of n digits. */
static bc_status read_flag(reader *in)
{
    uint32_t n, digit, eci = 0;
    if (!take(in, 3, &n) || n == 7)
        return BC_FORMAT;
    if (n == 0) {
        put_fnc1(in);
        return BC_OK;
    }
    for (; n > 0; n--) {
        if (!take(in, 4, &digit) || digit < 2 || digit > 11)
            return BC_FORMAT;
        eci = 10 * eci + digit - 2;
    }
    in->eci = true;
    bc_payload_eci(&in->out, (int32_t)eci);
    return BC_OK;
}

static bc_status read_punct(reader *in, uint32_t value)
{
    static const char pairs[4][3] = {"\r\n", ". ", ", ", ": "};
    if (value == 0)
        return read_flag(in);
    if (value == 31)
        in->latched = UPPER;
    else if (value == 1)
        put(in, '\r');
    else if (value <= 5) {
        put(in, (uint8_t)pairs[value - 2][0]);
        put(in, (uint8_t)pairs[value - 2][1]);
    } else
        put(in, (uint8_t)punct[value - 6]);
    return BC_OK;
}

static bc_status read_digit(reader *in, uint32_t value, table *shift)
{
    if (value == 0)
        *shift = PUNCT;
    else if (value == 14)
        in->latched = UPPER;
    else if (value == 15)
        *shift = UPPER;
    else
        put(in, value == 1 ? ' ' : value <= 11 ? '0' + value - 2 : value == 12 ? ',' : '.');
    return BC_OK;
}

/* A value of the tables of five bits that have letters, or of mixed; the shift it makes is in *shift. */
static bc_status read_letter(reader *in, uint32_t value, table *shift)
{
    static const table latch[3][3] = {{LOWER, MIXED, DIGIT}, {UPPER, MIXED, DIGIT}, {LOWER, UPPER, PUNCT}};
    if (value == 0)
        *shift = PUNCT;
    else if (value == 1)
        put(in, ' ');
    else if (value <= 27)
        put(in, in->now == MIXED ? mixed[value - 2] : (in->now == UPPER ? 'A' : 'a') + value - 2);
    else if (value == 31)
        return read_binary(in);
    else if (in->now == LOWER && value == 28)
        *shift = UPPER;
    else
        in->latched = latch[in->now][value - 28];
    return BC_OK;
}

/* The last word is filled up with ones (7.2.1), of which the very last may be stuffed away. */
static bool is_padding(const reader *in)
{
    if (in->n - in->at >= LONGEST_WORD)
        return false;
    for (uint32_t i = in->at; i < in->n; i++)
        if (!in->bits[i])
            return false;
    return true;
}

/*
 * 6.5: a latch to mixed and one to upper at the very beginning, then an
 * identification between spaces if there is one, and two letters: which part, of
 * how many.
 */
static bool begins_append(const reader *in)
{
    static const uint8_t latches[10] = {1, 1, 1, 0, 1, 1, 1, 1, 0, 1};
    return in->n >= sizeof latches && memcmp(in->bits, latches, sizeof latches) == 0;
}

/* The length of the identification at the start of the payload, spaces included; false while its end is not there. */
static bool id_length(const bc_symbol *symbol, uint32_t *length)
{
    const uint8_t *p = symbol->payload;
    *length = 0;
    if (symbol->length == 0 || p[0] != ' ')
        return symbol->length > 0;
    for (uint32_t i = 1; i < symbol->length; i++) {
        if (p[i] == ' ') {
            *length = i + 1;
            return true;
        }
    }
    return false;
}

/* Takes the header out of the payload as soon as it is whole. */
static bc_status take_append(reader *in)
{
    bc_symbol *symbol = in->out.symbol;
    const uint8_t *p = symbol->payload;
    uint32_t at;
    if (symbol->length > BC_APPEND_ID_SIZE + 3)
        return BC_FORMAT;
    if (!id_length(symbol, &at) || symbol->length < at + 2)
        return BC_OK;
    if (p[at] < 'A' || p[at + 1] < 'B' || p[at + 1] > 'Z' || p[at] > p[at + 1] || in->eci || in->fnc1_first ||
        in->fnc1_second || symbol->length > at + 2)
        return BC_FORMAT;
    for (uint32_t i = 1; i + 1 < at; i++) {
        if (p[i] == 0) /* the identification is told as a text that ends with one */
            return BC_FORMAT;
        symbol->append_id[i - 1] = (char)p[i];
    }
    symbol->append_index = (uint32_t)(p[at] - 'A');
    symbol->append_count = (uint32_t)(p[at + 1] - 'A') + 1u;
    in->in_header = false;
    in->out = bc_payload_begin(symbol);
    return BC_OK;
}

static bc_status read_all(reader *in)
{
    uint32_t value;
    while (in->n - in->at >= (in->now == DIGIT ? 4u : 5u) && !is_padding(in)) {
        take(in, in->now == DIGIT ? 4 : 5, &value);
        const table before = in->latched;
        table shift = DIGIT; /* none: nothing shifts to digits */
        bc_status status = in->now == PUNCT   ? read_punct(in, value)
                           : in->now == DIGIT ? read_digit(in, value, &shift)
                                              : read_letter(in, value, &shift);
        if (status == BC_OK && in->in_header)
            status = take_append(in);
        if (status != BC_OK)
            return status;
        if (in->now != before && in->latched != before)
            return BC_FORMAT; /* a latch behind a shift */
        in->now = shift != DIGIT ? shift : in->latched;
    }
    return in->in_header ? BC_FORMAT : BC_OK;
}

bc_status bc_aztec_payload(const uint8_t *bits, uint32_t n, bc_symbol *symbol)
{
    reader in = {.bits = bits, .n = n, .out = bc_payload_begin(symbol), .latched = UPPER, .now = UPPER};
    symbol->append_index = symbol->append_count = 0;
    memset(symbol->append_id, 0, sizeof symbol->append_id);
    const bool append = in.in_header = begins_append(&in);
    bc_status status = read_all(&in);
    if (status == BC_OK)
        status = bc_payload_end(&in.out);
    if (status != BC_OK)
        return status;
    if (symbol->length == 0)
        return BC_FORMAT;
    const uint32_t kind = (in.fnc1_first ? 1u : in.fnc1_second ? 2u : 0u) + (in.eci ? 3u : 0u) + (append ? 6u : 0u);
    const char identifier[4] = {']', 'z', (char)(kind < 10 ? '0' + kind : 'A' + kind - 10), '\0'};
    memcpy(symbol->identifier, identifier, sizeof identifier);
    return BC_OK;
}
