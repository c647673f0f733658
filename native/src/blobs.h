/*
 * Connected areas of one colour in a black and white layer, and their convex
 * hulls: a matrix symbol whose sides are solid or dotted shows its outline so.
 */
#ifndef BC_BLOBS_H
#define BC_BLOBS_H

#include "bit_matrix.h"
#include "frame.h"

/* A piece of a row: pixels from x0 up to x1, which is not in it. */
typedef struct {
    uint16_t x0, x1, y;
    uint32_t blob;
} bc_run;

/* Pixels that touch, corners included.  Its runs are order[first] and the run_n - 1 after it, from top to bottom. */
typedef struct {
    uint32_t first, run_n;
    uint32_t area;
    uint16_t x0, y0, x1, y1; /* px, x1 and y1 not in it */
} bc_blob;

typedef struct {
    bc_run *run;
    uint32_t *order;
    uint32_t *parent; /* while they are joined */
    bc_blob *blob;
    uint32_t run_n, blob_n;
} bc_blobs;

/* Blobs kept of a layer, the first of those that are large enough; that there were more is noted in the frame. */
#define BC_BLOBS_MAX 4096u

/* Runs looked at: more are noise or weave; a layer's last rows are left out then, which is noted. */
static inline size_t bc_runs_most(uint32_t width, uint32_t height)
{
    return (size_t)width * height / 8 + 1024;
}

size_t bc_blobs_workspace(uint32_t width, uint32_t height);
bool bc_blobs_take(bc_arena *arena, uint32_t width, uint32_t height, bc_blobs *blobs);

/*
 * The dark (or light) areas of at least `least` px in height in the mesh of a
 * layer, cut where that ends; false when the work is spent.
 */
bool bc_blobs_find(bc_frame *frame, size_t layer, bool dark, uint32_t least, bc_blobs *blobs);

/* A corner of a hull, px of the layer. */
typedef struct {
    float x, y;
} bc_hull_point;

/* Corners of a hull that are told; a rounder blob has its least telling ones left out. */
#define BC_HULL_MAX 96u

/*
 * The convex hull of a blob's pixels (their outer corners), down its left side
 * and up its right one; how many corners.  `room` is for 4 * (y1 - y0) points.
 */
uint32_t bc_blob_hull(const bc_blobs *blobs, const bc_blob *blob, bc_hull_point *room, bc_hull_point hull[BC_HULL_MAX]);

#endif
