/* A Data Matrix symbol that may be: its size and grid, and whether it can be read. */
#ifndef BC_DM_TRIAL_H
#define BC_DM_TRIAL_H

#include "bend.h"
#include "dm_outline.h"
#include "frame.h"
#include "sample.h"
#include "sides.h"

/* Sizes that an outline's shape allows are tried in the order of their dotted sides, so many. */
#define BC_DM_SIZES_TRIED 3u

/* Trials that are read with more patience when nothing else is left, the likeliest ones. */
#define BC_DM_LATER 12u

/* Sides between known modules of 144 x 144, the most: 6 x 6 regions of 24 modules have 4 rows of them each. */
#define BC_DM_SIDES_MAX 8192u

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
    bc_symbol *symbol;  /* what is being read, until it is kept */
    bc_dm_trial *best;  /* BC_DM_SIZES_TRIED of them */
    bc_dm_trial *later; /* BC_DM_LATER of them */
    uint32_t later_n;
} bc_dm_room;

size_t bc_dm_room_workspace(void);
bool bc_dm_room_take(bc_arena *arena, bc_dm_room *room);

/* The grid of columns * rows modules over an outline; a mirrored symbol has its left side at the bottom. */
bool bc_dm_grid_over(const bc_dm_outline *o, uint32_t columns, uint32_t rows, bool mirrored, bc_grid *grid);

float bc_dm_distance(bc_point a, bc_point b);

/* The shorter side of the trial's modules at its solid corner, px. */
float bc_dm_module(const bc_dm_trial *t);

/* Puts a trial among the n best ones, at most so many. */
void bc_dm_rank(bc_dm_trial *best, uint32_t *n, uint32_t most, const bc_dm_trial *t);

/*
 * Reads the symbol over the trial's grid and keeps it in the frame's output.
 * False when that does not work, or not at once: then it is noted for later.
 */
bool bc_dm_read_trial(bc_frame *frame, bc_dm_room *room, bc_dm_trial *t);

/* Reads what was noted and is at no place where a symbol was read since, with the blur taken out. */
void bc_dm_read_later(bc_frame *frame, bc_dm_room *room);

#endif
