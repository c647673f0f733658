#include "qr_tables.h"

const char bc_qr_level_name[4] = {'L', 'M', 'Q', 'H'};

/* Blocks and check codewords of each by version and level L, M, Q, H (ISO/IEC 18004:2015, table 9). */
static const struct {
    uint8_t block_n, ec_n;
} blocks[BC_QR_MAX_VERSION][4] = {
    {{1, 7}, {1, 10}, {1, 13}, {1, 17}},
    {{1, 10}, {1, 16}, {1, 22}, {1, 28}},
    {{1, 15}, {1, 26}, {2, 18}, {2, 22}},
    {{1, 20}, {2, 18}, {2, 26}, {4, 16}},
    {{1, 26}, {2, 24}, {4, 18}, {4, 22}},
    {{2, 18}, {4, 16}, {4, 24}, {4, 28}},
    {{2, 20}, {4, 18}, {6, 18}, {5, 26}},
    {{2, 24}, {4, 22}, {6, 22}, {6, 26}},
    {{2, 30}, {5, 22}, {8, 20}, {8, 24}},
    {{4, 18}, {5, 26}, {8, 24}, {8, 28}},
    {{4, 20}, {5, 30}, {8, 28}, {11, 24}},
    {{4, 24}, {8, 22}, {10, 26}, {11, 28}},
    {{4, 26}, {9, 22}, {12, 24}, {16, 22}},
    {{4, 30}, {9, 24}, {16, 20}, {16, 24}},
    {{6, 22}, {10, 24}, {12, 30}, {18, 24}},
    {{6, 24}, {10, 28}, {17, 24}, {16, 30}},
    {{6, 28}, {11, 28}, {16, 28}, {19, 28}},
    {{6, 30}, {13, 26}, {18, 28}, {21, 28}},
    {{7, 28}, {14, 26}, {21, 26}, {25, 26}},
    {{8, 28}, {16, 26}, {20, 30}, {25, 28}},
    {{8, 28}, {17, 26}, {23, 28}, {25, 30}},
    {{9, 28}, {17, 28}, {23, 30}, {34, 24}},
    {{9, 30}, {18, 28}, {25, 30}, {30, 30}},
    {{10, 30}, {20, 28}, {27, 30}, {32, 30}},
    {{12, 26}, {21, 28}, {29, 30}, {35, 30}},
    {{12, 28}, {23, 28}, {34, 28}, {37, 30}},
    {{12, 30}, {25, 28}, {34, 30}, {40, 30}},
    {{13, 30}, {26, 28}, {35, 30}, {42, 30}},
    {{14, 30}, {28, 28}, {38, 30}, {45, 30}},
    {{15, 30}, {29, 28}, {40, 30}, {48, 30}},
    {{16, 30}, {31, 28}, {43, 30}, {51, 30}},
    {{17, 30}, {33, 28}, {45, 30}, {54, 30}},
    {{18, 30}, {35, 28}, {48, 30}, {57, 30}},
    {{19, 30}, {37, 28}, {51, 30}, {60, 30}},
    {{19, 30}, {38, 28}, {53, 30}, {63, 30}},
    {{20, 30}, {40, 28}, {56, 30}, {66, 30}},
    {{21, 30}, {43, 28}, {59, 30}, {70, 30}},
    {{22, 30}, {45, 28}, {62, 30}, {74, 30}},
    {{24, 30}, {47, 28}, {65, 30}, {77, 30}},
    {{25, 30}, {49, 28}, {68, 30}, {81, 30}},
};

/* ISO/IEC 18004:2015, annex E, table E.1. */
static const uint8_t alignment[BC_QR_MAX_VERSION][BC_QR_MAX_ALIGNMENT] = {
    {0},
    {6, 18},
    {6, 22},
    {6, 26},
    {6, 30},
    {6, 34},
    {6, 22, 38},
    {6, 24, 42},
    {6, 26, 46},
    {6, 28, 50},
    {6, 30, 54},
    {6, 32, 58},
    {6, 34, 62},
    {6, 26, 46, 66},
    {6, 26, 48, 70},
    {6, 26, 50, 74},
    {6, 30, 54, 78},
    {6, 30, 56, 82},
    {6, 30, 58, 86},
    {6, 34, 62, 90},
    {6, 28, 50, 72, 94},
    {6, 26, 50, 74, 98},
    {6, 30, 54, 78, 102},
    {6, 28, 54, 80, 106},
    {6, 32, 58, 84, 110},
    {6, 30, 58, 86, 114},
    {6, 34, 62, 90, 118},
    {6, 26, 50, 74, 98, 122},
    {6, 30, 54, 78, 102, 126},
    {6, 26, 52, 78, 104, 130},
    {6, 30, 56, 82, 108, 134},
    {6, 34, 60, 86, 112, 138},
    {6, 30, 58, 86, 114, 142},
    {6, 34, 62, 90, 118, 146},
    {6, 30, 54, 78, 102, 126, 150},
    {6, 24, 50, 76, 102, 128, 154},
    {6, 28, 54, 80, 106, 132, 158},
    {6, 32, 58, 84, 110, 136, 162},
    {6, 26, 54, 82, 110, 138, 166},
    {6, 30, 58, 86, 114, 142, 170},
};

