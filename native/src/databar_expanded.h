/* GS1 DataBar expanded and expanded stacked: up to 22 characters to element strings. */
#ifndef BC_DATABAR_EXPANDED_H
#define BC_DATABAR_EXPANDED_H

#include "databar.h"

/* The next symbol that the store's characters make; they are taken out. */
bool bc_databar_expanded_take(bc_databar_store *store, bc_databar_read *read);

#endif
