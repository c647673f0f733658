/*
 * A small picture and options out of a fuzzer's bytes:
 *
 *   0      cells across, less one
 *   1      cells down, less one
 *   2      bits 0-1: pixels of a cell's side, less one; bits 2-4: layout
 *   3      bits 0-1: effort; bits 2-4: flags
 *   4 to 7 symbologies, the lowest byte first; 0 means all
 *   8, …   grey cells, row by row; when they run out the rows come again
 *
 * so that one row of cells is a whole linear symbol and a byte a module a QR.
 */
#ifndef BC_FUZZ_PICTURE_H
#define BC_FUZZ_PICTURE_H

#include "fuzz.h" /* first: it asks for POSIX */

#include "bc.h"

#include <string.h> /* memcmp, memcpy, memset */

#define FUZZ_MAX_PIXELS 65536u /* larger ones take too long to be tried often */
#define FUZZ_HEADER 8u

typedef struct {
    uint8_t *memory;      /* of exactly `bytes`, all that the image's strides reach; free it */
    uint8_t *untouched;   /* a copy; free it */
    size_t bytes;
    bc_image image;
    bc_options options;
} fuzz_picture;

enum { ROWS, PADDED_ROWS, UPWARD, CHANNELS, LEFTWARD, COLUMNS, LAYOUTS };

/* Memory for a layout, filled with a grey that is no part of the picture, and how the image lies in it. */
static inline void fuzz_lay_out(fuzz_picture *picture, uint32_t layout)
{
    bc_image *image = &picture->image;
    const ptrdiff_t width = (ptrdiff_t)image->width, height = (ptrdiff_t)image->height;
    image->step = layout == CHANNELS ? 3 : layout == LEFTWARD ? -1 : layout == COLUMNS ? height : 1;
    image->stride = layout == PADDED_ROWS ? width + 5
                    : layout == UPWARD    ? -width
                    : layout == CHANNELS  ? 3 * width
                    : layout == COLUMNS   ? 1
                                          : width;
    const ptrdiff_t down = (height - 1) * image->stride, right = (width - 1) * image->step;
    const ptrdiff_t lowest = (down < 0 ? down : 0) + (right < 0 ? right : 0);
    const ptrdiff_t highest = (down > 0 ? down : 0) + (right > 0 ? right : 0);
    picture->bytes = (size_t)(highest - lowest) + 1;
    picture->memory = fuzz_exactly(picture->bytes);
    memset(picture->memory, 0x5A, picture->bytes);
    image->px = picture->memory - lowest;
}

static inline uint8_t *fuzz_pixel(const fuzz_picture *picture, uint32_t x, uint32_t y)
{
    const bc_image *image = &picture->image;
    return picture->memory + (image->px - picture->memory) + (ptrdiff_t)y * image->stride +
           (ptrdiff_t)x * image->step;
}

/* The same picture and options in another layout, or as its bytes say with LAYOUTS. */
static inline fuzz_picture fuzz_make_picture(const uint8_t *data, size_t size, uint32_t layout)
{
    fuzz_bytes in = {data, size};
    const uint32_t across = fuzz_byte(&in) + 1u, down = fuzz_byte(&in) + 1u, form = fuzz_byte(&in);
    const uint32_t how = fuzz_byte(&in), low = fuzz_word(&in), high = fuzz_word(&in);
    const uint32_t symbologies = (low | high << 16) & BC_ALL;
    const uint32_t effort = how & 3u, wanted = (form & 3u) + 1;
    const uint32_t side = across * down * wanted * wanted > FUZZ_MAX_PIXELS ? 1 : wanted;
    fuzz_picture picture = {
        .image = {.width = across * side, .height = down * side},
        .options = {.symbologies = symbologies == 0 ? BC_ALL : symbologies,
                    .effort = effort > BC_EFFORT_THOROUGH ? BC_EFFORT_FAST : effort,
                    .flags = how >> 2 & BC_FLAGS_ALL},
    };
    fuzz_lay_out(&picture, layout == LAYOUTS ? (form >> 2 & 7u) % LAYOUTS : layout);
    const size_t rows = in.left / across > 0 ? in.left / across : 1;
    for (uint32_t y = 0; y < picture.image.height; y++)
        for (uint32_t x = 0; x < picture.image.width; x++) {
            const size_t cell = y / side % rows * across + x / side;
            *fuzz_pixel(&picture, x, y) = cell < in.left ? in.at[cell] : 0xFF;
        }
    picture.untouched = fuzz_exactly(picture.bytes);
    memcpy(picture.untouched, picture.memory, picture.bytes);
    return picture;
}

static inline void fuzz_drop_picture(const fuzz_picture *picture)
{
    HOLDS(memcmp(picture->memory, picture->untouched, picture->bytes) == 0); /* the input is only borrowed */
    free(picture->memory);
    free(picture->untouched);
}

/* A workspace of exactly this length, aligned to 16 and to no more; free *whole. */
static inline uint8_t *fuzz_workspace(size_t bytes, void **whole)
{
    HOLDS(posix_memalign(whole, 32, bytes + 16) == 0);
    return (uint8_t *)*whole + 16;
}

/* What a decode of the picture tells, in an output of exactly `cap` symbols; free *out. */
static inline bc_status fuzz_decode(const fuzz_picture *picture, size_t cap, bc_symbol **out, size_t *out_n)
{
    const bc_options *options = &picture->options;
    const size_t needed =
        bc_workspace_size(picture->image.width, picture->image.height, options->symbologies);
    void *whole;
    uint8_t *ws = fuzz_workspace(needed, &whole);
    *out = fuzz_exactly(cap * sizeof **out);
    const bc_status status = bc_decode(&picture->image, options, ws, needed, *out, cap, out_n);
    HOLDS(*out_n <= cap);
    free(whole);
    return status;
}

#endif
