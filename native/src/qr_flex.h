/* Grids of symbols that do not lie flat: bent by alignment patterns, then by the sides of all modules. */
#ifndef BC_QR_FLEX_H
#define BC_QR_FLEX_H

#include "bend.h"
#include "qr_fit.h"
#include "qr_patterns.h"
#include "sample.h"

/* Bends the grid to the alignment patterns that are found near where they should be, and to the n sides given. */
void bc_qr_bend_alignments(const bc_scene *scene, bc_bend_fit *fit, const bc_side *side, size_t n, bc_grid *grid);

/*
 * Bends the grid to the n sides given, and to those of modules that surely
 * differ from a neighbour or from the quiet zone; of modules whose column and
 * row add up to at most `limit`, since far from the three finder patterns the
 * grid may still be off by more than a module.
 */
void bc_qr_bend_modules(const bc_scene *scene, bc_bend_fit *fit, const bc_side *side, size_t n,
                        const uint8_t *darkness, uint32_t limit, bc_grid *grid);

#endif
