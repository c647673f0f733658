/* The one entry: checks what it was given, then asks each kind of symbology in turn. */
#include "aztec.h"
#include "bc.h"
#include "dm.h"
#include "frame.h"
#include "linear.h"
#include "maxi.h"
#include "pdf417.h"
#include "qr.h"

/*
 * The kinds of symbology in the order they look, those that are surest of what
 * they see first.  Linear symbols that few lines read come early, since most
 * pictures hold one and the others then pass its bars over; those that take
 * many lines come after matrix symbols, and skip what those cover.  `share` is the weight of a
 * kind's part in the bound of work; what it leaves is added to the next one's.
 */
static const struct {
    uint32_t symbologies;
    int64_t share;
    size_t (*workspace)(uint32_t width, uint32_t height);
    void (*find)(bc_frame *frame);
} kinds[] = {
    {BC_QR | BC_MICRO_QR | BC_RMQR, 6, bc_qr_find_workspace, bc_qr_find},
    {BC_LINEAR_ALL, 2, bc_linear_workspace, bc_linear_find_first},
    {BC_AZTEC, 2, bc_aztec_find_workspace, bc_aztec_find},
    {BC_MAXICODE, 1, bc_maxi_find_workspace, bc_maxi_find},
    {BC_DATA_MATRIX, 2, bc_dm_find_workspace, bc_dm_find},
    {BC_PDF417 | BC_MICRO_PDF417, 2, bc_pdf417_find_workspace, bc_pdf417_find},
    {BC_LINEAR_ALL, 2, bc_linear_workspace, bc_linear_find},
    {BC_MICRO_PDF417, 1, bc_pdf417_find_workspace, bc_pdf417_find_turned},
};
#define KINDS (sizeof kinds / sizeof kinds[0])

static bool side_supported(uint32_t side)
{
    return side >= 1 && side <= BC_MAX_SIDE;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

size_t bc_workspace_size(uint32_t max_width, uint32_t max_height, uint32_t symbologies)
{
    if (!side_supported(max_width) || !side_supported(max_height))
        return 0;
    size_t stage = 0; /* the kinds run one after the other in the same room */
    for (size_t i = 0; i < KINDS; i++)
        if (symbologies & kinds[i].symbologies)
            stage = larger(stage, kinds[i].workspace(max_width, max_height));
    return bc_frame_workspace(max_width, max_height) + stage;
}

static bc_status check_arguments(const bc_image *image, const bc_options *options, const void *ws,
                                 size_t ws_len, const bc_symbol *out, size_t out_cap)
{
    if (image == NULL || options == NULL || image->px == NULL || (out == NULL && out_cap > 0))
        return BC_BAD_ARGUMENT;
    if (options->effort > BC_EFFORT_THOROUGH || (options->flags & ~BC_FLAGS_ALL) ||
        (options->symbologies & ~BC_ALL) || image->step == 0)
        return BC_BAD_ARGUMENT;
    const size_t needed = bc_workspace_size(image->width, image->height, options->symbologies);
    if (needed == 0)
        return BC_UNSUPPORTED;
    if (ws == NULL || (uintptr_t)ws % 16 != 0)
        return BC_BAD_ARGUMENT;
    return ws_len < needed ? BC_WORKSPACE_TOO_SMALL : BC_OK;
}

/* Runs one kind with a share of the work that is left; true when the share was enough. */
static bool run_kind(bc_frame *frame, void (*find)(bc_frame *), int64_t share)
{
    const int64_t rest = frame->work_left - share;
    const size_t mark = bc_arena_mark(&frame->arena);
    frame->work_left = share;
    find(frame);
    const bool enough = frame->work_left > 0;
    frame->work_left = rest + (enough ? frame->work_left : 0);
    bc_arena_release(&frame->arena, mark);
    return enough;
}

/* Runs the wanted kinds; true when the work was enough for all. */
static bool run_kinds(bc_frame *frame)
{
    const int64_t all = frame->work_left;
    int64_t shares = 0, so_far = 0;
    bool enough = true;
    for (size_t i = 0; i < KINDS; i++)
        shares += bc_frame_wants(frame, kinds[i].symbologies) ? kinds[i].share : 0;
    for (size_t i = 0; i < KINDS; i++)
        if (bc_frame_wants(frame, kinds[i].symbologies)) {
            so_far += kinds[i].share;
            const int64_t spent = all - frame->work_left;
            enough &= run_kind(frame, kinds[i].find, all * so_far / shares - spent);
        }
    return enough;
}

bc_status bc_decode(const bc_image *image, const bc_options *options, void *ws, size_t ws_len,
                    bc_symbol *out, size_t out_cap, size_t *out_n)
{
    if (out_n == NULL)
        return BC_BAD_ARGUMENT;
    *out_n = 0;
    const bc_status status = check_arguments(image, options, ws, ws_len, out, out_cap);
    if (status != BC_OK)
        return status;

    bc_frame frame = {.out = out, .out_cap = out_cap};
    bc_arena_init(&frame.arena, ws, ws_len);
    if (!bc_frame_init(&frame, image, options))
        return BC_WORKSPACE_TOO_SMALL;

    const bool enough = run_kinds(&frame);
    *out_n = frame.out_n;
    if (frame.out_full)
        return BC_OUTPUT_FULL;
    if (!enough || frame.cut_short)
        return BC_LIMIT;
    return frame.out_n > 0 ? BC_OK : BC_NO_READ;
}
