/* MaxiCode's rings in a row of a layer. */
#ifndef BC_BULLSEYE_RINGS_H
#define BC_BULLSEYE_RINGS_H

#include "bullseyes.h"

/* Whether what is there is known as all of these kinds. */
bool bc_bullseye_known(const bc_bullseyes *found, const bc_bullseye *new);

/* Adds it, or notes in the frame that there was no more room. */
void bc_bullseye_add(bc_frame *frame, bc_bullseyes *found, const bc_bullseye *new);

/*
 * Adds the rings whose middle the five runs from edge[i] on, of row y with n
 * edges, may cross.  `kind` is what the row's runs may be (bullseye_runs.h).
 */
void bc_rings_at(bc_frame *frame, size_t layer, const uint16_t *edge, const uint8_t *kind, size_t n, size_t i,
                 uint32_t y, bc_bullseyes *found);

#endif
