/* What ISO/IEC 23941:2022 tabulates of rMQR versions. */
#ifndef BC_RMQR_TABLES_H
#define BC_RMQR_TABLES_H

#include "qr_tables.h" /* bc_qr_structure */

#include <stdbool.h> /* bool */
#include <stddef.h>  /* size_t */
#include <stdint.h>  /* uint8_t, uint32_t */

#define BC_RMQR_VERSIONS 32u
#define BC_RMQR_MAX_COLUMNS 139u
#define BC_RMQR_MAX_ROWS 17u
#define BC_RMQR_MAX_MODULES ((size_t)BC_RMQR_MAX_COLUMNS * BC_RMQR_MAX_ROWS)
#define BC_RMQR_MAX_CODEWORDS 232u

typedef struct {
    uint8_t columns, rows;
    uint8_t codeword_n;
    uint8_t data_n[2], block_n[2]; /* of level M and level H */
    uint8_t count_bits[4];         /* of a character count: numeric, alphanumeric, bytes, Kanji */
} bc_rmqr_size;

/* Version 1 (R7x43) to 32 (R17x139) at index 0 to 31, which is also the version indicator. */
extern const bc_rmqr_size bc_rmqr_sizes[BC_RMQR_VERSIONS];

/* The version of a size in modules, 0 for none. */
uint32_t bc_rmqr_version_of(uint32_t columns, uint32_t rows);

/* Blocks of version 1 to 32; level 0 is M and 1 is H. */
bc_qr_structure bc_rmqr_structure_of(uint32_t version, uint32_t level);

/* Columns of the middles of alignment patterns, ascending; how many there are, up to 4. */
uint32_t bc_rmqr_alignment(uint32_t columns, const uint8_t **position);

/*
 * The 18 bits of format information: level * 32 + version - 1 with its BCH check
 * bits, masked for the copy beside the finder pattern or the one beside the sub
 * finder pattern (7.9).
 */
uint32_t bc_rmqr_format_bits(uint32_t version, uint32_t level, bool sub);

#endif
