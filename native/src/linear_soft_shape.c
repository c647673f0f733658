/* Symbols as sequences of sets of symbol characters: see linear_soft_shape.h. */
#include "linear_soft_shape.h"

#include "bc.h"

const bc_soft_shape bc_soft_shapes[BC_SOFT_SHAPES] = {
    {BC_EAN13,
     {{BC_SET_EAN_GUARD, 1}, {BC_SET_EAN_AB, 6}, {BC_SET_EAN_CENTRE, 1}, {BC_SET_EAN_C, 6}, {BC_SET_EAN_GUARD, 1}},
     0, false},
    {BC_EAN8,
     {{BC_SET_EAN_GUARD, 1}, {BC_SET_EAN_A, 4}, {BC_SET_EAN_CENTRE, 1}, {BC_SET_EAN_C, 4}, {BC_SET_EAN_GUARD, 1}},
     0, false},
    {BC_UPCE,
     {{BC_SET_EAN_GUARD, 1}, {BC_SET_EAN_AB, 6}, {BC_SET_UPCE_END, 1}, {BC_SETS, 0}, {BC_SETS, 0}},
     0, false},
    {BC_CODE128,
     {{BC_SET_128_START, 1}, {BC_SET_128_DATA, 0}, {BC_SET_128_STOP, 1}, {BC_SETS, 0}, {BC_SETS, 0}},
     2, false},
    {BC_CODE93,
     {{BC_SET_93_START, 1}, {BC_SET_93_DATA, 0}, {BC_SET_93_STOP, 1}, {BC_SETS, 0}, {BC_SETS, 0}},
     3, false},
    {BC_CODE39,
     {{BC_SET_39_START, 1}, {BC_SET_39_DATA, 0}, {BC_SET_39_STOP, 1}, {BC_SETS, 0}, {BC_SETS, 0}},
     2, true},
    {BC_ITF,
     {{BC_SET_ITF_START, 1}, {BC_SET_ITF_PAIR, 0}, {BC_SET_ITF_STOP, 1}, {BC_SETS, 0}, {BC_SETS, 0}},
     3, true},
};

/* Patterns of a set in a table, beginning at `from`; two-width sets are made otherwise. */
static const struct {
    const uint32_t *table; /* null for a single pattern, or two widths */
    uint64_t single;
    uint16_t from, count, elements;
} sets[BC_SETS] = {
    [BC_SET_EAN_GUARD] = {NULL, 0x111, 0, 1, 3},
    [BC_SET_EAN_CENTRE] = {NULL, 0x11111, 0, 1, 5},
    [BC_SET_UPCE_END] = {NULL, 0x111111, 0, 1, 6},
    [BC_SET_EAN_A] = {bc_ean_patterns, 0, 0, 10, 4},
    [BC_SET_EAN_AB] = {bc_ean_patterns, 0, 0, 20, 4},
    [BC_SET_EAN_C] = {bc_ean_patterns, 0, 0, 10, 4},
    [BC_SET_128_START] = {bc_code128_patterns, 0, 103, 3, 6},
    [BC_SET_128_DATA] = {bc_code128_patterns, 0, 0, 103, 6},
    [BC_SET_128_STOP] = {NULL, 0x2331112, 0, 1, 7},
    [BC_SET_93_START] = {NULL, 0x111141, 0, 1, 6},
    [BC_SET_93_DATA] = {bc_code93_patterns, 0, 0, 47, 6},
    [BC_SET_93_STOP] = {NULL, 0x1111411, 0, 1, 7},
    [BC_SET_39_START] = {NULL, 0x1211212111, 0, 1, 10},
    [BC_SET_39_DATA] = {NULL, 0, 0, 43, 10},
    [BC_SET_39_STOP] = {NULL, 0x121121211, 0, 1, 9},
    [BC_SET_ITF_START] = {NULL, 0x1111, 0, 1, 4},
    [BC_SET_ITF_PAIR] = {NULL, 0, 0, 100, 10},
    [BC_SET_ITF_STOP] = {NULL, 0x211, 0, 1, 3},
};

