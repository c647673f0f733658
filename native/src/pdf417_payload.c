/* Compaction modes, ECI and Macro PDF417; clauses are those of ISO/IEC 15438. */
#include "pdf417_payload.h"

#include "payload.h"
#include "pdf417_numeric.h"

#include <string.h> /* memcpy, memset */

enum {
    TO_TEXT = 900,
    TO_BYTE = 901,
    TO_NUMERIC = 902,
    EMULATION_FIRST = 903,
    SHIFT_BYTE = 913,
    EMULATION_LAST = 915,
    MACRO_05 = 916,
    MACRO_06 = 917,
    LINKED = 918,         /* to a linear symbol that is not GS1's */
    LINKED_GS1 = 920,     /* the 2-D part of a composite symbol */
    READER_INIT = 921,
    APPEND_END = 922,
    APPEND_FIELD = 923,
    TO_BYTE_SIXES = 924,
    ECI_USER = 925,
    ECI_GENERAL = 926,
    ECI_CHARSET = 927,
    APPEND_BLOCK = 928
};

/* Sub-modes of text compaction, 5.4.2. */
enum { ALPHA, LOWER, MIXED, PUNCTUATION };
enum { TO_PUNCTUATION = 25, SPACE = 26, TO_LOWER = 27, TO_MIXED = 28, SHIFT_PUNCTUATION = 29 };

/* The optional fields of a control block, 5.13.3: only the second is kept. */
enum { FIELD_COUNT = 1, FIELDS = 7 };

typedef struct {
    const uint16_t *data;
    uint32_t n, at;
    bc_payload out;
    uint32_t mode;           /* the latch in force */
    uint32_t set, back;      /* of text: the sub-mode, and the one to go back to after a shifted character */
    bool shifted;
    bool eci, macro;
} reader;

static void put(reader *in, uint32_t byte)
{
    bc_payload_put(&in->out, (uint8_t)byte);
}

static void use_set(reader *in, uint32_t set)
{
    in->set = set;
    in->shifted = false;
}

static void shift_to(reader *in, uint32_t set)
{
    in->back = in->set;
    in->set = set;
    in->shifted = true;
}

static void put_character(reader *in, uint32_t value)
{
    static const char mixed[] = "0123456789&\r\t,:#-.$/+%*=^";
    static const char punctuation[] = ";<>@[\\]_`~!\r\t,:\n-.$/\"|*()?{}'";
    if (value == SPACE && in->set != PUNCTUATION)
        put(in, ' ');
    else
        put(in, in->set == ALPHA   ? 'A' + value
                : in->set == LOWER ? 'a' + value
                : in->set == MIXED ? (uint32_t)mixed[value]
                                   : (uint32_t)punctuation[value]);
}

/* One half of a text codeword, 5.4.2.2 and 5.4.2.3. */
static void read_half(reader *in, uint32_t value)
{
    const bool shifted = in->shifted;
    const uint32_t set = in->set, back = in->back;
    if (set == PUNCTUATION ? value < SHIFT_PUNCTUATION : value <= SPACE && (set != MIXED || value != TO_PUNCTUATION)) {
        put_character(in, value);
        if (shifted)
            use_set(in, back);
    } else if (set == PUNCTUATION) {
        use_set(in, ALPHA);
    } else if (shifted) {
        use_set(in, back); /* a shift before a latch is padding */
    } else if (value == SHIFT_PUNCTUATION) {
        shift_to(in, PUNCTUATION);
    } else if (value == TO_PUNCTUATION) {
        use_set(in, PUNCTUATION);
    } else if (value == TO_MIXED) {
        use_set(in, set == MIXED ? ALPHA : MIXED);
    } else if (set == LOWER) {
        shift_to(in, ALPHA);
    } else {
        use_set(in, LOWER);
    }
}

static bool is_eci(uint32_t codeword)
{
    return codeword >= ECI_USER && codeword <= ECI_CHARSET;
}

static bool take(reader *in, uint32_t *codeword)
{
    if (in->at >= in->n || in->data[in->at] >= TO_TEXT)
        return false;
    *codeword = in->data[in->at++];
    return true;
}

/* 5.5. */
static bc_status read_eci(reader *in, uint32_t kind)
{
    uint32_t first, second = 0;
    if (!take(in, &first) || (kind == ECI_GENERAL && !take(in, &second)))
        return BC_FORMAT;
    const uint32_t number = kind == ECI_CHARSET   ? first
                            : kind == ECI_GENERAL ? 900 * (first + 1) + second
                                                  : 810900 + first;
    in->eci = true;
    bc_payload_eci(&in->out, (int32_t)number);
    return BC_OK;
}

