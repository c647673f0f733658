/* Linear symbologies in a frame, DataBar among them: where they are, which lines cross them, what those agree on. */
#ifndef BC_LINEAR_H
#define BC_LINEAR_H

#include "frame.h"

/* Workspace that bc_linear_find takes beside the frame's own. */
size_t bc_linear_workspace(uint32_t width, uint32_t height);

/*
 * Adds the linear symbols of the frame that few lines over strips of bars read to its output, within the work that
 * is left.  Of what covers them afterwards, nothing needs to be looked for.
 */
void bc_linear_find_first(bc_frame *frame);

/* Adds those that need more, or are no strip; what the other kinds have read by then is passed over. */
void bc_linear_find(bc_frame *frame);

#endif
