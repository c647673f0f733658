/*
 * Any line through a bullseye's middle crosses seven bars and spaces, or more,
 * whose lengths are known.  Rows are searched for such runs; what is found is
 * crossed along its column and the diagonals.
 */
#include "bullseyes.h"

#include "bullseye_rings.h"
#include "bullseye_runs.h"
#include "geometry.h"

#include <string.h> /* memcpy */

#define RUNS_LEAST 6u /* edges of a row that has five runs */
#define RUNS 7u      /* the middle and three rings to each side */
#define FINE_LAYER 1u /* up to which blur joins rings */
#define MARGIN (BC_RUNS_BEHIND + 2u) /* edges of a row more than it has px, and room behind them */
#define SUM_LEAST 7u /* px of them together: smaller ones cannot be sampled */

#define LONGER 1.8f   /* than the module along rows that along columns may be, and the other way round: tilt and turn */
#define CLEAR_PX 2.5f /* a module from which on all directions show the rings */

/* Units of bc_frame_spend. */
#define COST_ROW 100
#define COST_EDGE 2
#define COST_CROSS 120

size_t bc_bullseyes_workspace(uint32_t width)
{
    return 2 * (bc_arena_cost((size_t)width + MARGIN, sizeof(uint16_t)) + bc_arena_cost((size_t)width + MARGIN, 1));
}

size_t bc_bullseyes_shared_workspace(void)
{
    return BC_MAX_LAYERS * bc_arena_cost(1, sizeof(bc_bullseyes));
}

/* Two neighbouring runs of all seven, in 1/420. */
static const int32_t two_runs[2][RUNS - 1] = {
    {120, 120, 120, 120, 120, 120},
    {90, 93, 192, 192, 93, 90},
};

static bool as_long(const int32_t *e, const int32_t *expected)
{
    const int32_t sum = e[RUNS] - e[0];
    const int32_t slack = 18 * sum + 420; /* three tenths of a module and a pixel */
    for (size_t i = 0; i + 2 <= RUNS; i++) {
        const int32_t off = 420 * (e[i + 2] - e[i]) - expected[i] * sum;
        if (off > slack || off < -slack)
            return false;
    }
    return true;
}

/* As which bullseyes' eight edges enclose seven runs.  From edge to like edge, since ink spreads. */
static uint8_t alike(const int32_t *e)
{
    if (e[RUNS] - e[0] < (int32_t)SUM_LEAST)
        return 0;
    return (uint8_t)((as_long(e, two_runs[0]) ? BC_RUNS_EQUAL : 0) | (as_long(e, two_runs[1]) ? BC_RUNS_WIDE : 0));
}

/*
 * Edges along a line through x, y, whose pixel is the middle's, in steps from
 * there; false when seven runs are not there.
 */
static bool cross(const bc_bits *bits, int32_t x, int32_t y, int32_t dx, int32_t dy, int32_t most, int32_t *e)
{
    const bool middle = bc_bits_at(bits, x, y);
    for (int32_t way = -1; way <= 1; way += 2) {
        int32_t at = 0;
        bool colour = middle;
        for (uint32_t k = 0; k < 4; k++, colour = !colour) {
            int32_t n = 0;
            for (; n <= most && bc_bits_inside(bits, x + at * dx, y + at * dy) &&
                   bc_bits_at(bits, x + at * dx, y + at * dy) == colour;
                 n++)
                at += way;
            if (n == 0 || n > most)
                return false;
            e[way < 0 ? 3 - k : 4 + k] = way < 0 ? at + 1 : at;
        }
    }
    return true;
}

/* The same along the column, which most that is looked at is crossed by in vain. */
static bool cross_column(const bc_bits *bits, int32_t x, int32_t y, int32_t most, int32_t *e)
{
    const uint64_t *middle = bc_bits_row(bits, (uint32_t)y) + (uint32_t)x / 64;
    const uint32_t bit = (uint32_t)x % 64;
    for (int32_t way = -1; way <= 1; way += 2) {
        const int32_t rows = way < 0 ? y + 1 : (int32_t)bits->height - y;
        const ptrdiff_t pitch = way * (ptrdiff_t)bits->row_words;
        const uint64_t *at = middle;
        uint64_t colour = *middle >> bit & 1u;
        int32_t n = 0;
        for (uint32_t k = 0; k < 4; k++, colour ^= 1u) {
            const int32_t first = n, last = first + most < rows - 1 ? first + most : rows - 1;
            for (; n <= last && (*at >> bit & 1u) == colour; n++)
                at += n + 1 < rows ? pitch : 0;
            if (n == first || n - first > most)
                return false;
            e[way < 0 ? 3 - k : 4 + k] = way < 0 ? 1 - n : n;
        }
    }
    return true;
}

