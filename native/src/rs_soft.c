/*
 * The parity-check matrix is brought to a form in which the least sure bits are
 * given by the others; then those others, the surest, are taken as they are,
 * and with every one or two of the next least sure among them the other way.
 */
#include "rs_soft.h"

#include <string.h> /* memset */

#define MAX_ROWS (8 * BC_RS_SOFT_MAX_EC) /* parity bits */
#define TESTED 64u                  /* surest bits but for these: pairs of them make 2,016 attempts */
#define MAX_COLUMNS (MAX_ROWS + TESTED)
#define ROW_WORDS 5u                /* 64 columns each, and one for the syndrome */
#define COLUMN_WORDS 4u             /* 64 rows each */

_Static_assert(MAX_COLUMNS + 1 <= 64 * ROW_WORDS, "a row holds the columns and the syndrome");
_Static_assert(MAX_ROWS <= 64 * COLUMN_WORDS, "a column holds the rows");

typedef struct {
    uint64_t word[COLUMN_WORDS];
} column;

struct bc_rs_soft_room {
    uint64_t row[MAX_ROWS][ROW_WORDS];
    uint16_t order[MAX_COLUMNS];       /* bits of the block, the least sure first */
    uint16_t pivot[MAX_ROWS];          /* the column that a row gives */
    uint16_t tested[TESTED];           /* columns that are given */
    column change[TESTED];             /* what turning such a bit round does to the rows */
    uint16_t weight[MAX_ROWS / 8][256]; /* sureness of the pivots in eight rows, by which differ */
    uint32_t count[BC_SURENESS_MAX + 1]; /* bits of each sureness */
    uint32_t rows, columns, tested_n;
};

/* The bits to turn round: rows' pivots, and up to two tested ones. */
typedef struct {
    column differing;
    uint32_t turned[2], turned_n;
    uint32_t distance;                 /* their sureness together */
} solution;

/* log2(1 + exp(-l * s)) in 1/256 bit, rounded up, for l of 0.03, 0.06, 0.12 and 0.24. */
#define SLOPES 4u
static const uint16_t uncertainty[SLOPES][BC_SURENESS_MAX + 1] = {
    {256, 251, 246, 240, 235, 230, 225, 220, 215, 210, 205, 201, 196, 191, 187, 183, 178, 174, 170, 166,
     162, 158, 154, 151, 147, 143, 140, 136, 133, 130, 126, 123, 120, 117, 114, 111, 108, 106, 103, 100,
     98, 95, 93, 90, 88, 86, 83, 81, 79, 77, 75, 73, 71, 69, 67, 65, 64, 62, 60, 59,
     57, 55, 54, 52, 51, 50, 48, 47, 46, 44, 43, 42, 41, 40, 39, 38, 36, 35, 34, 34,
     33, 32, 31, 30, 29, 28, 27, 27, 26, 25, 25, 24, 23, 23, 22, 21, 21, 20, 20, 19,
     18, 18, 17, 17, 16, 16, 16, 15, 15, 14, 14, 13, 13, 13, 12, 12, 12, 11, 11, 11,
     10, 10, 10, 10, 9, 9, 9, 9},
    {256, 246, 235, 225, 215, 205, 196, 187, 178, 170, 162, 154, 147, 140, 133, 126, 120, 114, 108, 103,
     98, 93, 88, 83, 79, 75, 71, 67, 64, 60, 57, 54, 51, 48, 46, 43, 41, 39, 36, 34,
     33, 31, 29, 27, 26, 25, 23, 22, 21, 20, 18, 17, 16, 16, 15, 14, 13, 12, 12, 11,
     10, 10, 9, 9, 8, 8, 7, 7, 7, 6, 6, 6, 5, 5, 5, 5, 4, 4, 4, 4,
     4, 3, 3, 3, 3, 3, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1,
     1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
     1, 1, 1, 1, 1, 1, 1, 1},
    {256, 235, 215, 196, 178, 162, 147, 133, 120, 108, 98, 88, 79, 71, 64, 57, 51, 46, 41, 36,
     33, 29, 26, 23, 21, 18, 16, 15, 13, 12, 10, 9, 8, 7, 7, 6, 5, 5, 4, 4,
     4, 3, 3, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
     1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
     1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
     1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
     1, 1, 1, 1, 1, 1, 1, 1},
    {256, 215, 178, 147, 120, 98, 79, 64, 51, 41, 33, 26, 21, 16, 13, 10, 8, 7, 5, 4,
     4, 3, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
     1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
     1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
     1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
     1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
     1, 1, 1, 1, 1, 1, 1, 1},
};

