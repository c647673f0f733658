/*
 * Plain correction first, then generalised minimum distance decoding
 * (G. D. Forney, 1966): ever more erasures.  Damage that hides modules is for
 * these; blur and noise are for ordered statistics.
 */
#include "rs_block.h"

#include <string.h> /* memcpy */

/* A codeword whose every module is surer than this is never erased: darkness says nothing against it. */
#define ERASABLE 100u

/* The attempts on one block, half of its check codewords, may lie each: they share the evidence. */
#define ATTEMPTS_LOG2 4u

/* log2 of "n choose k" or a little more; k <= BC_RS_MAX_EC / 2. */
static uint32_t choose_bits(uint32_t n, uint32_t k)
{
    uint64_t product = 1;
    uint32_t bits = 0;
    for (uint32_t i = 0; i < k; i++) {
        product = (product * (n - i) + i) / (i + 1);
        for (; product >= UINT32_MAX; bits++)
            product = (product + 1) / 2;
    }
    for (; product > 1; bits++)
        product = (product + 1) / 2;
    return bits;
}

static uint32_t evidence_bits(const bc_rs_block *block, uint32_t erasure_n, uint32_t error_n)
{
    const uint32_t unspent = block->field->bits * (block->ec_n - erasure_n - error_n);
    const uint32_t chance = choose_bits(block->n - erasure_n, error_n) + (erasure_n > 0 ? ATTEMPTS_LOG2 : 0);
    return unspent > chance ? unspent - chance : 0;
}

static uint8_t least_of(const uint8_t *sure, uint32_t bits)
{
    uint8_t least = sure[0];
    for (uint32_t i = 1; i < bits; i++)
        least = sure[i] < least ? sure[i] : least;
    return least;
}

/* The indices of the codewords with the least certain modules, the worst first, at most block->ec_n. */
static uint32_t least_certain(const bc_rs_block *block, const uint8_t *sure, uint8_t order[BC_RS_MAX_EC])
{
    const uint32_t bits = block->field->bits;
    uint8_t least[BC_RS_MAX_EC];
    uint32_t n = 0;
    for (uint32_t i = 0; i < block->n; i++) {
        const uint8_t own = least_of(sure + bits * i, bits);
        if (own >= ERASABLE || (n == block->ec_n && own >= least[n - 1]))
            continue;
        uint32_t at = n < block->ec_n ? n++ : n - 1;
        for (; at > 0 && least[at - 1] > own; at--) {
            order[at] = order[at - 1];
            least[at] = least[at - 1];
        }
        order[at] = (uint8_t)i;
        least[at] = own;
    }
    return n;
}

/* An attempt is made on a copy, since what it finds may be too weak to be kept. */
static bool attempt(const bc_rs_block *block, const uint8_t *syndrome, const uint8_t *erasure,
                    uint32_t erasure_n, uint32_t spare, uint32_t *error_n)
{
    uint8_t copy[BC_RS_MAX_N];
    const bc_rs_block tried = {copy, block->n, block->ec_n, block->field};
    memcpy(copy, block->codeword, block->n);
    if (!bc_rs_correct(&tried, syndrome, erasure, erasure_n, error_n) ||
        2 * *error_n + erasure_n > block->ec_n - spare)
        return false;
    memcpy(block->codeword, copy, block->n);
    return true;
}

/* Ever more erasures until one attempt succeeds with the evidence needed. */
static bool erase(const bc_rs_block *block, const uint8_t *syndrome, const uint8_t *sure, uint32_t spare,
                  uint32_t needed_bits, uint32_t *bits, uint32_t *spent)
{
    /* Check codewords that no erasure may use up: without them too little evidence is left by erasures alone. */
    const uint32_t unerased = (needed_bits + ATTEMPTS_LOG2 + block->field->bits - 1) / block->field->bits;
    uint8_t order[BC_RS_MAX_EC], before[BC_RS_MAX_N];
    uint32_t error_n;
    if (block->ec_n <= unerased)
        return false;
    const uint32_t erasable = least_certain(block, sure, order), most = block->ec_n - unerased;
    memcpy(before, block->codeword, block->n);
    /* Two at a time, since an error costs two check codewords; the last number may be odd. */
    for (uint32_t n = 2; n <= most + 1; n += 2) {
        const uint32_t erasure_n = n < most ? n : most;
        if (erasure_n > erasable || !attempt(block, syndrome, order, erasure_n, spare, &error_n))
            continue;
        *bits = evidence_bits(block, erasure_n, error_n);
        *spent = 2 * error_n + erasure_n;
        if (*bits >= needed_bits)
            return true;
        memcpy(block->codeword, before, block->n);
    }
    return false;
}

static void worsen(bc_rs_evidence *evidence, uint32_t bits, float used, bool beyond)
{
    evidence->bits = bits < evidence->bits ? bits : evidence->bits;
    used = used < 1.0f ? used : 1.0f;
    evidence->ec_used = used > evidence->ec_used ? used : evidence->ec_used;
    evidence->beyond |= beyond;
}

bool bc_rs_correct_block(const bc_rs_block *block, const uint8_t *sure, uint32_t spare, bc_rs_effort effort,
                         uint32_t needed_bits, bc_rs_soft_room *room, bc_rs_evidence *evidence)
{
    const float capacity = block->ec_n > spare ? (float)(block->ec_n - spare) : 1.0f;
    uint8_t syndrome[BC_RS_MAX_EC];
    uint32_t error_n = 0, bits, spent;
    if (bc_rs_syndromes(block, syndrome) || attempt(block, syndrome, NULL, 0, spare, &error_n))
        worsen(evidence, evidence_bits(block, 0, error_n), (float)(2 * error_n) / capacity, false);
    else if (effort >= BC_RS_ERASURES && erase(block, syndrome, sure, spare, needed_bits, &bits, &spent))
        worsen(evidence, bits, (float)spent / capacity, true);
    else if (effort >= BC_RS_SOFT && bc_rs_soft_correct(block, sure, needed_bits, room, &bits))
        worsen(evidence, bits, 1.0f, true);
    else
        return false;
    return true;
}
