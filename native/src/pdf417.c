/* PDF417 symbols: strips of bars whose lines show a start or stop pattern, which is followed and grown from. */
#include "pdf417.h"

#include "geometry.h"
#include "pdf417_codewords.h"
#include "pdf417_scan.h"
#include "pdf417_stack.h"
#include "place.h"
#include "strips.h"

#define GUARDS_MAX 8u        /* looked at on a line */
#define TRIED_MAX 64u
#define LINES 3u
#define STRETCH 0.25f        /* of a strip's length, that lines reach beyond it */
#define STRETCH_PX 30.0f     /* of its layer, and beyond that */
#define REACH 30.0f          /* modules to either side of a guard that was seen on a row or column */
#define SCAN_LAYERS 2u
#define COARSE_MODULE 4.2f   /* px; larger modules are looked at on a coarser layer */
#define FINE_MODULE 1.8f     /* smaller ones on a finer one */
#define SAME_GUARD 4.0f      /* modules from one that was tried */

/* Units of bc_frame_spend: a sample of a line; following a guard; reading a symbol character. */
#define COST_SAMPLE 12
#define COST_TRACE 60000
#define COST_BLUR 120000
#define COST_CHARACTER 1500
#define COST_CORRECT 200000

/* A guard that was followed: not again. */
typedef struct {
    bc_point top, bottom; /* px of the image */
    float module;
    bool stop, inverted;
} tried;

typedef struct {
    bc_frame *frame;
    bc_bars *bars;
    bc_scan_room *scan;
    bc_scan_hit *hit;
    bc_trace *trace;
    bc_indicator *indicator;
    bc_stack *stack;
    bc_matcher *matcher;
    uint16_t *value;
    uint8_t *sure;
    tried tried[TRIED_MAX];
    size_t tried_n;
} search;

size_t bc_pdf417_find_workspace(uint32_t width, uint32_t height)
{
    (void)width;
    (void)height;
    return bc_arena_cost(1, sizeof(search)) + bc_arena_cost(1, sizeof(bc_bars)) + bc_arena_cost(1, sizeof(bc_trace)) +
           bc_arena_cost(BC_INDICATORS_MAX, sizeof(bc_indicator)) + bc_arena_cost(1, sizeof(bc_stack)) +
           bc_scan_room_workspace() + bc_arena_cost(2 * BC_SCAN_HITS, sizeof(bc_scan_hit)) + bc_matcher_workspace() + bc_arena_cost(BC_PDF417_MAX_CODEWORDS, sizeof(uint16_t)) +
           bc_arena_cost(BC_PDF417_MAX_CODEWORDS, 1) + bc_pdf417_words_workspace();
}

