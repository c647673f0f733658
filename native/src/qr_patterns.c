/* The fixed modules of each size. */
#include "qr_patterns.h"

#include <string.h> /* memset */

#define FINDER 7u

/*
 * ISO/IEC 18004:2015, annex E: the first at 6, the last 7 from the far side, the
 * others spaced evenly in even steps counted from the far side, what is left
 * over being between the first two.  Version 32 steps by 26 where the rule
 * gives 28.
 */
size_t bc_qr_alignments(uint32_t size, uint8_t *column)
{
    const uint32_t version = (size - 17) / 4;
    if (version < 2 || version > 40)
        return 0;
    const uint32_t n = version / 7 + 2, span = size - 13, gaps = n - 1;
    uint32_t step = (span + gaps - 1) / gaps;
    step += step % 2;
    if (version == 32)
        step = 26;
    column[0] = 6;
    for (uint32_t i = 1; i < n; i++)
        column[i] = (uint8_t)(size - 7 - (n - 1 - i) * step);
    return n;
}

bool bc_qr_alignment_at(size_t i, size_t j, size_t n)
{
    return !((i == 0 && j == 0) || (i == 0 && j + 1 == n) || (j == 0 && i + 1 == n));
}

/* Nested squares around a middle, dark but for those whose distance from it is a bit of light_rings. */
static void rings(uint32_t size, uint8_t *module, int32_t u, int32_t v, int32_t radius, uint32_t light_rings)
{
    for (int32_t dv = -radius; dv <= radius; dv++)
        for (int32_t du = -radius; du <= radius; du++) {
            const int32_t x = u + du, y = v + dv;
            if (x < 0 || y < 0 || (uint32_t)x >= size || (uint32_t)y >= size)
                continue;
            const uint32_t au = (uint32_t)(du < 0 ? -du : du), av = (uint32_t)(dv < 0 ? -dv : dv);
            const uint32_t ring = au > av ? au : av;
            module[(uint32_t)y * size + (uint32_t)x] = light_rings >> ring & 1 ? BC_MODULE_LIGHT : BC_MODULE_DARK;
        }
}

/* A finder pattern with its separator: rings 2 and 4 are light. */
static void finder(uint32_t size, uint8_t *module, uint32_t u, uint32_t v)
{
    rings(size, module, (int32_t)u, (int32_t)v, 4, 1u << 2 | 1u << 4);
}

void bc_qr_pattern(uint32_t size, bool alignments, uint8_t *module)
{
    memset(module, BC_MODULE_UNKNOWN, (size_t)size * size);
    for (uint32_t i = 0; i < size; i++) {
        const uint8_t colour = i % 2 == 0 ? BC_MODULE_DARK : BC_MODULE_LIGHT;
        module[6 * size + i] = colour;
        module[i * size + 6] = colour;
    }
    uint8_t column[BC_ALIGNMENTS_MAX];
    const size_t n = alignments ? bc_qr_alignments(size, column) : 0;
    for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i < n; i++)
            if (bc_qr_alignment_at(i, j, n))
                rings(size, module, column[i], column[j], 2, 1u << 1);
    finder(size, module, 3, 3);
    finder(size, module, size - 4, 3);
    finder(size, module, 3, size - 4);
    module[(size - 8) * size + 8] = BC_MODULE_DARK; /* the module that is always dark, 7.9.1 */
}

void bc_micro_qr_pattern(uint32_t size, uint8_t *module)
{
    memset(module, BC_MODULE_UNKNOWN, (size_t)size * size);
    for (uint32_t i = 0; i < size; i++) {
        const uint8_t colour = i % 2 == 0 ? BC_MODULE_DARK : BC_MODULE_LIGHT;
        module[i] = colour;
        module[i * size] = colour;
    }
    finder(size, module, 3, 3);
}
