/*
 * The contract between finding an Aztec symbol and reading it: how dark each
 * module is goes in, a symbol's content comes out.
 */
#ifndef BC_AZTEC_MODULES_H
#define BC_AZTEC_MODULES_H

#include "arena.h"
#include "bc.h"
#include "equalise.h" /* bc_plane, BC_KNOWN_LIGHT */

#include <stdbool.h> /* bool */

#define BC_AZTEC_MAX_SIDE 151u /* modules: 32 layers */
#define BC_AZTEC_CENTRE 15u    /* modules a side of what the mode message is read from */

/* What the mode message says: ISO/IEC 24778, 7.2.3. */
typedef struct {
    bool compact, rune;
    uint32_t layers;      /* 1 to 4, or to 32; 0 of a rune */
    uint32_t data_n;      /* data codewords; of a rune its value */
    bool reader_init;
    uint32_t errors;      /* of its words that were corrected */
} bc_aztec_mode;

/* Modules a side of the symbol. */
uint32_t bc_aztec_side(const bc_aztec_mode *mode);

/*
 * Reads the mode message around the bullseye.  `darkness` is a square of 15
 * modules a side around the symbol's middle, seen upright (the mark of three
 * dark modules at the top left).  False when its marks or checks do not hold.
 */
bool bc_aztec_read_mode(const uint8_t darkness[225], bool compact, bc_aztec_mode *mode);

/* The same of a rune, whose message is inverted in every second bit. */
bool bc_aztec_read_rune(const uint8_t darkness[225], bc_aztec_mode *mode);

/*
 * Fills side * side bytes with BC_KNOWN_DARK and BC_KNOWN_LIGHT where bullseye,
 * marks and reference grid are; 0 elsewhere.
 */
void bc_aztec_pattern(const bc_aztec_mode *mode, uint8_t *known);

/* Units of bc_frame_spend that bc_aztec_read takes at most for a symbol of this mode. */
int64_t bc_aztec_read_cost(const bc_aztec_mode *mode);

/* Workspace that bc_aztec_read takes at most. */
size_t bc_aztec_workspace(void);

/*
 * Reads a symbol seen upright, of the side that its mode has.  Fills what the
 * content decides.  BC_OK, BC_FORMAT, BC_CHECKSUM, BC_LIMIT,
 * BC_WORKSPACE_TOO_SMALL, BC_BAD_ARGUMENT (side and mode do not agree).
 */
bc_status bc_aztec_read(const bc_plane *modules, const bc_aztec_mode *mode, bc_arena *arena, bc_symbol *symbol);

#endif
