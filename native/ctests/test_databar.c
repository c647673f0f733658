/*
 * GS1 DataBar from element widths in module units: the worked example of
 * ISO/IEC 24724's expanded stacked figure, symbols that an independent encoder
 * drew, lines at their bounds and lines of chance.
 */
#include "bc.h"
#include "databar.h"
#include "expect.h"

#include <string.h> /* memcmp, memcpy, strlen */

#define UNIT 96 /* of a module: 3 px */

/* One row's elements in modules, the first one a space; read from a buffer exact to the byte. */
static void show(bc_databar_store *store, const char *modules, uint32_t symbologies, uint16_t row, int32_t origin)
{
    const size_t n = strlen(modules);
    uint16_t *width = malloc(n * sizeof *width);
    EXPECT(width != NULL);
    for (size_t i = 0; i < n; i++) /* hexadecimal */
        width[i] = (uint16_t)((modules[i] <= '9' ? modules[i] - '0' : modules[i] - 'a' + 10) * UNIT);
    bc_databar_line(store, &(bc_elements){width, n}, symbologies, row, origin);
    free(width);
}

static bc_databar_store *fresh(void)
{
    bc_databar_store *store = malloc(sizeof *store);
    EXPECT(store != NULL);
    memset(store, 0xA5, sizeof *store);
    bc_databar_clear(store, false);
    int32_t place;
    EXPECT(!bc_databar_worth(store) && bc_databar_module(store, &place) <= 0.0f);
    return store;
}

/* What the store tells is this one symbol and no other; it is gone then. */
static void tells(bc_databar_store *store, uint32_t symbology, const char *payload)
{
    bc_databar_read read;
    EXPECT(bc_databar_worth(store));
    EXPECT(bc_databar_assemble(store, &read));
    EXPECT(read.read.symbology == symbology);
    EXPECT(read.read.length == strlen(payload) && memcmp(read.read.data, payload, read.read.length) == 0);
    EXPECT(read.read.code == 'e' && read.read.modifier == '0' && read.read.votes_needed == 1);
    EXPECT(!bc_databar_assemble(store, &read));
    EXPECT(!bc_databar_worth(store));
    free(store);
}

static void tells_nothing(bc_databar_store *store)
{
    bc_databar_read read;
    EXPECT(!bc_databar_assemble(store, &read));
    free(store);
}

/*
 * ISO/IEC 24724's example of expanded: the characters 21423212, 34221113,
 * 21162311, 11236121, 11251322, 31251212, 13421123 and 32141141 about A1, C2,
 * B1 and D2.  In two rows the second one is turned round.
 */
static const char expanded[] = "b121423212184113422111321162311116431123612111251322364113125121213421123118233214114111a";
static const char expanded_upper[] = "b121423212184113422111321162311116431123612111a";
static const char expanded_lower[] = "a111411412332811321124312121521311463223152111b";
static const char expanded_payload[] = "01988987654321063202012345" "15991231";

/* The standard's GTINs, drawn by an independent encoder. */
static const char omni[] = "b111331151274111221215125121112112833212123211a";
static const char limited[] = "b132223212111123112111121122112121123213222211f";
static const char stacked_upper[] = "b11133115127411122121511b";
static const char stacked_lower[] = "a1125121112112833212123211a";
static const char omni_payload[] = "0120012345678909", limited_payload[] = "0115012345678907";

/* The same row seen from its other end. */
static const char *turned(const char *modules, char *out)
{
    const size_t n = strlen(modules);
    for (size_t i = 0; i < n; i++)
        out[i] = modules[n - 1 - i];
    out[n] = '\0';
    return out;
}

