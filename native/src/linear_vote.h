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
    float low, high;              /* its outermost lines along the bars, px of the image */
} bc_ballot;

typedef struct {
    bc_ballot ballot[BC_BALLOTS];
    size_t n;
    float height;                 /* of the strip, px of the image */
} bc_votes;

/* A line of the strip: its number, its place along the bars in px of the image. */
typedef struct {
    uint32_t number;
    float v;
} bc_vote_line;

/* Empties the box for a strip of this height. */
void bc_votes_begin(bc_votes *votes, float height);

/*
 * Counts a line's read, whose place along the strip is from..to in its own
 * reading direction.  Returns the ballot once its content is safe, null before.
 */
bc_ballot *bc_vote(bc_votes *votes, const bc_line_read *found, float from, float to, bc_vote_line line);

#endif
