#include "pdf417_search.h"

#include "geometry.h"

#define COARSE_MODULE 4.2f   /* px; larger modules are looked at on a coarser layer */
#define FINE_MODULE 2.1f     /* smaller ones on a finer one */
#define SAME_GUARD 4.0f      /* modules from one that was tried */

size_t bc_pdf417_search_workspace(void)
{
    return bc_arena_cost(1, sizeof(bc_pdf417_search)) + bc_arena_cost(1, sizeof(bc_bars)) +
           bc_arena_cost(1, sizeof(bc_trace)) + bc_arena_cost(1, sizeof(bc_micro_trace)) +
           bc_arena_cost(BC_INDICATORS_MAX, sizeof(bc_row_seen)) + bc_arena_cost(1, sizeof(bc_stack)) +
           bc_scan_room_workspace() + bc_arena_cost(2 * BC_SCAN_HITS, sizeof(bc_scan_hit)) +
           bc_matcher_workspace() + bc_arena_cost(BC_PDF417_MAX_CODEWORDS, sizeof(uint16_t)) +
           bc_arena_cost(BC_PDF417_MAX_CODEWORDS, 1) + bc_pdf417_words_workspace();
}

bc_pdf417_search *bc_pdf417_search_take(bc_frame *frame)
{
    bc_pdf417_search *s = bc_arena_take(&frame->arena, 1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->frame = frame;
    s->tried_n = 0;
    s->bars = bc_arena_take(&frame->arena, 1, sizeof *s->bars);
    s->scan = bc_scan_room_take(&frame->arena);
    s->hit = bc_arena_take(&frame->arena, 2 * BC_SCAN_HITS, sizeof *s->hit);
    s->trace = bc_arena_take(&frame->arena, 1, sizeof *s->trace);
    s->micro = bc_arena_take(&frame->arena, 1, sizeof *s->micro);
    s->indicator = bc_arena_take(&frame->arena, BC_INDICATORS_MAX, sizeof *s->indicator);
    s->stack = bc_arena_take(&frame->arena, 1, sizeof *s->stack);
    s->matcher = bc_matcher_take(&frame->arena, frame->kernels);
    s->value = bc_arena_take(&frame->arena, BC_PDF417_MAX_CODEWORDS, sizeof *s->value);
    s->sure = bc_arena_take(&frame->arena, BC_PDF417_MAX_CODEWORDS, 1);
    const bool taken = s->bars && s->scan && s->hit && s->trace && s->micro && s->indicator && s->stack &&
                       s->matcher && s->value && s->sure;
    return taken ? s : NULL;
}

/* Distance from a point to a line between two others, and beyond its ends that to them. */
static float distance(bc_point p, bc_point a, bc_point b)
{
    const float x = b.x - a.x, y = b.y - a.y, square = x * x + y * y;
    float part = square > 0.0f ? ((p.x - a.x) * x + (p.y - a.y) * y) / square : 0.0f;
    part = part < 0.0f ? 0.0f : (part > 1.0f ? 1.0f : part);
    const float dx = a.x + part * x - p.x, dy = a.y + part * y - p.y;
    return bc_sqrt(dx * dx + dy * dy);
}

bool bc_pdf417_was_tried(const bc_pdf417_search *s, bc_point p, bc_scan_kind kind, bool inverted)
{
    for (size_t i = 0; i < s->tried_n; i++) {
        const bc_pdf417_tried *t = &s->tried[i];
        if (t->kind == kind && t->inverted == inverted &&
            distance(p, t->top, t->bottom) < SAME_GUARD * t->module)
            return true;
    }
    return bc_frame_covers(s->frame, p.x, p.y);
}

static bc_point scaled(bc_point p, float scale)
{
    return (bc_point){p.x * scale, p.y * scale};
}

size_t bc_pdf417_layer_for(const bc_frame *frame, size_t layer, float module)
{
    while (module > COARSE_MODULE && layer + 1 < frame->layer_n) {
        module /= 2.0f;
        layer++;
    }
    while (module < FINE_MODULE && layer > 0) {
        module *= 2.0f;
        layer--;
    }
    return layer;
}

bc_view bc_pdf417_view_from(const bc_pdf417_search *s, size_t layer, bc_point at, bc_point along, bool backwards,
                            bool inverted)
{
    const float one = (float)(1u << layer), sign = backwards ? -1.0f : 1.0f;
    return (bc_view){{&s->frame->layer[layer], inverted ? -1.0f : 1.0f, 1.0f}, at.x / one, at.y / one,
                     sign * along.x, sign * along.y};
}

void bc_pdf417_note_tried(bc_pdf417_search *s, size_t layer, const bc_curve *curve, float low, float high, float module,
                       bc_scan_kind kind, bool inverted)
{
    const float one = (float)(1u << layer);
    const bc_view *view = &s->stack->view;
    if (s->tried_n < BC_PDF417_TRIED)
        s->tried[s->tried_n++] = (bc_pdf417_tried){scaled(bc_view_point(view, bc_curve_at(curve, low), low), one),
                                         scaled(bc_view_point(view, bc_curve_at(curve, high), high), one),
                                         module * one, kind, inverted};
}
