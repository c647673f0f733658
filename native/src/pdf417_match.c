/*
 * Likeness is the correlation of modules with a symbol character as blur would
 * show it.  The modules beside it are known: a space ends the one before, and a
 * bar begins the one after.
 */
#include "pdf417_match.h"

#include <string.h> /* memset */

/* A call would keep a loop from being vectorised. */
#define INLINE static inline __attribute__((always_inline))

#define ROOM 932u /* values, up to whole vectors */
#define LOOK_ONE 16384.0f
#define DARK_ONE 32000.0f
#define LIKENESS_ONE (LOOK_ONE * DARK_ONE / 65536.0f)
#define NONE 0xFFFFu
#define QUICK_LIKENESS 0.95f
#define QUICK_SECOND 0.85f /* what the next likely value is at most, as two modules differ at least within a cluster */

/* See compare(). */
typedef int16_t comparer(const int16_t *dark, const int16_t look[BC_PDF417_MODULES][ROOM], uint32_t begin, uint32_t n,
                         int16_t *restrict likeness);

struct bc_matcher {
    comparer *compare;
    int16_t look[BC_PDF417_CLUSTERS][BC_PDF417_MODULES][ROOM]; /* darkness, mean 0 and length LOOK_ONE */
    uint16_t index[1u << 16]; /* cluster and value of 16 modules; NONE for what is no symbol character */
};

size_t bc_matcher_workspace(void)
{
    return bc_arena_cost(1, sizeof(bc_matcher));
}

/* Takes the mean off and makes the length 1; what is all alike becomes 0. */
static void normalise(float *module)
{
    float mean = 0.0f, square = 0.0f;
    for (uint32_t i = 0; i < BC_PDF417_MODULES; i++)
        mean += module[i] / (float)BC_PDF417_MODULES;
    for (uint32_t i = 0; i < BC_PDF417_MODULES; i++) {
        module[i] -= mean;
        square += module[i] * module[i];
    }
    const float share = square > 1e-6f ? 1.0f / __builtin_sqrtf(square) : 0.0f;
    for (uint32_t i = 0; i < BC_PDF417_MODULES; i++)
        module[i] *= share;
}

void bc_matcher_make(bc_matcher *matcher, float blur)
{
    memset(matcher->index, 0xFF, sizeof matcher->index);
    for (uint32_t cluster = 0; cluster < BC_PDF417_CLUSTERS; cluster++)
        for (uint32_t v = 0; v < BC_PDF417_VALUES; v++)
            matcher->index[bc_pdf417_pattern[cluster][v]] = (uint16_t)(cluster << 10 | v);
    for (uint32_t cluster = 0; cluster < BC_PDF417_CLUSTERS; cluster++)
        for (uint32_t v = 0; v < ROOM; v++) {
            /* 0 before, the left out bar, 16 modules, a bar after */
            const uint32_t pattern = v < BC_PDF417_VALUES ? bc_pdf417_pattern[cluster][v] : 0;
            const uint32_t bits = (1u << 16 | pattern) << 1 | 1u;
            float module[BC_PDF417_MODULES];
            for (uint32_t i = 0; i < BC_PDF417_MODULES; i++) {
                const uint32_t around = bits >> (BC_PDF417_MODULES - 1 - i) & 7u;
                module[i] = (float)(around >> 1 & 1u) * (1.0f - 2.0f * blur) +
                            (float)((around & 1u) + (around >> 2)) * blur;
            }
            normalise(module);
            for (uint32_t i = 0; i < BC_PDF417_MODULES; i++)
                matcher->look[cluster][i][v] = (int16_t)(module[i] * LOOK_ONE);
        }
}

/* Darkness of modules from their lightness, mean 0 and length DARK_ONE. */
static void darkness(const float *light, int16_t *dark)
{
    float module[BC_PDF417_MODULES];
    for (uint32_t i = 0; i < BC_PDF417_MODULES; i++)
        module[i] = -light[i];
    normalise(module);
    for (uint32_t i = 0; i < BC_PDF417_MODULES; i++)
        dark[i] = (int16_t)(module[i] * DARK_ONE);
}

/* The high half of a product. */
INLINE int16_t times(int16_t a, int16_t b)
{
    return (int16_t)(((int32_t)a * b) >> 16);
}

