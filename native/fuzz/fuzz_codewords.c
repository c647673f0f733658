/*
 * Invariant: what Reed–Solomon decoding corrects has no syndromes left, differs
 * in no more places than it says and only within the capacity; what it refuses
 * is untouched; damage within the capacity is always put right; and what soft
 * decoding tells, however sure the bits, is a codeword, with the evidence asked
 * for or not at all.
 *
 * Bytes: check codewords, erasures, errors, then the codewords.
 */
#include "fuzz.h"

#include "galois.h"
#include "rs_soft.h"

#include <string.h> /* memcmp, memcpy */

typedef struct {
    uint8_t sent[BC_RS_MAX_N], received[BC_RS_MAX_N];
    uint8_t erasure[BC_RS_MAX_EC];
    uint32_t n, ec_n, erasure_n;
} trial;

/* The first `count` of a sequence that meets every place of n once: `step` has no divisor in common with n. */
static uint32_t place(uint32_t i, uint32_t n)
{
    uint32_t step = n / 2 + 1;
    for (uint32_t a = step, b = n; b != 0;) {
        const uint32_t rest = a % b;
        a = b;
        b = rest;
        if (b == 0 && a != 1)
            a = ++step, b = n;
    }
    return i * step % n;
}

static void decode(const trial *t, bool expected)
{
    uint8_t *codeword = fuzz_exactly(t->n), *erasure = fuzz_exactly(t->erasure_n), syndrome[BC_RS_MAX_EC];
    const bc_rs_block block = {codeword, t->n, t->ec_n, &bc_rs_qr};
    uint32_t error_n = 99, differing = 0;
    memcpy(codeword, t->received, t->n);
    memcpy(erasure, t->erasure, t->erasure_n);
    bc_rs_syndromes(&block, syndrome);
    const bool corrected = bc_rs_correct(&block, syndrome, erasure, t->erasure_n, &error_n);
    for (uint32_t i = 0; i < t->n; i++)
        differing += codeword[i] != t->received[i];
    HOLDS(corrected || differing == 0);
    HOLDS(!corrected || bc_rs_syndromes(&block, syndrome));
    HOLDS(!corrected || (2 * error_n + t->erasure_n <= t->ec_n && differing <= error_n + t->erasure_n));
    HOLDS(!expected || (corrected && memcmp(codeword, t->sent, t->n) == 0));
    free(codeword);
    free(erasure);
}

/* The word's own bytes, from the other end, say how sure its bits are. */
static void decode_softly(const trial *t, uint32_t needed)
{
    uint8_t *codeword = fuzz_exactly(t->n), *sure = fuzz_exactly(8 * t->n), syndrome[BC_RS_MAX_EC];
    bc_rs_soft_room *room = fuzz_exactly(bc_rs_soft_room_size());
    const bc_rs_block block = {codeword, t->n, t->ec_n, &bc_rs_qr};
    uint32_t bits = 0;
    memcpy(codeword, t->received, t->n);
    for (uint32_t i = 0; i < 8 * t->n; i++)
        sure[i] = (uint8_t)((t->received[t->n - 1 - i % t->n] + 37 * i) % (BC_SURENESS_MAX + 1));
    if (bc_rs_soft_correct(&block, sure, needed, room, &bits)) {
        HOLDS(bits >= needed && bits <= 8 * t->ec_n);
        HOLDS(bc_rs_syndromes(&block, syndrome));
    } else {
        HOLDS(memcmp(codeword, t->received, t->n) == 0);
    }
    free(codeword);
    free(sure);
    free(room);
}

/* Makes the check codewords: a codeword in which they alone are unknown. */
static void encode(trial *t)
{
    uint8_t syndrome[BC_RS_MAX_EC];
    uint32_t error_n;
    for (uint32_t i = 0; i < t->ec_n; i++)
        t->erasure[i] = (uint8_t)(t->n - 1 - i);
    const bc_rs_block block = {t->sent, t->n, t->ec_n, &bc_rs_qr};
    bc_rs_syndromes(&block, syndrome);
    HOLDS(bc_rs_correct(&block, syndrome, t->erasure, t->ec_n, &error_n) && error_n == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_bytes in = {data, size};
    trial t = {.ec_n = 1 + fuzz_byte(&in) % BC_RS_MAX_EC};
    t.erasure_n = fuzz_byte(&in) % (t.ec_n + 1);
    const uint32_t errors = fuzz_byte(&in) % ((t.ec_n - t.erasure_n) / 2 + 1);
    if (in.left <= t.ec_n)
        return 0;
    t.n = in.left < BC_RS_MAX_N ? (uint32_t)in.left : BC_RS_MAX_N;
    const uint32_t erasure_n = t.erasure_n;

    memcpy(t.received, in.at, t.n);
    memcpy(t.sent, in.at, t.n);
    for (uint32_t i = 0; i < erasure_n; i++)
        t.erasure[i] = (uint8_t)place(i, t.n);
    decode(&t, false);
    decode_softly(&t, errors);

    encode(&t);
    memcpy(t.received, t.sent, t.n);
    for (uint32_t i = 0; i < erasure_n; i++)
        t.erasure[i] = (uint8_t)place(i, t.n);
    for (uint32_t i = 0; i < erasure_n + errors && i < t.n; i++)
        t.received[place(i, t.n)] ^= in.at[i] != 0 ? in.at[i] : 1;
    decode(&t, true);
    decode_softly(&t, 20);
    return 0;
}
