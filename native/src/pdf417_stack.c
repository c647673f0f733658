#include "pdf417_stack.h"

#define LIKE_LEAST 0.8f       /* of a symbol character that counts for where rows lie */
#define LIKE_MARGIN 0.03f     /* and by how much the next must be less like */
#define GROWTH_MOST 1.15f     /* of a column against the one before, by perspective */
#define AWAY 0.17f            /* modules that two samples of one are from its middle */
#define PLACES_A_ROW 3u
#define ROW_OFF 1.2f          /* rows that a symbol character may be from where its row should be */

void bc_stack_sample(const bc_stack *stack, uint32_t j, float t, float slope, float light[BC_PDF417_MODULES])
{
    const float half = 0.5f * (bc_curve_at(&stack->curve[j + 1], t) - bc_curve_at(&stack->curve[j], t));
    const float left = bc_curve_at(&stack->curve[j], t - slope * half);
    const float right = bc_curve_at(&stack->curve[j + 1], t + slope * half);
    for (uint32_t i = 0; i < BC_PDF417_MODULES; i++) {
        const float part = ((float)i + 0.5f) / (float)BC_PDF417_MODULES;
        const float s = left + part * (right - left), away = AWAY * (right - left) / (float)BC_PDF417_MODULES;
        const float down = t + slope * (2.0f * part - 1.0f) * half;
        light[i] = bc_view_at(&stack->view, s - away, down) + bc_view_at(&stack->view, s + away, down);
    }
}

/* Where the middle of column j is, as bc_rows counts. */
static float middle_of(const bc_stack *stack, uint32_t j)
{
    return (stack->k[j] + stack->k[j + 1]) / 2.0f;
}

float bc_stack_slope(const bc_stack *stack, uint32_t j, float t)
{
    const float k = middle_of(stack, j), along = bc_rows_along(&stack->rows, k, t);
    const float width = (bc_curve_at(&stack->curve[j + 1], t) - bc_curve_at(&stack->curve[j], t)) /
                        (stack->k[j + 1] - stack->k[j]);
    if (!(along > 1e-4f || along < -1e-4f) || !(width > 1.0f))
        return 0.0f;
    const float slope = -bc_rows_across(&stack->rows, k, t) / (along * width);
    return slope > 0.5f ? 0.5f : (slope < -0.5f ? -0.5f : slope);
}

bool bc_stack_clear_match(const bc_stack *stack, const float *light, uint32_t *cluster, bc_match *match)
{
    if (bc_match_quickly(stack->matcher, light, cluster, match))
        return true;
    *match = bc_match_cluster(stack->matcher, 0, light);
    *cluster = 0;
    for (uint32_t other = 1; other < BC_PDF417_CLUSTERS; other++) {
        const bc_match there = bc_match_cluster(stack->matcher, other, light);
        if (there.best > match->best) {
            const float second = there.second > match->best ? there.second : match->best;
            *match = (bc_match){there.value, there.best, second};
            *cluster = other;
        } else if (there.best > match->second) {
            match->second = there.best;
        }
    }
    return match->best > LIKE_LEAST && match->best - match->second > LIKE_MARGIN;
}

void bc_stack_observe(bc_stack *stack, uint32_t j)
{
    const float k = middle_of(stack, j);
    for (uint32_t i = 0; i < PLACES_A_ROW * stack->row_n; i++) {
        float light[BC_PDF417_MODULES];
        const float expected = ((float)i + 0.5f) / (float)PLACES_A_ROW;
        const float t = bc_rows_find(&stack->rows, k, expected);
        uint32_t cluster;
        bc_match match;
        bc_stack_sample(stack, j, t, bc_stack_slope(stack, j, t), light);
        const uint32_t row = i / PLACES_A_ROW;
        if (!bc_stack_clear_match(stack, light, &cluster, &match))
            continue;
        /* rows down to the next of this cluster */
        const uint32_t turn = (cluster + 2u * (row + stack->cluster)) % BC_PDF417_CLUSTERS;
        const float below = (float)row + 0.5f + (float)turn, above = below - 3.0f;
        const float seen = turn == 0 || below - expected < expected - above ? below : above;
        if (seen - expected < ROW_OFF && expected - seen < ROW_OFF && seen > 0.0f && seen < (float)stack->row_n)
            bc_rows_add(&stack->rows, k, t, seen);
    }
    bc_rows_solve(&stack->rows);
}

/* How much wider a column is than the one before it was than that before. */
static float growth_of(const bc_stack *stack, const uint32_t at[3])
{
    const float t = stack->rows.middle;
    const float here = bc_curve_at(&stack->curve[at[0]], t) - bc_curve_at(&stack->curve[at[1]], t);
    const float before = bc_curve_at(&stack->curve[at[1]], t) - bc_curve_at(&stack->curve[at[2]], t);
    const float growth = here / before;
    return growth > GROWTH_MOST ? GROWTH_MOST : (growth > 1.0f / GROWTH_MOST ? growth : 1.0f / GROWTH_MOST);
}

/*
 * Places curve `to` one beyond the last of those behind it, which are in
 * direction `step`: as wide a column as those lead to expect, and then where its
 * edges are.
 */
