/* Votes of scan lines for characters of GS1 DataBar, and where a symbol's characters lie to each other. */
#include "databar_store.h"

/* How far apart, in modules, neighbours may seem on lines that lie at an angle to them. */
#define ADJOINING 3.0f

bool bc_databar_overlap(int32_t from, int32_t to, int32_t other_from, int32_t other_to)
{
    return from < other_to && other_from < to;
}

void bc_databar_widen(bc_databar_extent *extent, bc_databar_sight sight)
{
    if (sight.row <= extent->row[0]) {
        extent->row[0] = sight.row;
        extent->from[0] = sight.from;
        extent->to[0] = sight.to;
    }
    if (sight.row >= extent->row[1]) {
        extent->row[1] = sight.row;
        extent->from[1] = sight.from;
        extent->to[1] = sight.to;
    }
}

void bc_databar_join(bc_databar_extent *extent, const bc_databar_extent *other)
{
    if (other->row[0] < extent->row[0])
        extent->row[0] = other->row[0];
    if (other->row[1] > extent->row[1])
        extent->row[1] = other->row[1];
    for (size_t end = 0; end < 2; end++) {
        if (other->from[end] < extent->from[end])
            extent->from[end] = other->from[end];
        if (other->to[end] > extent->to[end])
            extent->to[end] = other->to[end];
    }
}

bc_databar_extent bc_databar_with_guards(const bc_databar_extent *extent, float module)
{
    const int32_t guard = (int32_t)(BC_DATABAR_GUARD * module); /* far within its range: a module is a part of a line */
    bc_databar_extent out = *extent;
    for (size_t end = 0; end < 2; end++) {
        out.from[end] -= guard;
        out.to[end] += guard;
    }
    return out;
}

void bc_databar_describe(bc_databar_read *read, uint32_t symbology, bool one_row, bool reversed,
                         const bc_databar_extent *extent, float module, float doubt)
{
    read->extent = bc_databar_with_guards(extent, module);
    read->reversed = reversed;
    read->one_row = one_row;
    read->read.symbology = symbology;
    read->read.code = 'e'; /* ISO/IEC 15424: ]e0 for all of GS1 DataBar */
    read->read.modifier = '0';
    read->read.first = read->read.last = 0;
    read->read.votes_needed = 1;
    read->read.doubt = (uint16_t)(doubt * 1000.0f);
    const float modules = (float)(read->extent.to[0] - read->extent.from[0]) / module * 8.0f;
    read->read.modules = modules < 65535.0f ? (uint16_t)(modules + 0.5f) : 0;
}

bool bc_databar_same_place(const bc_databar_candidate *a, const bc_databar_candidate *b)
{
    return bc_databar_overlap(a->extent.from[0], a->extent.to[0], b->extent.from[0], b->extent.to[0]);
}

bool bc_databar_adjoins(const bc_databar_candidate *a, const bc_databar_candidate *b)
{
    if (a->reversed != b->reversed || a->extent.row[0] > b->extent.row[1] || b->extent.row[0] > a->extent.row[1])
        return false;
    const float tolerance = ADJOINING * a->module;
    for (size_t end = 0; end < 2; end++) {
        const int32_t gap = a->reversed ? a->extent.from[end] - b->extent.to[end]
                                        : b->extent.from[end] - a->extent.to[end];
        if ((float)gap < -tolerance || (float)gap > tolerance)
            return false;
    }
    return true;
}

bool bc_databar_above(const bc_databar_extent *a, const bc_databar_extent *b, bool reversed)
{
    const bc_databar_extent *upper = reversed ? b : a, *lower = reversed ? a : b;
    return upper->row[1] < lower->row[0];
}

static bc_databar_candidate *find(bc_databar_store *store, bc_databar_slot slot, uint32_t key, bc_databar_sight sight)
{
    for (size_t i = 0; i < store->candidate_n[slot.place]; i++) {
        bc_databar_candidate *candidate = &store->candidate[slot.place][i];
        if (candidate->key == key && candidate->finder == slot.finder && candidate->reversed == sight.reversed &&
            bc_databar_overlap(sight.from, sight.to, candidate->extent.from[1], candidate->extent.to[1]))
            return candidate;
    }
    return NULL;
}

/* Room for another reading of a place: a free one, or the one with the fewest votes. */
static bc_databar_candidate *room(bc_databar_store *store, uint8_t place)
{
    if (store->candidate_n[place] < BC_DATABAR_CANDIDATES)
        return &store->candidate[place][store->candidate_n[place]++];
    bc_databar_candidate *least = &store->candidate[place][0];
    for (size_t i = 1; i < BC_DATABAR_CANDIDATES; i++)
        if (store->candidate[place][i].votes < least->votes)
            least = &store->candidate[place][i];
    return least;
}

void bc_databar_vote(bc_databar_store *store, const bc_databar_kind *kind, bc_databar_slot slot,
                     const bc_databar_widths *widths, bc_databar_sight sight)
{
    const uint32_t key = (uint32_t)bc_databar_key(widths->width, kind->elements);
    bc_databar_candidate *candidate = find(store, slot, key, sight);
    if (candidate == NULL) {
        uint32_t value;
        if (!bc_databar_value(kind, widths->width, &value))
            return;
        candidate = room(store, slot.place);
        *candidate = (bc_databar_candidate){
            .key = key,
            .value = (uint16_t)value,
            .finder = slot.finder,
            .weight = (uint8_t)bc_databar_weigh(widths->width, kind->elements, slot.power, slot.modulus),
            .reversed = sight.reversed,
            .module = (float)(sight.to - sight.from) / (float)kind->modules,
            .extent = {{sight.row, sight.row}, {sight.from, sight.from}, {sight.to, sight.to}},
        };
    } else if (candidate->last_row == sight.row) {
        return;
    }
    if (candidate->votes == UINT16_MAX)
        return;
    candidate->votes++;
    candidate->sure = (uint16_t)(candidate->sure + (widths->moved == 0));
    store->sure += widths->moved == 0 && widths->doubt < BC_DATABAR_SURE;
    candidate->doubt += widths->doubt;
    candidate->last_row = sight.row;
    bc_databar_widen(&candidate->extent, sight);
}

void bc_databar_take_out(bc_databar_store *store, const bc_databar_extent *area)
{
    for (size_t place = 0; place < BC_DATABAR_PLACES; place++) {
        size_t kept = 0;
        for (size_t i = 0; i < store->candidate_n[place]; i++) {
            const bc_databar_candidate *candidate = &store->candidate[place][i];
            const bool inside = bc_databar_overlap(candidate->extent.from[0], candidate->extent.to[0], area->from[0],
                                                   area->to[0]) &&
                                candidate->extent.row[0] <= area->row[1] && candidate->extent.row[1] >= area->row[0];
            if (!inside)
                store->candidate[place][kept++] = *candidate;
        }
        store->candidate_n[place] = (uint8_t)kept;
    }
}
