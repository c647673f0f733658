/*
 * Blocks of a QR symbol that help each other.  Codewords of all blocks lie
 * mixed, so that the modules of one that was corrected are neighbours of the
 * others': they teach the equaliser far more than the function patterns do, and
 * what they mix into their neighbours is then known and taken out exactly.
 */
#ifndef BC_QR_FEEDBACK_H
#define BC_QR_FEEDBACK_H

#include "qr_blocks.h" /* bc_rs_evidence, bc_qr_structure */

typedef struct {
    uint8_t *map;             /* of qr_codewords.h */
    bc_qr_codewords codewords;
    uint8_t *known_codewords; /* 1 where corrected */
    uint8_t *known_modules;   /* the map, and modules of corrected codewords as light and dark too */
    uint8_t *equalised;       /* module darkness */
    uint8_t *scratch;         /* of equalise.h */
    bc_rs_soft_room *soft;
} bc_qr_workroom;

/* Takes room for symbols of up to so many columns, rows and codewords; false when the arena is too small. */
bool bc_qr_workroom_take(bc_arena *arena, uint32_t columns, uint32_t rows, uint32_t codeword_n, bc_qr_workroom *room);
size_t bc_qr_workroom_size(uint32_t columns, uint32_t rows, uint32_t codeword_n);

/*
 * Corrects all blocks with every means.  `raw` is the darkness that
 * room->equalised was made of; `order` has room->map.  The corrected codewords
 * are in room->codewords.
 */
bool bc_qr_correct_together(const bc_plane *raw, const bc_qr_order *order, const bc_qr_structure *structure,
                            bc_qr_workroom *room, bc_rs_evidence *evidence);

#endif
