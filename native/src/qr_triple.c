/*
 * A finder pattern's outline tells the directions of its symbol's sides and how
 * long a module is there, so its two partners lie along two neighbouring
 * directions, equally many modules away, turned alike.
 */
#include "qr_triple.h"

#include "geometry.h"

/* Modules between the middles of finder patterns: 14 (version 1) to 170 (version 40), with what estimates are off. */
#define ACROSS_LEAST 10.0f
#define ACROSS_MOST 210.0f

/* How far aside, against how far along, a partner may lie: perspective and bent paper turn sides apart. */
#define ASIDE_MOST 0.4f

/* Partners of one finder along one direction that are looked at: the nearest. */
#define PARTNERS_MAX 12u

/* Ratio of module sizes of partners at most. */
#define SIZE_RATIO_MOST 4.0f

/* Ratio of contrasts of partners at most: one may lie in the shade or in blur. */
#define CONTRAST_RATIO_MOST 8.0f

/* How much rough outlines speak against three finders, for each module of misfit. */
#define MISFIT_DOUBT 0.4f

typedef struct {
    uint16_t finder;
    uint8_t turn;
    float across, aside, stretch;
} partner;

void bc_finder_step(const bc_finder *f, size_t k, float *x, float *y)
{
    const float sign = k < 2 ? 1.0f : -1.0f;
    *x = sign * (k % 2 == 0 ? f->ux : f->vx);
    *y = sign * (k % 2 == 0 ? f->uy : f->vy);
}

void bc_finder_in_modules(const bc_finder *f, size_t k, float dx, float dy, float *along, float *aside)
{
    float ax, ay, bx, by;
    bc_finder_step(f, k, &ax, &ay);
    bc_finder_step(f, (k + 1) % 4, &bx, &by);
    const float area = ax * by - ay * bx;
    *along = (dx * by - dy * bx) / area;
    *aside = (ax * dy - ay * dx) / area;
}

size_t bc_finder_direction(const bc_finder *f, float dx, float dy, float *along, float *aside)
{
    size_t best = 0;
    float most = -1e30f;
    *along = *aside = 0.0f;
    for (size_t k = 0; k < 4; k++) {
        float a, b;
        bc_finder_in_modules(f, k, dx, dy, &a, &b);
        if (a - bc_abs(b) > most) {
            most = a - bc_abs(b);
            best = k;
            *along = a;
            *aside = b;
        }
    }
    return best;
}

/* Whether `other` may be a partner of `f`, along which direction of `f`. */
static bool pair(const bc_finder *f, const bc_finder *other, partner *p, size_t *direction)
{
    if (f->inverted != other->inverted || f->contrast > CONTRAST_RATIO_MOST * other->contrast ||
        other->contrast > CONTRAST_RATIO_MOST * f->contrast)
        return false;
    const float dx = other->x - f->x, dy = other->y - f->y;
    float along, aside, along_other, aside_other;
    *direction = bc_finder_direction(f, dx, dy, &along, &aside);
    if (!(along > 0.5f * ACROSS_LEAST) || bc_abs(aside) > ASIDE_MOST * along)
        return false;
    p->turn = (uint8_t)bc_finder_direction(other, dx, dy, &along_other, &aside_other);
    if (!(along_other > 0.5f * ACROSS_LEAST) || bc_abs(aside_other) > ASIDE_MOST * along_other)
        return false;
    /* Under perspective the geometric mean of both ends' scales is exact along a line. */
    p->across = bc_sqrt(along * along_other);
    p->stretch = along / along_other;
    p->aside = bc_abs(aside) / along + bc_abs(aside_other) / along_other;
    return p->across > ACROSS_LEAST && p->across < ACROSS_MOST && p->stretch < SIZE_RATIO_MOST &&
           p->stretch > 1.0f / SIZE_RATIO_MOST;
}

static void keep_nearest(partner *list, size_t *n, const partner *p)
{
    size_t i = *n;
    if (*n < PARTNERS_MAX)
        (*n)++;
    else if (list[--i].across <= p->across)
        return;
    for (; i > 0 && list[i - 1].across > p->across; i--)
        list[i] = list[i - 1];
    list[i] = *p;
}

/* How much a pair of partners speaks against one symbol; above 1 it is none. */
static float doubt_of(const partner *right, const partner *down)
{
    const float a = right->across, b = down->across;
    const float uneven = bc_abs(a - b) / (a + b);
    const float s = right->stretch > 1.0f ? right->stretch : 1.0f / right->stretch;
    const float t = down->stretch > 1.0f ? down->stretch : 1.0f / down->stretch;
    return 4.0f * uneven + 0.4f * (right->aside + down->aside) + 0.1f * (s + t - 2.0f);
}

static void keep_surest(bc_triple *list, size_t *n, const bc_triple *t)
{
    size_t i = *n;
    if (*n < BC_TRIPLES_MAX)
        (*n)++;
    else if (list[--i].doubt <= t->doubt)
        return;
    for (; i > 0 && list[i - 1].doubt > t->doubt; i--)
        list[i] = list[i - 1];
    list[i] = *t;
}

size_t bc_triples_find(const bc_finders *finders, bc_triple *triple)
{
    size_t n = 0;
    for (size_t i = 0; i < finders->n; i++) {
        partner partners[4][PARTNERS_MAX];
        size_t count[4] = {0, 0, 0, 0};
        for (size_t j = 0; j < finders->n; j++) {
            partner p = {.finder = (uint16_t)j};
            size_t k;
            if (j != i && pair(&finders->item[i], &finders->item[j], &p, &k))
                keep_nearest(partners[k], &count[k], &p);
        }
        for (size_t k = 0; k < 4; k++)
            for (size_t a = 0; a < count[k]; a++)
                for (size_t b = 0; b < count[(k + 1) % 4]; b++) {
                    const partner *right = &partners[k][a], *down = &partners[(k + 1) % 4][b];
                    float doubt = doubt_of(right, down);
                    if (doubt > 1.0f)
                        continue;
                    doubt += MISFIT_DOUBT * (finders->item[i].misfit + finders->item[right->finder].misfit +
                                             finders->item[down->finder].misfit);
                    /* The partner below runs along its own column: its row begins a quarter turn before. */
                    const bc_triple t = {(uint16_t)i, right->finder, down->finder,
                                         {(uint8_t)k, right->turn, (uint8_t)((down->turn + 3) % 4)},
                                         0.5f * (right->across + down->across), doubt};
                    keep_surest(triple, &n, &t);
                }
    }
    return n;
}
