#include "aztec_turn.h"

void bc_aztec_turned(const uint8_t *from, uint32_t quarter, bool mirrored, uint8_t *to)
{
    for (int32_t y = -7; y <= 7; y++)
        for (int32_t x = -7; x <= 7; x++) {
            int32_t u = x, v = y;
            for (uint32_t q = 0; q < quarter; q++) {
                const int32_t kept = u;
                u = -v;
                v = kept;
            }
            u = mirrored ? -u : u;
            to[(y + 7) * (int32_t)BC_AZTEC_CENTRE + x + 7] = from[(v + 7) * (int32_t)BC_AZTEC_CENTRE + u + 7];
        }
}

bool bc_aztec_find_mode(const uint8_t *darkness, bc_aztec_mode *mode, uint32_t *quarter, bool *mirrored)
{
    uint8_t seen[BC_AZTEC_CENTRE * BC_AZTEC_CENTRE];
    bool found = false;
    for (uint32_t i = 0; i < 8; i++) {
        bc_aztec_turned(darkness, i % 4, i >= 4, seen);
        for (uint32_t compact = 0; compact < 2; compact++) {
            bc_aztec_mode read;
            if (bc_aztec_read_mode(seen, compact == 1, &read) && (!found || read.errors < mode->errors)) {
                *mode = read;
                *quarter = i % 4;
                *mirrored = i >= 4;
                found = true;
            }
        }
    }
    return found;
}
