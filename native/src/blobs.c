/* Runs of every row joined to those of the row above (union-find), then chained blob by blob. */
#include "blobs.h"

#include <string.h> /* memcpy, memmove */

/* Units of bc_frame_spend for a row, for a run. */
#define COST_ROW 40
#define COST_RUN 16

#define OUT_OF_REACH UINT16_MAX /* the edges of a run that is none: beyond BC_MAX_SIDE */

/* Runs that there is room for: those looked at, a row more, and one before and behind each row. */
static size_t room_for(uint32_t width, uint32_t height)
{
    return bc_runs_most(width, height) + width / 2 + 2 + height;
}

size_t bc_blobs_workspace(uint32_t width, uint32_t height)
{
    const size_t runs = room_for(width, height);
    return bc_arena_cost(runs, 2 * sizeof(uint16_t)) + 2 * bc_arena_cost(runs, sizeof(uint32_t)) +
           bc_arena_cost((size_t)height + 1, sizeof(uint32_t)) + bc_arena_cost(BC_BLOBS_MAX, sizeof(bc_blob));
}

bool bc_blobs_take(bc_arena *arena, uint32_t width, uint32_t height, bc_blobs *blobs)
{
    const size_t runs = room_for(width, height);
    blobs->edge = bc_arena_take(arena, runs, 2 * sizeof *blobs->edge);
    blobs->row = bc_arena_take(arena, (size_t)height + 1, sizeof *blobs->row);
    blobs->parent = bc_arena_take(arena, runs, sizeof *blobs->parent);
    blobs->next = bc_arena_take(arena, runs, sizeof *blobs->next);
    blobs->blob = bc_arena_take(arena, BC_BLOBS_MAX, sizeof *blobs->blob);
    return blobs->edge && blobs->row && blobs->parent && blobs->next && blobs->blob;
}

static uint32_t root_of(uint32_t *parent, uint32_t i)
{
    uint32_t up = parent[i];
    for (uint32_t over = parent[up]; over != up; over = parent[up]) {
        parent[i] = over;
        i = up;
        up = over;
    }
    return up;
}

/* Makes one of two roots: the lower one, so that roots come in the order of the rows. */
static uint32_t join(uint32_t *parent, uint32_t a, uint32_t b)
{
    const uint32_t lower = a < b ? a : b;
    parent[a < b ? b : a] = lower;
    return lower;
}

/* The words of a row of the mesh from the first to the last that is not empty. */
typedef struct {
    const uint64_t *within;
    size_t begin, end;
} span;

static span span_of(const bc_mesh *mesh, uint32_t y)
{
    span s = {bc_mesh_row(mesh, y), 0, mesh->row_words};
    while (s.begin < s.end && s.within[s.begin] == 0)
        s.begin++;
    while (s.end > s.begin && s.within[s.end - 1] == 0)
        s.end--;
    return s;
}

/* Appends one that is no run, to end a row. */
static void end_row(bc_blobs *blobs)
{
    blobs->edge[2 * (size_t)blobs->run_n] = OUT_OF_REACH;
    blobs->edge[2 * (size_t)blobs->run_n++ + 1] = OUT_OF_REACH;
}

/* Appends the runs of one row. */
static void add_row(const bc_bits *bits, const span *s, uint32_t y, bool dark, bc_blobs *blobs)
{
    const uint64_t *row = bc_bits_row(bits, y);
    const uint64_t flip = dark ? 0 : ~(uint64_t)0, end = ~(uint64_t)0 >> (63u - (bits->width - 1u) % 64u);
    uint16_t *const begin = blobs->edge + 2 * (size_t)blobs->run_n, *edge = begin;
    uint64_t carry = 0;
    for (size_t w = s->begin; w < s->end; w++) {
        const uint64_t word = (row[w] ^ flip) & s->within[w] & (w + 1 < bits->row_words ? ~(uint64_t)0 : end);
        uint64_t change = word ^ (word << 1 | carry);
        carry = word >> 63;
        for (; change != 0; change &= change - 1)
            *edge++ = (uint16_t)(w * 64 + (unsigned)__builtin_ctzll(change));
    }
    if ((edge - begin) % 2 != 0)
        *edge++ = (uint16_t)(s->end * 64 < bits->width ? s->end * 64 : bits->width);
    blobs->run_n += (uint32_t)(edge - begin) / 2;
}

