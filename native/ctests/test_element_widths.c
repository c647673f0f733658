/*
 * bc_element_widths at its edges.  Every buffer is allocated to the byte, so
 * that the address sanitiser sees a read or write one past its end.
 */
#include "bc.h"
#include "expect.h"

#include <string.h> /* memcpy, memset, memcmp */

static void *exactly(size_t bytes)
{
    void *memory = malloc(bytes > 0 ? bytes : 1);
    EXPECT(memory != NULL);
    return memory;
}

/* Runs one row with room for cap elements and expects this status and these elements. */
static void row_gives(const uint8_t *pixels, size_t n, size_t cap, bc_status status,
                      const uint16_t *widths, size_t count)
{
    uint8_t *row = exactly(n);
    uint16_t *out = exactly(cap * sizeof *out);
    size_t out_n = 999;

    if (n > 0)
        memcpy(row, pixels, n);
    EXPECT(bc_element_widths(row, n, 128, out, cap, &out_n) == status);
    EXPECT(out_n == count);
    EXPECT(count == 0 || memcmp(out, widths, count * sizeof *out) == 0);
    EXPECT(n == 0 || memcmp(row, pixels, n) == 0);
    free(row);
    free(out);
}

static void test_runs(void)
{
    const uint8_t begins_light[] = {255, 128, 127, 0, 0, 200};
    const uint8_t begins_dark[] = {127, 128};
    const uint8_t one_light[] = {128};
    const uint8_t one_dark[] = {0};

    row_gives(begins_light, 6, 7, BC_OK, (const uint16_t[]){2, 3, 1}, 3);
    row_gives(begins_dark, 2, 3, BC_OK, (const uint16_t[]){0, 1, 1}, 3);
    row_gives(one_light, 1, 2, BC_OK, (const uint16_t[]){1}, 1);
    row_gives(one_dark, 1, 2, BC_OK, (const uint16_t[]){0, 1}, 2);
    row_gives(begins_light, 0, 0, BC_OK, NULL, 0);
}

static void test_too_small_an_output_is_said(void)
{
    const uint8_t row[] = {255, 0, 0, 255};

    row_gives(row, 4, 3, BC_OK, (const uint16_t[]){1, 2, 1}, 3);
    row_gives(row, 4, 2, BC_OUTPUT_FULL, (const uint16_t[]){1, 2}, 2);
    row_gives(row, 4, 1, BC_OUTPUT_FULL, (const uint16_t[]){1}, 1);
    row_gives(row, 4, 0, BC_OUTPUT_FULL, NULL, 0);
}

static void test_a_long_run_saturates(void)
{
    const size_t lengths[] = {UINT16_MAX - 1, UINT16_MAX, (size_t)UINT16_MAX + 1, 200000};

    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        uint8_t *row = exactly(lengths[i] + 1);
        const uint16_t width = lengths[i] > UINT16_MAX ? UINT16_MAX : (uint16_t)lengths[i];

        memset(row, 255, lengths[i]);
        row[lengths[i]] = 0;
        row_gives(row, lengths[i] + 1, 2, BC_OK, (const uint16_t[]){width, 1}, 2);
        free(row);
    }
}

static void test_threshold_ends(void)
{
    const uint8_t row[] = {0, 255};
    uint16_t out[3];
    size_t out_n = 0;

    EXPECT(bc_element_widths(row, 2, 0, out, 3, &out_n) == BC_OK);
    EXPECT(out_n == 1 && out[0] == 2);
    EXPECT(bc_element_widths(row, 2, 255, out, 3, &out_n) == BC_OK);
    EXPECT(out_n == 3 && out[0] == 0 && out[1] == 1 && out[2] == 1);
}

static void test_null_pointers_are_refused(void)
{
    const uint8_t row[] = {0};
    uint16_t out[2];
    size_t out_n = 999;

    EXPECT(bc_element_widths(row, 1, 128, out, 2, NULL) == BC_BAD_ARGUMENT);
    EXPECT(bc_element_widths(NULL, 1, 128, out, 2, &out_n) == BC_BAD_ARGUMENT && out_n == 0);
    out_n = 999;
    EXPECT(bc_element_widths(row, 1, 128, NULL, 2, &out_n) == BC_BAD_ARGUMENT && out_n == 0);
    EXPECT(bc_element_widths(NULL, 0, 128, NULL, 0, &out_n) == BC_OK && out_n == 0);
}

static void test_statuses_have_names(void)
{
    for (int status = BC_OK; status <= BC_LIMIT; status++)
        EXPECT(strcmp(bc_status_str((bc_status)status), "?") != 0);
    EXPECT(strcmp(bc_status_str(BC_OUTPUT_FULL), "OUTPUT_FULL") == 0);
    EXPECT(strcmp(bc_status_str((bc_status)15), "?") == 0);
    EXPECT(strlen(bc_version()) >= strlen("0.0.0"));
}

int main(void)
{
    test_runs();
    test_too_small_an_output_is_said();
    test_a_long_run_saturates();
    test_threshold_ends();
    test_null_pointers_are_refused();
    test_statuses_have_names();
    return 0;
}
