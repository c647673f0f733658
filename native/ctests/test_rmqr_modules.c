/*
 * rMQR from module darkness to content on "01234567" as R7x43-M and R11x27-H,
 * drawn by an independent encoder, in buffers exact to the byte; and the tables
 * against each other: modules, codewords, blocks, format information.
 */
#include "expect.h"
#include "rmqr_modules.h"
#include "rmqr_patterns.h"
#include "rmqr_tables.h"

#include <string.h> /* memcmp, memset, strcmp, strlen */

static const char r7x43_m[] =
    "#######.#.#.#.#.#.#.###.#.#.#.#.#.#.#.#.###"
    "#.....#..#.####.##..#.#..##..###.#.##...#.#"
    "#.###.#.#.####..#...###....#.##..##########"
    "#.###.#..##.#...#..#..##..#####..#....#...#"
    "#.###.#...#...#.#.#.######.#.#.##.##..#.#.#"
    "#.....#.#####.....#.#.#.#...#.#.#..##.#...#"
    "#######.#.#.#.#.#.#.###.#.#.#.#.#.#.#.#####";

static const char r11x27_h[] =
    "#######.#.#.#.#.#.#.#.#.###"
    "#.....#..##..#.##.##.#..#.#"
    "#.###.#....#......##..##..#"
    "#.###.#.####.#.#.......#.#."
    "#.###.#..#.....##.###..#.##"
    "#.....#.######.#...####..#."
    "#######.##.######.#.#.#####"
    "........#.#..#..#..#..#...#"
    "#####.###...#.#...#####.#.#"
    "#.##.....#.#..##..###.#...#"
    "###.#.#.#.#.#.#.#.#.#.#####";

/* Reads what is drawn with dark and light so dark, in an arena of `room` bytes, which must be whole again. */
static bc_status read(const char *drawn, uint32_t columns, uint8_t dark, uint8_t light, size_t room,
                      bc_symbol *symbol)
{
    const size_t n = strlen(drawn);
    uint8_t *darkness = malloc(n), *workspace = malloc(room > 0 ? room : 1);
    EXPECT(darkness != NULL && workspace != NULL);
    for (size_t i = 0; i < n; i++)
        darkness[i] = drawn[i] == '#' ? dark : light;
    bc_arena arena;
    bc_arena_init(&arena, workspace, room);
    memset(symbol, 0xA5, sizeof *symbol);
    const bc_status status = bc_rmqr_read(&(bc_plane){darkness, columns, (uint32_t)n / columns}, &arena, symbol);
    EXPECT(bc_arena_mark(&arena) == 0);
    free(darkness);
    free(workspace);
    return status;
}

static size_t enough(void)
{
    return bc_rmqr_workspace() + BC_ARENA_ALIGN;
}

static void says_01234567(const bc_symbol *symbol, uint8_t version, uint8_t level)
{
    EXPECT(symbol->length == 8 && memcmp(symbol->payload, "01234567", 8) == 0);
    EXPECT(symbol->symbology == BC_RMQR && symbol->version == version && symbol->ec_level == level);
    EXPECT(symbol->columns == bc_rmqr_sizes[version - 1].columns && symbol->rows == bc_rmqr_sizes[version - 1].rows);
    EXPECT(strcmp(symbol->identifier, "]Q1") == 0 && symbol->append_count == 0 && symbol->ec_used == 0.0f);
    EXPECT(symbol->segment_n == 1 && symbol->segments[0].start == 0 && symbol->segments[0].eci == BC_ECI_NONE);
}

static void test_dark_is_above_the_middle(void)
{
    static bc_symbol symbol;
    for (uint8_t softness = 0; softness < 128; softness = (uint8_t)(softness + 126)) {
        const uint8_t dark = (uint8_t)(255 - softness), light = softness;
        EXPECT(read(r7x43_m, 43, dark, light, enough(), &symbol) == BC_OK);
        says_01234567(&symbol, 1, 'M');
        EXPECT(read(r11x27_h, 27, dark, light, enough(), &symbol) == BC_OK);
        says_01234567(&symbol, 11, 'H');
    }
}

static void test_one_colour_is_no_symbol(void)
{
    static bc_symbol symbol;
    const uint8_t darkness[] = {0, 127, 128, 255};
    for (size_t i = 0; i < sizeof darkness; i++) {
        const bc_status status = read(r7x43_m, 43, darkness[i], darkness[i], enough(), &symbol);
        EXPECT(status == BC_FORMAT || status == BC_CHECKSUM);
    }
}

static void test_what_it_cannot_do_is_said(void)
{
    static bc_symbol symbol;
    EXPECT(read(r7x43_m, 43, 255, 0, bc_rmqr_workspace() - 1, &symbol) == BC_WORKSPACE_TOO_SMALL);
    EXPECT(read(r7x43_m, 43, 255, 0, 0, &symbol) == BC_WORKSPACE_TOO_SMALL);
    EXPECT(read(r7x43_m, 7, 255, 0, enough(), &symbol) == BC_BAD_ARGUMENT);
}

/* The modules that are neither patterns nor information hold the codewords, and fewer than one more. */
static void test_modules_are_as_many_as_codewords_need(void)
{
    static uint8_t map[BC_RMQR_MAX_MODULES];
    for (uint32_t i = 0; i < BC_RMQR_VERSIONS; i++) {
        const bc_rmqr_size *size = &bc_rmqr_sizes[i];
        const uint32_t n = (uint32_t)size->columns * size->rows;
        uint32_t data = 0, information = 0;
        EXPECT(bc_rmqr_version_of(size->columns, size->rows) == i + 1);
        bc_rmqr_function_map(size->columns, size->rows, map);
        for (uint32_t k = 0; k < n; k++) {
            data += map[k] == BC_QR_DATA;
            information += map[k] == BC_QR_INFORMATION;
        }
        EXPECT(information == 2 * BC_RMQR_FORMAT_BITS);
        EXPECT(data / 8 == size->codeword_n);
    }
}

static void test_blocks_make_up_the_codewords(void)
{
    for (uint32_t version = 1; version <= BC_RMQR_VERSIONS; version++)
        for (uint32_t level = 0; level < 2; level++) {
            const bc_qr_structure s = bc_rmqr_structure_of(version, level);
            EXPECT((uint32_t)s.data_n + (uint32_t)s.block_n * s.ec_n == s.codeword_n);
            EXPECT((uint32_t)s.short_data * s.block_n + (uint32_t)(s.block_n - s.short_n) == s.data_n);
            EXPECT(s.codeword_n <= BC_RMQR_MAX_CODEWORDS && s.short_n >= 1);
        }
}

/* Of the code (18, 6) three wrong bits can be corrected. */
static void test_format_information_differs_in_seven_bits(void)
{
    for (uint32_t a = 0; a < 2 * BC_RMQR_VERSIONS; a++)
        for (uint32_t b = 0; b < a; b++)
            for (uint32_t sub = 0; sub < 2; sub++) {
                uint32_t differ = bc_rmqr_format_bits(a % 32 + 1, a / 32, sub == 1) ^
                                  bc_rmqr_format_bits(b % 32 + 1, b / 32, sub == 1);
                uint32_t n = 0;
                for (; differ != 0; differ &= differ - 1)
                    n++;
                EXPECT(n >= 7);
            }
}

int main(void)
{
    test_dark_is_above_the_middle();
    test_one_colour_is_no_symbol();
    test_what_it_cannot_do_is_said();
    test_modules_are_as_many_as_codewords_need();
    test_blocks_make_up_the_codewords();
    test_format_information_differs_in_seven_bits();
    return 0;
}
