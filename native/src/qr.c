#include "qr.h"

size_t bc_qr_find_workspace(uint32_t width, uint32_t height)
{
    (void)width;
    (void)height;
    return 0;
}

void bc_qr_find(bc_frame *frame)
{
    (void)frame;
}
