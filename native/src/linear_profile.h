/* Grey levels along a line of the image, and the edges of bars among them. */
#ifndef BC_LINEAR_PROFILE_H
#define BC_LINEAR_PROFILE_H

#include "frame.h"
#include "linear_read.h"

#define BC_PROFILE_MAX 4096u  /* samples of a line; a longer one is sampled on a coarser layer, or cut off */
#define BC_LEVEL_ONE 64u      /* a sample's unit: a grey level is 64 of them */
#define BC_BOUND_ONE 256      /* a boundary's unit: a sample's pitch is 256 of them */

/* A straight line over the image, which the profile is taken along. */
typedef struct {
    float x, y;         /* its origin, px of the image */
    float ux, uy;       /* its unit direction */
    float from, to;     /* where it begins and ends from the origin, px of the image */
    uint32_t layer;     /* whose pixels are looked at */
    float pitch;        /* between samples, px of that layer */
    uint32_t breadth;   /* odd: so many parallel lines, 1 px of the layer apart, are averaged */
} bc_scan;

typedef struct {
    uint32_t n;
    float x, y;         /* of the first sample, px of the image */
    float dx, dy;       /* from a sample to the next */
    float from, step;   /* the same along the scan: sample i lies at from + i * step */
    bool cut[2];        /* at its beginning, at its end: there the image ends */
    uint16_t level[BC_PROFILE_MAX];
    uint32_t sum[BC_PROFILE_MAX];
} bc_profile;

/* How the elements of a profile are told. */
typedef struct {
    int32_t least;      /* share of the local swing, in 1/256, that makes two neighbouring extremes differ */
    int32_t sharpen;    /* how much of the profile's bend is taken off it before, in 1/16; 0 for none */
} bc_edge_try;

/* The elements of a line, and where they begin. */
typedef struct {
    size_t n;                               /* odd; element i is a bar when i is odd */
    bool cut[2];                            /* as the profile: nothing is known of what follows there */
    uint16_t width[BC_ELEMENTS_MAX + 2];    /* 1/32 of the pitch */
    int32_t bound[BC_ELEMENTS_MAX + 3];     /* of element i from bound[i] to bound[i + 1], 1/256 of the pitch */
} bc_line;

/* The extremes of a profile in turn, light and dark. */
typedef struct {
    uint32_t at;
    int32_t level;
} bc_extreme;

#define BC_ENVELOPE_BLOCK 32u  /* samples over which local black and white are taken */

typedef struct {
    bc_extreme extreme[BC_ELEMENTS_MAX + 1];
    int32_t swing[BC_PROFILE_MAX / BC_ENVELOPE_BLOCK]; /* of a block and its neighbours: white less black */
    uint16_t sharp[BC_PROFILE_MAX];
    int32_t block_low[BC_PROFILE_MAX / BC_ENVELOPE_BLOCK], block_high[BC_PROFILE_MAX / BC_ENVELOPE_BLOCK];
} bc_edge_scratch;

/* Where a boundary of the profile's elements lies along the scan, px of the image. */
static inline float bc_profile_place(const bc_profile *profile, int32_t bound)
{
    return profile->from + (float)bound / (float)BC_BOUND_ONE * profile->step;
}

/* Samples a line, cut to the image; false when next to nothing of it lies inside. */
bool bc_profile_take(const bc_frame *frame, const bc_scan *scan, bc_profile *profile);

/* The elements of a profile. */
void bc_profile_elements(const bc_profile *profile, const bc_edge_try *try, bc_edge_scratch *scratch, bc_line *line);

#endif
