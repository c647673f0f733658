/* Where a symbol lies, from its grid. */
#ifndef BC_PLACE_H
#define BC_PLACE_H

#include "bc.h"
#include "grid.h" /* bc_point */

/*
 * Fills corners, module_px and rotation_deg from a symbol's own top left, top
 * right, bottom right and bottom left in px of a layer, `scale` px of the image
 * each, and its columns and rows of modules.
 */
void bc_symbol_place(bc_symbol *symbol, const bc_point corner[4], float scale, uint32_t columns, uint32_t rows);

#endif
