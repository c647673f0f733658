/* Data codewords of Data Matrix to content: ISO/IEC 16022:2006, 5.2. */
#ifndef BC_DM_PAYLOAD_H
#define BC_DM_PAYLOAD_H

#include "bc.h"

#include <stdbool.h> /* bool */

/* What the padding behind the content says: 8 bits of evidence for each codeword that is as it must be. */
typedef struct {
    uint32_t bits;
    bool wrong; /* some is not */
} bc_dm_padding;

/*
 * Fills identifier, append_*, reader_init, segments, length and payload from n
 * data codewords.
 *   BC_OK, BC_FORMAT (a rule is broken), BC_LIMIT
 */
bc_status bc_dm_payload(const uint8_t *data, uint32_t n, bc_symbol *symbol, bc_dm_padding *padding);

#endif
