/*
 * Frames of one moving place added up (bc.h): noise falls with the square root
 * of their number, and frames that lie between each other's pixels show more
 * than any of them.
 */
#include "bc.h"

#include <stdbool.h> /* bool */

#define ONE 256u /* weights of four pixels add up to this */

/* How a sample lies among four pixels: those at its left top, right top, left bottom, right bottom. */
typedef struct {
    uint32_t weight[4];
} corner_weights;

static corner_weights weights_of(float right, float down)
{
    const uint32_t fx = (uint32_t)(right * 16.0f + 0.5f), fy = (uint32_t)(down * 16.0f + 0.5f);
    return (corner_weights){{(16 - fx) * (16 - fy), fx * (16 - fy), (16 - fx) * fy, fx * fy}};
}

/* Adds n samples, every scale-th sum, from two rows of pixels that are `step` apart. */
static inline void add_row(const uint8_t *above, const uint8_t *below, ptrdiff_t step, corner_weights w,
                           uint32_t scale, uint16_t *sum, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const ptrdiff_t at = (ptrdiff_t)i * step;
        const uint32_t level = w.weight[0] * above[at] + w.weight[1] * above[at + step] +
                               w.weight[2] * below[at] + w.weight[3] * below[at + step];
        sum[i * scale] = (uint16_t)(sum[i * scale] + (level + ONE / 2) / ONE);
    }
}

/* The pixel before a place, in pixels from the first one's middle, and how far behind it the place is. */
static uint32_t before(float at, float *fraction)
{
    const uint32_t whole = at > 0.0f ? (uint32_t)at : 0u;
    *fraction = at > 0.0f ? at - (float)whole : 0.0f;
    return whole;
}

/* Adds the sums of one row that stand `phase` behind the first, at every scale-th place. */
static void add_phase(const bc_image *image, float x, float y, uint32_t phase, const bc_sum *sum, uint32_t row)
{
    const float pitch = 1.0f / (float)sum->scale;
    float right, down;
    const uint32_t px = before(x + ((float)phase + 0.5f) * pitch - 0.5f, &right);
    const uint32_t py = before(y + ((float)row + 0.5f) * pitch - 0.5f, &down);
    const uint8_t *above = image->px + (ptrdiff_t)py * image->stride + (ptrdiff_t)px * image->step;
    const corner_weights w = weights_of(right, down);
    uint16_t *to = sum->sum + (size_t)row * sum->width + phase;
    const uint32_t n = (sum->width - phase + sum->scale - 1) / sum->scale;
    if (image->step == 1 && sum->scale == 1)
        add_row(above, above + image->stride, 1, w, 1, to, n);
    else if (image->step == 1)
        add_row(above, above + image->stride, 1, w, 2, to, n);
    else
        add_row(above, above + image->stride, image->step, w, sum->scale, to, n);
}

/* Whether a span of the sum's pixels, from `at` on, keeps half a pixel away from both ends of a side. */
static bool inside(float at, uint32_t sums, uint32_t scale, uint32_t side)
{
    return at >= 0.5f && at + (float)sums / (float)scale <= (float)side - 0.5f;
}

bc_status bc_accumulate(const bc_image *image, float x, float y, bc_sum *sum)
{
    if (image == NULL || image->px == NULL || image->step == 0 || sum == NULL || sum->sum == NULL)
        return BC_BAD_ARGUMENT;
    if (sum->scale < 1 || sum->scale > 2 || sum->width < sum->scale || sum->height < 1)
        return BC_BAD_ARGUMENT;
    if (image->width > BC_MAX_SIDE || image->height > BC_MAX_SIDE)
        return BC_UNSUPPORTED;
    if (!inside(x, sum->width, sum->scale, image->width) || !inside(y, sum->height, sum->scale, image->height))
        return BC_BAD_ARGUMENT;
    if (sum->frames >= BC_MAX_FRAMES)
        return BC_LIMIT;
    for (uint32_t row = 0; row < sum->height; row++)
        for (uint32_t phase = 0; phase < sum->scale; phase++)
            add_phase(image, x, y, phase, sum, row);
    sum->frames++;
    return BC_OK;
}

bc_status bc_mean(const bc_sum *sum, uint8_t *out, size_t cap)
{
    if (sum == NULL || sum->sum == NULL || out == NULL || sum->frames == 0 || sum->frames > BC_MAX_FRAMES)
        return BC_BAD_ARGUMENT;
    const size_t n = (size_t)sum->width * sum->height;
    if (cap < n)
        return BC_OUTPUT_FULL;
    /* The division as a product: right to a 500th of a level, and 255 * 2^24 still fits. */
    const uint32_t share = ((1u << 24) + sum->frames / 2) / sum->frames;
    for (size_t i = 0; i < n; i++) {
        const uint32_t level = (sum->sum[i] * share + (1u << 23)) >> 24;
        out[i] = (uint8_t)(level < 255 ? level : 255);
    }
    return BC_OK;
}
