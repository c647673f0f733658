/*
 * Reed–Solomon decoding by the Berlekamp–Massey algorithm started from the
 * erasure locator, Chien's search and Forney's formula (R. E. Blahut,
 * "Algebraic Codes for Data Transmission", 2003, chapter 7).
 */
#include "galois.h"

#include <string.h> /* memcpy, memset */

/*
 * Powers of alpha and their logarithms (that of 0 is meaningless), made by the
 * rule that alpha^(i+1) is alpha^i shifted, less the polynomial where it overflows;
 * native/ctests/test_galois.c makes them anew.
 */
static const uint8_t power_qr[255] = {
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
static const uint8_t log_qr[256] = {
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

static const uint8_t power_dm[255] = {
    1, 2, 4, 8, 16, 32, 64, 128, 45, 90, 180, 69, 138, 57, 114, 228, 229, 231, 227, 235,
    251, 219, 155, 27, 54, 108, 216, 157, 23, 46, 92, 184, 93, 186, 89, 178, 73, 146, 9, 18,
    36, 72, 144, 13, 26, 52, 104, 208, 141, 55, 110, 220, 149, 7, 14, 28, 56, 112, 224, 237,
    247, 195, 171, 123, 246, 193, 175, 115, 230, 225, 239, 243, 203, 187, 91, 182, 65, 130, 41, 82,
    164, 101, 202, 185, 95, 190, 81, 162, 105, 210, 137, 63, 126, 252, 213, 135, 35, 70, 140, 53,
    106, 212, 133, 39, 78, 156, 21, 42, 84, 168, 125, 250, 217, 159, 19, 38, 76, 152, 29, 58,
    116, 232, 253, 215, 131, 43, 86, 172, 117, 234, 249, 223, 147, 11, 22, 44, 88, 176, 77, 154,
    25, 50, 100, 200, 189, 87, 174, 113, 226, 233, 255, 211, 139, 59, 118, 236, 245, 199, 163, 107,
    214, 129, 47, 94, 188, 85, 170, 121, 242, 201, 191, 83, 166, 97, 194, 169, 127, 254, 209, 143,
    51, 102, 204, 181, 71, 142, 49, 98, 196, 165, 103, 206, 177, 79, 158, 17, 34, 68, 136, 61,
    122, 244, 197, 167, 99, 198, 161, 111, 222, 145, 15, 30, 60, 120, 240, 205, 183, 67, 134, 33,
    66, 132, 37, 74, 148, 5, 10, 20, 40, 80, 160, 109, 218, 153, 31, 62, 124, 248, 221, 151,
    3, 6, 12, 24, 48, 96, 192, 173, 119, 238, 241, 207, 179, 75, 150
};
static const uint8_t log_dm[256] = {
    0, 0, 1, 240, 2, 225, 241, 53, 3, 38, 226, 133, 242, 43, 54, 210, 4, 195, 39, 114,
    227, 106, 134, 28, 243, 140, 44, 23, 55, 118, 211, 234, 5, 219, 196, 96, 40, 222, 115, 103,
    228, 78, 107, 125, 135, 8, 29, 162, 244, 186, 141, 180, 45, 99, 24, 49, 56, 13, 119, 153,
    212, 199, 235, 91, 6, 76, 220, 217, 197, 11, 97, 184, 41, 36, 223, 253, 116, 138, 104, 193,
    229, 86, 79, 171, 108, 165, 126, 145, 136, 34, 9, 74, 30, 32, 163, 84, 245, 173, 187, 204,
    142, 81, 181, 190, 46, 88, 100, 159, 25, 231, 50, 207, 57, 147, 14, 67, 120, 128, 154, 248,
    213, 167, 200, 63, 236, 110, 92, 176, 7, 161, 77, 124, 221, 102, 218, 95, 198, 90, 12, 152,
    98, 48, 185, 179, 42, 209, 37, 132, 224, 52, 254, 239, 117, 233, 139, 22, 105, 27, 194, 113,
    230, 206, 87, 158, 80, 189, 172, 203, 109, 175, 166, 62, 127, 247, 146, 66, 137, 192, 35, 252,
    10, 183, 75, 216, 31, 83, 33, 73, 164, 144, 85, 170, 246, 65, 174, 61, 188, 202, 205, 157,
    143, 169, 82, 72, 182, 215, 191, 251, 47, 178, 89, 151, 101, 94, 160, 123, 26, 112, 232, 21,
    51, 238, 208, 131, 58, 69, 148, 18, 15, 16, 68, 17, 121, 149, 129, 19, 155, 59, 249, 70,
    214, 250, 168, 71, 201, 156, 64, 60, 237, 130, 111, 20, 93, 122, 177, 150
};

static const uint8_t power_6[63] = {
    1, 2, 4, 8, 16, 32, 3, 6, 12, 24, 48, 35, 5, 10, 20, 40, 19, 38, 15, 30,
    60, 59, 53, 41, 17, 34, 7, 14, 28, 56, 51, 37, 9, 18, 36, 11, 22, 44, 27, 54,
    47, 29, 58, 55, 45, 25, 50, 39, 13, 26, 52, 43, 21, 42, 23, 46, 31, 62, 63, 61,
    57, 49, 33
};
static const uint8_t log_6[64] = {
    0, 0, 1, 6, 2, 12, 7, 26, 3, 32, 13, 35, 8, 48, 27, 18, 4, 24, 33, 16,
    14, 52, 36, 54, 9, 45, 49, 38, 28, 41, 19, 56, 5, 62, 25, 11, 34, 31, 17, 47,
    15, 23, 53, 51, 37, 44, 55, 40, 10, 61, 46, 30, 50, 22, 39, 43, 29, 60, 42, 21,
    20, 59, 57, 58
};

static const uint8_t power_4[15] = {
    1, 2, 4, 8, 3, 6, 12, 11, 5, 10, 7, 14, 15, 13, 9
};
static const uint8_t log_4[16] = {
    0, 0, 1, 4, 2, 8, 5, 10, 3, 14, 9, 7, 6, 13, 11, 12
};

const bc_rs_field bc_rs_qr = {power_qr, log_qr, 255, 8, 0};
const bc_rs_field bc_rs_dm = {power_dm, log_dm, 255, 8, 1};
const bc_rs_field bc_rs_6bit = {power_6, log_6, 63, 6, 1};
const bc_rs_field bc_rs_4bit = {power_4, log_4, 15, 4, 1};

/* alpha^power, power below twice the order. */
static uint8_t alpha(const bc_rs_field *field, uint32_t power)
{
    return field->power[power >= field->order ? power - field->order : power];
}

static uint8_t multiply(const bc_rs_field *field, uint8_t a, uint8_t b)
{
    return a == 0 || b == 0 ? 0 : alpha(field, (uint32_t)field->log[a] + field->log[b]);
}

static uint8_t divide(const bc_rs_field *field, uint8_t a, uint8_t b) /* b is not 0 */
{
    return a == 0 ? 0 : alpha(field, (uint32_t)field->log[a] + field->order - field->log[b]);
}

/* a * alpha^power, power at most the order. */
static uint8_t shift(const bc_rs_field *field, uint8_t a, uint32_t power)
{
    return a == 0 ? 0 : alpha(field, field->log[a] + power);
}

/* The polynomial's value at alpha^power by Horner's rule; coefficient[0] is the constant. */
static uint8_t evaluate(const bc_rs_field *field, const uint8_t *coefficient, uint32_t degree, uint32_t power)
{
    uint8_t value = 0;
    for (uint32_t i = degree + 1; i-- > 0;)
        value = (uint8_t)(shift(field, value, power) ^ coefficient[i]);
    return value;
}

bool bc_rs_syndromes(const bc_rs_block *block, uint8_t syndrome[BC_RS_MAX_EC])
{
    const bc_rs_field *field = block->field;
    memset(syndrome, 0, BC_RS_MAX_EC);
    for (uint32_t i = 0; i < block->n; i++)
        for (uint32_t j = 0; j < block->ec_n; j++)
            syndrome[j] = (uint8_t)(shift(field, syndrome[j], j + field->first) ^ block->codeword[i]);
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
            out->c[j] ^= shift(block->field, out->c[j - 1], place);
    }
}

/* Berlekamp–Massey: extends the erasures' locator to the errors; false when there are too many. */
static bool locate_errors(const bc_rs_field *field, const uint8_t *syndrome, uint32_t ec_n, locator *out)
{
    const uint32_t erasure_n = out->degree;
    uint8_t *c = out->c;
    uint8_t before[BC_RS_MAX_EC + 1], kept[BC_RS_MAX_EC + 1];
    memcpy(before, c, sizeof before);
    for (uint32_t k = erasure_n; k < ec_n; k++) {
        uint8_t discrepancy = 0;
        for (uint32_t j = 0; j <= out->degree && j <= k; j++)
            discrepancy ^= multiply(field, c[j], syndrome[k - j]);
        memmove(before + 1, before, ec_n);
        before[0] = 0;
        if (discrepancy == 0)
            continue;
        memcpy(kept, c, ec_n + 1);
        for (uint32_t j = 0; j <= ec_n; j++)
            c[j] ^= multiply(field, discrepancy, before[j]);
        if (2 * out->degree <= k + erasure_n) {
            out->degree = k + 1 + erasure_n - out->degree;
            for (uint32_t j = 0; j <= ec_n; j++)
                before[j] = divide(field, kept[j], discrepancy);
        }
    }
    return 2 * out->degree <= ec_n + erasure_n && c[out->degree] != 0;
}

/* Chien's search: the powers whose inverse is a root, which must be as many as the degree. */
static bool find_places(const bc_rs_field *field, const locator *lambda, uint32_t n, uint8_t place[BC_RS_MAX_EC])
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < n && found < lambda->degree; i++)
        if (evaluate(field, lambda->c, lambda->degree, i == 0 ? 0 : field->order - i) == 0)
            place[found++] = (uint8_t)i;
    return found == lambda->degree;
}

