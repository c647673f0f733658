/* The modules of QR and Micro QR symbols that are the same in every one of a size. */
#ifndef BC_QR_PATTERNS_H
#define BC_QR_PATTERNS_H

#include "sides.h" /* BC_MODULE_LIGHT and its like */

#include <stdbool.h> /* bool */
#include <stddef.h>  /* size_t */
#include <stdint.h>  /* uint8_t, uint32_t */

/* Alignment patterns lie on the crossings of at most this many columns and rows (version 40). */
#define BC_ALIGNMENTS_MAX 7u

/* The columns (and rows) of the middles of alignment patterns of a QR symbol; how many there are. */
size_t bc_qr_alignments(uint32_t size, uint8_t *column);

/* Whether an alignment pattern lies where two of n columns cross: not where finder patterns are. */
bool bc_qr_alignment_at(size_t i, size_t j, size_t n);

/* Fills size * size modules with what every symbol of this size shows there, alignment patterns only if asked for. */
void bc_qr_pattern(uint32_t size, bool alignments, uint8_t *module);
void bc_micro_qr_pattern(uint32_t size, uint8_t *module);

/* Version 40 has 1,201. */
#define BC_QR_SIDES_MAX 1280u

#endif
