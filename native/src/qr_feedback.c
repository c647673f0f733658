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
static bool look_again(const bc_plane *raw, const bc_qr_order *order, const bc_qr_structure *structure,
                       const bool *done, bc_qr_workroom *room)
{
    bc_qr_known_codewords(structure, done, room->known_codewords);
    memcpy(room->known_modules, room->map, (size_t)raw->columns * raw->rows);
    bc_qr_mark_codewords(order, &room->codewords, room->known_codewords, room->known_modules);
    if (!bc_equalise(raw, room->known_modules, room->equalised, room->scratch, room->equalised))
        return false;
    bc_qr_read_codewords(room->equalised, order, UINT32_MAX, &room->codewords);
    return true;
}

bool bc_qr_correct_together(const bc_plane *raw, const bc_qr_order *order, const bc_qr_structure *structure,
                            bc_qr_workroom *room, bc_rs_evidence *evidence)
{
    bool done[BC_QR_MAX_BLOCKS] = {false};
    bc_qr_read_codewords(room->equalised, order, UINT32_MAX, &room->codewords);
    for (uint32_t round = 0, before = 0; round < ROUNDS; round++) {
        if (bc_qr_correct(&room->codewords, structure, BC_RS_SOFT, room->soft, done, evidence))
            return true;
        const uint32_t now = count(done, structure->block_n);
        if (now == before || !look_again(raw, order, structure, done, room))
            return false;
        before = now;
    }
    return false;
}

size_t bc_qr_workroom_size(uint32_t columns, uint32_t rows, uint32_t codeword_n)
{
    return 3 * bc_arena_cost((size_t)columns * rows, 1) + 2 * bc_arena_cost(codeword_n, 1) +
           bc_arena_cost(codeword_n, 8) + bc_arena_cost(BC_EQUALISE_SCRATCH((size_t)columns, rows), 1) +
           bc_arena_cost(1, bc_rs_soft_room_size());
}

bool bc_qr_workroom_take(bc_arena *arena, uint32_t columns, uint32_t rows, uint32_t codeword_n, bc_qr_workroom *room)
{
    const size_t modules = (size_t)columns * rows;
    room->map = bc_arena_take(arena, modules, 1);
    room->codewords.value = bc_arena_take(arena, codeword_n, 1);
    room->codewords.sure = bc_arena_take(arena, codeword_n, 8);
    room->known_codewords = bc_arena_take(arena, codeword_n, 1);
    room->known_modules = bc_arena_take(arena, modules, 1);
    room->equalised = bc_arena_take(arena, modules, 1);
    room->scratch = bc_arena_take(arena, BC_EQUALISE_SCRATCH((size_t)columns, rows), 1);
    room->soft = bc_arena_take(arena, 1, bc_rs_soft_room_size());
    return room->map != NULL && room->codewords.value != NULL && room->codewords.sure != NULL &&
           room->known_codewords != NULL && room->known_modules != NULL && room->equalised != NULL &&
           room->scratch != NULL && room->soft != NULL;
}
