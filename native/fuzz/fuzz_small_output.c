/*
 * Invariant: what does not fit the output is said.  With room for fewer symbols
 * than a picture has, a decode fills the room with symbols that it would also
 * tell with more, and says OUTPUT_FULL; the same for element widths, which are
 * then the first ones.
 */
#include "fuzz_picture.h"
#include "fuzz_symbol.h"

#define CAP 8u

static bool among(const bc_symbol *symbol, const bc_symbol *all, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (symbol->symbology == all[i].symbology && symbol->length == all[i].length &&
            memcmp(symbol->payload, all[i].payload, symbol->length) == 0)
            return true;
    return false;
}

static void check_symbols(const uint8_t *data, size_t size)
{
    const fuzz_picture picture = fuzz_make_picture(data, size, ROWS);
    bc_symbol *all, *few;
    size_t all_n, few_n;
    const bc_status status = fuzz_decode(&picture, CAP, &all, &all_n);
    for (size_t cap = 0; cap < all_n; cap++) {
        const bc_status full = fuzz_decode(&picture, cap, &few, &few_n);
        HOLDS(full == BC_OUTPUT_FULL || (full == BC_LIMIT && status == BC_LIMIT));
        HOLDS(full != BC_OUTPUT_FULL || few_n == cap);
        for (size_t i = 0; i < few_n; i++) {
            fuzz_check_symbol(&few[i]);
            HOLDS(among(&few[i], all, all_n));
        }
        free(few);
    }
    free(all);
    fuzz_drop_picture(&picture);
}

static void check_widths(const uint8_t *row, size_t n, uint8_t threshold, size_t cap)
{
    uint16_t *all = fuzz_exactly((n + 1) * sizeof *all), *few = fuzz_exactly(cap * sizeof *few);
    size_t all_n, few_n, sum = 0;
    HOLDS(bc_element_widths(row, n, threshold, all, n + 1, &all_n) == BC_OK);
    for (size_t i = 0; i < all_n; i++) {
        HOLDS(i == 0 || all[i] > 0);
        sum += all[i];
    }
    HOLDS(sum == n);
    const bc_status status = bc_element_widths(row, n, threshold, few, cap, &few_n);
    HOLDS(status == (cap < all_n ? BC_OUTPUT_FULL : BC_OK));
    HOLDS(few_n == (cap < all_n ? cap : all_n));
    HOLDS(memcmp(few, all, few_n * sizeof *few) == 0);
    free(all);
    free(few);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_symbols(data, size);
    fuzz_bytes in = {data, size};
    const uint8_t threshold = fuzz_byte(&in);
    const size_t cap = fuzz_byte(&in);
    if (in.left < UINT16_MAX)
        check_widths(in.at, in.left, threshold, cap);
    return 0;
}
