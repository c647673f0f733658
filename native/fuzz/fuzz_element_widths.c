/*
 * Invariant: whatever the widths of a line, each linear reader at each bar, and
 * GS1 DataBar over several lines, tells of no symbol or of one that lies within
 * the line, with data in its bounds; twice the same; and the line is not changed.
 *
 * Bytes: flags, DataBar symbologies and number of lines, then widths in half
 * pixels.
 */
#include "fuzz.h"

#include "bc.h"
#include "databar.h"
#include "linear_read.h"

#include <string.h> /* memcmp, memcpy, memset */

#define HALF_PIXEL (BC_WIDTH_ONE / 2)

/* A symbol is told once and its characters are gone, so what the store holds bounds what it tells. */
#define MOST_DATABAR (BC_DATABAR_PLACES * BC_DATABAR_CANDIDATES + BC_DATABAR_LIMITED_KEPT)

static const struct {
    bc_linear_fn *read;
    uint32_t symbology;
} readers[] = {
    {bc_code128_read, BC_CODE128}, {bc_ean13_read, BC_EAN13},  {bc_ean8_read, BC_EAN8},
    {bc_upce_read, BC_UPCE},       {bc_itf_read, BC_ITF},      {bc_code39_read, BC_CODE39},
    {bc_code93_read, BC_CODE93},   {bc_codabar_read, BC_CODABAR},
};

static void check_read(const bc_linear_read *read)
{
    HOLDS(read->code > ' ' && read->modifier > ' ');
    HOLDS(read->votes_needed >= 1);
    HOLDS(read->length >= 1 && read->length <= BC_LINEAR_MAX);
}

static bool same(const bc_linear_read *a, const bc_linear_read *b)
{
    return a->symbology == b->symbology && a->first == b->first && a->last == b->last &&
           a->modules == b->modules && a->length == b->length && memcmp(a->data, b->data, a->length) == 0;
}

static void check_readers(const bc_elements *line, uint32_t flags)
{
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        for (size_t first = 1; first < line->n; first += 2) {
            bc_linear_read read, again;
            memset(&read, 0xA5, sizeof read);
            memset(&again, 0x5A, sizeof again);
            const bool found = readers[i].read(line, first, flags, &read);
            HOLDS(readers[i].read(line, first, flags, &again) == found);
            if (!found)
                continue;
            check_read(&read);
            HOLDS(read.symbology == readers[i].symbology);
            HOLDS(read.first == first && read.last > first && read.last < line->n && read.last % 2 == 1);
            HOLDS(same(&read, &again));
        }
}

static void check_databar(const bc_elements *line, uint32_t symbologies, uint32_t lines)
{
    bc_databar_store *store = fuzz_exactly(sizeof *store);
    bc_databar_read *read = fuzz_exactly(sizeof *read);
    bc_databar_clear(store, false);
    for (uint32_t i = 0; i < lines; i++)
        bc_databar_line(store, line, symbologies, (uint16_t)(3 * i), (int32_t)(37 * i));
    uint32_t told = 0;
    for (; bc_databar_assemble(store, read); told++) {
        HOLDS(told < MOST_DATABAR);
        check_read(&read->read);
        HOLDS((read->read.symbology & symbologies) != 0);
        HOLDS(read->read.votes_needed == 1);
        HOLDS(read->extent.row[0] <= read->extent.row[1] && read->extent.row[1] < 3 * lines);
        HOLDS(read->extent.from[0] < read->extent.to[0] && read->extent.from[1] < read->extent.to[1]);
    }
    free(store);
    free(read);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_bytes in = {data, size};
    const uint32_t flags = fuzz_byte(&in) & BC_FLAGS_ALL, databar = fuzz_byte(&in);
    size_t n = in.left < BC_ELEMENTS_MAX ? in.left : BC_ELEMENTS_MAX;
    n -= n % 2 == 0 && n > 0;
    uint16_t *width = fuzz_exactly(n * sizeof *width), *untouched = fuzz_exactly(n * sizeof *width);
    for (size_t i = 0; i < n; i++)
        width[i] = untouched[i] = (uint16_t)(fuzz_byte(&in) * HALF_PIXEL);
    const bc_elements line = {width, n};
    check_readers(&line, flags);
    check_databar(&line, (databar & 7u) * BC_DATABAR, 1 + (databar >> 3 & 7u));
    HOLDS(memcmp(width, untouched, n * sizeof *width) == 0);
    free(width);
    free(untouched);
    return 0;
}
