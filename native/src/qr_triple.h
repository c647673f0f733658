/* Which three finder patterns belong to one QR symbol. */
#ifndef BC_QR_TRIPLE_H
#define BC_QR_TRIPLE_H

#include "qr_finder.h"

typedef struct {
    uint16_t corner, right, down;  /* finders: top left, and those along its row and column, clockwise in the image */
    uint8_t turn[3];               /* which of each one's corners is top left in the symbol */
    float across;                  /* modules from middle to middle along a side */
    float doubt;                   /* 0 for a perfect square */
} bc_triple;

/*
 * Which direction of `f` the vector dx, dy px runs along, best of four: 0 along
 * u, 1 along v, 2 and 3 the opposites; and its length in modules along that and
 * along the next direction clockwise.
 */
size_t bc_finder_direction(const bc_finder *f, float dx, float dy, float *along, float *aside);

/* The vector dx, dy px in modules along direction k and along the next one. */
void bc_finder_in_modules(const bc_finder *f, size_t k, float dx, float dy, float *along, float *aside);

/* One module along direction k, in px. */
void bc_finder_step(const bc_finder *f, size_t k, float *x, float *y);

/* More are not looked at: a wall of symbols shares its finders between as many. */
#define BC_TRIPLES_MAX 512u

/* The triples that may be symbols, surest first; at most BC_TRIPLES_MAX of them. */
size_t bc_triples_find(const bc_finders *finders, bc_triple *triple);

#endif
