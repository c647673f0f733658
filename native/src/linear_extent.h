/* How far a symbol reaches along its bars: its four corners from one line that read it. */
#ifndef BC_LINEAR_EXTENT_H
#define BC_LINEAR_EXTENT_H

#include "linear_line.h"

/*
 * The corners of the symbol `found` on a line whose profile and elements these
 * are, in the order of bc_symbol.corners: left is where reading begins.
 */
void bc_linear_corners(const bc_frame *frame, uint32_t layer, const bc_profile *profile, const bc_line *line,
                       const bc_line_read *found, float *corners);

#endif
