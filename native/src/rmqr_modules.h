/*
 * The contract between finding an rMQR symbol and reading it: how dark each
 * module is goes in, a symbol's content comes out.
 */
#ifndef BC_RMQR_MODULES_H
#define BC_RMQR_MODULES_H

#include "arena.h"
#include "bc.h"
#include "equalise.h" /* bc_plane */

/* Workspace that bc_rmqr_read takes at most. */
size_t bc_rmqr_workspace(void);

/*
 * Reads a symbol of one of the 32 sizes, the right way round: who finds it knows
 * whether it is mirrored.  Fills what the content decides: symbology,
 * identifier, version, columns, rows, ec_level, ec_used, segments, length and
 * payload.
 *   BC_OK          read
 *   BC_FORMAT      no format information of this size, or the bit stream breaks a rule
 *   BC_CHECKSUM    more errors than can be corrected with a margin against misreads
 *   BC_LIMIT       more changes of character set than BC_MAX_SEGMENTS
 *   BC_WORKSPACE_TOO_SMALL, BC_BAD_ARGUMENT (no such size)
 */
bc_status bc_rmqr_read(const bc_plane *modules, bc_arena *arena, bc_symbol *symbol);

#endif
