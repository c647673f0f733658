/* From a guard or a row that a line shows to the symbol. */
#include "geometry.h"
#include "pdf417_search.h"
#include "pdf417_side.h"
#include "place.h"

#define GUARDS_MAX 8u        /* looked at on a line */
#define TURN 0.02f           /* of lines, about a degree */
#define TURN_STEPS 22u       /* to either side */
#define START_BACK 3.0f      /* modules before a row's beginning, from which on they are */
#define START_REACH 34.0f    /* modules: its first two parts, and more */
#define ROW_REACH 110.0f     /* the widest row of MicroPDF417, and more */

/* Units of bc_frame_spend: a side; its patterns; all rows'; a guard; a blur's looks; a symbol character; correcting. */
#define COST_SIDE 2000
#define COST_COUNT 12000
#define COST_ROWS 50000
#define COST_TRACE 60000
#define COST_BLUR 120000
#define COST_CHARACTER 1500
#define COST_CORRECT 200000

static const bc_curve no_curve = {{0.0f, 0.0f, 0.0f}};

/* How sure a match is, 0 to 255: by how much less like the next value is, against what is unlike the best. */
static uint8_t sureness(const bc_match *match)
{
    const float noise = 1.0f - match->best * match->best + 0.02f;
    const float sure = 20.0f * (match->best - match->second) / noise;
    return match->best < 0.4f ? 0 : (uint8_t)(sure > 255.0f ? 255.0f : sure);
}