/* Any number of ECIs that stand here. */
static bc_status read_ecis(reader *in)
{
    bc_status status = BC_OK;
    while (status == BC_OK && in->at < in->n && is_eci(in->data[in->at])) {
        in->at++;
        status = read_eci(in, in->data[in->at - 1]);
    }
    return status;
}

/* The byte that follows a shift out of text, 5.4.2.4; a shift of the sub-mode before it is padding. */
static bc_status read_shifted_byte(reader *in)
{
    uint32_t byte;
    const bc_status status = read_ecis(in);
    if (status != BC_OK)
        return status;
    if (in->mode != TO_TEXT || !take(in, &byte) || byte > 255)
        return BC_FORMAT;
    if (in->shifted)
        use_set(in, in->back);
    put(in, byte);
    return BC_OK;
}

/* How many data codewords follow up to the next latch, ECIs left out. */
static uint32_t count_bytes(const reader *in)
{
    uint32_t n = 0;
    for (uint32_t i = in->at; i < in->n; i++)
        if (is_eci(in->data[i]))
            i += in->data[i] == ECI_GENERAL ? 2 : 1;
        else if (in->data[i] >= TO_TEXT)
            break;
        else
            n++;
    return n;
}

/* Six bytes in five codewords. */
static bc_status read_six(reader *in)
{
    uint64_t value = 0;
    for (uint32_t i = 0; i < 5; i++) {
        uint32_t codeword;
        if (!take(in, &codeword))
            return BC_FORMAT;
        value = 900 * value + codeword;
    }
    if (value >> 48 != 0)
        return BC_FORMAT;
    for (uint32_t i = 0; i < 6; i++)
        put(in, (uint32_t)(value >> (40 - 8 * i)) & 255u);
    return BC_OK;
}

/* 5.4.3: sixes, and behind 901 the last one to five codewords a byte each. */
static bc_status read_bytes(reader *in, bool sixes)
{
    const uint32_t n = count_bytes(in);
    if (sixes && n % 5 != 0)
        return BC_FORMAT;
    const uint32_t groups = sixes || n == 0 ? n / 5 : (n - 1) / 5;
    bc_status status = read_ecis(in);
    for (uint32_t i = 0; i < groups && status == BC_OK; i++) {
        status = read_six(in);
        if (status == BC_OK)
            status = read_ecis(in);
    }
    for (uint32_t i = 5 * groups; i < n && status == BC_OK; i++) {
        uint32_t byte;
        if (!take(in, &byte) || byte > 255)
            return BC_FORMAT;
        put(in, byte);
        status = read_ecis(in);
    }
    return status;
}

static bc_status read_numeric(reader *in)
{
    for (;;) {
        const bc_status status = read_ecis(in);
        if (status != BC_OK)
            return status;
        uint32_t n = 0;
        while (n < BC_PDF417_GROUP && in->at + n < in->n && in->data[in->at + n] < TO_TEXT)
            n++;
        if (n == 0)
            return BC_OK;
        char digit[BC_PDF417_DIGITS];
        const uint32_t length = bc_pdf417_digits(in->data + in->at, n, digit);
        if (length == 0)
            return BC_FORMAT;
        for (uint32_t i = 0; i < length; i++)
            put(in, (uint32_t)digit[i]);
        in->at += n;
    }
}

/* A number of up to nine digits in numeric compaction, the next n codewords. */
static bool take_number(reader *in, uint32_t n, uint32_t *number)
{
    char digit[BC_PDF417_DIGITS];
    for (uint32_t i = 0; i < n; i++)
        if (in->at + i >= in->n || in->data[in->at + i] >= TO_TEXT)
            return false;
    const uint32_t length = bc_pdf417_digits(in->data + in->at, n, digit);
    if (length == 0 || length > 9)
        return false;
    *number = 0;
    for (uint32_t i = 0; i < length; i++)
        *number = *number * 10 + (uint32_t)(digit[i] - '0');
    in->at += n;
    return true;
}

/* The file identification: three digits a codeword. */
static bc_status read_append_id(reader *in)
{
    char *id = in->out.symbol->append_id;
    uint32_t codeword, length = 0;
    while (take(in, &codeword)) {
        if (length + 3 >= BC_APPEND_ID_SIZE)
            return BC_LIMIT;
        id[length++] = (char)('0' + codeword / 100);
        id[length++] = (char)('0' + codeword / 10 % 10);
        id[length++] = (char)('0' + codeword % 10);
    }
    id[length] = '\0';
    return length > 0 ? BC_OK : BC_FORMAT;
}

