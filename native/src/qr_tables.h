/* What ISO/IEC 18004:2015 tabulates of QR and Micro QR versions. */
#ifndef BC_QR_TABLES_H
#define BC_QR_TABLES_H

#include <stdint.h> /* uint8_t, uint16_t, uint32_t */

#define BC_QR_MAX_VERSION 40u
#define BC_QR_MAX_CODEWORDS 3706u /* of version 40 */
#define BC_QR_MAX_BLOCKS 81u      /* 40-H */
#define BC_QR_MAX_ALIGNMENT 7u    /* alignment pattern positions along a side */

/* Error correction levels, as indices of tables. */
enum { BC_QR_L, BC_QR_M, BC_QR_Q, BC_QR_H };

extern const char bc_qr_level_name[4];

/*
 * How a symbol's codewords make blocks: block_n of them with ec_n check
 * codewords each.  The first short_n blocks have short_data data codewords, the
 * others one more.
 */
typedef struct {
    uint16_t codeword_n, data_n;
    uint8_t block_n, short_n, short_data, ec_n;
    uint8_t spare; /* check codewords of a block that guard against misreads and correct nothing: p of table 9 */
} bc_qr_structure;

/* version 1 to 40, level BC_QR_L to BC_QR_H */
bc_qr_structure bc_qr_structure_of(uint32_t version, uint32_t level);

/* Row and column numbers of alignment pattern centres, ascending; how many there are, none in version 1. */
uint32_t bc_qr_alignment(uint32_t version, const uint8_t **position);

/* A Micro QR symbol number of the format information is a version with a level. */
typedef struct {
    uint8_t version;    /* 1 to 4 */
    char level;         /* 0 in M1, which only detects errors */
    uint8_t data_bits;  /* 4 bits of the last data codeword are missing in M1 and M3 */
    uint8_t codeword_n, data_n, ec_n, spare;
} bc_micro_qr_structure;

#define BC_MICRO_QR_STRUCTURES 8u

extern const bc_micro_qr_structure bc_micro_qr_structure_of[BC_MICRO_QR_STRUCTURES];

/* The 15 bits of masked format information for each of its 32 values. */
extern const uint16_t bc_qr_format_bits[32];
extern const uint16_t bc_micro_qr_format_bits[32];

/* The 18 bits of version information, version 7 to 40. */
uint32_t bc_qr_version_bits(uint32_t version);

#endif
