/*
 * Error correction of blocks with a margin against misreads.
 *
 * A word of n codewords, r of them check codewords, that has nothing to do with
 * a symbol passes for a damaged one with t errors beside e erasures with a
 * probability of C(n - e, t) * 256^(t + e - r).  Its logarithm is what is kept
 * as `bits`: the evidence that the correction is one.  Decoding by single
 * modules has evidence of its own kind (rs_soft.h).
 */
#ifndef BC_RS_BLOCK_H
#define BC_RS_BLOCK_H

#include "galois.h"  /* bc_rs_block */
#include "rs_soft.h" /* bc_rs_soft_room */

typedef struct {
    uint32_t bits; /* of the worst block */
    float ec_used; /* share of the correction capacity spent, in the worst block */
    bool beyond;   /* some block needed more than plain correction, of which many attempts were made */
} bc_rs_evidence;

/* Evidence before any block was looked at. */
#define BC_RS_EVIDENCE_START ((bc_rs_evidence){UINT32_MAX, 0.0f, false})

/* How far to go beyond plain correction; each includes the one before. */
typedef enum {
    BC_RS_PLAIN,
    BC_RS_ERASURES, /* the least certain codewords as erasures */
    BC_RS_SOFT      /* by how certain each module is: up to 0.3 ms for a block */
} bc_rs_effort;

/*
 * Corrects one block in place; sure[m * i] and on is how certain the m modules of
 * codeword i are.  `spare` check codewords are never spent.  Beyond plain
 * correction needed_bits of evidence are asked for.  Worsens *evidence to that
 * of this block if it is less.
 */
bool bc_rs_correct_block(const bc_rs_block *block, const uint8_t *sure, uint32_t spare, bc_rs_effort effort,
                         uint32_t needed_bits, bc_rs_soft_room *room, bc_rs_evidence *evidence);

#endif
