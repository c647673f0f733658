/* What the parts of a structured append share, as text. */
#ifndef BC_APPEND_ID_H
#define BC_APPEND_ID_H

#include "bc.h"

/* Puts a number into symbol->append_id, in decimal. */
void bc_append_id_number(bc_symbol *symbol, uint32_t number);

#endif
