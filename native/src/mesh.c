#include "mesh.h"

#include <string.h> /* memset */

/* Of a tile's energy, the most that may be in one direction for its edges to cross. */
#define COHERENCE_MOST 0.9f

/*
 * Energy of noise: so many times that which three quarters of the tiles exceed,
 * within these bounds.  A layer that is all symbol has no tile of paper to tell.
 */
#define NOISE_SHARE 4u
#define NOISE_FACTOR 6u
#define NOISE_LEAST 2500u /* differences of 6 grey levels all over a tile */
#define NOISE_MOST 8000u  /* of 11 */

#define NEAR_LEAST 4u /* tiles with crossing edges, of three by three: fewer are a speck, or the corner of a frame */

/*
 * A layer of fewer tiles is all mesh: looking at all of it costs little,
 * and modules of one pixel show no differences between neighbours' neighbours.
 */
#define TILES_LEAST 100u

/* Energies are counted in steps of this, up to where noise is bound anyway. */
#define STEP 64u
#define STEPS 32u

size_t bc_mesh_workspace(uint32_t width, uint32_t height)
{
    const size_t tiles = ((size_t)width / BC_TILE + 2) * ((size_t)height / BC_TILE + 2);
    return 2 * bc_arena_cost(tiles + sizeof(uint64_t), 1) +
           bc_arena_cost(((size_t)width + 63) / 64 * ((size_t)height / BC_TILE + 1), sizeof(uint64_t));
}

static uint32_t energy_of(const bc_tensor *tensor)
{
    return (uint32_t)tensor->xx + (uint32_t)tensor->yy;
}

/* An energy of at least 4 rounded down to one of four for each doubling. */
static uint32_t rounded(uint32_t energy)
{
    const uint32_t shift = 29u - (uint32_t)__builtin_clz(energy | 4u);
    return (energy | 4u) >> shift << shift;
}

static uint32_t noise_of(const bc_tiles *tiles)
{
    uint32_t count[STEPS] = {0};
    const size_t n = (size_t)tiles->cols * tiles->rows;
    for (size_t i = 0; i < n; i++) {
        const uint32_t step = energy_of(&tiles->tensor[i]) / STEP;
        count[step < STEPS ? step : STEPS - 1]++;
    }
    uint32_t step = 0;
    for (size_t below = count[0]; below < n / NOISE_SHARE && step + 1 < STEPS; below += count[++step])
        ;
    const uint32_t noise = NOISE_FACTOR * rounded(step * STEP);
    return noise < NOISE_LEAST ? NOISE_LEAST : noise > NOISE_MOST ? NOISE_MOST : noise;
}

static uint8_t is_crossed(const bc_tensor *tensor, uint32_t noise)
{
    if (energy_of(tensor) < noise)
        return 0;
    const float d1 = (float)tensor->xx - (float)tensor->yy, d2 = 2.0f * (float)tensor->xy;
    const float most = COHERENCE_MOST * (float)energy_of(tensor);
    return d1 * d1 + d2 * d2 < most * most;
}

/* Adds up each place of a map and its eight neighbours, into `sum`; both have an empty margin of one all around. */
static void add_neighbours(const uint8_t *map, uint32_t cols, uint32_t rows, uint8_t *sum)
{
    const size_t pitch = (size_t)cols + 2;
    for (uint32_t row = 1; row <= rows; row++) {
        const uint8_t *at = map + row * pitch, *above = at - pitch, *below = at + pitch;
        for (uint32_t col = 1; col <= cols; col++)
            sum[row * pitch + col] = (uint8_t)(above[col - 1] + above[col] + above[col + 1] + at[col - 1] + at[col] +
                                               at[col + 1] + below[col - 1] + below[col] + below[col + 1]);
    }
}

/* Eight places of a map from `at` on, the first one lowest. */
static uint64_t eight_at(const uint8_t *at)
{
    uint64_t eight;
    memcpy(&eight, at, sizeof eight);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    eight = __builtin_bswap64(eight);
#endif
    return eight;
}

/*
 * One row of sums, at most 9 each, as bits: eight of them a tile, the last
 * tile's up to the end.  Eight sums are read at once, so some behind the row.
 */
static void spread(const uint8_t *sum, uint32_t cols, uint64_t *words, size_t row_words)
{
    for (size_t i = 0; i < row_words; i++)
        words[i] = i * 8 < cols ? ((eight_at(sum + i * 8) + 0x7F7F7F7F7F7F7F7F) >> 7 & 0x0101010101010101) * 0xFF : 0;
    const uint64_t end = sum[cols - 1] ? 0xFF : 0;
    for (size_t tile = cols; tile < row_words * 8; tile++)
        words[tile / 8] = (words[tile / 8] & ~((uint64_t)0xFF << tile % 8 * 8)) | end << tile % 8 * 8;
}

