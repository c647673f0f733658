/* Row address patterns of MicroPDF417 (ISO/IEC 24728, 5.3): a row's on a line of bars, and single ones from pixels. */
#ifndef BC_PDF417_RAP_H
#define BC_PDF417_RAP_H

#include "pdf417_bars.h"
#include "pdf417_tables.h"

#include <stddef.h> /* size_t */

#define BC_MICRO_PARTS 7u /* across at most: four symbol characters and three row address patterns */

/* What lies across a symbol of so many columns: 10 or 17 modules each, and a bar behind the last. */
typedef struct {
    uint8_t n;
    uint8_t modules[BC_MICRO_PARTS];
} bc_micro_layout;

extern const bc_micro_layout bc_micro_layouts[5]; /* by columns; none of 0 */

/* A row of a symbol on a line. */
typedef struct {
    float at;       /* px along the line: where its first bar begins, in reading direction */
    float module;   /* px */
    bool backwards; /* reading direction is against the line's */
    bool inverted;
    uint8_t columns;
    float end[BC_MICRO_PARTS]; /* of a whole row: where each part ends, in modules; perspective makes some wider */
} bc_micro_row;

/*
 * Where rows may begin among bars: a row address pattern of the left side behind
 * a space, with a symbol character's width behind it; how many, at most cap.
 * `columns` is that of the row if it goes on so to its end and its row address
 * patterns agree with a size of symbol, otherwise 0.
 */
size_t bc_micro_rows_find(const bc_bars *bars, bc_micro_row *row, size_t cap);

/* The whole row, or at least the beginning of one, forwards within a module of a place; false when there is none. */
bool bc_micro_row_at(const bc_bars *bars, float at, float module, bool beginning, bc_micro_row *row);

/* How the row address patterns of the sides look in a blur: darkness of each module, mean 0 and length 1. */
typedef struct {
    float dark[BC_PDF417_RAP_MODULES][BC_PDF417_RAPS];
} bc_rap_looks;

/* Makes the looks of a blur that mixes that share of each neighbour into a module. */
void bc_rap_looks_make(bc_rap_looks *looks, float blur);

/*
 * The row address pattern of the sides that 10 modules' lightness is most like;
 * BC_PDF417_RAPS when that is not clear.
 */
uint32_t bc_rap_match(const bc_rap_looks *looks, const float light[BC_PDF417_RAP_MODULES]);

/* The row of a size whose pattern at the left, in the middle or at the right is this; false when it has none. */
bool bc_rap_row(const bc_micro_variant *variant, uint32_t part, uint32_t rap, uint32_t *row);

#endif