/* Forney's formula: what to add at each place. */
static void find_values(const bc_rs_field *field, const locator *lambda, const uint8_t *syndrome,
                        const uint8_t *place, uint8_t value[BC_RS_MAX_EC])
{
    const uint32_t n = lambda->degree;
    uint8_t omega[BC_RS_MAX_EC] = {0};      /* syndromes times locator, below the locator's degree */
    uint8_t derivative[BC_RS_MAX_EC] = {0}; /* of the locator: even powers only, in characteristic 2 */
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j <= i; j++)
            omega[i] ^= multiply(field, lambda->c[j], syndrome[i - j]);
    for (uint32_t i = 1; i <= n; i += 2)
        derivative[i - 1] = lambda->c[i];
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t inverse = place[i] == 0 ? 0 : field->order - place[i];
        /* Roots that differ have a derivative that is not 0. */
        value[i] = divide(field, evaluate(field, omega, n - 1, inverse), evaluate(field, derivative, n - 1, inverse));
        if (field->first == 0) /* times the place to the power of 1 less the first root's */
            value[i] = shift(field, value[i], place[i]);
    }
}

/* Whether values at places give exactly these syndromes: the correction is a correction. */
static bool explains(const bc_rs_field *field, const uint8_t *syndrome, uint32_t ec_n, const uint8_t *place,
                     const uint8_t *value, uint32_t n)
{
    for (uint32_t j = 0; j < ec_n; j++) {
        uint8_t sum = 0;
        for (uint32_t i = 0; i < n; i++)
            sum ^= shift(field, value[i], place[i] * (j + field->first) % field->order);
        if (sum != syndrome[j])
            return false;
    }
    return true;
}

bool bc_rs_correct(const bc_rs_block *block, const uint8_t *syndrome, const uint8_t *erasure,
                   uint32_t erasure_n, uint32_t *error_n)
{
    const bc_rs_field *field = block->field;
    locator lambda;
    uint8_t place[BC_RS_MAX_EC], value[BC_RS_MAX_EC];
    locate_erasures(block, erasure, erasure_n, &lambda);
    if (!locate_errors(field, syndrome, block->ec_n, &lambda) || !find_places(field, &lambda, block->n, place))
        return false;
    find_values(field, &lambda, syndrome, place, value);
    if (!explains(field, syndrome, block->ec_n, place, value, lambda.degree))
        return false;
    *error_n = lambda.degree - erasure_n;
    for (uint32_t i = 0; i < lambda.degree; i++)
        block->codeword[block->n - 1 - place[i]] ^= value[i];
    return true;
}
