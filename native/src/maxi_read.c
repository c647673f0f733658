/*
 * MaxiCode from module darkness to content.  The primary message comes first:
 * once it is corrected, its modules and the pattern's tell what blur mixes into
 * a module, and so each block of the secondary message helps the next one.
 */
#include "maxi_modules.h"
#include "maxi_payload.h"
#include "rs_block.h"

#include <string.h> /* memcpy */

/* Evidence in bits that a correction must have, and one by erasures or single bits. */
#define NEEDED_BITS 24u
#define BEYOND_BITS 32u

/* Percent of the pattern's modules, each as it is sure, that must be right. */
#define PATTERN_LEAST 75u

#define PRIMARY_DATA 10u
#define SECONDARY (BC_MAXI_CODEWORDS - BC_MAXI_PRIMARY)
#define MOST_DATA 94u

/* Differences from neighbours are made larger by up to so many halves. */
#define SHARPEST 4

/* Times that what is decided is taken out of what is not yet. */
#define ROUNDS 3u

typedef struct {
    uint16_t *place;
    uint8_t *known, *dark, *scratch;
    uint8_t *codeword;
    uint8_t *sure; /* of one block's bits */
    bc_rs_soft_room *soft;
} room;

size_t bc_maxi_workspace(void)
{
    return bc_arena_cost(BC_MAXI_BITS, sizeof(uint16_t)) + 2 * bc_arena_cost(BC_MAXI_PLACES, 1) +
           bc_arena_cost(BC_EQUALISE_SCRATCH((size_t)BC_MAXI_COLUMNS, BC_MAXI_ROWS), 1) +
           bc_arena_cost(BC_MAXI_CODEWORDS, 1) + bc_arena_cost(BC_MAXI_BITS, 1) +
           bc_arena_cost(1, bc_rs_soft_room_size());
}

static bool take_room(bc_arena *arena, room *r)
{
    r->place = bc_arena_take(arena, BC_MAXI_BITS, sizeof *r->place);
    r->known = bc_arena_take(arena, BC_MAXI_PLACES, 1);
    r->dark = bc_arena_take(arena, BC_MAXI_PLACES, 1);
    r->scratch = bc_arena_take(arena, BC_EQUALISE_SCRATCH((size_t)BC_MAXI_COLUMNS, BC_MAXI_ROWS), 1);
    r->codeword = bc_arena_take(arena, BC_MAXI_CODEWORDS, 1);
    r->sure = bc_arena_take(arena, BC_MAXI_BITS, 1);
    r->soft = bc_arena_take(arena, 1, bc_rs_soft_room_size());
    if (!r->place || !r->known || !r->dark || !r->scratch || !r->codeword || !r->sure || !r->soft)
        return false;
    bc_maxi_places(r->place);
    bc_maxi_pattern(r->known);
    return true;
}

/* A block's codewords: the primary message, or every second one of the secondary. */
typedef struct {
    uint32_t first, step, n, ec_n;
} block;

static const block primary = {0, 1, BC_MAXI_PRIMARY, BC_MAXI_PRIMARY - PRIMARY_DATA};

static uint32_t codeword_at(const block *b, uint32_t i)
{
    return b->first + i * b->step;
}

/* Corrects a block as r->dark has it and makes its modules known. */
static bool correct(const block *b, bc_rs_effort effort, room *r, bc_rs_evidence *evidence)
{
    uint8_t value[SECONDARY / 2];
    for (uint32_t i = 0; i < b->n; i++) {
        value[i] = 0;
        for (uint32_t k = 0; k < 6; k++) {
            const uint8_t dark = r->dark[r->place[6 * codeword_at(b, i) + k]];
            value[i] = (uint8_t)(value[i] << 1 | (dark >= 128));
            r->sure[6 * i + k] = (uint8_t)(dark >= 128 ? dark - 128 : 127 - dark);
        }
    }
    const bc_rs_block words = {value, b->n, b->ec_n, &bc_rs_6bit};
    bc_rs_evidence own = BC_RS_EVIDENCE_START;
    if (!bc_rs_correct_block(&words, r->sure, 0, effort, BEYOND_BITS, r->soft, &own) || own.bits < NEEDED_BITS)
        return false;
    for (uint32_t i = 0; i < b->n; i++) {
        const uint32_t at = codeword_at(b, i);
        r->codeword[at] = value[i];
        for (uint32_t k = 0; k < 6; k++)
            r->known[r->place[6 * at + k]] = value[i] >> (5 - k) & 1 ? BC_KNOWN_DARK : BC_KNOWN_LIGHT;
    }
    evidence->bits = own.bits < evidence->bits ? own.bits : evidence->bits;
    evidence->ec_used = own.ec_used > evidence->ec_used ? own.ec_used : evidence->ec_used;
    return true;
}

