/* QR symbols from module darkness to content. */
#include "qr_modules.h"

size_t bc_qr_workspace(void)
{
    return 0;
}

bc_status bc_qr_read(const bc_qr_modules *modules, bc_arena *arena, bc_symbol *symbol)
{
    (void)modules;
    (void)arena;
    (void)symbol;
    return BC_FORMAT;
}
