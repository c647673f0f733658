/*
 * Invariant: any codewords, and any bars of a line, are PDF417 or MicroPDF417
 * with every field in its range, or none; what is corrected is a codeword of
 * the code; and the room taken is given back.
 *
 * Bytes: bit 0 of the first MicroPDF417, bit 1 with check codewords, whose number
 * less 2 is the next; then codewords of two bytes each.
 */
#include "fuzz_symbol.h"

#include "pdf417_codewords.h"
#include "pdf417_guard.h"
#include "pdf417_payload.h"
#include "pdf417_rap.h"
#include "rs_929.h"

static void check_payload(const uint16_t *word, uint32_t n, bool micro)
{
    bc_symbol *symbol = fuzz_exactly(sizeof *symbol);
    memset(symbol, 0, offsetof(bc_symbol, payload));
    symbol->symbology = micro ? BC_MICRO_PDF417 : BC_PDF417;
    symbol->ec_level = micro ? 0 : '2';
    const bc_status status = bc_pdf417_payload(word, n, micro, symbol);
    HOLDS(status == BC_OK || status == BC_FORMAT || status == BC_UNSUPPORTED || status == BC_LIMIT);
    if (status == BC_OK)
        fuzz_check_content(symbol);
    free(symbol);
}

static void check_correction(const uint16_t *word, uint32_t n, uint32_t ec_n, bool micro)
{
    const size_t room = bc_pdf417_words_workspace() + BC_ARENA_ALIGN;
    void *workspace = fuzz_exactly(room);
    bc_symbol *symbol = fuzz_exactly(sizeof *symbol);
    uint8_t *sure = fuzz_exactly(n);
    uint16_t *copy = fuzz_exactly(n * sizeof *copy);
    bc_arena arena;
    for (uint32_t i = 0; i < n; i++)
        sure[i] = (uint8_t)(word[i] * 31u);
    memset(symbol, 0, offsetof(bc_symbol, payload));
    bc_arena_init(&arena, workspace, room);
    const bc_pdf417_words words = {word, sure, n, ec_n, micro};
    bc_pdf417_read_words(&words, &arena, symbol);
    HOLDS(bc_arena_mark(&arena) == 0 && symbol->ec_used >= 0.0f && symbol->ec_used <= 1.0f);
    uint32_t errors = 0;
    memcpy(copy, word, n * sizeof *copy);
    if (bc_rs_929_correct(copy, n, ec_n, NULL, 0, &arena, &errors)) {
        uint32_t again = 99;
        HOLDS(bc_rs_929_correct(copy, n, ec_n, NULL, 0, &arena, &again) && again == 0 && 2 * errors <= ec_n);
    } else {
        HOLDS(memcmp(copy, word, n * sizeof *copy) == 0);
    }
    free(workspace);
    free(symbol);
    free(sure);
    free(copy);
}

/* The codewords as widths of bars. */
static void check_bars(const uint16_t *word, uint32_t n)
{
    bc_bars *bars = fuzz_exactly(sizeof *bars);
    bc_guard guard[4];
    bc_micro_row row[4];
    float at = 0.0f;
    bars->tile = NULL;
    bars->first_falls = true;
    bars->edge_n = n < BC_BARS_EDGES ? n : BC_BARS_EDGES;
    for (uint32_t i = 0; i < bars->edge_n; i++)
        bars->edge[i] = at += (float)(word[i] % 64u) / 4.0f;
    bc_bars_sort(bc_kernels_for(0), bars);
    const size_t guards = bc_guards_find(bars, guard, 4), rows = bc_micro_rows_find(bars, row, 4);
    HOLDS(guards <= 4 && rows <= 4);
    for (size_t i = 0; i < guards; i++)
        HOLDS(guard[i].at >= 0.0f && guard[i].at <= at && guard[i].module > 0.0f);
    for (size_t i = 0; i < rows; i++)
        HOLDS(row[i].at >= 0.0f && row[i].at <= at && row[i].module > 0.0f && row[i].columns <= 4);
    free(bars);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_bytes in = {data, size};
    const uint32_t form = fuzz_byte(&in), ec_n = fuzz_byte(&in) + 2u;
    const uint32_t n = (uint32_t)(in.left / 2 < 928 ? in.left / 2 : 928);
    uint16_t *word = fuzz_exactly(n * sizeof *word);
    for (uint32_t i = 0; i < n; i++)
        word[i] = (uint16_t)(fuzz_word(&in) % 929u);
    check_payload(word, n, (form & 1u) != 0);
    if ((form & 2u) != 0 && n > ec_n)
        check_correction(word, n, ec_n, (form & 1u) != 0);
    check_bars(word, n);
    free(word);
    return 0;
}