uint32_t bc_soft_set_size(bc_soft_set set)
{
    return sets[set].count;
}

/* The bits of n elements as hex digits 1 and 2, `apart` digits from one to the next. */
static uint64_t spell(uint32_t bits, uint32_t n, uint32_t apart)
{
    uint64_t widths = 0;
    for (uint32_t i = 0; i < n; i++)
        widths = widths << (4 * apart) | (1u + (bits >> (n - 1 - i) & 1u));
    return widths;
}

bc_soft_pattern bc_soft_set_pattern(bc_soft_set set, uint32_t i)
{
    bc_soft_pattern pattern = {sets[set].single, sets[set].elements};
    if (set == BC_SET_39_DATA) /* with the narrow gap behind it */
        pattern.widths = spell(bc_code39_patterns[i], 9, 1) << 4 | 1u;
    else if (set == BC_SET_ITF_PAIR)
        pattern.widths = spell(bc_itf_patterns[i / 10], 5, 2) << 4 | spell(bc_itf_patterns[i % 10], 5, 2);
    else if (sets[set].table != NULL)
        pattern.widths = sets[set].table[sets[set].from + i];
    return pattern;
}

float bc_soft_set_modules(bc_soft_set set, float wide)
{
    const bc_soft_pattern pattern = bc_soft_set_pattern(set, 0);
    float modules = 0.0f;
    for (uint32_t i = 0; i < pattern.elements; i++) {
        const uint32_t width = (uint32_t)(pattern.widths >> (4 * i) & 15u);
        modules += set >= BC_SET_39_START && width == 2 ? wide : (float)width;
    }
    return modules;
}

const bc_soft_node *bc_soft_tree(bc_soft_set set, bc_arena *arena)
{
    const uint32_t count = sets[set].count, most = count * sets[set].elements + 1;
    bc_soft_node *node = bc_arena_take(arena, most, sizeof *node);
    if (node == NULL)
        return NULL;
    uint16_t n = 1; /* at most 100 * 10 + 1 */
    node[0] = (bc_soft_node){0};
    for (uint32_t i = 0; i < count; i++) {
        const bc_soft_pattern pattern = bc_soft_set_pattern(set, i);
        uint16_t at = 0;
        for (uint32_t j = 0; j < pattern.elements; j++) {
            const uint8_t width = (uint8_t)(pattern.widths >> (4 * (pattern.elements - 1 - j)) & 15u);
            uint16_t next = node[at].child;
            while (next != 0 && node[next].width != width)
                next = node[next].sibling;
            if (next == 0) {
                next = n++;
                node[next] = (bc_soft_node){0, node[at].child, (uint16_t)i, width};
                node[at].child = next;
            }
            at = next;
        }
    }
    return node;
}

bool bc_soft_plan_make(const bc_soft_shape *shape, uint32_t n, bc_soft_plan *plan)
{
    *plan = (bc_soft_plan){0};
    for (size_t i = 0; i < BC_SOFT_RUNS && shape->run[i].set != BC_SETS; i++) {
        const uint32_t count = shape->run[i].count > 0 ? shape->run[i].count : n;
        const bc_soft_set set = (bc_soft_set)shape->run[i].set;
        if (plan->steps + count > BC_SOFT_STEPS)
            return false;
        for (uint32_t j = 0; j < count; j++)
            plan->set[plan->steps++] = (uint8_t)set;
        plan->elements += count * sets[set].elements;
        const bc_soft_pattern pattern = bc_soft_set_pattern(set, 0); /* all of a set are as wide */
        for (uint32_t j = 0; j < pattern.elements; j++) {
            const uint32_t width = (uint32_t)(pattern.widths >> (4 * j) & 15u);
            if (shape->two_widths && width == 2)
                plan->wides += (float)count;
            else
                plan->modules += (float)(count * width);
        }
    }
    return true;
}
