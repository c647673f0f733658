/*
 * GS1 DataBar (ISO/IEC 24724) from element widths: a store that collects the
 * symbol characters seen on the scan lines of one region, and what they make
 * together.  Characters are collected apart because a stacked symbol is never
 * whole on one line, and because a scratch then costs a character and not the
 * line.
 *
 * For each region and each polarity: bc_databar_clear; bc_databar_line for
 * every line, once each and in its own direction; bc_databar_assemble until it
 * says false, whenever bc_databar_worth says so.
 */
#ifndef BC_DATABAR_H
#define BC_DATABAR_H

#include "linear_read.h"

/* What may be asked for, of bc_symbology. */
#define BC_DATABAR_ALL (BC_DATABAR | BC_DATABAR_LIMITED | BC_DATABAR_EXPANDED)

/* Readings of one place that are kept apart; a fifth pushes out the least seen. */
#define BC_DATABAR_CANDIDATES 4u

/* Places of characters: 2 halves of omnidirectional with 2 each, 12 finder patterns of expanded with 2 each. */
#define BC_DATABAR_PLACES 28u

/* Limited symbols of one region that are kept apart. */
#define BC_DATABAR_LIMITED_KEPT 4u

/* Where something was seen, from the first line to the last one it was on. */
typedef struct {
    uint16_t row[2];           /* the lines, as the caller numbers them */
    int32_t from[2], to[2];    /* on each, in 1/32 px; from < to */
} bc_databar_extent;

/* One reading of one symbol character. */
typedef struct {
    uint32_t key;              /* its widths */
    uint16_t value;
    uint8_t finder;            /* omnidirectional: the value of the finder pattern beside it */
    uint8_t weight;            /* its part of the checksum */
    bool reversed;             /* read against the line's direction */
    uint16_t votes, sure;      /* lines that agree; those of them where every edge was where it should be */
    uint16_t last_row;         /* the last line that voted */
    float doubt;               /* the sum over the votes, in modules */
    float module;              /* in 1/32 px */
    bc_databar_extent extent;
} bc_databar_candidate;

typedef struct {
    uint64_t value;
    bool reversed;
    uint16_t votes, sure, last_row;
    float doubt, module;
    bc_databar_extent extent;
} bc_databar_limited;

/* About 10 kB: from the arena, not the stack. */
typedef struct {
    bool inverted;             /* light on dark: what the lines have as bars are spaces */
    uint8_t candidate_n[BC_DATABAR_PLACES];
    bc_databar_candidate candidate[BC_DATABAR_PLACES][BC_DATABAR_CANDIDATES];
    uint8_t limited_n;
    bc_databar_limited limited[BC_DATABAR_LIMITED_KEPT];
    uint32_t seen;             /* of bc_symbology: what got a vote since the last assembling */
    uint32_t sure;             /* characters of the line being read whose edges are all where they should be */
    int32_t edge[BC_ELEMENTS_MAX + 1]; /* of the line being read: where its elements begin, in 1/32 px */
} bc_databar_store;

typedef struct {
    bc_linear_read read;       /* first and last are 0: the extent says where */
    bc_databar_extent extent;  /* of the whole symbol, guard patterns included */
    bool reversed;             /* its reading direction is against that of the lines */
    bool one_row;              /* a line crosses the whole of it */
} bc_databar_read;

/* Empties a store, for dark on light or, inverted, for light on dark. */
void bc_databar_clear(bc_databar_store *store, bool inverted);

/*
 * Collects what one line shows, in both directions.  `row` is the line's place
 * among its parallels: seen in the line's direction, higher rows lie below
 * (clockwise), so that the rows of a stacked symbol come in their order.  Lines
 * may come in any order; those of one row vote once.  `origin` is where the
 * line's first element begins, in 1/32 px from what the parallels have in
 * common; it is between -2^29 and 2^29.  Returns how many characters the line
 * shows beyond doubt; chance makes one in some ten thousand elements.
 */
uint32_t bc_databar_line(bc_databar_store *store, const bc_elements *line, uint32_t symbologies, uint16_t row,
                         int32_t origin);

/* How many characters were surely seen, each as often as it was. */
uint32_t bc_databar_sightings(const bc_databar_store *store);

/* The size of a module where a character was seen, and its middle, in 1/32 px; 0 when there is none. */
float bc_databar_module(const bc_databar_store *store, int32_t *place);

/* Leaves out everything that lies over a place, in 1/32 px. */
void bc_databar_forget(bc_databar_store *store, int32_t place);

/* Whether anything was seen since the last assembling. */
static inline bool bc_databar_worth(const bc_databar_store *store)
{
    return store->seen != 0;
}

/*
 * The next symbol that the characters seen so far make, with its check holding
 * and votes enough: read->votes_needed is 1, it is safe as it is.  Its
 * characters are taken out of the store.  False when there is none.
 */
bool bc_databar_assemble(bc_databar_store *store, bc_databar_read *read);

#endif
