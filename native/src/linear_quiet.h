/* Whether the quiet zones of a read are as light as its spaces. */
#ifndef BC_LINEAR_QUIET_H
#define BC_LINEAR_QUIET_H

#include "linear_line.h"

/*
 * Edges tell a quiet zone by its width alone, and a card or a shadow over half
 * a symbol is as even as paper.  False when a place next to the symbol, as far
 * as its symbology's quiet zone reaches, is darker than the spaces are near
 * that end.  The image's border ends the look.
 */
bool bc_quiet_is_light(const bc_profile *profile, const bc_line *line, const bc_line_read *found);

#endif
