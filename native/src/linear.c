/*
 * The stage as a whole: strips, strongest first, read with few lines.  Once
 * all other kinds have looked, those that look like bars and were not read are
 * read with many lines, then softly.  Last come lines over the whole frame, for
 * symbols that no tile shows, being low, tiny or alone in a small picture.
 */
#include "linear.h"

#include "linear_scan.h"
#include "linear_soft_scan.h"

/* Lines by effort over a strip, first and again, and rows and columns over a frame. */
static const uint32_t first_lines[] = {5, 5, 5};
static const uint32_t more_lines[] = {0, 27, 45};
static const uint32_t unsure_lines[] = {0, 13, 45};
static const uint32_t again_most[] = {0, 8, UINT32_MAX}; /* strips: what is read again is among the first four */
static const uint32_t soft_lines[] = {0, 8, 16};
static const uint32_t frame_lines[] = {3, 9, 41};

/* Parallel lines averaged into one: with 7 a tenth more symbols read than with 3, and skew still costs little. */
#define BREADTH 7u

#define SMALL 128u /* px a side */

/*
 * Symbols in one picture are of one kind of paper and light: of what is
 * fainter than this share of the faintest strip read nothing is expected.
 * Those that were read later had 0.61 at least, nine in ten others 0.55 at most.
 */
#define FAINTER 0.4f

/* Of lines close to each other, in the worst of three places: 0.82 and more of what soft reading read. */
#define SOFT_AGREEMENT 0.77f

/* Strength for its area of a strip that is read again: 357 and more of those it read, 30 of the weave of a box. */
#define FAINT 120.0f

/* How far a strip's edges run one way: 0.735 and more in all that were read but one, a sixth of the others have less. */
#define MIN_AGREEMENT 0.7f

typedef struct {
    bc_strip **strip;
    bool *bars; /* worth reading again */
    size_t n;
    float faintest;           /* strength for its area of the strips read at first; 0 when none was */
} bc_strips;

size_t bc_linear_workspace(uint32_t width, uint32_t height)
{
    const size_t most = bc_strips_most(width, height);
    return bc_arena_cost(most, sizeof(bc_strip *)) + bc_arena_cost(most, sizeof(bool)) + bc_scanner_workspace();
}

/* Whether a symbol of another kind covers the strip's middle. */
static bool is_covered(const bc_frame *frame, const bc_strip *strip)
{
    for (size_t i = 0; i < frame->out_n; i++)
        if (!bc_is_linear(&frame->out[i]) && bc_symbol_covers(&frame->out[i], strip->x, strip->y))
            return true;
    return false;
}

/* Whether a frame is so low or narrow that its symbols may be missed by tiles. */
static bool is_small(const bc_frame *frame)
{
    return frame->layer[0].width < SMALL || frame->layer[0].height < SMALL;
}

/* How far a strip's edges must run one way: anyhow where it is all there is, or time does not matter. */
static float least_agreement(const bc_frame *frame)
{
    return is_small(frame) || frame->options->effort == BC_EFFORT_THOROUGH ? 0.0f : MIN_AGREEMENT;
}

/*
 * The frame's strips that may hold bars, outside the symbols of other kinds
 * found so far; false when the arena is too small.
 */
static bool take_strips(bc_frame *frame, bc_strips *strips)
{
    const size_t most = bc_strips_most(frame->layer[0].width, frame->layer[0].height);
    strips->strip = bc_arena_take(&frame->arena, most, sizeof *strips->strip);
    strips->bars = bc_arena_take(&frame->arena, most, sizeof *strips->bars);
    if (strips->strip == NULL || strips->bars == NULL)
        return false;
    const float least = least_agreement(frame);
    size_t n;
    bc_strip *strip = bc_frame_strips(frame, &n);
    strips->n = 0;
    for (size_t i = 0; i < n; i++)
        if (strip[i].agreement >= least && !is_covered(frame, &strip[i]))
            strips->strip[strips->n++] = &strip[i];
    return true;
}

static float density(const bc_strip *strip)
{
    return strip->score / (strip->half_u * strip->half_v);
}

/* All strips that no line was laid over yet, with few lines; false when the work is spent. */
static bool scan_first(bc_scanner *scanner, bc_strips *strips)
{
    const uint32_t effort = scanner->frame->options->effort;
    const bc_line_plan plan = {.lines = first_lines[effort], .unsure_lines = first_lines[effort], .breadth = BREADTH,
                               .pitch = 1.0f, .tries = 2, .inverted = true};
    strips->faintest = 0.0f;
    for (size_t i = 0; i < strips->n; i++) {
        bc_strip *strip = strips->strip[i];
        bc_promise *promise = &strip->promise;
        if (!promise->looked && bc_strip_is_read(scanner, strip, 0.0f))
            *promise = (bc_promise){.looked = true, .told = true};
        if (!promise->looked && !bc_scan_strip(scanner, strip, &plan, promise))
            return false;
        const float found = density(strip);
        if (promise->told && (strips->faintest <= 0.0f || found < strips->faintest))
            strips->faintest = found;
    }
    return true;
}

