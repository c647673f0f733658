/*
 * The contract between scan lines and linear symbologies: a line of element
 * widths in, one read out.  A symbology sees widths, never pixels; where lines
 * lie, how many must agree and what is reported is linear.c's business.
 */
#ifndef BC_LINEAR_READ_H
#define BC_LINEAR_READ_H

#include <stdbool.h> /* bool */
#include <stddef.h>  /* size_t */
#include <stdint.h>  /* uint8_t, uint16_t, uint32_t */

#define BC_LINEAR_MAX 128u     /* payload bytes of a linear symbol: 80 is the longest in use, GS1-128 stops at 48 */
#define BC_ELEMENTS_MAX 1024u  /* elements of a line; more are cut off */
#define BC_WIDTH_ONE 32u       /* a width of one pixel: widths are in 1/32 px and saturate at 65,535 */

/*
 * Elements alternate; width[0] is a space (0 when the line begins dark) and the
 * last one is a space too, so n is odd, bars have odd indices and a symbol's
 * quiet zones are elements like any other.  For light-on-dark symbols and for
 * reading from the other end the caller turns the line round, not the symbology.
 */
typedef struct {
    const uint16_t *width;
    size_t n;
} bc_elements;

typedef struct {
    uint32_t symbology;        /* one bit of bc_symbology */
    char code, modifier;       /* AIM identifier is ']', code, modifier */
    uint16_t first, last;      /* indices of the symbol's first and last bar */
    uint16_t modules;          /* the symbol's nominal width from first to last bar, in 1/8 module; 0 = not known */
    uint16_t votes_needed;     /* agreeing lines that make this read safe: 1 with a strong check, more without */
    uint16_t doubt;            /* mean distance of edges from where they should be, in 1/1000 module */
    uint16_t length;           /* of data, at least 1 */
    uint8_t data[BC_LINEAR_MAX];
} bc_linear_read;

/*
 * A symbology's reader: the symbol whose first bar is element `first` (an odd
 * index), read in the order of the elements.  True and *read filled, or false
 * for everything else: wrong start, a character that is none, a check that does
 * not hold, a missing quiet zone, a symbol cut off by the line's end.  `flags`
 * are those of bc_options.  Never reads outside line->width[0..n).
 */
typedef bool bc_linear_fn(const bc_elements *line, size_t first, uint32_t flags, bc_linear_read *read);

bc_linear_fn bc_code128_read;
bc_linear_fn bc_ean13_read; /* symbology BC_EAN13, also for the 13 digits of a UPC-A: linear.c tells them apart */
bc_linear_fn bc_ean8_read;
bc_linear_fn bc_upce_read;
bc_linear_fn bc_itf_read;
bc_linear_fn bc_code39_read;
bc_linear_fn bc_code93_read;
bc_linear_fn bc_codabar_read;

#endif
