#include "bit_matrix.h"

size_t bc_bits_edges(const bc_bits *bits, const uint64_t *within, uint32_t y, uint16_t *edge)
{
    const uint64_t *row = bc_bits_row(bits, y);
    uint64_t carry = 0;
    size_t n = 0;
    for (size_t w = 0; w < bits->row_words; w++) {
        const uint64_t word = within != NULL ? row[w] & within[w] : row[w];
        uint64_t change = word ^ (word << 1 | carry);
        carry = word >> 63;
        for (; change != 0; change &= change - 1)
            edge[n++] = (uint16_t)(w * 64 + (unsigned)__builtin_ctzll(change));
    }
    if (n % 2 == 1 && bits->width % 64 == 0) /* otherwise the light bits past the width have ended it */
        edge[n++] = (uint16_t)bits->width;
    return n;
}
