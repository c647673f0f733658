/* Error correction of QR's blocks, and how much evidence they need. */
#ifndef BC_QR_BLOCKS_H
#define BC_QR_BLOCKS_H

#include "qr_codewords.h" /* bc_qr_codewords */
#include "qr_tables.h"    /* bc_qr_structure */
#include "rs_block.h"     /* bc_rs_correct_block */

/* Bits that a correction beyond the plain must have: of words that are none of the code one in 2^36 has them. */
#define BC_QR_BEYOND_BITS 36u

/*
 * Less than which no block may have, where other evidence is there for the
 * rest: padding, which is as good for the one block that it is in.
 */
#define BC_QR_LEAST_BITS 16u

/*
 * Corrects in place the blocks of a QR symbol that are not done yet; true when
 * all are.  It ends at the first that fails, with BC_RS_SOFT at the second
 * unless another could be corrected.  A symbol of one block needs
 * BC_QR_LEAST_BITS, the rest is for the caller to find; others need all in each
 * block.
 */
bool bc_qr_correct(const bc_qr_codewords *all, const bc_qr_structure *structure, bc_rs_effort effort,
                   bc_rs_soft_room *room, bool done[BC_QR_MAX_BLOCKS], bc_rs_evidence *evidence);

/* The data codewords in the order of the bit stream. */
void bc_qr_data(const bc_qr_codewords *all, const bc_qr_structure *structure, uint8_t *data);

/* Tells of each codeword, in the order of placement, whether its block is done: 0 or 1. */
void bc_qr_known_codewords(const bc_qr_structure *structure, const bool *done, uint8_t *known);

#endif