/* ISO/IEC 18004:2015, annex C, table C.1, column "after masking". */
const uint16_t bc_qr_format_bits[32] = {
    0x5412, 0x5125, 0x5E7C, 0x5B4B, 0x45F9, 0x40CE, 0x4F97, 0x4AA0,
    0x77C4, 0x72F3, 0x7DAA, 0x789D, 0x662F, 0x6318, 0x6C41, 0x6976,
    0x1689, 0x13BE, 0x1CE7, 0x19D0, 0x0762, 0x0255, 0x0D0C, 0x083B,
    0x355F, 0x3068, 0x3F31, 0x3A06, 0x24B4, 0x2183, 0x2EDA, 0x2BED
};

/* The same code under Micro QR's mask 0x4445 (ISO/IEC 18004:2015, 7.9.2). */
const uint16_t bc_micro_qr_format_bits[32] = {
    0x4445, 0x4172, 0x4E2B, 0x4B1C, 0x55AE, 0x5099, 0x5FC0, 0x5AF7,
    0x6793, 0x62A4, 0x6DFD, 0x68CA, 0x7678, 0x734F, 0x7C16, 0x7921,
    0x06DE, 0x03E9, 0x0CB0, 0x0987, 0x1735, 0x1202, 0x1D5B, 0x186C,
    0x2508, 0x203F, 0x2F66, 0x2A51, 0x34E3, 0x31D4, 0x3E8D, 0x3BBA
};

/* ISO/IEC 18004:2015, tables 7, 9 and 13, in the order of table 13's symbol numbers. */
const bc_micro_qr_structure bc_micro_qr_structure_of[BC_MICRO_QR_STRUCTURES] = {
    {1, 0, 20, 5, 3, 2, 2},
    {2, 'L', 40, 10, 5, 5, 3},
    {2, 'M', 32, 10, 4, 6, 2},
    {3, 'L', 84, 17, 11, 6, 2},
    {3, 'M', 68, 17, 9, 8, 0},
    {4, 'L', 128, 24, 16, 8, 2},
    {4, 'M', 112, 24, 14, 10, 0},
    {4, 'Q', 80, 24, 10, 14, 0},
};

/* Modules left for codewords, in whole codewords: ISO/IEC 18004:2015, table 1, by counting what is not. */
static uint32_t codeword_count(uint32_t version)
{
    const uint32_t side = 17 + 4 * version, along = version / 7 + 2;
    uint32_t taken = 3 * 64 + 2 * (side - 16) + 31; /* finder and timing patterns, format information */
    if (version >= 2) /* alignment patterns; those on a timing pattern share five modules with it */
        taken += 25 * (along * along - 3) - 2 * 5 * (along - 2);
    if (version >= 7)
        taken += 2 * 18; /* version information */
    return (side * side - taken) / 8;
}

/* p of table 9: only the smallest symbols set check codewords aside. */
static uint8_t misdecode_protection(uint32_t version, uint32_t level)
{
    static const uint8_t version_1[4] = {3, 2, 1, 1};
    if (version == 1)
        return version_1[level];
    if (level == BC_QR_L)
        return version == 2 ? 2 : version == 3 ? 1 : 0;
    return 0;
}

bc_qr_structure bc_qr_structure_of(uint32_t version, uint32_t level)
{
    const uint32_t codeword_n = codeword_count(version);
    const uint32_t block_n = blocks[version - 1][level].block_n, ec_n = blocks[version - 1][level].ec_n;
    const uint32_t data_n = codeword_n - block_n * ec_n;
    return (bc_qr_structure){
        .codeword_n = (uint16_t)codeword_n,
        .data_n = (uint16_t)data_n,
        .block_n = (uint8_t)block_n,
        .short_n = (uint8_t)(block_n - data_n % block_n),
        .short_data = (uint8_t)(data_n / block_n),
        .ec_n = (uint8_t)ec_n,
        .spare = misdecode_protection(version, level),
    };
}

uint32_t bc_qr_alignment(uint32_t version, const uint8_t **position)
{
    *position = alignment[version - 1];
    return version == 1 ? 0 : version / 7 + 2;
}

uint32_t bc_qr_version_bits(uint32_t version)
{
    const uint32_t generator = 0x1F25; /* ISO/IEC 18004:2015, annex D */
    uint32_t rest = version << 12;
    for (uint32_t bit = 17; bit >= 12; bit--)
        if (rest >> bit & 1)
            rest ^= generator << (bit - 12);
    return version << 12 | rest;
}