/* l * log2(e) in 1/256 bit, rounded up. */
static const uint32_t slope[SLOPES] = {12, 23, 45, 89};

size_t bc_rs_soft_room_size(void)
{
    return sizeof(bc_rs_soft_room);
}

/* The evidence in bits that differing by `distance` leaves. */
static uint32_t evidence(const bc_rs_soft_room *room, uint32_t distance)
{
    int64_t most = 0;
    for (uint32_t i = 0; i < SLOPES; i++) {
        int64_t bits = 256 * (int64_t)room->rows - (int64_t)slope[i] * distance;
        for (uint32_t s = 0; s <= BC_SURENESS_MAX; s++)
            bits -= (int64_t)uncertainty[i][s] * room->count[s];
        most = bits > most ? bits : most;
    }
    return (uint32_t)(most / 256);
}

/* Counts the bits by sureness and orders the least sure, by counting. */
static void order_bits(const uint8_t *sure, uint32_t bits, bc_rs_soft_room *room)
{
    uint32_t at[BC_SURENESS_MAX + 1], sum = 0;
    memset(room->count, 0, sizeof room->count);
    for (uint32_t i = 0; i < bits; i++)
        room->count[sure[i] & BC_SURENESS_MAX]++;
    for (uint32_t s = 0; s <= BC_SURENESS_MAX; s++) {
        at[s] = sum;
        sum += room->count[s];
    }
    for (uint32_t i = 0; i < bits; i++) {
        const uint32_t place = at[sure[i] & BC_SURENESS_MAX]++;
        if (place < room->columns)
            room->order[place] = (uint16_t)i;
    }
}

/* A syndrome's bits into their rows' column. */
static void put(bc_rs_soft_room *room, uint32_t word_bits, uint32_t syndrome, uint8_t value, uint32_t at)
{
    for (uint32_t k = 0; k < word_bits; k++)
        room->row[word_bits * syndrome + k][at / 64] |= (uint64_t)(value >> k & 1) << at % 64;
}

/* What each bit adds to the syndromes, and behind them the syndromes. */
static void fill(const bc_rs_block *block, const uint8_t *syndrome, bc_rs_soft_room *room)
{
    const bc_rs_field *field = block->field;
    const uint32_t word_bits = field->bits;
    memset(room->row, 0, room->rows * sizeof *room->row);
    for (uint32_t c = 0; c < room->columns; c++) {
        const uint32_t place = block->n - 1 - room->order[c] / word_bits;
        uint32_t power = (word_bits - 1 - room->order[c] % word_bits + field->first * place) % field->order;
        for (uint32_t j = 0; j < block->ec_n; j++) {
            put(room, word_bits, j, field->power[power], c);
            power = (power + place) % field->order;
        }
    }
    for (uint32_t j = 0; j < block->ec_n; j++)
        put(room, word_bits, j, syndrome[j], room->columns);
}

static bool has(const uint64_t *words, uint32_t at)
{
    return words[at / 64] >> at % 64 & 1;
}

/* Brings row `to` a one in column c and takes it out of all others; false when no row from `to` on has one. */
static bool pivot(bc_rs_soft_room *room, uint32_t to, uint32_t c)
{
    uint32_t from = to;
    while (from < room->rows && !has(room->row[from], c))
        from++;
    if (from == room->rows)
        return false;
    for (uint32_t w = 0; from != to && w < ROW_WORDS; w++) {
        const uint64_t kept = room->row[to][w];
        room->row[to][w] = room->row[from][w];
        room->row[from][w] = kept;
    }
    for (uint32_t r = 0; r < room->rows; r++)
        if (r != to && has(room->row[r], c))
            for (uint32_t w = c / 64; w < ROW_WORDS; w++)
                room->row[r][w] ^= room->row[to][w];
    return true;
}

/* Gauss–Jordan elimination, the least sure columns first; false when they do not determine every row. */
static bool eliminate(bc_rs_soft_room *room)
{
    uint32_t rank = 0;
    room->tested_n = 0;
    for (uint32_t c = 0; c < room->columns; c++) {
        if (rank < room->rows && pivot(room, rank, c))
            room->pivot[rank++] = (uint16_t)c;
        else if (room->tested_n < TESTED)
            room->tested[room->tested_n++] = (uint16_t)c;
    }
    return rank == room->rows;
}

