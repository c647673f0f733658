/* GS1 DataBar omnidirectional, truncated, stacked and stacked omnidirectional: four characters to a GTIN. */
#ifndef BC_DATABAR_OMNI_H
#define BC_DATABAR_OMNI_H

#include "databar.h"

/* The next symbol that the store's characters make; they are taken out. */
bool bc_databar_omni(bc_databar_store *store, bc_databar_read *read);

/* "01" and the 14 digits of a GTIN without its check digit, which is added; for limited as well. */
void bc_databar_gtin(bc_databar_read *read, uint64_t value);

#endif
