/*
 * What symbols are made of, for laying them over samples: the sets of symbol
 * characters that may come one after the other, and each set as a tree of
 * element widths.
 */
#ifndef BC_LINEAR_SOFT_SHAPE_H
#define BC_LINEAR_SOFT_SHAPE_H

#include "arena.h"
#include "linear_common.h"

typedef enum {
    BC_SET_EAN_GUARD, BC_SET_EAN_CENTRE, BC_SET_UPCE_END, BC_SET_EAN_A, BC_SET_EAN_AB, BC_SET_EAN_C,
    BC_SET_128_START, BC_SET_128_DATA, BC_SET_128_STOP,
    BC_SET_93_START, BC_SET_93_DATA, BC_SET_93_STOP,
    BC_SET_39_START, BC_SET_39_DATA, BC_SET_39_STOP,
    BC_SET_ITF_START, BC_SET_ITF_PAIR, BC_SET_ITF_STOP,
    BC_SETS
} bc_soft_set;

/* Element widths as hex digits, the first one highest; where only two widths are, 1 is narrow and 2 wide. */
typedef struct {
    uint64_t widths;
    uint32_t elements;
} bc_soft_pattern;

uint32_t bc_soft_set_size(bc_soft_set set);
bc_soft_pattern bc_soft_set_pattern(bc_soft_set set, uint32_t i);

/* How many modules wide every pattern of a set is, with wide elements of `wide` modules where there are but two widths. */
float bc_soft_set_modules(bc_soft_set set, float wide);

/* A tree of elements: node 0 is the root, a child of 0 is none. */
typedef struct {
    uint16_t child, sibling; /* the first element that may follow, and the next one that may stand here instead */
    uint16_t pattern;        /* of the set, when no element follows */
    uint8_t width;           /* hex digit of the pattern */
} bc_soft_node;

/* Makes a set's tree in the arena; null when it does not fit. */
const bc_soft_node *bc_soft_tree(bc_soft_set set, bc_arena *arena);

/* A symbology's symbols: runs of sets, of which one may be of any length. */
#define BC_SOFT_RUNS 5u
typedef struct {
    uint32_t symbology;
    struct {
        uint8_t set, count; /* count 0: as many as the symbol's width says */
    } run[BC_SOFT_RUNS];
    uint8_t least;          /* characters of the run of any length */
    bool two_widths;        /* and their ratio is not known */
} bc_soft_shape;

#define BC_SOFT_SHAPES 7u
extern const bc_soft_shape bc_soft_shapes[BC_SOFT_SHAPES];

#define BC_SOFT_STEPS 64u   /* symbol characters of a symbol, start and stop among them */

/* A shape of one length: the set of every step, its elements, and its modules but for the wide elements. */
typedef struct {
    uint32_t steps, elements;
    float modules, wides;   /* where there are but two widths; otherwise no element counts as wide */
    uint8_t set[BC_SOFT_STEPS];
} bc_soft_plan;

/* The shape with n characters in its run of any length; false when too long. */
bool bc_soft_plan_make(const bc_soft_shape *shape, uint32_t n, bc_soft_plan *plan);

/* All modules of a plan with wide elements of `wide` modules. */
static inline float bc_soft_plan_modules(const bc_soft_plan *plan, float wide)
{
    return plan->modules + plan->wides * wide;
}

#endif
