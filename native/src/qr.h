/* QR, Micro QR and rMQR symbols in a frame. */
#ifndef BC_QR_H
#define BC_QR_H

#include "frame.h"

/* Workspace that bc_qr_find takes beside the frame's own. */
size_t bc_qr_find_workspace(uint32_t width, uint32_t height);

/* Adds the QR, Micro QR and rMQR symbols of the frame to its output, within the work that is left. */
void bc_qr_find(bc_frame *frame);

#endif
