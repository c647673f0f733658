/* Every row begins each of its parts with a bar, so all boundaries of columns are edges from top to bottom. */
#include "pdf417_micro.h"

#define LEARNT 0.3f          /* of what an edge is off by */
#define THERE 0.7f           /* share of the edges that a row must show */
#define MISSES_LEAST 6u      /* steps, of a px each, or a third of those where it was there */
#define SEEN_LEAST 6u
#define AGREE_LEAST 0.3f     /* share of places along the bars that agree on rows */
#define APART_MOST 2.5f      /* rows between what both sides say */
#define ROWS_SHARE 0.4f      /* of a size's rows that must be there */
#define BEST_MARGIN 1.2f     /* the next likely size agrees with so much less */

static const bc_micro_layout *layout_of(const bc_micro_row *row)
{
    return &bc_micro_layouts[row->columns];
}

/* Sets where curves are, in modules and in symbol characters, and what the row shows of light and dark. */
static void begin(bc_stack *stack, const bc_micro_row *row, float *at)
{
    const bc_micro_layout *layout = layout_of(row);
    float modules = 0.0f, low = 1e9f, high = -1e9f;
    for (uint32_t j = 0; j <= layout->n; j++) {
        stack->k[j] = modules / (float)BC_PDF417_MODULES;
        at[j] = j > 0 ? row->end[j - 1] * row->module : 0.0f;
        modules += j < layout->n ? (float)layout->modules[j] : 0.0f;
    }
    for (float s = 0.5f; s < modules; s += 0.5f) {
        const float light = bc_view_at(&stack->view, s * row->module, 0.0f);
        low = light < low ? light : low;
        high = light > high ? light : high;
    }
    stack->view.scene.contrast = 0.8f * (high - low);
    stack->module = row->module;
}

/* Notes the edges at t; whether most were there. */
static bool look(bc_stack *stack, const bc_micro_row *row, float t, float *at, bc_micro_trace *trace)
{
    const uint32_t n = layout_of(row)->n + 1u;
    float found[BC_MICRO_PARTS + 1];
    uint32_t seen = 0;
    bool on[BC_MICRO_PARTS + 1];
    for (uint32_t j = 0; j < n; j++) {
        on[j] = bc_view_edge(&stack->view, at[j], t, row->module, &found[j]);
        seen += on[j];
    }
    if ((float)seen < THERE * (float)n)
        return false;
    float mean = 0.0f;
    for (uint32_t j = 0; j < n; j++)
        mean += on[j] ? (found[j] - at[j]) / (float)seen : 0.0f;
    for (uint32_t j = 0; j < n; j++) {
        at[j] += LEARNT * (on[j] ? found[j] - at[j] : mean);
        if (on[j] && trace->seen_n[j] < BC_MICRO_TRACE_MAX)
            trace->seen[j][trace->seen_n[j]++] = (bc_seen){t, found[j]};
    }
    return true;
}

static float follow(bc_stack *stack, const bc_micro_row *row, float side, bc_micro_trace *trace)
{
    float at[BC_MICRO_PARTS + 1], last = 0.0f;
    uint32_t seen = 0, missed = 0;
    begin(stack, row, at);
    for (uint32_t step = side > 0.0f ? 0u : 1u; step < BC_MICRO_TRACE_MAX / 2; step++) {
        const float t = side * (float)step;
        if (look(stack, row, t, at, trace)) {
            missed = 0;
            seen++;
            last = t;
        } else if (++missed > MISSES_LEAST && missed > seen / 3) {
            break;
        }
    }
    return last;
}