static column column_of(const bc_rs_soft_room *room, uint32_t c)
{
    column bits = {{0}};
    for (uint32_t r = 0; r < room->rows; r++)
        bits.word[r / 64] |= (uint64_t)has(room->row[r], c) << r % 64;
    return bits;
}

/* Tables of what differing rows weigh, eight rows at a time. */
static void weigh_rows(const uint8_t *sure, bc_rs_soft_room *room)
{
    for (uint32_t i = 0; i < (room->rows + 7) / 8; i++) {
        uint16_t *weight = room->weight[i];
        weight[0] = 0;
        for (uint32_t k = 0; k < 8; k++) {
            const uint32_t own = 8 * i + k < room->rows ? sure[room->order[room->pivot[8 * i + k]]] : 0;
            for (uint32_t v = 0; v < 1u << k; v++)
                weight[v | 1u << k] = (uint16_t)(weight[v] + own);
        }
    }
}

static uint32_t weigh(const bc_rs_soft_room *room, const column *differing)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < (room->rows + 7) / 8; i++)
        sum += room->weight[i][differing->word[i / 8] >> i % 8 * 8 & 0xFF];
    return sum;
}

static column add(const column *a, const column *b)
{
    column sum;
    for (uint32_t w = 0; w < COLUMN_WORDS; w++)
        sum.word[w] = a->word[w] ^ b->word[w];
    return sum;
}

static void consider(const bc_rs_soft_room *room, const column *differing, uint32_t turned_sureness,
                     uint32_t turned_n, uint32_t a, uint32_t b, solution *best)
{
    const uint32_t distance = weigh(room, differing) + turned_sureness;
    if (distance < best->distance)
        *best = (solution){*differing, {a, b}, turned_n, distance};
}

/* None, one or two of the tested bits turned round: what is least sure together. */
static solution search(const uint8_t *sure, const bc_rs_soft_room *room)
{
    const column given = column_of(room, room->columns);
    solution best = {.distance = UINT32_MAX};
    consider(room, &given, 0, 0, 0, 0, &best);
    for (uint32_t a = 0; a < room->tested_n; a++) {
        const column one = add(&given, &room->change[a]);
        const uint32_t sure_a = sure[room->order[room->tested[a]]];
        consider(room, &one, sure_a, 1, a, 0, &best);
        for (uint32_t b = 0; b < a; b++) {
            const column two = add(&one, &room->change[b]);
            consider(room, &two, sure_a + sure[room->order[room->tested[b]]], 2, a, b, &best);
        }
    }
    return best;
}

static void turn(const bc_rs_block *block, const bc_rs_soft_room *room, uint32_t c)
{
    const uint32_t bit = room->order[c], bits = block->field->bits;
    block->codeword[bit / bits] ^= (uint8_t)(1u << (bits - 1 - bit % bits));
}

bool bc_rs_soft_correct(const bc_rs_block *block, const uint8_t *sure, uint32_t needed_bits,
                        bc_rs_soft_room *room, uint32_t *bits)
{
    const uint32_t word_bits = block->field->bits, all = word_bits * block->n;
    const uint32_t wanted = word_bits * block->ec_n + TESTED;
    uint8_t syndrome[BC_RS_MAX_EC];
    if (block->ec_n > BC_RS_SOFT_MAX_EC)
        return false;
    room->rows = word_bits * block->ec_n;
    room->columns = wanted < all ? wanted : all;
    order_bits(sure, all, room);
    if (evidence(room, 0) < needed_bits) /* too little is sure for any answer to be */
        return false;
    bc_rs_syndromes(block, syndrome);
    fill(block, syndrome, room);
    if (!eliminate(room))
        return false;
    for (uint32_t i = 0; i < room->tested_n; i++)
        room->change[i] = column_of(room, room->tested[i]);
    weigh_rows(sure, room);

    const solution best = search(sure, room);
    *bits = evidence(room, best.distance);
    if (*bits < needed_bits)
        return false;
    for (uint32_t r = 0; r < room->rows; r++)
        if (has(best.differing.word, r))
            turn(block, room, room->pivot[r]);
    for (uint32_t i = 0; i < best.turned_n; i++)
        turn(block, room, room->tested[best.turned[i]]);
    return true;
}
