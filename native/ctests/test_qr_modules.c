/*
 * From module darkness to content on ISO/IEC 18004:2015's worked examples
 * (annex I, figures I.2 and I.4: "01234567" as 1-M under mask 2 and as M2-L
 * under mask 1), drawn by an independent encoder, in buffers exact to the byte.
 */
#include "expect.h"
#include "qr_modules.h"

#include <string.h> /* memcmp, memset, strlen */

static const char qr_1m[] =
    "#######..#.##.#######"
    "#.....#..####.#.....#"
    "#.###.#.#.....#.###.#"
    "#.###.#.##....#.###.#"
    "#.###.#.#.###.#.###.#"
    "#.....#.#...#.#.....#"
    "#######.#.#.#.#######"
    "........#..##........"
    "#.#####..#..#.#####.."
    "...#.#.##.#.#..#.##.."
    "..#...##.#.#.#..#####"
    "....#....#.....####.."
    "...######..#.#..#...."
    "........#.#####..##.."
    "#######..##.#.##....."
    "#.....#.#.#####...#.#"
    "#.###.#.#...#..#.##.."
    "#.###.#.##..#..#....."
    "#.###.#.#.##.#..#.#.."
    "#.....#........##.##."
    "#######.####.#..#.#..";

static const char micro_m2l[] =
    "#######.#.#.#"
    "#.....#.###.#"
    "#.###.#..##.#"
    "#.###.#..####"
    "#.###.#.###.."
    "#.....#.#...#"
    "#######..####"
    ".........##.."
    "##.#....#...#"
    ".##.#.#.#.#.#"
    "###..#######."
    "...#.#....##."
    "###.#..##.###";

typedef bc_status reader(const bc_qr_modules *, bc_arena *, bc_symbol *);

/* Reads what is drawn with dark and light so dark, in an arena of `room` bytes, which must be whole again. */
static bc_status read(reader *call, const char *drawn, uint8_t dark, uint8_t light, size_t room,
                      bc_symbol *symbol)
{
    const size_t n = strlen(drawn);
    uint32_t size = 1;
    while ((size_t)size * size < n)
        size++;
    uint8_t *darkness = malloc(n), *workspace = malloc(room > 0 ? room : 1);
    EXPECT(darkness != NULL && workspace != NULL);
    for (size_t i = 0; i < n; i++)
        darkness[i] = drawn[i] == '#' ? dark : light;
    bc_arena arena;
    bc_arena_init(&arena, workspace, room);
    memset(symbol, 0xA5, sizeof *symbol);
    const bc_status status = call(&(bc_qr_modules){darkness, size}, &arena, symbol);
    EXPECT(bc_arena_mark(&arena) == 0);
    free(darkness);
    free(workspace);
    return status;
}

static size_t enough(void)
{
    return bc_qr_workspace() + BC_ARENA_ALIGN;
}

static void says_01234567(const bc_symbol *symbol)
{
    EXPECT(symbol->length == 8 && memcmp(symbol->payload, "01234567", 8) == 0);
    EXPECT(strcmp(symbol->identifier, "]Q1") == 0);
    EXPECT(symbol->segment_n == 1 && symbol->segments[0].start == 0 && symbol->segments[0].eci == BC_ECI_NONE);
    EXPECT(symbol->mirrored == 0 && symbol->append_count == 0 && symbol->ec_used == 0.0f);
}

static void test_worked_examples(void)
{
    static bc_symbol symbol;
    EXPECT(read(bc_qr_read, qr_1m, 255, 0, enough(), &symbol) == BC_OK);
    says_01234567(&symbol);
    EXPECT(symbol.symbology == BC_QR && symbol.version == 1 && symbol.ec_level == 'M');
    EXPECT(read(bc_micro_qr_read, micro_m2l, 255, 0, enough(), &symbol) == BC_OK);
    says_01234567(&symbol);
    EXPECT(symbol.symbology == BC_MICRO_QR && symbol.version == 2 && symbol.ec_level == 'L');
}

static void test_dark_begins_at_128(void)
{
    static bc_symbol symbol;
    EXPECT(read(bc_qr_read, qr_1m, 128, 127, enough(), &symbol) == BC_OK);
    says_01234567(&symbol);
    EXPECT(read(bc_micro_qr_read, micro_m2l, 128, 127, enough(), &symbol) == BC_OK);
    says_01234567(&symbol);
}

static void test_one_colour_is_no_symbol(void)
{
    static bc_symbol symbol;
    const uint8_t darkness[] = {0, 127, 128, 255};
    for (size_t i = 0; i < sizeof darkness; i++) {
        const bc_status qr = read(bc_qr_read, qr_1m, darkness[i], darkness[i], enough(), &symbol);
        const bc_status micro = read(bc_micro_qr_read, micro_m2l, darkness[i], darkness[i], enough(), &symbol);
        EXPECT(qr == BC_FORMAT || qr == BC_CHECKSUM);
        EXPECT(micro == BC_FORMAT || micro == BC_CHECKSUM);
    }
}

static void test_too_small_a_workspace_is_said(void)
{
    static bc_symbol symbol;
    EXPECT(read(bc_qr_read, qr_1m, 255, 0, bc_qr_workspace() - 1, &symbol) == BC_WORKSPACE_TOO_SMALL);
    EXPECT(read(bc_qr_read, qr_1m, 255, 0, 0, &symbol) == BC_WORKSPACE_TOO_SMALL);
}

int main(void)
{
    test_worked_examples();
    test_dark_begins_at_128();
    test_one_colour_is_no_symbol();
    test_too_small_a_workspace_is_said();
    return 0;
}
