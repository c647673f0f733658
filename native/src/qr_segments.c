/* ISO/IEC 18004:2015, 7.4.3 to 7.4.10; Hanzi mode is of GB/T 18284-2000. */
#include "qr_segments.h"

/* AIM ECI assignments: their text is Shift JIS, whose first 128 characters are nearly ASCII, and GB 2312. */
#define ECI_SHIFT_JIS 20
#define ECI_GB_2312 29

bool bc_qr_take(bc_qr_stream *stream, uint32_t n, uint32_t *value)
{
    if (n > bc_qr_bits_left(stream))
        return false;
    uint32_t bits = 0;
    for (uint32_t end = stream->at + n; stream->at < end; stream->at++)
        bits = bits << 1 | ((uint32_t)stream->data[stream->at / 8] >> (7 - stream->at % 8) & 1u);
    *value = bits;
    return true;
}

bc_status bc_qr_put(bc_qr_stream *stream, uint32_t byte, int32_t eci)
{
    bc_symbol *symbol = stream->symbol;
    if (symbol->length == BC_MAX_PAYLOAD)
        return BC_FORMAT;
    if (symbol->segment_n == 0 || symbol->segments[symbol->segment_n - 1].eci != eci) {
        if (symbol->segment_n == BC_MAX_SEGMENTS)
            return BC_LIMIT;
        symbol->segments[symbol->segment_n++] = (bc_segment){symbol->length, eci};
    }
    symbol->payload[symbol->length++] = (uint8_t)byte;
    return BC_OK;
}

/*
 * The character set for plain text.  Text without an ECI inside Kanji is left
 * in the Kanji's segment, where it means the same: mixed text changes mode more
 * often than a symbol has segments.
 */
static int32_t text_set(const bc_qr_stream *stream)
{
    const bc_symbol *symbol = stream->symbol;
    const bool in_kanji =
        symbol->segment_n > 0 && symbol->segments[symbol->segment_n - 1].eci == BC_ECI_KANJI;
    return stream->eci == BC_ECI_NONE && in_kanji ? BC_ECI_KANJI : stream->eci;
}

/* Characters of a mode's group: value in base `base`, `n` digits, through `alphabet`. */
static bc_status put_group(bc_qr_stream *stream, uint32_t value, uint32_t base, uint32_t n,
                           const char *alphabet)
{
    uint32_t digit[3] = {value / base / base, value / base % base, value % base};
    const int32_t set = text_set(stream);
    bc_status status = BC_OK;
    for (uint32_t i = 3 - n; i < 3 && status == BC_OK; i++)
        status = bc_qr_put(stream, (uint8_t)alphabet[digit[i]], set);
    return status;
}

bc_status bc_qr_numeric(bc_qr_stream *stream, uint32_t n)
{
    static const uint32_t bits[] = {0, 4, 7, 10}, limit[] = {0, 10, 100, 1000};
    for (bc_status status; n > 0;) {
        const uint32_t digits = n < 3 ? n : 3;
        uint32_t value;
        if (!bc_qr_take(stream, bits[digits], &value) || value >= limit[digits])
            return BC_FORMAT;
        if ((status = put_group(stream, value, 10, digits, "0123456789")) != BC_OK)
            return status;
        n -= digits;
    }
    return BC_OK;
}

/* The text from `start` on with FNC1's separators in place: 7.4.8.2. */
static void separate(bc_symbol *symbol, uint32_t start)
{
    uint32_t to = start;
    for (uint32_t from = start; from < symbol->length; from++) {
        uint8_t byte = symbol->payload[from];
        if (byte == '%') {
            const bool doubled = from + 1 < symbol->length && symbol->payload[from + 1] == '%';
            from += doubled;
            byte = doubled ? '%' : 0x1D; /* GS */
        }
        symbol->payload[to++] = byte;
    }
    symbol->length = to;
}

