#include "pdf417_numeric.h"

#include <string.h> /* memcpy */

#define LIMB 1000000000u
#define LIMBS (BC_PDF417_DIGITS / 9u)

uint32_t bc_pdf417_digits(const uint16_t *codeword, uint32_t n, char digit[BC_PDF417_DIGITS])
{
    uint32_t limb[LIMBS] = {0};
    for (uint32_t i = 0; i < n; i++) {
        uint64_t carry = codeword[i];
        for (uint32_t j = 0; j < LIMBS; j++) {
            carry += (uint64_t)limb[j] * 900;
            limb[j] = (uint32_t)(carry % LIMB);
            carry /= LIMB;
        }
    }
    char all[BC_PDF417_DIGITS];
    for (uint32_t i = 0; i < BC_PDF417_DIGITS; i++) {
        all[BC_PDF417_DIGITS - 1 - i] = (char)('0' + limb[i / 9] % 10);
        limb[i / 9] /= 10;
    }
    uint32_t first = 0;
    while (first < BC_PDF417_DIGITS - 1 && all[first] == '0')
        first++;
    if (all[first] != '1')
        return 0;
    const uint32_t length = BC_PDF417_DIGITS - 1 - first;
    memcpy(digit, all + first + 1, length);
    return length;
}
