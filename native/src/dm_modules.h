/*
 * The contract between finding a Data Matrix symbol and reading it: how dark each
 * module is goes in, a symbol's content comes out.
 */
#ifndef BC_DM_MODULES_H
#define BC_DM_MODULES_H

#include "arena.h"
#include "bc.h"
#include "equalise.h" /* bc_plane */

/* Workspace that bc_dm_read takes at most. */
size_t bc_dm_workspace(void);

/*
 * Fills columns * rows bytes with what every symbol of this size shows:
 * BC_KNOWN_DARK and BC_KNOWN_LIGHT on the borders of its regions, 0 elsewhere.
 */
void bc_dm_pattern(uint32_t columns, uint32_t rows, uint8_t *known);

/*
 * Reads a symbol of one of bc_dm_size's sizes, its solid sides at the left and
 * the bottom.  Fills what the content decides: symbology, identifier, version,
 * columns, rows, ec_used, append_*, reader_init, segments, length and payload.
 *   BC_OK          read
 *   BC_FORMAT      the borders are not those of a symbol, or the content breaks a rule
 *   BC_CHECKSUM    more errors than can be corrected with a margin against misreads
 *   BC_LIMIT       more changes of character set than BC_MAX_SEGMENTS
 *   BC_WORKSPACE_TOO_SMALL, BC_BAD_ARGUMENT (no such size)
 */
bc_status bc_dm_read(const bc_plane *modules, bc_arena *arena, bc_symbol *symbol);

/* The same without what takes long, which is to take blur out of the modules and to go by how sure each is. */
bc_status bc_dm_read_quickly(const bc_plane *modules, bc_arena *arena, bc_symbol *symbol);

#endif
