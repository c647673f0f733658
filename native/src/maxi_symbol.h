/* From a bullseye to a MaxiCode symbol that is read. */
#ifndef BC_MAXI_SYMBOL_H
#define BC_MAXI_SYMBOL_H

#include "bullseyes.h"
#include "frame.h"
#include "sample.h"

/* Room for one symbol at a time. */
typedef struct {
    uint8_t *known;
    bc_sampled sampled;
    bc_symbol *symbol;
} bc_maxi_room;

size_t bc_maxi_room_workspace(void);
bool bc_maxi_room_take(bc_arena *arena, bc_maxi_room *room);

/* Reads the symbol of a bullseye and keeps it in the frame's output. */
bool bc_maxi_try(bc_frame *frame, bc_maxi_room *room, const bc_bullseye *bullseye);

#endif
