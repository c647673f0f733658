/*
 * Reed-Solomon over GF(929): blocks made by the generator polynomial, as
 * ISO/IEC 15438, 5.10 says, are corrected up to their capacity.
 */
#include "expect.h"
#include "rs_929.h"

#include <string.h> /* memcpy, memset */

#define N_MOST 928u

/* The generator's remainder, each coefficient taken off zero, behind the data. */
static void encode(uint16_t *word, uint32_t n, uint32_t ec_n)
{
    static uint32_t generator[BC_RS_929_MAX_EC + 1], rest[BC_RS_929_MAX_EC + 1];
    uint32_t root = 1;
    memset(generator, 0, sizeof generator);
    memset(rest, 0, sizeof rest);
    generator[0] = 1;
    for (uint32_t i = 0; i < ec_n; i++) {
        root = root * 3 % 929;
        for (uint32_t j = i + 1; j > 0; j--)
            generator[j] = (generator[j] + 929 * 929 - generator[j - 1] * root) % 929;
    }
    for (uint32_t i = 0; i < n - ec_n; i++) {
        const uint32_t lead = (rest[0] + word[i]) % 929;
        for (uint32_t j = 0; j < ec_n; j++)
            rest[j] = (rest[j + 1] + 929 * 929 - lead * generator[j + 1]) % 929;
    }
    for (uint32_t i = 0; i < ec_n; i++)
        word[n - ec_n + i] = (uint16_t)((929 - rest[i]) % 929);
}

/* As many erasures as asked for and as many errors as that leaves, spread over the block. */
static void test_block(uint32_t n, uint32_t ec_n, uint32_t erasure_n, uint32_t more)
{
    static uint16_t sent[N_MOST], word[N_MOST], erasure[BC_RS_929_MAX_EC];
    const size_t room_n = bc_rs_929_workspace(ec_n) + BC_ARENA_ALIGN;
    void *room = malloc(room_n);
    EXPECT(room != NULL);
    bc_arena arena;
    bc_arena_init(&arena, room, room_n);
    for (uint32_t i = 0; i < n; i++)
        sent[i] = (uint16_t)((i * 2654435761u + ec_n * 40503u) >> 7 & 511u);
    encode(sent, n, ec_n);
    memcpy(word, sent, sizeof sent);
    const uint32_t errors = (ec_n - erasure_n) / 2 + more, step = n / (erasure_n + errors + 1);
    EXPECT(step >= 1);
    for (uint32_t i = 0; i < erasure_n + errors; i++) {
        const uint32_t at = i * step;
        word[at] = (uint16_t)((word[at] + 1 + i * 37u % 927u) % 929u);
        if (i < erasure_n)
            erasure[i] = (uint16_t)at;
    }
    uint32_t error_n = 99999;
    const bool corrected = bc_rs_929_correct(word, n, ec_n, erasure, erasure_n, &arena, &error_n);
    EXPECT(bc_arena_mark(&arena) == 0);
    if (more == 0) {
        EXPECT(corrected && error_n == errors);
        EXPECT(memcmp(word, sent, n * sizeof word[0]) == 0);
    } else {
        EXPECT(!corrected || memcmp(word, sent, n * sizeof word[0]) != 0);
    }
    free(room);
}

int main(void)
{
    for (uint32_t ec_n = 2; ec_n <= 128; ec_n *= 2)
        for (uint32_t erasure_n = 0; erasure_n <= ec_n; erasure_n += ec_n / 2)
            test_block(3 * ec_n + 7, ec_n, erasure_n, 0);
    test_block(928, 512, 100, 0);
    test_block(40, 7, 0, 0); /* MicroPDF417 has odd numbers */
    test_block(40, 7, 2, 0);
    test_block(60, 16, 0, 2);
    test_block(60, 16, 5, 1);
    test_block(60, 16, 0, 0);
    return 0;
}
