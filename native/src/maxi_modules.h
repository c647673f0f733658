/*
 * The contract between finding a MaxiCode symbol and reading it: how dark each
 * module is goes in, a symbol's content comes out.
 *
 * A symbol has 33 rows of hexagons.  They are kept as a plane of 30 columns:
 * odd rows are half a module further right and have one module less, so that
 * their last place is none.
 */
#ifndef BC_MAXI_MODULES_H
#define BC_MAXI_MODULES_H

#include "arena.h"
#include "bc.h"
#include "equalise.h" /* bc_plane, BC_KNOWN_LIGHT */

#include <stdbool.h> /* bool */

#define BC_MAXI_COLUMNS 30u
#define BC_MAXI_ROWS 33u
#define BC_MAXI_PLACES (BC_MAXI_COLUMNS * BC_MAXI_ROWS)

/* Codewords of six modules: 20 of the primary message, then 124 of the secondary (ISO/IEC 16023:2000, 4.10). */
#define BC_MAXI_PRIMARY 20u
#define BC_MAXI_CODEWORDS 144u
#define BC_MAXI_BITS (6u * BC_MAXI_CODEWORDS)

/* The place of every bit, codeword by codeword, highest bit first (figure 5). */
void bc_maxi_places(uint16_t place[BC_MAXI_BITS]);

/* BC_KNOWN_DARK and BC_KNOWN_LIGHT in the six orientation patterns and the top right corner (4.11.3); 0 elsewhere. */
void bc_maxi_pattern(uint8_t known[BC_MAXI_PLACES]);

/* Whether a place is a module: not one that an odd row lacks, nor under the bullseye. */
bool bc_maxi_is_module(uint32_t column, uint32_t row);

/* Workspace that bc_maxi_read takes at most. */
size_t bc_maxi_workspace(void);

/*
 * Reads a symbol from its BC_MAXI_COLUMNS by BC_MAXI_ROWS places.  What is seen
 * of the bullseye may stand in its places.  Fills what the content decides.
 * BC_OK, BC_FORMAT, BC_CHECKSUM, BC_LIMIT, BC_WORKSPACE_TOO_SMALL,
 * BC_BAD_ARGUMENT (a plane of another size).
 */
bc_status bc_maxi_read(const bc_plane *modules, bc_arena *arena, bc_symbol *symbol);

/*
 * Reads the primary message alone, which stands around the bullseye: BC_OK,
 * BC_FORMAT, BC_CHECKSUM, BC_WORKSPACE_TOO_SMALL.  `known` has, after BC_OK, its modules and the
 * pattern's.
 */
bc_status bc_maxi_read_primary(const bc_plane *modules, bc_arena *arena, uint8_t known[BC_MAXI_PLACES]);

#endif
