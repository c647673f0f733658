/* Codewords of PDF417 to content: examples of ISO/IEC 15438, 5.4, 5.5 and 5.13, worked by hand, and what breaks rules. */
#include "expect.h"
#include "pdf417_payload.h"

#include <string.h> /* memcmp, strlen */

typedef struct {
    const char *text;
    bc_status status;
    uint16_t word[16];
    uint32_t n;
    bool micro;
} vector;

static const vector vectors[] = {
    {"PDF417", BC_OK, {453, 178, 121, 239}, 4, false},
    {"Super !", BC_OK, {567, 615, 137, 809, 329}, 5, false}, /* S ll u p e r space ps ! ps */
    {"A?b", BC_OK, {0 * 30 + 29, 25 * 30 + 27, 1 * 30 + 29}, 3, false}, /* punctuation for one, then lower */
    {"alcool", BC_OK, {810, 332, 434, 359, 900}, 5, false},
    {"alco", BC_OK, {901, 97, 108, 99, 111}, 5, false},
    {"alcool", BC_OK, {924, 163, 238, 432, 766, 244}, 6, false},
    {"alcoolique", BC_OK, {901, 163, 238, 432, 766, 244, 105, 113, 117, 101}, 10, false},
    {"000213298174000", BC_OK, {902, 1, 624, 434, 632, 282, 200}, 7, false},
    {"A\xE4", BC_OK, {0 * 30 + 29, 913, 0xE4}, 3, false}, /* a shift to punctuation before a byte is padding */
    {"AB", BC_OK, {927, 26, 1}, 3, false},
    {"AB", BC_OK, {918, 1}, 2, false},
    {"AB", BC_OK, {921, 1}, 2, false},
    {"[)>\x1E" "05\x1D" "AB\x1E\x04", BC_OK, {916, 900, 1}, 3, true},
    {"alcool", BC_OK, {924, 163, 238, 432, 766, 244}, 6, true},
    {"al", BC_OK, {97, 108}, 2, true}, /* MicroPDF417 begins with bytes */
    {NULL, BC_FORMAT, {916, 900, 1}, 3, false},
    {NULL, BC_FORMAT, {1, 921}, 2, false},
    {NULL, BC_FORMAT, {1, 905}, 2, false},
    {NULL, BC_UNSUPPORTED, {905, 900, 1}, 3, true},
    {NULL, BC_UNSUPPORTED, {920, 901, 1}, 3, false},
    {NULL, BC_FORMAT, {901, 256}, 2, false},
    {NULL, BC_FORMAT, {924, 1, 2, 3, 4}, 5, false},
    {NULL, BC_FORMAT, {924, 899, 899, 899, 899, 899}, 6, false},
    {NULL, BC_FORMAT, {902, 2, 624}, 3, false},
    {NULL, BC_FORMAT, {902, 1, 913, 5}, 4, false},
    {NULL, BC_FORMAT, {1, 927}, 2, false},
    {NULL, BC_FORMAT, {900, 900}, 2, false},
};

static void test_vectors(bc_symbol *symbol)
{
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        const vector *v = &vectors[i];
        const bc_status status = bc_pdf417_payload(v->word, v->n, v->micro, symbol);
        EXPECT(status == v->status);
        if (v->status != BC_OK)
            continue;
        EXPECT(symbol->length == strlen(v->text) && memcmp(symbol->payload, v->text, symbol->length) == 0);
        EXPECT(symbol->reader_init == (v->word[0] == 921));
        EXPECT(symbol->identifier[2] == (v->word[0] == 927 ? '1' : '2'));
    }
}

/* 5.5: assignment numbers by their three kinds of codewords. */
static void test_ecis(bc_symbol *symbol)
{
    const uint16_t charset[] = {927, 899, 1}, general[] = {926, 0, 0, 1}, most[] = {926, 899, 898, 1};
    const uint16_t user[] = {925, 5, 1};
    EXPECT(bc_pdf417_payload(charset, 3, false, symbol) == BC_OK && symbol->segments[0].eci == 899);
    EXPECT(bc_pdf417_payload(general, 4, false, symbol) == BC_OK && symbol->segments[0].eci == 900);
    EXPECT(bc_pdf417_payload(most, 4, false, symbol) == BC_OK && symbol->segments[0].eci == 810898);
    EXPECT(bc_pdf417_payload(user, 3, false, symbol) == BC_OK && symbol->segments[0].eci == 810905);
    const uint16_t between[] = {901, 65, 927, 3, 66, 927, 4, 67};
    EXPECT(bc_pdf417_payload(between, 8, false, symbol) == BC_OK && symbol->segment_n == 3 && symbol->length == 3);
    EXPECT(symbol->segments[1].start == 1 && symbol->segments[2].eci == 4);
}

/* 5.13: control blocks with and without the number of parts, and the last part's mark. */
static void test_parts(bc_symbol *symbol)
{
    const uint16_t plain[] = {1, 928, 111, 102, 17, 53}, counted[] = {1, 928, 111, 102, 17, 53, 923, 1, 111, 104, 922};
    const uint16_t last[] = {1, 928, 111, 102, 17, 922, 900, 900};
    const uint16_t name[] = {1, 928, 111, 100, 5, 923, 0, 900, 1, 923, 1, 111, 104};
    EXPECT(bc_pdf417_payload(plain, 6, false, symbol) == BC_OK);
    EXPECT(symbol->append_index == 2 && symbol->append_count == BC_APPEND_COUNT_UNKNOWN);
    EXPECT(strcmp(symbol->append_id, "017053") == 0);
    EXPECT(bc_pdf417_payload(counted, 11, false, symbol) == BC_OK);
    EXPECT(symbol->append_index == 2 && symbol->append_count == 4);
    EXPECT(bc_pdf417_payload(last, 8, false, symbol) == BC_OK && symbol->append_count == 3);
    EXPECT(bc_pdf417_payload(name, 13, false, symbol) == BC_OK && symbol->append_count == 4);
    const uint16_t beyond[] = {1, 928, 111, 104, 17, 923, 1, 111, 102}, nameless[] = {1, 928, 111, 102};
    EXPECT(bc_pdf417_payload(beyond, 9, false, symbol) == BC_FORMAT);
    EXPECT(bc_pdf417_payload(nameless, 4, false, symbol) == BC_FORMAT);
}

int main(void)
{
    static bc_symbol symbol;
    test_vectors(&symbol);
    test_ecis(&symbol);
    test_parts(&symbol);
    return 0;
}