bool bc_mesh_find(const bc_tiles *tiles, uint32_t width, bc_arena *arena, bc_mesh *mesh)
{
    const uint32_t cols = tiles->cols, rows = tiles->rows;
    const size_t pitch = (size_t)cols + 2, size = pitch * ((size_t)rows + 2);
    mesh->row_words = ((size_t)width + 63) / 64;
    mesh->rows = rows > 0 ? rows : 1;
    mesh->words = bc_arena_take(arena, mesh->row_words * mesh->rows, sizeof *mesh->words);
    uint8_t *map = bc_arena_take(arena, size, 1), *sum = bc_arena_take(arena, size + sizeof(uint64_t), 1);
    if (mesh->words == NULL || map == NULL || sum == NULL)
        return false;
    *mesh = (bc_mesh){mesh->words, mesh->row_words, mesh->rows, NULL, NULL, cols};
    if ((size_t)cols * rows < TILES_LEAST) {
        memset(mesh->words, 0xFF, mesh->row_words * mesh->rows * sizeof *mesh->words);
        return true;
    }
    const uint32_t noise = noise_of(tiles);
    memset(map, 0, size);
    for (uint32_t row = 0; row < rows; row++)
        for (uint32_t col = 0; col < cols; col++)
            map[(row + 1) * pitch + col + 1] = is_crossed(&tiles->tensor[(size_t)row * cols + col], noise);
    add_neighbours(map, cols, rows, sum);
    for (size_t i = 0; i < size; i++)
        map[i] = (uint8_t)(map[i] & (sum[i] >= NEAR_LEAST));
    mesh->crossed = map;
    mesh->sum = sum;
    add_neighbours(map, cols, rows, sum);
    for (uint32_t row = 0; row < rows; row++)
        spread(sum + (row + 1) * pitch + 1, cols, mesh->words + mesh->row_words * row, mesh->row_words);
    return true;
}

/* Where the row at y crosses the quadrilateral: widens what is known. */
static void cross(const float corners[8], float y, float *from, float *to)
{
    for (size_t i = 0; i < 4; i++) {
        const float *a = &corners[2 * i], *b = &corners[2 * ((i + 1) % 4)];
        if ((a[1] < y) == (b[1] < y))
            continue;
        const float x = a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]);
        *from = x < *from ? x : *from;
        *to = x > *to ? x : *to;
    }
}

/* The tiles of a row of them that lie in the quadrilateral with all their height: *begin to *end. */
static void tiles_within(const bc_mesh *mesh, const float corners[8], uint32_t row, size_t *begin, size_t *end)
{
    const float last = (float)(mesh->row_words * 64), top = (float)(row * BC_TILE) + 0.25f;
    float from = 1e9f, to = -1e9f, other_from = 1e9f, other_to = -1e9f;
    cross(corners, top, &from, &to);
    cross(corners, top + (float)BC_TILE, &other_from, &other_to);
    from = from > other_from ? from : other_from;
    to = to < other_to ? to : other_to;
    *begin = (size_t)(from > 0.0f ? from < last ? from : last : 0.0f) / BC_TILE + 1;
    *end = (size_t)(to > 0.0f ? to < last ? to : last : 0.0f) / BC_TILE;
}

/* Forgets edges of a row of tiles where the quadrilateral reaches into it; whether there were any. */
static bool forget(bc_mesh *mesh, const float corners[8], uint32_t row)
{
    const float last = (float)(mesh->cols * BC_TILE) - 1.0f, top = (float)(row * BC_TILE) + 1.0f;
    const float bottom = top + (float)BC_TILE;
    float from = 1e9f, to = -1e9f;
    cross(corners, top, &from, &to);
    cross(corners, bottom, &from, &to);
    for (size_t i = 0; i < 8; i += 2)
        if (corners[i + 1] >= top && corners[i + 1] <= bottom) {
            from = corners[i] < from ? corners[i] : from;
            to = corners[i] > to ? corners[i] : to;
        }
    if (to < 0.0f || from > last || from > to)
        return false;
    uint8_t *at = mesh->crossed + ((size_t)row + 1) * (mesh->cols + 2) + 1;
    const size_t begin = (size_t)(from > 0.0f ? from : 0.0f) / BC_TILE, end = (size_t)(to < last ? to : last) / BC_TILE;
    memset(at + begin, 0, end - begin + 1);
    return true;
}

/* Takes what is no longer near an edge out of the mesh, in n rows of tiles. */
static void shrink(bc_mesh *mesh, uint32_t first, uint32_t n)
{
    const size_t pitch = (size_t)mesh->cols + 2;
    add_neighbours(mesh->crossed + first * pitch, mesh->cols, n, mesh->sum + first * pitch);
    for (uint32_t row = first; row < first + n; row++) {
        const uint8_t *sum = mesh->sum + (row + 1) * pitch + 1;
        uint64_t *words = mesh->words + mesh->row_words * row;
        for (uint32_t col = 0; col < mesh->cols; col++)
            if (sum[col] == 0)
                words[col / 8] &= ~((uint64_t)0xFF << col % 8 * 8);
        const size_t rest = sum[mesh->cols - 1] == 0 ? (size_t)mesh->cols * BC_TILE : mesh->row_words * 64;
        for (size_t bit = rest; bit < mesh->row_words * 64; bit += BC_TILE)
            words[bit / 64] &= ~((uint64_t)0xFF << bit % 64);
    }
}

void bc_mesh_leave_out(bc_mesh *mesh, const float corners[8])
{
    uint32_t first = mesh->rows, last = 0;
    for (uint32_t row = 0; row < mesh->rows; row++) {
        size_t begin, end;
        tiles_within(mesh, corners, row, &begin, &end);
        uint64_t *words = mesh->words + mesh->row_words * row;
        for (size_t tile = begin; tile < end; tile++)
            words[tile / 8] &= ~((uint64_t)0xFF << tile % 8 * 8);
        if (mesh->crossed != NULL && forget(mesh, corners, row)) {
            first = first < row ? first : row;
            last = row;
        }
    }
    if (first > last)
        return;
    first -= first > 0;
    last += last + 1 < mesh->rows;
    shrink(mesh, first, last - first + 1);
}

bool bc_mesh_row_any(const bc_mesh *mesh, uint32_t y)
{
    const uint64_t *words = bc_mesh_row(mesh, y);
    uint64_t any = 0;
    for (size_t i = 0; i < mesh->row_words; i++)
        any |= words[i];
    return any != 0;
}
