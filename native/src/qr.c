/* QR and Micro QR symbols: finder patterns on every layer, then what they belong to. */
#include "qr.h"

#include "binarise.h"
#include "qr_modules.h"
#include "qr_symbol.h"

/* Everything the stage holds while it runs. */
typedef struct {
    bc_finders finders;
    bc_triple *triple;
    bc_qr_room room;
} search;

size_t bc_qr_find_workspace(uint32_t width, uint32_t height)
{
    const size_t scan = bc_binarise_workspace(width, height) + bc_finders_scan_workspace(width);
    const size_t read = bc_arena_cost(BC_TRIPLES_MAX, sizeof(bc_triple)) + bc_qr_room_workspace() + bc_qr_workspace();
    return bc_arena_cost(BC_FINDERS_MAX, sizeof(bc_finder)) +
           bc_arena_cost(BC_FINDERS_REFUSED, sizeof(bc_finder)) + (scan > read ? scan : read);
}

/* Units of bc_frame_spend for binarising, per 8 px. */
#define COST_BINARISE_8 1

static void scan_layers(bc_frame *frame, bc_finders *finders)
{
    static const bc_binarise_how how = {1, 128};
    /* The coarse layers first: what they show is larger, and noise is averaged out. */
    for (size_t layer = frame->layer_n; layer-- > 0;) {
        const bc_grey *image = &frame->layer[layer];
        const size_t mark = bc_arena_mark(&frame->arena);
        bc_bits bits;
        if (!bc_frame_spend(frame, (int64_t)image->width * image->height / 8 * COST_BINARISE_8) ||
            !bc_binarise(image, how, frame->kernels, &frame->arena, &bits) ||
            !bc_finders_scan(frame, &bits, layer, layer == 0 ? 2 : 1, finders))
            return;
        bc_arena_release(&frame->arena, mark);
    }
}

/* Marks the finders that lie in the symbol last read. */
static void mark_read(const bc_frame *frame, bc_finders *finders)
{
    const bc_symbol *symbol = &frame->out[frame->out_n - 1];
    for (size_t i = 0; i < finders->n; i++)
        if (bc_symbol_covers(symbol, finders->item[i].x, finders->item[i].y))
            finders->item[i].read = true;
}

/* Triples that may fail before the search ends, by effort: more of them are print or noise, not symbols. */
static const size_t failures_most[] = {32, 64, BC_TRIPLES_MAX};

static void read_symbols(bc_frame *frame, search *s, bool hard)
{
    size_t failures = 0;
    const size_t n = bc_triples_find(&s->finders, s->triple);
    for (size_t i = 0; i < n && failures < failures_most[frame->options->effort]; i++) {
        const bc_triple *t = &s->triple[i];
        const bc_finder *item = s->finders.item;
        if (item[t->corner].read || item[t->right].read || item[t->down].read)
            continue;
        if (frame->work_left <= 0 || frame->out_full)
            return;
        if (!bc_qr_try(frame, &s->room, &s->finders, t, hard)) {
            failures++;
        } else if (frame->out_n > 0) {
            mark_read(frame, &s->finders);
            s->finders.item[t->corner].read = s->finders.item[t->right].read = s->finders.item[t->down].read = true;
        }
    }
}

/* Finders that belong to no QR symbol may be those of Micro QR symbols. */
static void read_micro_symbols(bc_frame *frame, search *s)
{
    for (size_t i = 0; i < s->finders.n && frame->work_left > 0 && !frame->out_full; i++) {
        bc_finder *f = &s->finders.item[i];
        if (!f->read && bc_micro_qr_try(frame, &s->room, f) && frame->out_n > 0) {
            mark_read(frame, &s->finders);
            f->read = true;
        }
    }
}

void bc_qr_find(bc_frame *frame)
{
    search s = {.finders = {.n = 0}};
    s.finders.item = bc_arena_take(&frame->arena, BC_FINDERS_MAX, sizeof(bc_finder));
    s.finders.refused = bc_arena_take(&frame->arena, BC_FINDERS_REFUSED, sizeof(bc_finder));
    if (s.finders.item == NULL || s.finders.refused == NULL)
        return;
    const size_t mark = bc_arena_mark(&frame->arena);
    scan_layers(frame, &s.finders);
    bc_arena_release(&frame->arena, mark);
    if (s.finders.n == 0)
        return;
    s.triple = bc_arena_take(&frame->arena, BC_TRIPLES_MAX, sizeof *s.triple);
    if (s.triple == NULL || !bc_qr_room_take(&frame->arena, &s.room))
        return;
    const bool qr = bc_frame_wants(frame, BC_QR);
    if (qr)
        read_symbols(frame, &s, false);
    if (bc_frame_wants(frame, BC_MICRO_QR))
        read_micro_symbols(frame, &s);
    if (qr && frame->options->effort >= BC_EFFORT_NORMAL)
        read_symbols(frame, &s, true);
}
