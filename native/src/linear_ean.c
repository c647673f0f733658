/* EAN-13, with UPC-A as its half that begins with 0, and EAN-8 (ISO/IEC 15420) from element widths. */
#include "linear_ean.h"

/* ISO/IEC 15420, table 1: set A, then set B.  Set C has the widths of A and begins with a bar. */
const uint32_t bc_ean_patterns[20] = {
    0x3211, 0x2221, 0x2122, 0x1411, 0x1132, 0x1231, 0x1114, 0x1312, 0x1213, 0x3112,
    0x1123, 0x1222, 0x2212, 0x1141, 0x2311, 0x1321, 0x4111, 0x2131, 0x3121, 0x2113,
};

/* Two digits of A and B may differ by one edge of one module: a margin of 1 module^2 is perfect. */
static const bc_nk_set left_digits = {bc_ean_patterns, 20, BC_EAN_ELEMENTS, BC_EAN_MODULES, 1300, 1100};
static const bc_nk_set right_digits = {bc_ean_patterns, 10, BC_EAN_ELEMENTS, BC_EAN_MODULES, 1300, 1100};

/* ISO/IEC 15420, table 3: which of six digits are of set B, by the digit that is not printed. */
static const uint8_t thirteenth[10] = {0x00, 0x0B, 0x0D, 0x0E, 0x13, 0x19, 0x1C, 0x15, 0x16, 0x1A};

bool bc_ean_starts(const uint16_t *width, uint32_t quiet)
{
    const uint32_t total = (uint32_t)width[0] + width[1] + width[2];
    /* Half a module of ink spread leaves a bar 1.5 and a space 0.5 modules wide. */
    return total > 0 && bc_is_quiet(width[-1], quiet, total, 3) && 5 * (uint32_t)width[0] >= total &&
           2 * (uint32_t)width[0] <= total && 5 * (uint32_t)width[2] >= total && 2 * (uint32_t)width[2] <= total &&
           10 * (uint32_t)width[1] >= total;
}

bool bc_ean_guards(bc_ean_symbol *symbol, const uint8_t (*guard)[2], size_t n)
{
    const float module = (float)symbol->total / (float)symbol->modules;
    float bars = 0.0f, spaces = 0.0f, bar_n = 0.0f, space_n = 0.0f;
    for (size_t i = 0; i < n; i++) {
        const uint16_t *width = symbol->width + guard[i][0];
        for (size_t j = 0; j < guard[i][1]; j++) {
            const float modules = (float)width[j] / module;
            if (modules < 0.25f || modules > 1.9f)
                return false;
            /* Two neighbours are two modules wide, whatever the spread. */
            if (j > 0 && (float)(width[j - 1] + width[j]) > 2.8f * module)
                return false;
            if (j > 0 && (float)(width[j - 1] + width[j]) < 1.3f * module)
                return false;
            const bool bar = (guard[i][0] + j) % 2 == 0;
            bars += bar ? modules : 0.0f;
            spaces += bar ? 0.0f : modules;
            bar_n += bar ? 1.0f : 0.0f;
            space_n += bar ? 0.0f : 1.0f;
        }
    }
    symbol->fit = (bc_nk_fit){.spread = (int32_t)(0.5f * BC_UNIT * (bars / bar_n - spaces / space_n))};
    return true;
}

bool bc_ean_digits(bc_ean_symbol *symbol, size_t at, size_t n, uint8_t *digits, uint32_t *even)
{
    uint32_t before = 0;
    for (size_t i = 0; i < n; i++, at += BC_EAN_ELEMENTS) {
        const uint16_t *width = symbol->width + at;
        const uint32_t sum = bc_width_sum(width, BC_EAN_ELEMENTS);
        /* Seven modules, give or take a third, and no more than a fifth unlike the digit before. */
        if (3 * sum * symbol->modules < 14 * symbol->total || 3 * sum * symbol->modules > 28 * symbol->total ||
            (i > 0 && (5 * sum < 4 * before || 4 * sum > 5 * before)))
            return false;
        before = sum;
        const bc_nk_set *set = even != NULL ? &left_digits : &right_digits;
        const uint32_t found = bc_nk_match(set, width, even == NULL, &symbol->fit);
        if (found == BC_NO_CHARACTER)
            return false;
        digits[i] = (uint8_t)('0' + found % 10);
        if (even != NULL)
            *even = *even << 1 | (found >= 10);
    }
    return true;
}

