/* The characters of GS1 DataBar as numbers: edges to widths in modules, widths to values (ISO/IEC 24724, annex B). */
#ifndef BC_DATABAR_WIDTHS_H
#define BC_DATABAR_WIDTHS_H

#include <stdbool.h> /* bool */
#include <stddef.h>  /* size_t */
#include <stdint.h>  /* uint8_t, uint16_t, uint32_t, uint64_t */

#define BC_DATABAR_WIDTHS_MAX 14u /* elements of the longest character: limited */

/* How the modules are shared between the odd elements (the 1st, 3rd, ...) and the even ones. */
typedef struct {
    uint8_t odd_modules, odd_widest, even_widest; /* the even elements have what is left */
    uint32_t odd_n, even_n;                       /* patterns of each in use */
    uint32_t first;                               /* the group's smallest value */
} bc_databar_group;

/* One kind of character. */
typedef struct {
    uint8_t elements, modules;
    bool odd_modules_even;      /* in every group the odd elements have an even number of modules, or in none */
    bool odd_any, even_any;     /* whether these elements may all be wider than one module */
    bool odd_first;             /* the odd elements' pattern is the value's higher digit */
    uint8_t group_n;
    const bc_databar_group *group;
} bc_databar_kind;

extern const bc_databar_kind bc_databar_outside;      /* omnidirectional: characters 1 and 3 */
extern const bc_databar_kind bc_databar_inside;       /* characters 2 and 4 */
extern const bc_databar_kind bc_databar_half;         /* limited: left and right character */
extern const bc_databar_kind bc_databar_half_check;   /* limited: the check character; has no value */
extern const bc_databar_kind bc_databar_expanded;

/* A character's elements as widths in modules. */
typedef struct {
    uint8_t width[BC_DATABAR_WIDTHS_MAX];
    uint8_t moved;              /* edges that are not where rounding alone would put them */
    float doubt;                /* mean distance of the edges from where they should be, in modules */
} bc_databar_widths;

/*
 * `edge` are the elements + 1 edges in reading order, growing or falling.
 * `bias` is how much later, in modules, odd edges come than even ones: ink
 * spread or a threshold off the middle.  The widths come nearest to the edges
 * of all that have the kind's modules, parity and no empty element.  False when
 * there is nothing to divide or nothing near.
 */
bool bc_databar_measure(const bc_databar_kind *kind, const int32_t *edge, ptrdiff_t step, float bias,
                        bc_databar_widths *out);

/* The value of a character; false when no character of the kind has these widths. */
bool bc_databar_value(const bc_databar_kind *kind, const uint8_t *width, uint32_t *value);

/*
 * The rank of every second width from `width` on among all patterns of this
 * many elements and modules, none wider than `widest` and, unless `any`, one of
 * them of one module; false when it is none of them.
 */
bool bc_databar_rank(const uint8_t *width, uint32_t elements, int modules, uint32_t widest, bool any, uint32_t *out);

/* The sum of the widths weighted by the powers of 3 from the power `from` on, modulo a prime. */
uint32_t bc_databar_weigh(const uint8_t *width, size_t n, uint32_t from, uint32_t modulus);

/* Widths as one number, to compare. */
uint64_t bc_databar_key(const uint8_t *width, size_t n);

#endif
