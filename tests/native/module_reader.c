/*
 * Lets a test hand module darkness and Reed–Solomon blocks to the library's
 * inner functions through a pipe: one request, one answer, until end of file.
 * Numbers are in the machine's own form, since both ends are on it.
 */
#include "galois.h"
#include "qr_modules.h"
#include "pipe.h"

#include <stdio.h>  /* fread, fflush */
#include <stdlib.h> /* malloc, exit */
#include <string.h> /* memset */

enum { READ_QR = 0, READ_MICRO_QR = 1, CORRECT = 2 };

static void read_modules(uint32_t kind, uint32_t size)
{
    uint8_t *darkness = exactly((size_t)size * size);
    void *workspace = exactly(bc_qr_workspace() + BC_ARENA_ALIGN);
    bc_symbol *symbol = exactly(sizeof *symbol);
    bc_arena arena;
    memset(symbol, 0, sizeof *symbol);
    receive(darkness, (size_t)size * size);
    bc_arena_init(&arena, workspace, bc_qr_workspace() + BC_ARENA_ALIGN);

    const bc_qr_modules modules = {darkness, size};
    const uint32_t status = kind == READ_QR ? bc_qr_read(&modules, &arena, symbol)
                                            : bc_micro_qr_read(&modules, &arena, symbol);
    if (bc_arena_mark(&arena) != 0)
        exit(3);
    const uint32_t length = status == BC_OK ? symbol->length : 0;
    const uint8_t fields[8] = {symbol->version, symbol->ec_level, symbol->mirrored, (uint8_t)symbol->append_index,
                               (uint8_t)symbol->append_count, (uint8_t)atoi(symbol->append_id), symbol->segment_n, 0};
    reply(&status, sizeof status);
    reply(&symbol->symbology, sizeof symbol->symbology);
    reply(fields, sizeof fields);
    reply(&symbol->ec_used, sizeof symbol->ec_used);
    reply(symbol->identifier, sizeof symbol->identifier);
    reply(symbol->segments, sizeof symbol->segments);
    reply(&length, sizeof length);
    reply(symbol->payload, length);
    free(darkness);
    free(workspace);
    free(symbol);
}

static void correct(uint32_t n)
{
    uint32_t rest[2], error_n = 0;
    uint8_t syndrome[BC_RS_MAX_EC];
    receive(rest, sizeof rest);
    uint8_t *codeword = exactly(n), *erasure = exactly(rest[1] + 1);
    receive(codeword, n);
    receive(erasure, rest[1]);

    const bc_rs_block block = {codeword, n, rest[0], &bc_rs_qr};
    const uint32_t clean = bc_rs_syndromes(&block, syndrome);
    const uint32_t corrected = bc_rs_correct(&block, syndrome, erasure, rest[1], &error_n);
    reply(&clean, sizeof clean);
    reply(&corrected, sizeof corrected);
    reply(&error_n, sizeof error_n);
    reply(codeword, n);
    free(codeword);
    free(erasure);
}

int main(void)
{
    for (uint32_t request[2]; fread(request, sizeof request, 1, stdin) == 1; fflush(stdout)) {
        if (request[0] == CORRECT)
            correct(request[1]);
        else
            read_modules(request[0], request[1]);
    }
    return 0;
}
