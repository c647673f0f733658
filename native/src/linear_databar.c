/*
 * GS1 DataBar in a strip.  Every line that is read for other symbologies is
 * looked at for its characters as well.  A symbol of one row is whole then;
 * where there are characters and no symbol, lines are laid closer and closer,
 * as a stacked one has rows that may be low.
 */
#include "linear_extent.h"
#include "linear_scan.h"

#include <string.h> /* memcmp */

/* A row's number counts from here, one a pixel: lines closer than that show the same and vote once. */
#define ROW_MIDDLE 32768.0f
#define ROWS_A_PIXEL 1.0f

#define UNITS 32.0f /* of a sample's pitch, as the store counts */

/*
 * Modules from line to line at first, then half as many and so on: a row of
 * expanded stacked is 34 high, one of stacked 5.
 */
#define LINE_STEP 8.0f
#define HALVINGS 3

/* Lines next to each other that show nothing, after which the symbol has ended; separators are 3 modules high. */
#define MISSES 3

/* Lines to one side at most: 11 rows of 37 modules, the highest symbol, and as much again for one that lies askew. */
#define LINES_MOST 100

/*
 * Sines of the angles that a strip's direction may be off: one that is found
 * by few pixels is not exact, and a low row is left by a line askew.
 */
static const float tilts[] = {0.045f, -0.045f, 0.09f, -0.09f};

/* Characters seen from which a symbol may be followed: one alone is chance, in a picture full of edges. */
#define SEEN_LEAST 2u

/* And those for which it pays to look for another direction: both of a low row, twice. */
#define SEEN_ASKEW 4u

/* Modules between the parts of a symbol that damage has cut across its bars. */
#define CLOSE 10.0f

#define SAMPLE_COST 3
#define READ_COST 25

static uint16_t row_of(float v)
{
    const float row = ROW_MIDDLE + v * ROWS_A_PIXEL;
    return (uint16_t)(row > 0.0f ? (row < 65535.0f ? row : 65535.0f) : 0.0f);
}

static float place_of(uint16_t row)
{
    return ((float)row - ROW_MIDDLE) / ROWS_A_PIXEL;
}

/* Hands the line just read, at v along the bars, to the store; whether it surely shows characters. */
static bool see_line(bc_scanner *scanner, float v)
{
    const bc_profile *profile = scanner->profile;
    const bc_elements line = {scanner->line->width, scanner->line->n};
    /* A strip is no longer than twice the longest image, some 10^6 units. */
    const int32_t origin = (int32_t)(profile->from / profile->step * UNITS);
    return bc_databar_line(scanner->databar, &line, scanner->frame->options->symbologies, row_of(v), origin) > 0;
}

