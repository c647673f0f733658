/* Where the bits of a MaxiCode symbol stand: ISO/IEC 16023:2000, 4.11 and figure 5. */
#include "maxi_modules.h"

#include <string.h> /* memset */

typedef struct {
    uint8_t row, column;
} spot;

/* The primary message winds around the bullseye. */
static const spot primary[6 * BC_MAXI_PRIMARY] = {
    {15, 19}, {17, 19}, {9, 16}, {10, 16}, {11, 17}, {11, 16},
    {22, 13}, {22, 12}, {23, 13}, {23, 12}, {21, 17}, {22, 16},
    {9, 13}, {9, 12}, {10, 13}, {10, 12}, {12, 10}, {20, 10},
    {20, 18}, {12, 19}, {12, 18}, {13, 19}, {13, 18}, {14, 19},
    {23, 15}, {23, 14}, {18, 19}, {19, 19}, {19, 18}, {20, 19},
    {15, 8}, {17, 8}, {21, 10}, {23, 11}, {22, 15}, {22, 14},
    {9, 15}, {9, 14}, {10, 15}, {10, 14}, {10, 10}, {11, 10},
    {17, 21}, {9, 19}, {9, 18}, {10, 19}, {11, 19}, {11, 18},
    {15, 6}, {16, 6}, {17, 7}, {17, 6}, {15, 21}, {15, 20},
    {12, 9}, {12, 8}, {13, 9}, {13, 8}, {14, 9}, {14, 8},
    {18, 9}, {18, 8}, {19, 9}, {19, 8}, {20, 9}, {20, 8},
    {21, 19}, {21, 18}, {22, 19}, {22, 18}, {23, 19}, {23, 18},
    {21, 9}, {21, 8}, {22, 9}, {22, 8}, {23, 9}, {23, 8},
    {9, 9}, {9, 8}, {10, 9}, {10, 8}, {11, 9}, {11, 8},
    {12, 21}, {12, 20}, {13, 21}, {13, 20}, {14, 21}, {14, 20},
    {18, 21}, {18, 20}, {19, 21}, {19, 20}, {20, 21}, {20, 20},
    {18, 7}, {18, 6}, {19, 7}, {19, 6}, {20, 7}, {20, 6},
    {12, 7}, {12, 6}, {13, 7}, {13, 6}, {14, 7}, {14, 6},
    {9, 21}, {9, 20}, {10, 21}, {10, 20}, {11, 21}, {11, 20},
    {21, 21}, {21, 20}, {22, 21}, {22, 20}, {23, 21}, {23, 20},
};

static const spot dark[] = {
    {0, 28}, {0, 29}, {9, 10}, {9, 11}, {10, 11}, {15, 7}, {16, 8}, {16, 20}, {17, 20}, {22, 10}, {22, 17}, {23, 10},
    {23, 17},
};
static const spot light[] = {{9, 17}, {10, 17}, {10, 18}, {16, 7}, {16, 21}, {22, 11}, {23, 16}};

/* Codewords of the secondary message in three rows each, two columns wide, from left to right and back again. */
#define BANDS 11u
static const struct {
    uint8_t left, right; /* codewords beside what stands around the bullseye */
} bands[BANDS] = {{14, 0}, {14, 0}, {14, 0}, {4, 3}, {3, 3}, {3, 3}, {3, 3}, {4, 3}, {14, 0}, {14, 0}, {14, 0}};

#define RIGHT_COLUMN 28u /* and the one beside it hold the last codewords, from top to bottom */

static uint16_t place_at(uint32_t row, uint32_t column)
{
    return (uint16_t)(row * BC_MAXI_COLUMNS + column);
}

/* Columns of the k-th codeword of a band from the left. */
static uint32_t column_of(uint32_t band, uint32_t k)
{
    return k < bands[band].left ? 2 * k : RIGHT_COLUMN - 2 * (bands[band].left + bands[band].right - k);
}

void bc_maxi_places(uint16_t place[BC_MAXI_BITS])
{
    uint16_t *to = place;
    for (uint32_t i = 0; i < 6 * BC_MAXI_PRIMARY; i++)
        *to++ = place_at(primary[i].row, primary[i].column);
    for (uint32_t band = 0; band < BANDS; band++) {
        const uint32_t n = (uint32_t)bands[band].left + bands[band].right;
        for (uint32_t k = 0; k < n; k++) {
            const uint32_t column = column_of(band, band % 2 == 0 ? k : n - 1 - k);
            for (uint32_t bit = 0; bit < 6; bit++)
                *to++ = place_at(3 * band + bit / 2, column + 1 - bit % 2);
        }
    }
    for (uint32_t row = 1; row < BC_MAXI_ROWS; row++) {
        if (row % 2 == 0)
            *to++ = place_at(row, RIGHT_COLUMN + 1);
        *to++ = place_at(row, RIGHT_COLUMN);
    }
}

void bc_maxi_pattern(uint8_t known[BC_MAXI_PLACES])
{
    memset(known, 0, BC_MAXI_PLACES);
    for (size_t i = 0; i < sizeof dark / sizeof dark[0]; i++)
        known[place_at(dark[i].row, dark[i].column)] = BC_KNOWN_DARK;
    for (size_t i = 0; i < sizeof light / sizeof light[0]; i++)
        known[place_at(light[i].row, light[i].column)] = BC_KNOWN_LIGHT;
}

/* Hexagons nearer to the middle than five and a bit are under the bullseye, but for one that is a module. */
bool bc_maxi_is_module(uint32_t column, uint32_t row)
{
    if (row % 2 == 1 && column == BC_MAXI_COLUMNS - 1)
        return false;
    const int32_t u = 2 * (int32_t)column + (int32_t)(row % 2) - 28, v = (int32_t)row - 16; /* half modules, rows */
    return u * u + 3 * v * v > 102 || (row == 11 && column == 16);
}
