/* The sizes of Data Matrix symbols: ISO/IEC 16022:2006, table 7, and ISO/IEC 21471:2020, table 1. */
#ifndef BC_DM_TABLES_H
#define BC_DM_TABLES_H

#include <stdint.h> /* uint8_t, uint16_t */

#define BC_DM_SIZES 48u
#define BC_DM_MAX_SIDE 144u
#define BC_DM_MAX_CODEWORDS 2178u /* of 144 x 144, check codewords included */

/* bc_dm_size[i] is version i + 1: squares, rectangles, the rectangles of ISO/IEC 21471. */
typedef struct {
    uint8_t columns, rows;               /* modules, borders included */
    uint8_t region_columns, region_rows; /* regions across and down, each with a border of one module */
    uint16_t data_n, ec_n;               /* codewords of all blocks */
    uint8_t block_n;
} bc_dm_structure;

extern const bc_dm_structure bc_dm_size[BC_DM_SIZES];

#endif
