/*
 * What the programs beside tests share: requests come in on stdin, a broken one
 * ends the program, and replies go out on stdout.
 */
#ifndef BC_TEST_PIPE_H
#define BC_TEST_PIPE_H

#include <stdio.h>  /* fread, fwrite */
#include <stdlib.h> /* malloc, exit */

static inline void receive(void *to, size_t bytes)
{
    if (bytes > 0 && fread(to, bytes, 1, stdin) != 1)
        exit(2);
}

static inline void reply(const void *from, size_t bytes)
{
    fwrite(from, bytes, 1, stdout);
}

/* Every buffer is exactly as long as it has to be, for the address sanitiser's sake. */
static inline void *exactly(size_t bytes)
{
    void *memory = malloc(bytes > 0 ? bytes : 1);
    if (memory == NULL)
        exit(2);
    return memory;
}

#endif
