/* GS1 DataBar limited: two characters and a check character on one line. */
#ifndef BC_DATABAR_LIMITED_H
#define BC_DATABAR_LIMITED_H

#include "databar.h"

/* Votes for the limited symbols of the line whose n elements begin at store->edge. */
void bc_databar_limited_line(bc_databar_store *store, size_t n, uint16_t row);

/* The next symbol with votes enough; it is taken out. */
bool bc_databar_limited_take(bc_databar_store *store, bc_databar_read *read);

#endif
