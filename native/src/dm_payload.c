#include "dm_payload.h"

#include "append_id.h"
#include "payload.h"

#include <string.h> /* memcpy */

/* Codewords of the ASCII mode: table 2. */
enum {
    PAD = 129,
    DIGITS = 130,
    TO_C40 = 230,
    TO_BASE256 = 231,
    FNC1 = 232,
    APPEND = 233,
    READER_INIT = 234,
    UPPER_SHIFT = 235,
    MACRO_05 = 236,
    MACRO_06 = 237,
    TO_X12 = 238,
    TO_TEXT = 239,
    TO_EDIFACT = 240,
    ECI = 241,
    UNLATCH = 254
};

typedef struct {
    const uint8_t *data;
    uint32_t n, at;
    bc_payload out;
    uint32_t upper;    /* added to the next character: 128 after an upper shift */
    bool gs1;          /* FNC1 stands first */
    bool aim;          /* FNC1 stands second */
    bool eci, macro;
} reader;

static bool take(reader *in, uint32_t *codeword)
{
    if (in->at == in->n)
        return false;
    *codeword = in->data[in->at++];
    return true;
}

static void put(reader *in, uint32_t character)
{
    bc_payload_put(&in->out, (uint8_t)(character + in->upper));
    in->upper = 0;
}

/*
 * FNC1 in first position, or first behind a structured append, is GS1; second
 * there, behind one character, an industry's; anywhere else it separates: 5.2.4.6.
 */
static void put_fnc1(reader *in)
{
    const uint32_t begin = in->out.symbol->append_count > 0 ? 5 : 1; /* codewords read with this one */
    if (in->at == begin && in->out.symbol->length == 0)
        in->gs1 = true;
    else if (in->at == begin + 1 && !in->gs1 && in->out.symbol->length <= 2 && in->out.symbol->length > 0)
        in->aim = true;
    else
        bc_payload_put(&in->out, 0x1D);
}

/* The randomising of annex B.1 and B.2 taken off the codeword at `position`, counted from 1. */
static uint32_t unrandom(uint32_t codeword, uint32_t position, uint32_t period)
{
    const uint32_t modulus = period == 255 ? 256 : 254;
    const uint32_t random = 149 * position % period + 1;
    return (codeword + modulus - random % modulus) % modulus;
}

/*
 * Padding to the end: 129, then 129 randomised over 1 to 254 (annex B.1).
 * Encoders are about that write 0 for 254, and some that do not randomise.
 */
static void read_padding(reader *in, bc_dm_padding *padding)
{
    padding->bits = 8;
    for (; in->at < in->n; in->at++) {
        const uint32_t expected = PAD + 149 * (in->at + 1) % 253 + 1, codeword = in->data[in->at];
        if (codeword == (expected <= 254 ? expected : expected - 254) || (expected == 254 && codeword == 0))
            padding->bits += 8;
        else
            padding->wrong = true;
    }
}

/* Table 6; the position and total in the first codeword's halves, then two of file identification. */
static bc_status read_append(reader *in)
{
    uint32_t sequence, first, second;
    bc_symbol *symbol = in->out.symbol;
    if (in->at != 1 || !take(in, &sequence) || !take(in, &first) || !take(in, &second))
        return BC_FORMAT;
    const uint32_t index = sequence >> 4, total = 17 - (sequence & 15);
    if (index >= total || total < 2 || first == 0 || second == 0 || first > 254 || second > 254)
        return BC_FORMAT;
    symbol->append_index = index;
    symbol->append_count = total;
    bc_append_id_number(symbol, first * 256 + second);
    return BC_OK;
}

