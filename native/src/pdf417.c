/* PDF417 symbols: strips of bars whose lines show a start or stop pattern, which is followed and grown from. */
#include "pdf417.h"

#include "geometry.h"
#include "pdf417_codewords.h"
#include "pdf417_micro.h"
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
#define FINE_MODULE 2.1f     /* smaller ones on a finer one */
#define SIDE_LEAST 4u        /* of five places along the side of a symbol */
#define TURN 0.02f           /* of lines, about a degree */
#define TURN_STEPS 22u       /* to either side */
#define TURNS_MAX 8u        /* places where rows may begin that are looked at in other directions */
#define ROW_REACH 110.0f     /* modules: the widest row of MicroPDF417, and more */
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
    bc_scan_kind kind;
    bool inverted;
} tried;

typedef struct {
    bc_frame *frame;
    bc_bars *bars;
    bc_scan_room *scan;
    bc_scan_hit *hit;
    bc_trace *trace;
    bc_micro_trace *micro;
    bc_row_seen *indicator;
    bc_stack *stack;
    bc_matcher *matcher;
    uint16_t *value;
    uint8_t *sure;
    tried tried[TRIED_MAX];
    size_t tried_n;
    uint32_t turns_left;
} search;

size_t bc_pdf417_find_workspace(uint32_t width, uint32_t height)
{
    (void)width;
    (void)height;
    return bc_arena_cost(1, sizeof(search)) + bc_arena_cost(1, sizeof(bc_bars)) + bc_arena_cost(1, sizeof(bc_trace)) + bc_arena_cost(1, sizeof(bc_micro_trace)) +
           bc_arena_cost(BC_INDICATORS_MAX, sizeof(bc_row_seen)) + bc_arena_cost(1, sizeof(bc_stack)) +
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
    s->turns_left = TURNS_MAX;
    s->bars = bc_arena_take(&frame->arena, 1, sizeof *s->bars);
    s->scan = bc_scan_room_take(&frame->arena);
    s->hit = bc_arena_take(&frame->arena, 2 * BC_SCAN_HITS, sizeof *s->hit);
    s->trace = bc_arena_take(&frame->arena, 1, sizeof *s->trace);
    s->micro = bc_arena_take(&frame->arena, 1, sizeof *s->micro);
    s->indicator = bc_arena_take(&frame->arena, BC_INDICATORS_MAX, sizeof *s->indicator);
    s->stack = bc_arena_take(&frame->arena, 1, sizeof *s->stack);
    s->matcher = bc_matcher_take(&frame->arena);
    s->value = bc_arena_take(&frame->arena, BC_PDF417_MAX_CODEWORDS, sizeof *s->value);
    s->sure = bc_arena_take(&frame->arena, BC_PDF417_MAX_CODEWORDS, 1);
    return s->bars && s->scan && s->hit && s->trace && s->micro && s->indicator && s->stack && s->matcher && s->value && s->sure ? s : NULL;
}

/* How sure a match is, 0 to 255: by how much less like the next value is, against what is unlike the best. */
static uint8_t sureness(const bc_match *match)
{
    const float noise = 1.0f - match->best * match->best + 0.02f;
    const float sure = 20.0f * (match->best - match->second) / noise;
    return match->best < 0.4f ? 0 : (uint8_t)(sure > 255.0f ? 255.0f : sure);
}

/* Fills in what a symbol's stack tells, and keeps it. */
static void keep(search *s, size_t layer, bool inverted, const bc_point corner[4], uint32_t columns)
{
    const bc_stack *stack = s->stack;
    bc_symbol *symbol = &s->frame->out[s->frame->out_n];
    bc_symbol_place(symbol, corner, (float)(1u << layer), columns, stack->row_n);
    symbol->module_px = stack->module * (float)(1u << layer);
    symbol->columns = (uint16_t)columns;
    symbol->rows = (uint16_t)stack->row_n;
    symbol->inverted = inverted;
    symbol->mirrored = bc_rows_along(&stack->rows, stack->rows.first, stack->rows.middle) < 0.0f;
    bc_frame_keep(s->frame);
}

/* Reads the codewords and tells the symbol if they are right. */
static void tell(search *s, size_t layer, bool inverted, const bc_pdf417_words *words)
{
    bc_symbol *symbol = bc_frame_spend(s->frame, COST_CORRECT) ? bc_frame_offer(s->frame) : NULL;
    if (symbol == NULL || bc_pdf417_read_words(words, &s->frame->arena, symbol) != BC_OK)
        return;
    bc_point corner[4];
    bool complete;
    bc_stack_corners(s->stack, s->trace->left, corner, &complete);
    symbol->symbology = BC_PDF417;
    symbol->ec_level = (uint8_t)('0' + s->stack->ec_level);
    keep(s, layer, inverted, corner, 17 * s->stack->column_n + (complete ? 69u : 35u));
}

