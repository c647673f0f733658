/* From a bullseye to an Aztec symbol that is read. */
#ifndef BC_AZTEC_SYMBOL_H
#define BC_AZTEC_SYMBOL_H

#include "bullseyes.h"
#include "frame.h"
#include "sample.h"
#include "sides.h"

/* Room for one symbol at a time. */
typedef struct {
    uint8_t *known, *module;
    bc_side *side;
    bc_sampled sampled;
    bc_symbol *symbol;
} bc_aztec_room;

size_t bc_aztec_room_workspace(void);
bool bc_aztec_room_take(bc_arena *arena, bc_aztec_room *room);

/* Reads the symbol of a bullseye and keeps it in the frame's output. */
bool bc_aztec_try(bc_frame *frame, bc_aztec_room *room, const bc_bullseye *bullseye);

#endif
