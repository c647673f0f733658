/* PDF417 from codewords, each with how sure it is, to content: correction with a margin, then the payload. */
#ifndef BC_PDF417_CODEWORDS_H
#define BC_PDF417_CODEWORDS_H

#include "arena.h"
#include "bc.h"

#include <stdbool.h> /* bool */

/* A symbol's codewords in their order, below 929 each. */
typedef struct {
    const uint16_t *value;
    const uint8_t *sure; /* 0 to 255 */
    uint32_t n, ec_n;
    bool micro;          /* MicroPDF417: no codeword tells the length */
} bc_pdf417_words;

size_t bc_pdf417_words_workspace(void);

/*
 * Corrects a copy of the codewords and reads it into the symbol: payload,
 * identifier and ec_used.  BC_CHECKSUM when too little of the correction would
 * be left over to trust it.
 */
bc_status bc_pdf417_read_words(const bc_pdf417_words *words, bc_arena *arena, bc_symbol *symbol);

#endif
