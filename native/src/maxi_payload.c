#include "maxi_payload.h"

#include "maxi_modules.h" /* BC_MAXI_PRIMARY */
#include "payload.h"

#include <stdbool.h> /* bool */
#include <string.h>  /* memcmp, memcpy */

#define PRIMARY_DATA 10u

/* What is no character in the tables. */
enum { PAD = 256, ECI, NS, SHIFT_A, SHIFT_B, SHIFT_C, SHIFT_D, SHIFT_E, TWO_A, THREE_A, LATCH_A, LATCH_B, LOCK };

enum { SET_A, SET_B, SETS = 5 };

/* Annex A, table A.1: the five code sets by codeword. */
static const uint16_t sets[SETS][64] = {
    {'\r', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I',  'J',  'K',     'L',     'M',     'N',     'O',
     'P',  'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y',  'Z',  ECI,     0x1C,    0x1D,    0x1E,    NS,
     ' ',  PAD, '"', '#', '$', '%', '&', '\'', '(', ')', '*',  '+',     ',',     '-',     '.',     '/',
     '0',  '1', '2', '3', '4', '5', '6', '7', '8', '9',  ':',  SHIFT_B, SHIFT_C, SHIFT_D, SHIFT_E, LATCH_B},
    {'`', 'a', 'b', 'c', 'd',  'e', 'f', 'g', 'h',   'i',     'j', 'k',     'l',     'm',     'n',     'o',
     'p', 'q', 'r', 's', 't',  'u', 'v', 'w', 'x',   'y',     'z', ECI,     0x1C,    0x1D,    0x1E,    NS,
     '{', PAD, '}', '~', 0x7F, ';', '<', '=', '>',   '?',     '[', '\\',    ']',     '^',     '_',     ' ',
     ',', '.', '/', ':', '@',  '!', '|', PAD, TWO_A, THREE_A, PAD, SHIFT_A, SHIFT_C, SHIFT_D, SHIFT_E, LATCH_A},
    {0xC0, 0xC1, 0xC2, 0xC3, 0xC4, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xCA,    0xCB, 0xCC, 0xCD,    0xCE,    0xCF,
     0xD0, 0xD1, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8, 0xD9, 0xDA,    ECI,  0x1C, 0x1D,    0x1E,    NS,
     0xDB, 0xDC, 0xDD, 0xDE, 0xDF, 0xAA, 0xAC, 0xB1, 0xB2, 0xB3, 0xB5,    0xB9, 0xBA, 0xBC,    0xBD,    0xBE,
     0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, LATCH_A, ' ',  LOCK, SHIFT_D, SHIFT_E, LATCH_B},
    {0xE0, 0xE1, 0xE2, 0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9, 0xEA,    0xEB, 0xEC,    0xED, 0xEE,    0xEF,
     0xF0, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9, 0xFA,    ECI,  0x1C,    0x1D, 0x1E,    NS,
     0xFB, 0xFC, 0xFD, 0xFE, 0xFF, 0xA1, 0xA8, 0xAB, 0xAF, 0xB0, 0xB4,    0xB7, 0xB8,    0xBB, 0xBF,    0x8A,
     0x8B, 0x8C, 0x8D, 0x8E, 0x8F, 0x90, 0x91, 0x92, 0x93, 0x94, LATCH_A, ' ',  SHIFT_C, LOCK, SHIFT_E, LATCH_B},
    {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A,    0x0B, 0x0C,    0x0D,    0x0E, 0x0F,
     0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1A,    ECI,  PAD,     PAD,     0x1B, NS,
     0x1C, 0x1D, 0x1E, 0x1F, 0x9F, 0xA0, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6,    0xA7, 0xA9,    0xAD,    0xAE, 0xB6,
     0x95, 0x96, 0x97, 0x98, 0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9E, LATCH_A, ' ',  SHIFT_C, SHIFT_D, LOCK, LATCH_B},
};

/* The carrier message's fields as they go into the text, each ended by GS. */
#define CARRIER_MAX 18u /* nine digits, GS, three digits, GS, three digits, GS */
typedef struct {
    uint8_t text[CARRIER_MAX];
    uint32_t n;
} carrier;

