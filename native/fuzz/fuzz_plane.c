/*
 * Invariant: any module darkness gives a Data Matrix, Aztec, rMQR or MaxiCode
 * symbol whose every field is in its range, or none; and the room it took is
 * given back.
 *
 * Bytes: 0 to 47 a Data Matrix size, from 48 on an Aztec one: compact of 1 to 4
 * layers, then full of 1 to 32; from 84 on an rMQR size; 116 MaxiCode; then the
 * number of data codewords of Aztec; bit 0 of the next whether modules are bytes
 * or bits (sure ones, the first in the lowest bit), bit 1 whether the fixed
 * patterns are put right; then the modules.
 */
#include "fuzz_symbol.h"

#include "aztec_modules.h"
#include "dm_modules.h"
#include "dm_tables.h"
#include "maxi_modules.h"
#include "rmqr_modules.h"
#include "rmqr_patterns.h"
#include "rmqr_tables.h"

#define AZTEC_SIZES 36u

typedef struct {
    bc_plane plane;
    uint32_t symbology;
    bc_aztec_mode mode; /* of Aztec */
} trial;

static size_t workspace_of(const trial *t)
{
    return t->symbology == BC_AZTEC      ? bc_aztec_workspace()
           : t->symbology == BC_RMQR     ? bc_rmqr_workspace()
           : t->symbology == BC_MAXICODE ? bc_maxi_workspace()
                                         : bc_dm_workspace();
}

static bc_status read(const trial *t, bc_symbol *symbol)
{
    const size_t room = workspace_of(t) + BC_ARENA_ALIGN;
    void *workspace = fuzz_exactly(room);
    bc_arena arena;
    bc_arena_init(&arena, workspace, room);
    memset(symbol, 0, offsetof(bc_symbol, payload));
    const bc_status status = t->symbology == BC_AZTEC      ? bc_aztec_read(&t->plane, &t->mode, &arena, symbol)
                             : t->symbology == BC_RMQR     ? bc_rmqr_read(&t->plane, &arena, symbol)
                             : t->symbology == BC_MAXICODE ? bc_maxi_read(&t->plane, &arena, symbol)
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
    if (t->symbology == BC_AZTEC)
        bc_aztec_pattern(&t->mode, known);
    else if (t->symbology == BC_RMQR)
        bc_rmqr_function_map(t->plane.columns, t->plane.rows, known);
    else if (t->symbology == BC_MAXICODE)
        bc_maxi_pattern(known);
    else
        bc_dm_pattern(t->plane.columns, t->plane.rows, known);
    for (uint32_t i = 0; i < n; i++) {
        byte = (form & 1) != 0 || i % 8 == 0 ? fuzz_byte(in) : (uint8_t)(byte >> 1);
        darkness[i] = (form & 1) != 0 ? byte : byte & 1 ? 255 : 0;
        if ((form & 2) != 0 && (known[i] == BC_KNOWN_DARK || known[i] == BC_KNOWN_LIGHT))
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

/* The symbol that a kind stands for; its version. */
static uint32_t choose(uint32_t kind, uint32_t count, trial *t)
{
    if (kind < BC_DM_SIZES) {
        *t = (trial){{NULL, bc_dm_size[kind].columns, bc_dm_size[kind].rows}, BC_DATA_MATRIX, {0}};
        return kind + 1;
    }
    kind -= BC_DM_SIZES;
    if (kind < AZTEC_SIZES) {
        const bc_aztec_mode mode = {
            .compact = kind < 4, .layers = kind < 4 ? kind + 1 : kind - 3, .data_n = 1 + count % 2048};
        *t = (trial){{NULL, bc_aztec_side(&mode), bc_aztec_side(&mode)}, BC_AZTEC, mode};
        return mode.layers;
    }
    kind -= AZTEC_SIZES;
    if (kind == BC_RMQR_VERSIONS) {
        *t = (trial){{NULL, BC_MAXI_COLUMNS, BC_MAXI_ROWS}, BC_MAXICODE, {0}};
        return 0; /* its mode is in the modules */
    }
    *t = (trial){{NULL, bc_rmqr_sizes[kind].columns, bc_rmqr_sizes[kind].rows}, BC_RMQR, {0}};
    return kind + 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_bytes in = {data, size};
    const uint32_t kind = fuzz_byte(&in) % (BC_DM_SIZES + AZTEC_SIZES + BC_RMQR_VERSIONS + 1);
    const uint32_t count = fuzz_word(&in), form = fuzz_byte(&in);
    trial t;
    const uint32_t version = choose(kind, count, &t);
    uint8_t *darkness = fuzz_exactly(t.plane.columns * t.plane.rows);
    bc_symbol *symbol = fuzz_exactly(sizeof *symbol);
    t.plane.darkness = darkness;
    take_modules(&in, &t, form, darkness);
    check_modes(&t);
    if (read(&t, symbol) == BC_OK) {
        fuzz_check_content(symbol);
        HOLDS(symbol->symbology == t.symbology);
        HOLDS(t.symbology == BC_MAXICODE ? symbol->version >= 2 && symbol->version <= 6 : symbol->version == version);
        HOLDS(symbol->columns == t.plane.columns && symbol->rows == t.plane.rows);
    }
    free(symbol);
    free(darkness);
    return 0;
}
