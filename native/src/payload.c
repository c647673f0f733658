#include "payload.h"

void bc_payload_eci(bc_payload *out, int32_t eci)
{
    bc_symbol *symbol = out->symbol;
    if (symbol->segment_n > 0 && symbol->segments[symbol->segment_n - 1].start == symbol->length)
        symbol->segment_n--;
    else if (symbol->segment_n == 0 && symbol->length > 0)
        symbol->segments[symbol->segment_n++] = (bc_segment){0, BC_ECI_NONE};
    if (symbol->segment_n > 0 && symbol->segments[symbol->segment_n - 1].eci == eci)
        return;
    if (symbol->segment_n == BC_MAX_SEGMENTS)
        out->status = BC_LIMIT;
    else
        symbol->segments[symbol->segment_n++] = (bc_segment){symbol->length, eci};
}

void bc_payload_macro_begin(bc_payload *out, char number)
{
    const char header[] = {'[', ')', '>', 0x1E, '0', number, 0x1D};
    for (size_t i = 0; i < sizeof header; i++)
        bc_payload_put(out, (uint8_t)header[i]);
}

void bc_payload_macro_end(bc_payload *out)
{
    bc_payload_put(out, 0x1E);
    bc_payload_put(out, 0x04);
}

bc_status bc_payload_end(bc_payload *out)
{
    bc_symbol *symbol = out->symbol;
    if (symbol->segment_n > 0 && symbol->segments[symbol->segment_n - 1].start == symbol->length)
        symbol->segment_n--;
    if (symbol->segment_n == 0 && symbol->length > 0)
        symbol->segments[symbol->segment_n++] = (bc_segment){0, BC_ECI_NONE};
    return out->status;
}