bool bc_micro_follow(bc_stack *stack, const bc_micro_row *row, bc_micro_trace *trace)
{
    const uint32_t n = layout_of(row)->n + 1u;
    for (uint32_t j = 0; j < n; j++)
        trace->seen_n[j] = 0;
    stack->high = follow(stack, row, 1.0f, trace);
    stack->low = follow(stack, row, -1.0f, trace);
    float at[BC_MICRO_PARTS + 1];
    begin(stack, row, at);
    for (uint32_t j = 0; j < n; j++) {
        stack->curve[j] = (bc_curve){{at[j], 0.0f, 0.0f}};
        if (trace->seen_n[j] < SEEN_LEAST ||
            bc_curve_fit(&stack->curve[j], trace->seen[j], trace->seen_n[j], 2,
                         0.4f * (stack->high - stack->low) + 2.0f * row->module) == 0 ||
            bc_curve_fit(&stack->curve[j], trace->seen[j], trace->seen_n[j], 3, row->module) == 0)
            return false;
    }
    const uint32_t modules = (uint32_t)(stack->k[n - 1] * (float)BC_PDF417_MODULES + 0.5f);
    stack->module = (bc_curve_at(&stack->curve[n - 1], 0.0f) - bc_curve_at(&stack->curve[0], 0.0f)) / (float)modules;
    return stack->module > 0.8f;
}

/* The row address patterns of a column, by place along the bars. */
static size_t read_patterns(const bc_stack *stack, uint32_t j, const bc_rap_looks *looks, bc_row_seen *seen)
{
    const float length = stack->high - stack->low;
    const float step = length > (float)(BC_MICRO_SEEN_MAX - 2) ? length / (float)(BC_MICRO_SEEN_MAX - 2) : 1.0f;
    size_t n = 0;
    for (float t = stack->low; t <= stack->high && n < BC_MICRO_SEEN_MAX; t += step) {
        float light[BC_PDF417_RAP_MODULES];
        const float left = bc_curve_at(&stack->curve[j], t), right = bc_curve_at(&stack->curve[j + 1], t);
        for (uint32_t i = 0; i < BC_PDF417_RAP_MODULES; i++)
            light[i] = bc_view_at(&stack->view,
                                  left + ((float)i + 0.5f) / (float)BC_PDF417_RAP_MODULES * (right - left), t);
        const uint32_t rap = bc_rap_match(looks, light);
        if (rap < BC_PDF417_RAPS)
            seen[n++] = (bc_row_seen){t, 0.0f, (uint16_t)rap, 0};
    }
    return n;
}

/* What a size makes of the patterns seen: those it has come first, with their rows. */
static size_t as_rows(const bc_micro_variant *variant, uint32_t part, const bc_row_seen *seen, size_t n,
                      bc_row_seen *rows)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t row;
        if (bc_rap_row(variant, part, seen[i].value, &row))
            rows[kept++] = (bc_row_seen){seen[i].t, (float)row + 0.5f, seen[i].value, 0};
    }
    return kept;
}

/* The lines of rows at both sides that a size makes of the patterns; how many places agree. */
static uint32_t judge(const bc_stack *stack, const bc_micro_variant *variant, const bc_micro_trace *trace,
                      bc_row_line line[2])
{
    bc_row_seen rows[BC_MICRO_SEEN_MAX / 4];
    const bc_row_seen *const side[2] = {trace->left, trace->right};
    const size_t side_n[2] = {trace->left_n, trace->right_n};
    for (uint32_t i = 0; i < 2; i++) {
        const size_t every = side_n[i] / (BC_MICRO_SEEN_MAX / 4) + 1;
        bc_row_seen some[BC_MICRO_SEEN_MAX / 4];
        size_t n = 0;
        for (size_t j = 0; j < side_n[i] && n < BC_MICRO_SEEN_MAX / 4; j += every)
            some[n++] = side[i][j];
        n = as_rows(variant, i == 0 ? 0 : 2, some, n, rows);
        line[i] = bc_row_line_fit(rows, n, stack->module / 2.0f);
        line[i].inliers *= (uint32_t)every;
    }
    const float t = (stack->low + stack->high) / 2.0f, length = stack->high - stack->low;
    const float apart = line[0].a - line[1].a + t * (line[0].b - line[1].b);
    const float rows_seen = length * (line[0].b > 0.0f ? line[0].b : -line[0].b);
    if ((line[0].b > 0.0f) != (line[1].b > 0.0f) || apart > APART_MOST || apart < -APART_MOST ||
        rows_seen < ROWS_SHARE * (float)variant->rows)
        return 0;
    return line[0].inliers + line[1].inliers;
}

