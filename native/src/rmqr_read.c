/*
 * rMQR symbols from module darkness to content: the format information, which
 * must be that of the size, then the blocks, then the same with the blur taken
 * out.
 */
#include "qr_blocks.h"   /* bc_qr_correct, bc_qr_data */
#include "qr_feedback.h" /* bc_qr_correct_together */
#include "qr_payload.h"  /* bc_rmqr_payload */
#include "qr_view.h"     /* bc_qr_dark */
#include "rmqr_modules.h"
#include "rmqr_patterns.h"
#include "rmqr_tables.h"

/* The code corrects three of 18 bits. */
#define FORMAT_WRONG 3u

/* Evidence in bits that blocks, format information and padding must bring together, and one block at least. */
#define NEEDED_BITS 36u
#define BLOCK_BITS 20u

/* With less than this from the blocks alone, padding must be as the standard has it. */
#define SELF_SUFFICIENT_BITS 40u

/* log2 of how many random words, of 2^18, are within 0 to 3 bits of a codeword: 1, 19, 172, 988. */
static const uint8_t within_log2[FORMAT_WRONG + 1] = {0, 5, 8, 10};

/* log2 of how many a finder pattern's copy is compared with, 64 codewords in 8 orientations, and the other one. */
#define COMPARED_LOG2 9u
#define COMPARED_SUB_LOG2 3u

typedef struct {
    uint32_t level;
    uint32_t bits; /* of evidence */
} format;

size_t bc_rmqr_workspace(void)
{
    return bc_qr_workroom_size(BC_RMQR_MAX_COLUMNS, BC_RMQR_MAX_ROWS, BC_RMQR_MAX_CODEWORDS);
}

/* How many bits of one copy differ from what a level has there. */
static uint32_t format_distance(const bc_plane *modules, uint32_t code, bool sub)
{
    uint32_t wrong = 0;
    for (uint32_t bit = 0; bit < BC_RMQR_FORMAT_BITS; bit++) {
        uint32_t column, row;
        bc_rmqr_format_place(bit, sub, &column, &row);
        const size_t at = sub ? (modules->rows - row) * modules->columns + modules->columns - column
                              : row * modules->columns + column;
        wrong += bc_qr_dark(modules->darkness[at]) != ((code >> bit & 1) != 0);
    }
    return wrong;
}

/* The level whose format information is nearer; false when neither copy of either is near. */
static bool read_format(const bc_plane *modules, uint32_t version, format *out)
{
    uint32_t least = 2 * BC_RMQR_FORMAT_BITS + 1;
    for (uint32_t level = 0; level < 2; level++) {
        const uint32_t main = format_distance(modules, bc_rmqr_format_bits(version, level, false), false);
        const uint32_t sub = format_distance(modules, bc_rmqr_format_bits(version, level, true), true);
        if ((main > FORMAT_WRONG && sub > FORMAT_WRONG) || main + sub >= least)
            continue;
        least = main + sub;
        out->level = level;
        out->bits = (main > FORMAT_WRONG ? 0 : BC_RMQR_FORMAT_BITS - within_log2[main] - COMPARED_LOG2) +
                    (sub > FORMAT_WRONG ? 0 : BC_RMQR_FORMAT_BITS - within_log2[sub] - COMPARED_SUB_LOG2);
    }
    return least <= 2 * BC_RMQR_FORMAT_BITS;
}

/* Padding is evidence for the block it is in, and counts where that is the only one. */
static bool convincing(const bc_rs_evidence *evidence, const bc_qr_padding_seen *padding, const format *f,
                       uint32_t block_n)
{
    const uint32_t padded = padding->right && block_n == 1 ? padding->bits : 0;
    if (evidence->bits < BLOCK_BITS || evidence->bits + padded + f->bits < NEEDED_BITS)
        return false;
    if (evidence->beyond && evidence->bits + padded < BC_QR_BEYOND_BITS)
        return false;
    return evidence->bits >= SELF_SUFFICIENT_BITS || padding->right;
}

