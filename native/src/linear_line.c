#include "linear_line.h"

#include <string.h> /* memcpy, memmove */

typedef struct {
    uint32_t symbologies; /* any of these is wanted */
    bc_linear_fn *read;
} bc_symbology_reader;

/*
 * The image's border counts as a quiet zone for symbologies that cannot be
 * taken for a part of a longer symbol: a symbol drawn or cut out to its very
 * bars is read.  Half an ITF symbol is an ITF symbol, and the left half of an
 * EAN-13 may be a UPC-E.
 */
#define NEEDS_QUIET_ZONE (BC_ITF | BC_UPCE)
#define BEYOND_THE_BORDER UINT16_MAX

static const bc_symbology_reader readers[] = {
    {BC_CODE128, bc_code128_read},         {BC_EAN13 | BC_UPCA, bc_ean13_read}, {BC_EAN8, bc_ean8_read},
    {BC_UPCE, bc_upce_read},               {BC_ITF, bc_itf_read},               {BC_CODE39, bc_code39_read},
    {BC_CODE93, bc_code93_read},           {BC_CODABAR, bc_codabar_read},
};

/* What is looked for, and which way round. */
typedef struct {
    uint32_t symbologies, flags;
    bool inverted, reversed;
} bc_line_search;

/* Which symbologies begin with a narrow element and which do not is theirs to say; a space before it is for all. */
static bool after_quiet_zone(const bc_elements *line, size_t bar)
{
    if (bar + 6 >= line->n)
        return false;
    const uint16_t *width = line->width + bar;
    const uint32_t four = (uint32_t)width[0] + width[1] + width[2] + width[3];
    return 8 * (uint32_t)width[-1] >= 3 * four; /* 1.5 times the four elements' mean */
}

bool bc_line_tell_upca(uint32_t symbologies, bc_linear_read *read)
{
    if (read->symbology != BC_EAN13)
        return true;
    if (read->data[0] != '0' || !(symbologies & BC_UPCA))
        return (symbologies & BC_EAN13) != 0;
    read->symbology = BC_UPCA;
    read->length--;
    memmove(read->data, read->data + 1, read->length);
    return true;
}

/* Whether a read on the same elements, of the same symbology, is there already. */
static bool known(const bc_line_reader *reader, const bc_line_read *found)
{
    for (size_t i = 0; i < reader->read_n; i++) {
        const bc_line_read *other = &reader->read[i];
        if (other->read.symbology == found->read.symbology && other->first == found->first &&
            other->last == found->last)
            return true;
    }
    return false;
}

/* Keeps a read whose first and last bar are elements of `seen`, back in the line's own elements. */
static void keep(const bc_line *line, size_t seen_n, const bc_line_search *search, bc_line_reader *reader)
{
    bc_line_read *found = &reader->read[reader->read_n];
    size_t first = found->read.first, last = found->read.last;
    if (search->reversed) {
        const size_t swapped = seen_n - 1 - first;
        first = seen_n - 1 - last;
        last = swapped;
    }
    first -= search->inverted; /* an empty space was put before */
    last -= search->inverted;
    if (first > last || last >= line->n)
        return;
    found->first = (uint16_t)first;
    found->last = (uint16_t)last;
    found->inverted = search->inverted;
    found->reversed = search->reversed;
    found->from = line->bound[search->reversed ? last + 1 : first];
    found->to = line->bound[search->reversed ? first : last + 1];
    if (!known(reader, found))
        reader->read_n++;
}

/* One symbology at one bar. */
static void read_one(const bc_line *line, const bc_elements *seen, size_t bar, const bc_symbology_reader *by,
                     const bc_line_search *search, bc_line_reader *reader)
{
    bc_linear_read *read = &reader->read[reader->read_n].read;
    read->length = 0;
    if (by->read(seen, bar, search->flags, read) && bc_line_tell_upca(search->symbologies, read))
        keep(line, seen->n, search, reader);
}

static void read_all(const bc_line *line, size_t n, const bc_line_search *search, bc_line_reader *reader)
{
    const bc_elements seen = {reader->turned, n};
    const bool cut[2] = {line->cut[search->reversed], line->cut[!search->reversed]};
    const uint16_t ends[2] = {seen.width[0], seen.width[n - 1]};
    const uint16_t stretched[2] = {cut[0] ? BEYOND_THE_BORDER : ends[0], cut[1] ? BEYOND_THE_BORDER : ends[1]};
    for (size_t bar = 1; bar + 1 < n; bar += 2) {
        if (!(bar == 1 && cut[0]) && !after_quiet_zone(&seen, bar))
            continue;
        for (size_t i = 0; i < sizeof readers / sizeof *readers && reader->read_n < BC_LINE_READS; i++) {
            if (!(readers[i].symbologies & search->symbologies))
                continue;
            const bool true_ends = (readers[i].symbologies & NEEDS_QUIET_ZONE) != 0;
            reader->turned[0] = true_ends ? ends[0] : stretched[0];
            reader->turned[n - 1] = true_ends ? ends[1] : stretched[1];
            read_one(line, &seen, bar, &readers[i], search, reader);
        }
    }
    reader->turned[0] = ends[0];
    reader->turned[n - 1] = ends[1];
}

static void reverse(uint16_t *width, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        const uint16_t swapped = width[i];
        width[i] = width[n - 1 - i];
        width[n - 1 - i] = swapped;
    }
}

void bc_line_reads(const bc_line *line, uint32_t symbologies, uint32_t flags, bool inverted, bc_line_reader *reader)
{
    bc_line_search search = {symbologies, flags, inverted, false};
    const size_t n = line->n + (inverted ? 2 : 0);
    if (inverted) {
        /* Bars become spaces when an empty space comes first. */
        reader->turned[0] = 0;
        memcpy(reader->turned + 1, line->width, line->n * sizeof *line->width);
        reader->turned[line->n + 1] = 0;
    } else {
        memcpy(reader->turned, line->width, line->n * sizeof *line->width);
    }
    read_all(line, n, &search, reader);
    reverse(reader->turned, n);
    search.reversed = true;
    read_all(line, n, &search, reader);
}
