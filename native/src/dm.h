/* Data Matrix symbols in a frame. */
#ifndef BC_DM_H
#define BC_DM_H

#include "frame.h"

/* Workspace that bc_dm_find takes beside the frame's own. */
size_t bc_dm_find_workspace(uint32_t width, uint32_t height);

/* Adds the Data Matrix symbols of the frame to its output, within the work that is left. */
void bc_dm_find(bc_frame *frame);

#endif