static search *take_search(bc_frame *frame)
{
    search *s = bc_arena_take(&frame->arena, 1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->frame = frame;
    s->tried_n = 0;
    s->bars = bc_arena_take(&frame->arena, 1, sizeof *s->bars);
    s->scan = bc_scan_room_take(&frame->arena);
    s->hit = bc_arena_take(&frame->arena, 2 * BC_SCAN_HITS, sizeof *s->hit);
    s->trace = bc_arena_take(&frame->arena, 1, sizeof *s->trace);
    s->indicator = bc_arena_take(&frame->arena, BC_INDICATORS_MAX, sizeof *s->indicator);
    s->stack = bc_arena_take(&frame->arena, 1, sizeof *s->stack);
    s->matcher = bc_matcher_take(&frame->arena);
    s->value = bc_arena_take(&frame->arena, BC_PDF417_MAX_CODEWORDS, sizeof *s->value);
    s->sure = bc_arena_take(&frame->arena, BC_PDF417_MAX_CODEWORDS, 1);
    return s->bars && s->scan && s->hit && s->trace && s->indicator && s->stack && s->matcher && s->value && s->sure ? s : NULL;
}

/* How sure a match is, 0 to 255: by how much less like the next value is, against what is unlike the best. */
static uint8_t sureness(const bc_match *match)
{
    const float noise = 1.0f - match->best * match->best + 0.02f;
    const float sure = 20.0f * (match->best - match->second) / noise;
    return match->best < 0.4f ? 0 : (uint8_t)(sure > 255.0f ? 255.0f : sure);
}

static void tell(search *s, size_t layer, bool inverted, const bc_pdf417_words *words)
{
    bc_stack *stack = s->stack;
    bc_symbol *symbol = bc_frame_offer(s->frame);
    if (symbol == NULL || bc_pdf417_read_words(words, &s->frame->arena, symbol) != BC_OK)
        return;
    bc_point corner[4];
    bool complete;
    bc_stack_corners(stack, s->trace->left, corner, &complete);
    const uint32_t columns = 17 * stack->column_n + (complete ? 69u : 35u);
    bc_symbol_place(symbol, corner, (float)(1u << layer), columns, stack->row_n);
    symbol->module_px = stack->module * (float)(1u << layer);
    symbol->symbology = BC_PDF417;
    symbol->ec_level = (uint8_t)('0' + stack->ec_level);
    symbol->columns = (uint16_t)columns;
    symbol->rows = (uint16_t)stack->row_n;
    symbol->inverted = inverted;
    symbol->mirrored = bc_rows_along(&stack->rows, (float)stack->first, stack->rows.middle) < 0.0f;
    bc_frame_keep(s->frame);
}

/* Reads a symbol whose guard was followed. */
static void read_symbol(search *s, size_t layer, const bc_guard *guard)
{
    bc_stack *stack = s->stack;
    if (!bc_frame_spend(s->frame, COST_BLUR))
        return;
    bc_matcher_make(s->matcher, s->trace->blur);
    stack->matcher = s->matcher;
    if (!bc_stack_begin(stack, s->trace, guard, s->indicator, s->trace->left) ||
        !bc_frame_spend(s->frame, (int64_t)stack->row_n * (stack->column_n + 2) * 4 * COST_CHARACTER))
        return;
    bc_stack_grow(stack, s->trace->left);
    const uint32_t n = stack->row_n * stack->column_n;
    for (uint32_t i = 0; i < n; i++) {
        const bc_match match =
            bc_stack_read(stack, i / stack->column_n, stack->first + i % stack->column_n);
        s->value[i] = match.value;
        s->sure[i] = sureness(&match);
    }
    const bc_pdf417_words words = {s->value, s->sure, n, 2u << stack->ec_level, false};
    if (bc_frame_spend(s->frame, COST_CORRECT))
        tell(s, layer, guard->inverted, &words);
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

static bool was_tried(const search *s, bc_point p, const bc_guard *guard)
{
    for (size_t i = 0; i < s->tried_n; i++) {
        const tried *t = &s->tried[i];
        if (t->stop == guard->stop && t->inverted == guard->inverted &&
            distance(p, t->top, t->bottom) < SAME_GUARD * t->module)
            return true;
    }
    for (size_t i = 0; i < s->frame->out_n; i++)
        if (bc_symbol_covers(&s->frame->out[i], p.x, p.y))
            return true;
    return false;
}

static bc_point scaled(bc_point p, float scale)
{
    return (bc_point){p.x * scale, p.y * scale};
}

/* The layer where a guard's modules have the right size. */
static size_t layer_for(const bc_frame *frame, size_t layer, float module)
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

/* Follows a guard at a place, px of the image, and reads its symbol. */
static void try_guard(search *s, size_t seen_on, bc_point at, bc_point along, bc_guard *guard)
{
    const size_t layer = layer_for(s->frame, seen_on, guard->module);
    guard->module *= (float)(1u << seen_on) / (float)(1u << layer);
    const float one = (float)(1u << layer);
    bc_view *view = &s->stack->view;
    *view = (bc_view){{&s->frame->layer[layer], guard->inverted ? -1.0f : 1.0f, 1.0f},
                      at.x / one, at.y / one, along.x, along.y};
    if (guard->backwards) {
        view->dx = -along.x;
        view->dy = -along.y;
    }
    if (!bc_frame_spend(s->frame, COST_TRACE))
        return;
    const bool there = bc_guard_trace(view, guard, s->trace);
    const float low = there ? s->trace->low : 0.0f, high = there ? s->trace->high : 0.0f;
    const bc_curve *curve = &s->trace->left_curve;
    if (s->tried_n < TRIED_MAX)
        s->tried[s->tried_n++] =
            (tried){scaled(bc_view_point(view, there ? bc_curve_at(curve, low) : 0.0f, low), one),
                    scaled(bc_view_point(view, there ? bc_curve_at(curve, high) : 0.0f, high), one),
                    guard->module * one, guard->stop, guard->inverted};
    if (there)
        read_symbol(s, layer, guard);
}

/* Looks at n px of a line for guards, and tries them; false when the work is spent. */
static bool look_along(search *s, size_t layer, bc_point from, bc_point along, uint32_t n)
{
    const float one = (float)(1u << layer);
    bc_guard guard[GUARDS_MAX];
    if (!bc_frame_spend(s->frame, (int64_t)n * COST_SAMPLE))
        return false;
    bc_bars_look(&s->frame->layer[layer], from, along, n, s->bars);
    const size_t guard_n = bc_guards_find(s->bars, guard, GUARDS_MAX);
    for (size_t i = 0; i < guard_n && !s->frame->out_full; i++) {
        const bc_point at = {(from.x + guard[i].at * along.x) * one, (from.y + guard[i].at * along.y) * one};
        if (!was_tried(s, at, &guard[i]))
            try_guard(s, layer, at, along, &guard[i]);
    }
    return s->frame->work_left > 0;
}

/* Looks along a line of a strip, so far along its bars; false when the work is spent. */
static bool try_line(search *s, const bc_strip *strip, size_t layer, float v)
{
    const float one = (float)(1u << layer);
    const float half = (strip->half_u * (1.0f + STRETCH)) / one + STRETCH_PX;
    const bc_point along = {strip->ux, strip->uy};
    const bc_point from = {(strip->x - v * strip->uy) / one - half * strip->ux,
                           (strip->y + v * strip->ux) / one - half * strip->uy};
    return look_along(s, layer, from, along, (uint32_t)(2.0f * half));
}

/* Looks closer at guards that rows and columns of a layer show. */
static bool try_layer(search *s, size_t layer)
{
    const float one = (float)(1u << layer);
    const size_t n = bc_scan_layer(s->frame, layer, s->bars, s->scan, s->hit);
    for (size_t i = 0; i < n && !s->frame->out_full; i++) {
        const bc_scan_hit *hit = &s->hit[i];
        const float reach = REACH * hit->guard.module;
        const bc_point from = {hit->at.x - reach * hit->along.x, hit->at.y - reach * hit->along.y};
        if (!was_tried(s, scaled(hit->at, one), &hit->guard) &&
            !look_along(s, layer, from, hit->along, (uint32_t)(2.0f * reach)))
            return false;
    }
    return s->frame->work_left > 0;
}

static bool try_strips(search *s)
{
    static const float place[LINES] = {0.0f, 0.5f, -0.5f};
    size_t n;
    const bc_strip *strip = bc_frame_strips(s->frame, &n);
    if (strip == NULL)
        return false;
    for (size_t i = 0; i < n && !s->frame->out_full; i++)
        for (uint32_t line = 0; line < LINES; line++)
            if (!try_line(s, &strip[i], strip[i].layer, place[line] * strip[i].half_v))
                return false;
    return true;
}

void bc_pdf417_find(bc_frame *frame)
{
    search *s = take_search(frame);
    if (s == NULL || !try_strips(s))
        return;
    for (size_t layer = 0; layer < SCAN_LAYERS && layer < frame->layer_n; layer++)
        if (!try_layer(s, layer))
            return;
}
