/* The bit stream of QR and Micro QR and the modes both have; each appends to a symbol's payload. */
#ifndef BC_QR_SEGMENTS_H
#define BC_QR_SEGMENTS_H

#include "bc.h" /* bc_symbol */

#include <stdbool.h> /* bool */
#include <stdint.h>  /* uint8_t, uint32_t, int32_t */

typedef struct {
    const uint8_t *data;
    uint32_t bit_n, at; /* bits, and those read */
    bc_symbol *symbol;
    int32_t eci;        /* in force */
    bool fnc1;          /* in alphanumeric mode % is a separator and %% a per cent sign */
} bc_qr_stream;

static inline uint32_t bc_qr_bits_left(const bc_qr_stream *stream)
{
    return stream->bit_n - stream->at;
}

/* The next n <= 16 bits; false and nothing read when fewer are left. */
bool bc_qr_take(bc_qr_stream *stream, uint32_t n, uint32_t *value);

/* Appends one byte of a character set. */
bc_status bc_qr_put(bc_qr_stream *stream, uint32_t byte, int32_t eci);

/* Appends n characters in a mode: BC_OK, BC_FORMAT, or BC_LIMIT when the segments are more than a symbol holds. */
bc_status bc_qr_numeric(bc_qr_stream *stream, uint32_t n);
bc_status bc_qr_alphanumeric(bc_qr_stream *stream, uint32_t n);
bc_status bc_qr_bytes(bc_qr_stream *stream, uint32_t n);
bc_status bc_qr_kanji(bc_qr_stream *stream, uint32_t n);
bc_status bc_qr_hanzi(bc_qr_stream *stream, uint32_t n);

/*
 * What follows the terminator: 0 bits to the codeword's end, then 11101100 and
 * 00010001 in turn (7.4.10); encoders are about that put codewords of 0 before
 * them or in their stead.  *bits is how many bits there are; false when they
 * are otherwise, as most wrong corrections have it.
 */
bool bc_qr_padding(bc_qr_stream *stream, uint32_t *bits);

#endif
