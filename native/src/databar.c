/* What the characters collected from scan lines make together. */
#include "databar.h"

#include <string.h> /* memset */

void bc_databar_clear(bc_databar_store *store)
{
    memset(store->candidate_n, 0, sizeof store->candidate_n);
    store->limited_n = 0;
    store->seen = 0;
}

void bc_databar_line(bc_databar_store *store, const bc_elements *line, uint32_t symbologies, uint16_t row)
{
    (void)store;
    (void)line;
    (void)symbologies;
    (void)row;
}

bool bc_databar_assemble(bc_databar_store *store, bc_databar_read *read)
{
    (void)read;
    store->seen = 0;
    return false;
}