/* Whether a strip is worth more lines. */
static bool promises(bc_scanner *scanner, const bc_strips *strips, size_t i, const bc_line_plan *plan)
{
    bc_strip *strip = strips->strip[i];
    if (bc_strip_is_read(scanner, strip, 0.0f))
        return false;
    if (!plan->patient && (density(strip) < FAINTER * strips->faintest || density(strip) < FAINT))
        return false;
    return bc_strip_shows_bars(scanner, strip, plan, &strip->promise);
}

/* Whether the middle of a symbol told before lies in the strip: then it is a larger view of that symbol. */
static bool holds_symbol(const bc_frame *frame, const bc_strip *strip)
{
    for (size_t i = 0; i < frame->out_n; i++) {
        const float *corners = frame->out[i].corners;
        const float x = (corners[0] + corners[2] + corners[4] + corners[6]) / 4.0f - strip->x;
        const float y = (corners[1] + corners[3] + corners[5] + corners[7]) / 4.0f - strip->y;
        if (__builtin_fabsf(x * strip->ux + y * strip->uy) < strip->half_u &&
            __builtin_fabsf(y * strip->ux - x * strip->uy) < strip->half_v)
            return true;
    }
    return false;
}

/* Those not read that show bars, with many lines, and then softly; false when the work is spent. */
static bool scan_again(bc_scanner *scanner, bc_strips *strips, const bc_line_plan *plan)
{
    size_t again = 0;
    for (size_t i = 0; i < strips->n; i++) {
        bc_strip *strip = strips->strip[i];
        strips->bars[i] = again < again_most[scanner->frame->options->effort] && promises(scanner, strips, i, plan);
        again += strips->bars[i];
        if (strips->bars[i] && !bc_scan_strip(scanner, strip, plan, &strip->promise))
            return false;
    }
    for (size_t i = 0; i < strips->n; i++) {
        bc_strip *strip = strips->strip[i];
        bc_votes_begin(scanner->votes, 2.0f * strip->half_v);
        const bool agreed = plan->patient || strip->promise.agreement >= SOFT_AGREEMENT;
        if (strips->bars[i] && agreed && !strip->promise.told && !holds_symbol(scanner->frame, strip) &&
            !bc_scan_soft(scanner, strip, plan, 0))
            return false;
    }
    return true;
}

/* Rows and columns of the whole frame. */
static bool scan_frame(bc_scanner *scanner, const bc_line_plan *plan)
{
    const bc_grey *image = &scanner->frame->layer[0];
    const float half_x = (float)image->width / 2.0f, half_y = (float)image->height / 2.0f;
    const bc_strip rows = {.x = half_x, .y = half_y, .ux = 1.0f, .half_u = half_x, .half_v = half_y, .agreement = 1.0f};
    const bc_strip columns = {.x = half_x, .y = half_y, .uy = 1.0f, .half_u = half_y, .half_v = half_x, .agreement = 1.0f};
    bc_promise promise = {.told = false};
    return bc_scan_strip(scanner, &rows, plan, &promise) && bc_scan_strip(scanner, &columns, plan, &promise);
}

void bc_linear_find_first(bc_frame *frame)
{
    bc_scanner scanner;
    bc_strips strips;
    if (take_strips(frame, &strips) && bc_scanner_init(&scanner, frame))
        scan_first(&scanner, &strips);
}

void bc_linear_find(bc_frame *frame)
{
    bc_scanner scanner;
    bc_strips strips;
    const uint32_t effort = frame->options->effort;
    if (!take_strips(frame, &strips) || !bc_scanner_init(&scanner, frame) || !scan_first(&scanner, &strips))
        return;
    const bc_line_plan again = {.lines = more_lines[effort], .unsure_lines = unsure_lines[effort], .breadth = BREADTH,
                                .pitch = 1.0f, .tries = BC_TRIES, .inverted = true, .soft_lines = soft_lines[effort],
                                .patient = effort == BC_EFFORT_THOROUGH};
    if (effort > BC_EFFORT_FAST && !scan_again(&scanner, &strips, &again))
        return;
    const bc_line_plan over_frame = {.lines = frame_lines[effort], .unsure_lines = frame_lines[effort], .breadth = 1,
                                     .pitch = 1.0f, .tries = 2};
    if (is_small(frame) || effort == BC_EFFORT_THOROUGH)
        scan_frame(&scanner, &over_frame);
}
