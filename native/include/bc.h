/*
 * bc: stages of barcode decoding.
 *
 * The whole public face of the library.  It allocates nothing, keeps no
 * globals, reads no clock or locale and never calls back, so every function
 * may run in any thread at the same time as any other.  Input is borrowed and
 * never written to.  Output goes where the caller says, with its capacity
 * beside it; when it does not fit the status says so.
 */
#ifndef BC_H
#define BC_H

#include <stddef.h> /* size_t */
#include <stdint.h> /* uint8_t, uint16_t */

/* Numbers are fixed for ever: they are stored in records and compared across versions. */
typedef enum {
    BC_OK = 0,
    BC_NO_READ = 1,             /* nothing found: an answer, not an error */
    BC_FORMAT = 2,              /* a symbol was found and breaks its symbology's rules */
    BC_CHECKSUM = 3,            /* a symbol was found and its check does not hold */
    BC_UNSUPPORTED = 4,
    BC_BAD_ARGUMENT = 5,        /* a null pointer where data must be */
    BC_WORKSPACE_TOO_SMALL = 6,
    BC_OUTPUT_FULL = 7,         /* there was more than the output has room for */
    BC_LIMIT = 8                /* a bound of the library was met before the end */
} bc_status;

/* "major.minor.patch" of this library; static, never null. */
const char *bc_version(void);

/* The name of a status, e.g. "OUTPUT_FULL"; "?" for a number that is none.  Static, never null. */
const char *bc_status_str(bc_status status);

/*
 * One grey row of n pixels to element widths (run lengths) in pixels.
 *
 * A pixel is dark when it is below threshold, so 0 makes every row light.
 * Elements alternate and the first is a space: out[0] is 0 when the row begins
 * dark, out[even] are spaces and out[odd] are bars.  A run longer than
 * UINT16_MAX saturates there.  n pixels never make more than n + 1 elements.
 *
 * *out_n is the number of elements written, valid whatever the status:
 *   BC_OK            the whole row; an empty row has no elements
 *   BC_OUTPUT_FULL   the first cap elements, each of them whole; the rest is lost
 *   BC_BAD_ARGUMENT  out_n is null, or row with n > 0, or out with cap > 0
 */
bc_status bc_element_widths(const uint8_t *row, size_t n, uint8_t threshold,
                            uint16_t *out, size_t cap, size_t *out_n);

#endif
