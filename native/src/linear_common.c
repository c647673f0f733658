/* Nearest symbol characters from element widths: see linear_common.h. */
#include "linear_common.h"

#define ELEMENTS_MAX 6u /* of a symbol character of an n, k symbology here */

/* Inner edges of a character in 1/64 module, spread taken off; false when the elements are no character's. */
static bool inner_edges(const bc_nk_set *set, const uint16_t *width, int32_t spread, int32_t *edge)
{
    const uint32_t total = bc_width_sum(width, set->elements);
    if (total == 0)
        return false;
    const float scale = (float)(set->modules * BC_UNIT) / (float)total;
    uint32_t sum = 0;
    for (uint32_t i = 0; i + 1 < set->elements; i++) {
        sum += width[i];
        edge[i] = (int32_t)((float)sum * scale + 0.5f) - (i % 2 == 0 ? spread : 0);
    }
    return true;
}

/* Sum of squared edge errors against one pattern, or something not below enough. */
static int32_t distance(const int32_t *edge, uint32_t pattern, uint32_t elements, int32_t enough)
{
    int32_t sum = 0, at = 0;
    for (uint32_t i = 0; i + 1 < elements && sum < enough; i++) {
        at += (int32_t)(pattern >> (4 * (elements - 1 - i)) & 15u) * BC_UNIT;
        sum += (edge[i] - at) * (edge[i] - at);
    }
    return sum;
}

/* Books the errors against the pattern that was told, and moves the spread a part of the way. */
static void follow(const bc_nk_set *set, uint32_t pattern, const int32_t *edge, int32_t sign, bc_nk_fit *fit)
{
    int32_t at = 0, spread = 0, spread_n = 0;
    uint32_t mine = 0;
    for (uint32_t i = 0; i + 1 < set->elements; i++) {
        at += (int32_t)(pattern >> (4 * (set->elements - 1 - i)) & 15u) * BC_UNIT;
        const int32_t error = edge[i] - at;
        mine += (uint32_t)(error < 0 ? -error : error);
        if (i % 2 == 0) {
            spread += error;
            spread_n++;
        }
    }
    fit->deviation += mine;
    fit->edges += set->elements - 1;
    if (mine > fit->most) {
        fit->most = mine;
        fit->most_edges = set->elements - 1;
    }
    fit->spread += sign * spread / (4 * spread_n);
}

uint32_t bc_nk_match(const bc_nk_set *set, const uint16_t *width, bool bar_first, bc_nk_fit *fit)
{
    int32_t edge[ELEMENTS_MAX];
    const int32_t sign = bar_first ? 1 : -1;
    if (!inner_edges(set, width, sign * fit->spread, edge))
        return BC_NO_CHARACTER;
    int32_t best = set->limit, second = set->limit + set->margin;
    uint32_t found = BC_NO_CHARACTER;
    for (uint32_t i = 0; i < set->count; i++) {
        const int32_t d = distance(edge, set->pattern[i], set->elements, second);
        if (d < best) {
            second = best < second && found != BC_NO_CHARACTER ? best : second;
            best = d;
            found = i;
        } else if (d < second) {
            second = d;
        }
    }
    if (found == BC_NO_CHARACTER || second - best < set->margin)
        return BC_NO_CHARACTER;
    follow(set, set->pattern[found], edge, sign, fit);
    return found;
}

uint16_t bc_nk_doubt(const bc_nk_fit *fit)
{
    return fit->edges == 0 ? 0 : (uint16_t)((uint64_t)fit->deviation * 1000 / ((uint64_t)fit->edges * BC_UNIT));
}

bool bc_nk_strays(const bc_nk_fit *fit)
{
    const uint32_t others = fit->edges - fit->most_edges;
    if (others == 0)
        return false;
    const float mine = (float)fit->most / (float)fit->most_edges, mean = (float)(fit->deviation - fit->most) / (float)others;
    return mine > 2.0f * mean + 0.05f * BC_UNIT;
}

void bc_two_values(const bc_two_widths *two, const uint16_t *width, size_t n, float *value)
{
    /* An element far too wide counts as a wide one, one far too narrow as somewhat better than narrow. */
    const float most = 1.5f;
    for (size_t i = 0; i < n; i++) {
        const float narrow = two->narrow[i % 2], wide = two->wide[i % 2];
        const float v = ((float)width[i] - 0.5f * (narrow + wide)) / (0.5f * (wide - narrow));
        value[i] = v > -most ? (v < most ? v : most) : -most;
    }
}

void bc_two_scale(bc_two_widths *two, float scale)
{
    for (size_t space = 0; space < 2; space++) {
        two->narrow[space] *= scale;
        two->wide[space] *= scale;
    }
}

uint32_t bc_two_match(const uint16_t *pattern, uint32_t count, const float *value, size_t n)
{
    /* A margin of 4 between patterns that differ in two elements is perfect, 2 in one. */
    const float margin = 1.0f;
    float best = 0.0f, second = 0.0f;
    uint32_t found = BC_NO_CHARACTER;
    for (uint32_t i = 0; i < count; i++) {
        float score = 0.0f;
        for (size_t j = 0; j < n; j++)
            score += pattern[i] >> (n - 1 - j) & 1u ? value[j] : -value[j];
        if (score > best) {
            second = best;
            best = score;
            found = i;
        } else if (score > second) {
            second = score;
        }
    }
    /* Perfect elements score n: with a third of that lost it is no character. */
    if (found == BC_NO_CHARACTER || best - second < margin || best < 0.6f * (float)n)
        return BC_NO_CHARACTER;
    return found;
}

