/*
 * Lets a test hand the module darkness of matrix symbols other than QR to the
 * library's readers through a pipe: one request, one answer, until end of file.
 */
#include "aztec_modules.h"
#include "dm_modules.h"
#include "maxi_modules.h"
#include "pipe.h"
#include "rmqr_modules.h"

#include <stdio.h>  /* fread, fflush */
#include <stdlib.h> /* exit, free */
#include <string.h> /* memset */

/* The middle 15 by 15 modules; what a rune lacks of them is light. */
static void take_centre(const bc_plane *modules, uint8_t centre[225])
{
    memset(centre, 0, 225);
    for (uint32_t y = 0; y < 15; y++)
        for (uint32_t x = 0; x < 15; x++) {
            const uint32_t u = modules->columns / 2 + x - 7, v = modules->rows / 2 + y - 7;
            if (u < modules->columns && v < modules->rows)
                centre[y * 15 + x] = modules->darkness[v * modules->columns + u];
        }
}

/* As the library does it: the mode message first. */
static bc_status read_aztec(const bc_plane *modules, bc_arena *arena, bc_symbol *symbol)
{
    uint8_t centre[225];
    bc_aztec_mode mode;
    take_centre(modules, centre);
    if ((bc_aztec_read_mode(centre, true, &mode) && bc_aztec_side(&mode) == modules->columns) ||
        (bc_aztec_read_mode(centre, false, &mode) && bc_aztec_side(&mode) == modules->columns) ||
        bc_aztec_read_rune(centre, &mode))
        return bc_aztec_read(modules, &mode, arena, symbol);
    return BC_FORMAT;
}

static const struct {
    size_t (*workspace)(void);
    bc_status (*read)(const bc_plane *modules, bc_arena *arena, bc_symbol *symbol);
} readers[] = {
    {bc_dm_workspace, bc_dm_read},
    {bc_aztec_workspace, read_aztec},
    {bc_rmqr_workspace, bc_rmqr_read},
    {bc_maxi_workspace, bc_maxi_read},
};

static void read_plane(uint32_t kind, uint32_t columns, uint32_t rows)
{
    const size_t room = readers[kind].workspace() + BC_ARENA_ALIGN;
    uint8_t *darkness = exactly((size_t)columns * rows);
    void *workspace = exactly(room);
    bc_symbol *symbol = exactly(sizeof *symbol);
    bc_arena arena;
    memset(symbol, 0, sizeof *symbol);
    receive(darkness, (size_t)columns * rows);
    bc_arena_init(&arena, workspace, room);

    const bc_plane modules = {darkness, columns, rows};
    const uint32_t status = readers[kind].read(&modules, &arena, symbol);
    if (bc_arena_mark(&arena) != 0)
        exit(3);
    const uint32_t length = status == BC_OK ? symbol->length : 0;
    const uint32_t fields[7] = {symbol->symbology, symbol->version, symbol->ec_level, symbol->reader_init,
                                symbol->append_index, symbol->append_count, symbol->segment_n};
    reply(&status, sizeof status);
    reply(fields, sizeof fields);
    reply(&symbol->ec_used, sizeof symbol->ec_used);
    reply(symbol->identifier, sizeof symbol->identifier);
    reply(symbol->append_id, sizeof symbol->append_id);
    reply(symbol->segments, sizeof symbol->segments);
    reply(&length, sizeof length);
    reply(symbol->payload, length);
    free(darkness);
    free(workspace);
    free(symbol);
}

int main(void)
{
    for (uint32_t request[3]; fread(request, sizeof request, 1, stdin) == 1; fflush(stdout)) {
        if (request[0] >= sizeof readers / sizeof readers[0])
            exit(4);
        read_plane(request[0], request[1], request[2]);
    }
    return 0;
}
