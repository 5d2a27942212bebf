#include "normal_form.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

bool normal_form(const char *text, bool composed, char *result, int size)
{
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2 *form = composed ? unorm2_getNFCInstance(&status)
                                        : unorm2_getNFDInstance(&status);
    UChar *units = malloc(2 * size * sizeof(UChar)), *normal = units + size;
    int32_t length = 0;

    if (!units)
        return false;
    u_strFromUTF8(units, size, &length, text, -1, &status);
    length = unorm2_normalize(form, units, length, normal, size, &status);
    u_strToUTF8(result, size, NULL, normal, length, &status);
    explicit_bzero(units, 2 * size * sizeof(UChar));
    free(units);
    return status == U_ZERO_ERROR;
}
