/* Finder patterns of GS1 DataBar on a line, and the characters beside them. */
#ifndef BC_DATABAR_PAIRS_H
#define BC_DATABAR_PAIRS_H

#include "databar_store.h"

/* Votes for the omnidirectional and expanded characters of the line whose n elements begin at store->edge. */
void bc_databar_pairs(bc_databar_store *store, size_t n, uint32_t symbologies, uint16_t row);

#endif
