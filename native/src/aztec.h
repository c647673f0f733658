/* Aztec symbols in a frame. */
#ifndef BC_AZTEC_H
#define BC_AZTEC_H

#include "frame.h"

/* Workspace that bc_aztec_find takes beside the frame's own. */
size_t bc_aztec_find_workspace(uint32_t width, uint32_t height);

/* Adds the Aztec symbols of the frame to its output, within the work that is left. */
void bc_aztec_find(bc_frame *frame);

#endif
