#include "pdf417_scan.h"

#include "geometry.h"

#include <string.h> /* memcpy */

#define STEP 8u         /* rows or columns from one that is looked at to the next, */
#define LONG_STEP 16u   /* ... and on layers of so many px, where symbols are larger: */
#define LONG_STEP_PX 1000000u
#define LISTS (64u / STEP)
#define LINE_SIGHTS 8u      /* of each symbology */
#define NEAR 1.1f       /* px that a guard moves from line to line at most, by px between them */

/* Units of bc_frame_spend. */
#define COST_WORD 3
#define COST_EDGE 4

struct bc_scan_room {
    uint16_t edge[LISTS][BC_BARS_EDGES];
    uint32_t edge_n[LISTS];
    uint16_t row[BC_MAX_SIDE + 2u];
    bc_scan_sight before[2 * LINE_SIGHTS]; /* on the line before */
    size_t before_n;
    float step;
};

size_t bc_scan_room_workspace(void)
{
    return bc_arena_cost(1, sizeof(bc_scan_room));
}

bc_scan_room *bc_scan_room_take(bc_arena *arena)
{
    return bc_arena_take(arena, 1, sizeof(bc_scan_room));
}

/* The direction across the bars about a place, by the edges of the tiles there; false where there are none. */
static bool direction_at(const bc_tiles *tiles, float x, float y, float reach, bool down, bc_point *along)
{
    float d1 = 0.0f, d2 = 0.0f;
    const int32_t col = (int32_t)(x / (float)BC_TILE), row = (int32_t)(y / (float)BC_TILE);
    const int32_t side = (int32_t)(reach / (float)BC_TILE) + 1;
    for (int32_t i = -side; i <= side; i++)
        for (int32_t j = -1; j <= 1; j++) {
            const int32_t c = col + (down ? j : i), r = row + (down ? i : j);
            if (c < 0 || r < 0 || (uint32_t)c >= tiles->cols || (uint32_t)r >= tiles->rows)
                continue;
            const bc_tensor *tensor = &tiles->tensor[(size_t)r * tiles->cols + (size_t)c];
            d1 += (float)tensor->xx - (float)tensor->yy;
            d2 += 2.0f * (float)tensor->xy;
        }
    const float length = bc_sqrt(d1 * d1 + d2 * d2);
    if (!(length > 1.0f))
        return false;
    const float c = d1 / length;
    along->x = bc_sqrt((1.0f + c) / 2.0f > 0.0f ? (1.0f + c) / 2.0f : 0.0f);
    along->y = bc_sqrt((1.0f - c) / 2.0f > 0.0f ? (1.0f - c) / 2.0f : 0.0f);
    if (d2 < 0.0f)
        along->y = -along->y;
    const float forth = down ? along->y : along->x;
    if (forth < 0.0f)
        *along = (bc_point){-along->x, -along->y};
    return (forth < 0.0f ? -forth : forth) > 0.5f;
}

static bool was_before(const bc_scan_room *room, const bc_scan_sight *sight)
{
    for (size_t i = 0; i < room->before_n; i++) {
        const bc_scan_sight *other = &room->before[i];
        const float off = other->at - sight->at;
        if (other->kind == sight->kind && other->backwards == sight->backwards &&
            other->inverted == sight->inverted && off < NEAR * room->step && off > -NEAR * room->step)
            return true;
    }
    return false;
}

/* What the bars of a line show of the wanted symbologies. */
static size_t look_at_bars(const bc_frame *frame, const bc_bars *bars, bc_scan_sight sight[2 * LINE_SIGHTS])
{
    bc_guard guard[LINE_SIGHTS];
    bc_micro_row row[LINE_SIGHTS];
    size_t n = 0;
    const size_t guards = bc_frame_wants(frame, BC_PDF417) ? bc_guards_find(bars, guard, LINE_SIGHTS) : 0;
    const size_t rows = bc_frame_wants(frame, BC_MICRO_PDF417) ? bc_micro_rows_find(bars, row, LINE_SIGHTS) : 0;
    for (size_t i = 0; i < guards; i++)
        sight[n++] = (bc_scan_sight){guard[i].at, guard[i].module, guard[i].stop ? BC_SCAN_STOP : BC_SCAN_START,
                                     guard[i].backwards, guard[i].inverted, 0, {0}};
    for (size_t i = 0; i < rows; i++) {
        sight[n] = (bc_scan_sight){row[i].at, row[i].module, BC_SCAN_ROW, row[i].backwards, row[i].inverted,
                                   row[i].columns, {0}};
        memcpy(sight[n++].end, row[i].end, sizeof row[i].end);
    }
    return n;
}

