/*
 * Reed–Solomon decoding by the Berlekamp–Massey algorithm started from the
 * erasure locator, Chien's search and Forney's formula (R. E. Blahut,
 * "Algebraic Codes for Data Transmission", 2003, chapter 7).
 */
#include "galois.h"

#include <string.h> /* memcpy, memset */

/* alpha^i, and 0 beyond the last power; its inverse, meaningless at 0. */
static const uint8_t alpha_to[256] = {
    1, 2, 4, 8, 16, 32, 64, 128, 29, 58, 116, 232, 205, 135, 19, 38, 76, 152, 45, 90,
    180, 117, 234, 201, 143, 3, 6, 12, 24, 48, 96, 192, 157, 39, 78, 156, 37, 74, 148, 53,
    106, 212, 181, 119, 238, 193, 159, 35, 70, 140, 5, 10, 20, 40, 80, 160, 93, 186, 105, 210,
    185, 111, 222, 161, 95, 190, 97, 194, 153, 47, 94, 188, 101, 202, 137, 15, 30, 60, 120, 240,
    253, 231, 211, 187, 107, 214, 177, 127, 254, 225, 223, 163, 91, 182, 113, 226, 217, 175, 67, 134,
    17, 34, 68, 136, 13, 26, 52, 104, 208, 189, 103, 206, 129, 31, 62, 124, 248, 237, 199, 147,
    59, 118, 236, 197, 151, 51, 102, 204, 133, 23, 46, 92, 184, 109, 218, 169, 79, 158, 33, 66,
    132, 21, 42, 84, 168, 77, 154, 41, 82, 164, 85, 170, 73, 146, 57, 114, 228, 213, 183, 115,
    230, 209, 191, 99, 198, 145, 63, 126, 252, 229, 215, 179, 123, 246, 241, 255, 227, 219, 171, 75,
    150, 49, 98, 196, 149, 55, 110, 220, 165, 87, 174, 65, 130, 25, 50, 100, 200, 141, 7, 14,
    28, 56, 112, 224, 221, 167, 83, 166, 81, 162, 89, 178, 121, 242, 249, 239, 195, 155, 43, 86,
    172, 69, 138, 9, 18, 36, 72, 144, 61, 122, 244, 245, 247, 243, 251, 235, 203, 139, 11, 22,
    44, 88, 176, 125, 250, 233, 207, 131, 27, 54, 108, 216, 173, 71, 142
};

static const uint8_t log_of[256] = {
    0, 0, 1, 25, 2, 50, 26, 198, 3, 223, 51, 238, 27, 104, 199, 75, 4, 100, 224, 14,
    52, 141, 239, 129, 28, 193, 105, 248, 200, 8, 76, 113, 5, 138, 101, 47, 225, 36, 15, 33,
    53, 147, 142, 218, 240, 18, 130, 69, 29, 181, 194, 125, 106, 39, 249, 185, 201, 154, 9, 120,
    77, 228, 114, 166, 6, 191, 139, 98, 102, 221, 48, 253, 226, 152, 37, 179, 16, 145, 34, 136,
    54, 208, 148, 206, 143, 150, 219, 189, 241, 210, 19, 92, 131, 56, 70, 64, 30, 66, 182, 163,
    195, 72, 126, 110, 107, 58, 40, 84, 250, 133, 186, 61, 202, 94, 155, 159, 10, 21, 121, 43,
    78, 212, 229, 172, 115, 243, 167, 87, 7, 112, 192, 247, 140, 128, 99, 13, 103, 74, 222, 237,
    49, 197, 254, 24, 227, 165, 153, 119, 38, 184, 180, 124, 17, 68, 146, 217, 35, 32, 137, 46,
    55, 63, 209, 91, 149, 188, 207, 205, 144, 135, 151, 178, 220, 252, 190, 97, 242, 86, 211, 171,
    20, 42, 93, 158, 132, 60, 57, 83, 71, 109, 65, 162, 31, 45, 67, 216, 183, 123, 164, 118,
    196, 23, 73, 236, 127, 12, 111, 246, 108, 161, 59, 82, 41, 157, 85, 170, 251, 96, 134, 177,
    187, 204, 62, 90, 203, 89, 95, 176, 156, 169, 160, 81, 11, 245, 22, 235, 122, 117, 44, 215,
    79, 174, 213, 233, 230, 231, 173, 232, 116, 214, 244, 234, 168, 80, 88, 175
};

#define ORDER 255u /* alpha^255 is 1 */

uint8_t bc_rs_alpha(uint32_t power)
{
    return alpha_to[power >= ORDER ? power - ORDER : power];
}

static uint8_t multiply(uint8_t a, uint8_t b)
{
    return a == 0 || b == 0 ? 0 : bc_rs_alpha((uint32_t)log_of[a] + log_of[b]);
}

static uint8_t divide(uint8_t a, uint8_t b) /* b is not 0 */
{
    return a == 0 ? 0 : bc_rs_alpha((uint32_t)log_of[a] + ORDER - log_of[b]);
}

/* a * alpha^power, power below ORDER. */
static uint8_t shift(uint8_t a, uint32_t power)
{
    return a == 0 ? 0 : bc_rs_alpha(log_of[a] + power);
}

/* The polynomial's value at alpha^power by Horner's rule; coefficient[0] is the constant. */
static uint8_t evaluate(const uint8_t *coefficient, uint32_t degree, uint32_t power)
{
    uint8_t value = 0;
    for (uint32_t i = degree + 1; i-- > 0;)
        value = (uint8_t)(shift(value, power) ^ coefficient[i]);
    return value;
}

