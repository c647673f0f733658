/*
 * Format information is compared with all of its 32 codewords; a bit whose
 * module is in doubt counts half when it differs.  ISO/IEC 18004:2015, 7.9
 * (format information), 7.10 (version information), 12.6.
 */
#include "qr_format.h"

#include "qr_tables.h" /* bc_qr_format_bits, bc_qr_version_bits */
#include "qr_view.h"   /* bc_qr_darkness */

#define BITS 15u

/* A module nearer to the threshold than this is in doubt. */
#define SURE_ENOUGH 24u

/*
 * The code corrects three errors.  One copy by itself is trusted with two, which
 * a seventh of random pictures reach; both together with seven of 30.
 */
#define ONE_COPY_WRONG 2u
#define BOTH_COPIES_WRONG 7u

/* Micro QR has one copy, and the payload is what it must agree with. */
#define MICRO_WRONG 3u

/* Wrong bits of 18 in the better copy of the version information: one random picture in ten gets through. */
#define VERSION_WRONG 5u

typedef struct {
    uint32_t bits, sure; /* bit 14 or 17 first read */
} word;

static void append(word *to, uint8_t darkness)
{
    to->bits = to->bits << 1 | bc_qr_dark(darkness);
    to->sure = to->sure << 1 | (bc_qr_sureness(darkness) >= SURE_ENOUGH);
}

/* Bits set in the lower 18. */
static uint32_t count_bits(uint32_t x)
{
    x -= x >> 1 & 0x15555;
    x = (x & 0x33333) + (x >> 2 & 0x33333);
    x = (x + (x >> 4)) & 0x0F0F0F;
    return (x + (x >> 8) + (x >> 16)) & 0x1F;
}

/* Differing bits, in halves: those in doubt count one, the others two. */
static uint32_t half_distance(const word *read, uint32_t code)
{
    const uint32_t wrong = read->bits ^ code;
    return count_bits(wrong) + count_bits(wrong & read->sure);
}

static uint32_t distance(const word *read, uint32_t code)
{
    return count_bits(read->bits ^ code);
}

/* Keeps the readings in order; the last falls out of a full list. */
static void insert(bc_qr_format *list, uint32_t *n, const bc_qr_format *found)
{
    uint32_t at = *n < BC_QR_MAX_FORMATS ? (*n)++ : BC_QR_MAX_FORMATS;
    if (at == BC_QR_MAX_FORMATS && list[--at].distance <= found->distance)
        return;
    for (; at > 0 && list[at - 1].distance > found->distance; at--)
        list[at] = list[at - 1];
    list[at] = *found;
}

/* The copy around the top left finder pattern, most significant bit first. */
static word read_inner_copy(const bc_qr_view *view)
{
    word read = {0, 0};
    for (uint32_t column = 0; column < 9; column++)
        if (column != 6)
            append(&read, bc_qr_darkness(view, column, 8));
    for (uint32_t row = 8; row-- > 0;)
        if (row != 6)
            append(&read, bc_qr_darkness(view, 8, row));
    return read;
}

/* The copy shared by the two other finder patterns. */
static word read_outer_copy(const bc_qr_view *view)
{
    const uint32_t size = view->modules.size;
    word read = {0, 0};
    for (uint32_t row = size - 1; row >= size - 7; row--)
        append(&read, bc_qr_darkness(view, 8, row));
    for (uint32_t column = size - 8; column < size; column++)
        append(&read, bc_qr_darkness(view, column, 8));
    return read;
}

uint32_t bc_qr_formats(const bc_qr_modules *modules, bc_qr_format out[BC_QR_MAX_FORMATS])
{
    uint32_t n = 0;
    for (uint32_t mirrored = 0; mirrored < 2; mirrored++) {
        const bc_qr_view view = {*modules, mirrored == 1};
        const word inner = read_inner_copy(&view), outer = read_outer_copy(&view);
        for (uint32_t value = 0; value < 32; value++) {
            const uint32_t code = bc_qr_format_bits[value];
            const uint32_t a = half_distance(&inner, code), b = half_distance(&outer, code);
            const uint32_t better = a < b ? a : b;
            if (better > 2 * ONE_COPY_WRONG && a + b > 2 * BOTH_COPIES_WRONG)
                continue;
            const uint32_t wrong = distance(a < b ? &inner : &outer, code);
            insert(out, &n,
                   &(bc_qr_format){(uint8_t)value, (uint8_t)wrong, (uint8_t)(a + b + better), mirrored == 1});
        }
    }
    return n;
}

uint32_t bc_micro_qr_formats(const bc_qr_modules *modules, bc_qr_format out[BC_QR_MAX_FORMATS])
{
    const uint32_t version = (modules->size - 9) / 2;
    uint32_t n = 0;
    for (uint32_t mirrored = 0; mirrored < 2; mirrored++) {
        const bc_qr_view view = {*modules, mirrored == 1};
        word read = {0, 0};
        for (uint32_t column = 1; column < 9; column++)
            append(&read, bc_qr_darkness(&view, column, 8));
        for (uint32_t row = 7; row > 0; row--)
            append(&read, bc_qr_darkness(&view, 8, row));
        for (uint32_t value = 0; value < 32; value++) {
            if (bc_micro_qr_structure_of[value >> 2].version != version)
                continue;
            const uint32_t code = bc_micro_qr_format_bits[value], wrong = distance(&read, code);
            if (wrong <= MICRO_WRONG)
                insert(out, &n,
                       &(bc_qr_format){(uint8_t)value, (uint8_t)wrong, (uint8_t)half_distance(&read, code),
                                       mirrored == 1});
        }
    }
    return n;
}

bool bc_qr_version_fits(const bc_qr_modules *modules)
{
    const uint32_t size = modules->size, version = (size - 17) / 4;
    if (version < 7)
        return true;
    const uint32_t code = bc_qr_version_bits(version);
    for (uint32_t copy = 0; copy < 2; copy++) {
        /* The copies are each other's transpose, and so are the orientations. */
        const bc_qr_view view = {*modules, copy == 1};
        word read = {0, 0};
        for (uint32_t bit = 18; bit-- > 0;)
            append(&read, bc_qr_darkness(&view, size - 11 + bit % 3, bit / 3));
        if (half_distance(&read, code) <= 2 * VERSION_WRONG)
            return true;
    }
    return false;
}
