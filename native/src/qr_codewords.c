/* ISO/IEC 18004:2015, 6.3 (symbol structure), 7.7.3 (placement), 7.8.2 (masks). */
#include "qr_codewords.h"

#include "qr_tables.h" /* bc_qr_alignment */

#include <string.h> /* memset */

#define TIMING 6u /* row and column of QR's timing patterns; Micro QR's are row and column 0 */

static void mark(uint8_t *map, uint32_t size, uint32_t column, uint32_t row, uint32_t width, uint32_t height,
                 uint8_t kind)
{
    for (uint32_t y = row; y < row + height; y++)
        memset(map + y * size + column, kind, width);
}

/* A finder pattern, its separator and the format information that may lie beside it. */
static void mark_finder(uint8_t *map, uint32_t size, uint32_t column, uint32_t row)
{
    const uint32_t left = column > 0 ? column - 1 : 0, top = row > 0 ? row - 1 : 0;
    mark(map, size, left, top, 8, 8, BC_QR_LIGHT);
    mark(map, size, column, row, 7, 7, BC_QR_DARK);
    mark(map, size, column + 1, row + 1, 5, 5, BC_QR_LIGHT);
    mark(map, size, column + 2, row + 2, 3, 3, BC_QR_DARK);
}

static void mark_timing(uint8_t *map, uint32_t size, uint32_t line, uint32_t last)
{
    for (uint32_t i = 8; i <= last; i++)
        map[line * size + i] = map[i * size + line] = i % 2 == 0 ? BC_QR_DARK : BC_QR_LIGHT;
}

static void mark_alignment(uint8_t *map, uint32_t size, uint32_t version)
{
    const uint8_t *position;
    const uint32_t n = bc_qr_alignment(version, &position);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < n; j++) {
            /* None at the three finder patterns, which cover these places already. */
            if ((i == 0 && (j == 0 || j == n - 1)) || (i == n - 1 && j == 0))
                continue;
            mark(map, size, position[j] - 2u, position[i] - 2u, 5, 5, BC_QR_DARK);
            mark(map, size, position[j] - 1u, position[i] - 1u, 3, 3, BC_QR_LIGHT);
            mark(map, size, position[j], position[i], 1, 1, BC_QR_DARK);
        }
}

void bc_qr_function_map(uint32_t size, uint8_t *map)
{
    const uint32_t version = (size - 17) / 4;
    memset(map, BC_QR_DATA, (size_t)size * size);
    mark(map, size, 0, 0, 9, 9, BC_QR_INFORMATION);
    mark(map, size, size - 8, 0, 8, 9, BC_QR_INFORMATION);
    mark(map, size, 0, size - 8, 9, 8, BC_QR_INFORMATION);
    if (version >= 7) {
        mark(map, size, size - 11, 0, 3, 6, BC_QR_INFORMATION);
        mark(map, size, 0, size - 11, 6, 3, BC_QR_INFORMATION);
    }
    mark_finder(map, size, 0, 0);
    mark_finder(map, size, size - 7, 0);
    mark_finder(map, size, 0, size - 7);
    mark_alignment(map, size, version);
    mark_timing(map, size, TIMING, size - 9);
}

void bc_micro_qr_function_map(uint32_t size, uint8_t *map)
{
    memset(map, BC_QR_DATA, (size_t)size * size);
    mark(map, size, 0, 0, 9, 9, BC_QR_INFORMATION);
    mark_finder(map, size, 0, 0);
    mark_timing(map, size, 0, size - 1);
}

static bool masked(uint32_t mask, uint32_t i, uint32_t j) /* row and column: table 10 */
{
    switch (mask) {
    case 0: return (i + j) % 2 == 0;
    case 1: return i % 2 == 0;
    case 2: return j % 3 == 0;
    case 3: return (i + j) % 3 == 0;
    case 4: return (i / 2 + j / 3) % 2 == 0;
    case 5: return i * j % 2 + i * j % 3 == 0;
    case 6: return (i * j % 2 + i * j % 3) % 2 == 0;
    default: return ((i + j) % 2 + i * j % 3) % 2 == 0;
    }
}

#define MASK_PERIOD 12u /* every mask repeats after 12 rows and after 12 columns */

/* Where the walk over the modules stands. */
typedef struct {
    const bc_qr_order *order;
    const uint8_t *darkness;
    const bc_qr_codewords *out;
    uint32_t nibble;
    uint32_t n;                   /* whole codewords so far */
    uint32_t value, bits;         /* of the codeword begun */
    const uint8_t *known;         /* null to read, */
    uint8_t *marks;               /* otherwise where to mark */
    uint16_t mask[MASK_PERIOD];   /* by row, a bit for each column */
} walk;