bool bc_rs_syndromes(const bc_rs_block *block, uint8_t syndrome[BC_RS_MAX_EC])
{
    memset(syndrome, 0, BC_RS_MAX_EC);
    for (uint32_t i = 0; i < block->n; i++)
        for (uint32_t j = 0; j < block->ec_n; j++)
            syndrome[j] = (uint8_t)(shift(syndrome[j], j) ^ block->codeword[i]);
    uint8_t any = 0;
    for (uint32_t j = 0; j < block->ec_n; j++)
        any |= syndrome[j];
    return any == 0;
}

/* A locator polynomial: 1 + c[1] x + …, one factor (1 - X x) for each place X. */
typedef struct {
    uint8_t c[BC_RS_MAX_EC + 1];
    uint32_t degree;
} locator;

static void locate_erasures(const bc_rs_block *block, const uint8_t *erasure, uint32_t erasure_n,
                            locator *out)
{
    memset(out, 0, sizeof *out);
    out->c[0] = 1;
    for (uint32_t i = 0; i < erasure_n; i++) {
        const uint32_t place = block->n - 1 - erasure[i];
        for (uint32_t j = ++out->degree; j > 0; j--)
            out->c[j] ^= shift(out->c[j - 1], place);
    }
}

/* Berlekamp–Massey: extends the erasures' locator to the errors; false when there are too many. */
static bool locate_errors(const uint8_t *syndrome, uint32_t ec_n, locator *out)
{
    const uint32_t erasure_n = out->degree;
    uint8_t *c = out->c;
    uint8_t before[BC_RS_MAX_EC + 1], kept[BC_RS_MAX_EC + 1];
    memcpy(before, c, sizeof before);
    for (uint32_t k = erasure_n; k < ec_n; k++) {
        uint8_t discrepancy = 0;
        for (uint32_t j = 0; j <= out->degree && j <= k; j++)
            discrepancy ^= multiply(c[j], syndrome[k - j]);
        memmove(before + 1, before, BC_RS_MAX_EC);
        before[0] = 0;
        if (discrepancy == 0)
            continue;
        memcpy(kept, c, sizeof kept);
        for (uint32_t j = 0; j <= BC_RS_MAX_EC; j++)
            c[j] ^= multiply(discrepancy, before[j]);
        if (2 * out->degree <= k + erasure_n) {
            out->degree = k + 1 + erasure_n - out->degree;
            for (uint32_t j = 0; j <= BC_RS_MAX_EC; j++)
                before[j] = divide(kept[j], discrepancy);
        }
    }
    return 2 * out->degree <= ec_n + erasure_n && c[out->degree] != 0;
}

/* Chien's search: the powers whose inverse is a root, which must be as many as the degree. */
static bool find_places(const locator *lambda, uint32_t n, uint8_t place[BC_RS_MAX_EC])
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < n && found < lambda->degree; i++)
        if (evaluate(lambda->c, lambda->degree, i == 0 ? 0 : ORDER - i) == 0)
            place[found++] = (uint8_t)i;
    return found == lambda->degree;
}

/* Forney's formula: what to add at each place. */
static void find_values(const locator *lambda, const uint8_t *syndrome, const uint8_t *place,
                        uint8_t value[BC_RS_MAX_EC])
{
    const uint32_t n = lambda->degree;
    uint8_t omega[BC_RS_MAX_EC] = {0};      /* syndromes times locator, below the locator's degree */
    uint8_t derivative[BC_RS_MAX_EC] = {0}; /* of the locator: even powers only, in characteristic 2 */
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j <= i; j++)
            omega[i] ^= multiply(lambda->c[j], syndrome[i - j]);
    for (uint32_t i = 1; i <= n; i += 2)
        derivative[i - 1] = lambda->c[i];
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t inverse = place[i] == 0 ? 0 : ORDER - place[i];
        /* Roots that differ have a derivative that is not 0. */
        value[i] = shift(divide(evaluate(omega, n - 1, inverse), evaluate(derivative, n - 1, inverse)),
                         place[i]);
    }
}

/* Whether values at places give exactly these syndromes: the correction is a correction. */
static bool explains(const uint8_t *syndrome, uint32_t ec_n, const uint8_t *place, const uint8_t *value,
                     uint32_t n)
{
    for (uint32_t j = 0; j < ec_n; j++) {
        uint8_t sum = 0;
        for (uint32_t i = 0; i < n; i++)
            sum ^= shift(value[i], place[i] * j % ORDER);
        if (sum != syndrome[j])
            return false;
    }
    return true;
}

bool bc_rs_correct(const bc_rs_block *block, const uint8_t *syndrome, const uint8_t *erasure,
                   uint32_t erasure_n, uint32_t *error_n)
{
    locator lambda;
    uint8_t place[BC_RS_MAX_EC], value[BC_RS_MAX_EC];
    locate_erasures(block, erasure, erasure_n, &lambda);
    if (!locate_errors(syndrome, block->ec_n, &lambda) || !find_places(&lambda, block->n, place))
        return false;
    find_values(&lambda, syndrome, place, value);
    if (!explains(syndrome, block->ec_n, place, value, lambda.degree))
        return false;
    *error_n = lambda.degree - erasure_n;
    for (uint32_t i = 0; i < lambda.degree; i++)
        block->codeword[block->n - 1 - place[i]] ^= value[i];
    return true;
}
