/* MaxiCode symbols: bullseyes on every layer, then what is around them. */
#include "maxi.h"

#include "bullseyes.h"
#include "maxi_modules.h"
#include "maxi_symbol.h"

size_t bc_maxi_find_workspace(uint32_t width, uint32_t height)
{
    (void)height;
    return bc_bullseyes_workspace(width) + bc_maxi_room_workspace() + bc_maxi_workspace();
}

void bc_maxi_find(bc_frame *frame)
{
    bc_maxi_room room;
    if (!bc_maxi_room_take(&frame->arena, &room))
        return;
    for (size_t layer = frame->layer_n; layer-- > 0;) {
        const bc_bullseyes *found = bc_frame_bullseyes(frame, layer);
        if (found == NULL) {
            if (frame->work_left <= 0)
                return;
            continue; /* too small a layer */
        }
        for (size_t i = 0; i < found->n && !frame->out_full && frame->work_left > 0; i++) {
            const bc_bullseye *b = &found->item[i];
            if ((b->runs & (BC_RUNS_RINGS | BC_RUNS_WIDE)) && !bc_frame_covers(frame, b->x, b->y))
                bc_maxi_try(frame, &room, b);
        }
    }
}