static void fill(const bc_ean_symbol *symbol, size_t first, size_t elements, bc_linear_read *read)
{
    read->first = (uint16_t)first;
    read->last = (uint16_t)(first + elements - 1);
    read->modules = (uint16_t)(symbol->modules * 8);
    read->doubt = bc_nk_doubt(&symbol->fit);
}

bool bc_ean13_read(const bc_elements *line, size_t first, uint32_t flags, bc_linear_read *read)
{
    enum { ELEMENTS = 59, MODULES = 95, LEFT = 3, RIGHT = 32 };
    static const uint8_t guard[][2] = {{0, 3}, {27, 5}, {56, 3}};
    /*
     * Modules of quiet zone: 11 and 7 by the standard.  59 elements in 95
     * modules with three guards are no part of anything, so a lower bound does.
     */
    const uint32_t quiet = 3;
    (void)flags;
    if (first == 0 || first + ELEMENTS >= line->n || !bc_ean_starts(line->width + first, quiet))
        return false;
    bc_ean_symbol symbol = {.width = line->width + first, .modules = MODULES};
    symbol.total = bc_width_sum(symbol.width, ELEMENTS);
    if (!bc_is_quiet(symbol.width[-1], quiet, symbol.total, MODULES) ||
        !bc_is_quiet(symbol.width[ELEMENTS], quiet, symbol.total, MODULES) ||
        !bc_ean_guards(&symbol, guard, 3))
        return false;

    uint32_t even = 0, digit = 0;
    if (!bc_ean_digits(&symbol, LEFT, 6, read->data + 1, &even) ||
        !bc_ean_digits(&symbol, RIGHT, 6, read->data + 7, NULL))
        return false;
    while (digit < 10 && thirteenth[digit] != even)
        digit++;
    read->data[0] = (uint8_t)('0' + digit);
    if (digit == 10 || bc_gs1_check(read->data, 12) != (uint32_t)(read->data[12] - '0'))
        return false;
    read->symbology = BC_EAN13;
    read->code = 'E';
    read->modifier = '0';
    read->length = 13;
    fill(&symbol, first, ELEMENTS, read);
    read->votes_needed = bc_linear_votes(bc_nk_strays(&symbol.fit) ? 2 : 1, read->doubt);
    bc_ean_addon(line, &symbol, read);
    return true;
}

bool bc_ean8_read(const bc_elements *line, size_t first, uint32_t flags, bc_linear_read *read)
{
    enum { ELEMENTS = 43, MODULES = 67, LEFT = 3, RIGHT = 24 };
    static const uint8_t guard[][2] = {{0, 3}, {19, 5}, {40, 3}};
    const uint32_t quiet = 5; /* modules; 7 by the standard, and more than any space inside a symbol */
    (void)flags;
    if (first == 0 || first + ELEMENTS >= line->n || !bc_ean_starts(line->width + first, quiet))
        return false;
    bc_ean_symbol symbol = {.width = line->width + first, .modules = MODULES};
    symbol.total = bc_width_sum(symbol.width, ELEMENTS);
    if (!bc_is_quiet(symbol.width[-1], quiet, symbol.total, MODULES) ||
        !bc_is_quiet(symbol.width[ELEMENTS], quiet, symbol.total, MODULES) ||
        !bc_ean_guards(&symbol, guard, 3))
        return false;

    uint32_t even = 0;
    if (!bc_ean_digits(&symbol, LEFT, 4, read->data, &even) || even != 0 ||
        !bc_ean_digits(&symbol, RIGHT, 4, read->data + 4, NULL) ||
        bc_gs1_check(read->data, 7) != (uint32_t)(read->data[7] - '0'))
        return false;
    read->symbology = BC_EAN8;
    read->code = 'E';
    read->modifier = '4';
    read->length = 8;
    fill(&symbol, first, ELEMENTS, read);
    /* A drawn symbol may be one line high: nothing else has 43 elements so exactly in their places. */
    read->votes_needed = bc_linear_votes(read->doubt < 20 ? 1 : 2, read->doubt);
    return true;
}
