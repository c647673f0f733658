/*
 * Files drawn by a program, not seen by a camera: modules of 1 or 2 px and no
 * light around them give the search for finder patterns nothing to hold on to,
 * but everything dark is the symbol, so its box is the grid.
 */
#include "qr_flat.h"

#include "qr_modules.h"
#include "rmqr_modules.h"
#include "rmqr_tables.h"

/* Longer pictures have modules that the search for finder patterns sees: 512 / 177 is nearly 3 px. */
#define SIDE_MOST 512u
#define CONTRAST_LEAST 48u
#define FINDER 7u

/* Units of bc_frame_spend for a pixel looked at and a module sampled and decoded. */
#define COST_PX 1
#define COST_MODULE 30

typedef struct {
    const bc_grey *image;
    uint8_t low, high;           /* the grey levels there are */
    uint8_t level;               /* and between them: below it is dark */
    bool inverted;
    uint32_t left, top, width, height; /* the box of what is dark, in px */
    uint32_t columns, rows;      /* the symbol's own modules */
    uint32_t turn;               /* quarter turns clockwise from the symbol to the picture */
} flat;

/* The levels of a picture that is a block wide and high, and SIDE_MOST at most. */
static void look_at_levels(flat *f, const bc_kernels *kernels)
{
    uint8_t least[SIDE_MOST / BC_BLOCK + 1], greatest[SIDE_MOST / BC_BLOCK + 1];
    const uint32_t width = f->image->width, height = f->image->height, whole = width / BC_BLOCK;
    f->low = 255;
    f->high = 0;
    for (uint32_t y = 0; y < height; y += BC_BLOCK) {
        const uint8_t *row = bc_grey_row(f->image, y + BC_BLOCK <= height ? y : height - BC_BLOCK);
        kernels->block_range(row, f->image->stride, whole, least, greatest);
        kernels->block_range(row + width - BC_BLOCK, f->image->stride, 1, least + whole, greatest + whole);
        for (uint32_t i = 0; i <= whole; i++) {
            f->low = least[i] < f->low ? least[i] : f->low;
            f->high = greatest[i] > f->high ? greatest[i] : f->high;
        }
    }
}

/* 0 light to 255 dark, as the symbol means it. */
static uint8_t darkness(const flat *f, uint32_t x, uint32_t y)
{
    const uint32_t light = (uint32_t)(bc_grey_row(f->image, y)[x] - f->low) * 255u / (uint32_t)(f->high - f->low);
    return (uint8_t)(f->inverted ? light : 255u - light);
}

/* Whether one of n pixels, `step` bytes apart, is dark. */
static bool any_dark(const flat *f, uint32_t x, uint32_t y, uint32_t n, ptrdiff_t step)
{
    const uint8_t *px = bc_grey_row(f->image, y) + x;
    for (uint32_t i = 0; i < n; i++)
        if ((px[(ptrdiff_t)i * step] < f->level) != f->inverted)
            return true;
    return false;
}

/*
 * Finds the box of what is dark, from outside, so that a picture of something
 * else ends at its border; false when there is nothing.
 */
static bool find_box(flat *f)
{
    const uint32_t width = f->image->width, height = f->image->height;
    const ptrdiff_t stride = f->image->stride;
    uint32_t right = width, bottom = height;
    f->left = f->top = 0;
    while (f->top < bottom && !any_dark(f, 0, f->top, width, 1))
        f->top++;
    while (bottom > f->top && !any_dark(f, 0, bottom - 1, width, 1))
        bottom--;
    while (f->left < right && !any_dark(f, f->left, f->top, bottom - f->top, stride))
        f->left++;
    while (right > f->left && !any_dark(f, right - 1, f->top, bottom - f->top, stride))
        right--;
    f->width = right - f->left;
    f->height = bottom - f->top;
    return right > f->left && bottom > f->top;
}

/* Darkness of module column u, row v of the symbol. */
static uint8_t module_at(const flat *f, uint32_t u, uint32_t v)
{
    const uint32_t far_u = f->columns - 1 - u, far_v = f->rows - 1 - v;
    const uint32_t across[4] = {u, far_v, far_u, v}, down[4] = {v, u, far_v, far_u};
    const uint32_t wide = f->turn % 2 == 0 ? f->columns : f->rows, high = f->turn % 2 == 0 ? f->rows : f->columns;
    const uint32_t x = (2 * across[f->turn] + 1) * f->width / (2 * wide);
    const uint32_t y = (2 * down[f->turn] + 1) * f->height / (2 * high);
    return darkness(f, f->left + x, f->top + y);
}

/* Whether every module of a finder pattern is there, from u, v on. */
static bool finder_at(const flat *f, uint32_t u, uint32_t v)
{
    for (uint32_t j = 0; j < FINDER; j++)
        for (uint32_t i = 0; i < FINDER; i++) {
            const uint32_t di = i > 3 ? i - 3 : 3 - i, dj = j > 3 ? j - 3 : 3 - j, ring = di > dj ? di : dj;
            if ((module_at(f, u + i, v + j) >= 128) != (ring != 2))
                return false;
        }
    return true;
}

