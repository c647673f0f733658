/* The kernels in plain C: what every machine runs, and what SIMD is compared with. */
#include "kernels.h"

static void half_row(const uint8_t *above, const uint8_t *below, uint8_t *out, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const unsigned sum = (unsigned)above[2 * i] + above[2 * i + 1] + below[2 * i] + below[2 * i + 1];
        out[i] = (uint8_t)((sum + 2) / 4);
    }
}

/* A sixteenth, to the nearest; the half upwards, as an arithmetic shift does. */
static int32_t sixteenth(int32_t x)
{
    return (x + 8 + 4096) / 16 - 256;
}

static void sample_walk(const bc_grey *image, const bc_walk *walk, uint32_t n, uint32_t *sum)
{
    const ptrdiff_t right = image->width > 1, below = image->height > 1 ? image->stride : 0;
    int32_t x = walk->x, y = walk->y;
    for (uint32_t i = 0; i < n; i++) {
        const uint8_t *px = image->px + (ptrdiff_t)(y >> 16) * image->stride + (x >> 16);
        const uint32_t fx = ((uint32_t)x >> 8) & 255u, fy = ((uint32_t)y >> 8) & 255u;
        const uint32_t top = px[0] * (256u - fx) + px[right] * fx;
        const uint32_t low = px[below] * (256u - fx) + px[below + right] * fx;
        sum[i] += (top * (256u - fy) + low * fy) >> 10;
        x += walk->dx;
        y += walk->dy;
    }
}

static bc_tensor tensor(const uint8_t *px, ptrdiff_t stride)
{
    bc_tensor sum = {0, 0, 0};
    for (uint32_t y = 0; y < BC_TILE; y++, px += stride)
        for (uint32_t x = 0; x < BC_TILE; x++) {
            const uint8_t *at = px + x, *up = at - stride, *down = at + stride;
            const int32_t cross = down[1] - up[-1], other = up[1] - down[-1];
            const int32_t dx = sixteenth(3 * (cross + other) + 10 * (at[1] - at[-1]));
            const int32_t dy = sixteenth(3 * (cross - other) + 10 * (down[0] - up[0]));
            sum.xx += dx * dx;
            sum.yy += dy * dy;
            sum.xy += dx * dy;
        }
    return sum;
}

static void tensor_row(const uint8_t *px, ptrdiff_t stride, bc_tensor *out, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        out[i] = tensor(px + (size_t)i * BC_TILE, stride);
}

static void block_range(const uint8_t *px, ptrdiff_t stride, uint32_t n, uint8_t *least, uint8_t *greatest)
{
    for (uint32_t i = 0; i < n; i++) {
        const uint8_t *row = px + (size_t)i * BC_BLOCK;
        uint8_t low = 255, high = 0;
        for (uint32_t y = 0; y < BC_BLOCK; y++, row += stride)
            for (uint32_t x = 0; x < BC_BLOCK; x++) {
                low = row[x] < low ? row[x] : low;
                high = row[x] > high ? row[x] : high;
            }
        least[i] = low;
        greatest[i] = high;
    }
}

static void pack_row(const uint8_t *px, const uint8_t *threshold, uint32_t n, uint64_t *bits)
{
    for (uint32_t start = 0; start < n; start += 64) {
        const uint32_t count = n - start < 64 ? n - start : 64;
        uint64_t word = 0;
        for (uint32_t i = 0; i < count; i++)
            word |= (uint64_t)(px[start + i] < threshold[(start + i) / BC_BLOCK]) << i;
        bits[start / 64] = word;
    }
}

static void pack_rows(const uint8_t *px, ptrdiff_t stride, uint32_t rows, const uint8_t *threshold, uint32_t n,
                      uint64_t *bits)
{
    for (uint32_t y = 0; y < rows; y++)
        pack_row(px + y * stride, threshold, n, bits + y * (((size_t)n + 63) / 64));
}

const bc_kernels bc_kernels_portable = {
    .sample_walk = sample_walk,
    .tensor_row = tensor_row,
    .half_row = half_row,
    .block_range = block_range,
    .pack_rows = pack_rows,
};