/* Fills in what a symbol's stack tells, and keeps it. */
static void keep(bc_pdf417_search *s, size_t layer, bool inverted, const bc_point corner[4], uint32_t columns)
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
static void tell(bc_pdf417_search *s, size_t layer, bool inverted, const bc_pdf417_words *words)
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
static bool read_micro(bc_pdf417_search *s, size_t layer, const bc_micro_row *row, float blur, bool *laid)
{
    bc_stack *stack = s->stack;
    if (!bc_frame_spend(s->frame, COST_ROWS))
        return false;
    const bc_micro_variant *variant = bc_micro_lay_rows(stack, row, blur, s->micro);
    const uint32_t columns = row->columns;
    *laid |= variant != NULL;
    if (variant == NULL ||
        !bc_frame_spend(s->frame, COST_BLUR + (int64_t)variant->rows * columns * 4 * COST_CHARACTER))
        return false;
    bc_matcher_make(s->matcher, blur);
    stack->matcher = s->matcher;
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
static void read_symbol(bc_pdf417_search *s, size_t layer, const bc_guard *guard)
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

static bc_scan_kind kind_of(const bc_guard *guard)
{
    return guard->stop ? BC_SCAN_STOP : BC_SCAN_START;
}

/* Follows a guard at a place, px of the image, and reads its symbol. */
static void try_guard(bc_pdf417_search *s, size_t seen_on, bc_point at, bc_point along, bc_guard *guard)
{
    const size_t layer = bc_pdf417_layer_for(s->frame, seen_on, guard->module);
    guard->module *= (float)(1u << seen_on) / (float)(1u << layer);
    s->stack->view = bc_pdf417_view_from(s, layer, at, along, guard->backwards, guard->inverted);
    if (!bc_frame_spend(s->frame, COST_TRACE))
        return;
    const bool there = bc_guard_trace(&s->stack->view, guard, s->trace);
    bc_pdf417_note_tried(s, layer, there ? &s->trace->left_curve : &no_curve, there ? s->trace->low : 0.0f,
               there ? s->trace->high : 0.0f, guard->module, kind_of(guard), guard->inverted);
    if (there)
        read_symbol(s, layer, guard);
}

/* Follows a row of MicroPDF417 from the stack's origin, on a layer where its modules have the right size. */
static void follow_row(bc_pdf417_search *s, size_t layer, const bc_micro_row *row)
{
    static const float blurs[2] = {0.06f, 0.16f};
    if (!bc_frame_spend(s->frame, COST_TRACE))
        return;
    const bool there = bc_micro_follow(s->stack, row, s->micro);
    bool laid = false;
    for (size_t i = 0; there && i < 2 && !read_micro(s, layer, row, blurs[i], &laid); i++)
        continue;
    bc_pdf417_note_tried(s, layer, laid ? &s->stack->curve[0] : &no_curve, laid ? s->stack->low : 0.0f,
               laid ? s->stack->high : 0.0f, row->module, BC_SCAN_ROW, row->inverted);
}

/* Makes the stack's view begin with a row at a place, px of the image; the layer where its modules are large enough. */
static size_t face_row(bc_pdf417_search *s, size_t seen_on, bc_point at, bc_point along, bc_micro_row *row)
{
    const size_t layer = bc_pdf417_layer_for(s->frame, seen_on, row->module);
    row->module *= (float)(1u << seen_on) / (float)(1u << layer);
    s->stack->view = bc_pdf417_view_from(s, layer, at, along, row->backwards, row->inverted);
    return layer;
}

void bc_pdf417_try_row(bc_pdf417_search *s, size_t seen_on, bc_point at, bc_point along, bc_micro_row *row)
{
    const size_t layer = face_row(s, seen_on, at, along, row);
    if (!bc_frame_spend(s->frame, COST_COUNT))
        return;
    if (bc_side_counts(&s->stack->view, row->end[0] * row->module, &s->micro->looks))
        follow_row(s, layer, row);
    else
        bc_pdf417_note_tried(s, layer, &no_curve, 0.0f, 0.0f, row->module, BC_SCAN_ROW, row->inverted);
}

/* The row that begins at a place, px of the layer, along a direction; false when there is none or the work is spent. */
static bool row_along(bc_pdf417_search *s, const bc_row_start *start, bc_point at, bc_point along, bc_micro_row *row)
{
    static const float reach[2] = {START_REACH, ROW_REACH}; /* most directions show no beginning of one */
    const float back = START_BACK * start->module;
    const bc_point from = {at.x - back * along.x, at.y - back * along.y};
    for (uint32_t i = 0; i < 2; i++) {
        const uint32_t n = (uint32_t)(reach[i] * start->module);
        if (!bc_frame_spend(s->frame, (int64_t)n * BC_PDF417_COST_SAMPLE))
            return false;
        bc_bars_look(s->frame->kernels, &s->frame->layer[start->layer], from, along, n, s->bars);
        if (!bc_micro_row_at(s->bars, back, start->module, i == 0, row))
            return false;
    }
    return true;
}

bool bc_pdf417_try_turned(bc_pdf417_search *s, const bc_row_start *start)
{
    const float one = (float)(1u << start->layer), sign = start->backwards ? -1.0f : 1.0f;
    const bc_point at = {start->x, start->y}, along = {start->along_x, start->along_y};
    s->stack->view = bc_pdf417_view_from(s, start->layer, at, along, start->backwards, start->inverted);
    if (!bc_frame_spend(s->frame, COST_SIDE) || !bc_side_is_edge(&s->stack->view, start->module) ||
        !bc_frame_spend(s->frame, COST_COUNT) ||
        !bc_side_counts(&s->stack->view, (float)BC_PDF417_RAP_MODULES * start->module, &s->micro->looks))
        return false;
    for (uint32_t i = 1; i <= 2 * TURN_STEPS && s->frame->work_left > 0; i++) {
        const float turn = TURN * (float)((i + 1) / 2) * (i % 2 == 0 ? -1.0f : 1.0f);
        const float length = sign * bc_sqrt(1.0f + turn * turn);
        const bc_point turned = {(along.x - turn * along.y) / length, (along.y + turn * along.x) / length};
        bc_micro_row row;
        if (!row_along(s, start, (bc_point){at.x / one, at.y / one}, turned, &row))
            continue;
        const float forth = (row.at - START_BACK * start->module) * one;
        const bc_point from = {at.x + forth * turned.x, at.y + forth * turned.y};
        const size_t layer = face_row(s, start->layer, from, turned, &row);
        follow_row(s, layer, &row);
        break;
    }
    return true;
}

/* Notes in the frame where a row begins that does not go on straight. */
static void note_start(bc_frame *frame, size_t layer, bc_point at, bc_point along, const bc_micro_row *row)
{
    bc_shared *shared = &frame->shared;
    if (shared->row_start == NULL)
        shared->row_start = bc_arena_take(&shared->room, BC_ROW_STARTS_MAX, sizeof *shared->row_start);
    if (shared->row_start != NULL && shared->row_start_n < BC_ROW_STARTS_MAX)
        shared->row_start[shared->row_start_n++] =
            (bc_row_start){at.x, at.y, along.x, along.y, row->module, (uint8_t)layer, row->backwards, row->inverted};
}

void bc_pdf417_try_bars(bc_pdf417_search *s, size_t layer, bc_point from, bc_point along)
{
    const float one = (float)(1u << layer);
    bc_guard guard[GUARDS_MAX];
    bc_micro_row row[GUARDS_MAX];
    bc_bars_sort(s->frame->kernels, s->bars);
    const size_t guard_n = bc_frame_wants(s->frame, BC_PDF417) ? bc_guards_find(s->bars, guard, GUARDS_MAX) : 0;
    const size_t row_n = bc_frame_wants(s->frame, BC_MICRO_PDF417) ? bc_micro_rows_find(s->bars, row, GUARDS_MAX) : 0;
    for (size_t i = 0; i < guard_n && !s->frame->out_full; i++) {
        const bc_point at = {(from.x + guard[i].at * along.x) * one, (from.y + guard[i].at * along.y) * one};
        if (!bc_pdf417_was_tried(s, at, kind_of(&guard[i]), guard[i].inverted))
            try_guard(s, layer, at, along, &guard[i]);
    }
    for (size_t i = 0; i < row_n && !s->frame->out_full; i++) {
        const bc_point at = {(from.x + row[i].at * along.x) * one, (from.y + row[i].at * along.y) * one};
        if (bc_pdf417_was_tried(s, at, BC_SCAN_ROW, row[i].inverted))
            continue;
        if (row[i].columns > 0)
            bc_pdf417_try_row(s, layer, at, along, &row[i]);
        else
            note_start(s->frame, layer, at, along, &row[i]);
    }
}
