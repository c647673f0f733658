/*
 * Linear symbologies from grey samples, for lines too blurred or too small for
 * edges to be told apart.
 *
 * A symbol's structure is laid over the samples: each symbol character's bars
 * blurred as the picture is, beside those before it.  The search keeps the
 * likeliest sequences, and the likeliest one that its symbology accepts is told
 * when nothing else that it would accept comes near.
 */
#ifndef BC_LINEAR_SOFT_H
#define BC_LINEAR_SOFT_H

#include "arena.h"
#include "linear_read.h"

/*
 * Samples across one symbol at an even pitch, dark bars on light, best the mean
 * of several parallel lines along the bars.
 */
typedef struct {
    const uint16_t *level;     /* brightness, in any unit */
    size_t n;
    float from, to;            /* in samples, the middle of the first is 0.5: the first bar begins and the last */
                               /* bar ends between them, and nothing else dark is there; a quiet zone outside helps */
} bc_soft_line;

typedef struct {
    bc_linear_read read;       /* first and last are of no meaning; doubt is the fit's, votes_needed as ever */
    float from, to;            /* where the first bar begins and the last one ends, in the line's samples */
    bool reversed;             /* the symbol runs from the line's end to its beginning */
} bc_soft_read;

#define BC_SOFT_SAMPLES_MAX 1400u /* samples of a line: 400 modules of 3.5; more are no work for this reader */

/* Workspace that bc_linear_soft_read takes from its arena and gives back. */
size_t bc_linear_soft_workspace(void);

/*
 * Reads one symbol in either direction; false when there is none, or two that
 * are as likely.  Takes from *work the nanoseconds it spends, and ends without
 * a read when there are none left.
 */
bool bc_linear_soft_read(const bc_soft_line *line, uint32_t symbologies, uint32_t flags, bc_arena *arena,
                         int64_t *work, bc_soft_read *out);

#endif