bc_status bc_qr_alphanumeric(bc_qr_stream *stream, uint32_t n)
{
    static const uint32_t bits[] = {0, 6, 11}, limit[] = {0, 45, 45 * 45};
    const uint32_t start = stream->symbol->length;
    for (bc_status status; n > 0;) {
        const uint32_t characters = n < 2 ? n : 2;
        uint32_t value;
        if (!bc_qr_take(stream, bits[characters], &value) || value >= limit[characters])
            return BC_FORMAT;
        status = put_group(stream, value, 45, characters, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:");
        if (status != BC_OK)
            return status;
        n -= characters;
    }
    if (stream->fnc1)
        separate(stream->symbol, start);
    return BC_OK;
}

/* Whether the next n bytes are characters that Shift JIS shares with ASCII. */
static bool plain_ahead(bc_qr_stream *stream, uint32_t n)
{
    const uint32_t at = stream->at;
    bool plain = true;
    for (uint32_t byte; n > 0 && plain; n--)
        plain = bc_qr_take(stream, 8, &byte) && byte < 0x7E && byte != '\\';
    stream->at = at;
    return plain;
}

bc_status bc_qr_bytes(bc_qr_stream *stream, uint32_t n)
{
    if (bc_qr_bits_left(stream) / 8 < n)
        return BC_FORMAT;
    const int32_t set = plain_ahead(stream, n) ? text_set(stream) : stream->eci;
    bc_status status = BC_OK;
    for (uint32_t byte; n > 0 && status == BC_OK; n--)
        status = bc_qr_take(stream, 8, &byte) ? bc_qr_put(stream, byte, set) : BC_FORMAT;
    return status;
}

static bc_status put_pair(bc_qr_stream *stream, uint32_t pair, int32_t eci)
{
    const bc_status status = bc_qr_put(stream, pair >> 8, eci);
    return status == BC_OK ? bc_qr_put(stream, pair & 0xFF, eci) : status;
}

bc_status bc_qr_kanji(bc_qr_stream *stream, uint32_t n)
{
    const int32_t set = stream->eci == ECI_SHIFT_JIS ? ECI_SHIFT_JIS : BC_ECI_KANJI;
    bc_status status = BC_OK;
    for (uint32_t value; n > 0 && status == BC_OK; n--) {
        if (!bc_qr_take(stream, 13, &value))
            return BC_FORMAT;
        const uint32_t pair = (value / 0xC0 << 8 | value % 0xC0) + (value < 0x1F * 0xC0 ? 0x8140u : 0xC140u);
        const uint32_t second = pair & 0xFF;
        if (second == 0x7F || second > 0xFC) /* no such Shift JIS */
            return BC_FORMAT;
        status = put_pair(stream, pair, set);
    }
    return status;
}

bc_status bc_qr_hanzi(bc_qr_stream *stream, uint32_t n)
{
    bc_status status = BC_OK;
    for (uint32_t value; n > 0 && status == BC_OK; n--) {
        if (!bc_qr_take(stream, 13, &value))
            return BC_FORMAT;
        const uint32_t row = value / 0x60, cell = value % 0x60;
        const uint32_t pair = (row << 8 | cell) + (row < 0x0A ? 0xA1A1u : 0xA6A1u);
        /* Rows 1 to 9 and 16 to 87 of 94 cells. */
        if (cell > 93 || pair >> 8 > 0xF7 || pair >> 8 == 0xAA)
            return BC_FORMAT;
        status = put_pair(stream, pair, ECI_GB_2312);
    }
    return status;
}

bool bc_qr_padding(bc_qr_stream *stream, uint32_t *bits)
{
    *bits = bc_qr_bits_left(stream);
    const uint32_t rest = (8 - stream->at % 8) % 8;
    uint32_t value, pad = 0xEC;
    if (!bc_qr_take(stream, *bits < rest ? *bits : rest, &value) || value != 0)
        return false;
    for (bool begun = false; bc_qr_take(stream, 8, &value);) {
        if (value == 0 && !begun)
            continue;
        if (value != pad)
            return false;
        begun = true;
        pad ^= 0xEC ^ 0x11;
    }
    /* Half a codeword is left in M1 and M3: 0000 (7.4.10). */
    return !bc_qr_take(stream, 4, &value) || value == 0;
}
