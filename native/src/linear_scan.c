/* What all lines over strips share: their room, their place, what is told of them. */
#include "linear_scan.h"

#include "geometry.h"
#include "linear_extent.h"
#include "linear_quiet.h"
#include "linear_soft_scan.h"

#include <string.h> /* memcpy, memmove */

#define WIDE_ENOUGH 14.0f     /* px of the layer, half a strip's height that leaves room for many parallel lines */
#define NARROW_BREADTH 3u     /* of a line in a lower strip */
#define QUIET_SHARE 0.12f     /* of the strip's length, by which a line is longer at either end */
#define QUIET_TILES 3.0f      /* and tiles */
#define SHORTER 0.8f          /* of a symbol, is one that may be a part of it */

/* Symbologies of which a part may look like the whole: their quiet zones are looked at in grey. */
#define EASILY_CUT (BC_ITF | BC_EAN8 | BC_UPCE | BC_CODE39 | BC_CODABAR)

size_t bc_scanner_workspace(void)
{
    return 2 * bc_arena_cost(1, sizeof(bc_profile)) + bc_arena_cost(1, sizeof(bc_edge_scratch)) +
           bc_arena_cost(1, sizeof(bc_line)) + bc_arena_cost(1, sizeof(bc_line_reader)) +
           bc_arena_cost(1, sizeof(bc_votes)) + 2 * bc_arena_cost(1, sizeof(bc_databar_store)) +
           bc_scan_soft_workspace();
}

bool bc_scanner_init(bc_scanner *scanner, bc_frame *frame)
{
    bc_arena *arena = &frame->arena;
    *scanner = (bc_scanner){.frame = frame};
    scanner->profile = bc_arena_take(arena, 1, sizeof *scanner->profile);
    scanner->before = bc_arena_take(arena, 1, sizeof *scanner->before);
    scanner->edges = bc_arena_take(arena, 1, sizeof *scanner->edges);
    scanner->line = bc_arena_take(arena, 1, sizeof *scanner->line);
    scanner->reader = bc_arena_take(arena, 1, sizeof *scanner->reader);
    scanner->votes = bc_arena_take(arena, 1, sizeof *scanner->votes);
    scanner->databar = bc_arena_take(arena, 1, sizeof *scanner->databar);
    scanner->databar_other = bc_arena_take(arena, 1, sizeof *scanner->databar_other);
    return scanner->databar != NULL && scanner->databar_other != NULL && scanner->votes != NULL && scanner->reader != NULL &&
           scanner->line != NULL && scanner->edges != NULL && scanner->before != NULL && scanner->profile != NULL;
}

bc_scan bc_strip_line(const bc_strip *strip, const bc_line_plan *plan, float v)
{
    const float longer = strip->half_u * 2.0f * QUIET_SHARE + QUIET_TILES * (float)(BC_TILE << strip->layer);
    uint32_t layer = strip->layer > 0 ? strip->layer - 1 : 0;
    const float length = 2.0f * (strip->half_u + longer);
    while (layer + 1 < strip->layer && length > plan->pitch * (float)(BC_PROFILE_MAX << layer))
        layer++;
    return (bc_scan){.x = strip->x - v * strip->uy,
                     .y = strip->y + v * strip->ux,
                     .ux = strip->ux,
                     .uy = strip->uy,
                     .from = -strip->half_u - longer,
                     .to = strip->half_u + longer,
                     .layer = layer,
                     .pitch = plan->pitch,
                     .breadth = strip->half_v < WIDE_ENOUGH * (float)(1u << layer) ? NARROW_BREADTH : plan->breadth};
}

static float distance(const float *a, const float *b)
{
    const float x = b[0] - a[0], y = b[1] - a[1];
    return __builtin_sqrtf(x * x + y * y);
}

bool bc_is_linear(const bc_symbol *symbol)
{
    return (symbol->symbology & BC_LINEAR_ALL) != 0;
}

bool bc_strip_is_read(const bc_scanner *scanner, const bc_strip *strip, float v)
{
    const bc_frame *frame = scanner->frame;
    const float x = strip->x - v * strip->uy, y = strip->y + v * strip->ux;
    for (size_t i = 0; i < frame->out_n; i++) {
        const bc_symbol *symbol = &frame->out[i];
        if (!bc_symbol_covers(symbol, x, y))
            continue;
        if (!bc_is_linear(symbol) || distance(&symbol->corners[0], &symbol->corners[2]) > 1.2f * strip->half_u)
            return true;
    }
    return false;
}

