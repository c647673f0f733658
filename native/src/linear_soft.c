/*
 * The soft reader: which symbols the line's length and ends allow, each laid
 * over the samples, and what is believed.  See linear_soft.h.
 */
#include "linear_soft.h"

#include "bc.h"
#include "linear_soft_line.h"
#include "linear_soft_search.h"

#include <string.h> /* memcmp, memcpy, memmove */

#define GUESSES_MAX 6u  /* symbols that are searched for in one line, of all that its ends allow */

/* Of wide to narrow elements in print; grids are laid for the one in the middle. */
#define RATIOS 5u
static const float ratios[RATIOS] = {2.0f, 2.25f, 2.5f, 2.75f, 3.0f};
#define RATIO_MEAN 2.5f

/* The error of the next best symbol, of another kind or length or from the other end, must be so many times larger. */
#define AHEAD_OF_OTHERS 1.3f

/* Symbols of fewer steps, start and stop among them, have little that could speak against them. */
#define SHORT_STEPS 8u

/* The error of the worst symbol character to that of all: 2 is usual, 3.5 rare, and more is damage. */
#define WORST_TO_MEAN 4.5f
#define WORST_ALWAYS 0.12f /* so much, to the variance, is never damage */

/* Of the worst symbol character's error, is taken for noise when two sequences are told apart. */
#define DAMAGE_SHARE 0.5f

/* A symbol that may be there. */
typedef struct {
    uint8_t shape, characters;
    bool reversed;
    float error;        /* of a sample beside its start and stop */
} guess;

typedef struct {
    const bc_soft_line *line;
    uint32_t symbologies, flags;
    bc_arena *arena;
    int64_t *work;
    bc_soft_dark dark;
    bc_soft_grid *grid, *back; /* as read, and from the other end */
    bc_soft_plan *plan;
    bc_soft_search search;
    guess guesses[GUESSES_MAX];
    size_t guess_n;
} job;

size_t bc_linear_soft_workspace(void)
{
    return bc_soft_dark_workspace() + bc_soft_search_workspace() + 2 * bc_arena_cost(1, sizeof(bc_soft_grid)) +
           bc_arena_cost(1, sizeof(bc_soft_plan)) + bc_arena_cost(1, sizeof(bc_linear_read)) +
           bc_arena_cost(BC_ELEMENTS_MAX, sizeof(uint16_t));
}

/* Squared error of a sample beside one pattern at the grid's beginning, at the best place. */
static float end_error(const bc_soft_grid *grid, bc_soft_pattern pattern, bool from_end, float wide, float module)
{
    const float reach = 2.8f; /* samples: half a module of blur, which is not far from any */
    float best = 1.0f;
    for (int32_t j = -1; j <= 1; j++) {
        bc_soft_trace trace;
        bc_soft_trace_begin(&trace, grid, (float)(BC_SOFT_AHEAD * BC_SOFT_PER_MODULE) + 0.6f * (float)j, module, reach);
        for (uint32_t k = 0; k < pattern.elements; k++) {
            const uint32_t shift = 4 * (from_end ? k : pattern.elements - 1 - k);
            const uint32_t width = (uint32_t)(pattern.widths >> shift & 15u);
            bc_soft_trace_edge(&trace, grid, width == 2 ? wide : (float)width, reach);
        }
        const float error = bc_soft_error(&trace);
        best = error < best ? error : best;
    }
    return best;
}

/* How well the first or last set of the plan fits its end of the line. */
static float set_error(const job *todo, const bc_soft_grid *grid, bool from_end, bool two_widths)
{
    const bc_soft_set set = (bc_soft_set)todo->plan->set[from_end ? todo->plan->steps - 1 : 0];
    const float mean = bc_soft_plan_modules(todo->plan, RATIO_MEAN);
    float best = 1.0f;
    for (uint32_t i = 0; i < bc_soft_set_size(set); i++)
        for (uint32_t j = 0; j < (two_widths ? RATIOS : 1); j += RATIOS - 1) {
            const float wide = two_widths ? ratios[j] : 2.0f;
            const float module = BC_SOFT_PER_MODULE * mean / bc_soft_plan_modules(todo->plan, wide);
            const float error = end_error(grid, bc_soft_set_pattern(set, i), from_end, wide, module);
            best = error < best ? error : best;
        }
    return best;
}

