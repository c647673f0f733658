#include "linear.h"

size_t bc_linear_workspace(uint32_t width, uint32_t height)
{
    (void)width;
    (void)height;
    return 0;
}

void bc_linear_find(bc_frame *frame)
{
    (void)frame;
}
