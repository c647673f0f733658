/*
 * A beam of sequences, and within each symbol character every pattern of the
 * set that the samples do not yet rule out, by depth first with a bound.
 */
#include "linear_soft_search.h"

#define DEPTH 11u            /* elements of a symbol character and one */
/* Steps over which one sequence's traces of different blur and place are kept beside each other. */
#define STEPS_OF_VARIANTS 6u
#define SLACK_OF_VARIANTS 0.4f
#define VARIANTS 32u         /* traces kept meanwhile: one of each after the first character */
#define SEQUENCES 16u        /* and after each later character */
#define FOLLOWED_EVERY 4.5f  /* modules: symbol characters of 7 to 15 are too long to be laid at one pitch */
/* Nanoseconds of laying one edge, the copy of the trace among it. */
#define EDGE_COST 80

size_t bc_soft_search_workspace(void)
{
    size_t bytes = 2 * bc_arena_cost(BC_SOFT_BEAM, sizeof(bc_soft_trace)) +
                   bc_arena_cost(DEPTH, sizeof(bc_soft_trace)) +
                   2 * bc_arena_cost((size_t)BC_SOFT_STEPS * BC_SOFT_BEAM, sizeof(uint32_t));
    for (uint32_t set = 0; set < BC_SETS; set++) {
        const uint32_t elements = bc_soft_set_pattern((bc_soft_set)set, 0).elements;
        bytes += bc_arena_cost(bc_soft_set_size((bc_soft_set)set) * elements + 1, sizeof(bc_soft_node));
    }
    return bytes;
}

bool bc_soft_search_init(bc_soft_search *search, bc_arena *arena)
{
    *search = (bc_soft_search){0};
    search->beam[0] = bc_arena_take(arena, BC_SOFT_BEAM, sizeof(bc_soft_trace));
    search->beam[1] = bc_arena_take(arena, BC_SOFT_BEAM, sizeof(bc_soft_trace));
    search->stack = bc_arena_take(arena, DEPTH, sizeof(bc_soft_trace));
    search->trail = bc_arena_take(arena, (size_t)BC_SOFT_STEPS * BC_SOFT_BEAM, sizeof(uint32_t));
    search->spent = bc_arena_take(arena, (size_t)BC_SOFT_STEPS * BC_SOFT_BEAM, sizeof(float));
    return search->beam[0] != NULL && search->beam[1] != NULL && search->stack != NULL && search->trail != NULL &&
           search->spent != NULL;
}

/* The coming beam while one step is searched. */
typedef struct {
    bc_soft_trace *out;
    size_t n, most;
    float slack, bound;   /* cost above the best that is still kept, and what no cost may exceed */
    bool merge;           /* one trace for each sequence, whatever it began with */
    float lag;            /* how far blur carries an edge in any of the traces */
} coming;

static void remove_at(coming *next, size_t i)
{
    next->n--;
    memmove(&next->out[i], &next->out[i + 1], (next->n - i) * sizeof *next->out);
}

/* Puts a trace in its place by cost, when it belongs to the best. */
static void insert(coming *next, const bc_soft_trace *trace)
{
    for (size_t i = 0; i < next->n; i++)
        if (next->out[i].hash == trace->hash && (next->merge || next->out[i].variant == trace->variant)) {
            if (next->out[i].cost <= trace->cost)
                return;
            remove_at(next, i);
            break;
        }
    size_t at = next->n;
    while (at > 0 && next->out[at - 1].cost > trace->cost)
        at--;
    if (at == next->most)
        return;
    if (next->n == next->most)
        next->n--;
    memmove(&next->out[at + 1], &next->out[at], (next->n - at) * sizeof *next->out);
    next->out[at] = *trace;
    next->n++;
    if (next->out[0].cost + next->slack < next->bound)
        next->bound = next->out[0].cost + next->slack;
    if (next->n == next->most && next->out[next->n - 1].cost < next->bound)
        next->bound = next->out[next->n - 1].cost;
}

/* Whether the trace is still near the grid: an edge's pitch follows the samples within bounds. */
static bool sane(const bc_soft_trace *trace)
{
    return trace->module > 0.7f * BC_SOFT_PER_MODULE && trace->module < 1.4f * BC_SOFT_PER_MODULE &&
           trace->gain > 0.5f && trace->gain < 1.8f;
}

