/* What EAN-13, EAN-8, UPC-E and their add-ons share (ISO/IEC 15420). */
#ifndef BC_LINEAR_EAN_H
#define BC_LINEAR_EAN_H

#include "linear_common.h"

#define BC_EAN_ELEMENTS 4u /* of a digit, which is 7 modules wide */
#define BC_EAN_MODULES 7u

/* Everything known of one symbol while it is read. */
typedef struct {
    const uint16_t *width;   /* of the symbol's first bar */
    uint32_t total, modules; /* of the whole symbol */
    bc_nk_fit fit;
} bc_ean_symbol;

/*
 * Whether the elements may begin a symbol: a guard 1 1 1 after a quiet zone of
 * `quiet` modules.  The first, cheap question.
 */
bool bc_ean_starts(const uint16_t *width, uint32_t quiet);

/* Starts the fit: spread from the guards at these places, of these lengths; false when one is no guard. */
bool bc_ean_guards(bc_ean_symbol *symbol, const uint8_t (*guard)[2], size_t n);

/*
 * n digits from element `at` as ASCII; those of set B have their bit set in
 * *even, the first digit's highest.  Set C (begins with a bar) is read when
 * even is null.
 */
bool bc_ean_digits(bc_ean_symbol *symbol, size_t at, size_t n, uint8_t *digits, uint32_t *even);

/* Two or five digits of an add-on behind the symbol that was read, taken into it when they are there. */
void bc_ean_addon(const bc_elements *line, bc_ean_symbol *symbol, bc_linear_read *read);

#endif
