/* What the data codewords of QR, Micro QR and rMQR say. */
#ifndef BC_QR_PAYLOAD_H
#define BC_QR_PAYLOAD_H

#include "bc.h" /* bc_symbol, bc_status */

#include <stdbool.h> /* bool */
#include <stdint.h>  /* uint8_t, uint32_t */

/* How what follows the content looks: evidence for or against a correction near its limit. */
typedef struct {
    uint32_t bits; /* of padding */
    bool right;    /* as the standard has it */
} bc_qr_padding_seen;

/*
 * Fills identifier, append_*, segments, length and payload from a QR symbol's
 * data codewords.  BC_OK, BC_FORMAT, or BC_LIMIT with more changes of character
 * set than a symbol holds.
 */
bc_status bc_qr_payload(const uint8_t *data, uint32_t data_n, uint32_t version, bc_symbol *symbol,
                        bc_qr_padding_seen *padding);

/* The same for Micro QR; data of bit_n bits. */
bc_status bc_micro_qr_payload(const uint8_t *data, uint32_t bit_n, uint32_t version, bc_symbol *symbol,
                              bc_qr_padding_seen *padding);

/* The same for rMQR, whose character counts of numeric, alphanumeric, bytes and Kanji have so many bits. */
bc_status bc_rmqr_payload(const uint8_t *data, uint32_t data_n, const uint8_t count_bits[4], bc_symbol *symbol,
                          bc_qr_padding_seen *padding);

#endif