static float end_of(const bc_soft_question *question)
{
    return (BC_SOFT_AHEAD + question->modules) * BC_SOFT_PER_MODULE;
}

/* The symbol character is laid: what its edges say of the next ones, or the quiet zone behind the last one. */
static void finish(const bc_soft_question *question, bc_soft_trace *trace, float since, bool last)
{
    if (last)
        bc_soft_trace_end(trace, question->grid);
    else
        bc_soft_trace_follow(trace, since, end_of(question));
}

/* Every pattern of one set after one trace; the number of edges laid. */
static uint32_t grow(const bc_soft_search *search, const bc_soft_question *question, const bc_soft_node *tree,
                     const bc_soft_trace *parent, uint32_t place, bool last, coming *next)
{
    uint16_t todo[DEPTH];
    float since[DEPTH + 1] = {0.0f}; /* modules at each depth since the edges were last followed */
    uint32_t depth = 0, edges = 0;
    bc_soft_trace_copy(&search->stack[0], parent);
    todo[0] = tree[0].child;
    for (;;) {
        if (todo[depth] == 0) {
            if (depth == 0)
                return edges;
            depth--;
            continue;
        }
        const bc_soft_node *node = &tree[todo[depth]];
        todo[depth] = node->sibling;
        bc_soft_trace *trace = &search->stack[depth + 1];
        bc_soft_trace_copy(trace, &search->stack[depth]);
        const float width = node->width == 2 ? trace->wide : (float)node->width;
        bc_soft_trace_edge(trace, question->grid, width, next->lag);
        since[depth + 1] = since[depth] + width;
        edges++;
        if (trace->cost > next->bound)
            continue;
        if (node->child != 0) {
            todo[++depth] = node->child;
            if (since[depth] >= FOLLOWED_EVERY) {
                bc_soft_trace_follow(trace, since[depth], end_of(question));
                since[depth] = 0.0f;
            }
            continue;
        }
        trace->hash = (trace->hash ^ node->pattern) * 16777619u;
        trace->trail = place << 16 | node->pattern;
        finish(question, trace, since[depth + 1], last);
        if (sane(trace))
            insert(next, trace);
    }
}

/* Squared error a sample has along the likeliest sequence, not less than what is believed. */
static float noise_of(const bc_soft_question *question, const bc_soft_trace *best)
{
    const float noise = bc_soft_error(best);
    return noise > question->noise ? noise : question->noise;
}

/*
 * The cost at which a trace is given up, `more` samples further on; it has some
 * to find its blur and pitch with.  Of 105 sequences that were read the worst
 * needed 2.5 samples for that, behind the first characters.
 */
static float most_cost(const bc_soft_question *question, const bc_soft_trace *trace, float more)
{
    const float settling = 5.0f; /* samples of the largest error */
    const float samples = (float)(trace->done - (BC_SOFT_AHEAD - 2) * BC_SOFT_PER_MODULE);
    return question->most * (samples + more + settling);
}

