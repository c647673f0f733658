/* Data bits of an Aztec symbol to content: ISO/IEC 24778, 6.2. */
#ifndef BC_AZTEC_PAYLOAD_H
#define BC_AZTEC_PAYLOAD_H

#include "bc.h"

/*
 * Fills identifier, append_*, segments, length and payload from n bits, a byte
 * each.  BC_OK, BC_FORMAT (a rule is broken), BC_LIMIT.
 */
bc_status bc_aztec_payload(const uint8_t *bits, uint32_t n, bc_symbol *symbol);

#endif
