/* Which kernels a machine runs. */
#include "kernels.h"

#include "bc.h"

const bc_kernels *bc_kernels_for(uint32_t flags)
{
#if defined(__x86_64__)
    /* The compiler's runtime asked the processor when the program was loaded: asking takes microseconds. */
    if (!(flags & BC_PORTABLE) && __builtin_cpu_supports("avx2"))
        return &bc_kernels_avx2;
#else
    (void)flags;
#endif
    return &bc_kernels_portable;
}
