/*
 * Aztec from module darkness to content: layers of two modules' width around the
 * bullseye (7.4), words of 6 to 12 bits corrected together, stuffed bits taken
 * out.
 */
#include "aztec_modules.h"
#include "aztec_payload.h"
#include "rs_block.h"
#include "rs_words.h"

#include <string.h> /* memcpy, memset */

#define MAX_MODULES ((size_t)BC_AZTEC_MAX_SIDE * BC_AZTEC_MAX_SIDE)
#define MAX_BITS 19968u  /* of 32 layers */
#define MAX_WORDS 1664u

/* Evidence in bits that a correction must have, and one by erasures or single bits. */
#define NEEDED_BITS 24u
#define BEYOND_BITS 36u

/* Units of bc_frame_spend: what short symbols cost, with every means; a word times a check word. */
#define COST_READ 60000
#define COST_WORD 4

/* Percent of the known modules, each as it is sure, that must be right. */
#define PATTERN_LEAST 80u

typedef struct {
    uint8_t *known, *equalised, *scratch;
    uint8_t *dark;      /* of every data bit, in order */
    uint16_t *word;
    uint8_t *value, *sure; /* of symbols with words of up to 8 bits */
    uint8_t *bits;
    uint32_t *map;      /* modules to the symbol's, without the reference grid */
    bc_rs_soft_room *soft;
} room;

size_t bc_aztec_workspace(void)
{
    return 2 * bc_arena_cost(MAX_MODULES, 1) +
           bc_arena_cost(BC_EQUALISE_SCRATCH((size_t)BC_AZTEC_MAX_SIDE, BC_AZTEC_MAX_SIDE), 1) +
           2 * bc_arena_cost(MAX_BITS, 1) + bc_arena_cost(MAX_WORDS, sizeof(uint16_t)) +
           bc_arena_cost(BC_RS_MAX_N, 1) + bc_arena_cost(BC_RS_MAX_N, 8) +
           bc_arena_cost(BC_AZTEC_MAX_SIDE, sizeof(uint32_t)) + bc_arena_cost(1, bc_rs_soft_room_size()) +
           bc_word_field_workspace(12) + bc_words_workspace(MAX_WORDS);
}

static bool take_room(bc_arena *arena, room *r)
{
    r->known = bc_arena_take(arena, MAX_MODULES, 1);
    r->equalised = bc_arena_take(arena, MAX_MODULES, 1);
    r->scratch = bc_arena_take(arena, BC_EQUALISE_SCRATCH((size_t)BC_AZTEC_MAX_SIDE, BC_AZTEC_MAX_SIDE), 1);
    r->dark = bc_arena_take(arena, MAX_BITS, 1);
    r->bits = bc_arena_take(arena, MAX_BITS, 1);
    r->word = bc_arena_take(arena, MAX_WORDS, sizeof *r->word);
    r->value = bc_arena_take(arena, BC_RS_MAX_N, 1);
    r->sure = bc_arena_take(arena, BC_RS_MAX_N, 8);
    r->map = bc_arena_take(arena, BC_AZTEC_MAX_SIDE, sizeof *r->map);
    r->soft = bc_arena_take(arena, 1, bc_rs_soft_room_size());
    return r->known && r->equalised && r->scratch && r->dark && r->bits && r->word && r->value && r->sure && r->map &&
           r->soft;
}

/* Columns (and rows) that hold data, from the outside in and out again, the reference grid left out. */
static void make_map(const bc_aztec_mode *mode, uint32_t *map)
{
    const uint32_t side = bc_aztec_side(mode), middle = side / 2;
    uint32_t n = 0;
    for (uint32_t i = 0; i < side; i++) {
        const uint32_t away = i > middle ? i - middle : middle - i;
        if (mode->compact || away % 16 != 0)
            map[n++] = i;
    }
}

