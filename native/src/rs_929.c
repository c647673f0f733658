/* Berlekamp and Massey's algorithm begun with the erasures, Chien's search and Forney's formula, in a prime field. */
#include "rs_929.h"

#include <string.h> /* memcpy, memset */

#define PRIME 929u
#define ROOT 3u /* generates the field */

/* Polynomials have their lowest power first; each has room for ec_n + 2 coefficients. */
typedef struct {
    uint16_t *syndrome; /* the one of 3^(i + 1) at i */
    uint16_t *locator, *before, *next;
    uint16_t *value;    /* evaluator */
    uint16_t *place;    /* indices of what is wrong */
    uint16_t *change;   /* what is to be taken off there */
    uint32_t ec_n, degree;
} solver;

size_t bc_rs_929_workspace(uint32_t ec_n)
{
    return 7 * bc_arena_cost(ec_n + 2u, sizeof(uint16_t));
}

static uint16_t times(uint32_t a, uint32_t b)
{
    return (uint16_t)(a * b % PRIME);
}

static uint16_t less(uint32_t a, uint32_t b)
{
    return (uint16_t)((a + PRIME - b) % PRIME);
}

static uint16_t power(uint32_t base, uint32_t exponent)
{
    uint32_t result = 1;
    for (; exponent > 0; exponent >>= 1, base = times(base, base))
        if (exponent & 1u)
            result = times(result, base);
    return (uint16_t)result;
}

static uint16_t inverse(uint32_t a)
{
    return power(a, PRIME - 2);
}

static bool take_solver(bc_arena *arena, uint32_t ec_n, solver *s)
{
    uint16_t **part[] = {&s->syndrome, &s->locator, &s->before, &s->next, &s->value, &s->place, &s->change};
    s->ec_n = ec_n;
    for (size_t i = 0; i < sizeof part / sizeof part[0]; i++) {
        *part[i] = bc_arena_take(arena, ec_n + 2u, sizeof(uint16_t));
        if (*part[i] == NULL)
            return false;
        memset(*part[i], 0, (ec_n + 2u) * sizeof(uint16_t));
    }
    return true;
}

/* True when all are 0: nothing to correct. */
static bool syndromes(const uint16_t *codeword, uint32_t n, solver *s)
{
    bool none = true;
    uint32_t root = 1;
    for (uint32_t i = 0; i < s->ec_n; i++) {
        root = times(root, ROOT);
        uint32_t sum = 0;
        for (uint32_t j = 0; j < n; j++)
            sum = (sum * root + codeword[j]) % PRIME;
        s->syndrome[i] = (uint16_t)sum;
        none &= sum == 0;
    }
    return none;
}

/* The locator of what is known to be wrong: the product of 1 - X x. */
static void locate_erasures(const uint16_t *erasure, uint32_t erasure_n, uint32_t n, solver *s)
{
    s->locator[0] = 1;
    for (uint32_t i = 0; i < erasure_n; i++) {
        const uint32_t x = power(ROOT, n - 1 - erasure[i]);
        for (uint32_t j = i + 1; j > 0; j--)
            s->locator[j] = less(s->locator[j], times(x, s->locator[j - 1]));
    }
    s->degree = erasure_n;
    memcpy(s->before, s->locator, (s->ec_n + 2u) * sizeof(uint16_t));
}

/* How far the locator misses the r-th syndrome, counted from 1. */
static uint16_t discrepancy(const solver *s, uint32_t r)
{
    uint32_t sum = 0;
    for (uint32_t j = 0; j <= s->degree && j < r; j++)
        sum = (sum + (uint32_t)s->locator[j] * s->syndrome[r - 1 - j]) % PRIME;
    return (uint16_t)sum;
}

static void find_locator(solver *s, uint32_t erasure_n)
{
    const uint32_t size = s->ec_n + 2u;
    for (uint32_t r = erasure_n + 1; r <= s->ec_n; r++) {
        const uint16_t miss = discrepancy(s, r);
        for (uint32_t j = size - 1; j > 0; j--)
            s->before[j] = s->before[j - 1];
        s->before[0] = 0;
        if (miss == 0)
            continue;
        for (uint32_t j = 0; j < size; j++)
            s->next[j] = less(s->locator[j], times(miss, s->before[j]));
        if (2 * s->degree <= r + erasure_n - 1) {
            const uint16_t share = inverse(miss);
            s->degree = r + erasure_n - s->degree;
            for (uint32_t j = 0; j < size; j++)
                s->before[j] = times(share, s->locator[j]);
        }
        memcpy(s->locator, s->next, size * sizeof(uint16_t));
    }
}

/* Syndromes times locator, up to the power ec_n. */
static void find_evaluator(solver *s)
{
    for (uint32_t i = 0; i < s->ec_n; i++) {
        uint32_t sum = 0;
        for (uint32_t j = 0; j <= i && j <= s->degree; j++)
            sum = (sum + (uint32_t)s->locator[j] * s->syndrome[i - j]) % PRIME;
        s->value[i] = (uint16_t)sum;
    }
}

static uint16_t evaluate(const uint16_t *polynomial, uint32_t n, uint32_t x)
{
    uint32_t sum = 0;
    for (uint32_t i = n; i-- > 0;)
        sum = (sum * x + polynomial[i]) % PRIME;
    return (uint16_t)sum;
}

/* The locator's derivative at x. */
static uint16_t slope(const solver *s, uint32_t x)
{
    uint32_t sum = 0;
    for (uint32_t i = s->degree; i > 0; i--)
        sum = (sum * x + s->locator[i] * i) % PRIME;
    return (uint16_t)sum;
}

/* The places and what to take off there; false unless the locator has all its roots among the codewords. */
static bool find_changes(uint32_t n, solver *s)
{
    const uint32_t back = inverse(ROOT);
    uint32_t found = 0, x = power(back, n - 1); /* of codeword 0 */
    for (uint32_t i = 0; i < n; i++, x = times(x, ROOT)) {
        if (evaluate(s->locator, s->degree + 1, x) != 0)
            continue;
        const uint16_t below = slope(s, x);
        if (below == 0 || found == s->degree)
            return false;
        s->place[found] = (uint16_t)i;
        s->change[found++] = times(less(0, evaluate(s->value, s->ec_n, x)), inverse(below));
    }
    return found == s->degree;
}

bool bc_rs_929_correct(uint16_t *codeword, uint32_t n, uint32_t ec_n, const uint16_t *erasure, uint32_t erasure_n,
                       bc_arena *arena, uint32_t *error_n)
{
    solver s;
    const size_t mark = bc_arena_mark(arena);
    bool good = take_solver(arena, ec_n, &s);
    *error_n = 0;
    if (good && !syndromes(codeword, n, &s)) {
        locate_erasures(erasure, erasure_n, n, &s);
        find_locator(&s, erasure_n);
        good = s.degree >= erasure_n && 2 * s.degree <= ec_n + erasure_n;
        if (good) {
            find_evaluator(&s);
            good = find_changes(n, &s);
        }
        for (uint32_t i = 0; good && i < s.degree; i++)
            codeword[s.place[i]] = less(codeword[s.place[i]], s.change[i]);
        *error_n = good ? s.degree - erasure_n : 0;
    }
    bc_arena_release(arena, mark);
    return good;
}
