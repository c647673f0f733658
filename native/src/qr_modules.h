/*
 * The contract between finding a QR or Micro QR symbol and reading it: how
 * dark each module is goes in, a symbol's content comes out.
 */
#ifndef BC_QR_MODULES_H
#define BC_QR_MODULES_H

#include "arena.h"
#include "bc.h"

#include <stdbool.h> /* bool */

#define BC_QR_MAX_SIZE 177u /* modules a side: version 40 */

/*
 * Darkness of every module, row by row, size * size of them, no gaps: 0 surely
 * light, 255 surely dark, 128 and up counts as dark, and values near 128 are in
 * doubt: decoding tries them first as erasures.  Size is 17 + 4 * version for
 * QR, 9 + 2 * version for Micro QR.  Light-on-dark symbols arrive turned to
 * dark-on-light.
 */
typedef struct {
    const uint8_t *darkness;
    uint32_t size;
} bc_qr_modules;

/* Workspace that bc_qr_read and bc_micro_qr_read take at most. */
size_t bc_qr_workspace(void);

/*
 * Reads a symbol of size 21 to 177, also when it is mirrored (transposed).
 * Fills the symbol's symbology, identifier, mirrored, version, ec_level,
 * ec_used, append_*, segments, length and payload, leaving geometry to the
 * caller.
 *   BC_OK          read
 *   BC_FORMAT      no format or version information, or the bit stream breaks a rule
 *   BC_CHECKSUM    more errors than can be corrected with a margin against misreads
 *   BC_LIMIT       more changes of character set than BC_MAX_SEGMENTS
 *   BC_WORKSPACE_TOO_SMALL, BC_BAD_ARGUMENT (no such size)
 */
bc_status bc_qr_read(const bc_qr_modules *modules, bc_arena *arena, bc_symbol *symbol);

/* The same for Micro QR, size 11 to 17. */
bc_status bc_micro_qr_read(const bc_qr_modules *modules, bc_arena *arena, bc_symbol *symbol);

#endif
