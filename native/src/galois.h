/*
 * Reed–Solomon over GF(256), polynomial x^8 + x^4 + x^3 + x^2 + 1 (0x11D), roots
 * from alpha^0 on, as QR and Micro QR have it (ISO/IEC 18004:2015, 7.5.2).
 */
#ifndef BC_GALOIS_H
#define BC_GALOIS_H

#include <stdbool.h> /* bool */
#include <stdint.h>  /* uint8_t, uint32_t */

#define BC_RS_MAX_N 255u /* codewords of a block: the nonzero elements of the field */
#define BC_RS_MAX_EC 30u /* check codewords of a block: the most that QR has */

/* alpha^power, power below 2 * 255. */
uint8_t bc_rs_alpha(uint32_t power);

/* A block as it stands in the symbol: highest power first, the check codewords last. */
typedef struct {
    uint8_t *codeword;
    uint32_t n, ec_n; /* ec_n <= BC_RS_MAX_EC, ec_n < n <= BC_RS_MAX_N */
} bc_rs_block;

/* The block's ec_n syndromes; true when all are 0: nothing to correct. */
bool bc_rs_syndromes(const bc_rs_block *block, uint8_t syndrome[BC_RS_MAX_EC]);

/*
 * Corrects the block in place from its syndromes, trusting nothing at the
 * erasure_n <= ec_n distinct indices in `erasure`.  True with *error_n the
 * number of codewords corrected elsewhere, 2 * *error_n + erasure_n <= ec_n;
 * false and the block untouched when no such correction exists.  Whether the
 * correction leaves margin enough is the caller's business.
 */
bool bc_rs_correct(const bc_rs_block *block, const uint8_t *syndrome, const uint8_t *erasure,
                   uint32_t erasure_n, uint32_t *error_n);

#endif
