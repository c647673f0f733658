/*
 * Reed–Solomon on the worked examples of ISO/IEC 18004:2015, annex I:
 * "01234567" as QR 1-M (I.2) and as Micro QR M2-L (I.3).
 */
#include "expect.h"
#include "galois.h"

#include <string.h> /* memcmp, memcpy */

static const uint8_t qr_1m[26] = {0x10, 0x20, 0x0C, 0x56, 0x61, 0x80, 0xEC, 0x11, 0xEC, 0x11, 0xEC, 0x11, 0xEC,
                                  0x11, 0xEC, 0x11, 0xA5, 0x24, 0xD4, 0xC1, 0xED, 0x36, 0xC7, 0x87, 0x2C, 0x55};
static const uint8_t micro_m2l[10] = {0x40, 0x18, 0xAC, 0xC3, 0x00, 0x86, 0x0D, 0x22, 0xAE, 0x30};

/* Corrects `word` and expects `sent` with so many errors beside the erasures. */
static void corrects(const uint8_t *sent, const uint8_t *word, uint32_t n, uint32_t ec_n,
                     const uint8_t *erasure, uint32_t erasure_n, uint32_t errors)
{
    uint8_t syndrome[BC_RS_MAX_EC];
    uint8_t *codeword = malloc(n);
    uint32_t error_n = 99;
    EXPECT(codeword != NULL);
    memcpy(codeword, word, n);
    const bc_rs_block block = {codeword, n, ec_n, &bc_rs_qr};
    EXPECT(bc_rs_syndromes(&block, syndrome) == (memcmp(sent, word, n) == 0));
    EXPECT(bc_rs_correct(&block, syndrome, erasure, erasure_n, &error_n));
    EXPECT(memcmp(codeword, sent, n) == 0 && error_n == errors);
    free(codeword);
}

static void test_worked_examples_are_codewords(void)
{
    corrects(qr_1m, qr_1m, 26, 10, NULL, 0, 0);
    corrects(micro_m2l, micro_m2l, 10, 5, NULL, 0, 0);
}

static void test_every_single_error_and_every_pair(void)
{
    for (uint32_t i = 0; i < 10; i++) {
        for (uint32_t value = 1; value < 256; value++) {
            uint8_t word[10];
            memcpy(word, micro_m2l, 10);
            word[i] ^= (uint8_t)value;
            corrects(micro_m2l, word, 10, 5, NULL, 0, 1);
        }
        for (uint32_t j = 0; j < i; j++) {
            uint8_t word[10];
            memcpy(word, micro_m2l, 10);
            word[i] ^= 0x81;
            word[j] ^= 0x01;
            corrects(micro_m2l, word, 10, 5, NULL, 0, 2);
        }
    }
}

static void test_erasures_cost_half_an_error(void)
{
    uint8_t word[26];
    const uint8_t erasure[10] = {0, 3, 4, 9, 11, 15, 16, 20, 24, 25};
    for (uint32_t erasure_n = 0; erasure_n <= 10; erasure_n++) {
        const uint32_t errors = (10 - erasure_n) / 2;
        memcpy(word, qr_1m, 26);
        for (uint32_t i = 0; i < erasure_n; i++)
            word[erasure[i]] = 0;
        for (uint32_t i = 0; i < errors; i++)
            word[5 + i == 9 ? 21 : 5 + i] ^= 0x5A;
        corrects(qr_1m, word, 26, 10, erasure, erasure_n, errors);
    }
}

/* Beyond the capacity nothing is touched; 2^-24 and less of such words would be another codeword's. */
static void test_too_many_errors_are_refused(void)
{
    uint8_t word[26], syndrome[BC_RS_MAX_EC];
    const uint8_t erasure[1] = {25};
    uint32_t error_n;
    for (uint32_t errors = 6; errors <= 26; errors++) {
        memcpy(word, qr_1m, 26);
        for (uint32_t i = 0; i < errors; i++)
            word[i] ^= (uint8_t)(0x11 + 7 * i);
        uint8_t before[26];
        memcpy(before, word, 26);
        const bc_rs_block block = {word, 26, 10, &bc_rs_qr};
        EXPECT(!bc_rs_syndromes(&block, syndrome));
        EXPECT(!bc_rs_correct(&block, syndrome, NULL, 0, &error_n));
        EXPECT(!bc_rs_correct(&block, syndrome, erasure, 1, &error_n));
        EXPECT(memcmp(before, word, 26) == 0);
    }
}

/* alpha^(i+1) is alpha^i shifted, less the polynomial where it overflows. */
static void test_tables(void)
{
    static const struct {
        const bc_rs_field *field;
        uint32_t polynomial;
    } all[] = {{&bc_rs_qr, 0x11D}, {&bc_rs_dm, 0x12D}, {&bc_rs_6bit, 0x43}, {&bc_rs_4bit, 0x13}};
    for (size_t f = 0; f < sizeof all / sizeof all[0]; f++) {
        const bc_rs_field *field = all[f].field;
        EXPECT(field->order == (1u << field->bits) - 1);
        for (uint32_t i = 0, x = 1; i < field->order; i++) {
            EXPECT(field->power[i] == x && field->log[x] == i);
            x = x << 1 > field->order ? (x << 1) ^ all[f].polynomial : x << 1;
        }
    }
}

/*
 * ISO/IEC 16022:2006, annex O: "123456" is 142 164 186 with the check codewords
 * 114 25 5 88 102.
 */
static void test_data_matrix_example(void)
{
    static const uint8_t sent[8] = {142, 164, 186, 114, 25, 5, 88, 102};
    uint8_t syndrome[BC_RS_MAX_EC];
    for (uint32_t i = 0; i < 8; i++)
        for (uint32_t j = 0; j <= i; j++) {
            uint8_t word[8];
            uint32_t error_n = 99;
            memcpy(word, sent, 8);
            word[i] ^= 0x41;
            word[j] ^= 0x13;
            const bc_rs_block block = {word, 8, 5, &bc_rs_dm};
            EXPECT(!bc_rs_syndromes(&block, syndrome));
            EXPECT(bc_rs_correct(&block, syndrome, NULL, 0, &error_n));
            EXPECT(memcmp(word, sent, 8) == 0 && error_n == (i == j ? 1 : 2));
        }
}

int main(void)
{
    test_tables();
    test_data_matrix_example();
    test_worked_examples_are_codewords();
    test_every_single_error_and_every_pair();
    test_erasures_cost_half_an_error();
    test_too_many_errors_are_refused();
    return 0;
}
