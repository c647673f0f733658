/* Tables of PDF417 (ISO/IEC 15438) and MicroPDF417 (ISO/IEC 24728). */
#ifndef BC_PDF417_TABLES_H
#define BC_PDF417_TABLES_H

#include <stdint.h> /* uint8_t, uint16_t, uint32_t */

#define BC_PDF417_CLUSTERS 3u /* named 0, 3 and 6 in the standard; here 0, 1 and 2 */
#define BC_PDF417_VALUES 929u
#define BC_PDF417_MODULES 17u /* of a symbol character */
#define BC_PDF417_MAX_CODEWORDS 929u /* 928 that a symbol may have, and room for one that has not */
#define BC_PDF417_RAPS 52u
#define BC_PDF417_RAP_MODULES 10u
#define BC_PDF417_VARIANTS 34u

/* The low 16 of a symbol character's 17 modules, the first in the highest bit, 1 dark; the one left out is dark. */
extern const uint16_t bc_pdf417_pattern[BC_PDF417_CLUSTERS][BC_PDF417_VALUES];

/*
 * Row address patterns: 10 modules, the first in the highest bit; those at the
 * sides, then those in the middle.  The standard counts them from 1.
 */
extern const uint16_t bc_pdf417_rap[2][BC_PDF417_RAPS];

/* The same by their elements: each with the next, in modules, 4 bits a pair, the first pair in the highest. */
extern const uint32_t bc_pdf417_rap_pairs[2][BC_PDF417_RAPS];

/* A size of MicroPDF417. */
typedef struct {
    uint8_t columns, rows, ec_n;
    uint8_t left, middle, right; /* row address patterns of the first row, from 0 */
    uint8_t cluster;             /* of the first row */
} bc_micro_variant;

extern const bc_micro_variant bc_pdf417_variant[BC_PDF417_VARIANTS];

#endif