/*
 * Takes back linear symbols that lie inside the longer one just offered: parts
 * of it that look like symbols.  Where the offered one is then.
 */
static bc_symbol *take_back(bc_scanner *scanner, bc_symbol *offered)
{
    bc_frame *frame = scanner->frame;
    const float length = distance(&offered->corners[0], &offered->corners[2]);
    for (size_t i = frame->out_n; i-- > 0;) {
        const bc_symbol *other = &frame->out[i];
        const float x = (other->corners[0] + other->corners[4]) / 2.0f;
        const float y = (other->corners[1] + other->corners[5]) / 2.0f;
        if (bc_is_linear(other) && bc_symbol_covers(offered, x, y) &&
            distance(&other->corners[0], &other->corners[2]) < SHORTER * length) {
            memmove(&frame->out[i], &frame->out[i + 1], (frame->out_n - i) * sizeof *other);
            frame->out_n--;
            offered--;
        }
    }
    return offered;
}

static const uint8_t *find_space(const bc_linear_read *read)
{
    for (size_t i = 0; i < read->length; i++)
        if (read->data[i] == ' ')
            return &read->data[i];
    return NULL;
}

/*
 * Content and identifier.  An add-on is read behind its symbol's digits and a
 * space, and told beside them: the article's number is the same with or without
 * it, so it is one packet, ]E0, and not the combined one, ]E3 (ISO/IEC 15424).
 */
static void put_content(const bc_linear_read *read, bc_symbol *symbol)
{
    const bool combined = read->code == 'E' && read->modifier == '3';
    const uint8_t *space = combined ? find_space(read) : NULL;
    symbol->identifier[0] = ']';
    symbol->identifier[1] = read->code;
    symbol->identifier[2] = combined ? '0' : read->modifier;
    symbol->length = space != NULL ? (uint32_t)(space - read->data) : read->length;
    memcpy(symbol->payload, read->data, symbol->length);
    if (space != NULL)
        for (size_t i = symbol->length + 1, n = 0; i < read->length && n + 1 < sizeof symbol->add_on; i++, n++)
            symbol->add_on[n] = (char)read->data[i];
}

void bc_scanner_tell(bc_scanner *scanner, const bc_linear_read *read, const float *corners, bool inverted)
{
    bc_symbol *symbol = bc_frame_offer(scanner->frame);
    if (symbol == NULL)
        return;
    memcpy(symbol->corners, corners, sizeof symbol->corners);
    symbol = take_back(scanner, symbol);
    const float x = corners[2] + corners[4] - corners[0] - corners[6];
    const float y = corners[3] + corners[5] - corners[1] - corners[7];
    const float length = __builtin_sqrtf(x * x + y * y) / 2.0f;
    symbol->symbology = read->symbology;
    symbol->rotation_deg = bc_angle_deg(x, y);
    symbol->module_px = read->modules > 0 ? length * 8.0f / (float)read->modules : 0.0f;
    symbol->inverted = inverted;
    symbol->segment_n = 1;
    symbol->segments[0] = (bc_segment){0, BC_ECI_NONE};
    put_content(read, symbol);
    bc_frame_keep(scanner->frame);
}

void bc_scanner_vote(bc_scanner *scanner, const bc_scan *scan, uint32_t line)
{
    for (size_t i = 0; i < scanner->reader->read_n; i++) {
        const bc_line_read *found = &scanner->reader->read[i];
        const float from = bc_profile_place(scanner->profile, found->from), to = bc_profile_place(scanner->profile, found->to);
        const float middle = (from + to) / 2.0f;
        if (bc_frame_covers(scanner->frame, scan->x + middle * scan->ux, scan->y + middle * scan->uy))
            continue;
        if ((found->read.symbology & EASILY_CUT) && !bc_quiet_is_light(scanner->profile, scanner->line, found))
            continue;
        const bc_vote_line place = {line, scan->y * scan->ux - scan->x * scan->uy};
        bc_ballot *safe = bc_vote(scanner->votes, found, from, to, place);
        if (safe == NULL)
            continue;
        float corners[8];
        safe->done = true;
        bc_linear_corners(scanner->frame, scan->layer, scanner->profile, scanner->line, found, corners);
        bc_scanner_tell(scanner, &safe->read, corners, safe->inverted);
    }
}
