/* The kernels in plain C: what every machine runs, and what SIMD is compared with. */
#include "kernels.h"

static void half_row(const uint8_t *above, const uint8_t *below, uint8_t *out, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const unsigned sum = (unsigned)above[2 * i] + above[2 * i + 1] + below[2 * i] + below[2 * i + 1];
        out[i] = (uint8_t)((sum + 2) / 4);
    }
}

const bc_kernels bc_kernels_portable = {
    .half_row = half_row,
};
