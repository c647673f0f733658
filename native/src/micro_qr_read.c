/*
 * Micro QR symbols from module darkness to content.  Their blocks are short and
 * their format information stands once, so each counts what it is worth as
 * evidence and the sum must do.
 */
#include "qr_blocks.h"    /* bc_rs_correct_block */
#include "qr_codewords.h" /* bc_micro_qr_function_map, bc_qr_read_codewords */
#include "equalise.h"  /* bc_equalise */
#include "qr_format.h"    /* bc_micro_qr_formats */
#include "qr_modules.h"
#include "qr_payload.h" /* bc_micro_qr_payload */
#include "qr_tables.h"  /* bc_micro_qr_structure_of */

#define MAX_SIZE 17u
#define MAX_CODEWORDS 24u /* M4 */

/* Evidence in bits that block, format information and padding must bring together. */
#define NEEDED_BITS 28u

/* With less than this from the block alone, padding must be as the standard has it. */
#define SELF_SUFFICIENT_BITS 40u

/* log2 of how many random words, of 2^15, are within 0 to 3 bits of a codeword: 1, 16, 121, 576. */
static const uint8_t within_log2[4] = {0, 4, 7, 10};

/* log2, rounded up, of how many codewords are compared with, in both orientations: 4 masks for each level. */
static const uint8_t compared_log2[5] = {0, 3, 4, 4, 5};

static uint32_t format_bits(const bc_qr_format *format, uint32_t version)
{
    return 15u - within_log2[format->wrong] - compared_log2[version];
}

/* M1 cannot correct, and two check codewords pass many a wrong reading: its timing must be flawless. */
static bool plausible(const bc_qr_modules *modules, uint32_t version)
{
    return version > 1 || bc_micro_qr_timing_percent(modules) == 100;
}

static bc_status read_as(const bc_qr_modules *modules, const bc_qr_format *format, const uint8_t *map,
                         bc_rs_effort effort, bc_rs_soft_room *soft, bc_symbol *symbol)
{
    static const uint8_t mask_of[4] = {1, 4, 6, 7}; /* of the eight of QR: table 10 */
    const bc_micro_qr_structure *structure = &bc_micro_qr_structure_of[format->value >> 2];
    uint8_t value[MAX_CODEWORDS], sure[8 * MAX_CODEWORDS];
    const bc_qr_codewords codewords = {value, sure, structure->codeword_n};
    /* The last data codeword of M1 and M3 has four bits: 7.4.10. */
    const uint32_t nibble = structure->data_bits % 8 != 0 ? structure->data_n - 1u : UINT32_MAX;
    if (!plausible(modules, structure->version))
        return BC_CHECKSUM;
    const bc_qr_order order =
        bc_micro_qr_order_of(map, modules->size, mask_of[format->value & 3], format->mirrored);
    bc_qr_read_codewords(modules->darkness, &order, nibble, &codewords);

    bc_rs_evidence evidence = BC_RS_EVIDENCE_START;
    const bc_rs_block block = {value, structure->codeword_n, structure->ec_n, &bc_rs_qr};
    if (!bc_rs_correct_block(&block, sure, structure->spare, effort, BC_QR_LEAST_BITS, soft, &evidence))
        return BC_CHECKSUM;
    if (nibble < structure->data_n && value[nibble] % 16 != 0)
        return BC_CHECKSUM; /* the correction is one of bits that are not there */
    bc_qr_padding_seen padding;
    const bc_status status =
        bc_micro_qr_payload(value, structure->data_bits, structure->version, symbol, &padding);
    if (status != BC_OK)
        return status;
    const uint32_t bits =
        evidence.bits + format_bits(format, structure->version) + (padding.right ? padding.bits : 0);
    if (bits < (evidence.beyond ? BC_QR_BEYOND_BITS : NEEDED_BITS) ||
        (evidence.bits < SELF_SUFFICIENT_BITS && !padding.right))
        return BC_CHECKSUM;
    symbol->symbology = BC_MICRO_QR;
    symbol->version = structure->version;
    symbol->columns = symbol->rows = (uint16_t)modules->size;
    symbol->ec_level = (uint8_t)structure->level;
    symbol->ec_used = evidence.ec_used;
    symbol->mirrored = format->mirrored;
    return BC_OK;
}

static bc_status read_all(const bc_qr_modules *modules, const uint8_t *map, bc_rs_effort effort,
                          bc_rs_soft_room *soft, bc_symbol *symbol)
{
    bc_qr_format format[BC_QR_MAX_FORMATS];
    const uint32_t format_n = bc_micro_qr_formats(modules, format);
    bc_status status = format_n > 0 ? BC_CHECKSUM : BC_NO_READ;
    for (uint32_t i = 0; i < format_n && status == BC_CHECKSUM; i++)
        status = read_as(modules, &format[i], map, effort, soft, symbol);
    return status;
}

static bool unread(bc_status status)
{
    return status == BC_NO_READ || status == BC_CHECKSUM;
}

/* As it is, then with the blur taken out. */
static bc_status read_twice(const bc_qr_modules *modules, bc_rs_soft_room *soft, bc_symbol *symbol)
{
    uint8_t map[MAX_SIZE * MAX_SIZE], equalised[MAX_SIZE * MAX_SIZE];
    uint8_t scratch[BC_EQUALISE_SCRATCH(MAX_SIZE, MAX_SIZE)];
    bc_micro_qr_function_map(modules->size, map);
    const bc_status status = read_all(modules, map, BC_RS_ERASURES, soft, symbol);
    const bc_plane plane = bc_qr_plane(modules);
    if (!unread(status) || !bc_equalise(&plane, map, NULL, scratch, equalised))
        return status;
    const bc_qr_modules better = {equalised, modules->size};
    if (bc_micro_qr_timing_percent(&better) < BC_QR_TIMING_EQUALISED)
        return status;
    const bc_status again = read_all(&better, map, BC_RS_SOFT, soft, symbol);
    return unread(again) ? status : again;
}

bc_status bc_micro_qr_read(const bc_qr_modules *modules, bc_arena *arena, bc_symbol *symbol)
{
    const uint32_t size = modules->size;
    if (size < 11 || size > MAX_SIZE || size % 2 != 1)
        return BC_BAD_ARGUMENT;
    const size_t mark = bc_arena_mark(arena);
    bc_rs_soft_room *soft = bc_arena_take(arena, 1, bc_rs_soft_room_size());
    if (soft == NULL)
        return BC_WORKSPACE_TOO_SMALL;
    bc_status status;
    if (bc_micro_qr_timing_percent(modules) >= BC_QR_TIMING_LIKELY) {
        status = read_twice(modules, soft, symbol);
    } else {
        uint8_t map[MAX_SIZE * MAX_SIZE];
        bc_micro_qr_function_map(size, map);
        status = read_all(modules, map, BC_RS_PLAIN, soft, symbol);
    }
    bc_arena_release(arena, mark);
    return status == BC_NO_READ ? BC_FORMAT : status;
}
