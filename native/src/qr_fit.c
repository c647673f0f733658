/*
 * Fixed patterns on grey pixels: whether timing patterns alternate, where
 * alignment and finder patterns are.
 */
#include "qr_fit.h"

#include "geometry.h"

/* Half modules to each side that an alignment pattern is looked for at most; what is sampled for that. */
#define ALIGN_REACH 6
#define ALIGN_SPAN (2 * (ALIGN_REACH + 4) + 1)

/* The same for a finder pattern, and the share of contrast that it must stand out by. */
#define FINDER_REACH 8
#define FINDER_SPAN (2 * (FINDER_REACH + 8) + 1)
#define FINDER_CONTRAST 0.3f

/* How many of a line of modules, dark at even places, differ from both neighbours' mean as they should. */
static uint32_t alternating(const bc_scene *scene, const bc_grid *grid, uint32_t first, uint32_t end, uint32_t at,
                            bool down)
{
    const float line = (float)at + 0.5f;
    float before = 0.0f, here = 0.0f;
    uint32_t good = 0;
    for (uint32_t i = first - 1; i <= end; i++) {
        const float along = (float)i + 0.5f;
        const float next = bc_scene_at(scene, bc_grid_at(grid, down ? line : along, down ? along : line));
        if (i > first) { /* here is module i - 1 */
            const float stands_out = here - 0.5f * (before + next);
            const float least = 0.05f * scene->contrast;
            good += (i - 1) % 2 == 0 ? stands_out < -least : stands_out > least;
        }
        before = here;
        here = next;
    }
    return good;
}

float bc_qr_timing(const bc_scene *scene, const bc_grid *grid, uint32_t first, uint32_t at)
{
    /* Of QR symbols the patterns end at the far separators; of Micro QR symbols, at the quiet zone. */
    const uint32_t end = at == 6 ? grid->size - 8 : grid->size;
    const uint32_t good =
        alternating(scene, grid, first, end, at, false) + alternating(scene, grid, first, end, at, true);
    return (float)good / (float)(2 * (end - first));
}

float bc_qr_timing_line(const bc_scene *scene, const bc_grid *grid, bool down)
{
    const uint32_t end = grid->size - 8;
    return (float)alternating(scene, grid, 8, end, 6, down) / (float)(end - 8);
}

/* Mean of the light ring less mean of the dark middle and outer ring around sample i, j, two samples a module. */
static float alignment_score(const float *sample, int32_t span, int32_t i, int32_t j)
{
    float light = 0.0f, dark = 0.0f;
    for (int32_t dv = -2; dv <= 2; dv++)
        for (int32_t du = -2; du <= 2; du++) {
            const float s = sample[(j + 2 * dv) * span + i + 2 * du];
            const bool inner = du >= -1 && du <= 1 && dv >= -1 && dv <= 1 && (du != 0 || dv != 0);
            *(inner ? &light : &dark) += s;
        }
    const float middle = sample[j * span + i];
    /* The middle alone counts as much as four others: rings of data modules lack it. */
    return light / 8.0f - (dark + 3.0f * middle) / 20.0f;
}

bool bc_qr_find_alignment(const bc_scene *scene, const bc_grid *grid, float reach, float *u, float *v)
{
    const int32_t r = (int32_t)bc_clamp(2.0f * reach, 1.0f, (float)ALIGN_REACH);
    const int32_t span = 2 * (r + 4) + 1;
    float sample[ALIGN_SPAN * ALIGN_SPAN];
    for (int32_t j = 0; j < span; j++)
        for (int32_t i = 0; i < span; i++)
            sample[j * span + i] = bc_scene_at(scene, bc_grid_at(grid, *u + 0.5f * (float)(i - r - 4),
                                                                  *v + 0.5f * (float)(j - r - 4)));
    float best = 0.35f * scene->contrast;
    int32_t bi = -1, bj = -1;
    for (int32_t j = 4; j < span - 4; j++)
        for (int32_t i = 4; i < span - 4; i++) {
            const float score = alignment_score(sample, span, i, j);
            if (score > best) {
                best = score;
                bi = i;
                bj = j;
            }
        }
    if (bi < 0)
        return false;
    *u += 0.5f * (float)(bi - r - 4);
    *v += 0.5f * (float)(bj - r - 4);
    return true;
}

/* Mean of light less mean of dark modules of a finder pattern and its separator around sample i, j, its middle. */
static float finder_score(const float *sample, int32_t i, int32_t j)
{
    float light = 0.0f, dark = 0.0f;
    for (int32_t dv = -4; dv <= 4; dv++)
        for (int32_t du = -4; du <= 4; du++) {
            const int32_t au = du < 0 ? -du : du, av = dv < 0 ? -dv : dv, ring = au > av ? au : av;
            *(ring == 2 || ring == 4 ? &light : &dark) += sample[(j + 2 * dv) * FINDER_SPAN + i + 2 * du];
        }
    return light / 48.0f - dark / 33.0f;
}

bool bc_qr_find_finder(const bc_scene *scene, const bc_grid *grid, float *sample, float *u, float *v)
{
    const int32_t middle = FINDER_REACH + 8;
    for (int32_t j = 0; j < FINDER_SPAN; j++)
        for (int32_t i = 0; i < FINDER_SPAN; i++)
            sample[j * FINDER_SPAN + i] = bc_scene_at(scene, bc_grid_at(grid, *u + 3.5f + 0.5f * (float)(i - middle),
                                                                         *v + 3.5f + 0.5f * (float)(j - middle)));
    float best = FINDER_CONTRAST * scene->contrast;
    int32_t bi = -1, bj = -1;
    for (int32_t j = 8; j < FINDER_SPAN - 8; j++)
        for (int32_t i = 8; i < FINDER_SPAN - 8; i++) {
            const float score = finder_score(sample, i, j);
            if (score > best) {
                best = score;
                bi = i;
                bj = j;
            }
        }
    if (bi < 0)
        return false;
    *u += 0.5f * (float)(bi - middle);
    *v += 0.5f * (float)(bj - middle);
    return true;
}

float bc_qr_contrast(const bc_scene *scene, const bc_grid *grid)
{
    const float far = (float)grid->size - 7.0f;
    float sum = 0.0f;
    for (size_t i = 0; i < 3; i++) {
        const float u = i == 1 ? far : 0.0f, v = i == 2 ? far : 0.0f;
        float light = 0.0f;
        for (size_t k = 0; k < 4; k++) {
            const float du = k == 0 ? 1.5f : k == 1 ? 5.5f : 3.5f, dv = k == 2 ? 1.5f : k == 3 ? 5.5f : 3.5f;
            light += bc_scene_at(scene, bc_grid_at(grid, u + du, v + dv)) / 4.0f;
        }
        sum += light - bc_scene_at(scene, bc_grid_at(grid, u + 3.5f, v + 3.5f));
    }
    return bc_clamp(sum / 3.0f, 1.0f, 255.0f);
}
