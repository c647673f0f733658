/*
 * Reed-Solomon with words of 8, 10 and 12 bits: blocks made by the generator
 * polynomial, as the standard says, are corrected up to their capacity.
 */
#include "expect.h"
#include "rs_words.h"

#include <string.h> /* memcpy, memmove, memset */

#define N 90u
#define EC 24u

static uint16_t multiply(uint32_t a, uint32_t b, uint32_t polynomial, uint32_t bits)
{
    uint32_t product = 0;
    for (uint32_t i = 0; i < bits; i++) {
        product ^= b >> i & 1 ? a : 0;
        a = a << 1 >> bits ? (a << 1) ^ polynomial : a << 1;
    }
    return (uint16_t)product;
}

/* The remainder by (x - alpha) (x - alpha^2) ... put behind the data. */
static void encode(uint16_t *word, uint32_t polynomial, uint32_t bits)
{
    uint16_t generator[EC + 1] = {1}, root = 1;
    for (uint32_t i = 0; i < EC; i++) {
        root = multiply(root, 2, polynomial, bits);
        for (uint32_t j = i + 1; j > 0; j--)
            generator[j] ^= multiply(generator[j - 1], root, polynomial, bits);
    }
    uint16_t rest[EC + 1] = {0};
    for (uint32_t i = 0; i < N - EC; i++) {
        const uint16_t lead = (uint16_t)(rest[0] ^ word[i]);
        memmove(rest, rest + 1, EC * sizeof rest[0]);
        for (uint32_t j = 0; j < EC; j++)
            rest[j] ^= multiply(lead, generator[j + 1], polynomial, bits);
    }
    memcpy(word + N - EC, rest, EC * sizeof rest[0]);
}

static void test_field(uint32_t bits, uint32_t polynomial)
{
    const size_t room_n = bc_word_field_workspace(bits) + bc_words_workspace(EC) + BC_ARENA_ALIGN;
    void *room = malloc(room_n);
    EXPECT(room != NULL);
    bc_arena arena;
    bc_word_field field;
    bc_arena_init(&arena, room, room_n);
    EXPECT(!bc_word_field_make(&field, 7, &arena));
    EXPECT(bc_word_field_make(&field, bits, &arena));
    for (uint32_t erasure_n = 0; erasure_n <= EC; erasure_n++) {
        uint16_t sent[N], word[N], erasure[EC];
        uint32_t error_n = 99;
        for (uint32_t i = 0; i < N; i++)
            sent[i] = (uint16_t)((i * 2654435761u + erasure_n * 40503u) >> 7 & field.order);
        encode(sent, polynomial, bits);
        memcpy(word, sent, sizeof sent);
        const uint32_t errors = (EC - erasure_n) / 2;
        for (uint32_t i = 0; i < erasure_n; i++) {
            erasure[i] = (uint16_t)(3 * i);
            word[3 * i] ^= (uint16_t)(1 + i);
        }
        for (uint32_t i = 0; i < errors; i++)
            word[3 * i + 1] ^= (uint16_t)(field.order - i);
        const bc_words block = {word, N, EC};
        EXPECT(bc_words_correct(&field, &block, erasure, erasure_n, &arena, &error_n));
        EXPECT(memcmp(word, sent, sizeof sent) == 0 && error_n == errors);
        for (uint32_t i = 0; i < EC; i++)
            word[2 * i] ^= 0x55;
        uint16_t before[N];
        memcpy(before, word, sizeof word);
        EXPECT(!bc_words_correct(&field, &block, NULL, 0, &arena, &error_n));
        EXPECT(memcmp(before, word, sizeof word) == 0);
    }
    free(room);
}

int main(void)
{
    test_field(8, 0x12D);
    test_field(10, 0x409);
    test_field(12, 0x1069);
    return 0;
}
