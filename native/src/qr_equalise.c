/*
 * Least squares over the known modules.  The filter is symmetric, as blur and
 * movement are, and reaches two modules along rows and columns: eight numbers
 * to learn, from 77 known modules in M1 and some 250 in the small QR versions.
 */
#include "qr_equalise.h"

#include "qr_codewords.h" /* BC_QR_LIGHT, BC_QR_DARK */

#include <string.h> /* memcpy, memset */

#define TERMS 8u

/* Of the mean square of a term: keeps noise in few known modules from making wild filters. */
#define RIDGE 0.001f

typedef struct {
    float square[TERMS][TERMS], target[TERMS]; /* normal equations, the lower triangle */
} equations;

/* Copies the modules into a border of light, since beyond them is the quiet zone. */
static void surround(const bc_qr_modules *modules, uint8_t *to)
{
    const uint32_t size = modules->size, side = BC_QR_EQUALISE_SIDE(size);
    memset(to, 0, BC_QR_EQUALISE_SCRATCH(size));
    for (uint32_t y = 0; y < size; y++)
        memcpy(to + (y + BC_QR_EQUALISE_REACH) * side + BC_QR_EQUALISE_REACH, modules->darkness + y * size, size);
}

/* What the filter weighs: a module, its neighbours in pairs that lie opposite, and one constant. */
static void terms_at(const uint8_t *at, uint32_t side, float term[TERMS])
{
    const uint8_t *above = at - side, *below = at + side;
    const int32_t middle = 2 * 127; /* the grey that is neither, of a pair */
    const int32_t value[TERMS] = {
        2 * at[0] - middle,
        at[-1] + at[1] - middle,
        above[0] + below[0] - middle,
        above[-1] + below[1] - middle,
        above[1] + below[-1] - middle,
        at[-2] + at[2] - middle,
        (above - side)[0] + (below + side)[0] - middle,
        middle,
    };
    for (uint32_t i = 0; i < TERMS; i++)
        term[i] = (float)value[i] / 254.0f;
}

static void learn(const uint8_t *padded, const uint8_t *map, uint32_t size, equations *sum)
{
    const uint32_t side = BC_QR_EQUALISE_SIDE(size);
    memset(sum, 0, sizeof *sum);
    for (uint32_t y = 0; y < size; y++)
        for (uint32_t x = 0; x < size; x++) {
            const uint8_t kind = map[y * size + x];
            if (kind != BC_QR_LIGHT && kind != BC_QR_DARK)
                continue;
            float term[TERMS];
            terms_at(padded + (y + BC_QR_EQUALISE_REACH) * side + x + BC_QR_EQUALISE_REACH, side, term);
            for (uint32_t i = 0; i < TERMS; i++) {
                sum->target[i] += kind == BC_QR_DARK ? term[i] : -term[i];
                for (uint32_t j = 0; j <= i; j++)
                    sum->square[i][j] += term[i] * term[j];
            }
        }
}

/* Solves by Cholesky's decomposition without roots; false when the equations are singular all the same. */
static bool solve(equations *sum, float weight[TERMS])
{
    float trace = 0.0f;
    for (uint32_t i = 0; i < TERMS; i++)
        trace += sum->square[i][i];
    for (uint32_t i = 0; i < TERMS; i++)
        sum->square[i][i] += RIDGE / (float)TERMS * trace;
    for (uint32_t i = 0; i < TERMS; i++) {
        weight[i] = sum->target[i];
        for (uint32_t j = 0; j < i; j++) {
            float product = sum->square[i][j];
            for (uint32_t k = 0; k < j; k++)
                product -= sum->square[i][k] * sum->square[j][k] * sum->square[k][k];
            sum->square[i][j] = product / sum->square[j][j];
            sum->square[i][i] -= sum->square[i][j] * product;
            weight[i] -= sum->square[i][j] * weight[j];
        }
        if (!(sum->square[i][i] > 0.0f))
            return false;
    }
    for (uint32_t i = TERMS; i-- > 0;) {
        weight[i] /= sum->square[i][i];
        for (uint32_t j = i + 1; j < TERMS; j++)
            weight[i] -= sum->square[j][i] * weight[j];
    }
    return true;
}

static uint8_t darkness_of(float value) /* -1 light, 1 dark */
{
    const float scaled = 127.5f + 127.5f * value;
    return (uint8_t)(scaled > 0.0f ? (scaled < 255.0f ? scaled + 0.5f : 255.0f) : 0.0f);
}

bool bc_qr_equalise(const bc_qr_modules *modules, const uint8_t *map, uint8_t *scratch, uint8_t *out)
{
    const uint32_t size = modules->size, side = BC_QR_EQUALISE_SIDE(size);
    equations sum;
    float weight[TERMS], term[TERMS];
    surround(modules, scratch);
    learn(scratch, map, size, &sum);
    if (!solve(&sum, weight))
        return false;
    for (uint32_t y = 0; y < size; y++)
        for (uint32_t x = 0; x < size; x++) {
            terms_at(scratch + (y + BC_QR_EQUALISE_REACH) * side + x + BC_QR_EQUALISE_REACH, side, term);
            float value = 0.0f;
            for (uint32_t i = 0; i < TERMS; i++)
                value += weight[i] * term[i];
            out[y * size + x] = darkness_of(value);
        }
    return true;
}
