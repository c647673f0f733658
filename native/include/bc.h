/*
 * bc: reads barcodes out of greyscale images.
 *
 * The whole public face of the library.  It allocates nothing, keeps no
 * globals, reads no clock or locale and never calls back, so every function
 * may run in any thread at the same time as any other.  Input is borrowed and
 * never written to.  Output goes where the caller says, with its capacity
 * beside it; when it does not fit the status says so.
 */
#ifndef BC_H
#define BC_H

#include <stddef.h> /* size_t, ptrdiff_t */
#include <stdint.h> /* uint8_t, uint16_t, uint32_t, int32_t */

/* Numbers are fixed for ever: they are stored in records and compared across versions. */
typedef enum {
    BC_OK = 0,
    BC_NO_READ = 1,             /* nothing found: an answer, not an error */
    BC_FORMAT = 2,              /* a symbol was found and breaks its symbology's rules */
    BC_CHECKSUM = 3,            /* a symbol was found and its check does not hold */
    BC_UNSUPPORTED = 4,
    BC_BAD_ARGUMENT = 5,        /* a null pointer where data must be, or a value out of its range */
    BC_WORKSPACE_TOO_SMALL = 6,
    BC_OUTPUT_FULL = 7,         /* there was more than the output has room for */
    BC_LIMIT = 8                /* a bound of the library was met before the end */
} bc_status;

/* Symbologies, one bit each; numbers are fixed for ever. */
typedef enum {
    BC_CODE128 = 1 << 0,        /* ISO/IEC 15417, GS1-128 among it */
    BC_EAN13 = 1 << 1,          /* ISO/IEC 15420, add-ons among it, as for the next three */
    BC_EAN8 = 1 << 2,
    BC_UPCA = 1 << 3,
    BC_UPCE = 1 << 4,
    BC_ITF = 1 << 5,            /* ISO/IEC 16390, ITF-14 among it */
    BC_CODE39 = 1 << 6,         /* ISO/IEC 16388 */
    BC_CODE93 = 1 << 7,         /* AIM USS Code 93 */
    BC_CODABAR = 1 << 8,        /* EN 798 */
    BC_DATABAR = 1 << 9,        /* ISO/IEC 24724 omnidirectional, truncated, stacked, stacked omnidirectional */
    BC_DATABAR_LIMITED = 1 << 10,
    BC_DATABAR_EXPANDED = 1 << 11, /* and expanded stacked */
    BC_QR = 1 << 12,            /* ISO/IEC 18004 */
    BC_MICRO_QR = 1 << 13,
    BC_DATA_MATRIX = 1 << 14,   /* ISO/IEC 16022 ECC 200, and the rectangles of ISO/IEC 21471 */
    BC_AZTEC = 1 << 15,         /* ISO/IEC 24778: compact, full range, runes */
    BC_PDF417 = 1 << 16,        /* ISO/IEC 15438, truncated ones among it */
    BC_MICRO_PDF417 = 1 << 17,  /* ISO/IEC 24728 */
    BC_MAXICODE = 1 << 18,      /* ISO/IEC 16023, modes 2 to 6 */
    BC_RMQR = 1 << 19           /* ISO/IEC 23941: rectangular Micro QR */
} bc_symbology;

#define BC_LINEAR_ALL 0x0FFFu
#define BC_ALL 0xFFFFFu

/* How long to look: what one step finds the next finds too, later. */
typedef enum {
    BC_EFFORT_FAST = 0,         /* what a good picture needs */
    BC_EFFORT_NORMAL = 1,
    BC_EFFORT_THOROUGH = 2      /* as long as there is something left to try, within the bound of work */
} bc_effort;

/* Flags of bc_options, to be or-ed. */
#define BC_PORTABLE 1u          /* no SIMD; the answer is the same */
#define BC_CODE39_CHECK 2u      /* Code 39 must end in a valid modulo-43 check character, which is left out of the payload */
#define BC_CODE39_FULL_ASCII 4u /* Code 39 pairs such as +A are read as full ASCII, always */
#define BC_CODE39_PLAIN 8u      /* ... never; with neither flag where a symbol holds two lower case letters */
#define BC_FLAGS_ALL 15u