static bool step(bc_soft_search *search, const bc_soft_question *question, uint32_t at, size_t *n, bc_arena *arena,
                 int64_t *work)
{
    const bc_soft_set set = (bc_soft_set)question->plan->set[at];
    if (search->tree[set] == NULL)
        search->tree[set] = bc_soft_tree(set, arena);
    if (search->tree[set] == NULL)
        return false;
    /* Of the errors' probability, exp(-cost / 2 noise), a sequence may have e^-12 of the best's. */
    const bool merge = at >= STEPS_OF_VARIANTS;
    coming next = {.out = search->beam[1], .most = merge ? SEQUENCES : VARIANTS, .merge = merge};
    next.slack = 30.0f * question->repeated * noise_of(question, &search->beam[0][0]);
    /* The first characters fit several drifts and ratios alike: what is right shows later. */
    if (!merge && next.slack < SLACK_OF_VARIANTS)
        next.slack = SLACK_OF_VARIANTS;
    const float more = bc_soft_set_modules(set, question->wides[question->wide_n - 1]) * BC_SOFT_PER_MODULE;
    next.bound = most_cost(question, &search->beam[0][0], 1.1f * more + BC_SOFT_REACH_MAX);
    for (size_t i = 0; i < *n; i++)
        next.lag = search->beam[0][i].reach > next.lag ? search->beam[0][i].reach : next.lag;
    for (size_t i = 0; i < *n && search->beam[0][i].cost <= next.bound; i++)
        *work -= EDGE_COST * (int64_t)grow(search, question, search->tree[set], &search->beam[0][i], (uint32_t)i,
                                           at + 1 == question->plan->steps, &next);
    while (next.n > 0 && next.out[next.n - 1].cost > next.bound)
        next.n--;
    for (size_t i = 0; i < next.n; i++) {
        const bc_soft_trace *trace = &next.out[i], *parent = &search->beam[0][trace->trail >> 16];
        const int32_t judged = trace->done - parent->done;
        search->trail[at * BC_SOFT_BEAM + i] = trace->trail;
        search->spent[at * BC_SOFT_BEAM + i] = judged > 0 ? (trace->cost - parent->cost) / (float)judged : 0.0f;
    }
    search->beam[1] = search->beam[0];
    search->beam[0] = next.out;
    *n = next.n;
    return next.n > 0 && *work > 0;
}

/* The first traces: places of the first bar around where it should be, for each blur, drift and ratio. */
static size_t begin(const bc_soft_search *search, const bc_soft_question *question)
{
    static const float fine[] = {1.5f, 2.4f, 3.4f, 4.6f}; /* samples: blur of 0.28, 0.45, 0.64 and 0.87 module */
    static const float coarse[] = {1.8f, 2.9f, 4.3f};
    const bool many = question->wide_n > 1;
    const float *reaches = many ? coarse : fine;
    const size_t reach_n = many ? sizeof coarse / sizeof *coarse : sizeof fine / sizeof *fine;
    const float edge = (float)(BC_SOFT_AHEAD * BC_SOFT_PER_MODULE);
    const int32_t places = many ? 1 : 2, step = 3 - places;
    size_t n = 0;
    for (size_t wide = 0; wide < question->wide_n; wide++)
        for (size_t i = 0; i < reach_n; i++)
            for (int32_t j = -places; j <= places; j++)
                for (int32_t k = -1; k <= 1; k++) {
                    const float more = 0.045f * (float)k; /* than the mean module: as much less at the end */
                    const float modules = bc_soft_plan_modules(question->plan, question->wides[wide]);
                    const float module = BC_SOFT_PER_MODULE * question->modules / modules;
                    if (n == BC_SOFT_BEAM)
                        return n;
                    bc_soft_trace *trace = &search->beam[0][n++];
                    bc_soft_trace_begin(trace, question->grid, edge + 0.4f * (float)(step * j), module * (1.0f + more),
                                        reaches[i]);
                    trace->drift = -2.0f * module * more / modules;
                    trace->wide = question->wides[wide];
                    trace->left = modules;
                    trace->variant = (uint32_t)(wide * 8 + (size_t)(k + 1) * 2 + i / 2);
                }
    return n; /* 60, or 135 for five ratios */
}

size_t bc_soft_search_run(bc_soft_search *search, const bc_soft_question *question, bc_arena *arena, int64_t *work)
{
    size_t n = begin(search, question);
    for (uint32_t at = 0; at < question->plan->steps; at++) {
        if (!step(search, question, at, &n, arena, work))
            return 0;
        if (search->beam[0][0].cost > most_cost(question, &search->beam[0][0], 0.0f))
            return 0;
    }
    return n;
}

float bc_soft_search_trail(const bc_soft_search *search, const bc_soft_plan *plan, size_t which, uint16_t *pattern)
{
    size_t place = which;
    float most = 0.0f;
    for (uint32_t at = plan->steps; at-- > 0;) {
        const uint32_t trail = search->trail[at * BC_SOFT_BEAM + place];
        const float spent = search->spent[at * BC_SOFT_BEAM + place];
        most = spent > most ? spent : most;
        pattern[at] = (uint16_t)(trail & 0xFFFFu);
        place = trail >> 16;
    }
    return most;
}