static void test_rows_alone(void)
{
    static const struct {
        const char *modules, *payload;
        uint32_t symbology;
    } cases[] = {
        {expanded, expanded_payload, BC_DATABAR_EXPANDED},
        {omni, omni_payload, BC_DATABAR},
        {limited, limited_payload, BC_DATABAR_LIMITED},
    };
    char other_way[128];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bc_databar_store *store = fresh();
        show(store, cases[i].modules, BC_DATABAR_ALL, 10, -500);
        show(store, cases[i].modules, BC_DATABAR_ALL, 9, -500);
        int32_t place;
        const float module = bc_databar_module(store, &place);
        EXPECT(module > 95.9f && module < 96.1f && place > 0);
        tells(store, cases[i].symbology, cases[i].payload);

        store = fresh();
        show(store, turned(cases[i].modules, other_way), BC_DATABAR_ALL, 0, 0);
        show(store, other_way, BC_DATABAR_ALL, 1, 0);
        tells(store, cases[i].symbology, cases[i].payload);

        store = fresh(); /* one line is not enough, however often it is shown */
        show(store, cases[i].modules, BC_DATABAR_ALL, 1, 0);
        show(store, cases[i].modules, BC_DATABAR_ALL, 1, 0);
        tells_nothing(store);

        store = fresh();
        show(store, cases[i].modules, BC_DATABAR_ALL & ~cases[i].symbology, 1, 0);
        show(store, cases[i].modules, BC_DATABAR_ALL & ~cases[i].symbology, 2, 0);
        tells_nothing(store);
    }
}

static void test_rows_that_belong_together(void)
{
    bc_databar_store *store = fresh();
    for (uint16_t row = 0; row < 3; row++) {
        show(store, expanded_lower, BC_DATABAR_ALL, (uint16_t)(4 + row), 0);
        show(store, expanded_upper, BC_DATABAR_ALL, row, 0);
    }
    tells(store, BC_DATABAR_EXPANDED, expanded_payload);

    store = fresh();
    for (uint16_t row = 0; row < 3; row++) {
        show(store, stacked_upper, BC_DATABAR_ALL, row, 0);
        show(store, stacked_lower, BC_DATABAR_ALL, (uint16_t)(4 + row), UNIT);
    }
    tells(store, BC_DATABAR, omni_payload);
}

/* In the wrong order, one beside the other or far away, rows are not one symbol's. */
static void test_rows_that_do_not(void)
{
    static const struct {
        uint16_t upper, lower;
        int32_t shift;
    } cases[] = {{4, 0, 0}, {0, 40, 0}, {0, 4, 12 * UNIT}, {0, 4, -12 * UNIT}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bc_databar_store *store = fresh();
        for (uint16_t row = 0; row < 3; row++) {
            show(store, stacked_upper, BC_DATABAR_ALL, (uint16_t)(cases[i].upper + row), 0);
            show(store, stacked_lower, BC_DATABAR_ALL, (uint16_t)(cases[i].lower + row), cases[i].shift);
        }
        tells_nothing(store);
    }
}

static void test_lines_at_their_bounds(void)
{
    static const uint16_t fills[] = {0, 1, UINT16_MAX};
    static const size_t lengths[] = {0, 1, 12, 13, 47, BC_ELEMENTS_MAX, BC_ELEMENTS_MAX + 1};
    bc_databar_store *store = fresh();
    for (size_t f = 0; f < sizeof fills / sizeof *fills; f++)
        for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
            uint16_t *width = malloc(lengths[i] * sizeof *width + 1);
            EXPECT(width != NULL);
            for (size_t e = 0; e < lengths[i]; e++)
                width[e] = fills[f];
            const bc_elements line = {width, lengths[i]};
            EXPECT(bc_databar_line(store, &line, BC_DATABAR_ALL, UINT16_MAX, 1 << 29) == 0);
            EXPECT(bc_databar_line(store, &line, BC_DATABAR_ALL, 0, -(1 << 29)) == 0);
            free(width);
        }
    tells_nothing(store);
}

static uint32_t random_next(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

/* Widths of whole modules by chance, shown on four lines alike: nothing is told of a million elements. */
static void test_chance_is_refused(void)
{
    uint64_t state = 24724;
    uint16_t width[301];
    for (size_t turn = 0; turn < 3400; turn++) {
        const uint32_t widest = 2 + random_next(&state) % 7;
        for (size_t i = 0; i < 301; i++)
            width[i] = (uint16_t)(UNIT * (1 + (random_next(&state) % 2) * (random_next(&state) % widest)));
        bc_databar_store *store = fresh();
        for (uint16_t row = 0; row < 4; row++)
            bc_databar_line(store, &(bc_elements){width, 301}, BC_DATABAR_ALL, row, 0);
        tells_nothing(store);
    }
}

int main(void)
{
    test_rows_alone();
    test_rows_that_belong_together();
    test_rows_that_do_not();
    test_lines_at_their_bounds();
    test_chance_is_refused();
    return 0;
}
