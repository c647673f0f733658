/*
 * Modes of QR: ISO/IEC 18004:2015, 7.4; identifiers: annex F; structured append:
 * clause 8.  Those of rMQR are the same under other indicators: ISO/IEC
 * 23941:2022, 7.4.
 */
#include "qr_payload.h"

#include "append_id.h"

#include "qr_segments.h" /* bc_qr_stream and the modes */

enum {
    TERMINATOR = 0,
    NUMERIC = 1,
    ALPHANUMERIC = 2,
    STRUCTURED_APPEND = 3,
    BYTES = 4,
    FNC1_FIRST = 5,
    ECI = 7,
    KANJI = 8,
    FNC1_SECOND = 9,
    HANZI = 13
};

#define MODE_BITS 4u
#define RMQR_MODE_BITS 3u
#define HANZI_SUBSET_GB_2312 1u

typedef struct {
    bc_qr_stream stream;
    const uint8_t *count_bits; /* of numeric, alphanumeric, bytes and double bytes */
    uint32_t fnc1; /* 0, FNC1_FIRST or FNC1_SECOND */
    bool any_eci;
} reader;

static bool take_count(reader *in, uint32_t mode, uint32_t *count)
{
    const size_t kind = mode == NUMERIC ? 0 : mode == ALPHANUMERIC ? 1 : mode == BYTES ? 2 : 3;
    return bc_qr_take(&in->stream, in->count_bits[kind], count);
}

/* Structured append stands at the very beginning, once: 8.1. */
static bc_status read_append(reader *in)
{
    bc_symbol *symbol = in->stream.symbol;
    uint32_t index, last, parity;
    if (in->stream.at != MODE_BITS || !bc_qr_take(&in->stream, 4, &index) ||
        !bc_qr_take(&in->stream, 4, &last) || !bc_qr_take(&in->stream, 8, &parity) || index > last)
        return BC_FORMAT;
    symbol->append_index = index;
    symbol->append_count = last + 1;
    bc_append_id_number(symbol, parity);
    return BC_OK;
}

/* An ECI designator of one to three bytes: table 4. */
static bc_status read_eci(reader *in)
{
    uint32_t first, rest = 0;
    if (!bc_qr_take(&in->stream, 8, &first))
        return BC_FORMAT;
    const uint32_t more = first < 0x80 ? 0 : first < 0xC0 ? 1 : 2;
    if (first >= 0xE0 || !bc_qr_take(&in->stream, 8 * more, &rest))
        return BC_FORMAT;
    const uint32_t eci = (first & (0x7Fu >> more)) << (8 * more) | rest;
    in->stream.eci = (int32_t)eci;
    in->any_eci = true;
    return eci <= 999999 ? BC_OK : BC_FORMAT;
}

/* FNC1 stands before all data, once; in second position an application indicator follows: 7.4.8. */
static bc_status read_fnc1(reader *in, uint32_t mode)
{
    if (in->fnc1 != 0 || in->stream.symbol->length > 0)
        return BC_FORMAT;
    in->fnc1 = mode;
    in->stream.fnc1 = true;
    if (mode == FNC1_FIRST)
        return BC_OK;
    uint32_t indicator;
    if (!bc_qr_take(&in->stream, 8, &indicator))
        return BC_FORMAT;
    if (indicator < 100) {
        const bc_status status = bc_qr_put(&in->stream, '0' + indicator / 10, in->stream.eci);
        return status == BC_OK ? bc_qr_put(&in->stream, '0' + indicator % 10, in->stream.eci) : status;
    }
    const uint32_t letter = indicator - 100, upper = letter & ~0x20u;
    return upper >= 'A' && upper <= 'Z' ? bc_qr_put(&in->stream, letter, in->stream.eci) : BC_FORMAT;
}

