/*
 * Where bars may lie: strips of neighbouring tiles whose edges all
 * run one way.  Text, pictures and matrix symbols have edges in all directions
 * and are passed over here, at the price of one look at each pixel.
 */
#ifndef BC_STRIPS_H
#define BC_STRIPS_H

#include "frame.h"

/* What lines over a strip showed; the linear stage looks twice. */
typedef struct {
    size_t elements;       /* the most on a line, inside the strip */
    float variety;         /* mean deviation of their widths from their mean, by that mean; the most on a line */
    bool looked;           /* lines were laid, or it was read before */
    bool shown;            /* a line showed a symbol's characters */
    bool told;             /* a symbol was */
    float agreement;       /* of lines close to each other, the least of three places */
} bc_promise;

typedef struct bc_strip {
    float x, y;           /* the middle, in px of the image */
    float ux, uy;         /* unit vector across the bars, in a direction of no meaning */
    float half_u, half_v; /* half the extent across and along the bars, px of the image */
    float score;          /* strength: contrast times area */
    float agreement;      /* how far the edges of the region it is of run one way: 1 all, 0 none */
    uint32_t layer;       /* where it was seen: its modules are about 1 to 5 px there */
    bc_promise promise;   /* nothing at first */
} bc_strip;

/*
 * Strips kept of an image, strongest first: one for each 16,384 px and 48 more.
 * A page of labels has fewer; one of text may have more, and loses its weakest.
 */
static inline size_t bc_strips_most(uint32_t width, uint32_t height)
{
    return 48u + (size_t)width * height / 16384u;
}

/* What bc_frame_strips takes of the frame's shared room. */
size_t bc_strips_workspace(uint32_t width, uint32_t height);

/*
 * The image's strips, strongest first; *n of them, at most bc_strips_most, which
 * is noted when there were more.  Found when first asked for; null when the work
 * is spent.
 */
bc_strip *bc_frame_strips(bc_frame *frame, size_t *n);

#endif
