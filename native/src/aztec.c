/* Aztec symbols: bullseyes on every layer, then what is around them. */
#include "aztec.h"

#include "aztec_modules.h"
#include "aztec_symbol.h"
#include "bullseyes.h"

size_t bc_aztec_find_workspace(uint32_t width, uint32_t height)
{
    (void)height;
    return bc_bullseyes_workspace(width) + bc_aztec_room_workspace() + bc_aztec_workspace();
}

void bc_aztec_find(bc_frame *frame)
{
    bc_aztec_room room;
    if (!bc_aztec_room_take(&frame->arena, &room))
        return;
    /* What a coarse layer showed and was not read is worth another look. */
    for (size_t layer = frame->layer_n; layer-- > 0;) {
        const bc_bullseyes *found = bc_frame_bullseyes(frame, layer);
        if (found == NULL) {
            if (frame->work_left <= 0)
                return;
            continue; /* too small a layer */
        }
        for (size_t i = 0; i < found->n && !frame->out_full && frame->work_left > 0; i++) {
            const bc_bullseye *b = &found->item[i];
            if ((b->runs & BC_RUNS_EQUAL) && !bc_frame_covers(frame, b->x, b->y))
                bc_aztec_try(frame, &room, b);
        }
    }
}
