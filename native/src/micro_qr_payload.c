/* Modes of Micro QR, which has no ECI, FNC1 or structured append: ISO/IEC 18004:2015, tables 2 and 3. */
#include "qr_payload.h"
#include "qr_segments.h" /* bc_qr_stream and the modes */

/* Mode indicators, of version - 1 bits. */
enum { NUMERIC, ALPHANUMERIC, BYTES, KANJI };

/* Bits of a character count by version 1 to 4 and mode; 0 where the version has no such mode. */
static const uint8_t count_bits[4][4] = {{3, 0, 0, 0}, {4, 3, 0, 0}, {5, 4, 4, 3}, {6, 5, 5, 4}};

/* Whether the terminator is next, of 2 * version + 1 bits or of those that are left. */
static bool ends(bc_qr_stream *stream, uint32_t version)
{
    const uint32_t left = bc_qr_bits_left(stream), whole = 2 * version + 1, at = stream->at;
    uint32_t value;
    if (bc_qr_take(stream, left < whole ? left : whole, &value) && value == 0)
        return true;
    stream->at = at;
    return false;
}

static bc_status read_characters(bc_qr_stream *stream, uint32_t version)
{
    uint32_t mode, count;
    if (!bc_qr_take(stream, version - 1, &mode) || mode > KANJI || count_bits[version - 1][mode] == 0 ||
        !bc_qr_take(stream, count_bits[version - 1][mode], &count))
        return BC_FORMAT;
    switch (mode) {
    case NUMERIC: return bc_qr_numeric(stream, count);
    case ALPHANUMERIC: return bc_qr_alphanumeric(stream, count);
    case BYTES: return bc_qr_bytes(stream, count);
    default: return bc_qr_kanji(stream, count);
    }
}

bc_status bc_micro_qr_payload(const uint8_t *data, uint32_t bit_n, uint32_t version, bc_symbol *symbol,
                              bc_qr_padding_seen *padding)
{
    bc_qr_stream stream = {.data = data, .bit_n = bit_n, .symbol = symbol, .eci = BC_ECI_NONE};
    symbol->append_index = symbol->append_count = 0;
    symbol->append_id[0] = '\0';
    symbol->segment_n = 0;
    symbol->length = 0;
    /* Each turn takes a count's bits at least. */
    while (!ends(&stream, version)) {
        const bc_status status = read_characters(&stream, version);
        if (status != BC_OK)
            return status;
    }
    padding->right = bc_qr_padding(&stream, &padding->bits);
    symbol->identifier[0] = ']';
    symbol->identifier[1] = 'Q';
    symbol->identifier[2] = '1';
    symbol->identifier[3] = '\0';
    return symbol->length > 0 ? BC_OK : BC_FORMAT;
}