/*
 * A look at few pixels that most chance finds do not stand: one module above and
 * below the middle is the first ring, three modules the third; in a tilted
 * picture one of the four places may be another.
 */
static bool nested(const bc_bits *bits, int32_t x, int32_t y, float module, bool wide)
{
    const int32_t one = (int32_t)((wide ? 1.6f : 0.9f) * module + 0.5f);
    const int32_t three = (int32_t)((wide ? 3.1f : 2.8f) * module + 0.5f);
    if (y < three || y + three >= (int32_t)bits->height)
        return false;
    const ptrdiff_t pitch = (ptrdiff_t)bits->row_words;
    const uint64_t *at = bc_bits_row(bits, (uint32_t)y) + (uint32_t)x / 64;
    const uint32_t bit = (uint32_t)x % 64;
    const uint64_t middle = *at >> bit;
    return ((at[-three * pitch] >> bit ^ middle) & 1u) + ((at[-one * pitch] >> bit ^ middle) & 1u) +
               ((at[one * pitch] >> bit ^ middle) & 1u) + ((at[three * pitch] >> bit ^ middle) & 1u) >=
           3;
}

/* The kinds that both diagonals, or in small ones either, show too. */
static uint8_t diagonals(const bc_bits *bits, int32_t x, int32_t y, float across, float down, int32_t most)
{
    const float most_along = across > down ? across : down;
    int32_t e[RUNS + 1];
    uint8_t seen[2] = {0, 0};
    for (int32_t i = 0; i < 2; i++)
        if (cross(bits, x, y, 1, 2 * i - 1, most, e)) {
            /* In steps a diagonal's module is 0.7 to 1 times that of rows; tilt and rounding add to that. */
            const float along = (float)(e[RUNS] - e[0]) / (float)RUNS;
            seen[i] = along > 0.45f * most_along && along < 1.4f * most_along ? alike(e) : 0;
        }
    return across + down > 2.0f * CLEAR_PX ? seen[0] & seen[1] : seen[0] | seen[1];
}

/* What a row showed from edge e[0] on, in a middle that seems to be in nested rings. */
__attribute__((noinline)) static void confirm(bc_frame *frame, const bc_bits *bits, const uint16_t *edge, uint32_t y,
                                              float scale, bool light_middle, bc_bullseyes *found)
{
    int32_t row[RUNS + 1], column[RUNS + 1];
    for (size_t i = 0; i <= RUNS; i++)
        row[i] = edge[i];
    const uint8_t runs = alike(row);
    if (runs == 0)
        return;
    const float across = (float)(row[RUNS] - row[0]) / (float)RUNS;
    const int32_t cx = (row[3] + row[4]) / 2, most = (int32_t)(1.8f * across) + 2;
    bc_bullseye b = {.x = 0.5f * (float)(row[0] + row[RUNS]) * scale, .y = ((float)y + 0.5f) * scale,
                     .across = across * scale, .light_middle = light_middle, .runs = runs};
    if (bc_bullseye_known(found, &b) || !bc_frame_spend(frame, COST_CROSS) ||
        !cross_column(bits, cx, (int32_t)y, most, column))
        return;
    const float down = (float)(column[RUNS] - column[0]) / (float)RUNS;
    b.runs &= alike(column);
    if (b.runs == 0 || down > LONGER * across || across > LONGER * down)
        return;
    b.runs &= diagonals(bits, cx, (int32_t)y + (column[3] + column[4]) / 2, across, down, most);
    b.y = ((float)y + 0.5f * (float)(column[0] + column[RUNS])) * scale;
    b.down = down * scale;
    if (b.runs != 0 && !bc_bullseye_known(found, &b))
        bc_bullseye_add(frame, found, &b);
}

/* Looks at seven runs of a row from edge i on. */
static void look_at_seven(bc_frame *frame, const bc_bits *bits, size_t layer, const bc_row_runs *row, size_t i,
                          bc_bullseyes *found)
{
    const uint16_t *e = row->edge + i;
    const float module = (float)(e[RUNS] - e[0]) * (1.0f / (float)RUNS);
    /* edge[i] with an odd i begins a space: then the middle, three runs on, is dark. */
    if (nested(bits, (e[3] + e[4]) / 2, (int32_t)row->y, module, !(row->kind[i] & BC_SEVEN_EQUAL)))
        confirm(frame, bits, e, row->y, (float)(1u << layer), i % 2 == 0, found);
}

