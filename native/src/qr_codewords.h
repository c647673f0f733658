/* From modules to codewords: function patterns left out, the mask taken off, in the order of placement. */
#ifndef BC_QR_CODEWORDS_H
#define BC_QR_CODEWORDS_H

#include "equalise.h" /* BC_KNOWN_LIGHT, BC_KNOWN_DARK */
#include "qr_view.h"  /* bc_qr_view */

#include <stdint.h> /* uint8_t, uint32_t */

/* The modules as what is equalised. */
static inline bc_plane bc_qr_plane(const bc_qr_modules *modules)
{
    return (bc_plane){modules->darkness, modules->size, modules->size};
}

typedef struct {
    uint8_t *value;
    uint8_t *sure; /* sureness of its eight modules, the highest bit's first, 0 to 127 */
    uint32_t n;
} bc_qr_codewords;

/* What a module is by its place. */
enum {
    BC_QR_DATA,
    BC_QR_INFORMATION, /* format or version information */
    BC_QR_LIGHT = BC_KNOWN_LIGHT, /* of a finder, timing or alignment pattern, or a separator */
    BC_QR_DARK = BC_KNOWN_DARK
};

/*
 * Tells it of every module of a symbol of this size, row by row, size * size
 * bytes; the same mirrored or not.
 */
void bc_qr_function_map(uint32_t size, uint8_t *map);
void bc_micro_qr_function_map(uint32_t size, uint8_t *map);

/* Which modules are codewords', in which order: pairs of columns from the right, alternately upward and downward. */
typedef struct {
    const uint8_t *map;     /* of the symbol's columns * rows */
    uint32_t columns, rows;
    uint32_t right;         /* the right column of the first pair */
    uint32_t skipped;       /* the column that is in no pair, where timing pattern fills it; 0: none */
    uint32_t mask;          /* one of the eight of QR */
    bool mirrored;          /* the darkness is the symbol's transpose: squares only */
} bc_qr_order;

bc_qr_order bc_qr_order_of(const uint8_t *map, uint32_t size, uint32_t mask, bool mirrored);
bc_qr_order bc_micro_qr_order_of(const uint8_t *map, uint32_t size, uint32_t mask, bool mirrored);

/*
 * Fills out->n codewords.  `nibble`, when it is below out->n, is the index of a
 * codeword of four modules: they are its upper half, and the lower half is
 * surely 0.
 */
void bc_qr_read_codewords(const uint8_t *darkness, const bc_qr_order *order, uint32_t nibble,
                          const bc_qr_codewords *out);

/*
 * Notes the modules of codewords that are known, 1 in `known`, as BC_QR_LIGHT
 * and BC_QR_DARK in `marks`: columns * rows bytes in the order of the darkness.
 */
void bc_qr_mark_codewords(const bc_qr_order *order, const bc_qr_codewords *codewords, const uint8_t *known,
                          uint8_t *marks);

/*
 * How much of the timing patterns is as it should be, in percent, each module
 * counting as it is sure: blur takes first what alternates, and leaves it in
 * doubt rather than wrong.
 */
uint32_t bc_qr_timing_percent(const bc_qr_modules *modules);
uint32_t bc_micro_qr_timing_percent(const bc_qr_modules *modules);

/*
 * Percentages that part symbols from wrong finds, of which half is right: what
 * may be a blurred symbol and is worth equalising, what is worth erasures, and
 * what equalising makes of nearly every real one.
 */
#define BC_QR_TIMING_PERHAPS 60u
#define BC_QR_TIMING_LIKELY 75u
#define BC_QR_TIMING_EQUALISED 85u

#endif