static void note_guess(job *todo, guess found)
{
    size_t at = todo->guess_n;
    while (at > 0 && todo->guesses[at - 1].error > found.error)
        at--;
    if (at == GUESSES_MAX)
        return;
    if (todo->guess_n == GUESSES_MAX)
        todo->guess_n--;
    memmove(&todo->guesses[at + 1], &todo->guesses[at], (todo->guess_n - at) * sizeof *todo->guesses);
    todo->guesses[at] = found;
    todo->guess_n++;
}

/* Looks at both ends of the line for one plan, in both directions. */
static void judge_plan(job *todo, guess found)
{
    const bool two_widths = bc_soft_shapes[found.shape].two_widths;
    const float limit = 0.08f; /* squared error of a sample: more than a quarter of the contrast */
    bc_soft_grid_make(todo->grid, &todo->dark, bc_soft_plan_modules(todo->plan, RATIO_MEAN), false);
    bc_soft_grid_make(todo->back, &todo->dark, bc_soft_plan_modules(todo->plan, RATIO_MEAN), true);
    for (int reversed = 0; reversed < 2; reversed++) {
        const bc_soft_grid *grid = reversed ? todo->back : todo->grid, *back = reversed ? todo->grid : todo->back;
        *todo->work -= 4000;
        const float start = set_error(todo, grid, false, two_widths);
        if (start > limit)
            continue;
        const float stop = set_error(todo, back, true, two_widths);
        found.reversed = reversed != 0;
        found.error = start + stop;
        if (stop <= limit)
            note_guess(todo, found);
    }
}

/* All lengths of one shape that the line's length and elements allow. */
static void guess_shape(job *todo, uint8_t shape_i)
{
    const bc_soft_shape *shape = &bc_soft_shapes[shape_i];
    const float length = todo->dark.to - todo->dark.from;
    const uint32_t most = shape->least > 0 ? BC_SOFT_STEPS : 1;
    for (uint32_t n = shape->least > 0 ? shape->least : 1; n <= most; n++) {
        if (!bc_soft_plan_make(shape, n, todo->plan))
            break;
        const float modules = bc_soft_plan_modules(todo->plan, RATIO_MEAN);
        if (modules > (float)BC_SOFT_MODULES_MAX || length < 1.1f * modules)
            break;
        /* Blur makes elements vanish, up to a third of them; noise makes a few. */
        if (todo->plan->elements + 4 < todo->dark.elements)
            continue;
        if (2 * todo->plan->elements > 3 * todo->dark.elements + 8)
            break;
        judge_plan(todo, (guess){.shape = shape_i, .characters = (uint8_t)n});
    }
}

/* The symbol's reader by edges, which knows its rules. */
static bc_linear_fn *reader_of(uint32_t symbology)
{
    switch (symbology) {
    case BC_EAN13:
        return bc_ean13_read;
    case BC_EAN8:
        return bc_ean8_read;
    case BC_UPCE:
        return bc_upce_read;
    case BC_CODE128:
        return bc_code128_read;
    case BC_CODE93:
        return bc_code93_read;
    case BC_CODE39:
        return bc_code39_read;
    default:
        return bc_itf_read;
    }
}

/* Gives the elements of one sequence to the symbology's reader; *worst is the error of its worst symbol character. */
static bool accept(const job *todo, uint32_t symbology, size_t which, uint16_t *widths, bc_linear_read *read,
                   float *worst)
{
    uint16_t patterns[BC_SOFT_STEPS];
    const float one = (float)BC_WIDTH_ONE, wide = todo->search.beam[0][which].wide;
    *worst = bc_soft_search_trail(&todo->search, todo->plan, which, patterns);
    size_t n = 0;
    widths[n++] = (uint16_t)(12.0f * one);
    for (uint32_t at = 0; at < todo->plan->steps; at++) {
        const bc_soft_pattern pattern = bc_soft_set_pattern((bc_soft_set)todo->plan->set[at], patterns[at]);
        for (uint32_t i = 0; i < pattern.elements; i++) {
            const uint32_t width = (uint32_t)(pattern.widths >> (4 * (pattern.elements - 1 - i)) & 15u);
            widths[n++] = (uint16_t)((width == 2 ? wide : (float)width) * one);
        }
    }
    widths[n++] = (uint16_t)(12.0f * one);
    const bc_elements line = {widths, n};
    if (!reader_of(symbology)(&line, 1, todo->flags, read))
        return false;
    /* 14 digits mostly end in a check digit; where it does not hold, softness is likelier to be wrong than the print. */
    return symbology != BC_ITF || read->length != 14 || read->modifier != '0';
}

