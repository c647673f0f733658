/* Module darkness seen the right way round: a mirrored symbol is its own transpose. */
#ifndef BC_QR_VIEW_H
#define BC_QR_VIEW_H

#include "qr_modules.h" /* bc_qr_modules */

#include <stdbool.h> /* bool */
#include <stdint.h>  /* uint8_t, uint32_t */

typedef struct {
    bc_qr_modules modules;
    bool mirrored;
} bc_qr_view;

static inline uint32_t bc_qr_index(const bc_qr_view *view, uint32_t column, uint32_t row)
{
    const uint32_t size = view->modules.size;
    return view->mirrored ? column * size + row : row * size + column;
}

static inline uint8_t bc_qr_darkness(const bc_qr_view *view, uint32_t column, uint32_t row)
{
    return view->modules.darkness[bc_qr_index(view, column, row)];
}

static inline bool bc_qr_dark(uint8_t darkness)
{
    return darkness >= 128;
}

/* How far from doubt: 0 to 127. */
static inline uint8_t bc_qr_sureness(uint8_t darkness)
{
    return (uint8_t)(darkness >= 128 ? darkness - 128 : 127 - darkness);
}

#endif
