/*
 * Invariant: any module darkness gives a symbol whose every field is in its
 * range, or none; transposed it says the same; and the room it took is given
 * back.
 *
 * Bytes: the size, of 44; bit 0 of the next whether modules are bytes or bits
 * (sure ones, the first in the lowest bit), then the modules.
 */
#include "fuzz_symbol.h"

#include "qr_modules.h"

#define MICRO_SIZES 4u
#define SIZES 44u

static bc_status read(const uint8_t *darkness, uint32_t size, bc_symbol *symbol)
{
    const size_t room = bc_qr_workspace() + BC_ARENA_ALIGN;
    void *workspace = fuzz_exactly(room);
    bc_arena arena;
    bc_arena_init(&arena, workspace, room);
    memset(symbol, 0, offsetof(bc_symbol, payload));
    const bc_qr_modules modules = {darkness, size};
    const bc_status status = size < 21 ? bc_micro_qr_read(&modules, &arena, symbol)
                                       : bc_qr_read(&modules, &arena, symbol);
    HOLDS(bc_arena_mark(&arena) == 0);
    HOLDS(status == BC_OK || status == BC_FORMAT || status == BC_CHECKSUM || status == BC_LIMIT);
    free(workspace);
    return status;
}

static void check(const bc_symbol *symbol, uint32_t size)
{
    const bool micro = size < 21;
    fuzz_check_content(symbol);
    HOLDS(symbol->symbology == (micro ? BC_MICRO_QR : BC_QR));
    HOLDS(symbol->version == (micro ? (size - 9) / 2 : (size - 17) / 4));
    HOLDS((symbol->ec_level == 0) == (micro && symbol->version == 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_bytes in = {data, size};
    const uint32_t kind = fuzz_byte(&in) % SIZES, form = fuzz_byte(&in);
    const uint32_t side = kind < MICRO_SIZES ? 11 + 2 * kind : 21 + 4 * (kind - MICRO_SIZES);
    uint8_t *darkness = fuzz_exactly(side * side), *transposed = fuzz_exactly(side * side);
    uint8_t byte = 0;
    for (uint32_t i = 0; i < side * side; i++) {
        byte = (form & 1) != 0 || i % 8 == 0 ? fuzz_byte(&in) : (uint8_t)(byte >> 1);
        darkness[i] = (form & 1) != 0 ? byte : byte & 1 ? 255 : 0;
        transposed[i % side * side + i / side] = darkness[i];
    }
    bc_symbol *symbol = fuzz_exactly(sizeof *symbol), *other = fuzz_exactly(sizeof *other);
    const bc_status status = read(darkness, side, symbol), mirrored = read(transposed, side, other);
    if (status == BC_OK) {
        check(symbol, side);
        HOLDS(mirrored == BC_OK && other->length == symbol->length);
        HOLDS(memcmp(other->payload, symbol->payload, symbol->length) == 0);
    }
    free(symbol);
    free(other);
    free(darkness);
    free(transposed);
    return 0;
}
