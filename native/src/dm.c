/* Data Matrix symbols: dark areas, and light ones, whose hulls have two solid sides; coarse layers first. */
#include "dm.h"

#include "blobs.h"
#include "dm_modules.h"
#include "dm_symbol.h"

#define LEAST_PX 9u       /* of a symbol's area in height: 8 modules at 1.1 px */
#define LONGER_PX 10u     /* and in one of both: the smallest square has 10 modules; on halved layers twice that */
#define AREA_LEAST 14u    /* of its box, one part in so many: a long rectangle turned by 45 degrees */
#define AREA_MOST 9u      /* of its box, parts of ten: half of the modules are light */

#define RUNS_LEAST 7u     /* of a row, in RUNS_OF parts: two and more of a symbol, one of the strokes of letters */
#define RUNS_OF 5u

/*
 * Runs that begin along a row of the box, and along a column, in the mean: about
 * three in the smallest symbol, dots that touch nothing included.  Strokes of
 * letters have one or two one way.  Symbols read in pictures have 2.3 and more;
 * one drawn in seventy has less, small and blurred ones turned by 45 degrees.
 */
#define BEGIN_LEAST 9u    /* one way, in BEGIN_OF parts */
#define BEGIN_SUM 20u     /* both ways */
#define BEGIN_OF 5u

/*
 * Light on dark is looked for on the whole image only where that is small or
 * there is time: noise and weave make as many light areas as dark ones.
 */
#define INVERTED_PX 400000u

/* Units of bc_frame_spend for 64 px of a box, for a hull, for each of its rows. */
#define COST_WORD 10
#define COST_HULL 1500
#define COST_ROW 12

typedef struct {
    bc_blobs blobs;
    bc_hull_point *points;
    bc_dm_room room;
} search;

size_t bc_dm_find_workspace(uint32_t width, uint32_t height)
{
    return bc_blobs_workspace(width, height) + bc_arena_cost(2 * (size_t)height + 2, sizeof(bc_hull_point)) +
           bc_dm_room_workspace() + bc_dm_workspace();
}

/* Whether a blob may be a symbol's by its extent, and is not in one that was read. */
static bool may_be_symbol(const bc_frame *frame, const bc_blob *b, size_t layer)
{
    const float scale = (float)(1u << layer);
    const uint32_t width = (uint32_t)b->x1 - b->x0, height = (uint32_t)b->y1 - b->y0;
    const uint64_t box = (uint64_t)width * height;
    const uint32_t longer = layer > 0 ? 2 * LONGER_PX : LONGER_PX; /* what is smaller was larger on the layer before */
    if (width < LEAST_PX || (width < longer && height < longer) || (uint64_t)b->area * AREA_LEAST < box ||
        (uint64_t)b->area * 10 > box * AREA_MOST || b->run_n * RUNS_OF < height * RUNS_LEAST)
        return false;
    const float x = 0.5f * (float)(b->x0 + b->x1) * scale, y = 0.5f * (float)(b->y0 + b->y1) * scale;
    return !bc_frame_covers(frame, x, y);
}

/* The bits of `word` that are set, at most 64: added up in pairs, fours and eights, for no branch can be foreseen. */
static uint32_t count(uint64_t word)
{
    word -= word >> 1 & 0x5555555555555555;
    word = (word & 0x3333333333333333) + (word >> 2 & 0x3333333333333333);
    return (uint32_t)(((word + (word >> 4)) & 0x0F0F0F0F0F0F0F0F) * 0x0101010101010101 >> 56);
}

/* The pixels of word w of a row that are from x0 up to x1. */
static uint64_t between(size_t w, uint32_t x0, uint32_t x1)
{
    const uint64_t from = w == x0 / 64 ? ~(uint64_t)0 << x0 % 64 : ~(uint64_t)0;
    return w == (x1 - 1) / 64 ? from & ~(uint64_t)0 >> (63 - (x1 - 1) % 64) : from;
}

