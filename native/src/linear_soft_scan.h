/* Soft reading of a strip that no line of edges gave a read of. */
#ifndef BC_LINEAR_SOFT_SCAN_H
#define BC_LINEAR_SOFT_SCAN_H

#include "linear_scan.h"

/* Workspace that bc_scan_soft takes and gives back. */
size_t bc_scan_soft_workspace(void);

/*
 * Reads lines of the strip softly and lets them vote with those before, whose
 * numbers end at line - 1.  False when the work is spent.
 */
bool bc_scan_soft(bc_scanner *scanner, const bc_strip *strip, const bc_line_plan *plan, uint32_t line);

#endif
