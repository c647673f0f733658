/*
 * GS1 DataBar in a strip.  Every line that is read for other symbologies is
 * looked at for its characters as well.  A symbol of one row is whole then;
 * where there are characters and no symbol, lines are laid closer and closer,
 * as a stacked one has rows that may be low.
 */
#include "linear_extent.h"
#include "linear_scan.h"

/* Places across a strip that a row number may stand for, and its middle. */
#define ROWS 64
#define ROW_PLACES 65536.0f
#define ROW_MIDDLE 32768.0f

#define UNITS 32.0f /* of a sample's pitch, as the store counts */

#define SAMPLE_COST 3
#define READ_COST 25

/* Where v lies, from one side of the strip and its surroundings to the other, as a number of a row. */
static uint16_t row_of(const bc_strip *strip, float v)
{
    const float row = ROW_MIDDLE + v / (strip->half_v + 1.0f) * (ROW_PLACES / 8.0f);
    return (uint16_t)(row > 0.0f ? (row < ROW_PLACES - 1.0f ? row : ROW_PLACES - 1.0f) : 0.0f);
}

static float place_of(const bc_strip *strip, uint16_t row)
{
    return ((float)row - ROW_MIDDLE) * (strip->half_v + 1.0f) / (ROW_PLACES / 8.0f);
}

void bc_databar_seen(bc_scanner *scanner, const bc_strip *strip, float v)
{
    const bc_profile *profile = scanner->profile;
    const bc_elements line = {scanner->line->width, scanner->line->n};
    /* A strip is no longer than twice the longest image, some 10^6 units. */
    const int32_t origin = (int32_t)(profile->from / profile->step * UNITS);
    bc_databar_line(scanner->databar, &line, scanner->frame->options->symbologies, row_of(strip, v), origin);
}

/* The element boundary of the line nearest to a place the store tells. */
static size_t boundary_at(const bc_scanner *scanner, int32_t place)
{
    const bc_line *line = scanner->line;
    const float bound = ((float)place / UNITS - scanner->profile->from / scanner->profile->step) * (float)BC_BOUND_ONE;
    size_t nearest = 0;
    for (size_t i = 1; i <= line->n; i++)
        if (__builtin_fabsf((float)line->bound[i] - bound) < __builtin_fabsf((float)line->bound[nearest] - bound))
            nearest = i;
    return nearest;
}

/* The corners of a symbol that the line just read crosses from end to end. */
static bool follow_bars(bc_scanner *scanner, const bc_databar_read *read, float *corners)
{
    const size_t begin = boundary_at(scanner, read->extent.from[0]), end = boundary_at(scanner, read->extent.to[0]);
    const size_t first = begin + (begin % 2 == 0), after = end - (end % 2 == 1);
    if (after > scanner->line->n || first >= after)
        return false;
    bc_line_read found = {.read = read->read, .reversed = read->reversed, .first = (uint16_t)first,
                          .last = (uint16_t)(after - 1)};
    bc_linear_corners(scanner->frame, scanner->layer, scanner->profile, scanner->line, &found, corners);
    return true;
}

/* The corners of a stacked symbol, from the lines that it was seen on. */
static void frame_rows(const bc_scanner *scanner, const bc_strip *strip, const bc_databar_read *read, float *corners)
{
    const float step = scanner->profile->step / UNITS;
    for (size_t i = 0; i < 4; i++) {
        const size_t end = i / 2; /* the first two are on the first line */
        const bool right = i == 1 || i == 2;
        const float u = (float)(right ? read->extent.to[end] : read->extent.from[end]) * step;
        const float v = place_of(strip, read->extent.row[end]);
        const size_t corner = read->reversed ? (i + 2) % 4 : i;
        corners[2 * corner] = strip->x + u * strip->ux - v * strip->uy;
        corners[2 * corner + 1] = strip->y + u * strip->uy + v * strip->ux;
    }
}

void bc_databar_tell(bc_scanner *scanner, const bc_strip *strip)
{
    bc_databar_read read;
    while (bc_databar_assemble(scanner->databar, &read)) {
        float corners[8];
        if (!read.one_row || !follow_bars(scanner, &read, corners))
            frame_rows(scanner, strip, &read, corners);
        bc_scanner_tell(scanner, &read.read, corners, false);
    }
}

/* One line for GS1 DataBar alone; false when the work is spent. */
static bool read_at(bc_scanner *scanner, const bc_strip *strip, const bc_line_plan *plan, float v)
{
    const bc_scan scan = bc_strip_line(strip, plan, v);
    scanner->layer = scan.layer;
    if (!bc_profile_take(scanner->frame, &scan, scanner->profile))
        return true;
    if (!bc_frame_spend(scanner->frame, (int64_t)scanner->profile->n * (SAMPLE_COST * (plan->breadth + 1)) + 1000))
        return false;
    static const bc_edge_try middle = {BC_EDGES_MIDDLE, 64, 0};
    bc_profile_elements(scanner->profile, &middle, scanner->edges, scanner->line);
    if (!bc_frame_spend(scanner->frame, (int64_t)scanner->line->n * READ_COST))
        return false;
    bc_databar_seen(scanner, strip, v);
    return true;
}

bool bc_scan_databar(bc_scanner *scanner, const bc_strip *strip, const bc_line_plan *plan)
{
    const float most = 1.15f * strip->half_v; /* a strip is made of whole tiles, and its first and last may be missing */
    for (size_t step = ROWS / 8; step >= 1; step /= 2) {
        for (size_t i = step / 2; i < ROWS; i += step) {
            const float v = ((float)i + 0.5f) * (2.0f / ROWS) * most - most;
            if (!read_at(scanner, strip, plan, v))
                return false;
            if (bc_databar_worth(scanner->databar))
                bc_databar_tell(scanner, strip);
        }
        if (!bc_databar_promising(scanner->databar))
            return true;
    }
    return true;
}
