/*
 * The few loops over all pixels, each in portable C and, where it pays, in
 * SIMD.  Both give the same bytes: they are integer arithmetic, and a test
 * compares them.
 */
#ifndef BC_KERNELS_H
#define BC_KERNELS_H

#include <stddef.h> /* size_t */
#include <stdint.h> /* uint8_t, uint32_t */

/* Sums over a tile's pixels of the products of their horizontal and vertical differences. */
typedef struct {
    int32_t xx, yy, xy;
} bc_tensor;

#define BC_TILE 8u /* px a side */

typedef struct {
    /*
     * The tensors of `n` tiles beside each other.  px is the top left pixel of
     * the first one; pixels one further out on all sides are read too.  A
     * difference is that of a pixel's two neighbours.
     */
    void (*tensor_row)(const uint8_t *px, ptrdiff_t stride, bc_tensor *out, uint32_t n);

    /* n means of 2 x 2 pixels, rounded up from the half: out[i] of above and below [2i], [2i + 1]. */
    void (*half_row)(const uint8_t *above, const uint8_t *below, uint8_t *out, uint32_t n);
} bc_kernels;

extern const bc_kernels bc_kernels_portable;

#if defined(__x86_64__)
extern const bc_kernels bc_kernels_avx2; /* only where the processor has AVX2 */
#endif

/* The fastest kernels of this processor, or the portable ones where `flags` has BC_PORTABLE. */
const bc_kernels *bc_kernels_for(uint32_t flags);

#endif
