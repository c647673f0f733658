/* Which kernels a machine runs. */
#include "kernels.h"

#include "bc.h"

const bc_kernels *bc_kernels_for(uint32_t flags)
{
    (void)flags;
    return &bc_kernels_portable;
}
