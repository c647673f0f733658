/*
 * A line's bars are cut out of its surroundings at quiet zones, turned dark on
 * light, and given to the soft reader.
 */
#include "linear_soft_scan.h"

#include "linear_soft.h"

#define BREADTH 7u            /* lines averaged: noise falls to a third, and a degree of skew costs an eighth of a px */
#define LEAST_ELEMENTS 16u    /* that can be told apart: a UPC-E of 33, half of them swallowed */
#define EMPTY_LINES 2u        /* after which the others are left */
#define QUIET_SHARE 0.05f     /* of the bars, as room before the border: 5 modules of the shortest ITF-14 */
#define AROUND 12.0f          /* samples beyond the bars that the reader is shown */
#define LINE_COST 8           /* nanoseconds a sample of a line */
#define WORK_MAX 4000000      /* nanoseconds a line may be read for */

/*
 * How a line's bars are told from its quiet zones: by edges that noise does not
 * make, and a space so many times a usual element.  Where blur swallows bars
 * spaces inside are wide, where all is noise quiet zones have edges, so no one
 * way is right.
 */
static const struct {
    bc_edge_try edges;
    uint32_t share;     /* of the elements, in percent, that are no wider than a usual one */
    float quiet;
} ways[] = {
    {{20, 0}, 25, 5.5f},
    {{64, 0}, 25, 5.5f},
    {{20, 0}, 50, 4.0f},
};
#define WAYS (sizeof ways / sizeof *ways)

size_t bc_scan_soft_workspace(void)
{
    return bc_linear_soft_workspace() + bc_arena_cost(BC_SOFT_SAMPLES_MAX, sizeof(uint16_t));
}

/* Elements [first, last] of the line, and the samples where they begin and end. */
typedef struct {
    size_t first, last;
    float from, to;
} span;

static float bound_at(const bc_line *line, size_t i)
{
    return (float)line->bound[i] / (float)BC_BOUND_ONE;
}

/* The width that so many percent of elements [first, last] do not exceed, by counting: widths are few samples. */
static float usual_width(const bc_line *line, size_t first, size_t last, uint32_t share)
{
    uint16_t count[64] = {0}; /* of half samples */
    size_t n = 0;
    for (size_t i = first; i <= last; i++) {
        const uint32_t half = line->width[i] / (BC_WIDTH_ONE / 2);
        count[half < 63 ? half : 63]++;
        n++;
    }
    size_t seen = 0;
    for (size_t i = 0; i < 64; i++) {
        seen += count[i];
        if (100 * seen >= share * n)
            return 0.5f * (float)i + 0.25f;
    }
    return 32.0f;
}

/* From the element in the middle of the strip outwards to the quiet zones. */
static bool find_span(const bc_scanner *scanner, const bc_strip *strip, size_t way, span *out)
{
    const bc_line *line = scanner->line;
    const bc_profile *profile = scanner->profile;
    const float left = (-strip->half_u - profile->from) / profile->step;
    const float right = (strip->half_u - profile->from) / profile->step;
    size_t a = 1, b = line->n - 1;
    while (a < line->n && bound_at(line, a + 1) < left)
        a++;
    while (b > a && bound_at(line, b) > right)
        b--;
    if (b < a + LEAST_ELEMENTS)
        return false;
    const float quiet = ways[way].quiet * usual_width(line, a, b, ways[way].share) * (float)BC_WIDTH_ONE;
    size_t first = (a + b) / 2, last = first;
    while (first > 0 && (float)line->width[first] < quiet)
        first--;
    while (last + 1 < line->n && (float)line->width[last] < quiet)
        last++;
    first++;
    last--;
    if (last < first + LEAST_ELEMENTS)
        return false;
    *out = (span){first, last, bound_at(line, first), bound_at(line, last + 1)};
    return out->to - out->from < (float)BC_SOFT_SAMPLES_MAX - 4.0f * AROUND;
}

/* The samples around a span, dark on light; where they begin. */
static size_t take_levels(const bc_profile *profile, const span *bars, bool inverted, uint16_t *level, size_t *n)
{
    const float begin = bars->from > AROUND ? bars->from - AROUND : 0.0f;
    const size_t from = (size_t)begin, wanted = (size_t)(bars->to + AROUND) + 1;
    const size_t to = wanted < profile->n ? wanted : profile->n;
    for (size_t i = from; i < to; i++)
        level[i - from] = inverted ? (uint16_t)(UINT16_MAX - profile->level[i]) : profile->level[i];
    *n = to - from;
    return from;
}

/*
 * What is looked for between these bars: where they run into the image's
 * border no ITF, half of which is an ITF symbol, and no UPC-E, which half an
 * EAN-13 may be.
 */
