/* Runs a fuzz target on files, without a fuzzer: each argument is one input. */
#include "fuzz.h"

static void replay(const char *name)
{
    FILE *file = fopen(name, "rb");
    HOLDS(file != NULL && fseek(file, 0, SEEK_END) == 0);
    const long length = ftell(file);
    HOLDS(length >= 0);
    rewind(file);
    uint8_t *data = fuzz_exactly((size_t)length); /* exact, so that a read past the input is seen */
    HOLDS(fread(data, 1, (size_t)length, file) == (size_t)length);
    fclose(file);
    fprintf(stderr, "%s\n", name); /* the last one told is the one that failed */
    LLVMFuzzerTestOneInput(data, (size_t)length);
    free(data);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        replay(argv[i]);
    printf("%d\n", argc - 1);
    return 0;
}
