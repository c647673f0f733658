/* Modes of QR: ISO/IEC 18004:2015, 7.4; identifiers: annex F; structured append: clause 8. */
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
#define HANZI_SUBSET_GB_2312 1u

typedef struct {
    bc_qr_stream stream;
    uint32_t version;
    uint32_t fnc1; /* 0, FNC1_FIRST or FNC1_SECOND */
    bool any_eci;
} reader;

/* Bits of a character count: table 3, versions to 9, to 26, to 40. */
static bool take_count(reader *in, uint32_t mode, uint32_t *count)
{
    static const uint8_t numeric[3] = {10, 12, 14}, alphanumeric[3] = {9, 11, 13}, bytes[3] = {8, 16, 16},
                         double_bytes[3] = {8, 10, 12};
    const uint8_t *bits = mode == NUMERIC        ? numeric
                          : mode == ALPHANUMERIC ? alphanumeric
                          : mode == BYTES        ? bytes
                                                 : double_bytes;
    return bc_qr_take(&in->stream, bits[in->version < 10 ? 0 : in->version < 27 ? 1 : 2], count);
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

bc_status bc_qr_payload(const uint8_t *data, uint32_t data_n, uint32_t version, bc_symbol *symbol,
                        bc_qr_padding_seen *padding)
{
    reader in = {.stream = {.data = data, .bit_n = 8 * data_n, .symbol = symbol, .eci = BC_ECI_NONE},
                 .version = version};
    symbol->append_index = symbol->append_count = 0;
    symbol->append_id[0] = '\0';
    symbol->segment_n = 0;
    symbol->length = 0;
    /* Each turn takes a mode's bits at least. */
    for (uint32_t mode; bc_qr_take(&in.stream, MODE_BITS, &mode) && mode != TERMINATOR;) {
        const bc_status status = read_mode(&in, mode);
        if (status != BC_OK)
            return status;
    }
    padding->right = bc_qr_padding(&in.stream, &padding->bits);
    identify(&in);
    /* Nothing but 0 is a codeword of every code, and the content of no parcel. */
    return symbol->length > 0 ? BC_OK : BC_FORMAT;
}
