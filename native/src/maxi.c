#include "maxi.h"

size_t bc_maxi_find_workspace(uint32_t width, uint32_t height)
{
    (void)width;
    (void)height;
    return 0;
}

void bc_maxi_find(bc_frame *frame)
{
    (void)frame;
}
