/* The bullseye, the marks of orientation, the reference grid and the mode message: ISO/IEC 24778, 7.2 and 7.3. */
#include "aztec_modules.h"

#include "galois.h"

#include <string.h> /* memset */

uint32_t bc_aztec_side(const bc_aztec_mode *mode)
{
    if (mode->rune)
        return 11;
    if (mode->compact)
        return 11 + 4 * mode->layers;
    const uint32_t side = 14 + 4 * mode->layers;
    return side + 1 + 2 * ((side / 2 - 1) / 15);
}

/* A module at so many modules right of the middle and below it. */
static uint8_t at(const uint8_t *darkness, int32_t x, int32_t y)
{
    return darkness[(uint32_t)(y + 7) * BC_AZTEC_CENTRE + (uint32_t)(x + 7)];
}

/* The marks at the corners of the ring at distance d: three, two, one and none of them dark, clockwise. */
static uint32_t wrong_marks(const uint8_t *darkness, int32_t d)
{
    const struct {
        int32_t x, y;
        bool dark;
    } marks[] = {
        {-d, -d, true}, {1 - d, -d, true},  {-d, 1 - d, true}, {d, -d, true},   {d, 1 - d, true},  {d - 1, -d, false},
        {d, d, false},  {d, d - 1, true},   {d - 1, d, false}, {-d, d, false},  {1 - d, d, false}, {-d, d - 1, false},
    };
    uint32_t wrong = 0;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        wrong += (at(darkness, marks[i].x, marks[i].y) >= 128) != marks[i].dark;
    return wrong;
}

/* The message's bits, clockwise from the top left; full symbols leave out the middles of the sides. */
static uint32_t take_bits(const uint8_t *darkness, int32_t d, bool *bits)
{
    uint32_t n = 0;
    for (uint32_t side = 0; side < 4; side++)
        for (int32_t i = 2 - d; i <= d - 2; i++) {
            if (d == 7 && i == 0)
                continue;
            const int32_t x = side == 0 ? i : side == 1 ? d : side == 2 ? -i : -d;
            const int32_t y = side == 0 ? -d : side == 1 ? i : side == 2 ? d : -i;
            bits[n++] = at(darkness, x, y) >= 128;
        }
    return n;
}

/* Words of four bits, corrected up to the last check word: the marks, and the symbol itself, speak for them too. */
static bool correct(const bool *bits, uint32_t bit_n, uint32_t ec_n, uint8_t *word, uint32_t *errors)
{
    const uint32_t n = bit_n / 4;
    uint8_t syndrome[BC_RS_MAX_EC];
    for (uint32_t i = 0; i < n; i++)
        word[i] = (uint8_t)(bits[4 * i] << 3 | bits[4 * i + 1] << 2 | bits[4 * i + 2] << 1 | bits[4 * i + 3]);
    const bc_rs_block block = {word, n, ec_n, &bc_rs_4bit};
    *errors = 0;
    return bc_rs_syndromes(&block, syndrome) || bc_rs_correct(&block, syndrome, NULL, 0, errors);
}

bool bc_aztec_read_mode(const uint8_t darkness[225], bool compact, bc_aztec_mode *mode)
{
    bool bits[40];
    uint8_t word[10];
    const int32_t d = compact ? 5 : 7;
    if (wrong_marks(darkness, d) > 1)
        return false;
    const uint32_t n = take_bits(darkness, d, bits);
    if (!correct(bits, n, compact ? 5 : 6, word, &mode->errors))
        return false;
    mode->compact = compact;
    mode->rune = mode->reader_init = false;
    if (compact) {
        mode->layers = (word[0] >> 2) + 1u;
        mode->data_n = ((word[0] & 3u) << 4 | word[1]) + 1u;
        mode->reader_init = mode->layers == 1 && mode->data_n > 32;
        mode->data_n -= mode->reader_init ? 32 : 0;
    } else {
        mode->layers = ((uint32_t)word[0] << 1 | word[1] >> 3) + 1u;
        mode->data_n = ((word[1] & 7u) << 8 | (uint32_t)word[2] << 4 | word[3]) + 1u;
        mode->reader_init = mode->layers <= 22 && mode->data_n > 1024;
        mode->data_n -= mode->reader_init ? 1024 : 0;
    }
    return true;
}

bool bc_aztec_read_rune(const uint8_t darkness[225], bc_aztec_mode *mode)
{
    bool bits[40];
    uint8_t word[10];
    if (wrong_marks(darkness, 5) > 0)
        return false;
    const uint32_t n = take_bits(darkness, 5, bits);
    for (uint32_t i = 0; i < n; i += 2)
        bits[i] = !bits[i];
    /* A rune is nothing but this message: with errors it could be a damaged compact symbol's. */
    if (!correct(bits, n, 5, word, &mode->errors) || mode->errors > 0)
        return false;
    *mode = (bc_aztec_mode){.compact = true, .rune = true, .data_n = (uint32_t)word[0] << 4 | word[1]};
    return true;
}

static void mark(uint8_t *known, uint32_t side, int32_t x, int32_t y, bool dark)
{
    const int32_t middle = (int32_t)side / 2;
    known[(uint32_t)(middle + y) * side + (uint32_t)(middle + x)] = dark ? BC_KNOWN_DARK : BC_KNOWN_LIGHT;
}

static void mark_corners(uint8_t *known, uint32_t side, int32_t d)
{
    for (int32_t k = 0; k < 2; k++) {
        mark(known, side, -d + k, -d, true);
        mark(known, side, -d, -d + k, true);
        mark(known, side, d, -d + k, true);
        mark(known, side, -d + k, d, false);
        mark(known, side, -d, d - k, false);
        mark(known, side, d - k, d, false);
    }
    mark(known, side, d - 1, -d, false);
    mark(known, side, d, d - 1, true);
}

void bc_aztec_pattern(const bc_aztec_mode *mode, uint8_t *known)
{
    const uint32_t side = bc_aztec_side(mode);
    const int32_t middle = (int32_t)side / 2, rings = mode->compact ? 4 : 6;
    memset(known, 0, (size_t)side * side);
    for (int32_t y = -middle; y <= middle && !mode->compact; y++)
        for (int32_t x = -middle; x <= middle; x++)
            if (x % 16 == 0 || y % 16 == 0)
                mark(known, side, x, y, (x + y) % 2 == 0);
    for (int32_t y = -rings; y <= rings; y++)
        for (int32_t x = -rings; x <= rings; x++) {
            const int32_t ax = x < 0 ? -x : x, ay = y < 0 ? -y : y;
            mark(known, side, x, y, (ax > ay ? ax : ay) % 2 == 0);
        }
    mark_corners(known, side, rings + 1);
}
