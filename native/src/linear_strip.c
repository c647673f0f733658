/*
 * Lines are laid from a strip's middle outwards.  Each one is read by every
 * wanted symbology, and votes; a symbol is told as soon as its votes are
 * enough, and the lines that would cross it again are left out.
 */
#include "linear_agree.h"
#include "linear_scan.h"

/* Inside a strip, that a line is read with: the shortest Code 128 has 25, and no few lines are enough for an ITF so short. */
#define LEAST_ELEMENTS 24u

/*
 * Elements with fewer of which a strip is left, after the first try to tell
 * them, the first line, and two lines.  Strips that were read had 28 and more
 * from the first try on, but for one of 17, 22 and 28, and half of all others
 * have 8.  Where edges do not run clearly one way, noise among modules of a
 * pixel or two rows of DataBar may be the reason, but then as many are asked
 * for at once as at last.
 */
static const uint32_t fewest[] = {16, 20, LEAST_ELEMENTS};
#define CLEARLY 0.8f

/* The same at effort thorough, which many lines read: an ITF of two digits has 17. */
static const uint32_t fewest_thorough[] = {0, 12, 17};

#define NO_VARIETY 0.3f       /* mean deviation of element widths by their mean, of stripes and not of bars */

/*
 * What strips show that hold a symbol which the first lines did not read: 150
 * of 151 in photographs and drawn frames, and of the other strips a third.
 */
#define MORE_ELEMENTS 30u
#define LEAST_VARIETY 0.4f    /* stripes have less */
#define MOST_VARIETY 1.15f    /* text has more */
#define AGREEMENT 0.8f        /* of the slopes of lines close to each other */
#define AGREEMENT_SHOWN 0.65f /* ... where a line showed a symbol: bars that fan out agree less */
#define CLOSE 8.0f            /* px of the layer between these */

/*
 * The same in the worst of three places, where no line showed a symbol: 0.75
 * and more of what was read.  Of 53 strips that more lines read, 48 showed
 * something on the first twelve of 27, and lines agreed by 0.97 and more all
 * over those that showed it after the thirteenth.
 */
#define LEAST_AGREEMENT 0.7f
#define SURE_AGREEMENT 0.95f

/* Nanoseconds: a sample of one line or one try; a line's candidates. */
#define SAMPLE_COST 3
#define LINE_COST 2000

/* Ways to put edges, the most fruitful ones first. */
static const bc_edge_try tries[BC_TRIES] = {{20, 0}, {48, 16}, {64, 0}, {48, 10}, {32, 5}};

