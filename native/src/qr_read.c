/*
 * QR symbols from module darkness to content.  Whatever can be asked cheaply
 * comes first, because most finds that are none end there: format information,
 * then version information, then the first block.
 */
#include "qr_blocks.h"    /* bc_qr_correct */
#include "qr_codewords.h" /* bc_qr_function_map, bc_qr_read_codewords */
#include "qr_equalise.h"  /* bc_qr_equalise */
#include "qr_format.h"    /* bc_qr_formats, bc_qr_version_fits */
#include "qr_modules.h"
#include "qr_payload.h" /* bc_qr_payload */
#include "qr_tables.h"  /* bc_qr_structure_of */

/*
 * With less evidence than this a correction must agree with the padding: what a
 * wrong correction makes of it is random.
 */
#define SELF_SUFFICIENT_BITS 40u

typedef struct {
    uint8_t *map, *data;
    bc_qr_codewords codewords;
    bc_rs_soft_room *soft;
    uint8_t *scratch, *equalised;
} room;

size_t bc_qr_workspace(void)
{
    return bc_arena_cost(BC_QR_MAX_SIZE * BC_QR_MAX_SIZE, 1) + 2 * bc_arena_cost(BC_QR_MAX_CODEWORDS, 1) +
           bc_arena_cost(BC_QR_MAX_CODEWORDS, 8) + bc_arena_cost(1, bc_rs_soft_room_size()) +
           bc_arena_cost(BC_QR_EQUALISE_SCRATCH(BC_QR_MAX_SIZE), 1) +
           bc_arena_cost(BC_QR_MAX_SIZE * BC_QR_MAX_SIZE, 1);
}

static bool take_room(bc_arena *arena, room *out)
{
    out->map = bc_arena_take(arena, BC_QR_MAX_SIZE * BC_QR_MAX_SIZE, 1);
    out->data = bc_arena_take(arena, BC_QR_MAX_CODEWORDS, 1);
    out->codewords.value = bc_arena_take(arena, BC_QR_MAX_CODEWORDS, 1);
    out->codewords.sure = bc_arena_take(arena, BC_QR_MAX_CODEWORDS, 8);
    out->soft = bc_arena_take(arena, 1, bc_rs_soft_room_size());
    out->scratch = bc_arena_take(arena, BC_QR_EQUALISE_SCRATCH(BC_QR_MAX_SIZE), 1);
    out->equalised = bc_arena_take(arena, BC_QR_MAX_SIZE * BC_QR_MAX_SIZE, 1);
    return out->map != NULL && out->data != NULL && out->codewords.value != NULL &&
           out->codewords.sure != NULL && out->soft != NULL && out->scratch != NULL && out->equalised != NULL;
}

/* Padding is evidence for the block it is in, and counts where that is the only one. */
static bool convincing(const bc_qr_evidence *evidence, const bc_qr_padding_seen *padding, uint32_t block_n)
{
    if (evidence->bits >= SELF_SUFFICIENT_BITS)
        return true;
    const uint32_t bits = evidence->bits + (block_n == 1 ? padding->bits : 0);
    return padding->right && (!evidence->beyond || bits >= BC_QR_BEYOND_BITS);
}

/* One reading of the format information to the end. */
static bc_status read_as(const bc_qr_modules *modules, const bc_qr_format *format, bc_qr_effort effort,
                         room *in, bc_symbol *symbol)
{
    /* Level bits of the format information: table 12. */
    static const uint8_t level_of[4] = {BC_QR_M, BC_QR_L, BC_QR_H, BC_QR_Q};
    const uint32_t version = (modules->size - 17) / 4, level = level_of[format->value >> 3];
    const bc_qr_view view = {*modules, format->mirrored};
    const bc_qr_structure structure = bc_qr_structure_of(version, level);
    in->codewords.n = structure.codeword_n;
    bc_qr_read_codewords(&view, in->map, format->value & 7u, UINT32_MAX, &in->codewords);

    bc_qr_evidence evidence = BC_QR_EVIDENCE_START;
    if (!bc_qr_correct(&in->codewords, &structure, effort, in->soft, in->data, &evidence))
        return BC_CHECKSUM;
    bc_qr_padding_seen padding;
    const bc_status status = bc_qr_payload(in->data, structure.data_n, version, symbol, &padding);
    if (status != BC_OK)
        return status;
    if (!convincing(&evidence, &padding, structure.block_n))
        return BC_CHECKSUM;
    symbol->symbology = BC_QR;
    symbol->version = (uint8_t)version;
    symbol->ec_level = (uint8_t)bc_qr_level_name[level];
    symbol->ec_used = evidence.ec_used;
    symbol->mirrored = format->mirrored;
    return BC_OK;
}

/*
 * All readings of the format information with what is cheap, then the likeliest
 * with what is not; BC_NO_READ when there is none, which is no symbol or one too
 * blurred.
 */
static bc_status read_all(const bc_qr_modules *modules, bc_qr_effort effort, room *in, bc_symbol *symbol)
{
    bc_qr_format format[BC_QR_MAX_FORMATS];
    const uint32_t format_n = bc_qr_formats(modules, format);
    if (format_n == 0 || !bc_qr_version_fits(modules))
        return BC_NO_READ;
    bc_status status = BC_CHECKSUM;
    for (uint32_t i = 0; i < format_n && status == BC_CHECKSUM; i++)
        status = read_as(modules, &format[i], effort < BC_QR_SOFT ? effort : BC_QR_ERASURES, in, symbol);
    if (status == BC_CHECKSUM && effort == BC_QR_SOFT)
        status = read_as(modules, &format[0], BC_QR_SOFT, in, symbol);
    return status;
}

static bool unread(bc_status status)
{
    return status == BC_NO_READ || status == BC_CHECKSUM;
}

/* Equalising takes blur out and adds to noise, so it comes second. */
static bc_status read_equalised(const bc_qr_modules *modules, room *in, bc_symbol *symbol)
{
    if (!bc_qr_equalise(modules, in->map, in->scratch, in->equalised))
        return BC_CHECKSUM;
    const bc_qr_modules equalised = {in->equalised, modules->size};
    if (bc_qr_timing_percent(&equalised) < BC_QR_TIMING_EQUALISED)
        return BC_CHECKSUM;
    return read_all(&equalised, BC_QR_SOFT, in, symbol);
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
    room in;
    bc_status status = BC_WORKSPACE_TOO_SMALL;
    if (take_room(arena, &in)) {
        bc_qr_function_map(size, in.map);
        status = read_all(modules, timing >= BC_QR_TIMING_LIKELY ? BC_QR_ERASURES : BC_QR_PLAIN, &in, symbol);
        if (timing >= BC_QR_TIMING_PERHAPS && unread(status)) {
            const bc_status again = read_equalised(modules, &in, symbol);
            status = unread(again) ? status : again;
        }
    }
    bc_arena_release(arena, mark);
    return status == BC_NO_READ ? BC_FORMAT : status;
}
