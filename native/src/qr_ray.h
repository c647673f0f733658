/* Grey levels along a ray from the middle of a finder pattern. */
#ifndef BC_QR_RAY_H
#define BC_QR_RAY_H

#include "kernels.h"

/* Samples along a ray, a quarter of a module apart: 8 modules reach a square's corner in a twofold foreshortening. */
#define BC_RAY_SAMPLES 32u

/* Where rays begin, px of the image. */
typedef struct {
    const bc_kernels *kernels;
    const bc_grey *image;
    float x, y;
    float sign;    /* 1 for dark on light, -1 for light on dark: what samples are multiplied by */
    float outside; /* what lies beyond the image: light, so that a symbol may touch its border */
} bc_ray_middle;

typedef struct {
    float dx, dy; /* to a sample further out */
    float sample[BC_RAY_SAMPLES];
} bc_ray;

/* Fills the samples of a ray whose dx and dy are set; the first is that of the middle. */
void bc_ray_sample(const bc_ray_middle *from, bc_ray *ray);

#endif
