#include "arena.h"

void bc_arena_init(bc_arena *arena, void *base, size_t size)
{
    const size_t lost = (BC_ARENA_ALIGN - (size_t)((uintptr_t)base % BC_ARENA_ALIGN)) % BC_ARENA_ALIGN;
    arena->base = (uint8_t *)base + (lost < size ? lost : size);
    arena->size = lost < size ? size - lost : 0;
    arena->used = 0;
}

size_t bc_arena_cost(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX - BC_ARENA_ALIGN)
        return SIZE_MAX;
    return (bytes + BC_ARENA_ALIGN - 1) / BC_ARENA_ALIGN * BC_ARENA_ALIGN;
}

void *bc_arena_take(bc_arena *arena, size_t count, size_t size)
{
    const size_t bytes = bc_arena_cost(count, size);
    if (bytes > arena->size - arena->used)
        return NULL;
    void *taken = arena->base + arena->used;
    arena->used += bytes;
    return taken;
}