static void place_curve(bc_stack *stack, uint32_t to, int32_t step, bc_seen *seen)
{
    bc_curve *curve = &stack->curve[to];
    size_t n = 0;
    const uint32_t at[3] = {(uint32_t)((int32_t)to - step), (uint32_t)((int32_t)to - 2 * step),
                            (uint32_t)((int32_t)to - 3 * step)};
    const uint32_t from = at[0];
    const float growth = growth_of(stack, at);
    for (uint32_t i = 0; i < 3; i++)
        curve->c[i] = stack->curve[from].c[i] + growth * (stack->curve[from].c[i] - stack->curve[at[1]].c[i]);
    const uint32_t places = PLACES_A_ROW * stack->row_n;
    for (uint32_t i = 0; i < places; i++) {
        const float v = ((float)i + 0.5f) / (float)PLACES_A_ROW;
        const float t = bc_rows_find(&stack->rows, stack->k[to], v), s = bc_curve_at(curve, t);
        const float module = (s - bc_curve_at(&stack->curve[from], t)) / (float)BC_PDF417_MODULES;
        float found;
        if (bc_view_edge(&stack->view, s, t, module > 0.0f ? module : -module, &found))
            seen[n++] = (bc_seen){t, found};
    }
    const float module = stack->module;
    if (n >= places / 4 && bc_curve_fit(curve, seen, n, 2, 0.9f * module) > 0)
        bc_curve_fit(curve, seen, n, 3, 0.5f * module);
}

void bc_stack_grow(bc_stack *stack, bc_seen *seen)
{
    bc_stack_observe(stack, stack->from_stop ? stack->first + stack->column_n : stack->first - 1);
    for (uint32_t i = 0; i < stack->column_n; i++) {
        const uint32_t j = stack->from_stop ? stack->first + stack->column_n - 1 - i : stack->first + i;
        if (stack->from_stop)
            place_curve(stack, j, -1, seen);
        else
            place_curve(stack, j + 1, 1, seen);
        bc_stack_observe(stack, j);
    }
}

bc_match bc_stack_read(const bc_stack *stack, uint32_t row, uint32_t j)
{
    static const float place[PLACES_A_ROW] = {0.3f, 0.5f, 0.7f};
    float sum[BC_PDF417_MODULES] = {0.0f}, light[BC_PDF417_MODULES];
    for (uint32_t i = 0; i < PLACES_A_ROW; i++) {
        const float t = bc_rows_find(&stack->rows, middle_of(stack, j), (float)row + place[i]);
        bc_stack_sample(stack, j, t, bc_stack_slope(stack, j, t), light);
        for (uint32_t m = 0; m < BC_PDF417_MODULES; m++)
            sum[m] += light[m];
    }
    const uint32_t expected = (row + stack->cluster) % BC_PDF417_CLUSTERS;
    uint32_t cluster;
    bc_match match;
    if (bc_match_quickly(stack->matcher, sum, &cluster, &match) && cluster == expected)
        return match;
    return bc_match_cluster(stack->matcher, expected, sum);
}

/* The value that a right row indicator has, 5.11.3.2. */
static uint32_t right_indicator(const bc_stack *stack, uint32_t row)
{
    const uint32_t part[3] = {stack->column_n - 1, (stack->row_n - 1) / 3,
                              stack->ec_level * 3 + (stack->row_n - 1) % 3};
    return row / 3 * 30 + part[row % 3];
}

static bool has_right_indicators(bc_stack *stack, uint32_t j)
{
    uint32_t seen = 0;
    for (uint32_t row = 0; row < stack->row_n; row++) {
        const bc_match match = bc_stack_read(stack, row, j);
        seen += match.value == right_indicator(stack, row);
    }
    return seen * 3 >= stack->row_n;
}

/* A corner: the top or bottom of a curve, in column k, so many modules further right. */
static bc_point corner_at(const bc_stack *stack, uint32_t j, float v, float modules)
{
    const float t = bc_rows_find(&stack->rows, stack->k[j] + modules / (float)BC_PDF417_MODULES, v);
    const float module = (bc_curve_at(&stack->curve[stack->first], t) -
                          bc_curve_at(&stack->curve[stack->first - 1], t)) / (float)BC_PDF417_MODULES;
    return bc_view_point(&stack->view, bc_curve_at(&stack->curve[j], t) + modules * module, t);
}

void bc_stack_corners(bc_stack *stack, bc_seen *seen, bc_point corner[4], bool *complete)
{
    uint32_t end = stack->first + stack->column_n, begin = stack->first - 1;
    float right = 18.0f, left = -17.0f;
    *complete = true;
    if (stack->from_stop) {
        place_curve(stack, begin, -1, seen);
        end++;
    } else {
        place_curve(stack, end + 1, 1, seen);
        *complete = has_right_indicators(stack, end);
        right = *complete ? right : 1.0f;
        end += *complete;
        begin--;
        left = 0.0f;
    }
    const float bottom = (float)stack->row_n;
    corner[0] = corner_at(stack, begin, 0.0f, left);
    corner[1] = corner_at(stack, end, 0.0f, right);
    corner[2] = corner_at(stack, end, bottom, right);
    corner[3] = corner_at(stack, begin, bottom, left);
}
