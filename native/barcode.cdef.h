typedef enum {
    BC_OK = 0,
    BC_NO_READ = 1,
    BC_FORMAT = 2,
    BC_CHECKSUM = 3,
    BC_UNSUPPORTED = 4,
    BC_BAD_ARGUMENT = 5,
    BC_WORKSPACE_TOO_SMALL = 6,
    BC_OUTPUT_FULL = 7,
    BC_LIMIT = 8
} bc_status;

#define BC_PORTABLE 1
#define BC_CODE39_CHECK 2
#define BC_CODE39_FULL_ASCII 4
#define BC_CODE39_PLAIN 8

#define BC_MAX_SIDE 16384
#define BC_MAX_SYMBOLS 1024
#define BC_MAX_PAYLOAD 7089
#define BC_MAX_SEGMENTS 32
#define BC_ECI_NONE -1
#define BC_ECI_KANJI -2

typedef struct {
    const uint8_t *px;
    uint32_t width, height;
    ptrdiff_t stride;
    ptrdiff_t step;
} bc_image;

typedef struct {
    uint32_t symbologies;
    uint32_t effort;
    uint32_t flags;
    uint32_t work_us;
} bc_options;

typedef struct {
    uint32_t start;
    int32_t eci;
} bc_segment;

typedef struct {
    uint32_t symbology;
    char identifier[4];
    float corners[8];
    float rotation_deg;
    float module_px;
    float ec_used;
    uint8_t mirrored, inverted;
    uint8_t version;
    uint8_t ec_level;
    uint8_t reader_init;
    uint16_t columns, rows;
    char add_on[6];
    uint32_t append_index;
    uint32_t append_count;
    char append_id[48];
    uint8_t segment_n;
    uint32_t length;
    bc_segment segments[32];
    uint8_t payload[7089];
} bc_symbol;

const char *bc_version(void);
const char *bc_status_str(bc_status status);
size_t bc_workspace_size(uint32_t max_width, uint32_t max_height, uint32_t symbologies);
bc_status bc_decode(const bc_image *image, const bc_options *options, void *ws, size_t ws_len,
                    bc_symbol *out, size_t out_cap, size_t *out_n);
bc_status bc_element_widths(const uint8_t *row, size_t n, uint8_t threshold,
                            uint16_t *out, size_t cap, size_t *out_n);

#define BC_MAX_FRAMES 257
#define BC_MAX_PART 1024
#define BC_MAX_RADIUS 256

typedef struct {
    uint16_t *sum;
    uint32_t width, height;
    uint32_t scale;
    uint32_t frames;
} bc_sum;

typedef struct {
    float x, y;
    float contrast;
} bc_shift;

typedef struct {
    uint32_t left, top, width, height;
} bc_box;

bc_status bc_accumulate(const bc_image *image, float x, float y, bc_sum *sum);
bc_status bc_mean(const bc_sum *sum, uint8_t *out, size_t cap);
size_t bc_find_shift_workspace(uint32_t width, uint32_t height, uint32_t radius);
bc_status bc_find_shift(const bc_image *image, const uint8_t *part, uint32_t width, uint32_t height,
                        uint32_t radius, void *ws, size_t ws_len, bc_shift *at);
size_t bc_busy_workspace(uint32_t max_width, uint32_t max_height);
bc_status bc_busy(const bc_image *image, void *ws, size_t ws_len, bc_box *out, size_t cap, size_t *out_n);
