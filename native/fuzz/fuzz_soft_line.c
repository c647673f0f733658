/*
 * Invariant: whatever the samples of a line and wherever its symbol is said to
 * lie, the soft reader tells of no symbol or of one with data in its bounds, a
 * place within the line and a wanted symbology; twice the same; spends work,
 * gives its workspace back and changes no sample.
 *
 * Bytes: flags, symbologies (two bytes), from and to in samples (two bytes
 * each), then samples, of 16 bits when the first byte's highest bit is set.
 */
#include "fuzz.h"

#include "bc.h"
#include "linear_soft.h"

#include <string.h> /* memcmp, memset */

#define WORK 20000000 /* nanoseconds: some lines take more and must end */

static void check_line(const bc_soft_line *line, uint32_t symbologies, uint32_t flags)
{
    const size_t bytes = bc_linear_soft_workspace() + BC_ARENA_ALIGN;
    void *room = fuzz_exactly(bytes);
    bc_soft_read read[2];
    bool found[2];
    for (size_t i = 0; i < 2; i++) {
        bc_arena arena;
        int64_t work = WORK;
        memset(room, i == 0 ? 0xA5 : 0x5A, bytes);
        memset(&read[i], i == 0 ? 0xA5 : 0x5A, sizeof read[i]);
        bc_arena_init(&arena, room, bytes);
        found[i] = bc_linear_soft_read(line, symbologies, flags, &arena, &work, &read[i]);
        HOLDS(work <= WORK && bc_arena_mark(&arena) < BC_ARENA_ALIGN);
    }
    HOLDS(found[0] == found[1]);
    if (found[0]) {
        const bc_linear_read *told = &read[0].read;
        HOLDS((told->symbology & (symbologies | (symbologies & BC_UPCA ? BC_EAN13 : 0))) != 0);
        HOLDS(told->length >= 1 && told->length <= BC_LINEAR_MAX && told->votes_needed >= 2);
        HOLDS(read[0].from >= 0.0f && read[0].from < read[0].to && read[0].to <= (float)line->n);
        HOLDS(told->length == read[1].read.length && memcmp(told->data, read[1].read.data, told->length) == 0);
    }
    free(room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_bytes in = {data, size};
    const uint32_t head = fuzz_byte(&in), symbologies = fuzz_word(&in) & BC_ALL;
    const float from = (float)fuzz_word(&in), to = (float)fuzz_word(&in);
    const bool wide = (head & 0x80u) != 0;
    const size_t n = wide ? in.left / 2 : in.left;
    uint16_t *level = fuzz_exactly(n * sizeof *level), *untouched = fuzz_exactly(n * sizeof *level);
    for (size_t i = 0; i < n; i++)
        level[i] = untouched[i] = (uint16_t)(wide ? fuzz_word(&in) : fuzz_byte(&in) * 64u);
    check_line(&(bc_soft_line){level, n, from, to}, symbologies, head & BC_FLAGS_ALL);
    HOLDS(memcmp(level, untouched, n * sizeof *level) == 0);
    free(level);
    free(untouched);
    return 0;
}
