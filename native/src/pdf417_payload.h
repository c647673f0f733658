/* PDF417 and MicroPDF417 content from data codewords. */
#ifndef BC_PDF417_PAYLOAD_H
#define BC_PDF417_PAYLOAD_H

#include "bc.h"

#include <stdbool.h> /* bool */

/*
 * The content of n data codewords (ISO/IEC 15438, 5.4; ISO/IEC 24728, 5.4), the
 * length of the symbol left out and every one below 929: payload, segments,
 * identifier, structured append and reader_init of the symbol.  BC_FORMAT when
 * they break a rule or hold nothing, BC_UNSUPPORTED for the 2-D part of a
 * composite symbol and for the emulations of Code 128, BC_LIMIT.
 */
bc_status bc_pdf417_payload(const uint16_t *data, uint32_t n, bool micro, bc_symbol *symbol);

#endif
