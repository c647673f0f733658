/* From the outline of a Data Matrix symbol to one that is read. */
#ifndef BC_DM_SYMBOL_H
#define BC_DM_SYMBOL_H

#include "bend.h"
#include "dm_outline.h"
#include "frame.h"
#include "sample.h"
#include "sides.h"

/* Sizes that an outline's shape allows are tried in the order of their dotted sides, so many. */
#define BC_DM_SIZES_TRIED 3u

/* One of them. */
typedef struct {
    bc_scene scene;
    bc_grid grid;
    uint32_t columns, rows;
    float scale;    /* px of the image for one of the scene's */
    bool mirrored;
    float dotted;   /* how much the dotted sides alternate, -1 to 1 */
} bc_dm_trial;

/* Room for one symbol at a time. */
typedef struct {
    uint8_t *known, *turned;
    uint8_t *module; /* of sides.h */
    bc_side *side;
    bc_sampled sampled;
    bc_bend_fit bend;
    bc_symbol *symbol; /* what is being read, until it is kept */
    bc_dm_trial *best; /* BC_DM_SIZES_TRIED of them */
} bc_dm_room;

size_t bc_dm_room_workspace(void);
bool bc_dm_room_take(bc_arena *arena, bc_dm_room *room);

/* Reads the symbol of an outline seen on this layer and keeps it in the frame's output. */
bool bc_dm_try(bc_frame *frame, bc_dm_room *room, const bc_dm_outline *outline, size_t layer, bool inverted);

/*
 * The same for a symbol on something round, whose columns or rows differ in width:
 * its dotted sides are followed dot by dot.
 */
bool bc_dm_try_bent(bc_frame *frame, bc_dm_room *room, const bc_dm_outline *outline, size_t layer, bool inverted);

#endif