typedef struct {
    const uint8_t *codeword;
    uint32_t n, at;
    bc_payload out;
    uint32_t latched, now; /* code sets */
    uint32_t shifted;      /* characters that `now` is for still; 0: it is latched */
    bool eci;
    const carrier *fields; /* to be written when the payload has `fields_at` bytes; null when written or none are */
    uint32_t fields_at;
} reader;

static void write_fields(reader *in)
{
    const carrier *fields = in->fields;
    in->fields = NULL;
    for (uint32_t i = 0; fields != NULL && i < fields->n; i++)
        bc_payload_put(&in->out, fields->text[i]);
}

static void put(reader *in, uint32_t byte)
{
    if (in->fields != NULL && in->out.symbol->length == in->fields_at)
        write_fields(in);
    bc_payload_put(&in->out, (uint8_t)byte);
}

/* `n` more codewords as one number; false when there are fewer. */
static bool take(reader *in, uint32_t n, uint32_t *value)
{
    if (in->n - in->at < n)
        return false;
    for (; n > 0; n--)
        *value = *value << 6 | in->codeword[in->at++];
    return true;
}

/* Numeric shift (4.5): nine digits in five codewords. */
static bc_status read_number(reader *in)
{
    uint32_t value = 0;
    if (!take(in, 5, &value) || value > 999999999)
        return BC_FORMAT;
    for (uint32_t unit = 100000000; unit > 0; unit /= 10)
        put(in, '0' + value / unit % 10);
    return BC_OK;
}

/* An ECI number (4.6, table 3): the leading ones of the first codeword tell how many follow. */
static bc_status read_eci(reader *in)
{
    uint32_t first = 0, value, more;
    if (!take(in, 1, &first))
        return BC_FORMAT;
    more = first < 32 ? 0 : first < 48 ? 1 : first < 56 ? 2 : 3;
    value = more == 3 ? first & 3 : first & (63u >> (more + (more > 0)));
    if (!take(in, more, &value) || value > 999999)
        return BC_FORMAT;
    in->eci = true;
    bc_payload_eci(&in->out, (int32_t)value);
    return BC_OK;
}

static void shift(reader *in, uint32_t set, uint32_t n)
{
    in->now = set;
    in->shifted = n;
}

static void latch(reader *in, uint32_t set)
{
    in->latched = in->now = set;
    in->shifted = 0;
}

static bc_status read_sign(reader *in, uint32_t sign)
{
    if (sign >= SHIFT_A && sign <= SHIFT_E)
        shift(in, sign - SHIFT_A, 1);
    else if (sign == TWO_A || sign == THREE_A)
        shift(in, SET_A, sign == TWO_A ? 2 : 3);
    else if (sign == LATCH_A || sign == LATCH_B)
        latch(in, sign == LATCH_A ? SET_A : SET_B);
    else if (sign == LOCK)
        latch(in, in->now);
    return sign == NS ? read_number(in) : sign == ECI ? read_eci(in) : BC_OK;
}

static bc_status read_all(reader *in)
{
    while (in->at < in->n) {
        const uint32_t sign = sets[in->now][in->codeword[in->at++] & 63];
        const uint32_t before = in->shifted;
        if (sign < PAD)
            put(in, sign);
        const bc_status status = sign < PAD ? BC_OK : read_sign(in, sign);
        if (status != BC_OK)
            return status;
        if (before > 0 && (sign < PAD || sign == NS || sign == ECI || sign == PAD) && --in->shifted == 0)
            in->now = in->latched;
    }
    if (in->fields != NULL)
        write_fields(in);
    return bc_payload_end(&in->out);
}

/* 4.9: a pad in front, then which part (three bits, from 0) of how many (three bits, less one). */
static bc_status read_append(reader *in, bc_symbol *symbol)
{
    uint32_t value = 0;
    symbol->append_index = symbol->append_count = 0;
    if (in->codeword[in->at] != 33)
        return BC_OK;
    in->at++;
    if (!take(in, 1, &value))
        return BC_FORMAT;
    if (value == 33 || value == 0) /* nothing but padding, or the only part */
        return BC_OK;
    symbol->append_index = value >> 3;
    symbol->append_count = (value & 7) + 1;
    return symbol->append_index < symbol->append_count ? BC_OK : BC_FORMAT;
}

