/*
 * Invariant: any module darkness gives a Data Matrix, Aztec or MaxiCode symbol
 * whose every field is in its range, or none; and the room it took is given back.
 *
 * Bytes: 0 to 47 a Data Matrix size, from 48 on an Aztec one: compact of 1 to 4
 * layers, then full of 1 to 32; 84 MaxiCode; then its number of data codewords;
 * bit 0 of the next whether modules are bytes or bits (sure ones, the first in
 * the lowest bit), bit 1 whether the fixed patterns are put right; then the modules.
 */
#include "fuzz_symbol.h"

#include "aztec_modules.h"
#include "dm_modules.h"
#include "dm_tables.h"
#include "maxi_modules.h"

#define AZTEC_SIZES 36u

typedef struct {
    bc_plane plane;
    bool aztec, maxi;
    bc_aztec_mode mode;
} trial;

static bc_status read(const trial *t, bc_symbol *symbol)
{
    const size_t room =
        (t->maxi ? bc_maxi_workspace() : t->aztec ? bc_aztec_workspace() : bc_dm_workspace()) + BC_ARENA_ALIGN;
    void *workspace = fuzz_exactly(room);
    bc_arena arena;
    bc_arena_init(&arena, workspace, room);
    memset(symbol, 0, offsetof(bc_symbol, payload));
    const bc_status status = t->maxi    ? bc_maxi_read(&t->plane, &arena, symbol)
                             : t->aztec ? bc_aztec_read(&t->plane, &t->mode, &arena, symbol)
                                        : bc_dm_read(&t->plane, &arena, symbol);
    HOLDS(bc_arena_mark(&arena) == 0);
    HOLDS(status == BC_OK || status == BC_FORMAT || status == BC_CHECKSUM || status == BC_LIMIT);
    free(workspace);
    return status;
}

static void take_modules(fuzz_bytes *in, const trial *t, uint32_t form, uint8_t *darkness)
{
    const uint32_t n = t->plane.columns * t->plane.rows;
    uint8_t *known = fuzz_exactly(n), byte = 0;
    if (t->maxi)
        bc_maxi_pattern(known);
    else if (t->aztec)
        bc_aztec_pattern(&t->mode, known);
    else
        bc_dm_pattern(t->plane.columns, t->plane.rows, known);
    for (uint32_t i = 0; i < n; i++) {
        byte = (form & 1) != 0 || i % 8 == 0 ? fuzz_byte(in) : (uint8_t)(byte >> 1);
        darkness[i] = (form & 1) != 0 ? byte : byte & 1 ? 255 : 0;
        if ((form & 2) != 0 && known[i] != 0)
            darkness[i] = known[i] == BC_KNOWN_DARK ? 255 : 0;
    }
    free(known);
}

/* What the middle of an Aztec symbol says does not go beyond its size. */
static void check_modes(const trial *t)
{
    bc_aztec_mode mode;
    for (uint32_t compact = 0; compact < 2; compact++)
        if (t->plane.columns == 15 && bc_aztec_read_mode(t->plane.darkness, compact == 1, &mode))
            HOLDS(mode.layers >= 1 && mode.layers <= (compact ? 4 : 32) && bc_aztec_side(&mode) <= BC_AZTEC_MAX_SIDE);
    if (t->plane.columns == 15 && bc_aztec_read_rune(t->plane.darkness, &mode))
        HOLDS(mode.data_n < 256);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_bytes in = {data, size};
    const uint32_t kind = fuzz_byte(&in) % (BC_DM_SIZES + AZTEC_SIZES + 1), count = fuzz_word(&in), form = fuzz_byte(&in);
    const bool maxi = kind == BC_DM_SIZES + AZTEC_SIZES;
    trial t = {.aztec = kind >= BC_DM_SIZES && !maxi, .maxi = maxi};
    if (t.maxi) {
        t.plane.columns = BC_MAXI_COLUMNS;
        t.plane.rows = BC_MAXI_ROWS;
    } else if (t.aztec) {
        const uint32_t k = kind - BC_DM_SIZES;
        t.mode = (bc_aztec_mode){.compact = k < 4, .layers = k < 4 ? k + 1 : k - 3, .data_n = 1 + count % 2048};
        t.plane.columns = t.plane.rows = bc_aztec_side(&t.mode);
    } else {
        t.plane.columns = bc_dm_size[kind].columns;
        t.plane.rows = bc_dm_size[kind].rows;
    }
    uint8_t *darkness = fuzz_exactly(t.plane.columns * t.plane.rows);
    bc_symbol *symbol = fuzz_exactly(sizeof *symbol);
    t.plane.darkness = darkness;
    take_modules(&in, &t, form, darkness);
    check_modes(&t);
    if (read(&t, symbol) == BC_OK) {
        fuzz_check_content(symbol);
        HOLDS(symbol->symbology == (t.maxi ? BC_MAXICODE : t.aztec ? BC_AZTEC : BC_DATA_MATRIX));
        HOLDS(symbol->columns == t.plane.columns && symbol->rows == t.plane.rows);
        HOLDS(t.maxi ? symbol->version >= 2 && symbol->version <= 6
                     : symbol->version == (t.aztec ? t.mode.layers : kind + 1));
    }
    free(symbol);
    free(darkness);
    return 0;
}
