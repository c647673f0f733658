/*
 * Reed–Solomon over GF(2^m) for words of up to 12 bits and any number of check
 * words, roots from alpha^1 on, as Aztec has it (ISO/IEC 24778, 7.2.2).  For words
 * of up to 8 bits with few check words galois.h does more.
 */
#ifndef BC_RS_WORDS_H
#define BC_RS_WORDS_H

#include "arena.h"

#include <stdbool.h> /* bool */
#include <stdint.h>  /* uint16_t, uint32_t */

/* Powers and logarithms of a field; its memory is the arena's that it was made in. */
typedef struct {
    uint16_t *power; /* alpha^i for i below twice the order */
    uint16_t *log;   /* of 1 and up */
    uint32_t order;  /* 2^m - 1: nonzero elements, and the longest block */
} bc_word_field;

/* Workspace of a field of words of so many bits. */
size_t bc_word_field_workspace(uint32_t bits);

/*
 * Makes the field of words of 6, 8, 10 or 12 bits, with the polynomials 0x43,
 * 0x12D, 0x409 and 0x1069; false for other sizes or when the arena is too small.
 */
bool bc_word_field_make(bc_word_field *field, uint32_t bits, bc_arena *arena);

/* A block as it stands in the symbol: highest power first, the check words last; ec_n < n <= the field's order. */
typedef struct {
    uint16_t *word;
    uint32_t n, ec_n;
} bc_words;

/* Workspace that bc_words_correct takes and gives back. */
size_t bc_words_workspace(uint32_t ec_n);

/*
 * Corrects the block in place, trusting nothing at the erasure_n <= ec_n distinct
 * indices in `erasure`.  True with *error_n the number of words corrected
 * elsewhere, 2 * *error_n + erasure_n <= ec_n; false and the block untouched when
 * no such correction exists.  Whether that leaves margin enough is the caller's
 * business.
 */
bool bc_words_correct(const bc_word_field *field, const bc_words *block, const uint16_t *erasure, uint32_t erasure_n,
                      bc_arena *arena, uint32_t *error_n);

#endif
