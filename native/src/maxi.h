/* MaxiCode symbols in a frame. */
#ifndef BC_MAXI_H
#define BC_MAXI_H

#include "frame.h"

/* Workspace that bc_maxi_find takes beside the frame's own. */
size_t bc_maxi_find_workspace(uint32_t width, uint32_t height);

/* Adds the MaxiCode symbols of the frame to its output, within the work that is left. */
void bc_maxi_find(bc_frame *frame);

#endif
