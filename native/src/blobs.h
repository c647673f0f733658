/*
 * Connected areas of one colour in a black and white layer, and their convex
 * hulls: a matrix symbol whose sides are solid or dotted shows its outline so.
 */
#ifndef BC_BLOBS_H
#define BC_BLOBS_H

#include "bit_matrix.h"
#include "frame.h"

/* Pixels that touch, corners included.  Its runs are `first` and those that next[] tells after it, from top to bottom. */
typedef struct {
    uint32_t first, last, run_n;
    uint32_t area;
    uint16_t x0, y0, x1, y1; /* px, x1 and y1 not in it */
} bc_blob;

/*
 * A run is a piece of a row: pixels from edge[2 * i] up to edge[2 * i + 1], which is not in it.  Behind the last one
 * of each row, and before the first row, is one that is none, out of reach of all others.
 */
typedef struct {
    uint16_t *edge;
    uint32_t *row;    /* the first run of each row, and one row more */
    uint32_t *parent; /* of each run while they are joined, then the number of its blob and 1 */
    uint32_t *next;   /* of each run: the next one of its blob */
    bc_blob *blob;
    uint32_t run_n, blob_n; /* the runs that are none counted too */
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
 * and up its right one; how many corners.  `room` is for 2 * (y1 - y0 + 1) points.
 */
uint32_t bc_blob_hull(const bc_blobs *blobs, const bc_blob *blob, bc_hull_point *room, bc_hull_point hull[BC_HULL_MAX]);

#endif
