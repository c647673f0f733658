/* Which row of a symbol lies where: a polynomial over the symbol, fitted to symbol characters that were read. */
#ifndef BC_PDF417_ROWS_H
#define BC_PDF417_ROWS_H

#include <stdbool.h> /* bool */
#include <stddef.h>  /* size_t */
#include <stdint.h>  /* uint8_t, uint16_t, uint32_t */

#define BC_ROWS_TERMS 6u

/* Where a row was seen. */
typedef struct {
    float t, v;       /* v is the middle of the row */
    uint16_t value;   /* of the symbol character that told it, and its cluster */
    uint8_t cluster;
} bc_row_seen;

/* v = a + b * t, and with how much of what was seen it agrees. */
typedef struct {
    float a, b;
    uint32_t inliers;
} bc_row_line;

/* The line that most agrees with; rows are 0.7 to 60 modules of `module` px high. */
bc_row_line bc_row_line_fit(const bc_row_seen *seen, size_t n, float module);

/* Whether something seen agrees with a line. */
bool bc_row_on_line(const bc_row_line *line, const bc_row_seen *seen);

/* v, rows from the symbol's top, as a polynomial in k, columns, and t, px along the bars. */
typedef struct {
    float middle, half; /* of t */
    float first;        /* the column where k counts from */
    double p[BC_ROWS_TERMS], guess[BC_ROWS_TERMS];
    double ata[BC_ROWS_TERMS][BC_ROWS_TERMS], atb[BC_ROWS_TERMS];
    uint32_t n;
} bc_rows;

/* Begins with v = a + b * t in column `first`, t from low to high, and about `across` more in the next one. */
void bc_rows_begin(bc_rows *rows, float first, float low, float high, float a, float b, float across);

float bc_rows_at(const bc_rows *rows, float k, float t);

/* How v grows with t, and with k. */
float bc_rows_along(const bc_rows *rows, float k, float t);
float bc_rows_across(const bc_rows *rows, float k, float t);

/* The t where v is reached in column k. */
float bc_rows_find(const bc_rows *rows, float k, float v);

/* The middle of a row was seen about here; counts from the next bc_rows_solve on. */
void bc_rows_add(bc_rows *rows, float k, float t, float v);
void bc_rows_solve(bc_rows *rows);

#endif