/* The first place from i on whose runs may be one of these kinds: they are few. */
static size_t next_of(const bc_row_runs *row, size_t i, uint8_t kinds)
{
    const uint64_t each = kinds * UINT64_C(0x0101010101010101);
    uint64_t eight = 0;
    for (; i < row->n; i += 8) {
        memcpy(&eight, row->kind + i, sizeof eight);
        if ((eight & each) != 0)
            break;
    }
    while (i < row->n && (row->kind[i] & kinds) == 0)
        i++;
    return i;
}

/* What is looked at on a layer. */
static uint8_t kinds_wanted(const bc_frame *frame, size_t layer)
{
    uint8_t kinds = bc_frame_wants(frame, BC_AZTEC) ? BC_SEVEN_EQUAL : 0;
    if (bc_frame_wants(frame, BC_MAXICODE))
        kinds |= BC_SEVEN_WIDE | BC_FIVE_OPEN | BC_FIVE_FILLED | (layer <= FINE_LAYER ? BC_DARK_DISC : 0);
    return kinds;
}

/* Looks at what the runs of a row may be; `part` has room as the row has. */
static void look_at_row(bc_frame *frame, const bc_bits *bits, size_t layer, const bc_row_runs *row, bc_row_runs *part,
                        bc_bullseyes *found)
{
    const uint8_t kinds = kinds_wanted(frame, layer);
    for (size_t i = next_of(row, 0, kinds); i < row->n; i = next_of(row, i + 1, kinds)) {
        const uint8_t kind = row->kind[i] & kinds;
        if (kind & (BC_SEVEN_EQUAL | BC_SEVEN_WIDE))
            look_at_seven(frame, bits, layer, row, i, found);
        if (kind & (BC_FIVE_OPEN | BC_FIVE_FILLED))
            bc_rings_at(frame, layer, row, i, found);
        if (kind & BC_DARK_DISC)
            bc_rings_in_dark(frame, layer, row, i, part, found);
    }
}

static bool scan(bc_frame *frame, const bc_bits *bits, const bc_mesh *mesh, size_t layer, bc_bullseyes *found)
{
    const size_t mark = bc_arena_mark(&frame->arena);
    bc_row_runs row = {
        .edge = bc_arena_take(&frame->arena, (size_t)bits->width + MARGIN, sizeof *row.edge),
        .kind = bc_arena_take(&frame->arena, (size_t)bits->width + MARGIN, sizeof *row.kind),
    };
    bc_row_runs part = {
        .edge = bc_arena_take(&frame->arena, (size_t)bits->width + MARGIN, sizeof *part.edge),
        .kind = bc_arena_take(&frame->arena, (size_t)bits->width + MARGIN, sizeof *part.kind),
    };
    if (row.edge == NULL || row.kind == NULL || part.edge == NULL || part.kind == NULL)
        return false;
    bool enough = true;
    for (; row.y < bits->height && enough; row.y++) {
        if (row.y % BC_TILE == 0)
            while (row.y < bits->height && !bc_mesh_row_any(mesh, row.y))
                row.y += BC_TILE;
        if (row.y >= bits->height)
            break;
        row.n = bc_bits_edges(bits, bc_mesh_row(mesh, row.y), row.y, row.edge);
        enough = bc_frame_spend(frame, COST_ROW + (int64_t)bits->row_words + (int64_t)row.n * COST_EDGE);
        if (row.n < RUNS_LEAST)
            continue;
        bc_sort_runs(frame->kernels, &row);
        look_at_row(frame, bits, layer, &row, &part, found);
    }
    bc_arena_release(&frame->arena, mark);
    return enough;
}

const bc_bullseyes *bc_frame_bullseyes(bc_frame *frame, size_t layer)
{
    struct bc_bullseyes **kept = &frame->shared.bullseyes[layer];
    if (*kept != NULL)
        return *kept;
    const bc_bits *bits = bc_frame_bits(frame, layer);
    const bc_mesh *mesh = bits != NULL ? bc_frame_mesh(frame, layer) : NULL;
    if (mesh == NULL)
        return NULL;
    bc_bullseyes *found = bc_arena_take(&frame->shared.room, 1, sizeof *found);
    if (found == NULL)
        return NULL;
    found->n = 0;
    if (!scan(frame, bits, mesh, layer, found))
        return NULL;
    *kept = found;
    return found;
}
