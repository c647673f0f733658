/*
 * Lines are laid from a strip's middle outwards.  Each one is read by every
 * wanted symbology, and votes; a symbol is told as soon as its votes are
 * enough, and the lines that would cross it again are left out.
 */
#include "linear_scan.h"

#include "angle.h"
#include "linear_agree.h"
#include "linear_extent.h"
#include "linear_soft_scan.h"

#include <string.h> /* memcpy, memmove */

#define LEAST_ELEMENTS 17u    /* inside a strip worth reading: the shortest ITF has so many */
#define WIDE_ENOUGH 14.0f     /* px of the layer, half a strip's height that leaves room for many parallel lines */
#define NARROW_BREADTH 3u     /* of a line in a lower strip */
#define FIRST_LINES 2u        /* after which a strip with fewer elements is left */
#define FEW_ELEMENTS 12u      /* with which it is left at once */
#define MORE_ELEMENTS 25u     /* that make more lines worth it */
#define TRIED_LINES 3u        /* after which one whose lines do not agree is left */
#define LEAST_AGREEMENT 0.5f  /* of the slopes of two lines: 0.8 and more for most symbols, chance for text */
#define SURE_AGREEMENT 0.65f  /* of lines close to each other, where more lines are worth it */
#define AGREE_CLOSE 8.0f      /* px of the layer between these */
#define LEAST_VARIETY 0.2f    /* mean deviation of widths from their mean, by that mean: stripes have less, symbols more */
#define AGREE_APART 24.0f     /* px of the layer: of lines further apart nothing is expected */
#define QUIET_SHARE 0.12f     /* of the strip's length, by which a line is longer at either end */
#define SHORTER 0.8f          /* of a symbol, is one that may be a part of it */
#define QUIET_TILES 3.0f      /* and tiles */

/* Nanoseconds: a sample of one line or one try; a line's candidates. */
#define SAMPLE_COST 3
#define LINE_COST 2000

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
    *scanner = (bc_scanner){.frame = frame, .first_symbol = frame->out_n};
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

bool bc_strip_is_read(const bc_scanner *scanner, const bc_strip *strip, float v)
{
    const bc_frame *frame = scanner->frame;
    const float x = strip->x - v * strip->uy, y = strip->y + v * strip->ux;
    for (size_t i = 0; i < frame->out_n; i++) {
        const bc_symbol *symbol = &frame->out[i];
        if (!bc_symbol_covers(symbol, x, y))
            continue;
        if (i < scanner->first_symbol || distance(&symbol->corners[0], &symbol->corners[2]) > 1.2f * strip->half_u)
            return true;
    }
    return false;
}

static bool covered(const bc_frame *frame, float x, float y)
{
    for (size_t i = 0; i < frame->out_n; i++)
        if (bc_symbol_covers(&frame->out[i], x, y))
            return true;
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
    for (size_t i = frame->out_n; i-- > scanner->first_symbol;) {
        const bc_symbol *other = &frame->out[i];
        const float x = (other->corners[0] + other->corners[4]) / 2.0f;
        const float y = (other->corners[1] + other->corners[5]) / 2.0f;
        if (bc_symbol_covers(offered, x, y) &&
            distance(&other->corners[0], &other->corners[2]) < SHORTER * length) {
            memmove(&frame->out[i], &frame->out[i + 1], (frame->out_n - i) * sizeof *other);
            frame->out_n--;
            offered--;
        }
    }
    return offered;
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
    symbol->identifier[0] = ']';
    symbol->identifier[1] = read->code;
    symbol->identifier[2] = read->modifier;
    symbol->rotation_deg = bc_angle_deg(x, y);
    symbol->module_px = read->modules > 0 ? length * 8.0f / (float)read->modules : 0.0f;
    symbol->inverted = inverted;
    symbol->segment_n = 1;
    symbol->segments[0] = (bc_segment){0, BC_ECI_NONE};
    /* An add-on follows its symbol in one string (ISO/IEC 15424, ]E3); readers part them by a space. */
    for (size_t i = 0; i < read->length; i++)
        if (read->modifier != '3' || read->code != 'E' || read->data[i] != ' ')
            symbol->payload[symbol->length++] = read->data[i];
    bc_frame_keep(scanner->frame);
}

/* Where a boundary of the line lies along the scan, px of the image. */
static float along(const bc_profile *profile, int32_t bound)
{
    return profile->from + (float)bound / (float)BC_BOUND_ONE * profile->step;
}

