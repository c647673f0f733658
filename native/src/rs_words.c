/*
 * Berlekamp–Massey from the erasure locator, Chien's search, Forney's formula
 * (R. E. Blahut, "Algebraic Codes for Data Transmission", 2003, chapter 7), with
 * everything in the caller's arena: blocks have up to 4,095 words.
 */
#include "rs_words.h"

#include <string.h> /* memcpy, memset */

typedef struct {
    const bc_word_field *field;
    uint32_t ec_n, degree;
    uint16_t *syndrome, *lambda, *before, *kept, *place, *value; /* ec_n + 1 each */
} solver;

#define ARRAYS 6u

size_t bc_word_field_workspace(uint32_t bits)
{
    return bc_arena_cost((size_t)2 << bits, sizeof(uint16_t)) + bc_arena_cost((size_t)1 << bits, sizeof(uint16_t));
}

bool bc_word_field_make(bc_word_field *field, uint32_t bits, bc_arena *arena)
{
    const uint32_t polynomial = bits == 6 ? 0x43 : bits == 8 ? 0x12D : bits == 10 ? 0x409 : 0x1069, size = 1u << bits;
    if (bits != 6 && bits != 8 && bits != 10 && bits != 12)
        return false;
    field->order = size - 1;
    field->power = bc_arena_take(arena, 2 * (size_t)size, sizeof *field->power);
    field->log = bc_arena_take(arena, size, sizeof *field->log);
    if (field->power == NULL || field->log == NULL)
        return false;
    uint32_t x = 1;
    field->log[0] = 0;
    for (uint32_t i = 0; i < field->order; i++) {
        field->power[i] = field->power[i + field->order] = (uint16_t)x;
        field->log[x] = (uint16_t)i;
        x = x << 1 & size ? (x << 1) ^ polynomial : x << 1;
    }
    return true;
}

static uint16_t multiply(const bc_word_field *field, uint16_t a, uint16_t b)
{
    return a == 0 || b == 0 ? 0 : field->power[(uint32_t)field->log[a] + field->log[b]];
}

static uint16_t divide(const bc_word_field *field, uint16_t a, uint16_t b) /* b is not 0 */
{
    return a == 0 ? 0 : field->power[(uint32_t)field->log[a] + field->order - field->log[b]];
}

/* a * alpha^power, power at most the order. */
static uint16_t shift(const bc_word_field *field, uint16_t a, uint32_t power)
{
    return a == 0 ? 0 : field->power[field->log[a] + power];
}

/* The polynomial's value at alpha^power; coefficient[0] is the constant. */
static uint16_t evaluate(const bc_word_field *field, const uint16_t *coefficient, uint32_t degree, uint32_t power)
{
    uint16_t value = 0;
    for (uint32_t i = degree + 1; i-- > 0;)
        value = (uint16_t)(shift(field, value, power) ^ coefficient[i]);
    return value;
}

size_t bc_words_workspace(uint32_t ec_n)
{
    return ARRAYS * bc_arena_cost((size_t)ec_n + 1, sizeof(uint16_t));
}

static bool take_solver(const bc_word_field *field, uint32_t ec_n, bc_arena *arena, solver *s)
{
    uint16_t **const arrays[ARRAYS] = {&s->syndrome, &s->lambda, &s->before, &s->kept, &s->place, &s->value};
    s->field = field;
    s->ec_n = ec_n;
    for (size_t i = 0; i < ARRAYS; i++) {
        *arrays[i] = bc_arena_take(arena, (size_t)ec_n + 1, sizeof(uint16_t));
        if (*arrays[i] == NULL)
            return false;
        memset(*arrays[i], 0, ((size_t)ec_n + 1) * sizeof(uint16_t));
    }
    return true;
}

/* True when all syndromes are 0: nothing to correct. */
static bool find_syndromes(const solver *s, const bc_words *block)
{
    uint16_t any = 0;
    for (uint32_t j = 0; j < s->ec_n; j++) {
        uint16_t sum = 0;
        for (uint32_t i = 0; i < block->n; i++)
            sum = (uint16_t)(shift(s->field, sum, j + 1) ^ block->word[i]);
        s->syndrome[j] = sum;
        any |= sum;
    }
    return any == 0;
}

