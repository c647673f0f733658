/* What may follow the header of a structured append in an Aztec symbol: ISO/IEC 24778, 6.5, and 5.2 for FNC1 and ECI. */
#include "aztec_payload.h"
#include "expect.h"

#include <stdlib.h> /* calloc, free */
#include <string.h> /* memcmp, strcmp */

typedef struct {
    uint8_t bit[256];
    uint32_t n;
} writer;

static void put(writer *to, uint32_t value, uint32_t bits)
{
    for (uint32_t i = bits; i-- > 0;)
        to->bit[to->n++] = (uint8_t)(value >> i & 1);
}

static void put_upper(writer *to, const char *letters)
{
    for (; *letters != '\0'; letters++)
        put(to, *letters == ' ' ? 1u : (uint32_t)(*letters - 'A') + 2u, 5);
}

/* The two latches, then the header's letters. */
static writer header(const char *letters)
{
    writer to = {.n = 0};
    put(&to, 29, 5);
    put(&to, 29, 5);
    put_upper(&to, letters);
    return to;
}

/* A shift to punctuation and FLG(n). */
static void put_flag(writer *to, uint32_t n)
{
    put(to, 0, 5);
    put(to, 0, 5);
    put(to, n, 3);
}

static void test_fnc1_behind_the_header_begins_the_content(bc_symbol *symbol)
{
    writer to = header(" LOT BD");
    put_flag(&to, 0);
    put_upper(&to, "AB");
    put_flag(&to, 0);
    put_upper(&to, "C");
    EXPECT(bc_aztec_payload(to.bit, to.n, symbol) == BC_OK);
    EXPECT(strcmp(symbol->identifier, "]z7") == 0);
    EXPECT(symbol->length == 4 && memcmp(symbol->payload, "AB\x1D" "C", 4) == 0);
    EXPECT(symbol->append_index == 1 && symbol->append_count == 4 && strcmp(symbol->append_id, "LOT") == 0);
}

static void test_an_industry_behind_the_header_is_told(bc_symbol *symbol)
{
    writer to = header("AB");
    put_upper(&to, "Q");
    put_flag(&to, 0);
    put_upper(&to, "X");
    EXPECT(bc_aztec_payload(to.bit, to.n, symbol) == BC_OK);
    EXPECT(strcmp(symbol->identifier, "]z8") == 0);
    EXPECT(symbol->length == 2 && memcmp(symbol->payload, "QX", 2) == 0);
}

static void test_an_eci_behind_the_header_is_the_first_segment(bc_symbol *symbol)
{
    writer to = header("AB");
    put_flag(&to, 1);
    put(&to, 9, 4); /* the digit 7 */
    put_upper(&to, "X");
    EXPECT(bc_aztec_payload(to.bit, to.n, symbol) == BC_OK);
    EXPECT(strcmp(symbol->identifier, "]z9") == 0);
    EXPECT(symbol->segment_n == 1 && symbol->segments[0].start == 0 && symbol->segments[0].eci == 7);
}

static void test_a_header_that_is_none_is_refused(bc_symbol *symbol)
{
    static const char *const none[] = {"", "A", "BA", "AA", " LOT", " LOT A"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        writer to = header(none[i]);
        EXPECT(bc_aztec_payload(to.bit, to.n, symbol) == BC_FORMAT);
    }
    writer to = header("");
    put_flag(&to, 0); /* in front of it */
    put_upper(&to, "ABX");
    EXPECT(bc_aztec_payload(to.bit, to.n, symbol) == BC_FORMAT);
}

int main(void)
{
    bc_symbol *symbol = calloc(1, sizeof *symbol);
    if (symbol == NULL)
        return 1;
    test_fnc1_behind_the_header_begins_the_content(symbol);
    test_an_industry_behind_the_header_is_told(symbol);
    test_an_eci_behind_the_header_is_the_first_segment(symbol);
    test_a_header_that_is_none_is_refused(symbol);
    free(symbol);
    return 0;
}
