/*
 * Reed–Solomon over GF(2^m) for codewords of up to 8 bits: errors and erasures.
 * Longer words, of Aztec: rs_words.h.
 */
#ifndef BC_GALOIS_H
#define BC_GALOIS_H

#include <stdbool.h> /* bool */
#include <stdint.h>  /* uint8_t, uint32_t */

#define BC_RS_MAX_N 255u /* codewords of a block: the nonzero elements of the largest field */
#define BC_RS_MAX_EC 68u /* check codewords of a block: the most that Data Matrix has; QR has 30 */

/* A field and where the roots of its code begin. */
typedef struct {
    const uint8_t *power; /* alpha^i, i below the order */
    const uint8_t *log;   /* of 1 and up */
    uint32_t order;       /* nonzero elements: the longest block */
    uint32_t bits;        /* of a codeword */
    uint32_t first;       /* the first root is alpha to this power, 0 or 1 */
} bc_rs_field;

extern const bc_rs_field bc_rs_qr;   /* 0x11D: QR, Micro QR (ISO/IEC 18004:2015, 7.5.2) */
extern const bc_rs_field bc_rs_dm;   /* 0x12D: Data Matrix (ISO/IEC 16022:2006, annex E) and Aztec's 8-bit words */
extern const bc_rs_field bc_rs_6bit; /* 0x43: Aztec's 6-bit words (ISO/IEC 24778, 7.2.2) */
extern const bc_rs_field bc_rs_4bit; /* 0x13: Aztec's mode message (ISO/IEC 24778, 7.2.3) */

/* A block as it stands in the symbol: highest power first, the check codewords last. */
typedef struct {
    uint8_t *codeword;
    uint32_t n, ec_n; /* ec_n <= BC_RS_MAX_EC, ec_n < n <= the field's order */
    const bc_rs_field *field;
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
