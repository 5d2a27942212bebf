/* For Dovecot and Postfix; in Python: stack/accounts/addresses.py, mail_auth/dns/domain_names.py. */
#include "a_labels.h"

#include <unicode/uidna.h>

/* As far as lookup goes (RFC 5891, section 5): "ß" is a letter of its own. */
static const uint32_t options = UIDNA_USE_STD3_RULES | UIDNA_CHECK_BIDI
    | UIDNA_CHECK_CONTEXTJ | UIDNA_NONTRANSITIONAL_TO_ASCII;

bool a_labels(const char *domain, char name[NAME_SIZE])
{
    static UIDNA *idna;
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    UErrorCode status = U_ZERO_ERROR;

    if (!idna)
        idna = uidna_openUTS46(options, &status);
    uidna_nameToASCII_UTF8(idna, domain, -1, name, NAME_SIZE, &info, &status);
    return status == U_ZERO_ERROR && !info.errors;
}
