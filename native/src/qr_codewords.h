/* From modules to codewords: function patterns left out, the mask taken off, in the order of placement. */
#ifndef BC_QR_CODEWORDS_H
#define BC_QR_CODEWORDS_H

#include "qr_view.h" /* bc_qr_view */

#include <stdint.h> /* uint8_t, uint32_t */

typedef struct {
    uint8_t *value;
    uint8_t *sure; /* sureness of its eight modules, the highest bit's first, 0 to 127 */
    uint32_t n;
} bc_qr_codewords;

/*
 * Marks with 1 what is no data in a QR symbol of this size, row by row, size *
 * size bytes; the same mirrored or not.
 */
void bc_qr_function_map(uint32_t size, uint8_t *map);
void bc_micro_qr_function_map(uint32_t size, uint8_t *map);

/*
 * Fills out->n codewords.  `mask` is one of the eight of QR; `nibble`, when it
 * is below out->n, is the index of a codeword of four modules: they are its
 * upper half, and the lower half is surely 0.
 */
void bc_qr_read_codewords(const bc_qr_view *view, const uint8_t *map, uint32_t mask, uint32_t nibble,
                          const bc_qr_codewords *out);
void bc_micro_qr_read_codewords(const bc_qr_view *view, const uint8_t *map, uint32_t mask, uint32_t nibble,
                                const bc_qr_codewords *out);

/*
 * How much of the timing patterns is as it should be, in percent, each module
 * counting as it is sure: blur takes first what alternates, and leaves it in
 * doubt rather than wrong.
 */
uint32_t bc_qr_timing_percent(const bc_qr_view *view);
uint32_t bc_micro_qr_timing_percent(const bc_qr_view *view);

#endif
