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

/* More are not looked at: a wall of symbols shares its finders between as many. */
#define BC_TRIPLES_MAX 512u

/* The triples that may be symbols, surest first; at most BC_TRIPLES_MAX of them. */
size_t bc_triples_find(const bc_finders *finders, bc_triple *triple);

#endif
