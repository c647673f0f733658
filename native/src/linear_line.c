#include "linear_line.h"

#include <string.h> /* memcpy, memmove */

typedef struct {
    uint32_t symbologies; /* any of these is wanted */
    bc_linear_fn *read;
} bc_symbology_reader;

static const bc_symbology_reader readers[] = {
    {BC_CODE128, bc_code128_read},         {BC_EAN13 | BC_UPCA, bc_ean13_read}, {BC_EAN8, bc_ean8_read},
    {BC_UPCE, bc_upce_read},               {BC_ITF, bc_itf_read},               {BC_CODE39, bc_code39_read},
    {BC_CODE93, bc_code93_read},           {BC_CODABAR, bc_codabar_read},
};

/* Which symbologies begin with a narrow element and which do not is theirs to say; a space before it is for all. */
static bool after_quiet_zone(const bc_elements *line, size_t bar)
{
    if (bar + 6 >= line->n)
        return false;
    const uint16_t *width = line->width + bar;
    const uint32_t four = (uint32_t)width[0] + width[1] + width[2] + width[3];
    return 8 * (uint32_t)width[-1] >= 3 * four; /* 1.5 times the four elements' mean */
}

/* UPC-A is EAN-13 with a leading 0: one of the two, as wanted; false when the one it is is not. */
static bool tell_upca(uint32_t symbologies, bc_linear_read *read)
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
static void keep(const bc_line *line, size_t seen_n, bool inverted, bool reversed, bc_line_reader *reader)
{
    bc_line_read *found = &reader->read[reader->read_n];
    size_t first = found->read.first, last = found->read.last;
    if (reversed) {
        const size_t swapped = seen_n - 1 - first;
        first = seen_n - 1 - last;
        last = swapped;
    }
    first -= inverted; /* an empty space was put before */
    last -= inverted;
    if (first > last || last >= line->n)
        return;
    found->first = (uint16_t)first;
    found->last = (uint16_t)last;
    found->inverted = inverted;
    found->reversed = reversed;
    found->from = line->bound[reversed ? last + 1 : first];
    found->to = line->bound[reversed ? first : last + 1];
    if (!known(reader, found))
        reader->read_n++;
}

static void read_all(const bc_line *line, const bc_elements *seen, uint32_t symbologies, uint32_t flags,
                     bool inverted, bool reversed, bc_line_reader *reader)
{
    for (size_t bar = 1; bar + 1 < seen->n; bar += 2) {
        if (!after_quiet_zone(seen, bar))
            continue;
        for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
            if (!(readers[i].symbologies & symbologies))
                continue;
            if (reader->read_n == BC_LINE_READS)
                return;
            bc_linear_read *read = &reader->read[reader->read_n].read;
            read->length = 0;
            if (readers[i].read(seen, bar, flags, read) && tell_upca(symbologies, read))
                keep(line, seen->n, inverted, reversed, reader);
        }
    }
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
    bc_elements seen = {reader->turned, line->n + (inverted ? 2 : 0)};
    if (inverted) {
        /* Bars become spaces when an empty space comes first. */
        reader->turned[0] = 0;
        memcpy(reader->turned + 1, line->width, line->n * sizeof *line->width);
        reader->turned[line->n + 1] = 0;
    } else {
        memcpy(reader->turned, line->width, line->n * sizeof *line->width);
    }
    read_all(line, &seen, symbologies, flags, inverted, false, reader);
    reverse(reader->turned, seen.n);
    read_all(line, &seen, symbologies, flags, inverted, true, reader);
}
