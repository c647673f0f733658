/* Format and version information of QR and Micro QR: what is cheap to read and turns most false finds away. */
#ifndef BC_QR_FORMAT_H
#define BC_QR_FORMAT_H

#include "qr_modules.h" /* bc_qr_modules */

#include <stdbool.h> /* bool */
#include <stdint.h>  /* uint8_t, uint32_t */

/* One reading of the format information. */
typedef struct {
    uint8_t value;     /* 5 bits: level or symbol number, and mask */
    uint8_t wrong;     /* bits that differ from the code, in the better copy */
    uint8_t distance;  /* what readings are ranked by */
    bool mirrored;
} bc_qr_format;

/*
 * Readings worth an attempt at most: the two copies may say different things,
 * in either orientation.
 */
#define BC_QR_MAX_FORMATS 4u

/* Readings of a QR symbol's format information, the likeliest first; how many. */
uint32_t bc_qr_formats(const bc_qr_modules *modules, bc_qr_format out[BC_QR_MAX_FORMATS]);

/* The same for Micro QR, symbol numbers of this size only. */
uint32_t bc_micro_qr_formats(const bc_qr_modules *modules, bc_qr_format out[BC_QR_MAX_FORMATS]);

/* Whether a QR symbol's version information, in either copy, may be that of its size; true below version 7. */
bool bc_qr_version_fits(const bc_qr_modules *modules);

#endif