/* Looks among a line's edges; what was on the line before too becomes a hit. */
static size_t look_at_line(const bc_frame *frame, const bc_tiles *tiles, bc_bars *bars, bc_scan_room *room,
                           float line, bool down, bc_scan_hit *hit, size_t cap)
{
    bc_scan_sight sight[2 * LINE_SIGHTS];
    size_t hits = 0;
    bc_bars_on(bars, tiles, (uint32_t)line, down);
    bc_bars_sort(frame->kernels, bars);
    const size_t n = look_at_bars(frame, bars, sight);
    for (size_t i = 0; i < n && hits < cap; i++) {
        const float middle = sight[i].at + (sight[i].backwards ? -8.0f : 8.0f) * sight[i].module;
        bc_scan_hit *h = &hit[hits];
        if (sight[i].columns > 0)
            h->along = down ? (bc_point){0.0f, 1.0f} : (bc_point){1.0f, 0.0f};
        else if (!was_before(room, &sight[i]) || !direction_at(tiles, down ? line : middle, down ? middle : line,
                                                               8.0f * sight[i].module, down, &h->along))
            continue;
        h->sight = sight[i];
        h->at = down ? (bc_point){line, sight[i].at} : (bc_point){sight[i].at, line};
        h->sight.module *= down ? h->along.y : h->along.x;
        hits++;
    }
    for (size_t i = 0; i < n; i++)
        room->before[i] = sight[i];
    room->before_n = n;
    return hits;
}

static size_t scan_rows(bc_frame *frame, const bc_bits *bits, const bc_tiles *tiles, bc_bars *bars,
                        bc_scan_room *room, bc_scan_hit *hit)
{
    size_t hits = 0;
    room->before_n = 0;
    for (uint32_t y = STEP / 2; y < bits->height && hits < BC_SCAN_HITS; y += (uint32_t)room->step) {
        const size_t n = bc_bits_edges(bits, NULL, y, room->row);
        if (!bc_frame_spend(frame, (int64_t)bits->row_words * COST_WORD + (int64_t)n * COST_EDGE))
            break;
        bars->edge_n = n < BC_BARS_EDGES ? (uint32_t)n : BC_BARS_EDGES;
        for (uint32_t i = 0; i < bars->edge_n; i++)
            bars->edge[i] = (float)room->row[i];
        hits += look_at_line(frame, tiles, bars, room, (float)y + 0.5f, false, hit + hits,
                             BC_SCAN_HITS - hits);
    }
    return hits;
}

/* Notes at y the edges of columns whose bits differ from those above; how many. */
static size_t note_edges(bc_scan_room *room, uint64_t change, uint32_t y)
{
    size_t n = 0;
    for (; change != 0; change &= change - 1) {
        const uint32_t i = (uint32_t)__builtin_ctzll(change) / STEP;
        if (room->edge_n[i] < BC_BARS_EDGES)
            room->edge[i][room->edge_n[i]++] = (uint16_t)y;
        n++;
    }
    return n;
}

/* The edges of every STEP-th of 64 columns; how many in all. */
static size_t column_edges(const bc_bits *bits, size_t word, bc_scan_room *room)
{
    const uint64_t mask = room->step > (float)STEP ? 0x0010001000100010u : 0x1010101010101010u; /* the fifth of eight */
    const uint64_t *at = bc_bits_row(bits, 0) + word;
    uint64_t before = 0;
    size_t all = 0;
    for (uint32_t i = 0; i < LISTS; i++)
        room->edge_n[i] = 0;
    for (uint32_t y = 0; y < bits->height; y++, at += bits->row_words) {
        const uint64_t now = *at & mask;
        if (now != before)
            all += note_edges(room, now ^ before, y);
        before = now;
    }
    return all + note_edges(room, before, bits->height);
}

static size_t scan_columns(bc_frame *frame, const bc_bits *bits, const bc_tiles *tiles, bc_bars *bars,
                           bc_scan_room *room, bc_scan_hit *hit)
{
    size_t hits = 0;
    room->before_n = 0;
    for (size_t word = 0; word < bits->row_words && hits < BC_SCAN_HITS; word++) {
        const size_t n = column_edges(bits, word, room);
        if (!bc_frame_spend(frame, (int64_t)bits->height * COST_WORD + (int64_t)n * COST_EDGE))
            break;
        for (uint32_t list = 0; list < LISTS; list += (uint32_t)room->step / STEP) {
            const uint32_t x = (uint32_t)word * 64u + list * STEP + STEP / 2;
            if (x >= bits->width)
                break;
            bars->edge_n = room->edge_n[list];
            for (uint32_t i = 0; i < bars->edge_n; i++)
                bars->edge[i] = (float)room->edge[list][i];
            hits += look_at_line(frame, tiles, bars, room, (float)x + 0.5f, true, hit + hits, BC_SCAN_HITS - hits);
        }
    }
    return hits;
}

size_t bc_scan_layer(bc_frame *frame, size_t layer, bc_bars *bars, bc_scan_room *room,
                     bc_scan_hit hit[2 * BC_SCAN_HITS])
{
    const bc_bits *bits = bc_frame_bits(frame, layer);
    const bc_tiles *tiles = bits != NULL ? bc_frame_tiles(frame, layer) : NULL;
    if (tiles == NULL)
        return 0;
    room->step = (float)(bits->width * bits->height > LONG_STEP_PX ? LONG_STEP : STEP);
    const size_t n = scan_rows(frame, bits, tiles, bars, room, hit);
    return n + scan_columns(frame, bits, tiles, bars, room, hit + n);
}
