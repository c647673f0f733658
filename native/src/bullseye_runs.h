/* Runs of a row that may lead across a bullseye. */
#ifndef BC_BULLSEYE_RUNS_H
#define BC_BULLSEYE_RUNS_H

#include "kernels.h"

#include <stddef.h> /* size_t */
#include <stdint.h> /* uint8_t, uint16_t */

/* What the runs from an edge on may be, to be looked at closely. */
enum {
    BC_SEVEN_EQUAL = 1, /* all alike: Aztec */
    BC_FIVE_OPEN = 2,   /* the middle half as long again as the others: MaxiCode's innermost rings */
    BC_FIVE_FILLED = 4, /* the same with the innermost ring filled by blur */
    BC_SEVEN_WIDE = 8,  /* the middle three times as long as the others: MaxiCode as some programs draw it */
    BC_DARK_DISC = 16   /* one dark run as long as a bullseye is whose rings blur has joined */
};

/* Room behind the last of a row's edges, and kinds, for those that are sorted along with it. */
#define BC_RUNS_BEHIND 24u

/* A row's n places where its colour changes, and what the runs from each on may be. */
typedef struct {
    uint16_t *edge; /* for n and BC_RUNS_BEHIND more */
    uint8_t *kind;  /* the same; those behind the last are nothing */
    size_t n;
    uint32_t y;
} bc_row_runs;

/* Fills kind from n and edge; edges behind the last are written to. */
void bc_sort_runs(const bc_kernels *kernels, bc_row_runs *row);

#endif