void bc_two_follow(bc_two_widths *two, const uint16_t *width, size_t n, uint32_t pattern)
{
    float sum[2][2] = {{0.0f}}; /* of narrow, wide; of bars, spaces */
    uint32_t count[2][2] = {{0}};
    const float narrow = 0.5f * (two->narrow[0] + two->narrow[1]);
    float mine = 0.0f;
    for (size_t i = 0; i < n; i++) {
        const uint32_t wide = pattern >> (n - 1 - i) & 1u, space = i % 2;
        sum[wide][space] += (float)width[i];
        count[wide][space]++;
        const float error = (float)width[i] - (wide ? two->wide[space] : two->narrow[space]);
        const float off = (error < 0.0f ? -error : error) / narrow;
        mine += off;
        two->worst = off > two->worst ? off : two->worst;
    }
    two->deviation += mine;
    two->elements += (uint32_t)n;
    if (mine > two->most) {
        two->most = mine;
        two->most_elements = (uint32_t)n;
    }
    const float part = 0.3f; /* of the way: three characters make most of what is known */
    for (size_t space = 0; space < 2; space++) {
        if (count[0][space] > 0)
            two->narrow[space] += part * (sum[0][space] / (float)count[0][space] - two->narrow[space]);
        if (count[1][space] > 0)
            two->wide[space] += part * (sum[1][space] / (float)count[1][space] - two->wide[space]);
    }
}

uint16_t bc_two_doubt(const bc_two_widths *two)
{
    const float doubt = two->elements == 0 ? 0.0f : 1000.0f * two->deviation / (float)two->elements;
    return doubt < 60000.0f ? (uint16_t)doubt : 60000u;
}

float bc_two_ratio(const bc_two_widths *two)
{
    return (two->wide[0] + two->wide[1]) / (two->narrow[0] + two->narrow[1]);
}

/* Mean width error of all symbol characters but the one that has most. */
static float doubt_of_others(const bc_two_widths *two)
{
    const uint32_t others = two->elements - two->most_elements;
    return others > 0 ? (two->deviation - two->most) / (float)others : 0.0f;
}

bool bc_two_sure(const bc_two_widths *two, bc_two_check check)
{
    const float more = bc_two_ratio(two) - 1.0f, doubt = 0.001f * (float)bc_two_doubt(two);
    const float limit = 0.17f * more;
    if (doubt > (limit < 0.3f ? limit : 0.3f))
        return false;
    /*
     * Half of `more` is as near to wide as to narrow.  One element that comes
     * far nearer to that than the others is damage, a scratch along the bars
     * for one, and what it makes may be another character.
     */
    const float others = doubt_of_others(two);
    const float stray[] = {
        [BC_DENIED] = 0.12f * more + 2.0f * others,
        [BC_UNCHECKED] = 0.25f * more + 3.0f * others,
        [BC_CHECKED] = 0.35f * more + 3.0f * doubt,
    };
    if (two->worst > stray[check])
        return false;
    /* Ink spread makes bars wider and spaces narrower, but leaves what wide ones have more than narrow ones. */
    const float bars = two->wide[0] - two->narrow[0], spaces = two->wide[1] - two->narrow[1];
    return bars > 0.6f * spaces && spaces > 0.6f * bars;
}

uint16_t bc_linear_votes(uint32_t base, uint32_t doubt)
{
    /* Errors of a tenth of a module are a usual picture's; at a fifth neighbouring patterns begin to meet. */
    return (uint16_t)(base + (doubt > 100) + (doubt > 150) + (doubt > 200));
}

uint32_t bc_gs1_check(const uint8_t *ascii_digits, size_t n)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (uint32_t)(ascii_digits[n - 1 - i] - '0') * (i % 2 == 0 ? 3u : 1u);
    return (10 - sum % 10) % 10;
}

/* What shift (0 to 3 for $ % / +) and a letter stand for, or 256. */
static uint32_t shifted(uint32_t shift, uint32_t letter)
{
    if (letter < 'A' || letter > 'Z')
        return 256;
    switch (shift) {
    case 0:
        return letter - 'A' + 1;
    case 1:
        if (letter <= 'E')
            return letter - 'A' + 27;
        if (letter <= 'J')
            return letter - 'F' + ';';
        if (letter <= 'O')
            return letter - 'K' + '[';
        if (letter <= 'T')
            return letter - 'P' + '{';
        return letter == 'U' ? 0 : letter == 'V' ? '@' : letter == 'W' ? '`' : 127;
    case 2:
        return letter <= 'O' ? letter - 'A' + '!' : letter == 'Z' ? ':' : 256;
    default:
        return letter - 'A' + 'a';
    }
}

bool bc_full_ascii(bc_linear_read *read, const uint8_t shift[4])
{
    uint16_t to = 0;
    for (uint16_t i = 0; i < read->length; i++) {
        uint32_t kind = 0;
        while (kind < 4 && read->data[i] != shift[kind])
            kind++;
        if (kind == 4) {
            read->data[to++] = read->data[i];
            continue;
        }
        const uint32_t byte = i + 1 < read->length ? shifted(kind, read->data[++i]) : 256;
        if (byte > 127)
            return false;
        read->data[to++] = (uint8_t)byte;
    }
    read->length = to;
    return to > 0;
}