/* The locator's beginning: one factor (1 - X x) for each erasure. */
static void locate_erasures(solver *s, const bc_words *block, const uint16_t *erasure, uint32_t erasure_n)
{
    s->lambda[0] = 1;
    s->degree = 0;
    for (uint32_t i = 0; i < erasure_n; i++) {
        const uint32_t place = block->n - 1 - erasure[i];
        for (uint32_t j = ++s->degree; j > 0; j--)
            s->lambda[j] ^= shift(s->field, s->lambda[j - 1], place);
    }
}

/* Extends it to the errors; false when there are too many. */
static bool locate_errors(solver *s)
{
    const bc_word_field *field = s->field;
    const uint32_t erasure_n = s->degree, ec_n = s->ec_n;
    const size_t bytes = ((size_t)ec_n + 1) * sizeof(uint16_t);
    memcpy(s->before, s->lambda, bytes);
    for (uint32_t k = erasure_n; k < ec_n; k++) {
        uint16_t discrepancy = 0;
        for (uint32_t j = 0; j <= s->degree && j <= k; j++)
            discrepancy ^= multiply(field, s->lambda[j], s->syndrome[k - j]);
        memmove(s->before + 1, s->before, bytes - sizeof(uint16_t));
        s->before[0] = 0;
        if (discrepancy == 0)
            continue;
        memcpy(s->kept, s->lambda, bytes);
        for (uint32_t j = 0; j <= ec_n; j++)
            s->lambda[j] ^= multiply(field, discrepancy, s->before[j]);
        if (2 * s->degree <= k + erasure_n) {
            s->degree = k + 1 + erasure_n - s->degree;
            for (uint32_t j = 0; j <= ec_n; j++)
                s->before[j] = divide(field, s->kept[j], discrepancy);
        }
    }
    return 2 * s->degree <= ec_n + erasure_n && s->lambda[s->degree] != 0;
}

/* The powers whose inverse is a root of the locator, which must be as many as its degree. */
static bool find_places(solver *s, uint32_t n)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < n && found < s->degree; i++)
        if (evaluate(s->field, s->lambda, s->degree, i == 0 ? 0 : s->field->order - i) == 0)
            s->place[found++] = (uint16_t)i;
    return found == s->degree;
}

/* Forney's formula: what to add at each place. */
static void find_values(solver *s)
{
    const bc_word_field *field = s->field;
    const uint32_t n = s->degree;
    uint16_t *omega = s->before, *derivative = s->kept;
    memset(omega, 0, ((size_t)s->ec_n + 1) * sizeof(uint16_t));
    memset(derivative, 0, ((size_t)s->ec_n + 1) * sizeof(uint16_t));
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j <= i; j++)
            omega[i] ^= multiply(field, s->lambda[j], s->syndrome[i - j]);
    for (uint32_t i = 1; i <= n; i += 2)
        derivative[i - 1] = s->lambda[i];
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t inverse = s->place[i] == 0 ? 0 : field->order - s->place[i];
        /* Roots that differ have a derivative that is not 0. */
        s->value[i] = divide(field, evaluate(field, omega, n - 1, inverse), evaluate(field, derivative, n - 1, inverse));
    }
}

/* Whether the values at the places give exactly these syndromes: the correction is a correction. */
static bool explains(const solver *s)
{
    for (uint32_t j = 0; j < s->ec_n; j++) {
        uint16_t sum = 0;
        for (uint32_t i = 0; i < s->degree; i++)
            sum ^= shift(s->field, s->value[i], s->place[i] * (j + 1) % s->field->order);
        if (sum != s->syndrome[j])
            return false;
    }
    return true;
}

static bool correct(solver *s, const bc_words *block, const uint16_t *erasure, uint32_t erasure_n, uint32_t *error_n)
{
    *error_n = 0;
    if (find_syndromes(s, block))
        return true;
    locate_erasures(s, block, erasure, erasure_n);
    if (!locate_errors(s) || !find_places(s, block->n))
        return false;
    find_values(s);
    if (!explains(s))
        return false;
    *error_n = s->degree - erasure_n;
    for (uint32_t i = 0; i < s->degree; i++)
        block->word[block->n - 1 - s->place[i]] ^= s->value[i];
    return true;
}

bool bc_words_correct(const bc_word_field *field, const bc_words *block, const uint16_t *erasure, uint32_t erasure_n,
                      bc_arena *arena, uint32_t *error_n)
{
    const size_t mark = bc_arena_mark(arena);
    solver s;
    const bool done = take_solver(field, block->ec_n, arena, &s) && correct(&s, block, erasure, erasure_n, error_n);
    bc_arena_release(arena, mark);
    return done;
}
