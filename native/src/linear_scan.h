/* The lines of one strip: where they are laid, what they read, and which symbols come of it. */
#ifndef BC_LINEAR_SCAN_H
#define BC_LINEAR_SCAN_H

#include "databar.h"
#include "strips.h"
#include "linear_vote.h"

/* Everything the lines need, from the arena once for all strips. */
typedef struct {
    bc_frame *frame;
    bc_profile *profile, *before; /* of the line at hand; of the first line of the strip */
    bc_edge_scratch *edges;
    bc_line *line;
    bc_line_reader *reader;
    bc_votes *votes;
    bc_databar_store *databar, *databar_other; /* for dark on light and for light on dark */
    uint32_t layer;        /* of the line just read */
    const bc_edge_try *databar_try; /* how edges were told on the last line that showed characters of GS1 DataBar */
    bool databar_sure;     /* whether the line just read shows them beyond doubt */
} bc_scanner;

/* How a strip's lines are laid. */
typedef struct {
    uint32_t lines;        /* at most */
    uint32_t unsure_lines; /* at most where none of them showed a character and not all the strip's lines agree */
    uint32_t breadth;      /* parallel lines averaged into one */
    float pitch;           /* px of the layer */
    uint32_t tries;        /* ways to put edges that are tried on a line, BC_TRIES for all */
    bool inverted;         /* light on dark as well */
    bool patient;          /* a strip is not left because of what its first lines show */
    uint32_t soft_lines;   /* read softly when the others gave nothing, at most */
} bc_line_plan;

#define BC_TRIES 5u

size_t bc_scanner_workspace(void);

/* Takes the scanner's room; false when the arena is too small. */
bool bc_scanner_init(bc_scanner *scanner, bc_frame *frame);

/* Reads a strip and adds its symbols to the frame's output; false when the work is spent. */
bool bc_scan_strip(bc_scanner *scanner, const bc_strip *strip, const bc_line_plan *plan, bc_promise *promise);

/*
 * Whether a strip that was not read is worth more: by what its lines showed,
 * and as lines close to each other show the same.
 */
bool bc_strip_shows_bars(bc_scanner *scanner, const bc_strip *strip, const bc_line_plan *plan, bc_promise *promise);

/* Lets the line's reads vote, and tells the symbols that are safe now. */
void bc_scanner_vote(bc_scanner *scanner, const bc_scan *scan, uint32_t line);

/* The place of the i-th line along the bars: the middle, then to either side in turn. */
float bc_line_place(uint32_t i, float spacing);

/* Places of a strip from which GS1 DataBar is followed, dark on light and light on dark; the first may be chance. */
#define BC_DATABAR_SCANS 4u

/*
 * Looks for GS1 DataBar on the line just read, at v along the bars, dark on
 * light and light on dark: a character alone does not tell which it is.
 * Whether it surely shows characters.
 */
bool bc_databar_look(bc_scanner *scanner, const bc_line_plan *plan, float v);

/*
 * Tells what GS1 DataBar the line at v completes, or follows what it shows, as
 * often as *scans says; false when the work is spent.
 */
bool bc_databar_follow(bc_scanner *scanner, const bc_strip *strip, const bc_line_plan *plan, float v,
                       uint32_t *scans);

/* Whether a symbol is linear. */
bool bc_is_linear(const bc_symbol *symbol);

/* Whether a symbol found before covers the strip's middle and most of its length. */
bool bc_strip_is_read(const bc_scanner *scanner, const bc_strip *strip, float v);

/* Adds a symbol with these corners; shorter ones that it covers are taken back. */
void bc_scanner_tell(bc_scanner *scanner, const bc_linear_read *read, const float *corners, bool inverted);

/* The line at v along the bars, its ends stretched for quiet zones. */
bc_scan bc_strip_line(const bc_strip *strip, const bc_line_plan *plan, float v);

#endif