/* One to three codewords: 5.4.1. */
static bc_status read_eci(reader *in)
{
    uint32_t a, b, c, eci;
    if (!take(in, &a) || a == 0)
        return BC_FORMAT;
    if (a <= 127)
        eci = a - 1;
    else if (a <= 191 && take(in, &b) && b >= 1)
        eci = (a - 128) * 254 + b - 1 + 127;
    else if (a >= 192 && a <= 207 && take(in, &b) && take(in, &c) && b >= 1 && c >= 1)
        eci = (a - 192) * 64516 + (b - 1) * 254 + c - 1 + 16383;
    else
        return BC_FORMAT;
    in->eci = true;
    bc_payload_eci(&in->out, (int32_t)eci);
    return BC_OK;
}

/* Sets of C40, and of Text with the cases changed: tables C.1 and C.2. */
static bool put_c40(reader *in, uint32_t value, uint32_t set, bool text)
{
    if (set == 0) {
        const uint32_t letter = text ? 'a' : 'A';
        put(in, value == 3 ? ' ' : value < 14 ? '0' + value - 4 : letter + value - 14);
    } else if (set == 1) {
        if (value > 31)
            return false;
        put(in, value);
    } else if (set == 2) {
        if (value <= 14)
            put(in, '!' + value);
        else if (value <= 21)
            put(in, ':' + value - 15);
        else if (value <= 26)
            put(in, '[' + value - 22);
        else if (value == 27)
            put_fnc1(in);
        else if (value == 30)
            in->upper = 128;
        else
            return false;
    } else {
        if (value > 31)
            return false;
        put(in, text && value >= 1 && value <= 26 ? 'A' + value - 1 : '`' + value);
    }
    return true;
}

/* Three values out of two codewords: 5.2.5.2. */
static bool take_three(reader *in, uint32_t value[3])
{
    uint32_t a, b;
    if (!take(in, &a) || !take(in, &b))
        return false;
    const uint32_t packed = a * 256 + b - 1;
    if (a * 256 + b == 0 || packed >= 64000)
        return false;
    value[0] = packed / 1600;
    value[1] = packed / 40 % 40;
    value[2] = packed % 40;
    return true;
}

/* Whether a mode of packed codewords goes on: not at an unlatch, nor with a single codeword left. */
static bool goes_on(reader *in)
{
    if (in->n - in->at <= 1)
        return false;
    if (in->data[in->at] != UNLATCH)
        return true;
    in->at++;
    return false;
}

static bc_status read_c40(reader *in, bool text)
{
    uint32_t set = 0;
    while (goes_on(in)) {
        uint32_t value[3];
        if (!take_three(in, value))
            return BC_FORMAT;
        for (uint32_t i = 0; i < 3; i++)
            if (set == 0 && value[i] < 3)
                set = value[i] + 1;
            else if (!put_c40(in, value[i], set, text))
                return BC_FORMAT;
            else
                set = 0;
    }
    if (in->n - in->at == 1 && in->data[in->at] == UNLATCH)
        in->at++;
    return BC_OK;
}

static bc_status read_x12(reader *in)
{
    static const char special[4] = {'\r', '*', '>', ' '};
    while (goes_on(in)) {
        uint32_t value[3];
        if (!take_three(in, value))
            return BC_FORMAT;
        for (uint32_t i = 0; i < 3; i++)
            put(in, value[i] < 4 ? (uint32_t)special[value[i]]
                                 : value[i] < 14 ? '0' + value[i] - 4 : 'A' + value[i] - 14);
    }
    if (in->n - in->at == 1 && in->data[in->at] == UNLATCH)
        in->at++;
    return BC_OK;
}

/*
 * Four values of 6 bits in three codewords, until the value 31 unlatches, behind
 * which the codeword's other bits mean nothing; one or two codewords left are
 * ASCII: 5.2.8.2.
 */
static bc_status read_edifact(reader *in)
{
    while (in->n - in->at > 2) {
        const uint8_t *d = in->data + in->at;
        const uint32_t packed = (uint32_t)d[0] << 16 | (uint32_t)d[1] << 8 | d[2];
        for (uint32_t i = 0; i < 4; i++) {
            const uint32_t value = packed >> (18 - 6 * i) & 63;
            if (value == 31) {
                in->at += i < 3 ? i + 1 : 3;
                return BC_OK;
            }
            put(in, value < 32 ? value + 64 : value);
        }
        in->at += 3;
    }
    return BC_OK;
}

