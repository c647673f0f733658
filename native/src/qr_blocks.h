/*
 * Error correction of blocks with a margin against misreads.
 *
 * A word of n codewords, r of them check codewords, that has nothing to do with
 * a symbol passes for a damaged one with t errors beside e erasures with a
 * probability of C(n - e, t) * 256^(t + e - r).  Its logarithm is what is kept
 * as `bits`: the evidence that the correction is one.  Decoding by single
 * modules has evidence of its own kind (rs_soft.h).
 */
#ifndef BC_QR_BLOCKS_H
#define BC_QR_BLOCKS_H

#include "galois.h"       /* bc_rs_block */
#include "qr_codewords.h" /* bc_qr_codewords */
#include "qr_tables.h"    /* bc_qr_structure */
#include "rs_soft.h"      /* bc_rs_soft_room */

typedef struct {
    uint32_t bits; /* of the worst block */
    float ec_used; /* share of the correction capacity spent, in the worst block */
    bool beyond;   /* some block needed more than plain correction, of which many attempts were made */
} bc_qr_evidence;

/* Bits that a correction beyond the plain must have: of words that are none of the code one in 2^36 has them. */
#define BC_QR_BEYOND_BITS 36u

/*
 * Less than which no block may have, where other evidence is there for the
 * rest: padding, which is as good for the one block that it is in.
 */
#define BC_QR_LEAST_BITS 16u

/* How far to go beyond plain correction; each includes the one before. */
typedef enum {
    BC_QR_PLAIN,
    BC_QR_ERASURES, /* the least certain codewords as erasures */
    BC_QR_SOFT      /* by how certain each module is: up to 0.3 ms for a block */
} bc_qr_effort;

/*
 * Corrects one block in place; sure[8 * i] and on is how certain the modules of
 * codeword i are.  `spare` check codewords are never spent.  Beyond plain
 * correction needed_bits of evidence are asked for.  Worsens *evidence to that
 * of this block if it is less.
 */
bool bc_qr_correct_block(const bc_rs_block *block, const uint8_t *sure, uint32_t spare, bc_qr_effort effort,
                         uint32_t needed_bits, bc_rs_soft_room *room, bc_qr_evidence *evidence);

/*
 * Corrects in place the blocks of a QR symbol that are not done yet; true when
 * all are.  It ends at the first that fails, with BC_QR_SOFT at the second
 * unless another could be corrected.  A symbol of one block needs
 * BC_QR_LEAST_BITS, the rest is for the caller to find; others need all in each
 * block.
 */
bool bc_qr_correct(const bc_qr_codewords *all, const bc_qr_structure *structure, bc_qr_effort effort,
                   bc_rs_soft_room *room, bool done[BC_QR_MAX_BLOCKS], bc_qr_evidence *evidence);

/* The data codewords in the order of the bit stream. */
void bc_qr_data(const bc_qr_codewords *all, const bc_qr_structure *structure, uint8_t *data);

/* Tells of each codeword, in the order of placement, whether its block is done: 0 or 1. */
void bc_qr_known_codewords(const bc_qr_structure *structure, const bool *done, uint8_t *known);

/* Evidence before any block was looked at. */
#define BC_QR_EVIDENCE_START ((bc_qr_evidence){UINT32_MAX, 0.0f, false})

#endif
