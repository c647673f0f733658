/*
 * Lets a test hand lines of element widths to the store of GS1 DataBar through
 * a pipe: one request, one answer, until end of file.  Numbers are in the
 * machine's own form, since both ends are on it.
 */
#include "databar.h"
#include "pipe.h"

#include <stdio.h>  /* fread, fflush */
#include <stdlib.h> /* malloc, free, exit */
#include <string.h> /* memset */

static void take_line(bc_databar_store *store, uint32_t symbologies)
{
    uint32_t head[2]; /* row, elements */
    receive(head, sizeof head);
    uint16_t *width = exactly(head[1] * sizeof *width);
    receive(width, head[1] * sizeof *width);
    bc_databar_line(store, &(bc_elements){width, head[1]}, symbologies, (uint16_t)head[0], 0);
    free(width);
}

/* Everything that the lines make, each told as it is, and then a symbology of 0. */
static void answer(bc_databar_store *store)
{
    bc_databar_read *read = exactly(sizeof *read);
    memset(read, 0xA5, sizeof *read);
    while (bc_databar_assemble(store, read)) {
        const bc_databar_extent *extent = &read->extent;
        const int32_t told[] = {(int32_t)read->read.symbology, read->reversed, read->one_row, extent->row[0],
                                extent->row[1], extent->from[0], extent->to[0], read->read.modules,
                                read->read.code, read->read.modifier, read->read.length};
        reply(told, sizeof told);
        reply(read->read.data, read->read.length);
    }
    const int32_t none[11] = {0};
    reply(none, sizeof none);
    fflush(stdout);
    free(read);
}

int main(void)
{
    uint32_t head[2]; /* symbologies, lines */
    while (fread(head, sizeof head, 1, stdin) == 1) {
        bc_databar_store *store = exactly(sizeof *store);
        memset(store, 0xA5, sizeof *store);
        bc_databar_clear(store, false);
        for (uint32_t i = 0; i < head[1]; i++)
            take_line(store, head[0]);
        answer(store);
        free(store);
    }
    return 0;
}
