#include "rmqr_tables.h"

/* Tables 1 (sizes, codewords), 3 (character counts), 7 and 8 (data codewords, blocks). */
const bc_rmqr_size bc_rmqr_sizes[BC_RMQR_VERSIONS] = {
    {43, 7, 13, {6, 3}, {1, 1}, {4, 3, 3, 2}},
    {59, 7, 21, {12, 7}, {1, 1}, {5, 5, 4, 3}},
    {77, 7, 32, {20, 10}, {1, 1}, {6, 5, 5, 4}},
    {99, 7, 44, {28, 14}, {1, 1}, {7, 6, 5, 5}},
    {139, 7, 68, {44, 24}, {1, 2}, {7, 6, 6, 5}},
    {43, 9, 21, {12, 7}, {1, 1}, {5, 5, 4, 3}},
    {59, 9, 33, {21, 11}, {1, 1}, {6, 5, 5, 4}},
    {77, 9, 49, {31, 17}, {1, 2}, {7, 6, 5, 5}},
    {99, 9, 66, {42, 22}, {1, 2}, {7, 6, 6, 5}},
    {139, 9, 99, {63, 33}, {2, 3}, {8, 7, 6, 6}},
    {27, 11, 15, {7, 5}, {1, 1}, {4, 4, 3, 2}},
    {43, 11, 31, {19, 11}, {1, 1}, {6, 5, 5, 4}},
    {59, 11, 47, {31, 15}, {1, 2}, {7, 6, 5, 5}},
    {77, 11, 67, {43, 23}, {1, 2}, {7, 6, 6, 5}},
    {99, 11, 89, {57, 29}, {2, 2}, {8, 7, 6, 6}},
    {139, 11, 132, {84, 42}, {2, 3}, {8, 7, 7, 6}},
    {27, 13, 21, {12, 7}, {1, 1}, {5, 5, 4, 3}},
    {43, 13, 41, {27, 13}, {1, 1}, {6, 6, 5, 5}},
    {59, 13, 60, {38, 20}, {1, 2}, {7, 6, 6, 5}},
    {77, 13, 85, {53, 29}, {2, 2}, {7, 7, 6, 6}},
    {99, 13, 113, {73, 35}, {2, 3}, {8, 7, 7, 6}},
    {139, 13, 166, {106, 54}, {3, 4}, {8, 8, 7, 7}},
    {43, 15, 51, {33, 15}, {1, 2}, {7, 6, 6, 5}},
    {59, 15, 74, {48, 26}, {1, 2}, {7, 7, 6, 5}},
    {77, 15, 103, {67, 31}, {2, 3}, {8, 7, 7, 6}},
    {99, 15, 136, {88, 48}, {2, 4}, {8, 7, 7, 6}},
    {139, 15, 199, {127, 69}, {3, 5}, {9, 8, 7, 7}},
    {43, 17, 61, {39, 21}, {1, 2}, {7, 6, 6, 5}},
    {59, 17, 88, {56, 28}, {2, 2}, {8, 7, 6, 6}},
    {77, 17, 122, {78, 38}, {2, 3}, {8, 7, 7, 6}},
    {99, 17, 160, {100, 56}, {3, 4}, {8, 8, 7, 6}},
    {139, 17, 232, {152, 76}, {4, 6}, {9, 8, 8, 7}},
};

uint32_t bc_rmqr_version_of(uint32_t columns, uint32_t rows)
{
    for (uint32_t i = 0; i < BC_RMQR_VERSIONS; i++)
        if (bc_rmqr_sizes[i].columns == columns && bc_rmqr_sizes[i].rows == rows)
            return i + 1;
    return 0;
}

bc_qr_structure bc_rmqr_structure_of(uint32_t version, uint32_t level)
{
    const bc_rmqr_size *size = &bc_rmqr_sizes[version - 1];
    const uint32_t block_n = size->block_n[level], data_n = size->data_n[level];
    return (bc_qr_structure){
        .codeword_n = size->codeword_n,
        .data_n = (uint16_t)data_n,
        .block_n = (uint8_t)block_n,
        .short_n = (uint8_t)(block_n - data_n % block_n),
        .short_data = (uint8_t)(data_n / block_n),
        .ec_n = (uint8_t)((size->codeword_n - data_n) / block_n),
    };
}

/* Annex D, table D.1. */
uint32_t bc_rmqr_alignment(uint32_t columns, const uint8_t **position)
{
    static const struct {
        uint8_t columns, n, position[4];
    } alignment[] = {
        {43, 1, {21}}, {59, 2, {19, 39}}, {77, 2, {25, 51}}, {99, 3, {23, 49, 75}}, {139, 4, {27, 55, 83, 111}},
    };
    for (uint32_t i = 0; i < sizeof alignment / sizeof alignment[0]; i++)
        if (alignment[i].columns == columns) {
            *position = alignment[i].position;
            return alignment[i].n;
        }
    *position = NULL;
    return 0;
}

uint32_t bc_rmqr_format_bits(uint32_t version, uint32_t level, bool sub)
{
    /* The code is that of QR's version information. */
    return bc_qr_version_bits(level * 32 + version - 1) ^ (sub ? 0x20A7Bu : 0x1FAB2u);
}
