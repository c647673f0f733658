/* PDF417 and MicroPDF417 symbols in a frame. */
#ifndef BC_PDF417_H
#define BC_PDF417_H

#include "frame.h"

/* Workspace that bc_pdf417_find takes beside the frame's own. */
size_t bc_pdf417_find_workspace(uint32_t width, uint32_t height);

/* Adds the PDF417 and MicroPDF417 symbols of the frame to its output, within the work that is left. */
void bc_pdf417_find(bc_frame *frame);

/*
 * Finds MicroPDF417 whose rows run aslant against their bars, where nothing was
 * read yet: after all others, for it costs the most.
 */
void bc_pdf417_find_turned(bc_frame *frame);

#endif