/* Reads a symbol of MicroPDF417 with an idea of how blurred it is; false when that does not work, *laid if rows do. */
static bool read_micro(search *s, size_t layer, const bc_micro_row *row, float blur, bool *laid)
{
    bc_stack *stack = s->stack;
    if (!bc_frame_spend(s->frame, COST_BLUR))
        return false;
    bc_matcher_make(s->matcher, blur);
    stack->matcher = s->matcher;
    const bc_micro_variant *variant = bc_micro_lay_rows(stack, row, blur, s->micro);
    const uint32_t columns = row->columns;
    *laid |= variant != NULL;
    if (variant == NULL || !bc_frame_spend(s->frame, (int64_t)variant->rows * columns * 4 * COST_CHARACTER))
        return false;
    for (uint32_t i = 0; i < columns; i++)
        bc_stack_observe(stack, bc_micro_column(columns, i));
    const uint32_t n = variant->rows * columns;
    for (uint32_t i = 0; i < n; i++) {
        const bc_match match = bc_stack_read(stack, i / columns, bc_micro_column(columns, i % columns));
        s->value[i] = match.value;
        s->sure[i] = sureness(&match);
    }
    const bc_pdf417_words words = {s->value, s->sure, n, variant->ec_n, true};
    bc_symbol *symbol = bc_frame_spend(s->frame, COST_CORRECT) ? bc_frame_offer(s->frame) : NULL;
    if (symbol == NULL || bc_pdf417_read_words(&words, &s->frame->arena, symbol) != BC_OK)
        return false;
    bc_point corner[4];
    bc_micro_corners(stack, row, corner);
    symbol->symbology = BC_MICRO_PDF417;
    symbol->version = (uint8_t)(variant - bc_pdf417_variant + 1);
    keep(s, layer, row->inverted, corner,
         (uint32_t)(stack->k[bc_micro_layouts[columns].n] * (float)BC_PDF417_MODULES + 1.5f));
    return true;
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

static bool was_tried(const search *s, bc_point p, bc_scan_kind kind, bool inverted)
{
    for (size_t i = 0; i < s->tried_n; i++) {
        const tried *t = &s->tried[i];
        if (t->kind == kind && t->inverted == inverted &&
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

/* The view from a place, px of the image, along a line or against it. */
static bc_view view_from(const search *s, size_t layer, bc_point at, bc_point along, bool backwards, bool inverted)
{
    const float one = (float)(1u << layer), sign = backwards ? -1.0f : 1.0f;
    return (bc_view){{&s->frame->layer[layer], inverted ? -1.0f : 1.0f, 1.0f}, at.x / one, at.y / one,
                     sign * along.x, sign * along.y};
}

/* Notes that what begins along a curve from low to high needs no second look. */
static void note_tried(search *s, size_t layer, const bc_curve *curve, float low, float high, float module,
                       bc_scan_kind kind, bool inverted)
{
    const float one = (float)(1u << layer);
    const bc_view *view = &s->stack->view;
    if (s->tried_n < TRIED_MAX)
        s->tried[s->tried_n++] = (tried){scaled(bc_view_point(view, bc_curve_at(curve, low), low), one),
                                         scaled(bc_view_point(view, bc_curve_at(curve, high), high), one),
                                         module * one, kind, inverted};
}

static const bc_curve no_curve = {{0.0f, 0.0f, 0.0f}};

static bc_scan_kind kind_of(const bc_guard *guard)
{
    return guard->stop ? BC_SCAN_STOP : BC_SCAN_START;
}

/* Follows a guard at a place, px of the image, and reads its symbol. */
static void try_guard(search *s, size_t seen_on, bc_point at, bc_point along, bc_guard *guard)
{
    const size_t layer = layer_for(s->frame, seen_on, guard->module);
    guard->module *= (float)(1u << seen_on) / (float)(1u << layer);
    s->stack->view = view_from(s, layer, at, along, guard->backwards, guard->inverted);
    if (!bc_frame_spend(s->frame, COST_TRACE))
        return;
    const bool there = bc_guard_trace(&s->stack->view, guard, s->trace);
    note_tried(s, layer, there ? &s->trace->left_curve : &no_curve, there ? s->trace->low : 0.0f,
               there ? s->trace->high : 0.0f, guard->module, kind_of(guard), guard->inverted);
    if (there)
        read_symbol(s, layer, guard);
}

/* Follows a row of MicroPDF417 at a place, px of the image, and reads its symbol. */
static void try_row(search *s, size_t seen_on, bc_point at, bc_point along, bc_micro_row *row)
{
    static const float blurs[2] = {0.06f, 0.16f};
    const size_t layer = layer_for(s->frame, seen_on, row->module);
    row->module *= (float)(1u << seen_on) / (float)(1u << layer);
    s->stack->view = view_from(s, layer, at, along, row->backwards, row->inverted);
    if (!bc_frame_spend(s->frame, COST_TRACE))
        return;
    const bool there = bc_micro_follow(s->stack, row, s->micro);
    bool laid = false;
    for (size_t i = 0; there && i < 2 && !read_micro(s, layer, row, blurs[i], &laid); i++)
        continue;
    note_tried(s, layer, laid ? &s->stack->curve[0] : &no_curve, laid ? s->stack->low : 0.0f,
               laid ? s->stack->high : 0.0f, row->module, BC_SCAN_ROW, row->inverted);
}

/*
 * Whether a row of MicroPDF417 that may begin at the stack's origin has others
 * above and below: an edge with nothing but light before it.
 */
static bool has_side(search *s, const bc_micro_row *start)
{
    bc_view *view = &s->stack->view;
    const float module = start->module;
    view->scene.contrast = bc_view_at(view, -module, 0.0f) - bc_view_at(view, 0.5f * module, 0.0f);
    uint32_t seen = 0;
    for (int32_t i = -2; i <= 2; i++) {
        float found;
        const float t = 2.0f * (float)i * module;
        seen += bc_view_edge(view, 0.0f, t, module, &found) &&
                bc_view_at(view, found - 1.6f * module, t) - bc_view_at(view, found + 0.5f * module, t) >
                    0.5f * view->scene.contrast;
    }
    return seen >= SIDE_LEAST;
}

/*
 * Looks along lines turned more and more about where a row may begin: rows need
 * not run across the bars.
 */
static void turn_to_row(search *s, size_t layer, bc_point at, bc_point along, const bc_micro_row *start)
{
    const float one = (float)(1u << layer), sign = start->backwards ? -1.0f : 1.0f, back = 3.0f * start->module;
    const uint32_t n = (uint32_t)(ROW_REACH * start->module);
    s->stack->view = view_from(s, layer, at, along, start->backwards, start->inverted);
    if (!has_side(s, start))
        return;
    s->turns_left--;
    for (uint32_t i = 1; i <= 2 * TURN_STEPS; i++) {
        const float turn = TURN * (float)((i + 1) / 2) * (i % 2 == 0 ? -1.0f : 1.0f);
        const float length = sign * bc_sqrt(1.0f + turn * turn);
        const bc_point turned = {(along.x - turn * along.y) / length, (along.y + turn * along.x) / length};
        const bc_point from = {at.x / one - back * turned.x, at.y / one - back * turned.y};
        bc_micro_row row;
        if (!bc_frame_spend(s->frame, (int64_t)n * COST_SAMPLE))
            return;
        bc_bars_look(&s->frame->layer[layer], from, turned, n, s->bars);
        if (bc_micro_row_at(s->bars, back, start->module, &row)) {
            const float forth = (row.at - back) * one;
            try_row(s, layer, (bc_point){at.x + forth * turned.x, at.y + forth * turned.y}, turned, &row);
            return;
        }
    }
}

/* Tries the guards and rows among the bars of a line. */
static void try_bars(search *s, size_t layer, bc_point from, bc_point along)
{
    const float one = (float)(1u << layer);
    bc_guard guard[GUARDS_MAX];
    bc_micro_row row[GUARDS_MAX];
    const size_t guard_n = bc_frame_wants(s->frame, BC_PDF417) ? bc_guards_find(s->bars, guard, GUARDS_MAX) : 0;
    const size_t row_n = bc_frame_wants(s->frame, BC_MICRO_PDF417) ? bc_micro_rows_find(s->bars, row, GUARDS_MAX) : 0;
    for (size_t i = 0; i < guard_n && !s->frame->out_full; i++) {
        const bc_point at = {(from.x + guard[i].at * along.x) * one, (from.y + guard[i].at * along.y) * one};
        if (!was_tried(s, at, kind_of(&guard[i]), guard[i].inverted))
            try_guard(s, layer, at, along, &guard[i]);
    }
    for (size_t i = 0; i < row_n && !s->frame->out_full; i++) {
        const bc_point at = {(from.x + row[i].at * along.x) * one, (from.y + row[i].at * along.y) * one};
        if (was_tried(s, at, BC_SCAN_ROW, row[i].inverted))
            continue;
        if (row[i].columns > 0)
            try_row(s, layer, at, along, &row[i]);
        else if (s->turns_left > 0)
            turn_to_row(s, layer, at, along, &row[i]);
    }
}

/* Looks at n px of a line; false when the work is spent. */
static bool look_along(search *s, size_t layer, bc_point from, bc_point along, uint32_t n)
{
    if (!bc_frame_spend(s->frame, (int64_t)n * COST_SAMPLE))
        return false;
    bc_bars_look(&s->frame->layer[layer], from, along, n, s->bars);
    try_bars(s, layer, from, along);
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
        const float reach = REACH * hit->sight.module;
        const bc_point from = {hit->at.x - reach * hit->along.x, hit->at.y - reach * hit->along.y};
        if (!was_tried(s, scaled(hit->at, one), hit->sight.kind, hit->sight.inverted) &&
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
