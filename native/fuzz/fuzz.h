/* What every fuzz target is made of: the fuzzer's entry, its bytes, and the way to say what must hold. */
#ifndef BC_FUZZ_H
#define BC_FUZZ_H

#define _POSIX_C_SOURCE 200809L /* posix_memalign */

#include <stddef.h> /* size_t */
#include <stdint.h> /* uint8_t, uint32_t */
#include <stdio.h>  /* fprintf */
#include <stdlib.h> /* abort, free, malloc, posix_memalign */

/* libFuzzer's entry, called by replay_main.c too; always 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLDS(condition)                                                            \
    do {                                                                            \
        if (!(condition)) {                                                         \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                                \
        }                                                                           \
    } while (0)

/* The input, taken from its beginning; past its end there are zeros. */
typedef struct {
    const uint8_t *at;
    size_t left;
} fuzz_bytes;

static inline uint8_t fuzz_byte(fuzz_bytes *in)
{
    if (in->left == 0)
        return 0;
    in->left--;
    return *in->at++;
}

static inline uint32_t fuzz_word(fuzz_bytes *in)
{
    const uint32_t low = fuzz_byte(in);
    return low | (uint32_t)fuzz_byte(in) << 8;
}

/* Memory of exactly this length, so that the address sanitiser sees one byte past it; free it. */
static inline void *fuzz_exactly(size_t bytes)
{
    void *memory = malloc(bytes > 0 ? bytes : 1);
    HOLDS(memory != NULL);
    return memory;
}

#endif
