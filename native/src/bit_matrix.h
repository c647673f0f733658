/* A picture of one bit a pixel, 1 dark, in packed rows: bit x % 64 of word x / 64. */
#ifndef BC_BIT_MATRIX_H
#define BC_BIT_MATRIX_H

#include <stdbool.h> /* bool */
#include <stddef.h>  /* size_t */
#include <stdint.h>  /* uint32_t, uint64_t */

typedef struct {
    uint64_t *words;
    size_t row_words; /* words from a row to the next; the bits past the width are 0 */
    uint32_t width, height;
} bc_bits;

static inline uint64_t *bc_bits_row(const bc_bits *bits, uint32_t y)
{
    return bits->words + bits->row_words * y;
}

/* The pixel at x, y, which lie in the picture. */
static inline bool bc_bits_at(const bc_bits *bits, int32_t x, int32_t y)
{
    return (bc_bits_row(bits, (uint32_t)y)[(uint32_t)x / 64] >> ((uint32_t)x % 64) & 1u) != 0;
}

static inline bool bc_bits_inside(const bc_bits *bits, int32_t x, int32_t y)
{
    return x >= 0 && y >= 0 && (uint32_t)x < bits->width && (uint32_t)y < bits->height;
}

/*
 * The places where a row changes colour, beginning light, and a last one at its
 * end if it ends dark; how many.  `edge` is for the width and 2.  Where bits of
 * `within`, a row of them, are 0 the row counts as light; null for the whole row.
 */
size_t bc_bits_edges(const bc_bits *bits, const uint64_t *within, uint32_t y, uint16_t *edge);

#endif
