/* The middle of an Aztec symbol seen in the eight ways that it may lie. */
#ifndef BC_AZTEC_TURN_H
#define BC_AZTEC_TURN_H

#include "aztec_modules.h"

/* The middle as it is seen when turned by quarters and mirrored. */
void bc_aztec_turned(const uint8_t *from, uint32_t quarter, bool mirrored, uint8_t *to);

/* The mode message in whichever turn it is whole, with the fewest errors; the turn in *quarter and *mirrored. */
bool bc_aztec_find_mode(const uint8_t *darkness, bc_aztec_mode *mode, uint32_t *quarter, bool *mirrored);

#endif
