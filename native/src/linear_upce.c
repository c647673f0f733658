/* UPC-E (ISO/IEC 15420, 4.3.5) from element widths. */
#include "linear_ean.h"

/* Which of the six digits are of set B, by check digit, in number system 0; in system 1 the others are. */
static const uint8_t check_digits[10] = {0x38, 0x34, 0x32, 0x31, 0x2C, 0x26, 0x23, 0x2A, 0x29, 0x25};

/* The 12 digits of the UPC-A that a UPC-E of 8 digits stands for, its check digit among them. */
static void expand(const uint8_t *upce, uint8_t *upca)
{
    const uint8_t *d = upce + 1;
    const uint32_t kind = (uint32_t)(d[5] - '0');
    const size_t kept = kind <= 2 ? 2 : kind == 3 ? 3 : kind == 4 ? 4 : 5; /* digits of the company's number */
    for (size_t i = 0; i < 12; i++)
        upca[i] = '0';
    upca[0] = upce[0];
    for (size_t i = 0; i < kept; i++)
        upca[1 + i] = d[i];
    if (kind <= 2)
        upca[3] = d[5];
    for (size_t i = kept; i < 5; i++)
        upca[11 - 5 + i] = d[i];
    if (kind > 4)
        upca[10] = d[5];
    upca[11] = upce[7];
}

bool bc_upce_read(const bc_elements *line, size_t first, uint32_t flags, bc_linear_read *read)
{
    enum { ELEMENTS = 33, MODULES = 51, LEFT = 3 };
    static const uint8_t guard[][2] = {{0, 3}, {27, 6}};
    /* Modules of quiet zone: 9 and 7 by the standard, and more than any space inside a longer symbol. */
    const uint32_t quiet_left = 6, quiet_right = 5;
    (void)flags;
    if (first == 0 || first + ELEMENTS >= line->n || !bc_ean_starts(line->width + first, quiet_left))
        return false;
    bc_ean_symbol symbol = {.width = line->width + first, .modules = MODULES};
    symbol.total = bc_width_sum(symbol.width, ELEMENTS);
    if (!bc_is_quiet(symbol.width[-1], quiet_left, symbol.total, MODULES) ||
        !bc_is_quiet(symbol.width[ELEMENTS], quiet_right, symbol.total, MODULES) ||
        !bc_ean_guards(&symbol, guard, 2))
        return false;

    uint32_t even = 0, digit = 0;
    uint8_t upca[12];
    if (!bc_ean_digits(&symbol, LEFT, 6, read->data + 1, &even))
        return false;
    while (digit < 20 && check_digits[digit % 10] != (digit < 10 ? even : even ^ 0x3F))
        digit++;
    if (digit == 20)
        return false;
    read->data[0] = (uint8_t)('0' + digit / 10);
    read->data[7] = (uint8_t)('0' + digit % 10);
    expand(read->data, upca);
    if (bc_gs1_check(upca, 11) != digit % 10)
        return false;
    read->symbology = BC_UPCE;
    read->code = 'E';
    read->modifier = '0';
    read->length = 8;
    read->first = (uint16_t)first;
    read->last = (uint16_t)(first + ELEMENTS - 1);
    read->modules = MODULES * 8;
    read->doubt = bc_nk_doubt(&symbol.fit);
    read->votes_needed = bc_linear_votes(3, read->doubt);
    bc_ean_addon(line, &symbol, read);
    return true;
}
