/* From finder patterns that belong together to a symbol that is read. */
#ifndef BC_QR_SYMBOL_H
#define BC_QR_SYMBOL_H

#include "frame.h"
#include "bend.h"
#include "qr_finder.h"
#include "qr_fit.h"
#include "qr_patterns.h"
#include "sample.h"
#include "qr_triple.h"

/* Modules of this many px are sampled at five points where it matters, smaller ones in the middle only. */
#define BC_FIVE_POINTS_PX 2.5f

/* Sizes of Micro QR symbols: 11, 13, 15 and 17 modules. */
#define BC_MICRO_QR_SIZES 4u

/* Room for one symbol at a time. */
typedef struct {
    uint8_t *pattern;
    bc_side *side, *near; /* all of a symbol, and some of them; BC_QR_SIDES_MAX each */
    bc_sampled sampled;
    bc_bend_fit bend;
    bc_symbol *symbol;  /* what is being read, until it is kept */
    float *sample;      /* BC_FINDER_SAMPLES */
    bc_grid *grown;     /* one for each size of Micro QR symbols */
} bc_qr_room;

bool bc_qr_room_take(bc_arena *arena, bc_qr_room *room);
size_t bc_qr_room_workspace(void);

/* Reads the symbol of three finder patterns and keeps it in the frame's output; `hard` tries what takes longer. */
bool bc_qr_try(bc_frame *frame, bc_qr_room *room, bc_finders *finders, const bc_triple *triple, bool hard);

/* Reads the symbol of two finder patterns whose third is damaged, wherever that may have been. */
bool bc_qr_try_pair(bc_frame *frame, bc_qr_room *room, const bc_finder *a, const bc_finder *b);

/* The corners of a finder, `turn` being the symbol's top left one, as places of a fit from u, v on. */
void bc_qr_fit_finder(bc_grid_fit *fit, const bc_finder *f, uint32_t turn, float u, float v, float to_layer);

/* Refines a grid that is about right and reads it; `hard` tries what takes longer. */
bool bc_qr_try_grid(bc_frame *frame, const bc_scene *scene, bc_qr_room *room, bc_grid *grid, size_t layer,
                    bool hard);

/* Reads the Micro QR symbol of one finder pattern likewise. */
bool bc_micro_qr_try(bc_frame *frame, bc_qr_room *room, const bc_finder *finder);

/* Reads the rMQR symbol of one finder pattern likewise. */
bool bc_rmqr_try(bc_frame *frame, bc_qr_room *room, const bc_finder *finder);

/* The room's symbol, cleared to be read into. */
bc_symbol *bc_qr_blank(bc_qr_room *room);

/*
 * Keeps the room's symbol, read over this grid, in the frame's output; false
 * when that is full.  True also for one that is there already.
 */
bool bc_qr_keep(bc_frame *frame, const bc_qr_room *room, const bc_grid *grid, float scale, bool inverted);

/* Fills place and size of a symbol read over this grid, `scale` image px to a px of the grid's layer. */
void bc_qr_place(bc_symbol *symbol, const bc_grid *grid, float scale, bool inverted);

#endif
