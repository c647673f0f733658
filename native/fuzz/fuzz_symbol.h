/* What holds of every symbol the library tells of, and whether two are told alike. */
#ifndef BC_FUZZ_SYMBOL_H
#define BC_FUZZ_SYMBOL_H

#include "fuzz.h" /* first: it asks for POSIX */

#include "bc.h"

#include <stdbool.h> /* bool */
#include <string.h>  /* memchr, memcmp */

static inline bool fuzz_one_bit(uint32_t x)
{
    return x != 0 && (x & (x - 1)) == 0;
}

static inline void fuzz_check_segments(const bc_symbol *symbol)
{
    HOLDS(symbol->segment_n >= 1 && symbol->segment_n <= BC_MAX_SEGMENTS);
    HOLDS(symbol->segments[0].start == 0);
    for (uint32_t i = 0; i < symbol->segment_n; i++) {
        HOLDS(symbol->segments[i].start < symbol->length);
        HOLDS(i == 0 || symbol->segments[i].start > symbol->segments[i - 1].start);
        HOLDS(symbol->segments[i].eci >= BC_ECI_KANJI && symbol->segments[i].eci <= 999999);
    }
}

/* The fields that the symbol's content decides. */
static inline void fuzz_check_content(const bc_symbol *symbol)
{
    const bool qr = symbol->symbology == BC_QR, micro = symbol->symbology == BC_MICRO_QR;
    const bool rmqr = symbol->symbology == BC_RMQR;
    HOLDS(fuzz_one_bit(symbol->symbology) && (symbol->symbology & ~BC_ALL) == 0);
    HOLDS(symbol->identifier[0] == ']' && symbol->identifier[1] > ' ' && symbol->identifier[2] > ' ');
    HOLDS(symbol->identifier[3] == '\0');
    HOLDS(symbol->length >= 1 && symbol->length <= BC_MAX_PAYLOAD);
    fuzz_check_segments(symbol);
    HOLDS(symbol->mirrored <= 1 && symbol->inverted <= 1);
    HOLDS(symbol->ec_used >= 0.0f && symbol->ec_used <= 1.0f);
    HOLDS(!qr || (symbol->version >= 1 && symbol->version <= 40));
    HOLDS(!micro || (symbol->version >= 1 && symbol->version <= 4));
    HOLDS(!rmqr || (symbol->version >= 1 && symbol->version <= 32));
    HOLDS(!(symbol->symbology & BC_LINEAR_ALL) || (symbol->version == 0 && symbol->ec_level == 0 && symbol->columns == 0));
    const bool pdf417 = symbol->symbology == BC_PDF417;
    const char *const levels = pdf417 ? "012345678" : "LMQH";
    HOLDS(symbol->ec_level == 0 ? !qr && !rmqr && !pdf417
                                : memchr(levels, symbol->ec_level, pdf417 ? 9 : 4) != NULL);
    HOLDS((symbol->columns == 0) == (symbol->rows == 0) && symbol->reader_init <= 1);
    HOLDS(memchr(symbol->add_on, '\0', sizeof symbol->add_on) != NULL);
    HOLDS(memchr(symbol->append_id, '\0', sizeof symbol->append_id) != NULL);
    HOLDS(symbol->append_count == 0 || symbol->append_index < symbol->append_count);
}

/* Those and where it lies. */
static inline void fuzz_check_symbol(const bc_symbol *symbol)
{
    fuzz_check_content(symbol);
    for (uint32_t i = 0; i < 8; i++)
        HOLDS(symbol->corners[i] > -1e6f && symbol->corners[i] < 1e6f); /* false for NaN */
    HOLDS(symbol->rotation_deg >= -180.0f && symbol->rotation_deg <= 180.0f);
    HOLDS(symbol->module_px > 0.0f && symbol->module_px < 1e6f);
}

/* To the last bit, but for what of the payload does not count. */
static inline bool fuzz_same_symbol(const bc_symbol *a, const bc_symbol *b)
{
    return memcmp(a, b, offsetof(bc_symbol, payload)) == 0 && memcmp(a->payload, b->payload, a->length) == 0;
}

#endif