/* The darkness of all data bits: layer by layer from the outside, left, bottom, right, top. */
static uint32_t read_layers(const uint8_t *darkness, const bc_aztec_mode *mode, const room *r)
{
    const uint32_t side = bc_aztec_side(mode), base = (mode->compact ? 11 : 14) + 4 * mode->layers;
    uint32_t n = 0;
    for (uint32_t layer = 0; layer < mode->layers; layer++) {
        const uint32_t length = 4 * (mode->layers - layer) + (mode->compact ? 9 : 12);
        const uint32_t low = 2 * layer, high = base - 1 - low;
        for (uint32_t j = 0; j < length; j++)
            for (uint32_t k = 0; k < 2; k++) {
                uint8_t *to = r->dark + n + 2 * j + k;
                to[0] = darkness[r->map[low + j] * side + r->map[low + k]];
                to[2 * length] = darkness[r->map[high - k] * side + r->map[low + j]];
                to[4 * length] = darkness[r->map[high - j] * side + r->map[high - k]];
                to[6 * length] = darkness[r->map[low + k] * side + r->map[high - j]];
            }
        n += 8 * length;
    }
    return n;
}

static uint32_t word_bits(uint32_t layers)
{
    return layers <= 2 ? 6 : layers <= 8 ? 8 : layers <= 22 ? 10 : 12;
}

/* Words of up to 8 bits, with every means; false when there is no correction with a margin. */
static bool correct_short(const room *r, uint32_t n, uint32_t ec_n, uint32_t bits, bc_rs_effort effort,
                          bc_rs_evidence *evidence)
{
    const bc_rs_block block = {r->value, n, ec_n, bits == 6 ? &bc_rs_6bit : &bc_rs_dm};
    for (uint32_t i = 0; i < n; i++)
        r->value[i] = (uint8_t)r->word[i];
    if (!bc_rs_correct_block(&block, r->sure, 0, effort, BEYOND_BITS, r->soft, evidence))
        return false;
    for (uint32_t i = 0; i < n; i++)
        r->word[i] = r->value[i];
    return true;
}

int64_t bc_aztec_read_cost(const bc_aztec_mode *mode)
{
    const uint32_t side = bc_aztec_side(mode), bits = word_bits(mode->layers), words = side * side / bits;
    /* Syndromes, locator and roots of correct_long each take all words, or all check words, times the check words. */
    const int64_t ec_n = words > mode->data_n ? words - mode->data_n : 0;
    return COST_READ + (bits > 8 || ec_n > (int64_t)BC_RS_MAX_EC ? ec_n * (int64_t)words * COST_WORD : 0);
}

/* Words of any size, by words alone; a quarter of the check words is left as a margin. */
static bool correct_long(const room *r, uint32_t n, uint32_t ec_n, uint32_t bits, bc_arena *arena,
                         bc_rs_evidence *evidence)
{
    const size_t mark = bc_arena_mark(arena);
    const bc_words block = {r->word, n, ec_n};
    bc_word_field field;
    uint32_t errors = 0;
    const bool done = bc_word_field_make(&field, bits, arena) &&
                      bc_words_correct(&field, &block, NULL, 0, arena, &errors) && 8 * errors <= 3 * ec_n;
    bc_arena_release(arena, mark);
    evidence->bits = done ? bits * (ec_n - 2 * errors) : 0; /* at least: 2^bits to the power of what is left */
    evidence->ec_used = done && ec_n > 0 ? (float)(2 * errors) / (float)ec_n : 0.0f;
    return done;
}

/* Bits of the data words, the stuffed ones taken out (7.2.1); false for a word of one colour. */
static bool unstuff(const room *r, uint32_t data_n, uint32_t bits, uint32_t *n)
{
    const uint32_t full = (1u << bits) - 1;
    *n = 0;
    for (uint32_t i = 0; i < data_n; i++) {
        const uint32_t word = r->word[i];
        if (word == 0 || word == full)
            return false;
        const uint32_t keep = word == 1 || word == full - 1 ? bits - 1 : bits;
        for (uint32_t k = 0; k < keep; k++)
            r->bits[(*n)++] = (uint8_t)(word >> (bits - 1 - k) & 1);
    }
    return true;
}

