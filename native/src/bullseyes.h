/*
 * Bullseyes: the nested squares in the middle of Aztec symbols, and the rings in
 * that of MaxiCode's.
 */
#ifndef BC_BULLSEYES_H
#define BC_BULLSEYES_H

#include "bit_matrix.h"
#include "frame.h"

#include <stdbool.h> /* bool */

/* How the runs across a bullseye are. */
enum {
    BC_RUNS_EQUAL = 1, /* Aztec */
    BC_RUNS_WIDE = 2,  /* the middle three times as long as the others: MaxiCode as some programs draw it */
    BC_RUNS_RINGS = 4  /* MaxiCode, by grey levels */
};

/* Lengths and places in px of the full image. */
typedef struct {
    float x, y;
    float across, down; /* a module along rows and along columns; but of BC_RUNS_WIDE a seventh of the seven runs */
    bool light_middle;
    uint8_t runs;       /* of those */
    uint8_t wrong;      /* of BC_RUNS_RINGS, places that are not as rings should be */
} bc_bullseye;

/* Room for those of a layer; what more there is is left out, which is noted in the frame. */
#define BC_BULLSEYES_MAX 512u

typedef struct bc_bullseyes {
    bc_bullseye item[BC_BULLSEYES_MAX];
    size_t n;
} bc_bullseyes;

/* What bc_frame_bullseyes takes of the frame's shared room, all layers together, and of the arena while it looks. */
size_t bc_bullseyes_shared_workspace(void);
size_t bc_bullseyes_workspace(uint32_t width);

/*
 * The bullseyes in the mesh of one layer.  Found when first asked for; null when
 * the work is spent or the layer too small.
 */
const bc_bullseyes *bc_frame_bullseyes(bc_frame *frame, size_t layer);

#endif
