/*
 * Finder patterns in black and white.
 *
 * Any straight line through a finder pattern's middle crosses bars and spaces
 * as 1:1:3:1:1 (ISO/IEC 18004:2015, 5.3.2.2 and 12 b).  Rows are searched for
 * that ratio; what fits is crossed along its column, again along its row and
 * along both diagonals.  Both colours are looked for at once: a light-on-dark
 * pattern is the same runs beginning one later.
 */
#include "qr_finder.h"

#include "qr_crossing.h"

#include <string.h> /* memcpy, memset */

/* 12 modules of a finder pattern in px at least: smaller ones are noise and cannot be sampled. */
#define SUM_LEAST 14u

/* And at most: more would not fit into 16 bits six times, and is smaller on a coarser layer. */
#define SUM_MOST 10922u

/* Misfit in modules below which another row through a finder will not show it better; rows that try to. */
#define WELL_SEEN 0.15f
#define HITS_ENOUGH 4u

/* Units of bc_frame_spend. */
#define COST_ROW 100       /* for each row, beside its words and edges */
#define COST_EDGE 2
#define COST_CROSS 300
#define COST_OUTLINE 6000

/* Places that slanted bars are told by: every half module from one module to four and a half on both sides. */
#define BARS_STEPS 16u

#define AT_ONCE 16u              /* edges that are looked at together */
#define MARGIN (AT_ONCE + 10u)   /* room behind a row's edges for that, and two more than it has px */

/*
 * The last run of one colour down each column of a layer that was too long for
 * a finder: the rows below see the same bar again.
 */
typedef struct {
    uint16_t *from, *to; /* rows; the second is the first that the run is not known to reach */
} tall_runs;

/* One scan of a layer. */
typedef struct {
    bc_frame *frame;
    const bc_bits *bits;
    bc_finders *finders;
    tall_runs tall;
    float scale; /* px of the image in one of the layer */
} look;

size_t bc_finders_scan_workspace(uint32_t width)
{
    return bc_arena_cost((size_t)width + MARGIN, sizeof(uint16_t)) + bc_arena_cost((size_t)width + MARGIN, 1) +
           2 * bc_arena_cost(width, sizeof(uint16_t));
}

/* A call would keep the loop below from being vectorised. */
#define INLINE static inline __attribute__((always_inline))

INLINE uint16_t away(uint16_t a, uint16_t b)
{
    return (uint16_t)(a > b ? a - b : b - a);
}

INLINE uint16_t greater(uint16_t a, uint16_t b)
{
    return (uint16_t)(a > b ? a : b);
}

/*
 * Whether six edges are 1:1:3:1:1.  Distances between edges of one kind, 2, 4,
 * 4 and 2 modules, do not change when ink spreads or light blooms; the middle
 * must still be the longest run.
 */
INLINE uint8_t looks_like_finder(const uint16_t *e)
{
    const uint16_t space1 = (uint16_t)(e[2] - e[1]), middle = (uint16_t)(e[3] - e[2]), space2 = (uint16_t)(e[4] - e[3]);
    const uint16_t a = (uint16_t)(e[2] - e[0]), b = (uint16_t)(e[3] - e[1]);
    const uint16_t c = (uint16_t)(e[4] - e[2]), d = (uint16_t)(e[5] - e[3]);
    const uint16_t sum = (uint16_t)(a + b + c + d); /* 12 modules */
    const uint16_t off_outer = greater(away((uint16_t)(6 * a), sum), away((uint16_t)(6 * d), sum));
    const uint16_t off_inner = greater(away((uint16_t)(3 * b), sum), away((uint16_t)(3 * c), sum));
    const uint8_t longest = (uint8_t)(middle > greater(space1, space2));
    const uint8_t sized = (uint8_t)((uint16_t)(sum - SUM_LEAST) <= SUM_MOST - SUM_LEAST);
    const uint8_t as_outer = (uint8_t)(off_outer <= (uint16_t)(sum / 4 + 4));
    const uint8_t as_inner = (uint8_t)(off_inner <= (uint16_t)(sum / 6 + 3));
    return longest & sized & as_outer & as_inner;
}

INLINE void mark_all(const uint16_t *restrict edge, size_t n, uint8_t *restrict looks)
{
    for (size_t i = 0; i < n; i += AT_ONCE)
        for (size_t k = 0; k < AT_ONCE; k++)
            looks[i + k] = looks_like_finder(edge + i + k);
}

