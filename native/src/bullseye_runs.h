/* Runs of a row that may lead across a bullseye. */
#ifndef BC_BULLSEYE_RUNS_H
#define BC_BULLSEYE_RUNS_H

#include <stddef.h> /* size_t */
#include <stdint.h> /* uint8_t, uint16_t */

/* What the runs from an edge on may be, to be looked at closely. */
enum {
    BC_SEVEN_RUNS = 1,  /* alike, or with a middle three times as long */
    BC_FIVE_OPEN = 2,   /* the middle half as long again as the others: MaxiCode's light middle and its innermost rings */
    BC_FIVE_FILLED = 4  /* the same with the innermost ring filled by blur */
};

/*
 * Fills kind[i] for the runs from edge[i] on; `edge` has n and room for 8 more,
 * which are written to, and kind is for n and 8 more.
 */
void bc_sort_runs(uint16_t *edge, size_t n, uint8_t *kind);

#endif
