/*
 * Takes the blur out of modules.  What blur and movement mix into a module from
 * its neighbours is learnt where the symbol is known, in finder, timing and
 * alignment patterns, and taken out everywhere: the linear filter that makes
 * the known modules most like what they are.
 */
#ifndef BC_EQUALISE_H
#define BC_EQUALISE_H

#include <stdbool.h> /* bool */
#include <stddef.h>  /* size_t */
#include <stdint.h>  /* uint8_t, uint32_t */

/* Darkness of a symbol's modules, row by row: 0 surely light, 255 surely dark. */
typedef struct {
    const uint8_t *darkness;
    uint32_t columns, rows;
} bc_plane;

/* What is known of a module by its place; other values: nothing. */
enum { BC_KNOWN_LIGHT = 2, BC_KNOWN_DARK = 3 };

/*
 * `known` has BC_KNOWN_LIGHT and BC_KNOWN_DARK where a module is known.
 * `decided`, if it is not null, is the darkness that an earlier call wrote: what
 * is known of a module's neighbours, and was decided of the others, is then
 * taken out of it as well.  Writes columns * rows modules, those that are known
 * as what they are where `decided` is given; out may be decided.  scratch is for
 * BC_EQUALISE_SCRATCH(columns, rows) bytes.  False when nothing can be learnt.
 */
bool bc_equalise(const bc_plane *modules, const uint8_t *known, const uint8_t *decided, uint8_t *scratch, uint8_t *out);

/*
 * The same for hexagons, whose odd rows lie half a module further right: the
 * filter reaches over their six neighbours and the six beside those.
 */
bool bc_equalise_hexagons(const bc_plane *modules, const uint8_t *known, const uint8_t *decided, uint8_t *scratch,
                          uint8_t *out);

/*
 * How much of the known modules is as it should be, in percent, each counting as
 * it is sure: of a find that is no symbol, half; 0 where nothing is known or sure.
 */
uint32_t bc_known_percent(const uint8_t *darkness, const uint8_t *known, size_t n);

/* Modules that reach into a filter beyond one on the border: two on each side. */
#define BC_EQUALISE_REACH 2u
#define BC_EQUALISE_SCRATCH(columns, rows) (2 * ((columns) + 2 * BC_EQUALISE_REACH) * ((rows) + 2 * BC_EQUALISE_REACH))

#endif
