/* Where a line over the image changes between light and dark: a quick look, for finding. */
#ifndef BC_PDF417_BARS_H
#define BC_PDF417_BARS_H

#include "grey_image.h"
#include "grid.h" /* bc_point */
#include "kernels.h"

#include <stdbool.h> /* bool */

#define BC_BARS_SAMPLES 4096u
#define BC_BARS_EDGES 2048u

typedef struct {
    float level[BC_BARS_SAMPLES];
    uint32_t sum[BC_BARS_SAMPLES]; /* of the parallel lines */
    float low[BC_BARS_SAMPLES / 16 + 1], high[BC_BARS_SAMPLES / 16 + 1];
    float edge[BC_BARS_EDGES]; /* px along the line */
    uint32_t n, edge_n;
    const uint8_t *clear;      /* for each 8 px, whether symbols may begin there; null: they may anywhere */
    bool first_falls;          /* edge 0 is from light to dark; they alternate */
} bc_bars;

/*
 * Looks along a line of n samples, a px of the layer each, from `from` on in the
 * direction of the unit vector `along`; a mean over three parallel lines.  Edges
 * are those that stand out from the light around them.
 */
void bc_bars_look(const bc_kernels *kernels, const bc_grey *image, bc_point from, bc_point along, uint32_t n,
                  bc_bars *bars);

/* Whether a symbol may begin at edge i. */
static inline bool bc_bars_clear(const bc_bars *bars, uint32_t i)
{
    return bars->clear == NULL || bars->clear[(uint32_t)bars->edge[i] / 8u] != 0;
}

/* Whether edge i falls, seen in the direction of the line. */
static inline bool bc_bars_falls(const bc_bars *bars, uint32_t i)
{
    return bars->first_falls == (i % 2 == 0);
}

#endif
