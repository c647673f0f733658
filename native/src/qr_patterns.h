/* The modules of QR and Micro QR symbols that are the same in every one of a size. */
#ifndef BC_QR_PATTERNS_H
#define BC_QR_PATTERNS_H

#include <stdbool.h> /* bool */
#include <stddef.h>  /* size_t */
#include <stdint.h>  /* uint8_t, uint16_t, uint32_t */

enum { BC_MODULE_UNKNOWN = 0, BC_MODULE_LIGHT = 1, BC_MODULE_DARK = 2 };

/* Alignment patterns lie on the crossings of at most this many columns and rows (version 40). */
#define BC_ALIGNMENTS_MAX 7u

/* The columns (and rows) of the middles of alignment patterns of a QR symbol; how many there are. */
size_t bc_qr_alignments(uint32_t size, uint8_t *column);

/* Whether an alignment pattern lies where two of n columns cross: not where finder patterns are. */
bool bc_qr_alignment_at(size_t i, size_t j, size_t n);

/* Fills size * size modules with what every symbol of this size shows there, alignment patterns only if asked for. */
void bc_qr_pattern(uint32_t size, bool alignments, uint8_t *module);
void bc_micro_qr_pattern(uint32_t size, uint8_t *module);

/* A side between two fixed modules of different colour, in half modules from the symbol's outer top left corner. */
typedef struct {
    uint16_t u2, v2;
    uint8_t upright;    /* the side is a piece of a column's edge, so that it tells u */
    uint8_t dark_first; /* dark on the left of it, or above */
} bc_qr_side;

/* All sides of the fixed modules; the quiet zone counts as light.  At most cap of them. */
size_t bc_qr_sides(uint32_t size, const uint8_t *module, bc_qr_side *side, size_t cap);

/* Version 40 has 1,201. */
#define BC_QR_SIDES_MAX 1280u

#endif
