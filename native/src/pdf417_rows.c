#include "pdf417_rows.h"

#define COLUMNS_UNIT 8.0f /* columns that are 1 in the polynomial */
#define FIND_ROUNDS 4

#define ROW_OFF 0.8f      /* rows that something may be from where a line says */
#define PAIRS 160u        /* tried for the line that most agrees */
#define SEEN_LEAST 6u
#define HEIGHT_LEAST 0.7f /* of a row, modules */
#define HEIGHT_MOST 60.0f

/* Weights that hold back what few columns cannot tell: v, its growth along and across, then what bends. */
static const double held[BC_ROWS_TERMS] = {1e-3, 1e-3, 1.0, 3.0, 3.0, 6.0};

bool bc_row_on_line(const bc_row_line *line, const bc_row_seen *seen)
{
    const float off = seen->v - line->a - line->b * seen->t;
    return off < ROW_OFF && off > -ROW_OFF;
}

bc_row_line bc_row_line_fit(const bc_row_seen *seen, size_t n, float module)
{
    bc_row_line best = {0.0f, 0.0f, 0};
    for (uint32_t i = 0; i < PAIRS && n >= SEEN_LEAST; i++) {
        const bc_row_seen *p = &seen[i * 37u % n], *q = &seen[(i * 101u + n / 2) % n];
        const float apart = q->t - p->t, rows = q->v - p->v;
        if (rows == 0.0f || !(apart > 1.0f || apart < -1.0f))
            continue;
        bc_row_line line = {0.0f, rows / apart, 0};
        const float height = 1.0f / (line.b > 0.0f ? line.b : -line.b);
        line.a = p->v - line.b * p->t;
        if (height < HEIGHT_LEAST * module || height > HEIGHT_MOST * module)
            continue;
        for (size_t j = 0; j < n; j++)
            line.inliers += bc_row_on_line(&line, &seen[j]);
        best = line.inliers > best.inliers ? line : best;
    }
    return best;
}

static void terms_of(const bc_rows *rows, float k, float t, double term[BC_ROWS_TERMS])
{
    const double u = (double)((k - rows->first) / COLUMNS_UNIT), w = (double)((t - rows->middle) / rows->half);
    const double all[BC_ROWS_TERMS] = {1.0, w, u, u * w, w * w, u * u};
    for (uint32_t i = 0; i < BC_ROWS_TERMS; i++)
        term[i] = all[i];
}

void bc_rows_begin(bc_rows *rows, float first, float low, float high, float a, float b, float across)
{
    *rows = (bc_rows){.middle = (low + high) / 2.0f, .first = first};
    rows->half = (high - low) / 2.0f > 1.0f ? (high - low) / 2.0f : 1.0f;
    rows->p[0] = (double)(a + b * rows->middle);
    rows->p[1] = (double)(b * rows->half);
    rows->p[2] = (double)(across * COLUMNS_UNIT);
    for (uint32_t i = 0; i < BC_ROWS_TERMS; i++)
        rows->guess[i] = rows->p[i];
}

float bc_rows_at(const bc_rows *rows, float k, float t)
{
    double term[BC_ROWS_TERMS], v = 0.0;
    terms_of(rows, k, t, term);
    for (uint32_t i = 0; i < BC_ROWS_TERMS; i++)
        v += rows->p[i] * term[i];
    return (float)v;
}

float bc_rows_along(const bc_rows *rows, float k, float t)
{
    const double u = (double)((k - rows->first) / COLUMNS_UNIT), w = (double)((t - rows->middle) / rows->half);
    return (float)(rows->p[1] + rows->p[3] * u + 2.0 * rows->p[4] * w) / rows->half;
}

float bc_rows_across(const bc_rows *rows, float k, float t)
{
    const double u = (double)((k - rows->first) / COLUMNS_UNIT), w = (double)((t - rows->middle) / rows->half);
    return (float)(rows->p[2] + rows->p[3] * w + 2.0 * rows->p[5] * u) / COLUMNS_UNIT;
}

float bc_rows_find(const bc_rows *rows, float k, float v)
{
    float t = rows->middle;
    for (uint32_t i = 0; i < FIND_ROUNDS; i++) {
        const float along = bc_rows_along(rows, k, t);
        if (along > -1e-4f && along < 1e-4f)
            break;
        t += (v - bc_rows_at(rows, k, t)) / along;
    }
    return t;
}

void bc_rows_add(bc_rows *rows, float k, float t, float v)
{
    double term[BC_ROWS_TERMS];
    terms_of(rows, k, t, term);
    for (uint32_t i = 0; i < BC_ROWS_TERMS; i++) {
        for (uint32_t j = 0; j < BC_ROWS_TERMS; j++)
            rows->ata[i][j] += term[i] * term[j];
        rows->atb[i] += term[i] * (double)v;
    }
    rows->n++;
}

void bc_rows_solve(bc_rows *rows)
{
    double a[BC_ROWS_TERMS][BC_ROWS_TERMS + 1];
    for (uint32_t i = 0; i < BC_ROWS_TERMS; i++) {
        for (uint32_t j = 0; j < BC_ROWS_TERMS; j++)
            a[i][j] = rows->ata[i][j];
        a[i][i] += held[i];
        a[i][BC_ROWS_TERMS] = rows->atb[i] + held[i] * rows->guess[i];
    }
    for (uint32_t i = 0; i < BC_ROWS_TERMS; i++) {
        if (!(a[i][i] > 1e-9))
            return;
        for (uint32_t j = 0; j < BC_ROWS_TERMS; j++) {
            if (j == i)
                continue;
            const double share = a[j][i] / a[i][i];
            for (uint32_t k = i; k <= BC_ROWS_TERMS; k++)
                a[j][k] -= share * a[i][k];
        }
    }
    for (uint32_t i = 0; i < BC_ROWS_TERMS; i++)
        rows->p[i] = a[i][BC_ROWS_TERMS] / a[i][i];
}
