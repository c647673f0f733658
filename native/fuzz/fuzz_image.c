/*
 * Invariant: any picture, in any layout, gives symbols whose every field is in
 * its range; the same picture as plain rows, with SIMD and without, gives the
 * same status and the same symbols to the last bit; the picture is not changed.
 */
#include "fuzz_picture.h"
#include "fuzz_symbol.h"

#define CAP 8u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_picture given = fuzz_make_picture(data, size, LAYOUTS);
    fuzz_picture plain = fuzz_make_picture(data, size, ROWS);
    plain.options.flags ^= BC_PORTABLE;
    bc_symbol *symbols, *others;
    size_t n, other_n;
    const bc_status status = fuzz_decode(&given, CAP, &symbols, &n);
    const bc_status other = fuzz_decode(&plain, CAP, &others, &other_n);

    HOLDS(status == BC_OK || status == BC_NO_READ || status == BC_OUTPUT_FULL || status == BC_LIMIT);
    HOLDS(status != BC_OK || n > 0);
    HOLDS(status != BC_NO_READ || n == 0);
    HOLDS(status != BC_OUTPUT_FULL || n == CAP);
    HOLDS(other == status && other_n == n);
    for (size_t i = 0; i < n; i++) {
        fuzz_check_symbol(&symbols[i]);
        HOLDS((symbols[i].symbology & given.options.symbologies) != 0);
        HOLDS(fuzz_same_symbol(&symbols[i], &others[i]));
    }
    free(symbols);
    free(others);
    fuzz_drop_picture(&given);
    fuzz_drop_picture(&plain);
    return 0;
}