/* Bits of the primary message from bit `at` on, lowest first, in the order of table B.2: six from each codeword. */
static uint32_t bits_of(const uint8_t *codeword, uint32_t at, uint32_t n)
{
    uint32_t value = 0;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t bit = at + i;
        value |= (uint32_t)(codeword[bit / 6] >> bit % 6 & 1) << i;
    }
    return value;
}

static void put_number(carrier *to, uint32_t value, uint32_t digits)
{
    for (uint32_t i = digits; i-- > 0; value /= 10)
        to->text[to->n + i] = (uint8_t)('0' + value % 10);
    to->n += digits;
}

/*
 * Annex B: the primary message of modes 2 and 3 is 4 bits of mode, then the
 * postcode (36 bits: 30 of a number and 6 of its length, or six characters),
 * country (10) and service class (10), each lowest bits first.
 */
static bool read_carrier(const uint8_t *codeword, uint32_t mode, carrier *to)
{
    static const uint32_t power[10] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000};
    const uint32_t country = bits_of(codeword, 40, 10), service = bits_of(codeword, 50, 10);
    to->n = 0;
    if (mode == 2) {
        const uint32_t number = bits_of(codeword, 4, 30), length = bits_of(codeword, 34, 6);
        if (length > 9 || number >= power[length])
            return false;
        put_number(to, number, length);
    } else {
        for (uint32_t i = 6; i-- > 0;) {
            const uint32_t sign = sets[SET_A][bits_of(codeword, 4 + 6 * i, 6)];
            if (sign >= PAD)
                return false;
            to->text[to->n++] = (uint8_t)sign;
        }
    }
    if (country > 999 || service > 999)
        return false;
    to->text[to->n++] = 0x1D;
    put_number(to, country, 3);
    to->text[to->n++] = 0x1D;
    put_number(to, service, 3);
    to->text[to->n++] = 0x1D;
    return true;
}

static bc_status read_message(const uint8_t *codeword, uint32_t n, uint32_t from, const carrier *fields,
                              uint32_t fields_at, bc_symbol *symbol, bool *eci)
{
    reader in = {.codeword = codeword, .n = n, .at = from, .out = bc_payload_begin(symbol), .fields = fields,
                 .fields_at = fields_at};
    bc_status status = read_append(&in, symbol);
    if (status == BC_OK)
        status = read_all(&in);
    *eci = in.eci;
    return status;
}

/* Whether a message begins with the header of carriers' format 01, after which come two digits of a year. */
static bool has_header(const bc_symbol *symbol)
{
    return symbol->length >= 9 && memcmp(symbol->payload, "[)>\x1e" "01\x1d", 7) == 0;
}

bc_status bc_maxi_payload(const uint8_t *codeword, uint32_t n, bc_symbol *symbol)
{
    const uint32_t mode = codeword[0] & 15;
    const bool structured = mode == 2 || mode == 3;
    bool eci = false;
    carrier fields;
    if (mode < 2 || mode > 6 || (structured && !read_carrier(codeword, mode, &fields)))
        return BC_FORMAT;
    bc_status status = read_message(codeword, n, structured ? PRIMARY_DATA : 1, NULL, 0, symbol, &eci);
    if (status == BC_OK && structured)
        status = read_message(codeword, n, PRIMARY_DATA, &fields, has_header(symbol) ? 9 : 0, symbol, &eci);
    if (status != BC_OK)
        return status;
    if (symbol->length == 0)
        return BC_FORMAT;
    const char identifier[4] = {']', 'U', (char)('0' + structured + (eci ? 2 : 0)), '\0'};
    memcpy(symbol->identifier, identifier, sizeof identifier);
    symbol->reader_init = mode == 6;
    return BC_OK;
}
