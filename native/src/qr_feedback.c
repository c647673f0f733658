#include "qr_feedback.h"

#include "equalise.h" /* bc_equalise */

#include <string.h> /* memcpy */

/* Each round corrects a block more or is the last; most symbols are done in two. */
#define ROUNDS 4u

static uint32_t count(const bool *done, uint32_t n)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < n; i++)
        sum += done[i];
    return sum;
}

/* Equalises anew with what is known by now and reads all codewords from that. */
static bool look_again(const bc_qr_modules *raw, const bc_qr_view *view, uint32_t mask,
                       const bc_qr_structure *structure, const bool *done, bc_qr_room *room)
{
    bc_qr_known_codewords(structure, done, room->known_codewords);
    memcpy(room->known_modules, room->map, (size_t)raw->size * raw->size);
    bc_qr_mark_codewords(view, room->map, mask, &room->codewords, room->known_codewords, room->known_modules);
    const bc_plane plane = bc_qr_plane(raw);
    if (!bc_equalise(&plane, room->known_modules, room->equalised, room->scratch, room->equalised))
        return false;
    bc_qr_read_codewords(view, room->map, mask, UINT32_MAX, &room->codewords);
    return true;
}

bool bc_qr_correct_together(const bc_qr_modules *raw, bool mirrored, uint32_t mask,
                            const bc_qr_structure *structure, bc_qr_room *room, bc_rs_evidence *evidence)
{
    const bc_qr_view view = {{room->equalised, raw->size}, mirrored};
    bool done[BC_QR_MAX_BLOCKS] = {false};
    bc_qr_read_codewords(&view, room->map, mask, UINT32_MAX, &room->codewords);
    for (uint32_t round = 0, before = 0; round < ROUNDS; round++) {
        if (bc_qr_correct(&room->codewords, structure, BC_RS_SOFT, room->soft, done, evidence))
            return true;
        const uint32_t now = count(done, structure->block_n);
        if (now == before || !look_again(raw, &view, mask, structure, done, room))
            return false;
        before = now;
    }
    return false;
}
