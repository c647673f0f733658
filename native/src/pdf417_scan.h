/*
 * Guard patterns of PDF417 and rows of MicroPDF417 on rows and columns of a black
 * and white layer: what is too small or too dense for strips.
 */
#ifndef BC_PDF417_SCAN_H
#define BC_PDF417_SCAN_H

#include "frame.h"
#include "pdf417_guard.h"
#include "pdf417_rap.h"

/* What a line shows of a symbol. */
typedef enum { BC_SCAN_START, BC_SCAN_STOP, BC_SCAN_ROW } bc_scan_kind; /* guards of PDF417, a row of MicroPDF417 */

typedef struct {
    float at;     /* px along the line */
    float module; /* px */
    bc_scan_kind kind;
    bool backwards, inverted;
    uint8_t columns; /* of a whole row of MicroPDF417; otherwise 0 */
    float end[BC_MICRO_PARTS]; /* of such a row, as in bc_micro_row */
} bc_scan_sight;

/* It was there on two rows, or columns, near each other; or a whole row of MicroPDF417 was on one. */
typedef struct {
    bc_point at;    /* px of the layer */
    bc_point along; /* unit vector across its bars, as edges near it run, or along the row; right or down */
    bc_scan_sight sight; /* its module along that */
} bc_scan_hit;

#define BC_SCAN_HITS 32u

typedef struct bc_scan_room bc_scan_room;

size_t bc_scan_room_workspace(void);
bc_scan_room *bc_scan_room_take(bc_arena *arena);

/* What a layer shows of wanted symbologies, at most BC_SCAN_HITS on its rows and as many on its columns; how many. */
size_t bc_scan_layer(bc_frame *frame, size_t layer, bc_bars *bars, bc_scan_room *room,
                     bc_scan_hit hit[2 * BC_SCAN_HITS]);

#endif
