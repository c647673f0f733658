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

const char *bc_version(void);
const char *bc_status_str(bc_status status);
bc_status bc_element_widths(const uint8_t *row, size_t n, uint8_t threshold,
                            uint16_t *out, size_t cap, size_t *out_n);
