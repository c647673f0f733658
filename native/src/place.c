#include "place.h"

#include "geometry.h"

void bc_symbol_place(bc_symbol *symbol, const bc_point corner[4], float scale, uint32_t columns, uint32_t rows)
{
    float length = 0.0f;
    for (size_t i = 0; i < 4; i++) {
        symbol->corners[2 * i] = corner[i].x * scale;
        symbol->corners[2 * i + 1] = corner[i].y * scale;
    }
    const float *c = symbol->corners;
    for (size_t i = 0; i < 4; i++) {
        const float dx = c[(2 * i + 2) % 8] - c[2 * i], dy = c[(2 * i + 3) % 8] - c[2 * i + 1];
        length += bc_sqrt(dx * dx + dy * dy);
    }
    symbol->module_px = length / (2.0f * (float)(columns + rows));
    symbol->rotation_deg = bc_angle_deg(c[2] - c[0], c[3] - c[1]);
}
