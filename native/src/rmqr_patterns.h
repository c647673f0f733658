/* The modules of rMQR symbols that are the same in every one of a size, and where the others stand. */
#ifndef BC_RMQR_PATTERNS_H
#define BC_RMQR_PATTERNS_H

#include "qr_codewords.h" /* BC_QR_DATA and its like, bc_qr_order */

#include <stdbool.h> /* bool */
#include <stdint.h>  /* uint8_t, uint32_t */

/* Tells what each module is by its place, BC_QR_DATA and its like: columns * rows of one of the 32 sizes. */
void bc_rmqr_function_map(uint32_t columns, uint32_t rows, uint8_t *map);

/* The codewords' modules. */
bc_qr_order bc_rmqr_order_of(const uint8_t *map, uint32_t columns, uint32_t rows);

#define BC_RMQR_FORMAT_BITS 18u

/*
 * Where bit `bit` of the format information stands, 0 the lowest, in modules from
 * the top left; of the copy beside the sub finder pattern in modules from the
 * bottom right, so that neither needs the size.
 */
void bc_rmqr_format_place(uint32_t bit, bool sub, uint32_t *column, uint32_t *row);

#endif
