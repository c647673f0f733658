/* Runs of every row joined to those of the row above (union-find), then sorted by blob. */
#include "blobs.h"

#include <string.h> /* memcpy, memmove */

/* Units of bc_frame_spend for a row, for a run. */
#define COST_ROW 40
#define COST_RUN 16

size_t bc_blobs_workspace(uint32_t width, uint32_t height)
{
    const size_t runs = bc_runs_most(width, height);
    return bc_arena_cost(runs, sizeof(bc_run)) + 2 * bc_arena_cost(runs, sizeof(uint32_t)) +
           bc_arena_cost(BC_BLOBS_MAX, sizeof(bc_blob));
}

bool bc_blobs_take(bc_arena *arena, uint32_t width, uint32_t height, bc_blobs *blobs)
{
    const size_t runs = bc_runs_most(width, height);
    blobs->run = bc_arena_take(arena, runs, sizeof *blobs->run);
    blobs->order = bc_arena_take(arena, runs, sizeof *blobs->order);
    blobs->parent = bc_arena_take(arena, runs, sizeof *blobs->parent);
    blobs->blob = bc_arena_take(arena, BC_BLOBS_MAX, sizeof *blobs->blob);
    return blobs->run && blobs->order && blobs->parent && blobs->blob;
}

static uint32_t root_of(uint32_t *parent, uint32_t i)
{
    while (parent[i] != i) {
        parent[i] = parent[parent[i]];
        i = parent[i];
    }
    return i;
}

/* Makes one of two roots: the lower one, so that roots come in the order of the rows. */
static uint32_t join(uint32_t *parent, uint32_t a, uint32_t b)
{
    const uint32_t lower = a < b ? a : b;
    parent[a < b ? b : a] = lower;
    return lower;
}

/* The runs of one row appended; false when there is no more room. */
static bool add_row(const bc_bits *bits, const uint64_t *within, uint32_t y, bool dark, size_t most, bc_blobs *blobs)
{
    const uint64_t *row = bc_bits_row(bits, y);
    const uint64_t flip = dark ? 0 : ~(uint64_t)0;
    uint64_t carry = 0;
    bool open = false;
    for (size_t w = 0; w < bits->row_words; w++) {
        const uint64_t word = (row[w] ^ flip) & within[w];
        uint64_t change = word ^ (word << 1 | carry);
        carry = word >> 63;
        for (; change != 0; change &= change - 1) {
            const uint32_t x = (uint32_t)(w * 64) + (uint32_t)__builtin_ctzll(change);
            if (x >= bits->width)
                break;
            if (open) {
                blobs->run[blobs->run_n++].x1 = (uint16_t)x;
            } else {
                if (blobs->run_n == most)
                    return false;
                blobs->run[blobs->run_n] = (bc_run){(uint16_t)x, 0, (uint16_t)y, 0};
            }
            open = !open;
        }
    }
    if (open)
        blobs->run[blobs->run_n++].x1 = (uint16_t)bits->width;
    return true;
}

/*
 * Joins the runs from `begin` on, of one row, to those from `above` on that touch
 * them; order[] of a root is the blob's last row, while there is nothing to order yet.
 */
static void join_rows(bc_blobs *blobs, uint32_t above, uint32_t begin)
{
    const bc_run *run = blobs->run;
    uint32_t i = above;
    for (uint32_t j = begin; j < blobs->run_n; j++) {
        uint32_t root = j;
        while (i < begin && run[i].x1 < run[j].x0)
            i++;
        for (uint32_t k = i; k < begin && run[k].x0 <= run[j].x1; k++)
            root = root == j ? root_of(blobs->parent, k) : join(blobs->parent, root, root_of(blobs->parent, k));
        blobs->parent[j] = root;
        blobs->order[root] = run[j].y;
    }
}

/*
 * Numbers the blobs that are large enough: in run[i].blob by root, in blob[]
 * their extents; false when there were more than are kept.
 */
