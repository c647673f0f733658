/* Fitting a symbol's grid to grey pixels by what every symbol shows: finder, timing and alignment patterns. */
#ifndef BC_QR_FIT_H
#define BC_QR_FIT_H

#include "grid.h"
#include "scene.h"
#include "sides.h"

#include <stdbool.h> /* bool */
#include <stddef.h>  /* size_t */

#define BC_FINDER_SAMPLES (33u * 33u)

/* Share of the modules of both timing patterns, in row and column `at`, that differ from neighbours as they should. */
float bc_qr_timing(const bc_scene *scene, const bc_grid *grid, uint32_t first, uint32_t at);

/* The same of one of them, of QR symbols: the column (down) or the row. */
float bc_qr_timing_line(const bc_scene *scene, const bc_grid *grid, bool down);

/*
 * Looks for the finder pattern whose top left corner should be at *u, *v within
 * 4 modules, however damaged; false when none stands out, else its place.
 * `sample` is room for BC_FINDER_SAMPLES.
 */
bool bc_qr_find_finder(const bc_scene *scene, const bc_grid *grid, float *sample, float *u, float *v);

/*
 * Looks for an alignment pattern whose middle should be at u, v within `reach`
 * modules; false when none stands out, else its place in modules.
 */
bool bc_qr_find_alignment(const bc_scene *scene, const bc_grid *grid, float reach, float *u, float *v);

/* Light less dark over the three finder patterns of a grid: what contrast should be, not less than 1. */
float bc_qr_contrast(const bc_scene *scene, const bc_grid *grid);

#endif
