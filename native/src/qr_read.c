/*
 * QR symbols from module darkness to content.  Whatever can be asked cheaply
 * comes first, because most finds that are none end there: format information,
 * then version information, then the first block.
 */
#include "qr_blocks.h"    /* bc_qr_correct, bc_qr_data */
#include "qr_codewords.h" /* bc_qr_function_map, bc_qr_read_codewords */
#include "equalise.h"  /* bc_equalise */
#include "qr_feedback.h"  /* bc_qr_correct_together */
#include "qr_format.h"    /* bc_qr_formats, bc_qr_version_fits */
#include "qr_modules.h"
#include "qr_payload.h" /* bc_qr_payload */
#include "qr_tables.h"  /* bc_qr_structure_of */

/*
 * With less evidence than this a correction must agree with the padding: what a
 * wrong correction makes of it is random.
 */
#define SELF_SUFFICIENT_BITS 40u

size_t bc_qr_workspace(void)
{
    return bc_qr_workroom_size(BC_QR_MAX_SIZE, BC_QR_MAX_SIZE, BC_QR_MAX_CODEWORDS);
}

/* Padding is evidence for the block it is in, and counts where that is the only one. */
static bool convincing(const bc_rs_evidence *evidence, const bc_qr_padding_seen *padding, uint32_t block_n)
{
    if (evidence->bits >= SELF_SUFFICIENT_BITS)
        return true;
    const uint32_t bits = evidence->bits + (block_n == 1 ? padding->bits : 0);
    return padding->right && (!evidence->beyond || bits >= BC_QR_BEYOND_BITS);
}

/* One reading of the format information: its codewords, corrected; BC_RS_SOFT for what was equalised. */
static bool correct(const bc_qr_modules *modules, const bc_qr_format *format, bc_rs_effort effort,
                    const bc_qr_structure *structure, bc_qr_workroom *room, bc_rs_evidence *evidence)
{
    const bc_qr_order order = bc_qr_order_of(room->map, modules->size, format->value & 7u, format->mirrored);
    const bc_plane raw = bc_qr_plane(modules);
    bool done[BC_QR_MAX_BLOCKS] = {false};
    room->codewords.n = structure->codeword_n;
    if (effort == BC_RS_SOFT)
        return bc_qr_correct_together(&raw, &order, structure, room, evidence);
    bc_qr_read_codewords(modules->darkness, &order, UINT32_MAX, &room->codewords);
    return bc_qr_correct(&room->codewords, structure, effort, room->soft, done, evidence);
}

/* And the content. */
static bc_status read_as(const bc_qr_modules *modules, const bc_qr_format *format, bc_rs_effort effort,
                         bc_qr_workroom *room, bc_symbol *symbol)
{
    /* Level bits of the format information: table 12. */
    static const uint8_t level_of[4] = {BC_QR_M, BC_QR_L, BC_QR_H, BC_QR_Q};
    const uint32_t version = (modules->size - 17) / 4, level = level_of[format->value >> 3];
    const bc_qr_structure structure = bc_qr_structure_of(version, level);
    bc_rs_evidence evidence = BC_RS_EVIDENCE_START;
    if (!correct(modules, format, effort, &structure, room, &evidence))
        return BC_CHECKSUM;
    uint8_t *data = room->known_codewords; /* of no more use */
    bc_qr_data(&room->codewords, &structure, data);
    bc_qr_padding_seen padding;
    const bc_status status = bc_qr_payload(data, structure.data_n, version, symbol, &padding);
    if (status != BC_OK)
        return status;
    if (!convincing(&evidence, &padding, structure.block_n))
        return BC_CHECKSUM;
    symbol->symbology = BC_QR;
    symbol->version = (uint8_t)version;
    symbol->columns = symbol->rows = (uint16_t)modules->size;
    symbol->ec_level = (uint8_t)bc_qr_level_name[level];
    symbol->ec_used = evidence.ec_used;
    symbol->mirrored = format->mirrored;
    return BC_OK;
}

/* What of these modules, if anything, could be the format information; BC_NO_READ when nothing could. */
static bc_status read_all(const bc_qr_modules *modules, bc_rs_effort effort, bc_qr_workroom *room, bc_symbol *symbol)
{
    bc_qr_format format[BC_QR_MAX_FORMATS];
    const uint32_t format_n = bc_qr_formats(modules, format);
    if (format_n == 0 || !bc_qr_version_fits(modules))
        return BC_NO_READ;
    bc_status status = BC_CHECKSUM;
    for (uint32_t i = 0; i < format_n && status == BC_CHECKSUM; i++)
        status = read_as(modules, &format[i], effort, room, symbol);
    return status;
}

static bool unread(bc_status status)
{
    return status == BC_NO_READ || status == BC_CHECKSUM;
}

/*
 * With the blur taken out, which adds to noise and so comes second: all readings
 * of the format information with what is cheap, then the likeliest with what is
 * not.
 */
static bc_status read_equalised(const bc_qr_modules *modules, bc_qr_workroom *room, bc_symbol *symbol)
{
    const bc_plane plane = bc_qr_plane(modules);
    if (!bc_equalise(&plane, room->map, NULL, room->scratch, room->equalised))
        return BC_CHECKSUM;
    const bc_qr_modules equalised = {room->equalised, modules->size};
    if (bc_qr_timing_percent(&equalised) < BC_QR_TIMING_EQUALISED)
        return BC_CHECKSUM;
    const bc_status status = read_all(&equalised, BC_RS_ERASURES, room, symbol);
    bc_qr_format format[BC_QR_MAX_FORMATS];
    if (status != BC_CHECKSUM || bc_qr_formats(&equalised, format) == 0)
        return status;
    /* Once more with what was decided of the neighbours: a tenth fewer modules are wrong. */
    if (!bc_equalise(&plane, room->map, room->equalised, room->scratch, room->equalised))
        return status;
    return read_as(modules, &format[0], BC_RS_SOFT, room, symbol);
}

bc_status bc_qr_read(const bc_qr_modules *modules, bc_arena *arena, bc_symbol *symbol)
{
    const uint32_t size = modules->size;
    if (size < 21 || size > BC_QR_MAX_SIZE || size % 4 != 1)
        return BC_BAD_ARGUMENT;
    const uint32_t timing = bc_qr_timing_percent(modules);
    bc_qr_format format[BC_QR_MAX_FORMATS];
    if (timing < BC_QR_TIMING_PERHAPS && (bc_qr_formats(modules, format) == 0 || !bc_qr_version_fits(modules)))
        return BC_FORMAT;

    const size_t mark = bc_arena_mark(arena);
    bc_qr_workroom room;
    bc_status status = BC_WORKSPACE_TOO_SMALL;
    if (bc_qr_workroom_take(arena, BC_QR_MAX_SIZE, BC_QR_MAX_SIZE, BC_QR_MAX_CODEWORDS, &room)) {
        bc_qr_function_map(size, room.map);
        status = read_all(modules, timing >= BC_QR_TIMING_LIKELY ? BC_RS_ERASURES : BC_RS_PLAIN, &room, symbol);
        if (timing >= BC_QR_TIMING_PERHAPS && unread(status)) {
            const bc_status again = read_equalised(modules, &room, symbol);
            status = unread(again) ? status : again;
        }
    }
    bc_arena_release(arena, mark);
    return status == BC_NO_READ ? BC_FORMAT : status;
}
