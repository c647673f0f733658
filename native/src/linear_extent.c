/*
 * The symbol's elements are followed along its bars, step by step, as long as
 * spaces stay lighter than bars.  Either end may drift by itself, so that a
 * strip of imprecise direction and a symbol in perspective are followed as
 * well.
 */
#include "linear_extent.h"

#define POINTS 40u        /* elements looked at, spread over the symbol */
#define STEPS 40u         /* to either side at most: a step grows with the distance */
#define FULL_SHARE 0.9f   /* of the contrast on the line that was read, that needs no better shift */
#define KEPT_SHARE 0.45f  /* of the contrast on the line that was read, under which the bars have ended */

typedef struct {
    const bc_grey *image;
    float x, y, ux, uy;   /* the middle of the symbol on its line, and the line's direction; px of the layer */
    float half;           /* half the symbol's length */
    size_t n;
    float at[POINTS];     /* the middles of elements, -1 at the left end to 1 at the right one */
    float sign[POINTS];   /* 1 for what is light, -1 for what is dark */
} bc_comb;

/* Mean level of the light places less that of the dark ones, v px along the bars, the ends shifted by these px. */
static float contrast(const bc_comb *comb, float v, float left, float right)
{
    float light = 0.0f, dark = 0.0f, light_n = 0.0f, dark_n = 0.0f;
    for (size_t i = 0; i < comb->n; i++) {
        const float u = comb->at[i] * comb->half + (left + right + (right - left) * comb->at[i]) / 2.0f;
        const float level = bc_grey_at(comb->image, comb->x + u * comb->ux - v * comb->uy,
                                       comb->y + u * comb->uy + v * comb->ux);
        if (comb->sign[i] > 0.0f) {
            light += level;
            light_n += 1.0f;
        } else {
            dark += level;
            dark_n += 1.0f;
        }
    }
    return light_n > 0.0f && dark_n > 0.0f ? light / light_n - dark / dark_n : 0.0f;
}

/* Elements first..last of the line, evenly chosen. */
static void make_comb(const bc_line *line, size_t first, size_t last, bc_comb *comb)
{
    const size_t elements = last - first + 1;
    const float begin = (float)line->bound[first], end = (float)line->bound[last + 1];
    const float length = end > begin ? end - begin : 1.0f;
    comb->n = 0;
    for (size_t i = 0; i < POINTS; i++) {
        const size_t element = first + i * elements / POINTS;
        if (i > 0 && element == first + (i - 1) * elements / POINTS)
            continue;
        const float middle = ((float)line->bound[element] + (float)line->bound[element + 1]) / 2.0f;
        comb->at[comb->n] = 2.0f * (middle - begin) / length - 1.0f;
        comb->sign[comb->n++] = element % 2 == 0 ? 1.0f : -1.0f;
    }
}

/* Shifts of the two ends at v, the given ones or the best of nine around them; how much contrast is there. */
static float follow(const bc_comb *comb, float v, float reach, float enough, float *left, float *right)
{
    const float l0 = *left, r0 = *right;
    float most = contrast(comb, v, l0, r0);
    if (most >= enough)
        return most;
    for (int i = 0; i < 9; i++) {
        const float l = l0 + (float)(i / 3 - 1) * reach, r = r0 + (float)(i % 3 - 1) * reach;
        const float found = i == 4 ? most : contrast(comb, v, l, r);
        if (found > most * 1.02f) {
            most = found;
            *left = l;
            *right = r;
        }
    }
    return most;
}

/* How far the bars reach to one side (1 or -1); the shifts of the ends there. */
static float reach_of(const bc_comb *comb, float side, float module, float *left, float *right)
{
    const float whole = contrast(comb, 0.0f, 0.0f, 0.0f), least = KEPT_SHARE * whole, enough = FULL_SHARE * whole;
    float reached = 0.0f, step = 2.0f, slope_l = 0.0f, slope_r = 0.0f;
    *left = *right = 0.0f;
    for (uint32_t i = 0; i < STEPS && step >= 1.0f; i++) {
        const float v = reached + step;
        float l = slope_l * v, r = slope_r * v;
        const float place_x = comb->x - side * v * comb->uy, place_y = comb->y + side * v * comb->ux;
        const bool inside = place_x >= 0.0f && place_y >= 0.0f && place_x <= (float)comb->image->width &&
                            place_y <= (float)comb->image->height;
        if (inside && follow(comb, side * v, 0.4f * module, enough, &l, &r) >= least) {
            reached = v;
            slope_l = l / v;
            slope_r = r / v;
            *left = l;
            *right = r;
            step *= 1.5f;
        } else {
            step *= 0.4f;
        }
    }
    return reached;
}

static void corner(const bc_comb *comb, float scale, float u, float v, float *out)
{
    out[0] = (comb->x + u * comb->ux - v * comb->uy) * scale;
    out[1] = (comb->y + u * comb->uy + v * comb->ux) * scale;
}

void bc_linear_corners(const bc_frame *frame, uint32_t layer, const bc_profile *profile, const bc_line *line,
                       const bc_line_read *found, float *corners)
{
    const float scale = (float)(1u << layer);
    const float begin = (float)line->bound[found->first] / (float)BC_BOUND_ONE;
    const float end = (float)line->bound[found->last + 1] / (float)BC_BOUND_ONE;
    const float middle = (begin + end) / 2.0f;
    bc_comb comb = {.image = &frame->layer[layer],
                    .x = (profile->x + middle * profile->dx) / scale,
                    .y = (profile->y + middle * profile->dy) / scale,
                    .ux = profile->dx / profile->step,
                    .uy = profile->dy / profile->step,
                    .half = (end - begin) / 2.0f * profile->step / scale};
    make_comb(line, found->first, found->last, &comb);
    const float module = 2.0f * comb.half / (found->read.modules > 0 ? (float)found->read.modules / 8.0f
                                                                     : 1.6f * (float)(found->last - found->first + 1));
    float l, r;
    const float up = reach_of(&comb, -1.0f, module, &l, &r);
    corner(&comb, scale, -comb.half + l, -up, &corners[0]);
    corner(&comb, scale, comb.half + r, -up, &corners[2]);
    const float down = reach_of(&comb, 1.0f, module, &l, &r);
    corner(&comb, scale, comb.half + r, down, &corners[4]);
    corner(&comb, scale, -comb.half + l, down, &corners[6]);
    if (found->reversed) /* half a turn: what was top left is bottom right */
        for (size_t i = 0; i < 4; i++) {
            const float swapped = corners[i];
            corners[i] = corners[i + 4];
            corners[i + 4] = swapped;
        }
}
