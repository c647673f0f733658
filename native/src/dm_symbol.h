/* From the outline of a Data Matrix symbol to one that is read. */
#ifndef BC_DM_SYMBOL_H
#define BC_DM_SYMBOL_H

#include "dm_trial.h"

/* Reads the symbol of an outline seen on this layer, as bc_dm_read_trial does. */
bool bc_dm_try(bc_frame *frame, bc_dm_room *room, const bc_dm_outline *outline, size_t layer, bool inverted);

/*
 * The same for a symbol on something round, whose columns or rows differ in width:
 * its dotted sides are followed dot by dot.
 */
bool bc_dm_try_bent(bc_frame *frame, bc_dm_room *room, const bc_dm_outline *outline, size_t layer, bool inverted);

#endif