/* One module of the codeword begun, which is whole then or not; `missing` modules of it are none. */
static void take_bit(walk *at, uint32_t bit, uint32_t missing)
{
    at->value = at->value << 1 | bit;
    at->bits++;
    if (at->bits + missing < 8)
        return;
    if (at->known == NULL)
        at->out->value[at->n] = (uint8_t)(at->value << missing);
    at->n++;
    at->value = at->bits = 0;
}

static void take_module(walk *at, uint32_t column, uint32_t row)
{
    const bc_qr_order *order = at->order;
    if (order->map[row * order->columns + column] != BC_QR_DATA || at->n == at->out->n)
        return;
    const size_t index = order->mirrored ? column * order->rows + row : row * order->columns + column;
    const uint32_t inverted = (uint32_t)at->mask[row % MASK_PERIOD] >> column % MASK_PERIOD & 1u;
    if (at->known == NULL) {
        const uint8_t darkness = at->darkness[index];
        at->out->sure[8 * at->n + at->bits] = bc_qr_sureness(darkness);
        take_bit(at, bc_qr_dark(darkness) ^ inverted, at->n == at->nibble ? 4 : 0);
    } else {
        const uint32_t bit = (uint32_t)at->out->value[at->n] >> (7 - at->bits) & 1;
        if (at->known[at->n])
            at->marks[index] = bit != inverted ? BC_QR_DARK : BC_QR_LIGHT;
        take_bit(at, bit, 0);
    }
}

static void take_modules(walk *at)
{
    const bc_qr_order *order = at->order;
    bool upward = true;
    for (uint32_t right = order->right; right >= 1 && right <= order->right; right -= 2) {
        if (right == order->skipped)
            right--;
        for (uint32_t i = 0; i < order->rows; i++) {
            const uint32_t row = upward ? order->rows - 1 - i : i;
            take_module(at, right, row);
            take_module(at, right - 1, row);
        }
        upward = !upward;
    }
}

static walk begin(const bc_qr_order *order, const bc_qr_codewords *out)
{
    walk at = {.order = order, .out = out, .nibble = UINT32_MAX};
    for (uint32_t i = 0; i < MASK_PERIOD; i++)
        for (uint32_t j = 0; j < MASK_PERIOD; j++)
            at.mask[i] = (uint16_t)(at.mask[i] | masked(order->mask, i, j) << j);
    return at;
}

bc_qr_order bc_qr_order_of(const uint8_t *map, uint32_t size, uint32_t mask, bool mirrored)
{
    return (bc_qr_order){map, size, size, size - 1, TIMING, mask, mirrored};
}

bc_qr_order bc_micro_qr_order_of(const uint8_t *map, uint32_t size, uint32_t mask, bool mirrored)
{
    return (bc_qr_order){map, size, size, size - 1, 0, mask, mirrored};
}

void bc_qr_read_codewords(const uint8_t *darkness, const bc_qr_order *order, uint32_t nibble,
                          const bc_qr_codewords *out)
{
    walk at = begin(order, out);
    at.darkness = darkness;
    at.nibble = nibble;
    memset(out->sure, 127, 8 * out->n); /* what of a codeword is no module is known */
    take_modules(&at);
}

void bc_qr_mark_codewords(const bc_qr_order *order, const bc_qr_codewords *codewords, const uint8_t *known,
                          uint8_t *marks)
{
    walk at = begin(order, codewords);
    at.known = known;
    at.marks = marks;
    take_modules(&at);
}

/* Of modules first to last in row and in column `line`, dark at even places. */
static uint32_t timing_percent(const bc_qr_modules *modules, uint32_t line, uint32_t first, uint32_t last)
{
    const bc_qr_view view = {*modules, false}; /* mirrored or not they are the same */
    uint32_t right = 0, all = 0;
    for (uint32_t i = first; i <= last; i++)
        for (uint32_t down = 0; down < 2; down++) {
            const uint8_t darkness = bc_qr_darkness(&view, down ? line : i, down ? i : line);
            const uint32_t sure = bc_qr_sureness(darkness) + 1u;
            right += bc_qr_dark(darkness) == (i % 2 == 0) ? sure : 0;
            all += sure;
        }
    return 100 * right / all;
}

uint32_t bc_qr_timing_percent(const bc_qr_modules *modules)
{
    return timing_percent(modules, TIMING, 8, modules->size - 9);
}

uint32_t bc_micro_qr_timing_percent(const bc_qr_modules *modules)
{
    return timing_percent(modules, 0, 8, modules->size - 1);
}