/* Fits the rows to all patterns that agree with the lines. */
static void lay(bc_stack *stack, const bc_micro_variant *variant, uint32_t parts, const bc_micro_trace *trace,
                const bc_row_line line[2])
{
    const float left = (stack->k[0] + stack->k[1]) / 2.0f, right = (stack->k[parts - 1] + stack->k[parts]) / 2.0f;
    const float t = (stack->low + stack->high) / 2.0f;
    const float across = (line[1].a + line[1].b * t - line[0].a - line[0].b * t) / (right - left);
    bc_rows_begin(&stack->rows, left, stack->low, stack->high, line[0].a, line[0].b, across);
    const bc_row_seen *const side[2] = {trace->left, trace->right};
    const size_t side_n[2] = {trace->left_n, trace->right_n};
    for (uint32_t i = 0; i < 2; i++)
        for (size_t j = 0; j < side_n[i]; j++) {
            bc_row_seen row;
            if (as_rows(variant, i == 0 ? 0 : 2, &side[i][j], 1, &row) == 1 && bc_row_on_line(&line[i], &row))
                bc_rows_add(&stack->rows, i == 0 ? left : right, row.t, row.v);
        }
    bc_rows_solve(&stack->rows);
}

const bc_micro_variant *bc_micro_lay_rows(bc_stack *stack, const bc_micro_row *row, float blur, bc_micro_trace *trace)
{
    const uint32_t parts = layout_of(row)->n;
    const bc_micro_variant *best = NULL;
    bc_row_line best_line[2] = {{0.0f, 0.0f, 0}, {0.0f, 0.0f, 0}};
    uint32_t most = 0, second = 0;
    bc_rap_looks_make(&trace->looks, blur);
    trace->left_n = read_patterns(stack, 0, &trace->looks, trace->left);
    trace->right_n = read_patterns(stack, parts - 1, &trace->looks, trace->right);
    for (uint32_t i = 0; i < BC_PDF417_VARIANTS; i++) {
        bc_row_line line[2];
        const bc_micro_variant *variant = &bc_pdf417_variant[i];
        const uint32_t agree = variant->columns == row->columns ? judge(stack, variant, trace, line) : 0;
        if (agree > most) {
            second = most;
            most = agree;
            best = variant;
            best_line[0] = line[0];
            best_line[1] = line[1];
        } else if (agree > second) {
            second = agree;
        }
    }
    const float places = stack->high - stack->low;
    if (best == NULL || (float)most < AGREE_LEAST * 2.0f * (places < 254.0f ? places : 254.0f) ||
        (float)most < BEST_MARGIN * (float)second)
        return NULL;
    stack->row_n = best->rows;
    stack->column_n = best->columns;
    stack->cluster = best->cluster;
    lay(stack, best, parts, trace, best_line);
    return best;
}

uint32_t bc_micro_column(uint32_t columns, uint32_t i)
{
    return 1 + i + (columns == 3 && i >= 1 ? 1u : 0u) + (columns == 4 && i >= 2 ? 1u : 0u);
}

void bc_micro_corners(const bc_stack *stack, const bc_micro_row *row, bc_point corner[4])
{
    const uint32_t n = layout_of(row)->n;
    const float rows = (float)stack->row_n;
    for (uint32_t i = 0; i < 4; i++) {
        const bool right = i == 1 || i == 2, bottom = i >= 2;
        const float t = bc_rows_find(&stack->rows, stack->k[right ? n : 0], bottom ? rows : 0.0f);
        const float s = bc_curve_at(&stack->curve[right ? n : 0], t) + (right ? stack->module : 0.0f);
        corner[i] = bc_view_point(&stack->view, s, t);
    }
}
