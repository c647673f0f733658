/*
 * Soft decoding of Reed–Solomon blocks: bits that look doubtful are put right
 * far beyond the code's half distance, words that are none of the code are
 * never taken for damaged ones.
 */
#include "expect.h"
#include "rs_soft.h"

#include <string.h> /* memcmp, memcpy, memset */

#define N 44u
#define EC 16u
#define NEEDED 36u

/* A linear congruential generator (Numerical Recipes' constants), for the same words everywhere. */
static uint32_t draw(uint32_t *state, uint32_t below)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % below;
}

static bool decode(const uint8_t *word, const uint8_t *sure, uint32_t needed, uint8_t *out, uint32_t *bits)
{
    bc_rs_soft_room *room = malloc(bc_rs_soft_room_size());
    uint8_t *codeword = malloc(N), *exact = malloc(8 * N);
    EXPECT(room != NULL && codeword != NULL && exact != NULL);
    memcpy(codeword, word, N);
    memcpy(exact, sure, 8 * N);
    const bc_rs_block block = {codeword, N, EC, &bc_rs_qr};
    const bool found = bc_rs_soft_correct(&block, exact, needed, room, bits);
    memcpy(out, codeword, N);
    free(room);
    free(codeword);
    free(exact);
    return found;
}

static void draw_codeword(uint32_t *state, uint8_t *word)
{
    uint8_t syndrome[BC_RS_MAX_EC], erasure[EC];
    uint32_t errors;
    for (uint32_t i = 0; i < N; i++)
        word[i] = (uint8_t)draw(state, 256);
    for (uint32_t i = 0; i < EC; i++)
        erasure[i] = (uint8_t)(N - EC + i);
    const bc_rs_block block = {word, N, EC, &bc_rs_qr};
    bc_rs_syndromes(&block, syndrome);
    EXPECT(bc_rs_correct(&block, syndrome, erasure, EC, &errors));
}

/* Turns one bit in each of `wrong` codewords, of a sureness below `doubt`, among others that are surer. */
static void test_doubtful_bits_are_corrected(uint32_t wrong, uint32_t doubt)
{
    uint32_t state = wrong, bits = 0;
    for (uint32_t trial = 0; trial < 20; trial++) {
        uint8_t sent[N], word[N], sure[8 * N], out[N];
        draw_codeword(&state, sent);
        memcpy(word, sent, N);
        for (uint32_t i = 0; i < 8 * N; i++)
            sure[i] = (uint8_t)(10 + draw(&state, 118));
        for (uint32_t i = 0; i < wrong; i++) {
            const uint32_t bit = draw(&state, 8);
            word[i * N / wrong] ^= (uint8_t)(0x80 >> bit);
            sure[8 * (i * N / wrong) + bit] = (uint8_t)draw(&state, doubt);
        }
        EXPECT(decode(word, sure, NEEDED, out, &bits));
        EXPECT(bits >= NEEDED && bits <= 8 * EC);
        EXPECT(memcmp(out, sent, N) == 0);
    }
}

/* One in 2^16 would have 16 bits of evidence; attempts and rounding are in the bound. */
static void test_a_word_of_no_code_has_no_evidence(void)
{
    uint32_t state = 1, bits = 0;
    for (uint32_t trial = 0; trial < 300; trial++) {
        uint8_t word[N], sure[8 * N], out[N];
        const uint32_t top = 1 + draw(&state, BC_SURENESS_MAX + 1);
        for (uint32_t i = 0; i < N; i++)
            word[i] = (uint8_t)draw(&state, 256);
        for (uint32_t i = 0; i < 8 * N; i++)
            sure[i] = (uint8_t)draw(&state, top);
        EXPECT(!decode(word, sure, NEEDED, out, &bits));
        EXPECT(memcmp(out, word, N) == 0);
        EXPECT(!decode(word, sure, 1, out, &bits) || bits <= 16);
    }
}

static void test_without_anything_sure_nothing_is_told(void)
{
    uint32_t state = 7, bits = 0;
    uint8_t word[N], sure[8 * N], out[N];
    draw_codeword(&state, word);
    memset(sure, 0, sizeof sure);
    EXPECT(!decode(word, sure, NEEDED, out, &bits));
}

int main(void)
{
    test_doubtful_bits_are_corrected(9, 40);  /* plain decoding ends at 8 */
    test_doubtful_bits_are_corrected(16, 30);
    test_doubtful_bits_are_corrected(24, 20);
    test_a_word_of_no_code_has_no_evidence();
    test_without_anything_sure_nothing_is_told();
    return 0;
}
