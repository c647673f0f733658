/* A borrowed view of grey pixels, one byte each, and how to look between them. */
#ifndef BC_GREY_IMAGE_H
#define BC_GREY_IMAGE_H

#include <stddef.h> /* ptrdiff_t */
#include <stdint.h> /* uint8_t, uint32_t */

typedef struct {
    const uint8_t *px;
    uint32_t width, height; /* both at least 1 */
    ptrdiff_t stride;       /* bytes from a pixel to the one below; neighbours in a row are adjacent */
} bc_grey;

static inline const uint8_t *bc_grey_row(const bc_grey *image, uint32_t y)
{
    return image->px + (ptrdiff_t)y * image->stride;
}

/*
 * Grey level at x, y by bilinear interpolation, where the middle of the top
 * left pixel is 0.5, 0.5; outside the image its border goes on.  NaN counts as
 * the border.
 */
static inline float bc_grey_at(const bc_grey *image, float x, float y)
{
    const float right = (float)image->width - 1.0f, bottom = (float)image->height - 1.0f;
    x -= 0.5f;
    y -= 0.5f;
    x = x > 0.0f ? (x < right ? x : right) : 0.0f;
    y = y > 0.0f ? (y < bottom ? y : bottom) : 0.0f;
    const uint32_t x0 = (uint32_t)x, y0 = (uint32_t)y;
    const uint32_t x1 = x0 + 1 < image->width ? x0 + 1 : x0;
    const uint32_t y1 = y0 + 1 < image->height ? y0 + 1 : y0;
    const float fx = x - (float)x0, fy = y - (float)y0;
    const uint8_t *above = bc_grey_row(image, y0), *below = bc_grey_row(image, y1);
    const float top = (float)above[x0] + fx * ((float)above[x1] - (float)above[x0]);
    const float low = (float)below[x0] + fx * ((float)below[x1] - (float)below[x0]);
    return top + fy * (low - top);
}

#endif
