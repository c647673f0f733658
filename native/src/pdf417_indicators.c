/* Row indicators: the symbol characters beside a guard, which tell the row and, in turn, the symbol's size (5.11.3). */
#include "pdf417_stack.h"

#include <string.h> /* memset */

#define SLOPES 5u           /* ways that rows may run, as it is not known yet: px along the bars for each across */
#define SLOPE_STEP 0.1f
#define SLOPE_PLACES 60.0f  /* looked at for each */
#define SLOPE_SURE 0.9f     /* share of them that is read, so that no other need be tried */
#define SLOPE_LEAST 0.12f   /* ... or none is right */
#define INLIERS_LEAST 6u

#define ALIKE 0.85f         /* correlation of modules */
#define ALIKE_PLACES 12u    /* along a column */
#define ALIKE_LEAST 8u      /* of them: the middle one of three rows, the fewest, has four */

/* Reads the indicators of column j with rows running at a slope, at about `places` places but a px apart at least. */
static size_t read_column(const bc_stack *stack, uint32_t j, float slope, float places, bc_row_seen *seen)
{
    size_t n = 0;
    const float length = stack->high - stack->low, step = length > places ? length / places : 1.0f;
    for (float t = stack->low; t <= stack->high && n < BC_INDICATORS_MAX; t += step) {
        float light[BC_PDF417_MODULES];
        uint32_t cluster;
        bc_match match;
        bc_stack_sample(stack, j, t, slope, light);
        if (bc_stack_clear_match(stack, light, &cluster, &match) && match.value < 900)
            seen[n++] = (bc_row_seen){t, (float)(match.value / 30u * 3u + cluster) + 0.5f, match.value,
                                      (uint8_t)cluster};
    }
    return n;
}

/* Takes the mean off modules; the sum of their squares. */
static float centre(float light[BC_PDF417_MODULES])
{
    float mean = 0.0f, square = 0.0f;
    for (uint32_t i = 0; i < BC_PDF417_MODULES; i++)
        mean += light[i] / (float)BC_PDF417_MODULES;
    for (uint32_t i = 0; i < BC_PDF417_MODULES; i++) {
        light[i] -= mean;
        square += light[i] * light[i];
    }
    return square;
}

/*
 * Whether column j looks like its middle almost everywhere: the bars of a linear
 * symbol, since no two rows that follow each other have the same symbol character.
 */
static bool is_linear(const bc_stack *stack, uint32_t j)
{
    float middle[BC_PDF417_MODULES], light[BC_PDF417_MODULES];
    const float length = stack->high - stack->low;
    bc_stack_sample(stack, j, stack->low + length / 2.0f, 0.0f, middle);
    const float square = centre(middle);
    uint32_t alike = 0;
    for (uint32_t i = 0; i < ALIKE_PLACES; i++) {
        float product = 0.0f;
        bc_stack_sample(stack, j, stack->low + length * ((float)i + 0.5f) / (float)ALIKE_PLACES, 0.0f, light);
        const float own = centre(light);
        for (uint32_t m = 0; m < BC_PDF417_MODULES; m++)
            product += middle[m] * light[m];
        alike += product > ALIKE * __builtin_sqrtf(square * own);
    }
    return alike >= ALIKE_LEAST;
}

/* The value most often said of three that take turns; 99 when none is. */
static uint32_t winner(const uint16_t *count)
{
    uint32_t best = 0, second = 0, value = 99;
    for (uint32_t i = 0; i < 30; i++)
        if (count[i] > best) {
            second = best;
            best = count[i];
            value = i;
        } else if (count[i] > second) {
            second = count[i];
        }
    return best > 0 && best > second + second / 2 ? value : 99;
}

/* What the indicators on the line say of the symbol's size; false when they do not. */
static bool vote_size(bc_stack *stack, const bc_row_seen *seen, size_t n, const bc_row_line *line)
{
    uint16_t count[3][30]; /* by what they tell: rows, error correction, columns, as on the left */
    memset(count, 0, sizeof count);
    for (size_t i = 0; i < n; i++)
        if (bc_row_on_line(line, &seen[i]))
            count[(seen[i].cluster + (stack->from_stop ? 2u : 0u)) % 3u][seen[i].value % 30u]++;
    const uint32_t rows = winner(count[0]), ec = winner(count[1]), columns = winner(count[2]);
    if (rows == 99 || ec == 99 || columns == 99)
        return false;
    stack->row_n = rows * 3 + ec % 3 + 1;
    stack->ec_level = ec / 3;
    stack->column_n = columns + 1;
    return stack->row_n >= 3 && stack->row_n <= BC_STACK_ROWS && stack->ec_level <= 8 &&
           stack->row_n * stack->column_n < BC_PDF417_MAX_CODEWORDS &&
           stack->row_n * stack->column_n > (2u << stack->ec_level) + 1;
}

