/* From the beginning of an rMQR symbol to one that is read. */
#ifndef BC_RMQR_SYMBOL_H
#define BC_RMQR_SYMBOL_H

#include "qr_symbol.h" /* bc_qr_room */

/*
 * The beginning of a symbol that a finder's outline is trusted to tell of: its
 * own rows, and columns to the end of the format information and a little more.
 */
#define BC_RMQR_ROWS_FIRST 7u
#define BC_RMQR_COLUMNS_FIRST 14u

/* What the beginning tells. */
typedef struct {
    uint32_t version, columns, rows;
    bool mirrored; /* its first row is the beginning's last */
} bc_rmqr_hint;

/* A grid of so many modules a side through four corners, clockwise, of `far_u` by `far_v` modules at its top left. */
bool bc_rmqr_regrid(const bc_point corner[4], float far_u, float far_v, uint32_t size, bc_grid *to);

/*
 * Follows a symbol from its beginning, which lies on the grid `first` of the
 * scene's layer, reads it and keeps it in the frame's output.  `scale` is the
 * image's px for one of the layer's.
 */
bool bc_rmqr_follow(bc_frame *frame, const bc_scene *scene, bc_qr_room *room, const bc_grid *first,
                    const bc_rmqr_hint *hint, float scale);

#endif
