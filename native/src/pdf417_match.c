/*
 * Likeness is the correlation of modules with a symbol character as blur would
 * show it.  The modules beside it are known: a space ends the one before, and a
 * bar begins the one after.
 */
#include "pdf417_match.h"

#include <string.h> /* memset */

#define ROOM 932u /* values, up to a whole number of vectors */
#define NONE 0xFFFFu
#define QUICK_LIKENESS 0.95f
#define QUICK_SECOND 0.85f /* what the next likely value is at most, as two modules differ at least within a cluster */

struct bc_matcher {
    float look[BC_PDF417_CLUSTERS][BC_PDF417_MODULES][ROOM]; /* darkness, mean 0 and length 1 over the modules */
    uint16_t index[1u << 16]; /* cluster and value of 16 modules; NONE for what is no symbol character */
};

size_t bc_matcher_workspace(void)
{
    return bc_arena_cost(1, sizeof(bc_matcher));
}

bc_matcher *bc_matcher_take(bc_arena *arena)
{
    return bc_arena_take(arena, 1, sizeof(bc_matcher));
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
                matcher->look[cluster][i][v] = module[i];
        }
}

/* Keeps the two largest of what comes. */
static inline void keep(bc_match *match, float likeness, uint32_t value)
{
    if (likeness > match->best) {
        match->second = match->best;
        match->best = likeness;
        match->value = (uint16_t)value;
    } else if (likeness > match->second) {
        match->second = likeness;
    }
}

#define BLOCK 116u /* values looked at at once; ROOM is eight of them and four */

bc_match bc_match_cluster(const bc_matcher *matcher, uint32_t cluster, const float *light)
{
    float dark[BC_PDF417_MODULES];
    bc_match match = {0, -1.0f, -1.0f};
    for (uint32_t i = 0; i < BC_PDF417_MODULES; i++)
        dark[i] = -light[i];
    normalise(dark);
    for (uint32_t begin = 0; begin < BC_PDF417_VALUES; begin += BLOCK) {
        const uint32_t n = begin + BLOCK < ROOM ? BLOCK : ROOM - begin;
        float likeness[BLOCK] = {0.0f};
        for (uint32_t i = 0; i < BC_PDF417_MODULES; i++) {
            const float *look = matcher->look[cluster][i] + begin;
            const float share = dark[i];
            for (uint32_t v = 0; v < n; v++)
                likeness[v] += share * look[v];
        }
        for (uint32_t v = 0; v < n && begin + v < BC_PDF417_VALUES; v++)
            keep(&match, likeness[v], begin + v);
    }
    return match;
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
    float dark[BC_PDF417_MODULES], likeness = 0.0f;
    if (found == NONE)
        return false;
    *cluster = found >> 10;
    *match = (bc_match){(uint16_t)(found & 1023u), 0.0f, QUICK_SECOND};
    for (uint32_t i = 0; i < BC_PDF417_MODULES; i++)
        dark[i] = -light[i];
    normalise(dark);
    for (uint32_t i = 0; i < BC_PDF417_MODULES; i++)
        likeness += dark[i] * matcher->look[*cluster][i][match->value];
    match->best = likeness;
    return likeness > QUICK_LIKENESS;
}
