/* The entry points of GS1 DataBar: lines in, symbols out. */
#include "databar.h"

#include "bc.h" /* BC_DATABAR, BC_DATABAR_LIMITED, BC_DATABAR_EXPANDED */
#include "databar_expanded.h"
#include "databar_limited.h"
#include "databar_omni.h"
#include "databar_pairs.h"

#include <string.h> /* memset */

void bc_databar_clear(bc_databar_store *store, bool inverted)
{
    store->inverted = inverted;
    memset(store->candidate_n, 0, sizeof store->candidate_n);
    store->limited_n = 0;
    store->seen = 0;
}

/* A character and its finder pattern, the least that can be seen. */
#define ELEMENTS_LEAST 13u

uint32_t bc_databar_line(bc_databar_store *store, const bc_elements *line, uint32_t symbologies, uint16_t row,
                         int32_t origin)
{
    const size_t n = line->n < BC_ELEMENTS_MAX ? line->n : BC_ELEMENTS_MAX;
    if (n < ELEMENTS_LEAST || !(symbologies & BC_DATABAR_ALL))
        return 0;
    store->sure = 0;
    int32_t at = origin; /* and at most 1024 x 65,535 more */
    for (size_t i = 0; i < n; i++) {
        store->edge[i] = at;
        at += line->width[i];
    }
    store->edge[n] = at;
    if (symbologies & (BC_DATABAR | BC_DATABAR_EXPANDED))
        bc_databar_pairs(store, n, symbologies, row);
    if (symbologies & BC_DATABAR_LIMITED)
        bc_databar_limited_line(store, n, row);
    return store->sure;
}

uint32_t bc_databar_sightings(const bc_databar_store *store)
{
    uint32_t sum = 0;
    for (size_t p = 0; p < BC_DATABAR_PLACES; p++)
        for (size_t i = 0; i < store->candidate_n[p]; i++)
            sum += store->candidate[p][i].sure;
    for (size_t i = 0; i < store->limited_n; i++)
        sum += 2u * store->limited[i].sure;
    return sum;
}

float bc_databar_module(const bc_databar_store *store, int32_t *place)
{
    const bc_databar_candidate *most = NULL;
    for (size_t p = 0; p < BC_DATABAR_PLACES; p++)
        for (size_t i = 0; i < store->candidate_n[p]; i++)
            if (most == NULL || store->candidate[p][i].sure > most->sure)
                most = &store->candidate[p][i];
    *place = 0;
    if (most != NULL && most->sure > 0) {
        *place = (most->extent.from[0] + most->extent.to[0]) / 2;
        return most->module;
    }
    if (store->limited_n == 0)
        return 0.0f;
    *place = (store->limited[0].extent.from[0] + store->limited[0].extent.to[0]) / 2;
    return store->limited[0].module;
}

static bool lies_over(const bc_databar_extent *extent, int32_t place)
{
    return extent->from[0] <= place && place <= extent->to[0];
}

void bc_databar_forget(bc_databar_store *store, int32_t place)
{
    for (size_t p = 0; p < BC_DATABAR_PLACES; p++) {
        size_t kept = 0;
        for (size_t i = 0; i < store->candidate_n[p]; i++)
            if (!lies_over(&store->candidate[p][i].extent, place))
                store->candidate[p][kept++] = store->candidate[p][i];
        store->candidate_n[p] = (uint8_t)kept;
    }
    size_t kept = 0;
    for (size_t i = 0; i < store->limited_n; i++)
        if (!lies_over(&store->limited[i].extent, place))
            store->limited[kept++] = store->limited[i];
    store->limited_n = (uint8_t)kept;
}

bool bc_databar_assemble(bc_databar_store *store, bc_databar_read *read)
{
    if (((store->seen & BC_DATABAR_LIMITED) && bc_databar_limited_take(store, read)) ||
        ((store->seen & BC_DATABAR) && bc_databar_omni(store, read)) ||
        ((store->seen & BC_DATABAR_EXPANDED) && bc_databar_expanded_take(store, read)))
        return true;
    store->seen = 0;
    return false;
}