static inline float larger(float a, float b)
{
    return a > b ? a : b;
}

/* How sure a read must be, by what its symbology checks. */
typedef struct {
    float ahead;    /* of the next one its symbology would accept, in powers of e */
    float behind;   /* the likeliest sequence at most, which it does not accept */
    float part;     /* squared error of a sample, to the variance of darkness */
    float worst;    /* the same in the symbol character that fits least */
} demand;

static demand demand_of(uint32_t symbology)
{
    switch (symbology) {
    case BC_CODE128:
    case BC_CODE93:
        return (demand){8.0f, 5.0f, 0.2f, 0.33f};
    case BC_EAN13:
        return (demand){8.0f, 3.0f, 0.19f, 0.3f};
    case BC_EAN8:
    case BC_UPCE:
        return (demand){10.0f, 1.0f, 0.14f, 0.25f};
    default: /* no check */
        return (demand){11.0f, 0.0f, 0.12f, 0.18f};
    }
}

/* Variance of darkness over the symbol: blur leaves little of it, and with it little to tell symbols by. */
static float variance(const bc_soft_grid *grid)
{
    const int32_t from = BC_SOFT_AHEAD * BC_SOFT_PER_MODULE, to = grid->n - from;
    float sum = 0.0f, squares = 0.0f;
    for (int32_t i = from; i < to; i++) {
        sum += grid->dark[i];
        squares += grid->dark[i] * grid->dark[i];
    }
    const float n = to > from ? (float)(to - from) : 1.0f, mean = sum / n;
    return squares / n - mean * mean + 0.001f;
}

/* The first sequence that its symbology accepts, if it stands out; *part is its error. */
static bool decide(const job *todo, const bc_soft_question *question, uint32_t symbology, size_t n, uint16_t *widths,
                   bc_linear_read *other, bc_linear_read *read)
{
    const bc_soft_trace *beam = todo->search.beam[0];
    demand want = demand_of(symbology);
    if (todo->plan->steps < SHORT_STEPS) {
        want.part *= 0.5f;
        want.worst *= 0.6f;
    }
    float worst = 0.0f, unused = 0.0f;
    size_t best = 0;
    while (best < n && !accept(todo, symbology, best, widths, read, &worst))
        best++;
    if (best == n)
        return false;
    const float error = bc_soft_error(&beam[best]), noise = larger(error, question->noise) * question->repeated;
    if (error > want.part * question->variance || worst > want.worst * question->variance ||
        worst > larger(WORST_TO_MEAN * error, WORST_ALWAYS * question->variance) ||
        beam[best].cost - beam[0].cost > 2.0f * noise * want.behind)
        return false;
    /* Where a symbol character is damaged its errors say how much another one may be off. */
    const float gap = 2.0f * want.ahead * larger(noise, DAMAGE_SHARE * worst * question->repeated);
    for (size_t i = best + 1; i < n && beam[i].cost - beam[best].cost < gap; i++)
        if (accept(todo, symbology, i, widths, other, &unused) &&
            (other->length != read->length || memcmp(other->data, read->data, read->length) != 0))
            return false;
    read->doubt = (uint16_t)(1000.0f * error / question->variance);
    read->votes_needed++; /* what one line's damage makes of a symbol another line's does not */
    return true;
}

/* What was found of all guesses so far. */
typedef struct {
    bool found;
    float part, next;   /* least error of a sequence, to the variance, and that of the next guess */
    bc_soft_read best;
} verdict;

