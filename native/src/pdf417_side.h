/* Whether the left side of a MicroPDF417 symbol is where one of its rows seems to begin. */
#ifndef BC_PDF417_SIDE_H
#define BC_PDF417_SIDE_H

#include "pdf417_rap.h"
#include "pdf417_view.h"

/*
 * Whether the row that may begin at the view's origin has others above and
 * below: an edge with nothing but light before it, and edges where its first two
 * parts end.  Sets the scene's contrast.
 */
bool bc_side_is_edge(bc_view *view, float module);

/*
 * Whether the row address patterns there count up, or down, from row to row
 * (ISO/IEC 24728, 5.3).  `width` is that of the row's, px; `looks` is room.  Sets
 * the scene's contrast.
 */
bool bc_side_counts(bc_view *view, float width, bc_rap_looks *looks);

#endif