/*
 * Joins the runs of row y, the last one so far, to those of the row above that
 * touch them; next[] of a root is the blob's last row, while there is no next one yet.
 */
static void join_rows(bc_blobs *blobs, uint32_t y)
{
    const uint32_t begin = blobs->row[y], end = blobs->run_n;
    const uint16_t *above = blobs->edge + 2 * (size_t)(y > 0 ? blobs->row[y - 1] : 0);
    const uint16_t *edge = blobs->edge;
    uint32_t *const parent = blobs->parent;
    for (uint32_t j = begin; j < end; j++) {
        const uint32_t x0 = edge[2 * j], x1 = edge[2 * j + 1];
        uint32_t root = j;
        while (above[1] < x0)
            above += 2;
        if (above[0] <= x1) {
            root = root_of(parent, (uint32_t)(above - edge) / 2);
            for (; above[2] <= x1; above += 2)
                root = join(parent, root, root_of(parent, (uint32_t)(above + 2 - edge) / 2));
        }
        parent[j] = root;
        blobs->next[root] = y;
    }
}

/* Begins a blob with its first run, unless there are too many; its number and 1, or 0. */
static uint32_t begin_blob(bc_blobs *blobs, uint32_t i, uint32_t y)
{
    if (blobs->blob_n == BC_BLOBS_MAX)
        return 0;
    blobs->blob[blobs->blob_n] = (bc_blob){i, i, 0, 0, blobs->edge[2 * i], (uint16_t)y, blobs->edge[2 * i + 1],
                                           (uint16_t)(blobs->next[i] + 1)};
    return ++blobs->blob_n;
}

/* Adds run i to a blob that has begun. */
static inline void add_run(bc_blob *b, uint32_t i, const uint16_t *edge, uint32_t *next)
{
    const uint16_t x0 = edge[2 * i], x1 = edge[2 * i + 1];
    b->run_n++;
    b->area += (uint32_t)x1 - x0;
    if (x0 < b->x0)
        b->x0 = x0;
    if (x1 > b->x1)
        b->x1 = x1;
    next[b->last] = i;
    b->last = i;
}

/*
 * Numbers the blobs that are large enough, in parent[] of their runs, and puts
 * these in order; false when there were more than are kept.
 */
static bool number(bc_blobs *blobs, uint32_t height, uint32_t least)
{
    const uint16_t *edge = blobs->edge;
    uint32_t *const parent = blobs->parent, *const next = blobs->next;
    bc_blob *const blob = blobs->blob;
    bool all = true;
    blobs->blob_n = 0;
    for (uint32_t y = 0; y < height; y++) {
        const uint32_t end = blobs->row[y + 1] - 1;
        for (uint32_t i = blobs->row[y]; i < end; i++) {
            uint32_t of = 0;
            if (parent[i] != i) {
                of = parent[parent[i]]; /* parents come before, and have been numbered */
            } else if (next[i] + 1 - y >= least) {
                of = begin_blob(blobs, i, y);
                all &= of != 0;
            }
            parent[i] = of;
            if (of != 0)
                add_run(&blob[of - 1], i, edge, next);
        }
    }
    return all;
}

