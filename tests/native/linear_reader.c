/*
 * Lets a test hand lines to the readers of linear symbologies through a pipe:
 * element widths, or the samples of a soft line.  One request, one answer,
 * until end of file.  Numbers are in the machine's own form, since both ends
 * are on it.
 */
#include "bc.h"
#include "linear_read.h"
#include "linear_soft.h"
#include "pipe.h"

#include <stdio.h>  /* fread, fflush */
#include <stdlib.h> /* aligned_alloc, malloc, free, exit */
#include <string.h> /* memset */

#define WORK 50000000 /* nanoseconds: more than any line takes */

/* Tells a read, or a symbology of 0. */
static void tell(const bc_linear_read *read, int32_t reversed, const float place[2])
{
    const int32_t told[] = {read != NULL ? (int32_t)read->symbology : 0,
                            read != NULL ? read->code : 0,
                            read != NULL ? read->modifier : 0,
                            read != NULL ? read->first : 0,
                            read != NULL ? read->last : 0,
                            read != NULL ? read->modules : 0,
                            read != NULL ? read->votes_needed : 0,
                            read != NULL ? read->doubt : 0,
                            reversed,
                            read != NULL ? read->length : 0};
    reply(told, sizeof told);
    reply(place, 2 * sizeof *place);
    if (read != NULL)
        reply(read->data, read->length);
    fflush(stdout);
}

static void answer_widths(uint32_t symbologies, uint32_t flags, uint32_t n)
{
    static const struct {
        uint32_t symbology;
        bc_linear_fn *read;
    } readers[] = {
        {BC_CODE128, bc_code128_read}, {BC_EAN13, bc_ean13_read},   {BC_EAN8, bc_ean8_read},   {BC_UPCE, bc_upce_read},
        {BC_ITF, bc_itf_read},         {BC_CODE39, bc_code39_read}, {BC_CODE93, bc_code93_read}, {BC_CODABAR, bc_codabar_read},
    };
    const float nowhere[2] = {0.0f, 0.0f};
    uint16_t *width = exactly(n * sizeof *width);
    bc_linear_read *read = exactly(sizeof *read);
    bool found = false;
    receive(width, n * sizeof *width);
    for (size_t first = 1; first < n && !found; first += 2)
        for (size_t i = 0; i < sizeof readers / sizeof *readers && !found; i++) {
            memset(read, 0xA5, sizeof *read);
            found = (symbologies & readers[i].symbology) != 0 &&
                    readers[i].read(&(bc_elements){width, n}, first, flags, read);
        }
    tell(found ? read : NULL, 0, nowhere);
    free(read);
    free(width);
}

static void answer_soft(uint32_t symbologies, uint32_t flags, uint32_t n)
{
    float span[2];
    receive(span, sizeof span);
    uint16_t *level = exactly(n * sizeof *level);
    bc_soft_read *read = exactly(sizeof *read);
    receive(level, n * sizeof *level);
    const size_t bytes = (bc_linear_soft_workspace() + 2 * BC_ARENA_ALIGN) / BC_ARENA_ALIGN * BC_ARENA_ALIGN;
    void *room = aligned_alloc(BC_ARENA_ALIGN, bytes);
    if (room == NULL)
        exit(2);
    memset(room, 0xA5, bytes);
    memset(read, 0xA5, sizeof *read);
    bc_arena arena;
    int64_t work = WORK;
    bc_arena_init(&arena, room, bytes);
    const bool found = bc_linear_soft_read(&(bc_soft_line){level, n, span[0], span[1]}, symbologies, flags, &arena, &work, read);
    if (work < 0)
        exit(3);
    tell(found ? &read->read : NULL, found ? read->reversed : 0, found ? (float[]){read->from, read->to} : span);
    free(room);
    free(read);
    free(level);
}

int main(void)
{
    uint32_t head[4]; /* soft, symbologies, flags, elements or samples */
    while (fread(head, sizeof head, 1, stdin) == 1)
        if (head[0])
            answer_soft(head[1], head[2], head[3]);
        else
            answer_widths(head[1], head[2], head[3]);
    return 0;
}
