/* Data codewords of Data Matrix to content: ISO/IEC 16022:2006, 5.2. */
#ifndef BC_DM_PAYLOAD_H
#define BC_DM_PAYLOAD_H

#include "bc.h"

/*
 * Fills identifier, append_*, reader_init, segments, length and payload from n
 * data codewords.  *padding_bits is the evidence that padding gives, 8 for each
 * pad codeword that is as it must be.
 *   BC_OK, BC_FORMAT (a rule is broken, padding among them), BC_LIMIT
 */
bc_status bc_dm_payload(const uint8_t *data, uint32_t n, bc_symbol *symbol, uint32_t *padding_bits);

#endif
