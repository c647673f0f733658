#include "linear_agree.h"

#define SHIFT_MAX 5    /* samples to either side: 2 degrees between lines 140 samples apart */
#define LAG 2          /* samples a slope is taken over: over one it is mostly noise */
#define LEAST_N 16     /* samples: fewer agree by chance */

typedef struct {
    int32_t ab, aa, bb;
} bc_products;

/* Sums over n slopes at these places of the two profiles. */
static bc_products multiply(const uint16_t *a, const uint16_t *b, int32_t n)
{
    bc_products sum = {0, 0, 0};
    for (int32_t i = 0; i < n; i++) {
        /* In grey levels a slope has 9 bits, and 4,096 products of them 30. */
        const int32_t da = (a[i + LAG] - a[i]) / (int32_t)BC_LEVEL_ONE;
        const int32_t db = (b[i + LAG] - b[i]) / (int32_t)BC_LEVEL_ONE;
        sum.ab += da * db;
        sum.aa += da * da;
        sum.bb += db * db;
    }
    return sum;
}

/* The sample nearest to a place along the scan, within the profile. */
static int32_t sample_at(const bc_profile *profile, float place)
{
    const float at = (place - profile->from) / profile->step, last = (float)(profile->n - 1);
    return !(at > 0.0f) ? 0 : (int32_t)(at < last ? at : last);
}

float bc_profiles_agree(const bc_profile *a, const bc_profile *b, float from, float to)
{
    const int32_t begin_a = sample_at(a, from), begin_b = sample_at(b, from);
    const int32_t length_a = sample_at(a, to) - begin_a, length_b = sample_at(b, to) - begin_b;
    const int32_t length = length_a < length_b ? length_a : length_b;
    float best = 0.0f;
    for (int32_t shift = -SHIFT_MAX; shift <= SHIFT_MAX; shift++) {
        const int32_t later_a = shift > 0 ? shift : 0, later_b = shift < 0 ? -shift : 0;
        const int32_t n = length - later_a - later_b - LAG;
        if (n < LEAST_N)
            continue;
        const bc_products sum = multiply(a->level + begin_a + later_a, b->level + begin_b + later_b, n);
        const float scale = __builtin_sqrtf((float)sum.aa) * __builtin_sqrtf((float)sum.bb);
        const float agreement = scale > 0.0f ? (float)sum.ab / scale : 0.0f;
        best = agreement > best ? agreement : best;
    }
    return best;
}
