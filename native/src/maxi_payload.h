/* MaxiCode's codewords to content: ISO/IEC 16023:2000, 4.1 to 4.9, annexes A and B. */
#ifndef BC_MAXI_PAYLOAD_H
#define BC_MAXI_PAYLOAD_H

#include "bc.h"

/*
 * Reads the data codewords of a symbol: the ten of the primary message, then
 * those of the secondary one, n in all.  Fills payload, segments, identifier
 * and structured append.  BC_OK, BC_FORMAT or BC_LIMIT.
 */
bc_status bc_maxi_payload(const uint8_t *codeword, uint32_t n, bc_symbol *symbol);

#endif
