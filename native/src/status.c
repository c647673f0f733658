/* What the library says about itself: its version and the names of its statuses. */
#include "bc.h"

const char *bc_version(void)
{
    return "0.1.0";
}

const char *bc_status_str(bc_status status)
{
    switch (status) {
    case BC_OK:
        return "OK";
    case BC_NO_READ:
        return "NO_READ";
    case BC_FORMAT:
        return "FORMAT";
    case BC_CHECKSUM:
        return "CHECKSUM";
    case BC_UNSUPPORTED:
        return "UNSUPPORTED";
    case BC_BAD_ARGUMENT:
        return "BAD_ARGUMENT";
    case BC_WORKSPACE_TOO_SMALL:
        return "WORKSPACE_TOO_SMALL";
    case BC_OUTPUT_FULL:
        return "OUTPUT_FULL";
    case BC_LIMIT:
        return "LIMIT";
    }
    return "?"; /* no default above: the compiler then names a status that was forgotten */
}
