/* Numeric compaction of PDF417 (ISO/IEC 15438, 5.4.4). */
#ifndef BC_PDF417_NUMERIC_H
#define BC_PDF417_NUMERIC_H

#include <stdint.h> /* uint16_t, uint32_t */

#define BC_PDF417_GROUP 15u  /* codewords of a group, of up to 44 digits behind a 1 */
#define BC_PDF417_DIGITS 45u /* 900^15 has so many */

/*
 * A group of at most BC_PDF417_GROUP codewords below 900 as decimal digits, the
 * leading 1 taken off; how many.  0 when there is no such 1.
 */
uint32_t bc_pdf417_digits(const uint16_t *codeword, uint32_t n, char digit[BC_PDF417_DIGITS]);

#endif
