/*
 * Least squares over the known modules.  The filter is symmetric, as blur and
 * movement are, and reaches two modules along rows and columns: eight numbers
 * to learn, from 77 known modules in M1 and some 250 in the small QR versions.
 * With decided neighbours (decision feedback) there are six more.
 */
#include "equalise.h"

#include <string.h> /* memcpy, memset */

#define PAIRS 6u             /* neighbours that lie opposite */
#define SEEN (PAIRS + 2)     /* those, the module itself and a constant */
#define TERMS (SEEN + PAIRS) /* and the decided neighbours */

/* Of the mean square of a term: keeps noise in few known modules from making wild filters. */
#define RIDGE 0.0003f

/* Neighbours that lie opposite: so many columns and rows from a module in an even row, and in an odd one. */
typedef struct {
    int8_t x0, y0, x1, y1;
} opposite;
typedef opposite lattice[2][PAIRS];

static const lattice squares = {
    {{-1, 0, 1, 0}, {0, -1, 0, 1}, {-1, -1, 1, 1}, {1, -1, -1, 1}, {-2, 0, 2, 0}, {0, -2, 0, 2}},
    {{-1, 0, 1, 0}, {0, -1, 0, 1}, {-1, -1, 1, 1}, {1, -1, -1, 1}, {-2, 0, 2, 0}, {0, -2, 0, 2}},
};

/* The places of an odd row are half a module right of an even one's. */
static const lattice hexagons = {
    {{-1, 0, 1, 0}, {-1, -1, 0, 1}, {0, -1, -1, 1}, {0, -2, 0, 2}, {-2, -1, 1, 1}, {1, -1, -2, 1}},
    {{-1, 0, 1, 0}, {0, -1, 1, 1}, {1, -1, 0, 1}, {0, -2, 0, 2}, {-1, -1, 2, 1}, {2, -1, -1, 1}},
};

typedef struct {
    const uint8_t *seen, *decided; /* with a border; decided may be null */
    const lattice *shape;
    uint32_t side, terms;
} planes;

typedef struct {
    float square[TERMS][TERMS], target[TERMS]; /* normal equations, the lower triangle */
} equations;

/* Copies modules into a border of light, since beyond them is the quiet zone. */
static void surround(const uint8_t *darkness, uint32_t columns, uint32_t rows, uint8_t *to)
{
    const uint32_t side = columns + 2 * BC_EQUALISE_REACH;
    memset(to, 0, (size_t)side * (rows + 2 * BC_EQUALISE_REACH));
    for (uint32_t y = 0; y < rows; y++)
        memcpy(to + (y + BC_EQUALISE_REACH) * side + BC_EQUALISE_REACH, darkness + y * columns, columns);
}

/* Darkness of two modules together, -1 light to 1 dark. */
static float pair(const uint8_t *a, const uint8_t *b)
{
    return (float)(*a + *b - 255) / 255.0f;
}

static void pairs_at(const uint8_t *at, uint32_t side, const opposite *pairs, float term[PAIRS])
{
    const ptrdiff_t row = (ptrdiff_t)side;
    for (uint32_t i = 0; i < PAIRS; i++)
        term[i] = pair(at + pairs[i].x0 + row * pairs[i].y0, at + pairs[i].x1 + row * pairs[i].y1);
}

/* What the filter weighs. */
static void terms_at(const planes *in, uint32_t x, uint32_t y, float term[TERMS])
{
    const uint32_t at = (y + BC_EQUALISE_REACH) * in->side + x + BC_EQUALISE_REACH;
    const opposite *pairs = (*in->shape)[y % 2];
    pairs_at(in->seen + at, in->side, pairs, term);
    term[PAIRS] = pair(in->seen + at, in->seen + at);
    term[PAIRS + 1] = 1.0f;
    if (in->decided != NULL)
        pairs_at(in->decided + at, in->side, pairs, term + SEEN);
}

static bool is_known(uint8_t kind)
{
    return kind == BC_KNOWN_LIGHT || kind == BC_KNOWN_DARK;
}

static void insert_known(const uint8_t *known, uint32_t n, uint8_t *darkness)
{
    for (uint32_t i = 0; i < n; i++)
        if (is_known(known[i]))
            darkness[i] = known[i] == BC_KNOWN_DARK ? 255 : 0;
}