/* Makes each module differ from the mean of its six neighbours by so many halves more. */
static void sharpen(const uint8_t *darkness, int32_t halves, uint8_t *to)
{
    const int32_t columns = BC_MAXI_COLUMNS;
    memcpy(to, darkness, BC_MAXI_PLACES);
    for (uint32_t row = 1; row + 1 < BC_MAXI_ROWS; row++)
        for (uint32_t column = 1; column + 1 < BC_MAXI_COLUMNS; column++) {
            const uint8_t *at = darkness + row * BC_MAXI_COLUMNS + column;
            const uint8_t *above = at - columns + row % 2, *below = at + columns + row % 2;
            const int32_t own = at[0], sum = at[-1] + at[1] + above[-1] + above[0] + below[-1] + below[0];
            const int32_t value = own + halves * (6 * own - sum) / 12;
            to[row * BC_MAXI_COLUMNS + column] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
        }
}

/*
 * The primary message as it is seen, or with some of a usual blur taken out: the
 * pattern alone is too small to learn the picture's from.
 */
static bc_status read_primary(const bc_plane *modules, room *r, bc_rs_evidence *evidence)
{
    bool done = false;
    if (bc_known_percent(modules->darkness, r->known, BC_MAXI_PLACES) < PATTERN_LEAST)
        return BC_FORMAT;
    for (int32_t halves = 0; halves <= SHARPEST && !done; halves += 2) {
        sharpen(modules->darkness, halves, r->dark);
        done = correct(&primary, BC_RS_SOFT, r, evidence);
    }
    if (!done)
        return BC_CHECKSUM;
    const uint32_t mode = r->codeword[0] & 15;
    return mode >= 2 && mode <= 6 ? BC_OK : BC_FORMAT;
}

/* Both blocks of the secondary message, whichever is corrected first helping the other. */
static bool read_secondary(const bc_plane *modules, uint32_t ec_n, room *r, bc_rs_evidence *evidence)
{
    const block half[2] = {{BC_MAXI_PRIMARY, 2, SECONDARY / 2, ec_n}, {BC_MAXI_PRIMARY + 1, 2, SECONDARY / 2, ec_n}};
    bool done[2] = {false, false};
    for (uint32_t i = 0; i < 2; i++)
        done[i] = correct(&half[i], BC_RS_ERASURES, r, evidence);
    for (uint32_t round = 0; round < ROUNDS && !(done[0] && done[1]); round++) {
        if (!bc_equalise_hexagons(modules, r->known, round > 0 ? r->dark : NULL, r->scratch, r->dark))
            return false;
        for (uint32_t i = 0; i < 2; i++)
            done[i] = done[i] || correct(&half[i], BC_RS_SOFT, r, evidence);
    }
    return done[0] && done[1];
}

static bc_status read_symbol(const bc_plane *modules, room *r, bc_symbol *symbol)
{
    bc_rs_evidence evidence = BC_RS_EVIDENCE_START;
    bc_status status = read_primary(modules, r, &evidence);
    if (status != BC_OK)
        return status;
    const uint32_t mode = r->codeword[0] & 15, ec_n = mode == 5 ? 28 : 20; /* enhanced or standard: 4.10 */
    if (!read_secondary(modules, ec_n, r, &evidence))
        return BC_CHECKSUM;
    uint8_t data[MOST_DATA];
    const uint32_t secondary_data = SECONDARY - 2 * ec_n;
    memcpy(data, r->codeword, PRIMARY_DATA);
    memcpy(data + PRIMARY_DATA, r->codeword + BC_MAXI_PRIMARY, secondary_data);
    symbol->ec_used = evidence.ec_used;
    status = bc_maxi_payload(data, PRIMARY_DATA + secondary_data, symbol);
    if (status == BC_OK) {
        symbol->symbology = BC_MAXICODE;
        symbol->version = (uint8_t)mode;
        symbol->columns = BC_MAXI_COLUMNS;
        symbol->rows = BC_MAXI_ROWS;
    }
    return status;
}

static bool right_size(const bc_plane *modules)
{
    return modules->columns == BC_MAXI_COLUMNS && modules->rows == BC_MAXI_ROWS;
}

bc_status bc_maxi_read(const bc_plane *modules, bc_arena *arena, bc_symbol *symbol)
{
    if (!right_size(modules))
        return BC_BAD_ARGUMENT;
    const size_t mark = bc_arena_mark(arena);
    room r;
    const bc_status status = take_room(arena, &r) ? read_symbol(modules, &r, symbol) : BC_WORKSPACE_TOO_SMALL;
    bc_arena_release(arena, mark);
    return status;
}

bc_status bc_maxi_read_primary(const bc_plane *modules, bc_arena *arena, uint8_t known[BC_MAXI_PLACES])
{
    if (!right_size(modules))
        return BC_BAD_ARGUMENT;
    const size_t mark = bc_arena_mark(arena);
    room r;
    bc_rs_evidence evidence = BC_RS_EVIDENCE_START;
    const bc_status status = take_room(arena, &r) ? read_primary(modules, &r, &evidence) : BC_WORKSPACE_TOO_SMALL;
    if (status == BC_OK)
        memcpy(known, r.known, BC_MAXI_PLACES);
    bc_arena_release(arena, mark);
    return status;
}
