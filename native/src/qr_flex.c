/* Bending a grid: what is looked at, how far from its place, and in which order. */
#include "qr_flex.h"

/* Knots a side of the bend: symbols with more alignment patterns show more of it. */
#define KNOTS_SMALL 5u
#define KNOTS_LARGE 7u
#define LARGE 45u           /* modules a side: version 7 */

/* Modules that an alignment pattern may be off in each pass, while the bend gets nearer. */
static const float reach[] = {2.5f, 1.5f, 1.0f};
#define PASSES (sizeof reach / sizeof reach[0])

/* Weight against the sides of one module: a pattern's place is sure but coarse, to half a module. */
#define WEIGHT_ALIGNMENT 4.0f
#define WEIGHT_DATA 0.5f

/* A distance, in modules, from where a side's weight falls off. */
#define NEAR 0.5f

/* Modules differ surely when their darkness does by this much. */
#define SURELY 110

static void add_side(const bc_scene *scene, bc_bend_fit *fit, const bc_grid *grid, float u, float v, bool upright,
                     bool dark_first, float weight)
{
    bc_point place, normal;
    float shift;
    if (!bc_measure(scene, grid, u, v, upright, dark_first, &place, &normal, &shift))
        return;
    const float far = shift / NEAR;
    bc_bend_line(fit, grid, u, v, place, normal, weight / (1.0f + far * far));
}

static void add_sides(const bc_scene *scene, bc_bend_fit *fit, const bc_side *side, size_t n, const bc_grid *grid)
{
    for (size_t i = 0; i < n; i++)
        add_side(scene, fit, grid, 0.5f * (float)side[i].u2, 0.5f * (float)side[i].v2, side[i].upright,
                 side[i].dark_first, 1.0f);
}

static void add_alignments(const bc_scene *scene, bc_bend_fit *fit, float how_far, const bc_grid *grid)
{
    uint8_t column[BC_ALIGNMENTS_MAX];
    const size_t n = bc_qr_alignments(grid->size, column);
    for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i < n; i++) {
            const float u = (float)column[i] + 0.5f, v = (float)column[j] + 0.5f;
            float at_u = u, at_v = v;
            if (!bc_qr_alignment_at(i, j, n) || !bc_qr_find_alignment(scene, grid, how_far, &at_u, &at_v))
                continue;
            const bc_point place = bc_grid_at(grid, at_u, at_v);
            bc_bend_line(fit, grid, u, v, place, (bc_point){1.0f, 0.0f}, WEIGHT_ALIGNMENT);
            bc_bend_line(fit, grid, u, v, place, (bc_point){0.0f, 1.0f}, WEIGHT_ALIGNMENT);
        }
}

void bc_qr_bend_alignments(const bc_scene *scene, bc_bend_fit *fit, const bc_side *side, size_t n, bc_grid *grid)
{
    for (size_t pass = 0; pass < PASSES; pass++) {
        bc_bend_begin(fit, grid->size < LARGE ? KNOTS_SMALL : KNOTS_LARGE);
        add_sides(scene, fit, side, n, grid);
        add_alignments(scene, fit, reach[pass], grid);
        if (!bc_bend_solve(fit, grid))
            return;
    }
}

/* Darkness of a module, or of the quiet zone one outside. */
static int32_t darkness_at(const uint8_t *darkness, uint32_t size, uint32_t i, uint32_t j)
{
    return i < size && j < size ? darkness[j * size + i] : 0;
}

void bc_qr_bend_modules(const bc_scene *scene, bc_bend_fit *fit, const bc_side *side, size_t n,
                        const uint8_t *darkness, uint32_t limit, bc_grid *grid)
{
    const uint32_t size = grid->size;
    bc_bend_begin(fit, size < LARGE ? KNOTS_SMALL : KNOTS_LARGE);
    add_sides(scene, fit, side, n, grid);
    for (uint32_t j = 0; j <= size; j++)
        for (uint32_t i = 0; i <= size && i + j <= limit; i++) {
            const float u = (float)i, v = (float)j;
            const int32_t here = darkness_at(darkness, size, i, j);
            /* One less than the first wraps round to outside. */
            const int32_t left = darkness_at(darkness, size, i - 1, j), above = darkness_at(darkness, size, i, j - 1);
            if (j < size && (left > here + SURELY || here > left + SURELY))
                add_side(scene, fit, grid, u, v + 0.5f, true, left > here, WEIGHT_DATA);
            if (i < size && (above > here + SURELY || here > above + SURELY))
                add_side(scene, fit, grid, u + 0.5f, v, false, above > here, WEIGHT_DATA);
        }
    bc_bend_solve(fit, grid);
}
