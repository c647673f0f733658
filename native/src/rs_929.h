/*
 * Reed–Solomon over GF(929), the prime field of PDF417 (ISO/IEC 15438, 5.10):
 * roots 3^1, 3^2 and on.  Fields of characteristic two: galois.h.
 */
#ifndef BC_RS_929_H
#define BC_RS_929_H

#include "arena.h"

#include <stdbool.h> /* bool */
#include <stdint.h>  /* uint16_t, uint32_t */

#define BC_RS_929_MAX_EC 512u

/* Workspace that bc_rs_929_correct takes and gives back. */
size_t bc_rs_929_workspace(uint32_t ec_n);

/*
 * Corrects n codewords, below 929 each, in place, the last ec_n of them check
 * codewords, trusting nothing at the erasure_n <= ec_n distinct indices in
 * `erasure`; ec_n < n < 929, ec_n <= BC_RS_929_MAX_EC.  True with *error_n the
 * number of codewords corrected elsewhere, 2 * *error_n + erasure_n <= ec_n;
 * false and the codewords untouched when no such correction exists.  Whether
 * that leaves margin enough is the caller's business.
 */
bool bc_rs_929_correct(uint16_t *codeword, uint32_t n, uint32_t ec_n, const uint16_t *erasure, uint32_t erasure_n,
                       bc_arena *arena, uint32_t *error_n);

#endif
