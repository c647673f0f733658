/*
 * The few loops over all pixels, each in portable C and, where it pays, in
 * SIMD.  Both give the same bytes: they are integer arithmetic, and a test
 * compares them.
 */
#ifndef BC_KERNELS_H
#define BC_KERNELS_H

#include <stddef.h> /* size_t */
#include <stdint.h> /* uint8_t, uint32_t */

typedef struct {
    /* n means of 2 x 2 pixels, rounded up from the half: out[i] of above and below [2i], [2i + 1]. */
    void (*half_row)(const uint8_t *above, const uint8_t *below, uint8_t *out, uint32_t n);
} bc_kernels;

extern const bc_kernels bc_kernels_portable;

/* The fastest kernels of this processor, or the portable ones where `flags` has BC_PORTABLE. */
const bc_kernels *bc_kernels_for(uint32_t flags);

#endif
