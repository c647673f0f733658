/*
 * One call's image and everything its stages share: the halved layers and what
 * is looked up in them, the workspace, the options, the bound of work, and the
 * output.
 */
#ifndef BC_FRAME_H
#define BC_FRAME_H

#include "arena.h"
#include "bc.h"
#include "bit_matrix.h"
#include "mesh.h"
#include "grey_image.h"
#include "kernels.h"
#include "tiles.h"

#include <stdbool.h> /* bool */

#define BC_MAX_LAYERS 6u

/* Sides below this hold no symbol: the smallest QR is 21 modules of 1 px. */
#define BC_MIN_LAYER_SIDE 20u

/*
 * Where a row of MicroPDF417 may begin, but does not go on straight: seen while
 * everything was looked at, and looked at again when all else was read.
 */
typedef struct {
    float x, y;            /* px of the image */
    float along_x, along_y; /* unit vector of the line that showed it */
    float module;          /* px of the layer */
    uint8_t layer;
    bool backwards, inverted; /* see bc_micro_row */
} bc_row_start;

#define BC_ROW_STARTS_MAX 256u /* more of them are a texture */

/* What stages share is made when the first of them asks for it, and kept for the call. */
typedef struct {
    bc_arena room;                /* set aside from the workspace; never released */
    bc_bits bits[BC_MAX_LAYERS];  /* words null until made */
    bc_tiles tiles[BC_MAX_LAYERS]; /* tensor null until made */
    bc_mesh mesh[BC_MAX_LAYERS];  /* words null until made */
    size_t left_out[BC_MAX_LAYERS]; /* symbols of the output that are taken out of it */
    struct bc_bullseyes *bullseyes[BC_MAX_LAYERS]; /* of bullseyes.h; null until made */
    struct bc_strip *strip;       /* of strips.h; null until asked for */
    size_t strip_n;
    bool strips_made;
    bc_row_start *row_start;      /* null until there is one */
    size_t row_start_n;
} bc_shared;

typedef struct {
    bc_grey layer[BC_MAX_LAYERS]; /* layer[0] is the image; each next one has half its sides, rounded down */
    size_t layer_n;               /* at least 1 */
    const bc_options *options;
    const bc_kernels *kernels;
    bc_arena arena;
    bc_shared shared;
    int64_t work_left;            /* see bc_frame_spend */
    bc_symbol *out;
    size_t out_n, out_cap;
    bool out_full;                /* a symbol more than out_cap was offered */
    bool cut_short;               /* something that might be a symbol was left out, for want of room */
} bc_frame;

/* Workspace that bc_frame_init takes for an image of this size, what stages share included. */
size_t bc_frame_workspace(uint32_t width, uint32_t height);

/* Makes the layers; false when the arena (already set up) is too small. */
bool bc_frame_init(bc_frame *frame, const bc_image *image, const bc_options *options);

/*
 * Asks for work of about `units` nanoseconds of a 3 GHz core, before doing it;
 * false when the call's bound is spent and the stage should end.  The bound is
 * proportional to the image's pixels and to the effort, so no image, however
 * made, takes unbounded time.
 */
static inline bool bc_frame_spend(bc_frame *frame, int64_t units)
{
    frame->work_left -= units;
    return frame->work_left > 0;
}

static inline bool bc_frame_wants(const bc_frame *frame, uint32_t symbologies)
{
    return (frame->options->symbologies & symbologies) != 0;
}

/*
 * A layer in black and white, at the usual threshold (binarise.h); null when
 * the work is spent or the layer is smaller than a block.  For finding only:
 * content is read from grey levels.
 */
const bc_bits *bc_frame_bits(bc_frame *frame, size_t layer);

/* A layer's edges, tile by tile; null when the work is spent. */
const bc_tiles *bc_frame_tiles(bc_frame *frame, size_t layer);

/* A layer's mesh without the symbols read so far; null when the work is spent. */
const bc_mesh *bc_frame_mesh(bc_frame *frame, size_t layer);

/*
 * The next free symbol, cleared, to be filled and kept with bc_frame_keep; null
 * when the output is full, which is noted.
 */
bc_symbol *bc_frame_offer(bc_frame *frame);

/*
 * Counts the symbol last offered as found, unless one of the same symbology and
 * payload whose quadrilateral overlaps is there already: then the offered one
 * is dropped and false comes back.  Linear symbols whose middle lies in one of
 * another kind are taken back: they are parts of it.
 */
bool bc_frame_keep(bc_frame *frame);

/* Whether a point lies in the symbol's quadrilateral. */
bool bc_symbol_covers(const bc_symbol *symbol, float x, float y);

/* Whether a point, px of the image, lies in a symbol found so far. */
bool bc_frame_covers(const bc_frame *frame, float x, float y);

#endif
