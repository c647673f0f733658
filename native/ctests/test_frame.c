/* What a symbol that was read takes away: linear ones that lie in it, if it is no such, and its edges from the mesh. */
#include "frame.h"

#include "expect.h"

#include <string.h> /* memcpy, memset */

#define COLS 40u
#define ROWS 30u

static bc_symbol out[8];
static bc_tensor tensor[COLS * ROWS];
static uint64_t room[4096];

static void offer(bc_frame *frame, bc_symbology symbology, float left, float top, float width, float height)
{
    const float corners[8] = {left, top, left + width, top, left + width, top + height, left, top + height};
    bc_symbol *symbol = bc_frame_offer(frame);
    EXPECT(symbol != NULL);
    symbol->symbology = symbology;
    symbol->length = 1;
    symbol->payload[0] = (uint8_t)left;
    memcpy(symbol->corners, corners, sizeof corners);
    EXPECT(bc_frame_keep(frame));
}

static void test_linear_in_another_is_taken_back(void)
{
    bc_frame frame = {.out = out, .out_cap = 8};
    offer(&frame, BC_CODE128, 10, 10, 40, 10);   /* will lie in the PDF417 */
    offer(&frame, BC_QR, 20, 20, 10, 10);        /* so will this, but it is no linear one */
    offer(&frame, BC_CODE39, 200, 10, 80, 20);   /* beside it */
    frame.shared.left_out[0] = 3;
    frame.shared.left_out[1] = 1;
    offer(&frame, BC_PDF417, 0, 0, 100, 50);
    EXPECT(frame.out_n == 3);
    EXPECT(out[0].symbology == BC_QR && out[1].symbology == BC_CODE39 && out[2].symbology == BC_PDF417);
    EXPECT(frame.shared.left_out[0] == 2 && frame.shared.left_out[1] == 0);
    offer(&frame, BC_CODE128, 30, 15, 40, 10);   /* told after it: the stage that tells it has asked */
    EXPECT(frame.out_n == 4);
}

/* Edges that cross, all over some tiles. */
static void cross(uint32_t col, uint32_t row, uint32_t cols, uint32_t rows)
{
    for (uint32_t y = row; y < row + rows; y++)
        for (uint32_t x = col; x < col + cols; x++)
            tensor[y * COLS + x] = (bc_tensor){20000, 20000, 0};
}

static uint32_t tiles_of(const bc_mesh *mesh)
{
    uint32_t n = 0;
    for (uint32_t row = 0; row < ROWS; row++)
        for (uint32_t col = 0; col < COLS; col++)
            n += (uint32_t)(bc_mesh_row(mesh, row * BC_TILE)[col / 8] >> col % 8 * 8 & 1u);
    return n;
}

static void test_mesh_forgets_what_was_read(void)
{
    const bc_tiles tiles = {tensor, COLS, ROWS};
    const float first[8] = {36, 36, 116, 36, 116, 116, 36, 116}, nothing[8] = {240, 8, 256, 8, 256, 24, 240, 24};
    bc_arena arena;
    bc_mesh mesh;
    bc_arena_init(&arena, room, sizeof room);
    EXPECT(sizeof room >= bc_mesh_workspace(COLS * BC_TILE, ROWS * BC_TILE));
    cross(4, 4, 11, 11);  /* a symbol that ends amid tiles */
    cross(20, 4, 6, 6);   /* and another beside it */
    EXPECT(bc_mesh_find(&tiles, COLS * BC_TILE, &arena, &mesh));
    EXPECT(tiles_of(&mesh) == 13 * 13 + 8 * 8);
    bc_mesh_leave_out(&mesh, nothing);
    EXPECT(tiles_of(&mesh) == 13 * 13 + 8 * 8);
    bc_mesh_leave_out(&mesh, first);
    EXPECT(tiles_of(&mesh) == 8 * 8);
    EXPECT(!bc_mesh_row_any(&mesh, 14 * BC_TILE) && bc_mesh_row_any(&mesh, 5 * BC_TILE));
}

int main(void)
{
    test_linear_in_another_is_taken_back();
    test_mesh_forgets_what_was_read();
    return 0;
}
