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
 * `known` has BC_QR_LIGHT and BC_QR_DARK where a module is known (qr_codewords.h).
 * `decided`, if it is not null, is the darkness that an earlier call wrote: what
 * is known of a module's neighbours, and was decided of the others, is then
 * taken out of it as well.  Writes size * size modules, those that are known as
 * what they are; out may be decided.  scratch is for
 * BC_QR_EQUALISE_SCRATCH(size) bytes.  False when nothing can be learnt.
 */
bool bc_qr_equalise(const bc_qr_modules *modules, const uint8_t *known, const uint8_t *decided, uint8_t *scratch,
                    uint8_t *out);

/* Modules that reach into a filter beyond one on the border: two on each side. */
#define BC_QR_EQUALISE_REACH 2u
#define BC_QR_EQUALISE_SIDE(size) ((size) + 2 * BC_QR_EQUALISE_REACH)
#define BC_QR_EQUALISE_SCRATCH(size) (2 * BC_QR_EQUALISE_SIDE(size) * BC_QR_EQUALISE_SIDE(size))

#endif
