/* The data bits of GS1 DataBar expanded as text (ISO/IEC 24724, 7.2.4). */
#ifndef BC_DATABAR_GENERAL_H
#define BC_DATABAR_GENERAL_H

#include <stdbool.h> /* bool */
#include <stddef.h>  /* size_t */
#include <stdint.h>  /* uint8_t, uint16_t, uint32_t */

#define BC_DATABAR_CHARACTERS_MAX 21u /* data characters of a symbol */
#define BC_DATABAR_CHARACTER_BITS 12u

/* Data characters, 12 bits each, and the next bit to be read. */
typedef struct {
    const uint16_t *character;
    size_t n, at;               /* in bits */
    bool function_1_stays;      /* a function 1 does not change to numeric mode: not the standard's way, but met with */
} bc_databar_bits;

/* Text being made. */
typedef struct {
    uint8_t *data;
    size_t length, capacity;
} bc_databar_text;

/* The next count bits, at most 16, which stay unread; those past the end are 0. */
uint32_t bc_databar_peek(const bc_databar_bits *bits, size_t count);

/* The next count bits; false when there are fewer. */
bool bc_databar_get(bc_databar_bits *bits, size_t count, uint32_t *value);

bool bc_databar_put(bc_databar_text *text, uint8_t byte);

/* A number with leading zeros. */
bool bc_databar_put_number(bc_databar_text *text, uint32_t value, size_t digits);

/* General-purpose compaction from the next bit to the end; a function 1 is a GS, one at the end is padding. */
bool bc_databar_general(bc_databar_bits *bits, bc_databar_text *text);

/*
 * The element string of a symbol's data characters, whose number with the check
 * character is told in some of them; false when it is none.
 */
bool bc_databar_content(const uint16_t *character, size_t n, bc_databar_text *text);

/* Whether a text is GS1 element strings: known lengths, digits and dates are what they must be. */
bool bc_databar_is_gs1(const uint8_t *data, size_t n);

#endif
