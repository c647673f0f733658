/* From a fitted grid to the darkness of each module. */
#ifndef BC_QR_SAMPLE_H
#define BC_QR_SAMPLE_H

#include "arena.h"
#include "qr_fit.h"

/* Buffers of one symbol's modules, size * size each. */
typedef struct {
    uint8_t *grey;      /* as seen, dark on light */
    uint8_t *sharp;     /* less what blur brought in from the neighbours */
    uint8_t *low, *high; /* dark and light around each module */
    uint8_t *row;       /* room for a row of either */
    uint8_t *darkness;
} bc_qr_sampled;

/* Takes room for symbols of up to `size` modules a side; false when the arena is too small. */
bool bc_qr_sampled_take(bc_arena *arena, uint32_t size, bc_qr_sampled *sampled);
size_t bc_qr_sampled_workspace(uint32_t size);

/* Reads the grey level of each module in its middle, or as a mean over five points of it. */
void bc_qr_sample(const bc_qr_scene *scene, const bc_grid *grid, bool five, bc_qr_sampled *sampled);

/* How blurred a picture is taken to be along rows and along columns: 0 not, each step more by about 0.15 module. */
#define BC_BLUR_LEVELS 4u
typedef struct {
    uint8_t across, down;
} bc_qr_blur;

/* Darkness from grey: against black and white around each module, after taking blur back. */
void bc_qr_darken(uint32_t size, bc_qr_blur blur, bc_qr_sampled *sampled);

#endif