bool bc_blobs_find(bc_frame *frame, size_t layer, bool dark, uint32_t least, bc_blobs *blobs)
{
    const bc_bits *bits = bc_frame_bits(frame, layer);
    const bc_mesh *mesh = bits != NULL ? bc_frame_mesh(frame, layer) : NULL;
    blobs->run_n = 0;
    blobs->blob_n = 0;
    if (mesh == NULL)
        return false;
    const size_t most = bc_runs_most(bits->width, bits->height);
    span s = {NULL, 0, 0};
    uint32_t y = 0;
    end_row(blobs); /* of none, above the first one */
    for (; y < bits->height; y++) {
        const uint32_t begin = blobs->row[y] = blobs->run_n;
        s = y % BC_TILE == 0 ? span_of(mesh, y) : s;
        if (s.begin < s.end) {
            add_row(bits, &s, y, dark, blobs);
            if (blobs->run_n - y - 1 > most) {
                blobs->run_n = begin; /* what there is of it joins nothing */
                frame->cut_short = true;
                break;
            }
            join_rows(blobs, y);
            if (!bc_frame_spend(frame, COST_ROW + (int64_t)(blobs->run_n - begin) * COST_RUN))
                return false;
        }
        end_row(blobs);
    }
    blobs->row[y] = blobs->run_n;
    frame->cut_short |= !number(blobs, y, least);
    return true;
}

/* Twice the area of a, b, c: its sign tells on which side of a-b c lies. */
static float turn(bc_hull_point a, bc_hull_point b, bc_hull_point c)
{
    return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

/* Adds a point to a chain that bends one way only. */
static uint32_t extend(bc_hull_point *chain, uint32_t n, bc_hull_point p, float sign)
{
    while (n >= 2 && sign * turn(chain[n - 2], chain[n - 1], p) >= 0.0f)
        n--;
    chain[n++] = p;
    return n;
}

/* Leaves out corners that hardly tell until there are few enough; how many are left. */
static uint32_t thin(bc_hull_point *p, uint32_t n)
{
    while (n > BC_HULL_MAX) {
        uint32_t kept = 0;
        for (uint32_t i = 0; i < n; i++) /* every other one of a finely cut curve tells as much */
            if (i % 2 == 0 || i + 1 == n)
                p[kept++] = p[i];
        n = kept;
    }
    return n;
}

/* A row of a blob: from the left end of its first run to the right end of its last one. */
typedef struct {
    uint16_t x0, x1;
} extent;

/* The extent of the row of a blob that begins with run *i, and the run after it. */
static extent row_extent(const bc_blobs *blobs, const bc_blob *blob, uint32_t end, uint32_t *i)
{
    extent e = {blobs->edge[2 * *i], 0};
    for (;;) {
        e.x1 = blobs->edge[2 * *i + 1]; /* runs of a row come from left to right */
        if (*i == blob->last)
            return e;
        *i = blobs->next[*i];
        if (*i >= end)
            return e;
    }
}

uint32_t bc_blob_hull(const bc_blobs *blobs, const bc_blob *blob, bc_hull_point *room, bc_hull_point hull[BC_HULL_MAX])
{
    bc_hull_point *left = room, *right = room + (blob->y1 - blob->y0 + 1);
    uint32_t left_n = 0, right_n = 0, i = blob->first;
    extent above = {UINT16_MAX, 0};
    for (uint32_t y = blob->y0; y <= blob->y1; y++) { /* lines between rows: the corners that reach farther out */
        const extent below = y < blob->y1 ? row_extent(blobs, blob, blobs->row[y + 1], &i) : (extent){UINT16_MAX, 0};
        const uint16_t x0 = above.x0 < below.x0 ? above.x0 : below.x0, x1 = above.x1 > below.x1 ? above.x1 : below.x1;
        left_n = extend(left, left_n, (bc_hull_point){(float)x0, (float)y}, 1.0f);
        right_n = extend(right, right_n, (bc_hull_point){(float)x1, (float)y}, -1.0f);
        above = below;
    }
    for (uint32_t k = 0; k < right_n / 2; k++) { /* from the bottom up */
        const bc_hull_point kept = right[k];
        right[k] = right[right_n - 1 - k];
        right[right_n - 1 - k] = kept;
    }
    memmove(room + left_n, right, right_n * sizeof *room);
    const uint32_t n = thin(room, left_n + right_n);
    memcpy(hull, room, n * sizeof *hull);
    return n;
}
