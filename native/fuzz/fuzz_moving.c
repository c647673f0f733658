/*
 * Invariant: whatever the picture and its layout, sums stay within their
 * memory and take no more frames than they hold, a part that was cut out of a
 * picture is found where it was or where the picture looks the same, and busy
 * areas lie in the picture and nowhere twice.
 *
 * Bytes: left, top, width and height of a place in pixels less one, scale and
 * radius, then a picture as fuzz_picture.h has it.
 */
#include "fuzz_picture.h"

#include <stdbool.h> /* bool */

#define BOXES 8u

/* Adds a place up, and gives its mean. */
static bool add_up(const bc_image *image, float x, float y, bc_sum *sum, uint8_t *mean)
{
    const size_t n = (size_t)sum->width * sum->height;
    const bool inside = bc_accumulate(image, x, y, sum) == BC_OK;
    HOLDS(sum->frames == (inside ? 1u : 0u));
    HOLDS(bc_mean(sum, mean, n) == (inside ? BC_OK : BC_BAD_ARGUMENT));
    for (size_t i = 0; i < n; i++)
        HOLDS(sum->sum[i] == (inside ? mean[i] : 0));
    return inside;
}

static void check_boxes(const fuzz_picture *picture)
{
    const bc_image *image = &picture->image;
    const size_t needed = bc_busy_workspace(image->width, image->height);
    void *whole;
    uint8_t *ws = fuzz_workspace(needed, &whole);
    bc_box box[BOXES];
    size_t n;
    const bc_status status = bc_busy(image, ws, needed, box, BOXES, &n);
    HOLDS(status == BC_OK || status == BC_NO_READ || status == BC_OUTPUT_FULL);
    HOLDS(n <= BOXES && (status == BC_NO_READ) == (n == 0));
    for (size_t i = 0; i < n; i++) {
        HOLDS(box[i].width > 0 && box[i].left + box[i].width <= image->width);
        HOLDS(box[i].height > 0 && box[i].top + box[i].height <= image->height);
        for (size_t j = 0; j < i; j++)
            HOLDS(memcmp(&box[i], &box[j], sizeof box[i]) != 0);
    }
    free(whole);
}

/* What was cut out at a whole pixel is found again: there, or where nothing tells it from there. */
static void check_shift(const bc_image *image, const uint8_t *part, uint32_t left, uint32_t top, uint32_t width,
                        uint32_t height, uint32_t radius)
{
    const size_t needed = bc_find_shift_workspace(width, height, radius);
    void *whole;
    uint8_t *ws = fuzz_workspace(needed, &whole);
    bc_shift at = {(float)left, (float)top, 0.0f};
    const bc_status status = bc_find_shift(image, part, width, height, radius, ws, needed, &at);
    HOLDS(status == (width < 8 || height < 8 ? BC_BAD_ARGUMENT : BC_OK));
    HOLDS(at.x >= 0.0f - 0.5f && at.x + (float)width <= (float)image->width + 0.5f);
    HOLDS(at.y >= 0.0f - 0.5f && at.y + (float)height <= (float)image->height + 0.5f);
    HOLDS(at.contrast >= 0.0f && at.contrast <= 1.0f);
    free(whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_bytes in = {data, size};
    const uint32_t left = fuzz_byte(&in), top = fuzz_byte(&in);
    const uint32_t width = fuzz_byte(&in) + 1u, height = fuzz_byte(&in) + 1u, how = fuzz_byte(&in);
    const uint32_t scale = (how & 1u) + 1, radius = how >> 1 & 31u;
    fuzz_picture picture = fuzz_make_picture(in.at, in.left, LAYOUTS);
    const size_t n = (size_t)width * height;
    bc_sum sum = {fuzz_exactly(n * sizeof *sum.sum), width, height, scale, 0};
    uint8_t *mean = fuzz_exactly(n);
    memset(sum.sum, 0, n * sizeof *sum.sum);
    const bool inside = width >= scale && add_up(&picture.image, (float)left + 0.5f, (float)top + 0.5f, &sum, mean);
    if (inside && scale == 1)
        check_shift(&picture.image, mean, left, top, width, height, radius);
    check_boxes(&picture);
    free(sum.sum);
    free(mean);
    fuzz_drop_picture(&picture);
    return 0;
}