/* 5.2.9: the length in one codeword, or two, or 0 for up to the end. */
static bc_status read_base256(reader *in)
{
    uint32_t length = 0, second;
    if (!take(in, &length))
        return BC_FORMAT;
    length = unrandom(length, in->at, 255);
    if (length >= 250) {
        if (!take(in, &second))
            return BC_FORMAT;
        length = 250 * (length - 249) + unrandom(second, in->at, 255);
    } else if (length == 0) {
        length = in->n - in->at;
    }
    if (length > in->n - in->at)
        return BC_FORMAT;
    for (; length > 0; length--) {
        const uint32_t codeword = in->data[in->at++];
        put(in, unrandom(codeword, in->at, 255));
    }
    return BC_OK;
}

/* The header and trailer that a macro stands for: 5.2.4.7. */
static bc_status begin_macro(reader *in, char number)
{
    if (in->at != 1)
        return BC_FORMAT;
    bc_payload_macro_begin(&in->out, number);
    in->macro = true;
    return BC_OK;
}

/* A codeword of the ASCII mode that is no character. */
static bc_status read_command(reader *in, uint32_t codeword)
{
    switch (codeword) {
    case TO_C40:
    case TO_TEXT:
        return read_c40(in, codeword == TO_TEXT);
    case TO_X12:
        return read_x12(in);
    case TO_EDIFACT:
        return read_edifact(in);
    case TO_BASE256:
        return read_base256(in);
    case FNC1:
        put_fnc1(in);
        return BC_OK;
    case APPEND:
        return read_append(in);
    case READER_INIT:
        in->out.symbol->reader_init = 1;
        return in->at == 1 ? BC_OK : BC_FORMAT;
    case UPPER_SHIFT:
        in->upper = 128;
        return BC_OK;
    case MACRO_05:
        return begin_macro(in, '5');
    case MACRO_06:
        return begin_macro(in, '6');
    case ECI:
        return read_eci(in);
    default:
        return BC_FORMAT; /* 242 to 255 are not used in ASCII, but for an unlatch that is not needed */
    }
}

static bc_status read_all(reader *in, bc_dm_padding *padding)
{
    uint32_t codeword;
    while (take(in, &codeword)) {
        bc_status status = BC_OK;
        if (codeword == PAD) {
            read_padding(in, padding);
            return BC_OK;
        }
        if (codeword == 0)
            status = BC_FORMAT;
        else if (codeword < PAD)
            put(in, codeword - 1);
        else if (codeword < TO_C40) {
            put(in, '0' + (codeword - DIGITS) / 10);
            put(in, '0' + (codeword - DIGITS) % 10);
        } else if (codeword != UNLATCH || in->at != in->n)
            status = read_command(in, codeword);
        if (status != BC_OK)
            return status;
    }
    return BC_OK;
}

bc_status bc_dm_payload(const uint8_t *data, uint32_t n, bc_symbol *symbol, bc_dm_padding *padding)
{
    reader in = {.data = data, .n = n, .out = bc_payload_begin(symbol)};
    symbol->append_index = symbol->append_count = 0;
    symbol->append_id[0] = '\0';
    symbol->reader_init = 0;
    *padding = (bc_dm_padding){0, false};
    const bc_status status = read_all(&in, padding);
    if (status != BC_OK)
        return status;
    if (in.macro)
        bc_payload_macro_end(&in.out);
    if (symbol->length == 0)
        return BC_FORMAT;
    const char kind = (char)('1' + (in.gs1 ? 1 : in.aim ? 2 : 0) + (in.eci ? 3 : 0)); /* ISO/IEC 15424, table */
    const char identifier[4] = {']', 'd', kind, '\0'};
    memcpy(symbol->identifier, identifier, sizeof identifier);
    return bc_payload_end(&in.out);
}