static bc_status read_as(const uint8_t *darkness, const bc_aztec_mode *mode, bc_rs_effort effort, const room *r,
                         bc_arena *arena, bc_symbol *symbol)
{
    const uint32_t bits = word_bits(mode->layers), all = read_layers(darkness, mode, r);
    const uint32_t n = all / bits, skip = all % bits;
    if (mode->data_n >= n)
        return BC_FORMAT;
    const uint32_t ec_n = n - mode->data_n;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t word = 0;
        for (uint32_t k = 0; k < bits; k++) {
            const uint8_t dark = r->dark[skip + i * bits + k];
            word = word << 1 | (dark >= 128);
            if (bits <= 8)
                r->sure[i * bits + k] = (uint8_t)(dark >= 128 ? dark - 128 : 127 - dark);
        }
        r->word[i] = (uint16_t)word;
    }
    bc_rs_evidence evidence = BC_RS_EVIDENCE_START;
    if (!(bits <= 8 && ec_n <= BC_RS_MAX_EC ? correct_short(r, n, ec_n, bits, effort, &evidence)
                                            : correct_long(r, n, ec_n, bits, arena, &evidence)) ||
        evidence.bits < NEEDED_BITS)
        return BC_CHECKSUM;
    uint32_t bit_n;
    if (!unstuff(r, mode->data_n, bits, &bit_n))
        return BC_FORMAT;
    symbol->ec_used = evidence.ec_used;
    return bc_aztec_payload(r->bits, bit_n, symbol);
}

static bc_status read_layered(const bc_plane *modules, const bc_aztec_mode *mode, const room *r, bc_arena *arena,
                              bc_symbol *symbol)
{
    const size_t n = (size_t)modules->columns * modules->rows;
    bc_aztec_pattern(mode, r->known);
    if (bc_known_percent(modules->darkness, r->known, n) < PATTERN_LEAST)
        return BC_FORMAT;
    make_map(mode, r->map);
    bc_status status = read_as(modules->darkness, mode, BC_RS_ERASURES, r, arena, symbol);
    if (status != BC_CHECKSUM || !bc_equalise(modules, r->known, NULL, r->scratch, r->equalised))
        return status;
    status = read_as(r->equalised, mode, BC_RS_SOFT, r, arena, symbol);
    if (status == BC_CHECKSUM && bc_equalise(modules, r->known, r->equalised, r->scratch, r->equalised))
        status = read_as(r->equalised, mode, BC_RS_SOFT, r, arena, symbol);
    return status;
}

/* A rune's content is its number in three digits (annex A). */
static void write_rune(const bc_aztec_mode *mode, bc_symbol *symbol)
{
    const char digits[3] = {(char)('0' + mode->data_n / 100), (char)('0' + mode->data_n / 10 % 10),
                            (char)('0' + mode->data_n % 10)};
    memcpy(symbol->payload, digits, sizeof digits);
    memcpy(symbol->identifier, "]zC", 4);
    symbol->length = 3;
    symbol->segment_n = 1;
    symbol->segments[0] = (bc_segment){0, BC_ECI_NONE};
}

bc_status bc_aztec_read(const bc_plane *modules, const bc_aztec_mode *mode, bc_arena *arena, bc_symbol *symbol)
{
    const uint32_t side = bc_aztec_side(mode);
    if (modules->columns != side || modules->rows != side || side > BC_AZTEC_MAX_SIDE)
        return BC_BAD_ARGUMENT;
    const size_t mark = bc_arena_mark(arena);
    room r;
    bc_status status = BC_WORKSPACE_TOO_SMALL;
    if (mode->rune) {
        write_rune(mode, symbol);
        status = BC_OK;
    } else if (take_room(arena, &r)) {
        status = read_layered(modules, mode, &r, arena, symbol);
    }
    bc_arena_release(arena, mark);
    if (status == BC_OK) {
        symbol->symbology = BC_AZTEC;
        symbol->version = (uint8_t)mode->layers;
        symbol->columns = symbol->rows = (uint16_t)side;
        symbol->reader_init = mode->reader_init;
    }
    return status;
}
