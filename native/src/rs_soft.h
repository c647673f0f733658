/*
 * Reed–Solomon blocks by how sure each bit is: ordered statistics decoding
 * (M. P. C. Fossorier and S. Lin, 1995) of the code's binary image.  Where
 * single bits are wrong that look doubtful, as blur and noise make them, it
 * corrects about twice the codewords that decoding by codewords does.
 *
 * What it finds is always a codeword, so that all depends on the evidence: of
 * the 2^(mk) codewords, those whose differing bits are together as little sure
 * as the found one's, by chance, are at most
 *
 *   2^(mk) * exp(l * D) * product over all bits of (1 + exp(-l * s)) / 2
 *
 * for any l > 0 (Chernoff's bound), where s is a bit's sureness and D the sum
 * over those that differ.  Its negative logarithm is the evidence in bits.  It
 * holds however many codewords were tried.
 */
#ifndef BC_RS_SOFT_H
#define BC_RS_SOFT_H

#include "galois.h" /* bc_rs_block */

#include <stddef.h> /* size_t */

#define BC_SURENESS_MAX 127u

/* Check codewords of a block at most: what is solved grows with their cube.  QR has 30. */
#define BC_RS_SOFT_MAX_EC 30u

/* About 40 kB: from the arena. */
typedef struct bc_rs_soft_room bc_rs_soft_room;

size_t bc_rs_soft_room_size(void);

/*
 * Corrects the block in place to the likeliest codeword it finds.  With m bits a
 * codeword, sure[m * i] and on is how sure those of codeword i are, highest bit
 * first, 0 to BC_SURENESS_MAX.  False and the block untouched with less evidence
 * than needed_bits or with more check codewords than BC_RS_SOFT_MAX_EC; otherwise
 * *bits is how much there is.
 */
bool bc_rs_soft_correct(const bc_rs_block *block, const uint8_t *sure, uint32_t needed_bits,
                        bc_rs_soft_room *room, uint32_t *bits);

#endif
