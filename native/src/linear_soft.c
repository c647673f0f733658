/* The soft reader's face: see linear_soft.h. */
#include "linear_soft.h"

size_t bc_linear_soft_workspace(void)
{
    return bc_arena_cost(1, 1);
}

bool bc_linear_soft_read(const bc_soft_line *line, uint32_t symbologies, uint32_t flags, bc_arena *arena,
                         int64_t *work, bc_soft_read *out)
{
    (void)line;
    (void)symbologies;
    (void)flags;
    (void)arena;
    (void)work;
    (void)out;
    return false;
}