/* Whether runs of a blob's colour begin as often along the rows and columns of its box as in a symbol. */
static bool begins_often(const bc_bits *bits, const bc_blob *b, bool dark)
{
    const uint64_t flip = dark ? 0 : ~(uint64_t)0;
    const uint32_t width = (uint32_t)b->x1 - b->x0, height = (uint32_t)b->y1 - b->y0;
    const uint32_t enough = BEGIN_SUM - BEGIN_LEAST;
    uint32_t across = 0, down = 0;
    for (uint32_t y = b->y0; y < b->y1; y++) {
        const uint64_t *row = bc_bits_row(bits, y), *above = y > b->y0 ? row - bits->row_words : NULL;
        uint64_t carry = 0;
        for (size_t w = b->x0 / 64u; w <= (b->x1 - 1u) / 64u; w++) {
            const uint64_t word = (row[w] ^ flip) & between(w, b->x0, b->x1);
            const uint64_t before = above != NULL ? above[w] ^ flip : 0;
            across += count(word & ~(word << 1 | carry));
            down += count(word & ~before);
            carry = word >> 63;
        }
        if (BEGIN_OF * across >= enough * height && BEGIN_OF * down >= enough * width)
            return true;
    }
    across *= BEGIN_OF;
    down *= BEGIN_OF;
    return across >= BEGIN_LEAST * height && down >= BEGIN_LEAST * width &&
           (uint64_t)across * width + (uint64_t)down * height >= (uint64_t)BEGIN_SUM * width * height;
}

/* Reads what one blob may be; false when the work is spent. */
static bool try_blob(bc_frame *frame, search *s, const bc_blob *b, size_t layer, bool inverted)
{
    const int64_t height = (int64_t)b->y1 - b->y0, words = (b->x1 - 1) / 64 - b->x0 / 64 + 1;
    if (!bc_frame_spend(frame, height * words * COST_WORD))
        return false;
    if (!begins_often(bc_frame_bits(frame, layer), b, !inverted))
        return true;
    bc_hull_point hull[BC_HULL_MAX];
    bc_dm_outline outline[BC_DM_OUTLINES_MAX];
    const bc_scene scene = {&frame->layer[layer], inverted ? -1.0f : 1.0f, 1.0f};
    if (!bc_frame_spend(frame, COST_HULL + height * COST_ROW))
        return false;
    const uint32_t n = bc_blob_hull(&s->blobs, b, s->points, hull);
    const uint32_t outline_n = bc_dm_outlines(&scene, hull, n, outline);
    bool read = false;
    for (uint32_t i = 0; i < outline_n && !read && !frame->out_full; i++)
        read = bc_dm_try(frame, &s->room, &outline[i], layer, inverted);
    for (uint32_t i = 0; i < outline_n && !read && !frame->out_full; i++)
        read = bc_dm_try_bent(frame, &s->room, &outline[i], layer, inverted);
    return frame->work_left > 0;
}

static bool try_layer(bc_frame *frame, search *s, size_t layer, bool inverted)
{
    if (!bc_blobs_find(frame, layer, !inverted, LEAST_PX, &s->blobs))
        return frame->work_left > 0;
    for (uint32_t i = 0; i < s->blobs.blob_n && !frame->out_full; i++)
        if (may_be_symbol(frame, &s->blobs.blob[i], layer) &&
            !try_blob(frame, s, &s->blobs.blob[i], layer, inverted))
            return false;
    return true;
}

void bc_dm_find(bc_frame *frame)
{
    search s;
    const bc_grey *image = &frame->layer[0];
    s.points = bc_arena_take(&frame->arena, 2 * (size_t)image->height + 2, sizeof *s.points);
    if (s.points == NULL || !bc_blobs_take(&frame->arena, image->width, image->height, &s.blobs) ||
        !bc_dm_room_take(&frame->arena, &s.room))
        return;
    const bool patient = frame->options->effort == BC_EFFORT_THOROUGH || image->width * image->height <= INVERTED_PX;
    bool go_on = true;
    for (size_t layer = frame->layer_n; go_on && layer-- > 0;)
        go_on = try_layer(frame, &s, layer, false) &&
                ((layer == 0 && !patient) || try_layer(frame, &s, layer, true));
    bc_dm_read_later(frame, &s.room);
}
