/* Where a line over the image changes between light and dark: a quick look, for finding. */
#ifndef BC_PDF417_BARS_H
#define BC_PDF417_BARS_H

#include "grey_image.h"
#include "grid.h" /* bc_point */
#include "kernels.h"
#include "tiles.h"

#include <stdbool.h> /* bool */
#include <stddef.h>  /* size_t */
#include <stdint.h>  /* uint8_t, uint32_t */

#define BC_BARS_SAMPLES 4096u
#define BC_BARS_EDGES 2048u
#define BC_BARS_BEHIND 32u /* room behind the last edge for what is sorted along with it */

/* What may begin at an edge, by widths. */
enum {
    BC_MAY_ROW = 1,      /* a row of MicroPDF417: a space, a row address pattern, and eight elements of 17 modules */
    BC_MAY_ROW_BACK = 2, /* the same, seen from behind */
    BC_MAY_GUARD = 4,    /* a guard of PDF417: its wide bar and seven elements more */
    BC_MAY_GUARD_BACK = 8
};
#define BC_ROW_EDGES 14u  /* elements that are looked at for a row, */
#define BC_GUARD_EDGES 8u /* ... and for a guard */
#define BC_PAIR_OFF 0.45f /* modules that a bar and a space together of a row address pattern may be off */
#define BC_QUIET_LEAST 0.8f /* modules of the spaces around a row, that should be one at least */
#define BC_PART_OFF 0.13f /* share that a part's modules may be wider or narrower by than those before it */

typedef struct {
    float level[BC_BARS_SAMPLES];
    uint32_t sum[BC_BARS_SAMPLES]; /* of the parallel lines */
    float low[BC_BARS_SAMPLES / 16 + 1], high[BC_BARS_SAMPLES / 16 + 1];
    float edge[BC_BARS_EDGES]; /* px along the line */
    uint16_t place[BC_BARS_EDGES + BC_BARS_BEHIND + 1]; /* the same while they are sorted */
    uint8_t may[BC_BARS_EDGES + BC_BARS_BEHIND]; /* what may begin there; see bc_bars_sort */
    uint32_t n, edge_n;
    const bc_tensor *tile;     /* of each 8 px, of a row or column of a layer; null: symbols may begin anywhere */
    size_t tile_pitch;         /* from one to the next */
    uint32_t tile_n;
    bool down;                 /* it is a column */
    bool first_falls;          /* edge 0 is from light to dark; they alternate */
} bc_bars;

/*
 * Looks along a line of n samples, a px of the layer each, from `from` on in the
 * direction of the unit vector `along`; a mean over three parallel lines.  Edges
 * are those that stand out from the light around them.
 */
void bc_bars_look(const bc_kernels *kernels, const bc_grey *image, bc_point from, bc_point along, uint32_t n,
                  bc_bars *bars);

/* Marks what may begin at the edges of bars. */
void bc_bars_sort(const bc_kernels *kernels, bc_bars *bars);

/* The first edge from i on where something of a kind may begin; edge_n when there is none. */
uint32_t bc_bars_next(const bc_bars *bars, uint32_t i, uint8_t kinds);

/* Makes `bars` those of the row, or column, of a layer that has these tiles at a place, px; its edges are to be set. */
void bc_bars_on(bc_bars *bars, const bc_tiles *tiles, uint32_t line, bool down);

/* Whether a symbol may begin at edge i: where edges run one way, roughly across the line. */
bool bc_bars_clear(const bc_bars *bars, uint32_t i);

/* Whether edge i falls, seen in the direction of the line. */
static inline bool bc_bars_falls(const bc_bars *bars, uint32_t i)
{
    return bars->first_falls == (i % 2 == 0);
}

#endif