void bc_scanner_vote(bc_scanner *scanner, const bc_scan *scan, uint32_t line)
{
    for (size_t i = 0; i < scanner->reader->read_n; i++) {
        const bc_line_read *found = &scanner->reader->read[i];
        const float from = along(scanner->profile, found->from), to = along(scanner->profile, found->to);
        const float middle = (from + to) / 2.0f;
        if (covered(scanner->frame, scan->x + middle * scan->ux, scan->y + middle * scan->uy))
            continue;
        bc_ballot *safe = bc_vote(scanner->votes, found, from, to, line);
        if (safe == NULL)
            continue;
        float corners[8];
        safe->done = true;
        bc_linear_corners(scanner->frame, scan->layer, scanner->profile, scanner->line, found, corners);
        bc_scanner_tell(scanner, &safe->read, corners, safe->inverted);
    }
}

/* Ways to put edges, the most fruitful ones first. */
static const bc_edge_try tries[] = {{20, 0}, {48, 16}, {64, 0}, {48, 10}, {32, 5}};

#define TRIES (sizeof tries / sizeof *tries)
#define FIRST_TRIES 2u

/* The elements of the line within a strip and a little beyond. */
typedef struct {
    size_t n;
    float variety; /* mean deviation of their widths from their mean, by that mean */
} bc_inside;

static bc_inside look_inside(const bc_scanner *scanner, const bc_strip *strip)
{
    const float reach = 1.1f * strip->half_u;
    const bc_line *line = scanner->line;
    size_t first = line->n, n = 0;
    uint32_t sum = 0, away = 0;
    for (size_t i = 1; i < line->n; i++) {
        const float place = along(scanner->profile, line->bound[i]);
        if (place <= -reach || place >= reach)
            continue;
        first = n == 0 ? i : first;
        sum += line->width[i];
        n++;
    }
    for (size_t i = first; i < first + n; i++) {
        const uint32_t width = line->width[i] * (uint32_t)n;
        away += (width > sum ? width - sum : sum - width) / (uint32_t)n;
    }
    return (bc_inside){n, sum > 0 ? (float)away / (float)sum : 0.0f};
}

/* What the lines so far say about the rest of a strip. */
typedef struct {
    size_t elements;  /* the most on a line */
    float variety;    /* of their widths, the most on a line */
    bool apart;       /* the first two lines do not agree */
    bool bars;        /* there are, by all that can be told without reading them */
    bool told;        /* a symbol has been read */
} bc_promise;

/* Reads one line by so many tries until one gives a read; what lies inside the strip is promised. */
static void read_line(bc_scanner *scanner, const bc_strip *strip, const bc_line_plan *plan, float v, size_t try_n,
                      bc_promise *promise)
{
    const bc_options *options = scanner->frame->options;
    bc_line_reader *reader = scanner->reader;
    reader->read_n = 0;
    scanner->databar_sure = false;
    for (size_t i = 0; i < try_n && reader->read_n == 0; i++) {
        bc_profile_elements(scanner->profile, &tries[i], scanner->edges, scanner->line);
        const bc_inside inside = look_inside(scanner, strip);
        promise->elements = inside.n > promise->elements ? inside.n : promise->elements;
        promise->variety = inside.variety > promise->variety ? inside.variety : promise->variety;
        if ((options->symbologies & BC_DATABAR_ALL) && bc_databar_look(scanner, plan, v))
            scanner->databar_try = &tries[i];
        if (inside.n < LEAST_ELEMENTS)
            continue;
        bc_line_reads(scanner->line, options->symbologies, options->flags, false, reader);
        if (scanner->databar_sure)
            break;
        if (plan->inverted && reader->read_n == 0)
            bc_line_reads(scanner->line, options->symbologies, options->flags, true, reader);
    }
}

float bc_line_place(uint32_t i, float spacing)
{
    const float away = (float)((i + 1) / 2) * spacing;
    return i % 2 == 1 ? away : -away;
}

/* The same for a plan's lines: after the first ones, halfway between these in the same order, then at quarters. */
static float line_place(const bc_line_plan *plan, uint32_t i, float spacing)
{
    if (i < plan->lines)
        return bc_line_place(i, spacing);
    i -= plan->lines;
    const float between = i < plan->lines ? 0.5f : (i < 2 * plan->lines ? 0.25f : 0.75f);
    const float place = bc_line_place(i % plan->lines, spacing);
    return place + (i % 2 == 1 ? between : -between) * spacing;
}

