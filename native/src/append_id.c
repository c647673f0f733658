#include "append_id.h"

#define DIGITS 10u /* of UINT32_MAX */

void bc_append_id_number(bc_symbol *symbol, uint32_t number)
{
    char backwards[DIGITS];
    size_t n = 0;
    do {
        backwards[n++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    for (size_t i = 0; i < n; i++)
        symbol->append_id[i] = backwards[n - 1 - i];
    symbol->append_id[n] = '\0';
}
