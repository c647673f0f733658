/* MaxiCode's rings in a row of a layer. */
#ifndef BC_BULLSEYE_RINGS_H
#define BC_BULLSEYE_RINGS_H

#include "bullseyes.h"

/* Whether what is there is known as all of these kinds. */
bool bc_bullseye_known(const bc_bullseyes *found, const bc_bullseye *new);

/* Adds the rings around the middles that row y, with n edges, may cross. */
void bc_rings_in_row(bc_frame *frame, size_t layer, const uint16_t *edge, size_t n, uint32_t y, bc_bullseyes *found);

#endif
