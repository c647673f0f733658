#include "dm_place.h"

#include <stdbool.h> /* bool */
#include <string.h>  /* memset */

typedef struct {
    int32_t columns, rows;
    uint16_t *place;
    uint32_t next; /* the codeword to be placed */
} matrix;

/* Eight places relative to a codeword's lowest bit, the highest bit's first, as row and column. */
typedef struct {
    int8_t row[8], column[8];
} shape;

static const shape utah = {{-2, -2, -1, -1, -1, 0, 0, 0}, {-2, -1, -2, -1, 0, -2, -1, 0}};

/* The four corner shapes: negative numbers count from the far side, 0 from the near one. */
static const shape corner[4] = {
    {{-1, -1, -1, 0, 0, 1, 2, 3}, {0, 1, 2, -2, -1, -1, -1, -1}},
    {{-3, -2, -1, 0, 0, 0, 0, 1}, {0, 0, 0, -4, -3, -2, -1, -1}},
    {{-3, -2, -1, 0, 0, 1, 2, 3}, {0, 0, 0, -2, -1, -1, -1, -1}},
    {{-1, -1, 0, 0, 0, 1, 1, 1}, {0, -1, -3, -2, -1, -3, -2, -1}},
};

static void put(const matrix *m, int32_t row, int32_t column, uint32_t bit)
{
    m->place[row * m->columns + column] = (uint16_t)(BC_DM_FIRST + 8 * m->next + bit);
}

/* The usual shape; what lies outside comes back in on the other side. */
static void place_utah(matrix *m, int32_t row, int32_t column)
{
    for (uint32_t bit = 0; bit < 8; bit++) {
        int32_t r = row + utah.row[bit], c = column + utah.column[bit];
        if (r < 0) {
            r += m->rows;
            c += 4 - (m->rows + 4) % 8;
        }
        if (c < 0) {
            c += m->columns;
            r += 4 - (m->columns + 4) % 8;
        }
        if (r >= m->rows) /* of ISO/IEC 21471's rectangles only */
            r -= m->rows;
        put(m, r, c, bit);
    }
    m->next++;
}

static void place_corner(matrix *m, uint32_t which)
{
    for (uint32_t bit = 0; bit < 8; bit++) {
        const int32_t r = corner[which].row[bit], c = corner[which].column[bit];
        put(m, r < 0 ? m->rows + r : r, c < 0 ? m->columns + c : c, bit);
    }
    m->next++;
}

static void place_corners(matrix *m, int32_t row, int32_t column)
{
    if (row == m->rows && column == 0)
        place_corner(m, 0);
    if (row == m->rows - 2 && column == 0 && m->columns % 4 != 0)
        place_corner(m, 1);
    if (row == m->rows - 2 && column == 0 && m->columns % 8 == 4)
        place_corner(m, 2);
    if (row == m->rows + 4 && column == 2 && m->columns % 8 == 0)
        place_corner(m, 3);
}

static bool is_free(const matrix *m, int32_t row, int32_t column)
{
    return row >= 0 && row < m->rows && column >= 0 && column < m->columns &&
           m->place[row * m->columns + column] == BC_DM_NOWHERE;
}

void bc_dm_place(uint32_t columns, uint32_t rows, uint16_t *place)
{
    matrix m = {(int32_t)columns, (int32_t)rows, place, 0};
    int32_t row = 4, column = 0;
    memset(place, 0, (size_t)columns * rows * sizeof *place);
    do { /* diagonals, up and to the right, then down and to the left */
        place_corners(&m, row, column);
        for (; row >= 0 && column < m.columns; row -= 2, column += 2)
            if (is_free(&m, row, column))
                place_utah(&m, row, column);
        row += 1;
        column += 3;
        for (; row < m.rows && column >= 0; row += 2, column -= 2)
            if (is_free(&m, row, column))
                place_utah(&m, row, column);
        row += 3;
        column += 1;
    } while (row < m.rows || column < m.columns);
    if (place[columns * rows - 1] == BC_DM_NOWHERE)
        place[columns * rows - 1] = place[columns * (rows - 1) - 2] = BC_DM_DARK;
}