/* Searches for one guess; whether it fits better than those before is what counts, accepted or not. */
static void search_guess(job *todo, const guess *from, uint16_t *widths, bc_soft_read *read, verdict *all)
{
    const bc_soft_shape *shape = &bc_soft_shapes[from->shape];
    if (!bc_soft_plan_make(shape, from->characters, todo->plan))
        return;
    bc_soft_question question = {.grid = todo->grid, .plan = todo->plan, .wides = {2.0f}, .wide_n = 1,
                                 .noise = 0.0015f};
    if (shape->two_widths) {
        memcpy(question.wides, ratios, sizeof ratios);
        question.wide_n = RATIOS;
    }
    question.modules = bc_soft_plan_modules(todo->plan, RATIO_MEAN);
    bc_soft_grid_make(todo->grid, &todo->dark, question.modules, from->reversed);
    question.variance = variance(todo->grid);
    const float pitch = (todo->dark.to - todo->dark.from) / (question.modules * BC_SOFT_PER_MODULE);
    question.repeated = pitch < 1.0f ? 1.0f / pitch : 1.0f;
    /* No further than what would matter. */
    const float most = 1.15f * demand_of(shape->symbology).part;
    question.most = (AHEAD_OF_OTHERS * all->part < most ? AHEAD_OF_OTHERS * all->part : most) * question.variance;
    const size_t n = bc_soft_search_run(&todo->search, &question, todo->arena, todo->work);
    /* The last edge must lie where the line has it. */
    const float off = todo->search.beam[0][0].edge - ((float)BC_SOFT_AHEAD + question.modules) * BC_SOFT_PER_MODULE;
    if (n == 0 || off > 1.5f || off < -1.5f)
        return;
    const float part = bc_soft_error(&todo->search.beam[0][0]) / question.variance;
    if (part >= all->part) {
        all->next = part < all->next ? part : all->next;
        return;
    }
    all->next = all->part;
    all->part = part;
    all->found = decide(todo, &question, shape->symbology, n, widths, &read->read, &all->best.read);
    all->best.reversed = from->reversed;
}

static bool read_line(job *todo, bc_soft_read *out)
{
    uint16_t *widths = bc_arena_take(todo->arena, BC_ELEMENTS_MAX, sizeof *widths);
    bc_linear_read *other = bc_arena_take(todo->arena, 1, sizeof *other);
    todo->grid = bc_arena_take(todo->arena, 1, sizeof *todo->grid);
    todo->back = bc_arena_take(todo->arena, 1, sizeof *todo->back);
    todo->plan = bc_arena_take(todo->arena, 1, sizeof *todo->plan);
    if (widths == NULL || other == NULL || todo->grid == NULL || todo->back == NULL || todo->plan == NULL ||
        !bc_soft_search_init(&todo->search, todo->arena) || !bc_soft_dark_make(&todo->dark, todo->line, todo->arena))
        return false;
    for (uint8_t i = 0; i < BC_SOFT_SHAPES; i++) {
        const uint32_t symbology = bc_soft_shapes[i].symbology;
        if (todo->symbologies & (symbology | (symbology == BC_EAN13 ? BC_UPCA : 0)))
            guess_shape(todo, i);
    }
    verdict all = {.part = 1.0f, .next = 1.0f};
    /*
     * Ends that fit much worse than the best ones are of no symbol: of those
     * read, the worst had 2.2 times the least error.  What was read is held
     * against more of them.
     */
    const float least = todo->guesses[0].error, most = 2.5f * least + 0.01f, against = 4.0f * least + 0.03f;
    for (size_t i = 0; i < todo->guess_n && *todo->work > 0 && todo->guesses[i].error <= (all.found ? against : most); i++)
        search_guess(todo, &todo->guesses[i], widths, out, &all);
    if (!all.found || all.next < AHEAD_OF_OTHERS * all.part || *todo->work <= 0)
        return false;
    *out = all.best;
    out->from = todo->dark.from;
    out->to = todo->dark.to;
    return true;
}

bool bc_linear_soft_read(const bc_soft_line *line, uint32_t symbologies, uint32_t flags, bc_arena *arena,
                         int64_t *work, bc_soft_read *out)
{
    const size_t mark = bc_arena_mark(arena);
    job todo = {.line = line, .symbologies = symbologies, .flags = flags, .arena = arena, .work = work};
    const bool found = read_line(&todo, out);
    bc_arena_release(arena, mark);
    return found;
}