#define BC_MAX_SIDE 16384u      /* px; a longer image is BC_UNSUPPORTED */
#define BC_MAX_PAYLOAD 7089u    /* bytes: QR 40-L in numeric mode holds the most */
#define BC_MAX_SEGMENTS 32u     /* changes of character set in one symbol; test symbols have 17, parcels 1 or 2 */
#define BC_MAX_SYMBOLS 1024u    /* symbols a call may be asked for */
#define BC_APPEND_COUNT_UNKNOWN UINT32_MAX /* append_count of a part that does not say how many there are */
#define BC_APPEND_ID_SIZE 48u   /* characters of what the parts of a structured append share, and a NUL */

/* A grey picture, 0 black to 255 white.  Strides are in bytes and may be negative. */
typedef struct {
    const uint8_t *px;          /* the top left pixel */
    uint32_t width, height;
    ptrdiff_t stride;           /* from a pixel to the one below */
    ptrdiff_t step;             /* from a pixel to the one on its right; 1 unless channels or columns are skipped */
} bc_image;

typedef struct {
    uint32_t symbologies;       /* of bc_symbology; 0 finds nothing */
    uint32_t effort;            /* of bc_effort */
    uint32_t flags;
    uint32_t work_us;           /* bound of work in us of a 3 GHz core, within the effort's own; 0: that one alone */
} bc_options;

/* From `start` on, payload bytes are in this character set. */
typedef struct {
    uint32_t start;
    int32_t eci;                /* AIM ECI assignment number, BC_ECI_NONE or BC_ECI_KANJI */
} bc_segment;

#define BC_ECI_NONE (-1)        /* the symbol does not say */
#define BC_ECI_KANJI (-2)       /* QR Kanji mode: Shift JIS */

typedef struct {
    uint32_t symbology;         /* one bit of bc_symbology */
    char identifier[4];         /* AIM symbology identifier (ISO/IEC 15424) and a NUL: "]C1" */
    float corners[8];           /* x, y in px of the symbol's own top left, top right, bottom right, bottom left */
    float rotation_deg;         /* of the reading direction, clockwise from the image's x axis, -180 to 180 */
    float module_px;            /* size of a module in the image's pixels */
    float ec_used;              /* share of the error correction spent, 0 to 1; 0 where there is none */
    uint8_t mirrored, inverted; /* 0 or 1; inverted is light on dark */
    /*
     * QR 1-40, Micro QR 1-4, rMQR 1-32 (R7x43 to R17x139); Data Matrix 1-30
     * and, by ISO/IEC 21471, 31-48; Aztec's layers, 1-32; MaxiCode's mode, 2-6;
     * MicroPDF417's sizes by columns and rows, 1-34; otherwise 0.
     */
    uint8_t version;
    uint8_t ec_level;           /* of QR, Micro QR and rMQR 'L', 'M', 'Q', 'H', of PDF417 '0' to '8'; otherwise 0 */
    uint8_t reader_init;        /* 1: the symbol sets readers up, and is no data */
    uint16_t columns, rows;     /* of a matrix symbol, in modules, PDF417's rows as such; otherwise 0 */
    char add_on[6];             /* the 2 or 5 digits beside an EAN or UPC symbol and a NUL; "" without them */
    uint32_t append_index;      /* structured append: which part, from 0 */
    uint32_t append_count;      /* of how many; 0: not a part of anything */
    /*
     * What its parts share, "" where the symbol has no such thing: of QR the
     * parity and of Data Matrix the file identification (first number * 256 +
     * second) in decimal; of Aztec a text; of PDF417 the file identification,
     * three digits a codeword.
     */
    char append_id[BC_APPEND_ID_SIZE];
    uint8_t segment_n;
    uint32_t length;            /* of payload */
    bc_segment segments[BC_MAX_SEGMENTS]; /* the first starts at 0; none when the payload is empty */
    uint8_t payload[BC_MAX_PAYLOAD];
} bc_symbol;

/* "major.minor.patch" of this library; static, never null. */
const char *bc_version(void);

/* The name of a status, e.g. "OUTPUT_FULL"; "?" for a number that is none.  Static, never null. */
const char *bc_status_str(bc_status status);

/* Bytes of workspace for any image up to this size; 0 for a size that is not supported. */
size_t bc_workspace_size(uint32_t max_width, uint32_t max_height, uint32_t symbologies);

