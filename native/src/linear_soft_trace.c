/* Symbols laid over samples: see linear_soft_trace.h. */
#include "linear_soft_trace.h"

/*
 * A blurred edge: the integral of (1 - x^2)^2, which looks like a Gaussian of
 * 0.378 its reach and ends; x is from -1 to 1.
 */
static inline float blurred(float x)
{
    const float x2 = x * x;
    return 0.5f + x * (0.9375f + x2 * (0.1875f * x2 - 0.625f));
}

/* First sample whose middle is not before `at`, within the grid. */
static inline int32_t sample_from(float at, int32_t n)
{
    at += 0.5f;
    return at > 0.0f ? (at < (float)n ? (int32_t)at : n) : 0;
}

/* Judges samples until `until`: no later edge changes them. */
static void judge(bc_soft_trace *trace, const bc_soft_grid *grid, int32_t until)
{
    const float pace = 0.03f; /* of the levels after the errors: half the way in a symbol character */
    if (until >= trace->filled)
        until = trace->filled - 1; /* the slope needs one more */
    const int32_t n = until - trace->done;
    if (n <= 0)
        return;
    const float *model = trace->model + (trace->done - trace->base), *dark = grid->dark + trace->done;
    float light = 0.0f, dense = 0.0f;
    for (int32_t i = 0; i < n; i++) {
        const float slope = 0.5f * (model[i + 1] - model[i - 1]);
        const float curve = model[i + 1] + model[i - 1] - 2.0f * model[i];
        float error = dark[i] - trace->offset - trace->gain * model[i];
        error = error > BC_SOFT_ERROR_MAX ? BC_SOFT_ERROR_MAX : error < -BC_SOFT_ERROR_MAX ? -BC_SOFT_ERROR_MAX : error;
        trace->cost += error * error;
        trace->pull += error * slope;
        trace->swell += error * (slope > 0.0f ? slope : -slope);
        trace->slope += slope * slope;
        trace->bend += error * curve;
        trace->curve += curve * curve;
        light += error;
        dense += error * model[i];
    }
    trace->offset += pace * (light - dense);
    trace->gain += pace * (2.0f * dense - light);
    trace->done = until;
}

/* Puts an edge at `edge` but for the spread: the ink changes over from here on. */
static void put_edge(bc_soft_trace *trace, const bc_soft_grid *grid, float edge)
{
    const float at = edge + (trace->ink - 0.5f) * trace->spread, change = 1.0f - 2.0f * trace->ink;
    const int32_t most = trace->base + BC_SOFT_WINDOW < grid->n ? trace->base + BC_SOFT_WINDOW : grid->n;
    int32_t from = sample_from(at - trace->reach, most);
    const int32_t to = sample_from(at + trace->reach, most);
    float *model = trace->model;
    for (int32_t i = trace->filled - trace->base; i < to - trace->base; i++)
        model[i] = trace->ink;
    if (to > trace->filled)
        trace->filled = to;
    from = from > trace->done ? from : trace->done;
    const float first = ((float)from + 0.5f - at) * trace->one_by_reach;
    for (int32_t i = 0; i < to - from; i++)
        model[from - trace->base + i] += change * blurred(first + (float)i * trace->one_by_reach);
    for (int32_t i = to; i < trace->filled; i++)
        model[i - trace->base] += change;
    trace->ink += change;
    trace->edge = edge;
}

void bc_soft_trace_begin(bc_soft_trace *trace, const bc_soft_grid *grid, float edge, float module, float reach)
{
    memset(trace, 0, sizeof *trace);
    trace->module = module;
    trace->reach = reach;
    trace->one_by_reach = 1.0f / reach;
    trace->gain = 1.0f;
    trace->wide = 2.0f;
    trace->hash = 2166136261u; /* FNV-1a */
    /* Two modules of quiet zone are judged with the symbol. */
    trace->done = trace->filled = (BC_SOFT_AHEAD - 2) * BC_SOFT_PER_MODULE;
    trace->base = trace->done - 1;
    put_edge(trace, grid, edge);
}

void bc_soft_trace_edge(bc_soft_trace *trace, const bc_soft_grid *grid, float modules, float lag)
{
    const float at = trace->edge + modules * (trace->module + 0.5f * modules * trace->drift);
    trace->module += modules * trace->drift;
    put_edge(trace, grid, at);
    judge(trace, grid, sample_from(at + trace->module - lag, grid->n)); /* the next edge is a module away or more */
}

void bc_soft_trace_end(bc_soft_trace *trace, const bc_soft_grid *grid)
{
    const int32_t most = trace->base + BC_SOFT_WINDOW < grid->n ? trace->base + BC_SOFT_WINDOW : grid->n;
    const int32_t to = sample_from(trace->edge + (float)(3 * BC_SOFT_PER_MODULE), most);
    for (int32_t i = trace->filled; i < to; i++)
        trace->model[i - trace->base] = trace->ink;
    if (to > trace->filled)
        trace->filled = to;
    judge(trace, grid, to - 1);
}

void bc_soft_trace_follow(bc_soft_trace *trace, float modules, float end)
{
    /* The samples are later than the model by -pull / slope; a flat stretch says little. */
    float late = -trace->pull / (trace->slope + 0.3f);
    late = late > 0.5f ? 0.5f : late < -0.5f ? -0.5f : late;
    const float step = 0.6f * late;
    trace->edge += step;
    trace->module += 0.25f * step / modules;
    trace->left -= modules;
    const float most = 0.15f * BC_SOFT_PER_MODULE; /* of change to the end: more than perspective does */
    if (trace->left > 12.0f) {
        const float change = 2.0f * ((end - trace->edge) / trace->left - trace->module);
        trace->drift = (change > most ? most : change < -most ? -most : change) / trace->left;
    }
    /* Errors along the steepness are spread: bars too narrow in the model by swell / slope on either side. */
    float swell = 0.4f * 2.0f * trace->swell / (trace->slope + 0.3f);
    swell = swell > 0.2f ? 0.2f : swell < -0.2f ? -0.2f : swell;
    trace->spread += swell;
    /* Blur adds to variance half the curvature; the variance of an edge is a seventh of its reach squared. */
    float reach = 0.3f * 7.0f * trace->bend / ((trace->curve + 0.1f) * trace->reach);
    reach = reach > 0.3f ? 0.3f : reach < -0.3f ? -0.3f : reach;
    trace->reach += reach;
    trace->reach = trace->reach > BC_SOFT_REACH_MAX ? BC_SOFT_REACH_MAX : trace->reach < 1.2f ? 1.2f : trace->reach;
    trace->one_by_reach = 1.0f / trace->reach;
    /* What is put right is not to be put right again, and what is long past counts less. */
    trace->pull = 0.55f * (trace->pull + step * trace->slope);
    trace->swell = 0.55f * (trace->swell - 0.5f * swell * trace->slope);
    trace->slope *= 0.55f;
    trace->bend *= 0.4f;
    trace->curve *= 0.6f;
}
