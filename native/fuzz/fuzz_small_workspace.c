/*
 * Invariant: a workspace shorter than bc_workspace_size says is refused as too
 * small and not touched, one that is just as long never is too small, and one
 * for a larger picture serves a smaller one.
 */
#include "fuzz_picture.h"

#include <stdbool.h> /* bool */

static bc_status decode(const fuzz_picture *picture, void *ws, size_t length)
{
    bc_symbol *symbol = fuzz_exactly(sizeof *symbol);
    size_t n = 99;
    const bc_status status = bc_decode(&picture->image, &picture->options, ws, length, symbol, 1, &n);
    HOLDS(n <= 1);
    HOLDS(n == 0 || status == BC_OK || status == BC_OUTPUT_FULL || status == BC_LIMIT);
    free(symbol);
    return status;
}

static void check_sizes(fuzz_bytes *in, uint32_t symbologies)
{
    const uint32_t width = fuzz_word(in), height = fuzz_word(in);
    const uint32_t more_width = width + fuzz_byte(in), more_height = height + fuzz_byte(in);
    const size_t needed = bc_workspace_size(width, height, symbologies);
    const size_t more = bc_workspace_size(more_width, more_height, BC_ALL);
    const bool supported = width >= 1 && width <= BC_MAX_SIDE && height >= 1 && height <= BC_MAX_SIDE;
    const bool more_supported =
        more_width >= 1 && more_width <= BC_MAX_SIDE && more_height >= 1 && more_height <= BC_MAX_SIDE;
    HOLDS((needed > 0) == supported);
    HOLDS((more > 0) == more_supported);
    HOLDS(!supported || !more_supported || needed <= more);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const fuzz_picture picture = fuzz_make_picture(data, size, LAYOUTS);
    const size_t needed =
        bc_workspace_size(picture.image.width, picture.image.height, picture.options.symbologies);
    fuzz_bytes in = {data, size};
    const size_t lacking = 1 + fuzz_word(&in) * 131u;
    const size_t length = lacking < needed ? needed - lacking : 0;

    void *whole;
    uint8_t *ws = fuzz_workspace(needed, &whole);
    memset(ws, 0xA5, needed);
    HOLDS(decode(&picture, ws, length) == BC_WORKSPACE_TOO_SMALL);
    HOLDS(decode(&picture, ws, needed - 1) == BC_WORKSPACE_TOO_SMALL);
    HOLDS(decode(&picture, ws + 1, needed - 1) == BC_BAD_ARGUMENT);
    for (size_t i = 0; i < needed; i++)
        HOLDS(ws[i] == 0xA5);
    HOLDS(decode(&picture, ws, needed) != BC_WORKSPACE_TOO_SMALL);
    free(whole);
    check_sizes(&in, picture.options.symbologies);
    fuzz_drop_picture(&picture);
    return 0;
}