static void mark_portable(const uint16_t *restrict edge, size_t n, uint8_t *restrict looks)
{
    mark_all(edge, n, looks);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void mark_avx2(const uint16_t *restrict edge, size_t n, uint8_t *restrict looks)
{
    mark_all(edge, n, looks);
}
#endif

/* Marks from which of n edges on a row looks like a finder; edges and marks behind the last are written to. */
static void marks(const bc_kernels *kernels, uint16_t *edge, size_t n, uint8_t *looks)
{
    memset(edge + n, 0, (MARGIN - 2) * sizeof *edge);
#if defined(__x86_64__)
    (kernels == &bc_kernels_avx2 ? mark_avx2 : mark_portable)(edge, n, looks);
#else
    (void)kernels;
    mark_portable(edge, n, looks);
#endif
    memset(looks + (n > 5 ? n - 5 : 0), 0, AT_ONCE);
}

/* The first mark from i on, or n and more: there are few. */
static size_t next_mark(const uint8_t *looks, size_t i, size_t n)
{
    uint64_t eight = 0;
    for (; i < n; i += sizeof eight) {
        memcpy(&eight, looks + i, sizeof eight);
        if (eight != 0)
            break;
    }
    while (i < n && looks[i] == 0)
        i++;
    return i;
}

/* One of n finders of the same colour around this place and of about this size, or null. */
static bc_finder *known(bc_finder *list, size_t n, float x, float y, float module, bool inverted)
{
    for (size_t i = n; i-- > 0;) {
        const float dx = list[i].x - x, dy = list[i].y - y, reach = 2.0f * list[i].module_px;
        if (list[i].inverted == inverted && dx * dx + dy * dy < reach * reach && module < 1.8f * list[i].module_px &&
            list[i].module_px < 1.8f * module)
            return &list[i];
    }
    return NULL;
}

/* Whether this place needs no other look: a finder is known there and was well or often seen, or one was refused. */
static bool is_known(const bc_finders *finders, float x, float y, float module, bool inverted)
{
    bc_finder *found = known(finders->item, finders->n, x, y, module, inverted);
    if (found != NULL) {
        found->hits++;
        return found->misfit < WELL_SEEN || found->hits > HITS_ENOUGH;
    }
    const size_t n = finders->refused_n < BC_FINDERS_REFUSED ? finders->refused_n : BC_FINDERS_REFUSED;
    return known(finders->refused, n, x, y, module, inverted) != NULL;
}

/* Adds a finder instead of a worse view of it; when there is no more room, instead of the least seen one. */
static void add(bc_finders *finders, const bc_finder *finder)
{
    bc_finder *same = known(finders->item, finders->n, finder->x, finder->y, finder->module_px, finder->inverted);
    if (same != NULL) {
        const uint32_t hits = same->hits + 1;
        if (finder->misfit < same->misfit)
            *same = *finder;
        same->hits = hits;
        return;
    }
    if (finders->n < BC_FINDERS_MAX) {
        finders->item[finders->n++] = *finder;
        return;
    }
    size_t worst = 0;
    for (size_t i = 1; i < finders->n; i++)
        if (finders->item[i].hits < finders->item[worst].hits)
            worst = i;
    if (finders->item[worst].hits <= 1)
        finders->item[worst] = *finder;
}

/*
 * Whether slanted bars make the runs along the row and the column: then one
 * colour goes on and on where the bars do, through where a finder has its light
 * ring, its sides and what is around it.
 */
static bool is_bars(const bc_bits *bits, float x, float y, float across, float down, bool dark)
{
    for (float side = -1.0f; side < 2.0f; side += 2.0f) {
        uint32_t n = 0;
        for (; n < BARS_STEPS; n++) {
            const float by = (1.0f + 0.5f * (float)(n / 2)) * (n % 2 == 0 ? 1.0f : -1.0f);
            const int32_t px = (int32_t)(x + by * across), py = (int32_t)(y + by * side * down);
            if (!bc_bits_inside(bits, px, py) || bc_bits_at(bits, px, py) != dark)
                break;
        }
        if (n == BARS_STEPS)
            return true;
    }
    return false;
}

/* Whether the run of one colour at a pixel is known to be at least so high. */
static bool is_tall(const tall_runs *tall, int32_t x, int32_t y, int32_t height)
{
    return y >= tall->from[x] && y < tall->to[x] && tall->to[x] - tall->from[x] >= height;
}

/* Crosses the column at a pixel; notes a run there that is too long. */
static bool cross_column(const look *l, int32_t x, int32_t y, bool dark, int32_t most, bc_crossing *column,
                         float *module)
{
    if (is_tall(&l->tall, x, y, 3 * most) || !bc_frame_spend(l->frame, COST_CROSS))
        return false;
    if (bc_qr_cross(l->bits, x, y, 0, 1, dark, most, column))
        return bc_qr_fits(column, module);
    if (column->edge[3] - column->edge[2] >= (float)(3 * most)) {
        l->tall.from[x] = (uint16_t)(y + (int32_t)column->edge[2]);
        l->tall.to[x] = (uint16_t)(y + (int32_t)column->edge[3]);
    }
    return false;
}

/* Fills a finder's place and size by crossing it along its column, its row and a diagonal; false when it is none. */
static bool locate(const look *l, const uint16_t *e, uint32_t y, bool dark, bc_finder *finder)
{
    const float row_module = (float)(e[5] - e[0]) / 7.0f, row_x = 0.5f * (float)(e[2] + e[3]), scale = l->scale;
    const int32_t most = (int32_t)(3.0f * row_module) + 2;
    bc_crossing column, row, diagonal;
    float mv, mh, md;
    int32_t cx = (e[2] + e[3]) / 2, cy = (int32_t)y;
    if (!cross_column(l, cx, cy, dark, most, &column, &mv) ||
        is_known(l->finders, row_x * scale, ((float)y + 0.5f) * scale, row_module * scale, !dark))
        return false;
    const float y_mid = (float)cy + 0.5f * (column.edge[2] + column.edge[3]);
    cy = (int32_t)y_mid;
    if (!bc_qr_cross(l->bits, cx, cy, 1, 0, dark, most, &row) || !bc_qr_fits(&row, &mh) || mh > 3.0f * mv ||
        mv > 3.0f * mh)
        return false;
    const float x_mid = (float)cx + 0.5f * (row.edge[2] + row.edge[3]);
    cx = (int32_t)x_mid;
    if (is_bars(l->bits, x_mid, y_mid, mh, mv, dark))
        return false;
    const bool falling = bc_qr_cross(l->bits, cx, cy, 1, 1, dark, most, &diagonal) && bc_qr_fits(&diagonal, &md);
    *finder = (bc_finder){.x = x_mid * scale, .y = y_mid * scale, .module_px = 0.5f * (mh + mv) * scale, .hits = 1,
                          .inverted = !dark};
    return falling || (bc_qr_cross(l->bits, cx, cy, 1, -1, dark, most, &diagonal) && bc_qr_fits(&diagonal, &md));
}

/* Crosses what a row showed; adds it when all crossings agree. */
static void confirm(const look *l, const uint16_t *e, uint32_t y, bool inverted)
{
    bc_finders *finders = l->finders;
    bc_finder finder;
    if (!locate(l, e, y, !inverted, &finder) ||
        is_known(finders, finder.x, finder.y, finder.module_px, inverted) || !bc_frame_spend(l->frame, COST_OUTLINE))
        return;
    if (bc_finder_outline(l->frame, &finder))
        add(finders, &finder);
    else
        finders->refused[finders->refused_n++ % BC_FINDERS_REFUSED] = finder;
}

bool bc_finders_scan(bc_frame *frame, const bc_bits *bits, size_t layer, uint32_t step, bc_finders *finders)
{
    const size_t mark = bc_arena_mark(&frame->arena);
    uint16_t *edge = bc_arena_take(&frame->arena, (size_t)bits->width + MARGIN, sizeof *edge);
    uint8_t *looks = bc_arena_take(&frame->arena, (size_t)bits->width + MARGIN, sizeof *looks);
    look l = {frame, bits, finders, {NULL, NULL}, (float)(1u << layer)};
    l.tall.from = bc_arena_take(&frame->arena, bits->width, sizeof *l.tall.from);
    l.tall.to = bc_arena_take(&frame->arena, bits->width, sizeof *l.tall.to);
    if (edge == NULL || looks == NULL || l.tall.from == NULL || l.tall.to == NULL)
        return false;
    memset(l.tall.to, 0, bits->width * sizeof *l.tall.to);
    finders->refused_n = 0; /* what another layer showed badly this one may show well */
    bool enough = true;
    for (uint32_t y = step / 2; y < bits->height && enough; y += step) {
        const size_t n = bc_bits_edges(bits, NULL, y, edge);
        enough = bc_frame_spend(frame, COST_ROW + (int64_t)bits->row_words + (int64_t)n * COST_EDGE);
        marks(frame->kernels, edge, n, looks);
        for (size_t i = next_mark(looks, 0, n); i < n; i = next_mark(looks, i + 1, n))
            confirm(&l, edge + i, y, i % 2 == 1);
    }
    bc_arena_release(&frame->arena, mark);
    return enough;
}

size_t bc_qr_layer(const bc_frame *frame, float module_px)
{
    size_t layer = 0;
    while (layer + 1 < frame->layer_n && module_px >= 6.0f) {
        module_px *= 0.5f;
        layer++;
    }
    return layer;
}
