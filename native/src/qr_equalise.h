/*
 * Takes the blur out of modules.  What blur and movement mix into a module from
 * its neighbours is learnt where the symbol is known, in finder, timing and
 * alignment patterns, and taken out everywhere: the linear filter that makes
 * the known modules most like what they are.
 */
#ifndef BC_QR_EQUALISE_H
#define BC_QR_EQUALISE_H

#include "qr_modules.h" /* bc_qr_modules */

#include <stdbool.h> /* bool */

/*
 * `map` is that of qr_codewords.h.  Writes size * size modules; scratch is for
 * BC_QR_EQUALISE_SCRATCH(size) bytes.  False when nothing can be learnt, as
 * from modules that are all the same.
 */
bool bc_qr_equalise(const bc_qr_modules *modules, const uint8_t *map, uint8_t *scratch, uint8_t *out);

/* Modules that reach into a filter beyond one on the border: two on each side. */
#define BC_QR_EQUALISE_REACH 2u
#define BC_QR_EQUALISE_SIDE(size) ((size) + 2 * BC_QR_EQUALISE_REACH)
#define BC_QR_EQUALISE_SCRATCH(size) (BC_QR_EQUALISE_SIDE(size) * BC_QR_EQUALISE_SIDE(size))

#endif
