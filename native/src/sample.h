/* From a fitted grid to the darkness of each module. */
#ifndef BC_SAMPLE_H
#define BC_SAMPLE_H

#include "arena.h"
#include "scene.h"

/* Buffers of one symbol's modules, columns * rows each, row by row. */
typedef struct {
    uint8_t *grey;      /* as seen, dark on light */
    uint8_t *sharp;     /* less what blur brought in from the neighbours */
    uint8_t *low, *high; /* dark and light around each module */
    uint8_t *row;       /* room for a row of either */
    uint8_t *darkness;
    uint32_t columns, rows; /* of what was sampled last */
} bc_sampled;

/* Takes room for symbols of up to so many columns, and so many modules; false when the arena is too small. */
bool bc_sampled_take(bc_arena *arena, uint32_t columns, size_t modules, bc_sampled *sampled);
size_t bc_sampled_workspace(uint32_t columns, size_t modules);

/* Reads the grey level of each module in its middle, or as a mean over five points of it. */
void bc_sample(const bc_scene *scene, const bc_grid *grid, uint32_t columns, uint32_t rows, bool five,
               bc_sampled *sampled);

/*
 * The same for a symbol on several grids: begun once, then columns `first` to
 * before `end` at a time, over a grid whose own first column is `from`.
 */
void bc_sample_begin(uint32_t columns, uint32_t rows, bc_sampled *sampled);
void bc_sample_columns(const bc_scene *scene, const bc_grid *grid, uint32_t from, uint32_t first, uint32_t end,
                       bool five, bc_sampled *sampled);

/* How blurred a picture is taken to be along rows and along columns: 0 not, each step more by about 0.15 module. */
#define BC_BLUR_LEVELS 4u
typedef struct {
    uint8_t across, down;
} bc_blur;

/* Darkness from grey: against black and white around each module, after taking blur back. */
void bc_darken(bc_blur blur, bc_sampled *sampled);

#endif
