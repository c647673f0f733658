#include "linear_vote.h"

#include <string.h> /* memcmp */

/* Whether one read is the other with an add-on, which not every line crosses. */
static bool addon_of(const bc_linear_read *shorter, const bc_linear_read *longer)
{
    return shorter->symbology == longer->symbology && shorter->length < longer->length &&
           longer->data[shorter->length] == ' ' && memcmp(shorter->data, longer->data, shorter->length) == 0;
}

static bool same_content(const bc_linear_read *a, const bc_linear_read *b)
{
    return a->symbology == b->symbology && a->length == b->length && memcmp(a->data, b->data, a->length) == 0;
}

/* Whether two places along the strip share more than a third of the shorter. */
static bool overlap(const bc_ballot *a, float from, float to)
{
    const float low = a->from > from ? a->from : from, high = a->to < to ? a->to : to;
    const float mine = a->to - a->from, its = to - from;
    return high - low > (mine < its ? mine : its) / 3.0f;
}

static bc_ballot *ballot_of(bc_votes *votes, const bc_line_read *found, float from, float to)
{
    for (size_t i = 0; i < votes->n; i++)
        if (same_content(&votes->ballot[i].read, &found->read) && overlap(&votes->ballot[i], from, to))
            return &votes->ballot[i];
    if (votes->n == BC_BALLOTS)
        return NULL;
    bc_ballot *ballot = &votes->ballot[votes->n++];
    *ballot = (bc_ballot){.read = found->read, .last_line = UINT32_MAX};
    return ballot;
}

/* Votes for other content at the same place. */
static uint32_t against(const bc_votes *votes, const bc_ballot *ballot)
{
    uint32_t most = 0;
    for (size_t i = 0; i < votes->n; i++) {
        const bc_ballot *other = &votes->ballot[i];
        if (other == ballot || !overlap(other, ballot->from, ballot->to) ||
            addon_of(&other->read, &ballot->read) || addon_of(&ballot->read, &other->read))
            continue;
        /* A short symbol inside a longer one is a part of it that looks like a symbol. */
        if ((other->to - other->from) * 1.25f < ballot->to - ballot->from && other->votes <= ballot->votes)
            continue;
        most = other->votes > most ? other->votes : most;
    }
    return most;
}

bc_ballot *bc_vote(bc_votes *votes, const bc_line_read *found, float from, float to, uint32_t line)
{
    const float low = from < to ? from : to, high = from < to ? to : from;
    bc_ballot *ballot = ballot_of(votes, found, low, high);
    if (ballot == NULL || ballot->done || ballot->last_line == line)
        return NULL;
    if (ballot->votes == 0 || found->read.votes_needed < ballot->read.votes_needed)
        ballot->read = found->read;
    ballot->votes++;
    ballot->last_line = line;
    ballot->from = low;
    ballot->to = high;
    ballot->reversed = found->reversed;
    ballot->inverted = found->inverted;
    const uint32_t others = against(votes, ballot);
    return ballot->votes >= ballot->read.votes_needed + 2 * others ? ballot : NULL;
}