static bc_status read_characters(reader *in, uint32_t mode)
{
    uint32_t count;
    if (mode == HANZI && (!bc_qr_take(&in->stream, 4, &count) || count != HANZI_SUBSET_GB_2312))
        return BC_FORMAT;
    if (!take_count(in, mode, &count))
        return BC_FORMAT;
    switch (mode) {
    case NUMERIC: return bc_qr_numeric(&in->stream, count);
    case ALPHANUMERIC: return bc_qr_alphanumeric(&in->stream, count);
    case BYTES: return bc_qr_bytes(&in->stream, count);
    case KANJI: return bc_qr_kanji(&in->stream, count);
    default: return bc_qr_hanzi(&in->stream, count);
    }
}

static bc_status read_mode(reader *in, uint32_t mode)
{
    switch (mode) {
    case NUMERIC:
    case ALPHANUMERIC:
    case BYTES:
    case KANJI:
    case HANZI: return read_characters(in, mode);
    case STRUCTURED_APPEND: return read_append(in);
    case ECI: return read_eci(in);
    case FNC1_FIRST:
    case FNC1_SECOND: return read_fnc1(in, mode);
    default: return BC_FORMAT;
    }
}

/* Table F.1: 1 plain, 3 FNC1 in first and 5 in second position, and one more with an ECI. */
static void identify(const reader *in)
{
    char *identifier = in->stream.symbol->identifier;
    const uint32_t plain = in->fnc1 == FNC1_FIRST ? 3 : in->fnc1 == FNC1_SECOND ? 5 : 1;
    identifier[0] = ']';
    identifier[1] = 'Q';
    identifier[2] = (char)('0' + plain + in->any_eci);
    identifier[3] = '\0';
}

static reader begin(const uint8_t *data, uint32_t data_n, const uint8_t count_bits[4], bc_symbol *symbol)
{
    symbol->append_index = symbol->append_count = 0;
    symbol->append_id[0] = '\0';
    symbol->segment_n = 0;
    symbol->length = 0;
    return (reader){.stream = {.data = data, .bit_n = 8 * data_n, .symbol = symbol, .eci = BC_ECI_NONE},
                    .count_bits = count_bits};
}

static bc_status end(reader *in, bc_qr_padding_seen *padding)
{
    padding->right = bc_qr_padding(&in->stream, &padding->bits);
    identify(in);
    /* Nothing but 0 is a codeword of every code, and the content of no parcel. */
    return in->stream.symbol->length > 0 ? BC_OK : BC_FORMAT;
}

bc_status bc_qr_payload(const uint8_t *data, uint32_t data_n, uint32_t version, bc_symbol *symbol,
                        bc_qr_padding_seen *padding)
{
    /* Bits of a character count: table 3, versions to 9, to 26, to 40. */
    static const uint8_t count_bits[3][4] = {{10, 9, 8, 8}, {12, 11, 16, 10}, {14, 13, 16, 12}};
    reader in = begin(data, data_n, count_bits[version < 10 ? 0 : version < 27 ? 1 : 2], symbol);
    /* Each turn takes a mode's bits at least. */
    for (uint32_t mode; bc_qr_take(&in.stream, MODE_BITS, &mode) && mode != TERMINATOR;) {
        const bc_status status = read_mode(&in, mode);
        if (status != BC_OK)
            return status;
    }
    return end(&in, padding);
}

bc_status bc_rmqr_payload(const uint8_t *data, uint32_t data_n, const uint8_t count_bits[4], bc_symbol *symbol,
                          bc_qr_padding_seen *padding)
{
    /* ISO/IEC 23941:2022, table 2, in QR's indicators. */
    static const uint8_t mode_of[8] = {TERMINATOR, NUMERIC,    ALPHANUMERIC, BYTES,
                                       KANJI,      FNC1_FIRST, FNC1_SECOND,  ECI};
    reader in = begin(data, data_n, count_bits, symbol);
    for (uint32_t mode; bc_qr_take(&in.stream, RMQR_MODE_BITS, &mode) && mode != TERMINATOR;) {
        const bc_status status = read_mode(&in, mode_of[mode]);
        if (status != BC_OK)
            return status;
    }
    return end(&in, padding);
}
