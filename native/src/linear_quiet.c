#include "linear_quiet.h"

#define NEAR_ELEMENTS 8u   /* of the symbol's end, whose black and white count: light is uneven along it */
#define QUIET_MODULES 5.0f /* looked at: what readers of widths ask of a quiet zone */
#define ITF_MODULES 10.0f  /* ISO/IEC 16390, 4.4: where glare took half a symbol, its widest bars are seen beyond a gap */
#define BLURRED 0.75f      /* modules next to the outermost bar that blur darkens */
#define DARKER 0.3f        /* of the contrast, by which a quiet zone may be darker than spaces: uneven light */
#define ITF_DARKER 0.2f
#define UPCE_DARKER 0.15f  /* the left half of an EAN-13 may be a UPC-E: what hides the rest is seldom as light as paper */

/* Samples [from, to) of the profile as light, whatever the symbol's polarity. */
typedef struct {
    const bc_profile *profile;
    bool inverted;
} levels;

static int32_t level_at(const levels *seen, size_t i)
{
    const int32_t level = seen->profile->level[i];
    return seen->inverted ? (int32_t)UINT16_MAX - level : level;
}

/* A place in 1/256 of the pitch to the sample it lies in. */
static int64_t sample_of(const bc_profile *profile, int32_t bound)
{
    const int64_t sample = (bound + BC_BOUND_ONE / 2) / BC_BOUND_ONE;
    return sample < 0 ? 0 : (sample < (int64_t)profile->n ? sample : (int64_t)profile->n - 1);
}

/* The lightest and the darkest sample of elements [first, last]. */
static void range_of(const levels *seen, const bc_line *line, size_t first, size_t last, int32_t *dark, int32_t *light)
{
    const int64_t from = sample_of(seen->profile, line->bound[first]), to = sample_of(seen->profile, line->bound[last + 1]);
    *dark = INT32_MAX;
    *light = 0;
    for (int64_t i = from; i <= to; i++) {
        const int32_t level = level_at(seen, (size_t)i);
        *dark = level < *dark ? level : *dark;
        *light = level > *light ? level : *light;
    }
}

/* The darkest mean over `window` samples from `at` on, `step` being the way out of the symbol. */
static int32_t darkest(const levels *seen, int64_t at, int64_t step, int64_t count, int64_t window)
{
    int32_t least = INT32_MAX;
    for (int64_t i = 0; i + window <= count; i++) {
        int64_t sum = 0;
        for (int64_t j = 0; j < window; j++) {
            const int64_t place = at + step * (i + j);
            if (place < 0 || place >= (int64_t)seen->profile->n)
                return least;
            sum += level_at(seen, (size_t)place);
        }
        least = sum / window < least ? (int32_t)(sum / window) : least;
    }
    return least;
}

bool bc_quiet_is_light(const bc_profile *profile, const bc_line *line, const bc_line_read *found)
{
    const levels seen = {profile, found->inverted};
    const size_t first = found->first, last = found->last;
    const float samples = (float)(line->bound[last + 1] - line->bound[first]) / (float)BC_BOUND_ONE;
    const float module = found->read.modules > 0 ? samples * 8.0f / (float)found->read.modules : 2.0f;
    /* Half an ITF symbol is one, unless a check digit says that it is whole. */
    const bool any_part = found->read.symbology == BC_ITF && found->read.modifier == '0';
    const float wanted = any_part ? ITF_MODULES : QUIET_MODULES;
    const float darker = any_part ? ITF_DARKER : (found->read.symbology == BC_UPCE ? UPCE_DARKER : DARKER);
    const int64_t away = (int64_t)(BLURRED * module) + 1, count = (int64_t)(wanted * module) - away;
    const int64_t window = module > 3.0f ? (int64_t)module / 2 : 1;
    const size_t inner = first + NEAR_ELEMENTS < last ? NEAR_ELEMENTS : last - first;
    for (int end = 0; end < 2; end++) {
        int32_t dark, light;
        if (end == 0)
            range_of(&seen, line, first, first + inner, &dark, &light);
        else
            range_of(&seen, line, last - inner, last, &dark, &light);
        const int64_t at = end == 0 ? sample_of(profile, line->bound[first]) - away : sample_of(profile, line->bound[last + 1]) + away;
        if ((float)darkest(&seen, at, end == 0 ? -1 : 1, count, window) < (float)light - darker * (float)(light - dark))
            return false;
    }
    return true;
}
