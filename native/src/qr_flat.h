/* Symbols that are the picture: drawn by a program, upright, a few px a module, with hardly a quiet zone. */
#ifndef BC_QR_FLAT_H
#define BC_QR_FLAT_H

#include "frame.h"
#include "qr_symbol.h"

/* Reads the one QR, Micro QR or rMQR symbol that fills a small picture and keeps it in the frame's output. */
bool bc_qr_flat_try(bc_frame *frame, bc_qr_room *room);

#endif
