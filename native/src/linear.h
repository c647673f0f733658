/* Linear symbologies in a frame, DataBar among them: where they are, which lines cross them, what those agree on. */
#ifndef BC_LINEAR_H
#define BC_LINEAR_H

#include "frame.h"

/* Workspace that bc_linear_find takes beside the frame's own. */
size_t bc_linear_workspace(uint32_t width, uint32_t height);

/* Adds the linear symbols of the frame to its output, within the work that is left. */
void bc_linear_find(bc_frame *frame);

#endif