static bool correct(const bc_plane *modules, const bc_qr_structure *structure, bc_rs_effort effort,
                    bc_qr_workroom *room, bc_rs_evidence *evidence)
{
    const bc_qr_order order = bc_rmqr_order_of(room->map, modules->columns, modules->rows);
    bool done[BC_QR_MAX_BLOCKS] = {false};
    room->codewords.n = structure->codeword_n;
    if (effort == BC_RS_SOFT)
        return bc_qr_correct_together(modules, &order, structure, room, evidence);
    bc_qr_read_codewords(modules->darkness, &order, UINT32_MAX, &room->codewords);
    return bc_qr_correct(&room->codewords, structure, effort, room->soft, done, evidence);
}

/* Content of these modules; with BC_RS_SOFT, of room->equalised, which was made of them. */
static bc_status read_as(const bc_plane *modules, uint32_t version, const format *f, bc_rs_effort effort,
                         bc_qr_workroom *room, bc_symbol *symbol)
{
    const bc_qr_structure structure = bc_rmqr_structure_of(version, f->level);
    bc_rs_evidence evidence = BC_RS_EVIDENCE_START;
    if (!correct(modules, &structure, effort, room, &evidence))
        return BC_CHECKSUM;
    uint8_t *data = room->known_codewords; /* of no more use */
    bc_qr_data(&room->codewords, &structure, data);
    bc_qr_padding_seen padding;
    const bc_status status =
        bc_rmqr_payload(data, structure.data_n, bc_rmqr_sizes[version - 1].count_bits, symbol, &padding);
    if (status != BC_OK)
        return status;
    if (!convincing(&evidence, &padding, f, structure.block_n))
        return BC_CHECKSUM;
    symbol->symbology = BC_RMQR;
    symbol->version = (uint8_t)version;
    symbol->columns = (uint16_t)modules->columns;
    symbol->rows = (uint16_t)modules->rows;
    symbol->ec_level = f->level == 0 ? 'M' : 'H';
    symbol->ec_used = evidence.ec_used;
    return BC_OK;
}

/* With the blur taken out, and once more with what was decided of the neighbours. */
static bc_status read_equalised(const bc_plane *modules, uint32_t version, bc_qr_workroom *room, bc_symbol *symbol)
{
    const size_t n = (size_t)modules->columns * modules->rows;
    format f;
    const bc_plane equalised = {room->equalised, modules->columns, modules->rows};
    if (!bc_equalise(modules, room->map, NULL, room->scratch, room->equalised) ||
        bc_known_percent(room->equalised, room->map, n) < BC_QR_TIMING_EQUALISED)
        return BC_CHECKSUM;
    if (!read_format(&equalised, version, &f))
        return BC_FORMAT;
    const bc_status status = read_as(&equalised, version, &f, BC_RS_ERASURES, room, symbol);
    if (status != BC_CHECKSUM ||
        !bc_equalise(modules, room->map, room->equalised, room->scratch, room->equalised))
        return status;
    return read_as(modules, version, &f, BC_RS_SOFT, room, symbol);
}

static bc_status read_sized(const bc_plane *modules, uint32_t version, bc_qr_workroom *room, bc_symbol *symbol)
{
    const size_t n = (size_t)modules->columns * modules->rows;
    bc_rmqr_function_map(modules->columns, modules->rows, room->map);
    const uint32_t known = bc_known_percent(modules->darkness, room->map, n);
    format f;
    if (known < BC_QR_TIMING_PERHAPS)
        return BC_FORMAT;
    const bc_rs_effort effort = known >= BC_QR_TIMING_LIKELY ? BC_RS_ERASURES : BC_RS_PLAIN;
    const bool told = read_format(modules, version, &f);
    const bc_status status = told ? read_as(modules, version, &f, effort, room, symbol) : BC_FORMAT;
    return told && status != BC_CHECKSUM ? status : read_equalised(modules, version, room, symbol);
}

bc_status bc_rmqr_read(const bc_plane *modules, bc_arena *arena, bc_symbol *symbol)
{
    const uint32_t version = bc_rmqr_version_of(modules->columns, modules->rows);
    if (version == 0)
        return BC_BAD_ARGUMENT;
    const size_t mark = bc_arena_mark(arena);
    bc_qr_workroom room;
    bc_status status = BC_WORKSPACE_TOO_SMALL;
    if (bc_qr_workroom_take(arena, BC_RMQR_MAX_COLUMNS, BC_RMQR_MAX_ROWS, BC_RMQR_MAX_CODEWORDS, &room))
        status = read_sized(modules, version, &room, symbol);
    bc_arena_release(arena, mark);
    return status;
}
