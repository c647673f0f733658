/* QR's blocks among its codewords: where each one's stand, and in which order they are corrected. */
#include "qr_blocks.h"

#include <string.h> /* memcpy */

#define MAX_BLOCK 153u /* codewords of QR's longest block, in 23-L and others */

static uint32_t data_of(const bc_qr_structure *s, uint32_t b)
{
    return s->short_data + (b < s->short_n ? 0u : 1u);
}

/* Where codeword i of block b stands among all: data codewords interleaved, then check codewords (7.6). */
static uint32_t interleaved(const bc_qr_structure *s, uint32_t b, uint32_t i)
{
    const uint32_t data_n = data_of(s, b);
    if (i < s->short_data)
        return i * s->block_n + b;
    if (i < data_n) /* the one more of the longer blocks, which come last */
        return (uint32_t)s->short_data * s->block_n + b - s->short_n;
    return s->data_n + (i - data_n) * s->block_n + b;
}

static bool correct_one(const bc_qr_codewords *all, const bc_qr_structure *structure, uint32_t b,
                        bc_rs_effort effort, bc_rs_soft_room *room, bc_rs_evidence *evidence)
{
    const uint32_t needed = structure->block_n == 1 ? BC_QR_LEAST_BITS : BC_QR_BEYOND_BITS;
    uint8_t value[MAX_BLOCK], sure[8 * MAX_BLOCK];
    const bc_rs_block block = {value, data_of(structure, b) + structure->ec_n, structure->ec_n, &bc_rs_qr};
    for (uint32_t i = 0; i < block.n; i++) {
        const uint32_t at = interleaved(structure, b, i);
        value[i] = all->value[at];
        memcpy(sure + 8 * i, all->sure + 8 * at, 8);
    }
    if (!bc_rs_correct_block(&block, sure, structure->spare, effort, needed, room, evidence))
        return false;
    for (uint32_t i = 0; i < block.n; i++)
        all->value[interleaved(structure, b, i)] = value[i];
    return true;
}

bool bc_qr_correct(const bc_qr_codewords *all, const bc_qr_structure *structure, bc_rs_effort effort,
                   bc_rs_soft_room *room, bool done[BC_QR_MAX_BLOCKS], bc_rs_evidence *evidence)
{
    uint32_t done_n = 0, failed_n = 0;
    for (uint32_t b = 0; b < structure->block_n; b++) {
        done[b] = done[b] || correct_one(all, structure, b, effort, room, evidence);
        done_n += done[b];
        failed_n += !done[b];
        if (failed_n > 0 && (effort < BC_RS_SOFT || (failed_n == 2 && done_n == 0)))
            return false;
    }
    return failed_n == 0;
}

void bc_qr_data(const bc_qr_codewords *all, const bc_qr_structure *structure, uint8_t *data)
{
    for (uint32_t b = 0; b < structure->block_n; b++)
        for (uint32_t i = 0; i < data_of(structure, b); i++)
            *data++ = all->value[interleaved(structure, b, i)];
}

void bc_qr_known_codewords(const bc_qr_structure *structure, const bool *done, uint8_t *known)
{
    for (uint32_t b = 0; b < structure->block_n; b++)
        for (uint32_t i = 0; i < data_of(structure, b) + structure->ec_n; i++)
            known[interleaved(structure, b, i)] = done[b];
}