/* The curves of the guard, and the one beyond the row indicators, a symbol character farther. */
static void place_guard(bc_stack *stack, const bc_trace *trace)
{
    const uint32_t j = stack->from_stop ? BC_STACK_COLUMNS : 0;
    stack->curve[j] = trace->left_curve;
    stack->curve[j + 1] = trace->right_curve;
    bc_curve *beyond = &stack->curve[stack->from_stop ? j - 1 : 2];
    const float share = 1.0f + trace->growth / (17.0f * stack->module);
    for (uint32_t i = 0; i < 3; i++) {
        const float width = share * (trace->right_curve.c[i] - trace->left_curve.c[i]);
        beyond->c[i] = stack->from_stop ? trace->left_curve.c[i] - width : trace->right_curve.c[i] + width;
    }
}

/* Moves the curve beyond the row indicators to where its edges are. */
static void place_beyond(bc_stack *stack, bc_seen *room)
{
    bc_curve *beyond = &stack->curve[stack->from_stop ? BC_STACK_COLUMNS - 1 : 2];
    const float length = stack->high - stack->low;
    const float step = length > (float)(BC_TRACE_MAX - 2) ? length / (float)(BC_TRACE_MAX - 2) : 1.0f;
    size_t n = 0;
    for (float t = stack->low; t <= stack->high && n < BC_TRACE_MAX; t += step) {
        const float s = bc_curve_at(beyond, t);
        if (bc_view_edge(&stack->view, s, t, stack->module, &room[n].s))
            room[n++].t = t;
    }
    if ((float)n * step > 0.3f * length && bc_curve_fit(beyond, room, n, 2, 1.0f * stack->module) > 0)
        bc_curve_fit(beyond, room, n, 3, 0.5f * stack->module);
}

static void begin_rows(bc_stack *stack, uint32_t j, float slope, const bc_row_seen *seen, size_t n,
                       const bc_row_line *line)
{
    bc_rows_begin(&stack->rows, (float)j + 0.5f, stack->low, stack->high, line->a, line->b,
                  -slope * line->b * (float)BC_PDF417_MODULES * stack->module);
    for (size_t i = 0; i < n; i++)
        if (bc_row_on_line(line, &seen[i]))
            bc_rows_add(&stack->rows, (float)j + 0.5f, seen[i].t, seen[i].v);
    bc_rows_solve(&stack->rows);
}

/* How rows run across the indicators: as most of them are read; false when hardly any are. */
static bool find_slope(const bc_stack *stack, uint32_t j, bc_row_seen *room, float *slope)
{
    size_t n[SLOPES], best = 0;
    const float length = stack->high - stack->low;
    const float places = length < SLOPE_PLACES ? length : SLOPE_PLACES;
    for (size_t i = 0; i < SLOPES; i++) {
        const size_t at = (i + SLOPES / 2) % SLOPES; /* the middle one first */
        n[at] = read_column(stack, j, SLOPE_STEP * ((float)at - (float)(SLOPES / 2)), places, room);
        if (i == 0 && (float)n[at] > SLOPE_SURE * places) {
            *slope = 0.0f;
            return true;
        }
    }
    for (size_t i = 1; i < SLOPES; i++)
        best = n[i] > n[best] ? i : best;
    float part = 0.0f;
    if (best > 0 && best + 1 < SLOPES) {
        const float before = (float)n[best - 1], here = (float)n[best], after = (float)n[best + 1];
        part = before + after < 2.0f * here ? 0.5f * (before - after) / (before + after - 2.0f * here) : 0.0f;
    }
    *slope = SLOPE_STEP * ((float)best + part - (float)(SLOPES / 2));
    return (float)n[best] > SLOPE_LEAST * places;
}

bool bc_stack_begin(bc_stack *stack, const bc_trace *trace, const bc_guard *guard, bc_row_seen *indicator,
                    bc_seen *seen)
{
    const uint32_t j = guard->stop ? BC_STACK_COLUMNS - 1 : 1;
    stack->from_stop = guard->stop;
    stack->cluster = 0;
    for (uint32_t i = 0; i < BC_STACK_COLUMNS + 2; i++)
        stack->k[i] = (float)i;
    stack->low = trace->low;
    stack->high = trace->high;
    const float middle = (trace->low + trace->high) / 2.0f;
    stack->module = (bc_curve_at(&trace->right_curve, middle) - bc_curve_at(&trace->left_curve, middle)) / 17.0f;
    if (!(stack->module > 0.8f))
        return false;
    place_guard(stack, trace);
    place_beyond(stack, seen);
    float slope;
    if (is_linear(stack, j) || !find_slope(stack, j, indicator, &slope))
        return false;
    const size_t n = read_column(stack, j, slope, (float)(BC_INDICATORS_MAX - 2), indicator);
    const bc_row_line best = bc_row_line_fit(indicator, n, stack->module);
    if (best.inliers < INLIERS_LEAST)
        return false;
    if (!vote_size(stack, indicator, n, &best))
        return false;
    stack->first = guard->stop ? BC_STACK_COLUMNS - 1 - stack->column_n : 2;
    begin_rows(stack, j, slope, indicator, n, &best);
    return true;
}
