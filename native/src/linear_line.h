/* One line of elements to reads: every wanted symbology, from both ends, dark on light and light on dark. */
#ifndef BC_LINEAR_LINE_H
#define BC_LINEAR_LINE_H

#include "linear_profile.h"

/* Reads of one line at most: symbols side by side, and a few that contradict each other. */
#define BC_LINE_READS 8u

typedef struct {
    bc_linear_read read;
    bool reversed;       /* read against the line's direction */
    bool inverted;       /* light on dark */
    int32_t from, to;    /* the symbol's outer edges along the line, 1/256 of the pitch; to < from when reversed */
    uint16_t first, last; /* elements of the line it covers, first <= last */
} bc_line_read;

/* A line turned round, and the reads found; from the arena, not the stack. */
typedef struct {
    uint16_t turned[BC_ELEMENTS_MAX + 4];
    bc_line_read read[BC_LINE_READS];
    size_t read_n;
} bc_line_reader;

/*
 * Reads a line.  `symbologies` of bc_symbology says what is wanted; `inverted`
 * looks for light on dark instead of dark on light.
 */
void bc_line_reads(const bc_line *line, uint32_t symbologies, uint32_t flags, bool inverted, bc_line_reader *reader);

/* UPC-A is EAN-13 with a leading 0: one of the two, as wanted; false when the one it is is not. */
bool bc_line_tell_upca(uint32_t symbologies, bc_linear_read *read);

#endif
