/* Finder patterns: the three nested squares at the corners of a QR symbol, the one of a Micro QR symbol. */
#ifndef BC_QR_FINDER_H
#define BC_QR_FINDER_H

#include "bit_matrix.h"
#include "frame.h"

#include <stdbool.h> /* bool */
#include <stddef.h>  /* size_t */
#include <stdint.h>  /* uint32_t */

/* Lengths and places are in px of the full image, whatever layer the pattern was seen on. */
typedef struct {
    float x, y;         /* its centre */
    float module_px;    /* from runs at first, up to 1.41 times too long when turned; then from its outline */
    float corner[8];    /* outer corners, clockwise in the image from any of them */
    float ux, uy;       /* one module along corner 0 to corner 1 */
    float vx, vy;       /* one module along corner 0 to corner 3 */
    float misfit;       /* mean distance of its outline from straight sides, in modules */
    float contrast;     /* grey levels between its middle and its light ring */
    uint32_t hits;      /* rows that showed it */
    bool inverted;      /* light on dark */
    bool placed;        /* is a corner of a symbol whose place is sure, whether that was read or not */
    bool read;          /* belongs to a symbol that was read */
} bc_finder;

/* Room for the finders of dozens of symbols; a page full of them is read in several frames. */
#define BC_FINDERS_MAX 192u

/* The places last found to hold no finder pattern: other rows cross them again. */
#define BC_FINDERS_REFUSED 64u

typedef struct {
    bc_finder *item, *refused;
    size_t n, refused_n; /* refused_n counts on; the place is its remainder */
} bc_finders;

/* Workspace of bc_finders_scan beside the bits. */
size_t bc_finders_scan_workspace(uint32_t width);

/*
 * Adds the finder patterns of one binarised layer, of which every step-th row
 * is looked at, to those known from others.  False when the bound of work is
 * met or the arena too small.
 */
bool bc_finders_scan(bc_frame *frame, const bc_bits *bits, size_t layer, uint32_t step, bc_finders *finders);

/* The layer on which modules of this size are best looked at: at least 3 px there where the image has them. */
size_t bc_qr_layer(const bc_frame *frame, float module_px);

/* Measures a finder's outline on grey pixels; false when it is no square. */
bool bc_finder_outline(const bc_frame *frame, bc_finder *finder);

#endif
