/* A bump allocator over the caller's workspace: mark, take, release; nothing is ever freed to the system. */
#ifndef BC_ARENA_H
#define BC_ARENA_H

#include <stddef.h> /* size_t */
#include <stdint.h> /* uint8_t */

typedef struct {
    uint8_t *base;
    size_t size, used;
} bc_arena;

/* Every allocation is aligned to this, which serves SIMD loads as well. */
#define BC_ARENA_ALIGN 32u

/* A fresh arena over size bytes at base; the first bytes are lost to alignment. */
void bc_arena_init(bc_arena *arena, void *base, size_t size);

/* count things of size bytes, not cleared; null when they do not fit or the product overflows. */
void *bc_arena_take(bc_arena *arena, size_t count, size_t size);

/* What bc_arena_take(count, size) may use up at most, alignment included; SIZE_MAX on overflow. */
size_t bc_arena_cost(size_t count, size_t size);

/* A mark to return to: everything taken after it is released at once. */
static inline size_t bc_arena_mark(const bc_arena *arena)
{
    return arena->used;
}

static inline void bc_arena_release(bc_arena *arena, size_t mark)
{
    arena->used = mark;
}

#endif
