/*
 * Any line through a bullseye's middle crosses seven bars and spaces of one
 * module each, and more of full symbols.  Rows are searched for seven like runs;
 * what is found is crossed along its column and the diagonals.
 */
#include "aztec_finder.h"

#define RUNS 7u      /* of like length: the middle and three rings to each side */
#define SUM_LEAST 7u /* px of them together: smaller ones cannot be sampled */

#define LONGER 1.8f   /* than the module along rows that along columns may be, and the other way round: tilt and turn */
#define CLEAR_PX 2.5f /* a module from which on all directions show the rings */

/* Units of bc_frame_spend. */
#define COST_ROW 100
#define COST_EDGE 2
#define COST_CROSS 120

size_t bc_bullseyes_workspace(uint32_t width)
{
    return bc_arena_cost((size_t)width + 8, sizeof(uint16_t));
}

/* Whether eight edges enclose seven runs of one length.  From edge to like edge, since ink spreads. */
static bool alike(const int32_t *e)
{
    const int32_t sum = e[RUNS] - e[0]; /* 7 modules */
    if (sum < (int32_t)SUM_LEAST)
        return false;
    const int32_t slack = sum * 3 / 5 + 14; /* of twice a module, in 1/14: three tenths of a module and a pixel */
    for (size_t i = 0; i + 2 <= RUNS; i++) {
        const int32_t off = 14 * (e[i + 2] - e[i]) - 4 * sum;
        if (off > slack || off < -slack)
            return false;
    }
    return true;
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

/*
 * A look at few pixels that most chance finds do not stand: one module above and
 * below the middle is the first ring, three modules the third; in a tilted
 * picture one of the four places may be another.
 */
static bool nested(const bc_bits *bits, int32_t x, int32_t y, float module)
{
    const int32_t one = (int32_t)(0.9f * module + 0.5f), three = (int32_t)(2.8f * module + 0.5f);
    if (y < three || y + three >= (int32_t)bits->height)
        return false;
    const bool middle = bc_bits_at(bits, x, y);
    const int32_t away[4] = {-three, -one, one, three};
    uint32_t rings = 0;
    for (size_t i = 0; i < 4; i++)
        rings += bc_bits_at(bits, x, y + away[i]) != middle;
    return rings >= 3;
}

static bool known(const bc_bullseyes *found, float x, float y, float module, bool inverted)
{
    for (size_t i = 0; i < found->n; i++) {
        const bc_bullseye *b = &found->item[i];
        const float dx = b->x - x, dy = b->y - y, reach = 0.7f * (b->across < module ? b->across : module);
        if (b->inverted == inverted && dx * dx + dy * dy < reach * reach && module < 2.0f * b->across &&
            b->across < 2.0f * module)
            return true;
    }
    return false;
}

/* What a row showed from edge e[0] on. */
static void confirm(bc_frame *frame, const bc_bits *bits, const uint16_t *edge, uint32_t y, float scale, bool inverted,
                    bc_bullseyes *found)
{
    int32_t row[RUNS + 1], column[RUNS + 1], other[RUNS + 1];
    for (size_t i = 0; i <= RUNS; i++)
        row[i] = edge[i];
    if (!alike(row))
        return;
    const float x = 0.5f * (float)(row[0] + row[7]), across = (float)(row[7] - row[0]) / 7.0f;
    /* The middle is a module high: two rows of it are enough. */
    if ((across >= 8.0f && y % 4 != 0) || (across >= 4.0f && y % 2 != 0) ||
        !nested(bits, (row[3] + row[4]) / 2, (int32_t)y, across))
        return;
    if (known(found, x * scale, ((float)y + 0.5f) * scale, across * scale, inverted) ||
        !bc_frame_spend(frame, COST_CROSS))
        return;
    const int32_t cx = (row[3] + row[4]) / 2, most = (int32_t)(1.8f * across) + 2;
    if (!cross(bits, cx, (int32_t)y, 0, 1, most, column) || !alike(column))
        return;
    const float down = (float)(column[7] - column[0]) / 7.0f;
    const int32_t cy = (int32_t)y + (column[3] + column[4]) / 2;
    if (down > LONGER * across || across > LONGER * down)
        return;
    uint32_t diagonals = 0;
    for (int32_t way = -1; way <= 1; way += 2)
        if (cross(bits, cx, cy, 1, way, most, other) && alike(other)) {
            /* In steps a diagonal's module is 0.7 to 1 times that of rows; tilt and rounding add to that. */
            const float along = (float)(other[7] - other[0]) / 7.0f, most_along = across > down ? across : down;
            diagonals += along > 0.45f * most_along && along < 1.4f * most_along;
        }
    if (diagonals < (across + down > 2.0f * CLEAR_PX ? 2u : 1u))
        return;
    const float middle = (float)y + 0.5f * (float)(column[0] + column[7]);
    if (known(found, x * scale, middle * scale, across * scale, inverted))
        return;
    if (found->n == BC_BULLSEYES_MAX)
        frame->cut_short = true;
    else
        found->item[found->n++] = (bc_bullseye){x * scale, middle * scale, across * scale, down * scale, inverted};
}

bool bc_bullseyes_scan(bc_frame *frame, size_t layer, bc_bullseyes *found)
{
    const bc_bits *bits = bc_frame_bits(frame, layer);
    const bc_mesh *mesh = bits != NULL ? bc_frame_mesh(frame, layer) : NULL;
    if (mesh == NULL)
        return false;
    const size_t mark = bc_arena_mark(&frame->arena);
    uint16_t *edge = bc_arena_take(&frame->arena, (size_t)bits->width + 8, sizeof *edge);
    if (edge == NULL)
        return false;
    bool enough = true;
    for (uint32_t y = 0; y < bits->height && enough; y++) {
        const size_t n = bc_bits_edges(bits, bc_mesh_row(mesh, y), y, edge);
        enough = bc_frame_spend(frame, COST_ROW + (int64_t)bits->row_words + (int64_t)n * COST_EDGE);
        /* edge[i] with an odd i begins a space: then the middle, three runs on, is dark. */
        for (size_t i = 0; i + RUNS < n; i++)
            if (7 * (edge[i + 2] - edge[i]) < 3 * (edge[i + 7] - edge[i]) + 14)
                confirm(frame, bits, edge + i, y, (float)(1u << layer), i % 2 == 0, found);
    }
    bc_arena_release(&frame->arena, mark);
    return enough;
}