static bool number(bc_blobs *blobs, uint32_t least)
{
    bool all = true;
    uint32_t *of = blobs->order; /* of a root that was met: its blob's number and 1 */
    blobs->blob_n = 0;
    for (uint32_t i = 0; i < blobs->run_n; i++) {
        bc_run *r = &blobs->run[i];
        /* Parents come before, so that theirs is the root by now. */
        const uint32_t root = blobs->parent[i] = blobs->parent[blobs->parent[i]];
        if (root == i) {
            const uint32_t end = of[i] + 1;
            const bool large = end - r->y >= least, keep = large && blobs->blob_n < BC_BLOBS_MAX;
            all &= keep == large;
            if (keep)
                blobs->blob[blobs->blob_n++] = (bc_blob){0, 0, 0, r->x0, r->y, r->x1, (uint16_t)end};
            of[i] = keep ? blobs->blob_n : 0;
        }
        r->blob = of[root];
        if (r->blob == 0)
            continue;
        bc_blob *b = &blobs->blob[r->blob - 1];
        b->run_n++;
        b->area += (uint32_t)r->x1 - r->x0;
        b->x0 = r->x0 < b->x0 ? r->x0 : b->x0;
        b->x1 = r->x1 > b->x1 ? r->x1 : b->x1;
    }
    return all;
}

static void sort(bc_blobs *blobs)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < blobs->blob_n; i++) {
        blobs->blob[i].first = sum;
        sum += blobs->blob[i].run_n;
        blobs->parent[i] = blobs->blob[i].first; /* where its next run goes */
    }
    for (uint32_t i = 0; i < blobs->run_n; i++)
        if (blobs->run[i].blob != 0)
            blobs->order[blobs->parent[blobs->run[i].blob - 1]++] = i;
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
    uint32_t above = 0;
    bool any = true;
    for (uint32_t y = 0; y < bits->height; y++) {
        const uint32_t begin = blobs->run_n;
        any = y % BC_TILE == 0 ? bc_mesh_row_any(mesh, y) : any;
        if (!any) {
            above = begin;
            continue;
        }
        if (!add_row(bits, bc_mesh_row(mesh, y), y, dark, most, blobs)) {
            blobs->run_n = begin; /* what is left of it joins nothing */
            frame->cut_short = true;
            break;
        }
        join_rows(blobs, above, begin);
        above = begin;
        if (!bc_frame_spend(frame, COST_ROW + (int64_t)(blobs->run_n - begin) * COST_RUN))
            return false;
    }
    frame->cut_short |= !number(blobs, least);
    sort(blobs);
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

uint32_t bc_blob_hull(const bc_blobs *blobs, const bc_blob *blob, bc_hull_point *room, bc_hull_point hull[BC_HULL_MAX])
{
    const uint32_t height = (uint32_t)blob->y1 - blob->y0;
    bc_hull_point *left = room, *right = room + 2 * (size_t)height;
    uint32_t left_n = 0, right_n = 0;
    for (uint32_t i = 0; i < blob->run_n;) {
        const bc_run *r = &blobs->run[blobs->order[blob->first + i]];
        uint16_t x0 = r->x0, x1 = r->x1;
        const uint16_t y = r->y;
        for (; i < blob->run_n && blobs->run[blobs->order[blob->first + i]].y == y; i++)
            x1 = blobs->run[blobs->order[blob->first + i]].x1; /* runs of a row come from left to right */
        for (uint32_t k = 0; k < 2; k++) {
            left_n = extend(left, left_n, (bc_hull_point){(float)x0, (float)(y + k)}, 1.0f);
            right_n = extend(right, right_n, (bc_hull_point){(float)x1, (float)(y + k)}, -1.0f);
        }
    }
    for (uint32_t i = 0; i < right_n / 2; i++) { /* from the bottom up */
        const bc_hull_point kept = right[i];
        right[i] = right[right_n - 1 - i];
        right[right_n - 1 - i] = kept;
    }
    memmove(room + left_n, right, right_n * sizeof *room);
    const uint32_t n = thin(room, left_n + right_n);
    memcpy(hull, room, n * sizeof *hull);
    return n;
}
