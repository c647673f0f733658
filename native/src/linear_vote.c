#include "linear_vote.h"

#include <string.h> /* memcmp */

/* Symbologies that one element more or less may turn into other content. */
#define NEEDS_SPREAD (BC_ITF | BC_CODE39 | BC_CODABAR | BC_EAN13 | BC_UPCA | BC_EAN8 | BC_UPCE)
#define SPREAD_SHARE 0.16f  /* of the strip's height, that its agreeing lines span at least */
#define SPREAD_MODULES 6.0f /* or so many modules: more than a scratch is wide */
#define WEAK_SHARE 0.28f    /* of the height where nearly nothing is checked: an add-on, an ITF of any length */

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

static bc_ballot *ballot_of(bc_votes *votes, const bc_line_read *found, float from, float to, float v)
{
    for (size_t i = 0; i < votes->n; i++)
        if (same_content(&votes->ballot[i].read, &found->read) && overlap(&votes->ballot[i], from, to))
            return &votes->ballot[i];
    if (votes->n == BC_BALLOTS)
        return NULL;
    bc_ballot *ballot = &votes->ballot[votes->n++];
    *ballot = (bc_ballot){.read = found->read, .last_line = UINT32_MAX, .low = v, .high = v};
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

/*
 * Whether the lines lie so far apart that no one scratch or fold bred them all.
 * A strong check has no need of it.
 */
static bool is_spread(const bc_votes *votes, const bc_ballot *ballot)
{
    if (!(ballot->read.symbology & NEEDS_SPREAD) || ballot->read.modules == 0 || ballot->read.votes_needed < 2)
        return true;
    const bool addon = ballot->read.code == 'E' && ballot->read.modifier == '3';
    if (addon || (ballot->read.code == 'I' && ballot->read.modifier == '0'))
        return ballot->high - ballot->low >= WEAK_SHARE * votes->height;
    const float module = (ballot->to - ballot->from) * 8.0f / (float)ballot->read.modules;
    const float share = SPREAD_SHARE * votes->height, modules = SPREAD_MODULES * module;
    return ballot->high - ballot->low >= (share < modules ? share : modules);
}

void bc_votes_begin(bc_votes *votes, float height)
{
    votes->n = 0;
    votes->height = height;
}

bc_ballot *bc_vote(bc_votes *votes, const bc_line_read *found, float from, float to, bc_vote_line line)
{
    const float low = from < to ? from : to, high = from < to ? to : from;
    bc_ballot *ballot = ballot_of(votes, found, low, high, line.v);
    if (ballot == NULL || ballot->done || ballot->last_line == line.number)
        return NULL;
    if (ballot->votes == 0 || found->read.votes_needed < ballot->read.votes_needed)
        ballot->read = found->read;
    ballot->votes++;
    ballot->last_line = line.number;
    ballot->from = low;
    ballot->to = high;
    ballot->low = line.v < ballot->low ? line.v : ballot->low;
    ballot->high = line.v > ballot->high ? line.v : ballot->high;
    ballot->reversed = found->reversed;
    ballot->inverted = found->inverted;
    const uint32_t others = against(votes, ballot);
    return ballot->votes >= ballot->read.votes_needed + 2 * others && is_spread(votes, ballot) ? ballot : NULL;
}
