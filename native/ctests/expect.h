/* A test's whole tool: say what should hold; the first line that does not ends the run. */
#ifndef BC_EXPECT_H
#define BC_EXPECT_H

#include <stdio.h>  /* fprintf */
#include <stdlib.h> /* exit */

#define EXPECT(condition)                                                         \
    do {                                                                          \
        if (!(condition)) {                                                       \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            exit(1);                                                              \
        }                                                                         \
    } while (0)

#endif
