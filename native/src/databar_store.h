/* Votes of scan lines for characters of GS1 DataBar, and where a symbol's characters lie to each other. */
#ifndef BC_DATABAR_STORE_H
#define BC_DATABAR_STORE_H

#include "databar.h"
#include "databar_widths.h"

/* Places: four of omnidirectional, then two for each finder pattern of expanded, the left one first. */
enum {
    BC_DATABAR_LEFT_OUTSIDE = 0,
    BC_DATABAR_LEFT_INSIDE = 1,
    BC_DATABAR_RIGHT_OUTSIDE = 2,
    BC_DATABAR_RIGHT_INSIDE = 3,
    BC_DATABAR_EXPANDED_PLACES = 4
};

/* Moduli of the checksums: ISO/IEC 24724, 5.2.4, 6.2.3 and 7.2.6. */
#define BC_DATABAR_MODULUS 79u
#define BC_DATABAR_LIMITED_MODULUS 89u
#define BC_DATABAR_EXPANDED_MODULUS 211u

/* A mean distance of edges, in modules, that chance makes in one of some hundred patterns. */
#define BC_DATABAR_SURE 0.16f

/* Where one line shows something. */
typedef struct {
    uint16_t row;
    int32_t from, to; /* 1/32 px; from < to */
    bool reversed;
} bc_databar_sight;

/* What a character is weighed with. */
typedef struct {
    uint8_t place, finder;
    uint8_t power, modulus; /* the power of 3 of its first element */
} bc_databar_slot;

/* One more line shows these widths in this place. */
void bc_databar_vote(bc_databar_store *store, const bc_databar_kind *kind, bc_databar_slot slot,
                     const bc_databar_widths *widths, bc_databar_sight sight);

/* Takes out the characters that lie in the area of a symbol: its own, and wrong readings of them. */
void bc_databar_take_out(bc_databar_store *store, const bc_databar_extent *area);

/* Adds a line to what is known of the extent: the first and the last line count. */
void bc_databar_widen(bc_databar_extent *extent, bc_databar_sight sight);

/* The extent that holds both. */
void bc_databar_join(bc_databar_extent *extent, const bc_databar_extent *other);

/* Whether two intervals of a line have a point in common. */
bool bc_databar_overlap(int32_t from, int32_t to, int32_t other_from, int32_t other_to);

/* Beyond its outermost characters a symbol has a guard pattern of this many modules at each end. */
#define BC_DATABAR_GUARD 2.0f

/* An extent with both guard patterns. */
bc_databar_extent bc_databar_with_guards(const bc_databar_extent *extent, float module);

/* Fills everything of a read but its data. */
void bc_databar_describe(bc_databar_read *read, uint32_t symbology, bool one_row, bool reversed,
                         const bc_databar_extent *extent, float module, float doubt);

/* Whether two readings of one place lie over each other. */
bool bc_databar_same_place(const bc_databar_candidate *a, const bc_databar_candidate *b);

/* Whether b begins where a ends, in reading direction, on lines that both are on. */
bool bc_databar_adjoins(const bc_databar_candidate *a, const bc_databar_candidate *b);

/* Whether the lines of a come before those of b, in the order of a symbol read in this direction. */
bool bc_databar_above(const bc_databar_extent *a, const bc_databar_extent *b, bool reversed);

#endif
