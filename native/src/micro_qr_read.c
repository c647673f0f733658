/* Micro QR symbols from module darkness to content. */
#include "qr_modules.h"

bc_status bc_micro_qr_read(const bc_qr_modules *modules, bc_arena *arena, bc_symbol *symbol)
{
    (void)modules;
    (void)arena;
    (void)symbol;
    return BC_FORMAT;
}
