/*
 * The few loops over all pixels, each in portable C and, where it pays, in
 * SIMD.  Both give the same bytes: they are integer arithmetic, and a test
 * compares them.
 */
#ifndef BC_KERNELS_H
#define BC_KERNELS_H

#include "grey_image.h"

/* Sums over a tile's pixels of the products of their horizontal and vertical differences. */
typedef struct {
    int32_t xx, yy, xy;
} bc_tensor;

#define BC_TILE 8u  /* px a side */
#define BC_BLOCK 8u /* px a side of what block_range looks at, and pack_rows has thresholds of */

/* A straight walk over pixels, 16.16 fixed point: where it begins and its step. */
typedef struct {
    int32_t x, y, dx, dy;
} bc_walk;

typedef struct {
    /*
     * Adds n samples along a walk to sum, in 1/64 grey level, interpolated
     * between four pixels.  The walk is relative to the middle of the image's
     * top left pixel and stays within the outer pixels' middles.
     */
    void (*sample_walk)(const bc_grey *image, const bc_walk *walk, uint32_t n, uint32_t *sum);

    /*
     * The tensors of `n` tiles beside each other.  px is the top left pixel of
     * the first one; pixels one further out on all sides are read too.
     * Differences are those of a pixel's two neighbours, smoothed along the
     * other axis by 3 10 3 (H. Scharr, 2000) so that their direction is that of
     * the bars: without it bars of 3 px seem turned by up to 11 degrees.
     */
    void (*tensor_row)(const uint8_t *px, ptrdiff_t stride, bc_tensor *out, uint32_t n);

    /* n means of 2 x 2 pixels, rounded up from the half: out[i] of above and below [2i], [2i + 1]. */
    void (*half_row)(const uint8_t *above, const uint8_t *below, uint8_t *out, uint32_t n);

    /* The least and the greatest pixel of n blocks side by side, the first one's top left pixel at px. */
    void (*block_range)(const uint8_t *px, ptrdiff_t stride, uint32_t n, uint8_t *least, uint8_t *greatest);

    /*
     * Bit i % 64 of bits[i / 64] tells px[i] < threshold[i / BC_BLOCK], for the n pixels of each of `rows` rows; the
     * last word's other bits are 0.  bits of the next row begin (n + 63) / 64 words later.
     */
    void (*pack_rows)(const uint8_t *px, ptrdiff_t stride, uint32_t rows, const uint8_t *threshold, uint32_t n,
                      uint64_t *bits);
} bc_kernels;

extern const bc_kernels bc_kernels_portable;

#if defined(__x86_64__)
extern const bc_kernels bc_kernels_avx2; /* only where the processor has AVX2 */
#endif

/* The fastest kernels of this processor, or the portable ones where `flags` has BC_PORTABLE. */
const bc_kernels *bc_kernels_for(uint32_t flags);

#endif
