/*
 * Data Matrix from module darkness to content: the borders first, then what is
 * cheap, then with the blur taken out of the modules and by how sure each is.
 */
#include "dm_modules.h"
#include "dm_payload.h"
#include "dm_place.h"
#include "dm_tables.h"
#include "rs_block.h"

#include <string.h> /* memset */

#define MAX_MODULES ((size_t)BC_DM_MAX_SIDE * BC_DM_MAX_SIDE)
#define MAX_BLOCK 255u

/* Percent of the border's modules, each as it is sure, that must be right: of a find that is none, half are. */
#define BORDER_PERHAPS 64u
#define BORDER_SOFT 76u
#define BORDER_LIKELY 80u
#define BORDER_EQUALISED 90u

/*
 * Evidence in bits that a correction must have, and what one beyond the plain
 * must have: one random picture in so many passes, and a symbol is tried some
 * dozen times.
 */
#define NEEDED_BITS 22u
#define BEYOND_BITS 36u

/* What it must have where the padding is wrong: encoders that pad otherwise are rarer than wrong corrections. */
#define AGAINST_PADDING_BITS 48u

typedef struct {
    uint8_t *known, *equalised, *scratch;
    uint16_t *place;
    uint8_t *value, *sure; /* codewords in the order of the symbol, eight sureness each */
    uint8_t *block_sure; /* of the block being corrected */
    bc_rs_soft_room *soft;
} room;

size_t bc_dm_workspace(void)
{
    return 2 * bc_arena_cost(MAX_MODULES, 1) +
           bc_arena_cost(BC_EQUALISE_SCRATCH((size_t)BC_DM_MAX_SIDE, BC_DM_MAX_SIDE), 1) +
           bc_arena_cost(MAX_MODULES, sizeof(uint16_t)) + bc_arena_cost(BC_DM_MAX_CODEWORDS + 1, 1) +
           bc_arena_cost(BC_DM_MAX_CODEWORDS + 1, 8) + bc_arena_cost(MAX_BLOCK, 8) +
           bc_arena_cost(1, bc_rs_soft_room_size());
}

static bool take_room(bc_arena *arena, room *r)
{
    r->known = bc_arena_take(arena, MAX_MODULES, 1);
    r->equalised = bc_arena_take(arena, MAX_MODULES, 1);
    r->scratch = bc_arena_take(arena, BC_EQUALISE_SCRATCH((size_t)BC_DM_MAX_SIDE, BC_DM_MAX_SIDE), 1);
    r->place = bc_arena_take(arena, MAX_MODULES, sizeof *r->place);
    r->value = bc_arena_take(arena, BC_DM_MAX_CODEWORDS + 1, 1);
    r->sure = bc_arena_take(arena, BC_DM_MAX_CODEWORDS + 1, 8);
    r->block_sure = bc_arena_take(arena, MAX_BLOCK, 8);
    r->soft = bc_arena_take(arena, 1, bc_rs_soft_room_size());
    return r->known && r->equalised && r->scratch && r->place && r->value && r->sure && r->block_sure && r->soft;
}

static uint32_t version_of(uint32_t columns, uint32_t rows)
{
    for (uint32_t i = 0; i < BC_DM_SIZES; i++)
        if (bc_dm_size[i].columns == columns && bc_dm_size[i].rows == rows)
            return i + 1;
    return 0;
}

void bc_dm_pattern(uint32_t columns, uint32_t rows, uint8_t *known)
{
    const uint32_t version = version_of(columns, rows);
    memset(known, 0, (size_t)columns * rows);
    if (version == 0)
        return;
    const uint32_t wide = columns / bc_dm_size[version - 1].region_columns;
    const uint32_t high = rows / bc_dm_size[version - 1].region_rows;
    for (uint32_t y = 0; y < rows; y++)
        for (uint32_t x = 0; x < columns; x++) {
            const uint32_t u = x % wide, v = y % high;
            uint8_t *at = &known[y * columns + x];
            if (u == 0 || v == high - 1)
                *at = BC_KNOWN_DARK;
            else if (v == 0)
                *at = u % 2 == 0 ? BC_KNOWN_DARK : BC_KNOWN_LIGHT;
            else if (u == wide - 1)
                *at = v % 2 == 1 ? BC_KNOWN_DARK : BC_KNOWN_LIGHT;
        }
}

/* The codewords' bits from the regions, their borders left out. */
static void read_codewords(const uint8_t *darkness, const bc_dm_structure *size, const room *r)
{
    const uint32_t wide = size->columns / size->region_columns, high = size->rows / size->region_rows;
    const uint32_t columns = size->columns - 2u * size->region_columns, rows = size->rows - 2u * size->region_rows;
    memset(r->value, 0, (size_t)size->data_n + size->ec_n);
    for (uint32_t y = 0; y < rows; y++)
        for (uint32_t x = 0; x < columns; x++) {
            const uint32_t place = r->place[y * columns + x];
            const uint32_t across = x / (wide - 2) * wide + 1 + x % (wide - 2);
            const uint32_t down = y / (high - 2) * high + 1 + y % (high - 2);
            const uint8_t dark = darkness[down * size->columns + across];
            if (place < BC_DM_FIRST)
                continue;
            const uint32_t bit = place - BC_DM_FIRST;
            r->sure[bit] = (uint8_t)(dark >= 128 ? dark - 128 : 127 - dark);
            r->value[bit / 8] |= (uint8_t)(dark >= 128 ? 0x80u >> bit % 8 : 0);
        }
}

