/* Most of a ray lies inside the image, where the walking kernel takes many samples at once. */
#include "qr_ray.h"

#include "scene.h" /* bc_grey_quick */

#define FIXED_ONE 65536.0f /* of bc_walk */
#define MARGIN_PX 0.6f     /* that a walk stays inside by, for what it rounds off */
#define FEWER 4u           /* samples that are left out at a time until all lie inside */

static bool is_inside(const bc_grey *image, float x, float y)
{
    return x >= MARGIN_PX && y >= MARGIN_PX && x <= (float)image->width - MARGIN_PX &&
           y <= (float)image->height - MARGIN_PX;
}

/* Samples from number i on, that may lie outside. */
static void sample_slowly(const bc_ray_middle *from, size_t i, bc_ray *r)
{
    for (; i < BC_RAY_SAMPLES; i++) {
        const float x = from->x + r->dx * (float)i, y = from->y + r->dy * (float)i;
        if (!(x >= 0.0f && y >= 0.0f && x <= (float)from->image->width && y <= (float)from->image->height))
            break;
        r->sample[i] = from->sign * bc_grey_quick(from->image, x, y);
    }
    for (; i < BC_RAY_SAMPLES; i++)
        r->sample[i] = from->outside;
}

/* How many samples lie inside before the first that does not, or a few less. */
static uint32_t count_inside(const bc_ray_middle *from, const bc_ray *r)
{
    uint32_t n = is_inside(from->image, from->x, from->y) ? BC_RAY_SAMPLES : 0;
    while (n > 0 && !is_inside(from->image, from->x + r->dx * (float)(n - 1), from->y + r->dy * (float)(n - 1)))
        n -= FEWER;
    return n;
}

void bc_ray_sample(const bc_ray_middle *from, bc_ray *ray)
{
    const uint32_t n = count_inside(from, ray);
    uint32_t sum[BC_RAY_SAMPLES] = {0};
    if (n > 0) {
        const bc_walk walk = {(int32_t)((from->x - 0.5f) * FIXED_ONE), (int32_t)((from->y - 0.5f) * FIXED_ONE),
                              (int32_t)(ray->dx * FIXED_ONE), (int32_t)(ray->dy * FIXED_ONE)};
        from->kernels->sample_walk(from->image, &walk, n, sum);
    }
    for (uint32_t i = 0; i < n; i++)
        ray->sample[i] = from->sign * (1.0f / 64.0f) * (float)(int32_t)sum[i];
    sample_slowly(from, n, ray);
}
