/* A symbol's content as it is written, byte by byte, with the character sets of its parts. */
#ifndef BC_PAYLOAD_H
#define BC_PAYLOAD_H

#include "bc.h"

#include <stdbool.h> /* bool */

typedef struct {
    bc_symbol *symbol;
    bc_status status; /* BC_OK until something does not fit: then BC_LIMIT, and nothing more is written */
} bc_payload;

/* Begins with nothing written; fields of the symbol that do not belong to the payload stay. */
static inline bc_payload bc_payload_begin(bc_symbol *symbol)
{
    symbol->length = 0;
    symbol->segment_n = 0;
    return (bc_payload){symbol, BC_OK};
}

static inline void bc_payload_put(bc_payload *out, uint8_t byte)
{
    if (out->symbol->length == BC_MAX_PAYLOAD)
        out->status = BC_LIMIT;
    else if (out->status == BC_OK)
        out->symbol->payload[out->symbol->length++] = byte;
}

/* From here on bytes are in the character set of this ECI number; what has no bytes of its own is forgotten. */
void bc_payload_eci(bc_payload *out, int32_t eci);

/*
 * The header "[)>RS0nGS" and the trailer "RS EOT" that a macro stands for
 * (ISO/IEC 15434, formats 05 and 06).
 */
void bc_payload_macro_begin(bc_payload *out, char number);
void bc_payload_macro_end(bc_payload *out);

/* Ends it: bytes before the first ECI, or all, are said to be in none.  BC_OK or BC_LIMIT. */
bc_status bc_payload_end(bc_payload *out);

#endif
