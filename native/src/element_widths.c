/*
 * One row to run lengths: the first stage of every linear symbology, which
 * read widths and never pixels.
 */
#include "bc.h"

#include <stdbool.h> /* bool */

/* Index after the run of this colour at start; start itself when the pixel there is of the other. */
static size_t run_end(const uint8_t *row, size_t start, size_t n, uint8_t threshold, bool dark)
{
    size_t i = start;
    while (i < n && (row[i] < threshold) == dark)
        i++;
    return i;
}

bc_status bc_element_widths(const uint8_t *row, size_t n, uint8_t threshold,
                            uint16_t *out, size_t cap, size_t *out_n)
{
    if (out_n == NULL)
        return BC_BAD_ARGUMENT;
    *out_n = 0;
    if ((row == NULL && n > 0) || (out == NULL && cap > 0))
        return BC_BAD_ARGUMENT;

    bool dark = false; /* the first element is a space, of width 0 if need be */
    size_t start = 0;
    while (start < n) {
        if (*out_n == cap)
            return BC_OUTPUT_FULL;
        const size_t end = run_end(row, start, n, threshold, dark);
        const size_t width = end - start;
        out[(*out_n)++] = width > UINT16_MAX ? UINT16_MAX : (uint16_t)width;
        start = end;
        dark = !dark;
    }
    return BC_OK;
}