/*
 * Where codeword i of block b stands: interleaved, data first (5.7.3).  144 x 144
 * has two blocks with a data codeword less, behind which the check codewords
 * begin with the block that would be next.
 */
static uint32_t interleaved(const bc_dm_structure *size, uint32_t b, uint32_t i, uint32_t data_n)
{
    if (i < data_n)
        return i * size->block_n + b;
    const uint32_t skew = size->data_n % size->block_n;
    return size->data_n + (i - data_n) * size->block_n + (b + size->block_n - skew) % size->block_n;
}

static bool correct_block(const bc_dm_structure *size, uint32_t b, bc_rs_effort effort, const room *r,
                          bc_rs_evidence *evidence)
{
    uint8_t value[MAX_BLOCK];
    const uint32_t longer = b < (uint32_t)size->data_n % size->block_n ? 1 : 0;
    const uint32_t data_n = (uint32_t)size->data_n / size->block_n + longer;
    const uint32_t ec_n = (uint32_t)size->ec_n / size->block_n;
    const bc_rs_block block = {value, data_n + ec_n, ec_n, &bc_rs_dm};
    for (uint32_t i = 0; i < block.n; i++) {
        const uint32_t at = interleaved(size, b, i, data_n);
        value[i] = r->value[at];
        memcpy(r->block_sure + 8 * i, r->sure + 8 * at, 8);
    }
    if (!bc_rs_correct_block(&block, r->block_sure, 0, effort, BEYOND_BITS, r->soft, evidence))
        return false;
    for (uint32_t i = 0; i < block.n; i++)
        r->value[interleaved(size, b, i, data_n)] = value[i];
    return true;
}

/* Padding is evidence for the block it is in, and counts where that is the only one. */
static bool convincing(const bc_rs_evidence *evidence, const bc_dm_padding *padding, uint32_t block_n)
{
    if (padding->wrong)
        return evidence->bits >= AGAINST_PADDING_BITS;
    return evidence->bits + (block_n == 1 ? padding->bits : 0) >= NEEDED_BITS;
}

static bc_status read_as(const uint8_t *darkness, const bc_dm_structure *size, bc_rs_effort effort, const room *r,
                         bc_symbol *symbol)
{
    bc_rs_evidence evidence = BC_RS_EVIDENCE_START;
    bc_dm_padding padding;
    read_codewords(darkness, size, r);
    for (uint32_t b = 0; b < size->block_n; b++)
        if (!correct_block(size, b, effort, r, &evidence))
            return BC_CHECKSUM;
    const bc_status status = bc_dm_payload(r->value, size->data_n, symbol, &padding);
    if (status != BC_OK)
        return status;
    if (!convincing(&evidence, &padding, size->block_n))
        return BC_CHECKSUM;
    symbol->ec_used = evidence.ec_used;
    return BC_OK;
}

/* With the blur taken out: once, and once more by what was decided of the neighbours. */
static bc_status read_equalised(const bc_plane *modules, const bc_dm_structure *size, const room *r, bc_symbol *symbol)
{
    const size_t n = (size_t)modules->columns * modules->rows;
    if (!bc_equalise(modules, r->known, NULL, r->scratch, r->equalised) ||
        bc_known_percent(r->equalised, r->known, n) < BORDER_EQUALISED)
        return BC_CHECKSUM;
    bc_status status = read_as(r->equalised, size, BC_RS_SOFT, r, symbol);
    if (status == BC_CHECKSUM && bc_equalise(modules, r->known, r->equalised, r->scratch, r->equalised))
        status = read_as(r->equalised, size, BC_RS_SOFT, r, symbol);
    return status;
}

static bc_status read_sized(const bc_plane *modules, const bc_dm_structure *size, bool patient, const room *r,
                            bc_symbol *symbol)
{
    const size_t n = (size_t)modules->columns * modules->rows;
    bc_dm_pattern(modules->columns, modules->rows, r->known);
    const uint32_t border = bc_known_percent(modules->darkness, r->known, n);
    if (border < BORDER_PERHAPS)
        return BC_FORMAT;
    bc_dm_place(size->columns - 2u * size->region_columns, size->rows - 2u * size->region_rows, r->place);
    const bc_status status =
        read_as(modules->darkness, size, border >= BORDER_LIKELY ? BC_RS_ERASURES : BC_RS_PLAIN, r, symbol);
    if (patient && status == BC_CHECKSUM && border >= BORDER_SOFT)
        return read_equalised(modules, size, r, symbol);
    return status;
}

static bc_status read_symbol(const bc_plane *modules, bool patient, bc_arena *arena, bc_symbol *symbol)
{
    const uint32_t version = version_of(modules->columns, modules->rows);
    if (version == 0)
        return BC_BAD_ARGUMENT;
    const size_t mark = bc_arena_mark(arena);
    room r;
    bc_status status = BC_WORKSPACE_TOO_SMALL;
    if (take_room(arena, &r))
        status = read_sized(modules, &bc_dm_size[version - 1], patient, &r, symbol);
    bc_arena_release(arena, mark);
    if (status == BC_OK) {
        symbol->symbology = BC_DATA_MATRIX;
        symbol->version = (uint8_t)version;
        symbol->columns = (uint16_t)modules->columns;
        symbol->rows = (uint16_t)modules->rows;
    }
    return status;
}

bc_status bc_dm_read(const bc_plane *modules, bc_arena *arena, bc_symbol *symbol)
{
    return read_symbol(modules, true, arena, symbol);
}

bc_status bc_dm_read_quickly(const bc_plane *modules, bc_arena *arena, bc_symbol *symbol)
{
    return read_symbol(modules, false, arena, symbol);
}
