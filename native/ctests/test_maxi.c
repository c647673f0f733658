/* MaxiCode's places cover its modules, and codewords that zint does not make are read as the standard says. */
#include "maxi_modules.h"
#include "maxi_payload.h"

#include "expect.h"

#include <string.h> /* memcmp, memset, strlen */

static void test_every_module_is_one_bit_or_of_the_pattern(void)
{
    static uint16_t place[BC_MAXI_BITS];
    static uint8_t known[BC_MAXI_PLACES], seen[BC_MAXI_PLACES];
    bc_maxi_places(place);
    bc_maxi_pattern(known);
    for (uint32_t i = 0; i < BC_MAXI_BITS; i++) {
        EXPECT(place[i] < BC_MAXI_PLACES && known[place[i]] == 0);
        seen[place[i]]++;
    }
    uint32_t modules = 0;
    for (uint32_t row = 0; row < BC_MAXI_ROWS; row++)
        for (uint32_t column = 0; column < BC_MAXI_COLUMNS; column++) {
            const uint32_t at = row * BC_MAXI_COLUMNS + column;
            const bool is_module = bc_maxi_is_module(column, row);
            EXPECT(is_module == (seen[at] + (known[at] != 0) == 1));
            EXPECT(is_module || seen[at] == 0);
            modules += is_module;
        }
    EXPECT(modules == 884);
}

/* A symbol of mode 4 whose message begins with these codewords, the rest padding. */
static bc_status read(const uint8_t *message, uint32_t n, bc_symbol *symbol)
{
    uint8_t codeword[94];
    memset(codeword, 33, sizeof codeword);
    codeword[0] = 4;
    memcpy(codeword + 1, message, n);
    memset(symbol, 0, offsetof(bc_symbol, payload));
    return bc_maxi_payload(codeword, sizeof codeword, symbol);
}

static bc_symbol symbol;

#define EXPECT_TEXT(text, ...)                                                                 \
    do {                                                                                       \
        const uint8_t message[] = {__VA_ARGS__};                                               \
        EXPECT(read(message, sizeof message, &symbol) == BC_OK);                               \
        EXPECT(symbol.length == strlen(text) && memcmp(symbol.payload, text, strlen(text)) == 0); \
    } while (0)

#define EXPECT_STATUS(status, ...)                               \
    do {                                                         \
        const uint8_t message[] = {__VA_ARGS__};                 \
        EXPECT(read(message, sizeof message, &symbol) == status); \
    } while (0)

static void test_shifts_and_latches(void)
{
    EXPECT_TEXT("AB", 1, 2);
    EXPECT_TEXT("aA", 59, 1, 1);                 /* shift B for one */
    EXPECT_TEXT("abA", 63, 1, 2, 63, 1);         /* latch B, latch A */
    EXPECT_TEXT("aABa", 63, 1, 56, 1, 2, 1);     /* two of A */
    EXPECT_TEXT("aABCa", 63, 1, 57, 1, 2, 3, 1); /* three of A */
    EXPECT_TEXT("a\xC0" "a", 63, 1, 60, 0, 1);   /* shift C out of B */
    EXPECT_TEXT("\xC0\xC1" "A", 60, 60, 0, 1, 58, 1); /* locked in C, latch A */
    EXPECT_TEXT("\xC0\xE0\xC0", 60, 60, 0, 61, 0, 0, 58); /* shift D out of locked C */
    EXPECT_TEXT("\x1B" "A", 62, 30, 1);          /* shift E: escape */
    EXPECT_TEXT("a012345678a", 63, 1, 31, 0, 47, 6, 5, 14, 1);
}

static void test_what_is_none(void)
{
    EXPECT_STATUS(BC_FORMAT, 33);                        /* nothing but padding */
    EXPECT_STATUS(BC_FORMAT, 31, 63, 63, 63, 63, 63);    /* a number of ten digits */
    EXPECT_STATUS(BC_FORMAT, 27, 59, 63, 63, 63, 1);     /* an ECI beyond the last */
    EXPECT_STATUS(BC_FORMAT, 33, 34, 1);                 /* part five of three */
}

/* Mode 2 with fields of country and service as they are, and a number that does not fit its length. */
static void test_fields_out_of_range(void)
{
    uint8_t codeword[94];
    memset(codeword, 33, sizeof codeword);
    memset(codeword, 0, 10);
    codeword[0] = 2;
    codeword[10] = 1;
    EXPECT(bc_maxi_payload(codeword, sizeof codeword, &symbol) == BC_OK); /* no postcode, 000, 000 */
    EXPECT(symbol.length == 10 && memcmp(symbol.payload, "\x1d" "000\x1d" "000\x1d" "A", 10) == 0);
    codeword[9] = 63; /* service 1008 */
    EXPECT(bc_maxi_payload(codeword, sizeof codeword, &symbol) == BC_FORMAT);
    codeword[9] = 0;
    codeword[1] = 1; /* postcode 4 in no digits */
    EXPECT(bc_maxi_payload(codeword, sizeof codeword, &symbol) == BC_FORMAT);
    codeword[1] = 0;
    codeword[0] = 7;
    EXPECT(bc_maxi_payload(codeword, sizeof codeword, &symbol) == BC_FORMAT);
}

int main(void)
{
    test_every_module_is_one_bit_or_of_the_pattern();
    test_shifts_and_latches();
    test_what_is_none();
    test_fields_out_of_range();
    return 0;
}
