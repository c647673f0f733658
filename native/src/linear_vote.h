/*
 * What the lines of a strip agree on.  A read is believed when as many lines
 * gave it as its symbology asks for and no line contradicts it: wrong content
 * is worse than none.
 */
#ifndef BC_LINEAR_VOTE_H
#define BC_LINEAR_VOTE_H

#include "linear_line.h"

#define BC_BALLOTS 24u /* different reads of one strip; more of them are refused, not believed */

typedef struct {
    bc_linear_read read;
    bool reversed, inverted, done; /* done: told, or refused */
    uint32_t votes, last_line;
    float from, to;               /* on its last line, along the strip, px of the image; from < to */
} bc_ballot;

typedef struct {
    bc_ballot ballot[BC_BALLOTS];
    size_t n;
} bc_votes;

/*
 * Counts a read of line number `line`, whose place along the strip is from..to
 * in its own reading direction.  Returns the ballot once its content is safe, null before.
 */
bc_ballot *bc_vote(bc_votes *votes, const bc_line_read *found, float from, float to, uint32_t line);

#endif