#define BLOCK 128u /* values looked at at once */

/* Likeness of n values to modules, and the greatest of it. */
INLINE int16_t compare(const int16_t *dark, const int16_t look[BC_PDF417_MODULES][ROOM], uint32_t begin, uint32_t n,
                       int16_t *restrict likeness)
{
    int16_t most = INT16_MIN;
    for (uint32_t v = 0; v < n; v++)
        likeness[v] = 0;
    for (uint32_t i = 0; i < BC_PDF417_MODULES; i++) {
        const int16_t *of = look[i] + begin, share = dark[i];
        for (uint32_t v = 0; v < n; v++)
            likeness[v] = (int16_t)(likeness[v] + times(share, of[v]));
    }
    for (uint32_t v = 0; v < n; v++)
        most = likeness[v] > most ? likeness[v] : most;
    return most;
}

static int16_t compare_portable(const int16_t *dark, const int16_t look[BC_PDF417_MODULES][ROOM], uint32_t begin,
                                uint32_t n, int16_t *restrict likeness)
{
    return compare(dark, look, begin, n, likeness);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static int16_t compare_avx2(const int16_t *dark,
                                                            const int16_t look[BC_PDF417_MODULES][ROOM],
                                                            uint32_t begin, uint32_t n, int16_t *restrict likeness)
{
    return compare(dark, look, begin, n, likeness);
}
#endif

static comparer *comparer_for(const bc_kernels *kernels)
{
#if defined(__x86_64__)
    return kernels == &bc_kernels_avx2 ? compare_avx2 : compare_portable;
#else
    (void)kernels;
    return compare_portable;
#endif
}

bc_matcher *bc_matcher_take(bc_arena *arena, const bc_kernels *kernels)
{
    bc_matcher *matcher = bc_arena_take(arena, 1, sizeof(bc_matcher));
    if (matcher != NULL)
        matcher->compare = comparer_for(kernels);
    return matcher;
}

bc_match bc_match_cluster(const bc_matcher *matcher, uint32_t cluster, const float *light)
{
    int16_t dark[BC_PDF417_MODULES], likeness[BLOCK], best = INT16_MIN, second = INT16_MIN;
    uint32_t value = 0;
    darkness(light, dark);
    for (uint32_t begin = 0; begin < BC_PDF417_VALUES; begin += BLOCK) {
        const uint32_t n = begin + BLOCK < BC_PDF417_VALUES ? BLOCK : BC_PDF417_VALUES - begin;
        if (matcher->compare(dark, matcher->look[cluster], begin, n, likeness) <= second)
            continue;
        for (uint32_t v = 0; v < n; v++)
            if (likeness[v] > best) {
                second = best;
                best = likeness[v];
                value = begin + v;
            } else if (likeness[v] > second) {
                second = likeness[v];
            }
    }
    return (bc_match){(uint16_t)value, (float)best / LIKENESS_ONE, (float)second / LIKENESS_ONE};
}

/* The modules in black and white; the first is taken to be dark. */
static uint32_t bits_of(const float *light)
{
    float low = light[0], high = light[0];
    for (uint32_t i = 1; i < BC_PDF417_MODULES; i++) {
        low = light[i] < low ? light[i] : low;
        high = light[i] > high ? light[i] : high;
    }
    uint32_t bits = 0;
    for (uint32_t i = 1; i < BC_PDF417_MODULES; i++)
        bits = bits << 1 | (light[i] < (low + high) / 2.0f);
    return bits;
}

bool bc_match_quickly(const bc_matcher *matcher, const float *light, uint32_t *cluster, bc_match *match)
{
    const uint32_t found = matcher->index[bits_of(light)];
    int16_t dark[BC_PDF417_MODULES], likeness = 0;
    if (found == NONE)
        return false;
    *cluster = found >> 10;
    *match = (bc_match){(uint16_t)(found & 1023u), 0.0f, QUICK_SECOND};
    darkness(light, dark);
    for (uint32_t i = 0; i < BC_PDF417_MODULES; i++)
        likeness = (int16_t)(likeness + times(dark[i], matcher->look[*cluster][i][match->value]));
    match->best = (float)likeness / LIKENESS_ONE;
    return match->best > QUICK_LIKENESS;
}