/* An optional field; what is not the count of parts is passed over. */
static bc_status read_append_field(reader *in)
{
    uint32_t field;
    if (!take(in, &field) || field >= FIELDS)
        return BC_FORMAT;
    if (field == FIELD_COUNT)
        return take_number(in, 2, &in->out.symbol->append_count) ? BC_OK : BC_FORMAT;
    while (in->at < in->n && in->data[in->at] != APPEND_FIELD && in->data[in->at] != APPEND_END)
        in->at++;
    return BC_OK;
}

/* The control block of Macro PDF417, 5.13: the last thing in a symbol but for padding. */
static bc_status read_append(reader *in)
{
    bc_symbol *symbol = in->out.symbol;
    if (!take_number(in, 2, &symbol->append_index))
        return BC_FORMAT;
    bc_status status = read_append_id(in);
    while (status == BC_OK && in->at < in->n && in->data[in->at] == APPEND_FIELD) {
        in->at++;
        status = read_append_field(in);
    }
    if (status != BC_OK)
        return status;
    const bool last = in->at < in->n && in->data[in->at] == APPEND_END;
    in->at += last;
    while (in->at < in->n && in->data[in->at] == TO_TEXT)
        in->at++;
    if (symbol->append_count == 0)
        symbol->append_count = last ? symbol->append_index + 1 : BC_APPEND_COUNT_UNKNOWN;
    return in->at == in->n && symbol->append_index < symbol->append_count ? BC_OK : BC_FORMAT;
}

/* What MicroPDF417's codewords 916 and 917 stand for: a header, and a trailer at the end. */
static bc_status begin_macro(reader *in, char number)
{
    if (in->at != 1)
        return BC_FORMAT;
    bc_payload_macro_begin(&in->out, number);
    in->macro = true;
    return BC_OK;
}

static bc_status latch(reader *in, uint32_t codeword)
{
    in->mode = codeword;
    use_set(in, ALPHA);
    return codeword == TO_TEXT      ? BC_OK
           : codeword == TO_NUMERIC ? read_numeric(in)
                                    : read_bytes(in, codeword == TO_BYTE_SIXES);
}

/* A codeword that is no data. */
static bc_status read_command(reader *in, uint32_t codeword, bool micro)
{
    switch (codeword) {
    case TO_TEXT:
    case TO_BYTE:
    case TO_NUMERIC:
    case TO_BYTE_SIXES:
        return latch(in, codeword);
    case SHIFT_BYTE:
        return read_shifted_byte(in);
    case ECI_USER:
    case ECI_GENERAL:
    case ECI_CHARSET:
        return read_eci(in, codeword);
    case APPEND_BLOCK:
        return read_append(in);
    case READER_INIT:
        in->out.symbol->reader_init = 1;
        return in->at == 1 ? BC_OK : BC_FORMAT;
    case LINKED:
        return in->at == 1 ? BC_OK : BC_FORMAT;
    case LINKED_GS1:
        return BC_UNSUPPORTED;
    case MACRO_05:
        return micro ? begin_macro(in, '5') : BC_FORMAT;
    case MACRO_06:
        return micro ? begin_macro(in, '6') : BC_FORMAT;
    default:
        return micro && codeword >= EMULATION_FIRST && codeword <= EMULATION_LAST ? BC_UNSUPPORTED : BC_FORMAT;
    }
}

static bc_status read_all(reader *in, bool micro)
{
    while (in->at < in->n) {
        const uint32_t codeword = in->data[in->at++];
        bc_status status = BC_OK;
        if (codeword >= TO_TEXT) {
            status = read_command(in, codeword, micro);
        } else if (in->mode == TO_BYTE) { /* without a latch: MicroPDF417 begins so */
            in->at--;
            status = read_bytes(in, false);
        } else if (in->mode != TO_TEXT) {
            status = BC_FORMAT;
        } else {
            read_half(in, codeword / 30);
            read_half(in, codeword % 30);
        }
        if (status != BC_OK)
            return status;
    }
    return BC_OK;
}

bc_status bc_pdf417_payload(const uint16_t *data, uint32_t n, bool micro, bc_symbol *symbol)
{
    reader in = {.data = data, .n = n, .out = bc_payload_begin(symbol), .mode = micro ? TO_BYTE : TO_TEXT};
    symbol->append_index = symbol->append_count = 0;
    symbol->append_id[0] = '\0';
    symbol->reader_init = 0;
    const bc_status status = read_all(&in, micro);
    if (status != BC_OK)
        return status;
    if (in.macro)
        bc_payload_macro_end(&in.out);
    if (symbol->length == 0)
        return BC_FORMAT;
    const char identifier[4] = {']', 'L', in.eci ? '1' : '2', '\0'}; /* ISO/IEC 15424: with ECI, and without */
    memcpy(symbol->identifier, identifier, sizeof identifier);
    return bc_payload_end(&in.out);
}