/* Goes from dark on light to light on dark, or back. */
static void turn_store(bc_scanner *scanner)
{
    bc_databar_store *other = scanner->databar_other;
    scanner->databar_other = scanner->databar;
    scanner->databar = other;
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

/* The corners of a symbol that the line just read crosses from end to end; as they are where it does not. */
static void follow_bars(bc_scanner *scanner, const bc_databar_read *read, float *corners)
{
    const size_t begin = boundary_at(scanner, read->extent.from[0]), end = boundary_at(scanner, read->extent.to[0]);
    const size_t first = begin + (begin % 2 == 0), after = end - (end % 2 == 1);
    if (after > scanner->line->n || first >= after)
        return;
    bc_line_read found = {.read = read->read, .reversed = read->reversed, .inverted = scanner->databar->inverted,
                          .first = (uint16_t)first,
                          .last = (uint16_t)(after - 1)};
    bc_linear_corners(scanner->frame, scanner->layer, scanner->profile, scanner->line, &found, corners);
}

/* The corners of a stacked symbol, from the lines that it was seen on. */
static void frame_rows(const bc_scanner *scanner, const bc_strip *strip, const bc_databar_read *read, float *corners)
{
    const float step = scanner->profile->step / UNITS;
    for (size_t i = 0; i < 4; i++) {
        const size_t end = i / 2; /* the first two are on the first line */
        const bool right = i == 1 || i == 2;
        const float u = (float)(right ? read->extent.to[end] : read->extent.from[end]) * step;
        const float v = place_of(read->extent.row[end]);
        const size_t corner = read->reversed ? (i + 2) % 4 : i;
        corners[2 * corner] = strip->x + u * strip->ux - v * strip->uy;
        corners[2 * corner + 1] = strip->y + u * strip->uy + v * strip->ux;
    }
}

/* Reads one line for GS1 DataBar alone; false when the work is spent.  *shown is whether it shows characters. */
static bool read_at(bc_scanner *scanner, const bc_strip *strip, const bc_line_plan *plan, float v, bool *shown)
{
    const bc_scan scan = bc_strip_line(strip, plan, v);
    scanner->layer = scan.layer;
    *shown = false;
    if (!bc_profile_take(scanner->frame, &scan, scanner->profile))
        return true;
    if (!bc_frame_spend(scanner->frame, (int64_t)scanner->profile->n * (SAMPLE_COST * (plan->breadth + 1)) + 1000))
        return false;
    bc_profile_elements(scanner->profile, scanner->databar_try, scanner->edges, scanner->line);
    if (!bc_frame_spend(scanner->frame, (int64_t)scanner->line->n * READ_COST))
        return false;
    *shown = see_line(scanner, v);
    return true;
}

/* Moves one end of a stacked symbol, the first line (0) or the last (1), to where its bars end. */
static void reach(bc_scanner *scanner, const bc_strip *strip, const bc_line_plan *plan, size_t end, float module,
                  bc_databar_read *read)
{
    const float toward = end == 0 ? -1.0f : 1.0f;
    float step = LINE_STEP * module, v = place_of(read->extent.row[end]);
    for (size_t i = 0; i < LINES_MOST && step > module; i++) {
        bool shown;
        if (!read_at(scanner, strip, plan, v + toward * step, &shown))
            break;
        if (shown)
            v += toward * step;
        else
            step /= 2.0f;
    }
    read->extent.row[end] = row_of(v);
}

/* Whether the middle of a symbol is that of one told before. */
static bool told_before(const bc_frame *frame, const float *corners)
{
    return bc_frame_covers(frame, (corners[0] + corners[2] + corners[4] + corners[6]) / 4.0f,
                   (corners[1] + corners[3] + corners[5] + corners[7]) / 4.0f);
}

/* The middle of four corners, and the vector from the middle of one side to that of the other one. */
static void middle_and_side(const float *corners, size_t from, float *middle, float *side)
{
    const size_t a = from, b = (from + 1) % 4, c = (from + 2) % 4, d = (from + 3) % 4;
    for (size_t i = 0; i < 2; i++) {
        middle[i] = (corners[2 * a + i] + corners[2 * b + i] + corners[2 * c + i] + corners[2 * d + i]) / 4.0f;
        side[i] = (corners[2 * b + i] + corners[2 * c + i] - corners[2 * a + i] - corners[2 * d + i]) / 2.0f;
    }
}

/*
 * Whether a symbol goes on where one of the same content, told before, ends:
 * damage across the bars makes two of one, but no one prints two so close.
 */
static bool goes_on(const bc_symbol *symbol, const bc_databar_read *read, const float *corners)
{
    if (symbol->symbology != read->read.symbology || symbol->length != read->read.length ||
        memcmp(symbol->payload, read->read.data, symbol->length) != 0)
        return false;
    float here[2], there[2], along[2], across[2], other[2];
    middle_and_side(symbol->corners, 0, there, along);
    middle_and_side(symbol->corners, 1, there, across);
    middle_and_side(corners, 1, here, other);
    const float length = along[0] * along[0] + along[1] * along[1];
    const float x = here[0] - there[0], y = here[1] - there[1];
    const float u = x * along[0] + y * along[1], v = x * along[1] - y * along[0];
    const float reach = (__builtin_sqrtf(across[0] * across[0] + across[1] * across[1]) +
                         __builtin_sqrtf(other[0] * other[0] + other[1] * other[1])) / 2.0f + CLOSE * symbol->module_px;
    return u * u < length * length / 16.0f && v * v < length * reach * reach;
}

static bool is_part(const bc_frame *frame, const bc_databar_read *read, const float *corners)
{
    for (size_t i = 0; i < frame->out_n; i++)
        if (goes_on(&frame->out[i], read, corners))
            return true;
    return false;
}

/* Adds the symbol that the strip's lines make so far; whether there is one. */
static bool tell_symbol(bc_scanner *scanner, const bc_strip *strip, const bc_line_plan *plan)
{
    bc_databar_read read;
    if (!bc_databar_assemble(scanner->databar, &read))
        return false;
    float corners[8];
    frame_rows(scanner, strip, &read, corners);
    if (told_before(scanner->frame, corners))
        return true;
    if (!read.one_row) {
        const float module = (float)(read.extent.to[0] - read.extent.from[0]) / (float)read.read.modules * 8.0f / UNITS *
                             scanner->profile->step;
        reach(scanner, strip, plan, 0, module, &read);
        reach(scanner, strip, plan, 1, module, &read);
        bc_databar_clear(scanner->databar, scanner->databar->inverted);
        frame_rows(scanner, strip, &read, corners);
    } else {
        /* From the middle: the last line may lie on the very end of the bars. */
        bool shown;
        const float middle = (place_of(read.extent.row[0]) + place_of(read.extent.row[1])) / 2.0f;
        if (read_at(scanner, strip, plan, middle, &shown) && shown)
            follow_bars(scanner, &read, corners);
    }
    if (!is_part(scanner->frame, &read, corners))
        bc_scanner_tell(scanner, &read.read, corners, scanner->databar->inverted);
    return true;
}

/*
 * Lines from v on in one direction, `step` px apart, until the symbol has ended
 * or is told.  *last is the last one that showed characters.
 */
static bool walk(bc_scanner *scanner, const bc_strip *strip, const bc_line_plan *plan, float v, float step,
                 float *last, bool *told)
{
    size_t misses = 0;
    for (size_t i = 0; i < LINES_MOST && misses < MISSES && !*told; i++) {
        bool shown;
        v += step;
        if (!read_at(scanner, strip, plan, v, &shown))
            return false;
        misses = shown ? 0 : misses + 1;
        if (shown)
            *last = v;
        *told = bc_databar_worth(scanner->databar) && tell_symbol(scanner, strip, plan);
    }
    return true;
}

/* The same along all lines from top to bottom, closer and closer, until a symbol is told. */
static bool fill(bc_scanner *scanner, const bc_strip *strip, const bc_line_plan *plan, float top, float bottom,
                 float step, bool *told)
{
    for (size_t i = 0; i < HALVINGS && step >= 1.5f; i++) {
        for (float v = top + step / 2.0f; v < bottom && !*told; v += step) {
            bool shown;
            if (!read_at(scanner, strip, plan, v, &shown))
                return false;
            *told = bc_databar_worth(scanner->databar) && tell_symbol(scanner, strip, plan);
        }
        step /= 2.0f;
    }
    return true;
}

/* Reads the lines about v as far and as close as it takes. */
static bool read_about(bc_scanner *scanner, const bc_strip *strip, const bc_line_plan *plan, float v, float step,
                       bool *told)
{
    float top = v, bottom = v;
    return walk(scanner, strip, plan, v, step, &bottom, told) && walk(scanner, strip, plan, v, -step, &top, told) &&
           fill(scanner, strip, plan, top - step, bottom + step, step, told);
}

/* The strip turned by a small angle about a place on its line at v. */
static bc_strip turned(const bc_strip *strip, float u, float v, float sine)
{
    const float away = u < 0.0f ? -u : u;
    return (bc_strip){
        .x = strip->x + u * strip->ux - v * strip->uy,
        .y = strip->y + u * strip->uy + v * strip->ux,
        .ux = strip->ux - sine * strip->uy, /* longer by half the sine's square, which does not matter */
        .uy = strip->uy + sine * strip->ux,
        .half_u = strip->half_u + away,
        .half_v = strip->half_v,
        .score = strip->score,
        .layer = strip->layer,
    };
}

/* The module of a character on the line at v that is no told symbol's, and where it lies, px; 0 for none. */
static float new_module(bc_scanner *scanner, const bc_strip *strip, float v, float *u)
{
    const float unit = scanner->profile->step / UNITS;
    for (size_t i = 0; i < BC_DATABAR_PLACES; i++) {
        int32_t place;
        const float module = bc_databar_module(scanner->databar, &place) * unit;
        *u = (float)place * unit;
        if (!(module > 0.0f) || !bc_frame_covers(scanner->frame, strip->x + *u * strip->ux - v * strip->uy,
                                         strip->y + *u * strip->uy + v * strip->ux))
            return module;
        bc_databar_forget(scanner->databar, place);
    }
    return 0.0f;
}

/*
 * Reads lines from v on to both sides, as far and as close as it takes, unless
 * the characters seen are a told symbol's or this was done so often that none
 * are left; false when the work is spent.
 */
static bool scan_about(bc_scanner *scanner, const bc_strip *strip, const bc_line_plan *plan, float v, uint32_t *left)
{
    float u;
    const float step = LINE_STEP * new_module(scanner, strip, v, &u);
    if (!(step >= 1.0f) || *left == 0 || bc_databar_sightings(scanner->databar) < SEEN_LEAST)
        return true;
    *left -= 1;
    bool told = false;
    if (!read_about(scanner, strip, plan, v, step, &told))
        return false;
    if (bc_databar_sightings(scanner->databar) < SEEN_ASKEW)
        return true;
    for (size_t i = 0; i < sizeof tilts / sizeof *tilts && !told; i++) {
        const bc_strip other = turned(strip, u, v, tilts[i]);
        bc_databar_clear(scanner->databar, scanner->databar->inverted);
        if (!read_about(scanner, &other, plan, 0.0f, step, &told))
            return false;
    }
    return true;
}

bool bc_databar_look(bc_scanner *scanner, const bc_line_plan *plan, float v)
{
    scanner->databar_sure = see_line(scanner, v);
    if (plan->inverted) {
        turn_store(scanner);
        scanner->databar_sure |= see_line(scanner, v);
        turn_store(scanner);
    }
    return scanner->databar_sure;
}

bool bc_databar_follow(bc_scanner *scanner, const bc_strip *strip, const bc_line_plan *plan, float v,
                       uint32_t *scans)
{
    bool enough = true, told = false;
    for (size_t turn = 0; turn < 2; turn++) {
        told |= bc_databar_worth(scanner->databar) && tell_symbol(scanner, strip, plan);
        turn_store(scanner);
    }
    const size_t found = scanner->frame->out_n;
    for (size_t turn = 0; turn < 2; turn++) {
        if (enough && !told && scanner->databar_sure && scanner->frame->out_n == found)
            enough = scan_about(scanner, strip, plan, v, scans);
        turn_store(scanner);
    }
    return enough;
}