static void learn(const planes *in, const uint8_t *known, uint32_t columns, uint32_t rows, equations *sum)
{
    memset(sum, 0, sizeof *sum);
    for (uint32_t y = 0; y < rows; y++)
        for (uint32_t x = 0; x < columns; x++) {
            const uint8_t kind = known[y * columns + x];
            float term[TERMS];
            if (!is_known(kind))
                continue;
            terms_at(in, x, y, term);
            for (uint32_t i = 0; i < in->terms; i++) {
                sum->target[i] += kind == BC_KNOWN_DARK ? term[i] : -term[i];
                for (uint32_t j = 0; j <= i; j++)
                    sum->square[i][j] += term[i] * term[j];
            }
        }
}

/* Solves by Cholesky's decomposition without roots; false when the equations are singular all the same. */
static bool solve(equations *sum, uint32_t n, float weight[TERMS])
{
    float trace = 0.0f;
    for (uint32_t i = 0; i < n; i++)
        trace += sum->square[i][i];
    for (uint32_t i = 0; i < n; i++)
        sum->square[i][i] += RIDGE / (float)n * trace;
    for (uint32_t i = 0; i < n; i++) {
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
    for (uint32_t i = n; i-- > 0;) {
        weight[i] /= sum->square[i][i];
        for (uint32_t j = i + 1; j < n; j++)
            weight[i] -= sum->square[j][i] * weight[j];
    }
    return true;
}

static uint8_t darkness_of(float value) /* -1 light, 1 dark */
{
    const float scaled = 127.5f + 127.5f * value;
    return (uint8_t)(scaled > 0.0f ? (scaled < 255.0f ? scaled + 0.5f : 255.0f) : 0.0f);
}

static uint8_t filtered(const planes *in, const float *weight, uint32_t x, uint32_t y)
{
    float term[TERMS], value = 0.0f;
    terms_at(in, x, y, term);
    for (uint32_t i = 0; i < in->terms; i++)
        value += weight[i] * term[i];
    return darkness_of(value);
}

uint32_t bc_known_percent(const uint8_t *darkness, const uint8_t *known, size_t n)
{
    uint32_t right = 0, all = 0;
    for (size_t i = 0; i < n; i++) {
        if (!is_known(known[i]))
            continue;
        const uint32_t sure = darkness[i] >= 128 ? darkness[i] - 128u : 127u - darkness[i];
        all += sure;
        right += (darkness[i] >= 128) == (known[i] == BC_KNOWN_DARK) ? sure : 0;
    }
    return all == 0 ? 0 : 100 * right / all;
}

static bool equalise(const bc_plane *modules, const lattice *shape, const uint8_t *known, const uint8_t *decided,
                     uint8_t *scratch, uint8_t *out)
{
    const uint32_t columns = modules->columns, rows = modules->rows, n = columns * rows;
    const uint32_t side = columns + 2 * BC_EQUALISE_REACH;
    uint8_t *border = scratch + (size_t)side * (rows + 2 * BC_EQUALISE_REACH);
    const planes in = {scratch, decided != NULL ? border : NULL, shape, side, decided != NULL ? TERMS : SEEN};
    equations sum;
    float weight[TERMS];
    surround(modules->darkness, columns, rows, scratch);
    if (decided != NULL) {
        if (out != decided)
            memcpy(out, decided, n);
        insert_known(known, n, out);
        surround(out, columns, rows, border);
    }
    learn(&in, known, columns, rows, &sum);
    if (!solve(&sum, in.terms, weight))
        return false;
    for (uint32_t y = 0; y < rows; y++)
        for (uint32_t x = 0; x < columns; x++)
            out[y * columns + x] = filtered(&in, weight, x, y);
    if (decided != NULL)
        insert_known(known, n, out);
    return true;
}

bool bc_equalise(const bc_plane *modules, const uint8_t *known, const uint8_t *decided, uint8_t *scratch, uint8_t *out)
{
    return equalise(modules, &squares, known, decided, scratch, out);
}

bool bc_equalise_hexagons(const bc_plane *modules, const uint8_t *known, const uint8_t *decided, uint8_t *scratch,
                          uint8_t *out)
{
    return equalise(modules, &hexagons, known, decided, scratch, out);
}
