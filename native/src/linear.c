/*
 * The stage as a whole: strips, strongest first, read with few lines; then,
 * by effort, with more lines and finer ones; then lines over the whole frame
 * for symbols that no tile shows, being low, tiny or alone in a small picture.
 */
#include "linear.h"

#include "linear_scan.h"

/* Lines by effort over a strip, and rows and columns over a frame. */
static const uint32_t strip_lines[] = {5, 9, 11};
static const uint32_t more_lines[] = {0, 18, 33};
static const uint32_t frame_lines[] = {3, 9, 41};
/* And those read softly where the others gave nothing. */
static const uint32_t soft_lines[] = {0, 8, 16};

size_t bc_linear_workspace(uint32_t width, uint32_t height)
{
    return bc_arena_cost(BC_STRIPS_MAX, sizeof(bc_strip)) + bc_scanner_workspace() +
           bc_linear_locate_workspace(width, height);
}

/* All strips by one plan; false when the work is spent. */
static bool scan_all(bc_scanner *scanner, const bc_strip *strips, size_t n, const bc_line_plan *plan)
{
    for (size_t i = 0; i < n; i++) {
        if (bc_strip_is_read(scanner, &strips[i], 0.0f))
            continue;
        if (!bc_scan_strip(scanner, &strips[i], plan))
            return false;
    }
    return true;
}

/* Rows and columns of the whole frame. */
static bool scan_frame(bc_scanner *scanner, const bc_line_plan *plan)
{
    const bc_grey *image = &scanner->frame->layer[0];
    const float half_x = (float)image->width / 2.0f, half_y = (float)image->height / 2.0f;
    const bc_strip rows = {.x = half_x, .y = half_y, .ux = 1.0f, .half_u = half_x, .half_v = half_y};
    const bc_strip columns = {.x = half_x, .y = half_y, .uy = 1.0f, .half_u = half_y, .half_v = half_x};
    return bc_scan_strip(scanner, &rows, plan) && bc_scan_strip(scanner, &columns, plan);
}

void bc_linear_find(bc_frame *frame)
{
    bc_scanner scanner;
    bc_strip *strips = bc_arena_take(&frame->arena, BC_STRIPS_MAX, sizeof *strips);
    if (strips == NULL || !bc_scanner_init(&scanner, frame))
        return;
    const uint32_t effort = frame->options->effort;
    const size_t n = bc_linear_locate(frame, strips);
    const bc_line_plan plan = {.lines = strip_lines[effort], .more = more_lines[effort],
                               .breadth = 7, .pitch = 1.0f, .all_tries = effort == BC_EFFORT_THOROUGH,
                               .inverted = true, .soft_lines = soft_lines[effort]};
    if (!scan_all(&scanner, strips, n, &plan))
        return;
    const bc_line_plan over_frame = {.lines = frame_lines[effort], .breadth = 1, .pitch = 1.0f};
    scan_frame(&scanner, &over_frame);
}
