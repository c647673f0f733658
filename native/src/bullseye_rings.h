/* MaxiCode's rings in a row of a layer. */
#ifndef BC_BULLSEYE_RINGS_H
#define BC_BULLSEYE_RINGS_H

#include "bullseye_runs.h"
#include "bullseyes.h"

/* Whether what is there is known as all of these kinds. */
bool bc_bullseye_known(const bc_bullseyes *found, const bc_bullseye *new);

/* Adds it, or notes in the frame that there was no more room. */
void bc_bullseye_add(bc_frame *frame, bc_bullseyes *found, const bc_bullseye *new);

/* Adds the rings whose middle the five runs of a row from edge i on may cross. */
void bc_rings_at(bc_frame *frame, size_t layer, const bc_row_runs *row, size_t i, bc_bullseyes *found);

/* Adds the rings that are together the dark run of the row from edge i on; `part` has room as the row has. */
void bc_rings_in_dark(bc_frame *frame, size_t layer, const bc_row_runs *row, size_t i, bc_row_runs *part,
                      bc_bullseyes *found);

#endif
