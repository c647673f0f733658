/* From the lightness of a symbol character's modules to its value, softly: by likeness to all that it may be. */
#ifndef BC_PDF417_MATCH_H
#define BC_PDF417_MATCH_H

#include "arena.h"
#include "kernels.h"
#include "pdf417_tables.h"

#include <stdbool.h> /* bool */

/* What all symbol characters of a blur look like; about 220 kB, of the arena. */
typedef struct bc_matcher bc_matcher;

typedef struct {
    uint16_t value;
    float best, second; /* likeness of it, and of the next likely value: 1 at most */
} bc_match;

size_t bc_matcher_workspace(void);
bc_matcher *bc_matcher_take(bc_arena *arena, const bc_kernels *kernels);

/* Makes the looks for a blur that mixes a share of each neighbouring module into one. */
void bc_matcher_make(bc_matcher *matcher, float blur);

/* The likeliest value of a cluster for 17 modules' lightness, whose unit and zero do not matter. */
bc_match bc_match_cluster(const bc_matcher *matcher, uint32_t cluster, const float *light);

/*
 * The value and cluster of modules that are each clearly light or dark and whose
 * likeness is high; false for others, which need a closer look.
 */
bool bc_match_quickly(const bc_matcher *matcher, const float *light, uint32_t *cluster, bc_match *match);

#endif
