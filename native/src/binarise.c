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

/* All blocks of the image, and the rows of work on them. */
typedef struct {
    uint32_t columns, rows;
    uint8_t *least, *greatest;     /* of each block */
    uint8_t *low, *high;           /* of one row of blocks with their neighbourhood */
    uint8_t *reference;            /* the last threshold of each column */
    uint8_t *threshold;            /* of each pixel of a row */
} blocks;

static uint32_t blocks_across(uint32_t side)
{
    return (side + BC_BLOCK - 1) / BC_BLOCK;
}

size_t bc_binarise_workspace(uint32_t width, uint32_t height)
{
    const size_t columns = blocks_across(width), rows = blocks_across(height);
    return bc_arena_cost((size_t)(width + 63) / 64 * height, sizeof(uint64_t)) +
           2 * bc_arena_cost(columns * rows, 1) + 3 * bc_arena_cost(columns + BC_BLOCK, 1) +
           bc_arena_cost((size_t)columns * BC_BLOCK, 1);
}

static bool take_blocks(const bc_grey *image, bc_arena *arena, blocks *b)
{
    b->columns = blocks_across(image->width);
    b->rows = blocks_across(image->height);
    b->least = bc_arena_take(arena, (size_t)b->columns * b->rows, 1);
    b->greatest = bc_arena_take(arena, (size_t)b->columns * b->rows, 1);
    b->low = bc_arena_take(arena, b->columns + BC_BLOCK, 1);
    b->high = bc_arena_take(arena, b->columns + BC_BLOCK, 1);
    b->reference = bc_arena_take(arena, b->columns + BC_BLOCK, 1);
    b->threshold = bc_arena_take(arena, (size_t)b->columns * BC_BLOCK, 1);
    return b->least && b->greatest && b->low && b->high && b->reference && b->threshold;
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

/* The level that `share` of 256 of all second differences of pixels `lag` apart along rows do not reach. */
static uint32_t bend_quantile(const bc_grey *image, uint32_t lag, uint32_t share)
{
    uint32_t count[256] = {0};
    size_t n = 0;
    for (uint32_t y = NOISE_STEP / 2; y < image->height; y += 2 * NOISE_STEP) {
        const uint8_t *row = bc_grey_row(image, y);
        for (uint32_t x = NOISE_STEP / 2; x + lag < image->width; x += NOISE_STEP, n++) {
            const int32_t bend = 2 * row[x] - row[x - lag] - row[x + lag], size = bend < 0 ? -bend : bend;
            count[size < 255 ? size : 255]++;
        }
    }
    return quantile(count, n * share / 256);
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
    const uint32_t near = 6 * bend_quantile(image, 1, 128), wide = 12 * bend_quantile(image, 3, 64);
    const uint32_t by_pixels = near > wide ? near : wide;
    uint32_t count[256] = {0};
    const size_t all = (size_t)b->columns * b->rows;
    for (size_t i = 0; i < all; i += 4) /* every fourth block is enough to tell */
        count[b->greatest[i] - b->least[i]]++;
    const uint32_t by_blocks = quantile(count, all / 16) * 9 / 4;
    const uint32_t contrast = (by_pixels < by_blocks ? by_pixels : by_blocks) * faint / 256;
    return contrast < CONTRAST_LEAST ? CONTRAST_LEAST : contrast > CONTRAST_MOST ? CONTRAST_MOST : contrast;
}

static uint8_t lesser(uint8_t a, uint8_t b)
{
    return a < b ? a : b;
}

static uint8_t greater(uint8_t a, uint8_t b)
{
    return a > b ? a : b;
}

/* Puts into low and high the least and the greatest of `radius` blocks to each side of those of row by. */
static void spread(const blocks *b, uint32_t by, uint32_t radius)
{
    const uint32_t n = b->columns;
    const uint32_t from = by > radius ? by - radius : 0, to = by + radius < b->rows ? by + radius : b->rows - 1;
    memcpy(b->low, b->least + (size_t)from * n, n);
    memcpy(b->high, b->greatest + (size_t)from * n, n);
    for (uint32_t y = from + 1; y <= to; y++) {
        const uint8_t *restrict least = b->least + (size_t)y * n, *restrict greatest = b->greatest + (size_t)y * n;
        for (uint32_t i = 0; i < n; i++) {
            b->low[i] = lesser(b->low[i], least[i]);
            b->high[i] = greater(b->high[i], greatest[i]);
        }
    }
    for (uint32_t pass = 0; pass < radius; pass++) {
        uint8_t low = b->low[0], high = b->high[0];
        for (uint32_t i = 0; i < n; i++) {
            const uint32_t next = i + 1 < n ? i + 1 : i;
            const uint8_t own_low = b->low[i], own_high = b->high[i];
            b->low[i] = lesser(lesser(low, own_low), b->low[next]);
            b->high[i] = greater(greater(high, own_high), b->high[next]);
            low = own_low;
            high = own_high;
        }
    }
}

/* Thresholds of one row of blocks, a byte for each pixel across. */
static void set_thresholds(const blocks *b, uint32_t by, bc_binarise_how how, uint32_t contrast)
{
    const uint8_t *least = b->least + (size_t)by * b->columns, *greatest = b->greatest + (size_t)by * b->columns;
    uint32_t left = b->reference[0];
    for (uint32_t i = 0; i < b->columns; i++) {
        const uint32_t range = (uint32_t)b->high[i] - b->low[i];
        uint32_t threshold;
        if (range >= contrast) {
            threshold = b->low[i] + (range * how.share + 255) / 256;
            left = threshold;
        } else {
            left = (left + b->reference[i] + 1) / 2;
            /* 255 makes all dark but pure white, which is not found in a dark block. */
            threshold = ((uint32_t)least[i] + greatest[i]) / 2 < left ? 255 : 0;
        }
        b->reference[i] = (uint8_t)left;
        memset(b->threshold + (size_t)i * BC_BLOCK, (int)threshold, BC_BLOCK);
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
        spread(&b, by, how.radius);
        set_thresholds(&b, by, how, contrast);
        const uint32_t end = (by + 1) * BC_BLOCK < image->height ? (by + 1) * BC_BLOCK : image->height;
        for (uint32_t y = by * BC_BLOCK; y < end; y++)
            kernels->pack_row(bc_grey_row(image, y), b.threshold, image->width, bc_bits_row(bits, y));
    }
    bc_arena_release(arena, mark);
    return true;
}