/* Whether the box has the symbol's shape at this turn, but for the rounding of a px. */
static bool shaped(const flat *f)
{
    const uint32_t columns = f->turn % 2 == 0 ? f->columns : f->rows, rows = f->turn % 2 == 0 ? f->rows : f->columns;
    const uint32_t a = f->width * rows, b = f->height * columns, most = columns == rows ? 0 : columns + rows;
    return f->width >= columns && f->height >= rows && (a > b ? a - b : b - a) <= most;
}

/* Finds the turn at which finder patterns are where a symbol of this size has them. */
static bool find_turn(flat *f)
{
    const bool three = f->columns == f->rows && f->columns >= 21;
    for (f->turn = 0; f->turn < 4; f->turn++) {
        if (!shaped(f) || !finder_at(f, 0, 0))
            continue;
        if (!three || (finder_at(f, f->columns - FINDER, 0) && finder_at(f, 0, f->columns - FINDER)))
            return true;
    }
    return false;
}

static void place(const flat *f, bc_symbol *symbol)
{
    /* The picture's corners, clockwise from the top left, begin where the symbol's own top left is. */
    const float low_x = (float)f->left, low_y = (float)f->top, width = (float)f->width, height = (float)f->height;
    for (uint32_t i = 0; i < 4; i++) {
        /* A mirrored symbol goes the other way round. */
        const uint32_t k = (f->turn + (symbol->mirrored ? 4u - i : i)) % 4;
        symbol->corners[2 * i] = low_x + (k == 1 || k == 2 ? width : 0.0f);
        symbol->corners[2 * i + 1] = low_y + (k >= 2 ? height : 0.0f);
    }
    const uint32_t reading = (f->turn + (symbol->mirrored ? 1u : 0u)) % 4;
    symbol->rotation_deg = reading == 3 ? -90.0f : 90.0f * (float)reading;
    symbol->module_px = (width + height) / (float)(f->columns + f->rows);
    symbol->inverted = f->inverted;
}

static bc_status read_modules(bc_frame *frame, const flat *f, const uint8_t *modules, bc_symbol *symbol)
{
    if (f->columns != f->rows)
        return bc_rmqr_read(&(bc_plane){modules, f->columns, f->rows}, &frame->arena, symbol);
    const bc_qr_modules square = {modules, f->columns};
    return f->columns < 21 ? bc_micro_qr_read(&square, &frame->arena, symbol)
                           : bc_qr_read(&square, &frame->arena, symbol);
}

static bool read_size(bc_frame *frame, bc_qr_room *room, flat *f, uint32_t columns, uint32_t rows)
{
    f->columns = columns;
    f->rows = rows;
    if (!find_turn(f) || !bc_frame_spend(frame, (int64_t)columns * rows * COST_MODULE))
        return false;
    bc_symbol *symbol = bc_frame_offer(frame);
    if (symbol == NULL)
        return false;
    uint8_t *to = room->sampled.darkness;
    for (uint32_t v = 0; v < rows; v++)
        for (uint32_t u = 0; u < columns; u++)
            *to++ = module_at(f, u, v);
    const size_t mark = bc_arena_mark(&frame->arena);
    const bc_status status = read_modules(frame, f, room->sampled.darkness, symbol);
    bc_arena_release(&frame->arena, mark);
    if (status != BC_OK)
        return false;
    place(f, symbol);
    bc_frame_keep(frame);
    return true;
}

/* Tries all sizes that the box may have. */
static bool read_box(bc_frame *frame, bc_qr_room *room, flat *f)
{
    if (bc_frame_wants(frame, BC_QR))
        for (uint32_t size = 21; size <= BC_QR_MAX_SIZE; size += 4)
            if (read_size(frame, room, f, size, size))
                return true;
    if (bc_frame_wants(frame, BC_MICRO_QR))
        for (uint32_t size = 11; size <= 17; size += 2)
            if (read_size(frame, room, f, size, size))
                return true;
    if (bc_frame_wants(frame, BC_RMQR))
        for (uint32_t i = 0; i < BC_RMQR_VERSIONS; i++)
            if (read_size(frame, room, f, bc_rmqr_sizes[i].columns, bc_rmqr_sizes[i].rows))
                return true;
    return false;
}

bool bc_qr_flat_try(bc_frame *frame, bc_qr_room *room)
{
    flat f = {.image = &frame->layer[0]};
    const int64_t pixels = (int64_t)f.image->width * f.image->height;
    if (f.image->width > SIDE_MOST || f.image->height > SIDE_MOST || f.image->width < BC_BLOCK ||
        f.image->height < BC_BLOCK || !bc_frame_spend(frame, 2 * pixels * COST_PX))
        return false;
    look_at_levels(&f, frame->kernels);
    if (f.high - f.low < (int)CONTRAST_LEAST)
        return false;
    f.level = (uint8_t)((f.low + f.high + 1) / 2);
    for (uint32_t i = 0; i < 2; i++) {
        f.inverted = i == 1;
        if (find_box(&f) && read_box(frame, room, &f))
            return true;
    }
    return false;
}
