/* Where in a Data Matrix symbol the bits of its codewords stand: ISO/IEC 16022:2006, annex F. */
#ifndef BC_DM_PLACE_H
#define BC_DM_PLACE_H

#include <stdint.h> /* uint16_t, uint32_t */

#define BC_DM_NOWHERE 0u     /* not placed: the two light modules of the corner left over */
#define BC_DM_DARK 1u        /* the two dark ones there */
#define BC_DM_FIRST 2u       /* bit 0 (the highest) of the first codeword; then bit by bit, eight a codeword */

/* Fills columns * rows of a symbol's mapping matrix (its regions without their borders, put together). */
void bc_dm_place(uint32_t columns, uint32_t rows, uint16_t *place);

#endif
