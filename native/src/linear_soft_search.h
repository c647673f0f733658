/* The likeliest sequences of symbol characters along a grid of samples. */
#ifndef BC_LINEAR_SOFT_SEARCH_H
#define BC_LINEAR_SOFT_SEARCH_H

#include "linear_soft_shape.h"
#include "linear_soft_trace.h"

#define BC_SOFT_BEAM 135u  /* sequences kept from one symbol character to the next */

/* What a search takes from the arena once. */
typedef struct {
    bc_soft_trace *beam[2];        /* kept and coming, by rising cost */
    bc_soft_trace *stack;          /* along one symbol character */
    uint32_t *trail;               /* step * BC_SOFT_BEAM + place: place of the step before << 16 | pattern */
    float *spent;                  /* likewise: what the step added to the cost for each sample judged */
    const bc_soft_node *tree[BC_SETS]; /* made when first needed */
} bc_soft_search;

/* What is searched: the symbol's plan over a grid of `modules` modules, which ratios of wide to narrow may be. */
typedef struct {
    const bc_soft_grid *grid;
    const bc_soft_plan *plan;
    float modules;
    float wides[5];                /* modules of a wide element */
    size_t wide_n;
    float variance;                /* of darkness over the symbol */
    float noise;                   /* least squared error of a sample that is believed */
    float repeated;                /* grid samples that one sample of the line makes: their errors are one */
    float most;                    /* and the largest that is not given up */
} bc_soft_question;

size_t bc_soft_search_workspace(void);
bool bc_soft_search_init(bc_soft_search *search, bc_arena *arena);

/*
 * Searches along the plan; the number of sequences left, likeliest first in
 * search->beam[0], or 0 when none fits.  Spends *work.
 */
size_t bc_soft_search_run(bc_soft_search *search, const bc_soft_question *question, bc_arena *arena, int64_t *work);

/* Squared error of a sample along a trace. */
static inline float bc_soft_error(const bc_soft_trace *trace)
{
    const int32_t from = (BC_SOFT_AHEAD - 2) * BC_SOFT_PER_MODULE;
    return trace->done > from ? trace->cost / (float)(trace->done - from) : trace->cost;
}

/* The patterns of the sequence at place `which` of beam[0], one a step; the largest squared error that a step's samples have. */
float bc_soft_search_trail(const bc_soft_search *search, const bc_soft_plan *plan, size_t which, uint16_t *pattern);

#endif
