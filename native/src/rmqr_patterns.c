/* ISO/IEC 23941:2022, 6.3 (symbol structure), 7.7 (placement), 7.9 (format information). */
#include "rmqr_patterns.h"

#include "rmqr_tables.h" /* bc_rmqr_alignment */

#include <string.h> /* memset */

#define FINDER 7u
#define SUB_FINDER 5u
#define MASK 4u /* the one there is, 7.8.2, in QR's numbers */

typedef struct {
    uint8_t *map;
    uint32_t columns, rows;
} symbol_map;

static void mark(const symbol_map *to, uint32_t column, uint32_t row, uint32_t width, uint32_t height, uint8_t kind)
{
    for (uint32_t y = row; y < row + height; y++)
        memset(to->map + y * to->columns + column, kind, width);
}

/* Dark at even places: along the top and the bottom, and along the left and the right side. */
static void mark_timing(const symbol_map *to)
{
    for (uint32_t x = 0; x < to->columns; x++) {
        const uint8_t kind = x % 2 == 0 ? BC_QR_DARK : BC_QR_LIGHT;
        mark(to, x, 0, 1, 1, kind);
        mark(to, x, to->rows - 1, 1, 1, kind);
    }
    for (uint32_t y = 0; y < to->rows; y++) {
        const uint8_t kind = y % 2 == 0 ? BC_QR_DARK : BC_QR_LIGHT;
        mark(to, 0, y, 1, 1, kind);
        mark(to, to->columns - 1, y, 1, 1, kind);
    }
}

/* A column that alternates and ends above and below in a square of three modules. */
static void mark_alignment(const symbol_map *to)
{
    const uint8_t *position;
    const uint32_t n = bc_rmqr_alignment(to->columns, &position);
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t column = position[i];
        for (uint32_t y = 3; y < to->rows - 3; y++)
            mark(to, column, y, 1, 1, y % 2 == 0 ? BC_QR_DARK : BC_QR_LIGHT);
        for (uint32_t end = 0; end < 2; end++) {
            const uint32_t row = end == 0 ? 0 : to->rows - 3;
            mark(to, column - 1, row, 3, 3, BC_QR_DARK);
            mark(to, column, row + 1, 1, 1, BC_QR_LIGHT);
        }
    }
}

/* Angles of dark modules where neither finder pattern is; seven rows have none at the bottom left, nine half of one. */
static void mark_corners(const symbol_map *to)
{
    const uint32_t right = to->columns - 1, bottom = to->rows - 1;
    mark(to, right - 2, 0, 3, 1, BC_QR_DARK);
    mark(to, right - 1, 1, 1, 1, BC_QR_LIGHT);
    mark(to, right, 1, 1, 1, BC_QR_DARK);
    if (to->rows > 7)
        mark(to, 0, bottom, 3, 1, BC_QR_DARK);
    if (to->rows > 9) {
        mark(to, 0, bottom - 1, 1, 1, BC_QR_DARK);
        mark(to, 1, bottom - 1, 1, 1, BC_QR_LIGHT);
    }
}

static void mark_finders(const symbol_map *to)
{
    mark(to, 0, 0, FINDER + 1, to->rows > FINDER ? FINDER + 1 : FINDER, BC_QR_LIGHT);
    mark(to, 0, 0, FINDER, FINDER, BC_QR_DARK);
    mark(to, 1, 1, FINDER - 2, FINDER - 2, BC_QR_LIGHT);
    mark(to, 2, 2, FINDER - 4, FINDER - 4, BC_QR_DARK);
    const uint32_t column = to->columns - SUB_FINDER, row = to->rows - SUB_FINDER;
    mark(to, column, row, SUB_FINDER, SUB_FINDER, BC_QR_DARK);
    mark(to, column + 1, row + 1, SUB_FINDER - 2, SUB_FINDER - 2, BC_QR_LIGHT);
    mark(to, column + 2, row + 2, 1, 1, BC_QR_DARK);
}

void bc_rmqr_format_place(uint32_t bit, bool sub, uint32_t *column, uint32_t *row)
{
    if (!sub) {
        *column = 8 + bit / 5;
        *row = 1 + bit % 5;
    } else { /* the last three lie along the sub finder pattern's upper side */
        *column = bit < 15 ? 8 - bit / 5 : 5 - (bit - 15);
        *row = bit < 15 ? 6 - bit % 5 : 6;
    }
}

void bc_rmqr_function_map(uint32_t columns, uint32_t rows, uint8_t *map)
{
    const symbol_map to = {map, columns, rows};
    memset(map, BC_QR_DATA, (size_t)columns * rows);
    mark_timing(&to);
    mark_alignment(&to);
    mark_corners(&to);
    mark_finders(&to);
    for (uint32_t bit = 0; bit < BC_RMQR_FORMAT_BITS; bit++) {
        uint32_t column, row;
        bc_rmqr_format_place(bit, false, &column, &row);
        mark(&to, column, row, 1, 1, BC_QR_INFORMATION);
        bc_rmqr_format_place(bit, true, &column, &row);
        mark(&to, columns - column, rows - row, 1, 1, BC_QR_INFORMATION);
    }
}

bc_qr_order bc_rmqr_order_of(const uint8_t *map, uint32_t columns, uint32_t rows)
{
    /* The last column is timing pattern and in no pair. */
    return (bc_qr_order){map, columns, rows, columns - 2, 0, MASK, false};
}
