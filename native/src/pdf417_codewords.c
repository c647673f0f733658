/*
 * How often words that have to do with no symbol would pass is kept account of
 * as rs_block.h says, in GF(929): C(n - e, t) * 929^(t + e - r), once for each
 * attempt; a codeword that must tell the length is one more check.
 */
#include "pdf417_codewords.h"

#include "pdf417_payload.h"
#include "pdf417_tables.h"
#include "rs_929.h"

#include <string.h> /* memcpy */

#define ATTEMPTS 6u
#define NEEDED_BITS 26.0f     /* one random set of words in so many passes */
#define BITS_OF_WORD 9.86f
#define DOUBTFUL 12u          /* of sureness: such a codeword of a symbol with hardly any check words refuses it */
#define FEW_CHECK_WORDS 4u
#define SPARE 2u              /* check codewords that are never spent, where there are more than a few */

typedef struct {
    uint16_t *word, *order;
    uint32_t *count;
} room;

size_t bc_pdf417_words_workspace(void)
{
    return 2 * bc_arena_cost(BC_PDF417_MAX_CODEWORDS, sizeof(uint16_t)) + bc_arena_cost(257, sizeof(uint32_t)) +
           bc_rs_929_workspace(BC_RS_929_MAX_EC);
}

/* Indices by sureness, the least sure first. */
static void sort_by_sureness(const bc_pdf417_words *words, const room *r)
{
    memset(r->count, 0, 257 * sizeof *r->count);
    for (uint32_t i = 0; i < words->n; i++)
        r->count[words->sure[i] + 1]++;
    for (uint32_t i = 1; i < 257; i++)
        r->count[i] += r->count[i - 1];
    for (uint32_t i = 0; i < words->n; i++)
        r->order[r->count[words->sure[i]]++] = (uint16_t)i;
}

/* log2 of C(n, t), roughly. */
static float log2_choose(uint32_t n, uint32_t t)
{
    float bits = 0.0f;
    for (uint32_t i = 0; i < t; i++) {
        const float ratio = (float)(n - i) / (float)(i + 1);
        uint32_t whole = 0;
        float rest = ratio;
        for (; rest >= 2.0f; rest /= 2.0f)
            whole++;
        bits += (float)whole + (rest - 1.0f) * 1.1f;
    }
    return bits;
}

/* Whether a correction is evidence enough. */
static bool convincing(const bc_pdf417_words *words, uint32_t errors, uint32_t erasures, uint32_t attempt)
{
    const uint32_t spent = errors + erasures;
    float bits = (words->micro ? 0.0f : BITS_OF_WORD) - log2_choose(words->n - erasures, errors) -
                 (float)attempt / 2.0f;
    if (spent > words->ec_n)
        return false;
    bits += BITS_OF_WORD * (float)(words->ec_n - spent);
    const uint32_t spare = words->ec_n > FEW_CHECK_WORDS ? SPARE : 0;
    return bits >= NEEDED_BITS && 2 * errors + erasures + spare <= words->ec_n;
}

/* With hardly any check words all that was read must be sure, and right. */
static bool few_and_doubtful(const bc_pdf417_words *words, const room *r, uint32_t errors)
{
    return words->ec_n <= FEW_CHECK_WORDS && (errors > 0 || words->sure[r->order[0]] < DOUBTFUL);
}

static bc_status read_corrected(const bc_pdf417_words *words, const room *r, bc_symbol *symbol)
{
    const uint32_t data_n = words->n - words->ec_n;
    if (words->micro)
        return bc_pdf417_payload(r->word, data_n, true, symbol);
    return r->word[0] == data_n ? bc_pdf417_payload(r->word + 1, data_n - 1, false, symbol) : BC_CHECKSUM;
}

/* Without erasures, then with more and more of the least sure codewords as such. */
static bc_status correct(const bc_pdf417_words *words, const room *r, bc_arena *arena, bc_symbol *symbol)
{
    for (uint32_t attempt = 0; attempt < ATTEMPTS; attempt++) {
        uint32_t errors, erasures = words->ec_n * attempt / (ATTEMPTS + 1);
        if (attempt > 0 && erasures == words->ec_n * (attempt - 1) / (ATTEMPTS + 1))
            continue;
        memcpy(r->word, words->value, words->n * sizeof *r->word);
        if (!bc_rs_929_correct(r->word, words->n, words->ec_n, r->order, erasures, arena, &errors) ||
            !convincing(words, errors, erasures, attempt) || few_and_doubtful(words, r, errors))
            continue;
        symbol->ec_used = (float)(2 * errors + erasures) / (float)words->ec_n;
        const bc_status status = read_corrected(words, r, symbol);
        if (status != BC_CHECKSUM)
            return status;
    }
    return BC_CHECKSUM;
}

bc_status bc_pdf417_read_words(const bc_pdf417_words *words, bc_arena *arena, bc_symbol *symbol)
{
    const size_t mark = bc_arena_mark(arena);
    const room r = {bc_arena_take(arena, BC_PDF417_MAX_CODEWORDS, sizeof(uint16_t)),
                    bc_arena_take(arena, BC_PDF417_MAX_CODEWORDS, sizeof(uint16_t)),
                    bc_arena_take(arena, 257, sizeof(uint32_t))};
    bc_status status = BC_WORKSPACE_TOO_SMALL;
    if (r.word != NULL && r.order != NULL && r.count != NULL && words->n < BC_PDF417_MAX_CODEWORDS &&
        words->ec_n < words->n && words->ec_n <= BC_RS_929_MAX_EC) {
        sort_by_sureness(words, &r);
        status = correct(words, &r, arena, symbol);
    }
    bc_arena_release(arena, mark);
    return status;
}