static uint32_t symbologies_of(const bc_scanner *scanner, const span *bars)
{
    const bc_profile *profile = scanner->profile;
    const float room = QUIET_SHARE * (bars->to - bars->from);
    const bool cut = (profile->cut[0] && bars->from < room) ||
                     (profile->cut[1] && bars->to > (float)profile->n - room);
    return scanner->frame->options->symbologies & ~(cut ? (uint32_t)(BC_ITF | BC_UPCE) : 0u);
}

/* Gives one line to the soft reader and its read, when there is one, to the line's reads. */
static void read_softly(bc_scanner *scanner, const span *bars)
{
    bc_frame *frame = scanner->frame;
    const size_t mark = bc_arena_mark(&frame->arena);
    uint16_t *level = bc_arena_take(&frame->arena, BC_SOFT_SAMPLES_MAX, sizeof *level);
    bc_soft_read found;
    if (level == NULL)
        return;
    /* Elements with odd indices are dark: the first one of a light-on-dark symbol is even. */
    const bool inverted = bars->first % 2 == 0;
    bc_soft_line line = {.level = level};
    const size_t at = take_levels(scanner->profile, bars, inverted, level, &line.n);
    line.from = bars->from - (float)at;
    line.to = bars->to - (float)at;
    const uint32_t symbologies = symbologies_of(scanner, bars);
    int64_t work = frame->work_left < WORK_MAX ? frame->work_left : WORK_MAX;
    const int64_t before = work;
    if (bc_linear_soft_read(&line, symbologies, frame->options->flags, &frame->arena, &work, &found) &&
        bc_line_tell_upca(symbologies, &found.read)) {
        const int32_t from = (int32_t)((found.from + (float)at) * (float)BC_BOUND_ONE);
        const int32_t to = (int32_t)((found.to + (float)at) * (float)BC_BOUND_ONE);
        scanner->reader->read[scanner->reader->read_n++] =
            (bc_line_read){.read = found.read,
                           .reversed = found.reversed,
                           .inverted = inverted,
                           .from = found.reversed ? to : from,
                           .to = found.reversed ? from : to,
                           .first = (uint16_t)bars->first,
                           .last = (uint16_t)bars->last};
    }
    frame->work_left -= before - work;
    bc_arena_release(&frame->arena, mark);
}

static bool near(float a, float b)
{
    return a - b < 2.0f && b - a < 2.0f;
}

/* Reads the line between the quiet zones that each way finds, until one reading succeeds. */
static void read_line(bc_scanner *scanner, const bc_strip *strip)
{
    span seen[WAYS];
    size_t n = 0;
    scanner->reader->read_n = 0;
    for (size_t way = 0; way < WAYS && scanner->reader->read_n == 0; way++) {
        bc_profile_elements(scanner->profile, &ways[way].edges, scanner->edges, scanner->line);
        if (!find_span(scanner, strip, way, &seen[n]))
            continue;
        bool again = false;
        for (size_t i = 0; i < n; i++)
            again |= near(seen[i].from, seen[n].from) && near(seen[i].to, seen[n].to);
        if (!again)
            read_softly(scanner, &seen[n++]);
    }
}

/* The line on the finest layer whose samples the reader has room for: small modules are what it is for. */
static bc_scan finest(const bc_strip *strip, bc_scan scan)
{
    const float length = 2.4f * strip->half_u;
    while (scan.layer > 0 && length < (float)BC_SOFT_SAMPLES_MAX * (float)(1u << (scan.layer - 1)))
        scan.layer--;
    return scan;
}

bool bc_scan_soft(bc_scanner *scanner, const bc_strip *strip, const bc_line_plan *plan, uint32_t line)
{
    const bc_line_plan soft = {.lines = plan->soft_lines, .breadth = BREADTH, .pitch = 1.0f};
    const float spacing = 2.0f * strip->half_v / (float)(soft.lines + 1);
    uint32_t empty = 0, patience = EMPTY_LINES; /* lines without a read, and how many are enough */
    for (uint32_t i = 0; i < soft.lines && (empty < patience || plan->patient); i++) {
        const float v = bc_line_place(i, spacing);
        if (bc_strip_is_read(scanner, strip, v))
            return true;
        const bc_scan scan = finest(strip, bc_strip_line(strip, &soft, v));
        if (!bc_profile_take(scanner->frame, &scan, scanner->profile))
            continue;
        if (!bc_frame_spend(scanner->frame, (int64_t)scanner->profile->n * LINE_COST))
            return false;
        read_line(scanner, strip);
        if (scanner->reader->read_n == 0)
            empty++;
        else
            patience += EMPTY_LINES; /* where one line is read others may be */
        bc_scanner_vote(scanner, &scan, line + i);
    }
    return scanner->frame->work_left > 0;
}
