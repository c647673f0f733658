/*
 * Grey to black and white.
 *
 * A picture is cut into blocks of 8 x 8 pixels.  Where the light and dark of
 * the blocks around one differ clearly, its threshold lies between them; where
 * they do not, the whole block is one colour, the one that the nearest
 * threshold says, so that flat paper has no edges however noisy it is.  Large
 * symbols, whose modules are wider than what a block sees, are found on the
 * halved layers.
 */
#include "binarise.h"

#include <stdbool.h> /* bool */
#include <string.h>  /* memcpy, memset */

/* Blocks darker and lighter by less than this around them are flat. */
#define CONTRAST_LEAST 16u

/* Noise may raise that bound, up to this: printed contrast below it does not survive on such a picture. */
#define CONTRAST_MOST 96u

/* Pixels between those that noise is measured at, along rows and from row to row. */
#define NOISE_STEP 8u

/* Counts of second differences, of pixels 1 and 3 apart along rows; none is above 510. */
typedef struct {
    uint32_t near[512], wide[512];
    size_t near_n, wide_n;
} bends;

/* All blocks of the image, and the rows of work on them. */
typedef struct {
    uint32_t columns, rows;
    uint8_t *least, *greatest;     /* of each block */
    uint8_t *column_low, *column_high; /* of one row's blocks and those above and below, in a margin of one */
    uint8_t *low, *high;           /* of that and those beside: a block and the eight around it */
    uint8_t *reference;            /* the last threshold of each column */
    uint8_t *threshold;            /* of each block of a row */
    bends *bend;
} blocks;

static uint32_t blocks_across(uint32_t side)
{
    return (side + BC_BLOCK - 1) / BC_BLOCK;
}

size_t bc_binarise_workspace(uint32_t width, uint32_t height)
{
    const size_t columns = blocks_across(width), rows = blocks_across(height);
    return bc_arena_cost((size_t)(width + 63) / 64 * height, sizeof(uint64_t)) +
           2 * bc_arena_cost(columns * rows, 1) + 6 * bc_arena_cost(columns + 2, 1) +
           bc_arena_cost(1, sizeof(bends));
}

static bool take_blocks(const bc_grey *image, bc_arena *arena, blocks *b)
{
    b->columns = blocks_across(image->width);
    b->rows = blocks_across(image->height);
    b->least = bc_arena_take(arena, (size_t)b->columns * b->rows, 1);
    b->greatest = bc_arena_take(arena, (size_t)b->columns * b->rows, 1);
    uint8_t **const row[] = {&b->column_low, &b->column_high, &b->low, &b->high, &b->reference, &b->threshold};
    b->bend = bc_arena_take(arena, 1, sizeof *b->bend);
    bool enough = b->least != NULL && b->greatest != NULL && b->bend != NULL;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        enough &= (*row[i] = bc_arena_take(arena, (size_t)b->columns + 2, 1)) != NULL;
    return enough;
}

/* The range of every block; the last of a row or column is moved in to be whole. */
static void measure(const bc_grey *image, const bc_kernels *kernels, const blocks *b)
{
    const uint32_t whole = image->width / BC_BLOCK;
    for (uint32_t by = 0; by < b->rows; by++) {
        const uint32_t y = by * BC_BLOCK + BC_BLOCK <= image->height ? by * BC_BLOCK : image->height - BC_BLOCK;
        const uint8_t *row = bc_grey_row(image, y);
        uint8_t *least = b->least + (size_t)by * b->columns, *greatest = b->greatest + (size_t)by * b->columns;
        kernels->block_range(row, image->stride, whole, least, greatest);
        if (whole < b->columns)
            kernels->block_range(row + image->width - BC_BLOCK, image->stride, 1, least + whole, greatest + whole);
    }
}

/* The level below which `share` of the counted values lie. */
static uint32_t quantile(const uint32_t *count, size_t share)
{
    size_t seen = 0;
    uint32_t level = 0;
    while (level < 255 && (seen += count[level]) < share)
        level++;
    return level;
}

static uint32_t bend_at(const uint8_t *px, ptrdiff_t lag)
{
    const int32_t bend = 2 * px[0] - px[-lag] - px[lag];
    return (uint32_t)(bend < 0 ? -bend : bend);
}

static void count_bends(const bc_grey *image, bends *b)
{
    memset(b, 0, sizeof *b);
    for (uint32_t y = NOISE_STEP / 2; y < image->height; y += 2 * NOISE_STEP) {
        const uint8_t *row = bc_grey_row(image, y);
        uint32_t x = NOISE_STEP / 2;
        for (; x + 3 < image->width; x += NOISE_STEP, b->near_n++, b->wide_n++) {
            b->near[bend_at(row + x, 1)]++;
            b->wide[bend_at(row + x, 3)]++;
        }
        if (x + 1 < image->width) {
            b->near[bend_at(row + x, 1)]++;
            b->near_n++;
        }
    }
}

/*
 * The contrast that is more than noise makes among the 576 pixels of nine
 * blocks, about eight standard deviations with what light changes across them.
 * Half of all second differences are below 1.65 of one, a quarter below 0.78;
 * compression smooths noise, so pixels further apart are asked too.  Edges
 * raise all that, but the ranges of the flattest quarter of all blocks show
 * noise too, at 4, so the lesser of both estimates counts.
 */