static void look_closer(bc_scanner *scanner, const bc_strip *strip, const bc_scan *scan, float spacing, uint32_t line,
                        bc_promise *promise)
{
    if (line == 0)
        memcpy(scanner->before, scanner->profile, sizeof *scanner->before);
    else if (line == 1 && spacing < AGREE_APART * (float)(1u << scan->layer))
        promise->apart = bc_profiles_agree(scanner->before, scanner->profile, -strip->half_u, strip->half_u) <
                         LEAST_AGREEMENT;
}

/* Whether two lines close to each other agree somewhere in the strip; scratches may keep them from it elsewhere. */
static bool bars_show(bc_scanner *scanner, const bc_strip *strip, const bc_line_plan *plan)
{
    const float apart = AGREE_CLOSE * (float)(1u << bc_strip_line(strip, plan, 0.0f).layer);
    for (int i = 0; i < 3; i++) {
        const float v = (float)((i + 1) % 3 - 1) * 0.5f * strip->half_v;
        const bc_scan scan = bc_strip_line(strip, plan, v);
        const bc_scan next = bc_strip_line(strip, plan, v < 0.0f ? v + apart : v - apart);
        if (bc_profile_take(scanner->frame, &scan, scanner->before) &&
            bc_profile_take(scanner->frame, &next, scanner->profile) &&
            bc_profiles_agree(scanner->before, scanner->profile, -strip->half_u, strip->half_u) >= SURE_AGREEMENT)
            return true;
    }
    return false;
}

/* Whether nothing is to be expected of the lines from this one on. */
static bool hopeless(bc_scanner *scanner, const bc_strip *strip, const bc_line_plan *plan, bc_promise *promise,
                     uint32_t line)
{
    if (line == 1 && promise->elements < FEW_ELEMENTS)
        return true;
    if (line >= FIRST_LINES && promise->elements < LEAST_ELEMENTS)
        return true;
    if (line >= TRIED_LINES && promise->apart && !plan->all_tries)
        return true;
    if (line >= plan->lines && (promise->told || promise->elements < MORE_ELEMENTS))
        return true;
    if (line == plan->lines)
        promise->bars = promise->variety >= LEAST_VARIETY && bars_show(scanner, strip, plan);
    return line >= plan->lines && !promise->bars;
}

bool bc_scan_strip(bc_scanner *scanner, const bc_strip *strip, const bc_line_plan *plan)
{
    const float spacing = 2.0f * strip->half_v / (float)(plan->lines + 1);
    uint32_t databar_scans = BC_DATABAR_SCANS;
    bc_promise promise = {0, 0.0f, false, false, false};
    const size_t told_before = scanner->frame->out_n;
    scanner->votes->n = 0;
    bc_databar_clear(scanner->databar, false);
    bc_databar_clear(scanner->databar_other, true);
    scanner->databar_try = &tries[0];
    for (uint32_t i = 0; i < plan->lines + plan->more && !hopeless(scanner, strip, plan, &promise, i); i++) {
        const float v = line_place(plan, i, spacing);
        if (bc_strip_is_read(scanner, strip, v))
            continue;
        const bc_scan scan = bc_strip_line(strip, plan, v);
        scanner->layer = scan.layer;
        if (!bc_profile_take(scanner->frame, &scan, scanner->profile))
            continue;
        const int64_t samples = (int64_t)scanner->profile->n;
        if (!bc_frame_spend(scanner->frame, samples * (SAMPLE_COST * (plan->breadth + 1)) + LINE_COST))
            return false;
        const size_t try_n = i < plan->lines && !plan->all_tries ? FIRST_TRIES : TRIES;
        read_line(scanner, strip, plan, v, try_n, &promise);
        look_closer(scanner, strip, &scan, spacing, i, &promise);
        bc_scanner_vote(scanner, &scan, i);
        promise.told = scanner->frame->out_n > told_before;
        if (!bc_databar_follow(scanner, strip, plan, v, &databar_scans))
            return false;
    }
    if (plan->soft_lines > 0 && !promise.told && promise.bars)
        return bc_scan_soft(scanner, strip, plan, plan->lines + plan->more);
    return true;
}