/* Notes what the line shows inside the strip and a little beyond; how many elements. */
static size_t look_inside(const bc_scanner *scanner, const bc_strip *strip, bc_promise *promise)
{
    const float reach = 1.1f * strip->half_u;
    const bc_line *line = scanner->line;
    size_t first = line->n, n = 0;
    uint32_t sum = 0, away = 0;
    for (size_t i = 1; i < line->n; i++) {
        const float place = bc_profile_place(scanner->profile, line->bound[i]);
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
    const float variety = sum > 0 ? (float)away / (float)sum : 0.0f;
    promise->elements = n > promise->elements ? n : promise->elements;
    promise->variety = variety > promise->variety ? variety : promise->variety;
    return n;
}

static bool is_thorough(const bc_scanner *scanner)
{
    return scanner->frame->options->effort == BC_EFFORT_THOROUGH;
}

/* Whether what was seen, `lines` of its lines or the first try of one, shows too few elements for a symbol. */
static bool too_few(const bc_scanner *scanner, const bc_strip *strip, const bc_promise *promise, uint32_t lines)
{
    if (is_thorough(scanner))
        return promise->elements < fewest_thorough[lines > 2 ? 2 : lines];
    return promise->elements < fewest[strip->agreement < CLEARLY || lines > 2 ? 2 : lines];
}

/* Reads one line by one way to put edges after the other until one gives a read. */
static void read_line(bc_scanner *scanner, const bc_strip *strip, const bc_line_plan *plan, float v,
                      bc_promise *promise)
{
    const bc_options *options = scanner->frame->options;
    bc_line_reader *reader = scanner->reader;
    reader->read_n = 0;
    scanner->databar_sure = false;
    for (size_t i = 0; i < plan->tries && i < BC_TRIES && reader->read_n == 0; i++) {
        bc_profile_elements(scanner->profile, &tries[i], scanner->edges, scanner->line);
        const size_t inside = look_inside(scanner, strip, promise);
        if (!plan->patient && too_few(scanner, strip, promise, 0))
            return;
        if ((options->symbologies & BC_DATABAR_ALL) && bc_databar_look(scanner, plan, v)) {
            scanner->databar_try = &tries[i];
            promise->shown = true;
        }
        if (inside < (is_thorough(scanner) ? fewest_thorough[2] : LEAST_ELEMENTS))
            continue;
        bc_line_reads(scanner->line, options->symbologies, options->flags, false, reader);
        if (scanner->databar_sure)
            break;
        if (plan->inverted && reader->read_n == 0)
            bc_line_reads(scanner->line, options->symbologies, options->flags, true, reader);
        promise->shown |= reader->read_n > 0;
    }
}

float bc_line_place(uint32_t i, float spacing)
{
    const float away = (float)((i + 1) / 2) * spacing;
    return i % 2 == 1 ? away : -away;
}

bool bc_strip_shows_bars(bc_scanner *scanner, const bc_strip *strip, const bc_line_plan *plan, bc_promise *promise)
{
    if (promise->told || promise->elements < MORE_ELEMENTS || promise->variety < LEAST_VARIETY ||
        promise->variety > MOST_VARIETY)
        return false;
    const float apart = CLOSE * (float)(1u << bc_strip_line(strip, plan, 0.0f).layer);
    float most = 0.0f;
    promise->agreement = 1.0f;
    for (int i = 0; i < 3; i++) {
        /* In the middle, then to either side: scratches may keep lines from agreeing in one place. */
        const float v = (float)((i + 1) % 3 - 1) * 0.5f * strip->half_v;
        const bc_scan scan = bc_strip_line(strip, plan, v);
        const bc_scan next = bc_strip_line(strip, plan, v < 0.0f ? v + apart : v - apart);
        if (!bc_profile_take(scanner->frame, &scan, scanner->before) ||
            !bc_profile_take(scanner->frame, &next, scanner->profile))
            continue;
        const float agreement =
            bc_profiles_agree(scanner->before, scanner->profile, -strip->half_u, strip->half_u);
        most = agreement > most ? agreement : most;
        promise->agreement = agreement < promise->agreement ? agreement : promise->agreement;
    }
    if (promise->shown)
        return most >= AGREEMENT_SHOWN;
    return most >= AGREEMENT && (plan->patient || promise->agreement >= LEAST_AGREEMENT);
}

/* Whether the lines before this one show that the strip is no symbol. */
static bool hopeless(const bc_scanner *scanner, const bc_strip *strip, const bc_line_plan *plan,
                     const bc_promise *promise, uint32_t line)
{
    if (plan->patient)
        return false;
    if (line >= plan->unsure_lines && !promise->shown && promise->agreement < SURE_AGREEMENT)
        return true;
    return line > 0 && (too_few(scanner, strip, promise, line) || (line == 1 && promise->variety < NO_VARIETY));
}

bool bc_scan_strip(bc_scanner *scanner, const bc_strip *strip, const bc_line_plan *plan, bc_promise *promise)
{
    const float spacing = 2.0f * strip->half_v / (float)(plan->lines + 1);
    uint32_t databar_scans = BC_DATABAR_SCANS;
    const size_t told_before = scanner->frame->out_n;
    *promise = (bc_promise){.looked = true, .agreement = promise->agreement};
    bc_votes_begin(scanner->votes, 2.0f * strip->half_v);
    bc_databar_clear(scanner->databar, false);
    bc_databar_clear(scanner->databar_other, true);
    scanner->databar_try = &tries[0];
    for (uint32_t i = 0; i < plan->lines && !hopeless(scanner, strip, plan, promise, i); i++) {
        const float v = bc_line_place(i, spacing);
        if (bc_strip_is_read(scanner, strip, v))
            continue;
        const bc_scan scan = bc_strip_line(strip, plan, v);
        scanner->layer = scan.layer;
        if (!bc_profile_take(scanner->frame, &scan, scanner->profile))
            continue;
        const int64_t samples = (int64_t)scanner->profile->n;
        if (!bc_frame_spend(scanner->frame, samples * (SAMPLE_COST * (plan->breadth + plan->tries)) + LINE_COST))
            return false;
        read_line(scanner, strip, plan, v, promise);
        bc_scanner_vote(scanner, &scan, i);
        if (!bc_databar_follow(scanner, strip, plan, v, &databar_scans))
            return false;
        promise->told = scanner->frame->out_n > told_before;
    }
    return true;
}
