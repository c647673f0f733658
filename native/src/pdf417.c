/* PDF417 and MicroPDF417 symbols: along strips of bars, then on rows and columns of fine layers. */
#include "pdf417.h"

#include "pdf417_search.h"
#include "strips.h"

#include <string.h> /* memcpy */

#define LINES 3u
#define STRETCH 0.25f        /* of a strip's length, that lines reach beyond it */
#define STRETCH_PX 30.0f     /* of its layer, and beyond that */
#define EDGES_LEAST 12u     /* on a line: a start pattern and some more */
#define LONGEST 24.0f        /* times its height that a symbol is long at most */
#define REACH 30.0f          /* modules to either side of a guard that was seen on a row or column */
#define SCAN_LAYERS 2u
#define TURNS_MAX 6u         /* places where rows may begin that are looked at in other directions, */
#define TURNS_PX 500000u     /* ... in images of so many px at most, unless there is time */

size_t bc_pdf417_find_workspace(uint32_t width, uint32_t height)
{
    (void)width;
    (void)height;
    return bc_pdf417_search_workspace();
}

/* Looks at n px of a line; false when the work is spent. */
static bool look_along(bc_pdf417_search *s, size_t layer, bc_point from, bc_point along, uint32_t n)
{
    if (!bc_frame_spend(s->frame, (int64_t)n * BC_PDF417_COST_SAMPLE))
        return false;
    bc_bars_look(s->frame->kernels, &s->frame->layer[layer], from, along, n, s->bars);
    bc_pdf417_try_bars(s, layer, from, along);
    return s->frame->work_left > 0;
}

/* Looks along a line of a strip, so far along its bars; false when the work is spent. */
static bool try_line(bc_pdf417_search *s, const bc_strip *strip, size_t layer, float v)
{
    const float one = (float)(1u << layer);
    const float half = (strip->half_u * (1.0f + STRETCH)) / one + STRETCH_PX;
    const bc_point along = {strip->ux, strip->uy};
    const bc_point from = {(strip->x - v * strip->uy) / one - half * strip->ux,
                           (strip->y + v * strip->ux) / one - half * strip->uy};
    return look_along(s, layer, from, along, (uint32_t)(2.0f * half));
}

/* Looks closer at what a row or column shows; false when the work is spent. */
static bool try_hit(bc_pdf417_search *s, size_t layer, const bc_scan_hit *hit)
{
    const bc_scan_sight *sight = &hit->sight;
    const float one = (float)(1u << layer), reach = REACH * sight->module;
    const bc_point at = {hit->at.x * one, hit->at.y * one};
    if (bc_pdf417_was_tried(s, at, sight->kind, sight->inverted))
        return true;
    if (sight->columns > 0) {
        bc_micro_row row = {sight->at, sight->module, sight->backwards, sight->inverted, sight->columns, {0}};
        memcpy(row.end, sight->end, sizeof row.end);
        bc_pdf417_try_row(s, layer, at, hit->along, &row);
        return s->frame->work_left > 0;
    }
    const bc_point from = {hit->at.x - reach * hit->along.x, hit->at.y - reach * hit->along.y};
    return look_along(s, layer, from, hit->along, (uint32_t)(2.0f * reach));
}

/* Looks closer at guards that rows and columns of a layer show. */
static bool try_layer(bc_pdf417_search *s, size_t layer)
{
    const size_t n = bc_scan_layer(s->frame, layer, s->bars, s->scan, s->hit);
    for (size_t i = 0; i < n && !s->frame->out_full; i++)
        if (!try_hit(s, layer, &s->hit[i]))
            return false;
    return s->frame->work_left > 0;
}

/* Whether a strip is as high as its length needs, and not in a symbol that was read. */
static bool may_be_symbol(const bc_frame *frame, const bc_strip *strip)
{
    return strip->half_v * LONGEST > strip->half_u && !bc_frame_covers(frame, strip->x, strip->y);
}

static bool try_strips(bc_pdf417_search *s)
{
    static const float place[LINES] = {0.0f, 0.5f, -0.5f};
    size_t n;
    const bc_strip *strip = bc_frame_strips(s->frame, &n);
    if (strip == NULL)
        return false;
    for (size_t i = 0; i < n && !s->frame->out_full; i++) {
        if (!may_be_symbol(s->frame, &strip[i]))
            continue;
        for (uint32_t line = 0; line < LINES; line++) {
            if (!try_line(s, &strip[i], strip[i].layer, place[line] * strip[i].half_v))
                return false;
            if (s->bars->edge_n < EDGES_LEAST) /* another line would show no more */
                break;
        }
    }
    return true;
}

void bc_pdf417_find(bc_frame *frame)
{
    bc_pdf417_search *s = bc_pdf417_search_take(frame);
    if (s == NULL || !try_strips(s))
        return;
    for (size_t layer = 0; layer < SCAN_LAYERS && layer < frame->layer_n; layer++)
        if (!try_layer(s, layer))
            return;
}

void bc_pdf417_find_turned(bc_frame *frame)
{
    const bc_shared *shared = &frame->shared;
    const bool patient = frame->options->effort == BC_EFFORT_THOROUGH ||
                         frame->layer[0].width * frame->layer[0].height <= TURNS_PX;
    bc_pdf417_search *s = patient && shared->row_start_n > 0 ? bc_pdf417_search_take(frame) : NULL;
    if (s == NULL)
        return;
    uint32_t left = TURNS_MAX;
    for (size_t i = 0; i < shared->row_start_n && left > 0 && !frame->out_full && frame->work_left > 0; i++) {
        const bc_row_start *start = &shared->row_start[i];
        if (!bc_pdf417_was_tried(s, (bc_point){start->x, start->y}, BC_SCAN_ROW, start->inverted) &&
            bc_pdf417_try_turned(s, start))
            left--;
    }
}
