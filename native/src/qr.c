/* QR, Micro QR and rMQR symbols: finder patterns on every layer, then what they belong to. */
#include "qr.h"

#include "binarise.h"
#include "qr_flat.h"
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
    const size_t read = bc_qr_workspace();
    return bc_arena_cost(BC_FINDERS_MAX, sizeof(bc_finder)) + bc_arena_cost(BC_FINDERS_REFUSED, sizeof(bc_finder)) +
           bc_arena_cost(BC_TRIPLES_MAX, sizeof(bc_triple)) + bc_qr_room_workspace() + (scan > read ? scan : read);
}

/* Finders of less misfit, in modules, are hardly ever something else; at small modules real ones may have more. */
#define SURE_MISFIT 0.2f

/* The same for pairs, which must prove themselves otherwise: damage roughens outlines. */
#define PAIR_MISFIT 0.3f

/* Pairs of finders left over that are tried: all those of eleven. */
#define PAIRS_MOST 55u

/* Units of bc_frame_spend for binarising, per 8 px. */
#define COST_BINARISE_8 1

/*
 * The usual threshold lies halfway.  Where blur fills the light ring of finder
 * patterns a lower one opens it; the others are for print fainter than noise,
 * and for bright spots that would raise a threshold above the paper.
 */
static const bc_binarise_how others[] = {{104, 256}, {128, 144}, {56, 160}};
#define OTHERS (sizeof others / sizeof others[0])

/* How many of them are tried, by effort. */
static const size_t others_tried[] = {0, 1, OTHERS};

/* Rows from one that is looked at to the next: a finder pattern's middle is three modules high, 3.5 px at least. */
#define QUICKLY 3u
#define CLOSELY 1u

/* A layer in black and white: the shared one at the usual threshold, where `how` is null; otherwise made here. */
static const bc_bits *bits_of(bc_frame *frame, size_t layer, const bc_binarise_how *how, bc_bits *own)
{
    if (how == NULL)
        return bc_frame_bits(frame, layer);
    const bc_grey *image = &frame->layer[layer];
    if (!bc_frame_spend(frame, (int64_t)image->width * image->height / 8 * COST_BINARISE_8) ||
        !bc_binarise(image, *how, frame->kernels, &frame->arena, own))
        return NULL;
    return own;
}

static void scan_layers(bc_frame *frame, const bc_binarise_how *how, uint32_t step, bc_finders *finders)
{
    /* The coarse layers first: what they show is larger, and noise is averaged out. */
    for (size_t layer = frame->layer_n; layer-- > 0;) {
        const size_t mark = bc_arena_mark(&frame->arena);
        bc_bits own;
        const bc_bits *bits = bits_of(frame, layer, how, &own);
        if (bits == NULL || !bc_finders_scan(frame, bits, layer, step, finders))
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

/* Tries the triples that have a finder from `first_new` on. */
static void read_symbols(bc_frame *frame, search *s, size_t first_new, bool hard)
{
    size_t failures = 0;
    const size_t n = bc_triples_find(&s->finders, s->triple);
    for (size_t i = 0; i < n && failures < failures_most[frame->options->effort]; i++) {
        const bc_triple *t = &s->triple[i];
        const bc_finder *item = s->finders.item;
        if (item[t->corner].read || item[t->right].read || item[t->down].read ||
            (t->corner < first_new && t->right < first_new && t->down < first_new))
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

/* Finders that belong to no QR symbol may each be that of a Micro QR or rMQR symbol. */
static void read_single(bc_frame *frame, search *s, size_t first_new)
{
    for (size_t i = first_new; i < s->finders.n && frame->work_left > 0 && !frame->out_full; i++) {
        bc_finder *f = &s->finders.item[i];
        if (!f->read &&
            ((bc_frame_wants(frame, BC_MICRO_QR) && bc_micro_qr_try(frame, &s->room, f)) ||
             (bc_frame_wants(frame, BC_RMQR) && bc_rmqr_try(frame, &s->room, f))) &&
            frame->out_n > 0) {
            mark_read(frame, &s->finders);
            f->read = true;
        }
    }
}

/* Whether there is a finder, surely one by its outline, whose symbol was not read. */
static bool something_left(const bc_finders *finders)
{
    for (size_t i = 0; i < finders->n; i++)
        if (!finders->item[i].read && finders->item[i].misfit < SURE_MISFIT)
            return true;
    return false;
}

static bool may_pair(const bc_finder *f)
{
    return !f->read && !f->placed && f->misfit < PAIR_MISFIT;
}

/* Tries pairs of sure finders that are left: the third of a symbol may be damaged. */
static void read_pairs(bc_frame *frame, search *s)
{
    size_t tried = 0;
    for (size_t i = 0; i < s->finders.n; i++)
        for (size_t j = i + 1; j < s->finders.n && may_pair(&s->finders.item[i]); j++) {
            if (!may_pair(&s->finders.item[j]))
                continue;
            if (tried++ == PAIRS_MOST || frame->work_left <= 0 || frame->out_full)
                return;
            if (bc_qr_try_pair(frame, &s->room, &s->finders.item[i], &s->finders.item[j]) && frame->out_n > 0) {
                mark_read(frame, &s->finders);
                s->finders.item[i].read = s->finders.item[j].read = true;
            }
        }
}

/* Looks again, longer, for what the first look did not read. */
static void look_again(bc_frame *frame, search *s, const bc_binarise_how *how)
{
    const size_t known = s->finders.n;
    const size_t mark = bc_arena_mark(&frame->arena);
    scan_layers(frame, how, CLOSELY, &s->finders);
    bc_arena_release(&frame->arena, mark);
    if (bc_frame_wants(frame, BC_QR)) {
        read_symbols(frame, s, known, false);
        read_symbols(frame, s, 0, true);
        read_pairs(frame, s);
    }
    read_single(frame, s, known);
}

void bc_qr_find(bc_frame *frame)
{
    search s = {.finders = {.n = 0}};
    s.finders.item = bc_arena_take(&frame->arena, BC_FINDERS_MAX, sizeof(bc_finder));
    s.finders.refused = bc_arena_take(&frame->arena, BC_FINDERS_REFUSED, sizeof(bc_finder));
    s.triple = bc_arena_take(&frame->arena, BC_TRIPLES_MAX, sizeof *s.triple);
    if (s.finders.item == NULL || s.finders.refused == NULL || s.triple == NULL ||
        !bc_qr_room_take(&frame->arena, &s.room))
        return;
    const size_t mark = bc_arena_mark(&frame->arena);
    scan_layers(frame, NULL, QUICKLY, &s.finders);
    bc_arena_release(&frame->arena, mark);
    const uint32_t effort = frame->options->effort;
    if (s.finders.n > 0 && bc_frame_wants(frame, BC_QR))
        read_symbols(frame, &s, 0, false);
    read_single(frame, &s, 0);
    const bool again = effort == BC_EFFORT_THOROUGH || something_left(&s.finders);
    for (size_t i = 0; i < others_tried[effort] && again && frame->work_left > 0 && !frame->out_full; i++)
        look_again(frame, &s, &others[i]);
    if (frame->out_n == 0)
        bc_qr_flat_try(frame, &s.room);
}
