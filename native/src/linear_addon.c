/* Two- and five-digit add-ons of EAN and UPC (ISO/IEC 15420, 4.3.6 and 4.3.7) from element widths. */
#include "linear_ean.h"

/* ISO/IEC 15420, table 5: which of five digits are of set B, by check value. */
static const uint8_t five_checks[10] = {0x18, 0x14, 0x12, 0x11, 0x0C, 0x06, 0x03, 0x0A, 0x09, 0x05};

/* Whether the elements are 1 1 of the local module, after any spread. */
static bool is_delineator(const bc_ean_symbol *addon, size_t at)
{
    const uint32_t sum = ((uint32_t)addon->width[at] + addon->width[at + 1]) * addon->modules;
    return sum >= 13 * (addon->total / 10) && sum <= 28 * (addon->total / 10 + 1);
}

/* n digits with delineators between them; false when they are no add-on. */
static bool read_digits(bc_ean_symbol *addon, size_t n, uint8_t *digits)
{
    uint32_t even = 0, value = 0, sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && !is_delineator(addon, 3 + 6 * i - 2))
            return false;
        if (!bc_ean_digits(addon, 3 + 6 * i, 1, digits + i, &even))
            return false;
        value = value * 10 + (uint32_t)(digits[i] - '0');
        sum += (uint32_t)(digits[i] - '0') * (i % 2 == 0 ? 3u : 9u);
    }
    return n == 2 ? even == value % 4 : even == five_checks[sum % 10];
}

/* An add-on of n digits at element `at`, quiet zone and all. */
static bool read_addon(const bc_elements *line, size_t at, size_t n, const bc_ean_symbol *symbol,
                       bc_ean_symbol *addon, uint8_t *digits)
{
    const size_t elements = 3 + 6 * n - 2;
    if (at + elements >= line->n)
        return false;
    *addon = (bc_ean_symbol){.width = line->width + at, .modules = (uint32_t)(4 + 9 * n - 2), .fit = symbol->fit};
    addon->total = bc_width_sum(addon->width, elements);
    /* Its modules are those of the symbol, give or take a curved surface's quarter. */
    const uint64_t mine = (uint64_t)addon->total * symbol->modules, its = (uint64_t)symbol->total * addon->modules;
    if (mine * 4 < its * 3 || mine * 4 > its * 5)
        return false;
    /* Modules of quiet zone: 5 by the standard, and as wide as any space inside. */
    if (!bc_is_quiet(addon->width[elements], 4, addon->total, addon->modules))
        return false;
    /* The guard 1 1 2: its edge-to-similar-edge measures are 2 and 3. */
    const uint32_t e2 = ((uint32_t)addon->width[1] + addon->width[2]) * addon->modules;
    return is_delineator(addon, 0) && e2 >= 22 * (addon->total / 10) && e2 <= 38 * (addon->total / 10 + 1) &&
           read_digits(addon, n, digits);
}

void bc_ean_addon(const bc_elements *line, bc_ean_symbol *symbol, bc_linear_read *read)
{
    const size_t gap = (size_t)read->last + 1, at = gap + 1;
    if (at >= line->n)
        return;
    /* The gap is 7 to 12 modules wide (GS1 General Specifications, 5.2.3.4). */
    const uint32_t space = line->width[gap] * symbol->modules;
    if (space < 5 * symbol->total || space > 15 * symbol->total)
        return;
    uint8_t digits[5];
    bc_ean_symbol addon;
    size_t n = 5;
    if (!read_addon(line, at, n, symbol, &addon, digits)) {
        n = 2;
        if (!read_addon(line, at, n, symbol, &addon, digits))
            return;
    }
    bc_linear_put(read, ' ');
    for (size_t i = 0; i < n; i++)
        bc_linear_put(read, digits[i]);
    read->modifier = '3';
    read->modules = (uint16_t)(8 * (symbol->modules + addon.modules) + 8 * space / symbol->total);
    read->last = (uint16_t)(at + 3 + 6 * n - 3);
    read->doubt = bc_nk_doubt(&addon.fit);
    read->votes_needed = bc_linear_votes(n == 2 ? 4 : 3, read->doubt);
}