/*
 * Finds and reads the symbols of one image, at most out_cap of them.
 *
 * ws is 16-aligned, at least bc_workspace_size(image->width, image->height,
 * options->symbologies) bytes, and this call's alone while it runs.  Two
 * symbols with one content are two results; no symbol is told twice.
 *
 * *out_n is the number of symbols written, valid whatever the status:
 *   BC_OK                   all that was found
 *   BC_NO_READ              nothing was found
 *   BC_OUTPUT_FULL          out_cap were found; there may be more
 *   BC_LIMIT                the bound of work was met: there may be more
 *   BC_WORKSPACE_TOO_SMALL, BC_UNSUPPORTED (size), BC_BAD_ARGUMENT
 */
bc_status bc_decode(const bc_image *image, const bc_options *options, void *ws, size_t ws_len,
                    bc_symbol *out, size_t out_cap, size_t *out_n);

#define BC_MAX_FRAMES 257u      /* frames in a sum: 257 * 255 is the most that 16 bits hold */
#define BC_MAX_PART 1024u       /* px a side of what bc_find_shift looks for */
#define BC_MAX_RADIUS 256u      /* px that it looks to each side */

/* Frames of one place added up: the caller's memory, cleared, with frames 0, before the first. */
typedef struct {
    uint16_t *sum;              /* width * height of them, row by row */
    uint32_t width, height;
    uint32_t scale;             /* sums a pixel along each side: 1, or 2 to see between pixels */
    uint32_t frames;            /* added so far */
} bc_sum;

/*
 * Adds what the image shows from x, y on (px; the top left pixel's top left
 * corner is 0, 0), interpolated between pixels.
 *
 * BC_BAD_ARGUMENT for a place that is not half a pixel inside the image, for
 * null pointers and other scales; BC_LIMIT after BC_MAX_FRAMES.  Then nothing
 * is added.
 */
bc_status bc_accumulate(const bc_image *image, float x, float y, bc_sum *sum);

/* The mean of all frames, width * height grey levels; BC_OUTPUT_FULL when cap is less, and nothing is written. */
bc_status bc_mean(const bc_sum *sum, uint8_t *out, size_t cap);

/* Where a part lies, and how much better it fits there than elsewhere: 0 not at all, 1 exactly there only. */
typedef struct {
    float x, y;                 /* px of its top left corner in the image */
    float contrast;
} bc_shift;

/* Bytes of workspace for a part of this size and a radius; 0 for what is not supported. */
size_t bc_find_shift_workspace(uint32_t width, uint32_t height, uint32_t radius);

/*
 * Finds a part of width * height adjacent pixels in the image, at most radius
 * px from at->x, at->y along each axis, to a fraction of a pixel.
 *
 * BC_NO_READ when no such place is inside the image: *at stays.  Otherwise
 * *at tells the best place there is, however bad it is.
 */
bc_status bc_find_shift(const bc_image *image, const uint8_t *part, uint32_t width, uint32_t height,
                        uint32_t radius, void *ws, size_t ws_len, bc_shift *at);

/* An upright rectangle of the image, px. */
typedef struct {
    uint32_t left, top, width, height;
} bc_box;

/* Bytes of workspace that bc_busy takes for any image up to this size; 0 for a size that is not supported. */
size_t bc_busy_workspace(uint32_t max_width, uint32_t max_height);

/*
 * Areas that are as busy as symbols are, each a box of whole blocks of 32 px:
 * symbols of 2 px a module and more are among them, text too, edges and noise
 * alone are not.  From top to bottom by their first block.
 *
 * *out_n is the number of boxes, valid whatever the status: BC_OK, BC_NO_READ
 * (none), BC_OUTPUT_FULL (there are more), or what bc_decode refuses.
 */
bc_status bc_busy(const bc_image *image, void *ws, size_t ws_len, bc_box *out, size_t cap, size_t *out_n);

/*
 * One grey row of n pixels to element widths (run lengths) in pixels.
 *
 * A pixel is dark when it is below threshold, so 0 makes every row light.
 * Elements alternate and the first is a space: out[0] is 0 when the row begins
 * dark, out[even] are spaces and out[odd] are bars.  A run longer than
 * UINT16_MAX saturates there.  n pixels never make more than n + 1 elements.
 *
 * *out_n is the number of elements written, valid whatever the status:
 *   BC_OK            the whole row; an empty row has no elements
 *   BC_OUTPUT_FULL   the first cap elements, each of them whole; the rest is lost
 *   BC_BAD_ARGUMENT  out_n is null, or row with n > 0, or out with cap > 0
 */
bc_status bc_element_widths(const uint8_t *row, size_t n, uint8_t threshold,
                            uint16_t *out, size_t cap, size_t *out_n);

#endif
