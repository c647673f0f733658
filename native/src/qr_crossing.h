/* What a line through a finder pattern's middle crosses: five elements, 1:1:3:1:1 (ISO/IEC 18004:2015, 12 b). */
#ifndef BC_QR_CROSSING_H
#define BC_QR_CROSSING_H

#include "bit_matrix.h"

#include <stdbool.h> /* bool */
#include <stdint.h>  /* int32_t */

/* Runs of five elements along a line: edge[0] to edge[5], in steps from the middle pixel. */
typedef struct {
    float edge[6];
} bc_crossing;

/*
 * The five elements along a direction (-1 to 1 px a step each way) through the
 * pixel x, y of the middle, whose colour is `dark`; no run longer than `most`
 * steps, the middle 3 times that, nor spaces than the middle.  False when they
 * are not there: then only the middle's edges, [2] and [3], are told, as far as
 * it was followed.
 */
bool bc_qr_cross(const bc_bits *bits, int32_t x, int32_t y, int32_t dx, int32_t dy, bool dark, int32_t most,
                 bc_crossing *out);

/*
 * Whether a crossing is 1:1:3:1:1, with room for what rounding does to short
 * diagonals; *module is the length of one in steps.
 */
bool bc_qr_fits(const bc_crossing *c, float *module);

#endif