static uint32_t least_contrast(const bc_grey *image, const blocks *b, uint32_t faint)
{
    count_bends(image, b->bend);
    const uint32_t near = 6 * quantile(b->bend->near, b->bend->near_n / 2);
    const uint32_t wide = 12 * quantile(b->bend->wide, b->bend->wide_n / 4);
    const uint32_t by_pixels = near > wide ? near : wide;
    uint32_t count[256] = {0};
    const size_t all = (size_t)b->columns * b->rows;
    for (size_t i = 0; i < all; i += 4) /* every fourth block is enough to tell */
        count[b->greatest[i] - b->least[i]]++;
    const uint32_t by_blocks = quantile(count, all / 16) * 9 / 4;
    const uint32_t contrast = (by_pixels < by_blocks ? by_pixels : by_blocks) * faint / 256;
    return contrast < CONTRAST_LEAST ? CONTRAST_LEAST : contrast > CONTRAST_MOST ? CONTRAST_MOST : contrast;
}

static void least_of_three(const uint8_t *a, const uint8_t *b, const uint8_t *c, uint8_t *restrict out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const uint8_t least = a[i] < b[i] ? a[i] : b[i];
        out[i] = least < c[i] ? least : c[i];
    }
}

static void greatest_of_three(const uint8_t *a, const uint8_t *b, const uint8_t *c, uint8_t *restrict out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const uint8_t greatest = a[i] > b[i] ? a[i] : b[i];
        out[i] = greatest > c[i] ? greatest : c[i];
    }
}

/* Puts into low and high the least and the greatest of each block of row by and the eight around it. */
static void look_around(const blocks *b, uint32_t by)
{
    const size_t n = b->columns, at = by * n, above = by > 0 ? at - n : at, below = by + 1 < b->rows ? at + n : at;
    uint8_t *low = b->column_low, *high = b->column_high;
    least_of_three(b->least + above, b->least + at, b->least + below, low + 1, n);
    greatest_of_three(b->greatest + above, b->greatest + at, b->greatest + below, high + 1, n);
    low[0] = low[1];
    high[0] = high[1];
    low[n + 1] = low[n];
    high[n + 1] = high[n];
    least_of_three(low, low + 1, low + 2, b->low, n);
    greatest_of_three(high, high + 1, high + 2, b->high, n);
}

/*
 * Thresholds of one row of blocks.  The loops over all of them are kept apart
 * from the one in which each depends on the last, so that they are vectorised.
 */
static void set_thresholds(const blocks *b, uint32_t by, bc_binarise_how how, uint32_t contrast)
{
    const size_t n = b->columns;
    const uint8_t *least = b->least + by * n, *greatest = b->greatest + by * n;
    uint8_t *restrict low = b->low, *restrict high = b->high;
    uint8_t *restrict threshold = b->threshold, *restrict reference = b->reference;
    for (size_t i = 0; i < n; i++) {
        const uint16_t range = (uint16_t)(high[i] - low[i]);
        threshold[i] = (uint8_t)(low[i] + (uint16_t)((uint16_t)(range * how.share) + 255u) / 256);
        high[i] = range >= contrast ? 255 : 0; /* from here on: whether there is contrast */
    }
    uint8_t left = reference[0];
    for (size_t i = 0; i < n; i++) {
        const uint8_t mean = (uint8_t)((left + reference[i] + 1) / 2);
        left = (uint8_t)((threshold[i] & high[i]) | (mean & ~high[i]));
        reference[i] = left;
    }
    for (size_t i = 0; i < n; i++) {
        /* 255 makes all dark but pure white, which is not found in a dark block. */
        const uint8_t whole = (uint8_t)((least[i] + greatest[i]) / 2) < reference[i] ? 255 : 0;
        threshold[i] = (uint8_t)((threshold[i] & high[i]) | (whole & ~high[i]));
    }
}

bool bc_binarise(const bc_grey *image, bc_binarise_how how, const bc_kernels *kernels,
                 bc_arena *arena, bc_bits *bits)
{
    if (image->width < BC_BLOCK || image->height < BC_BLOCK)
        return false;
    bits->row_words = (image->width + 63) / 64;
    bits->width = image->width;
    bits->height = image->height;
    bits->words = bc_arena_take(arena, bits->row_words * image->height, sizeof(uint64_t));
    const size_t mark = bc_arena_mark(arena);
    blocks b;
    if (bits->words == NULL || !take_blocks(image, arena, &b))
        return false;
    measure(image, kernels, &b);
    const uint32_t contrast = least_contrast(image, &b, how.faint);
    memset(b.reference, 128, b.columns);
    for (uint32_t by = 0; by < b.rows; by++) {
        const uint32_t y = by * BC_BLOCK, rows = y + BC_BLOCK < image->height ? BC_BLOCK : image->height - y;
        look_around(&b, by);
        set_thresholds(&b, by, how, contrast);
        kernels->pack_rows(bc_grey_row(image, y), image->stride, rows, b.threshold, image->width, bc_bits_row(bits, y));
    }
    bc_arena_release(arena, mark);
    return true;
}
