/*
 * A module of Dovecot's auth process, which compares octets: who logs in may write
 * letters in more than one way.
 *
 * - The filter a_labels, for auth_username_format: a login's domain as the accounts
 *   have it.
 * - The password scheme OPAQUE, for hashes of Argon2id: passwords are compared as
 *   OpaqueString (RFC 8265, section 4.2), which `stack` makes the hash of. macOS sends
 *   "ü" as two code points, others as one.
 */
#include "lib.h"
#include "array.h"
#include "str.h"
#include "module-dir.h"
#include "password-scheme.h"
#include "safe-memset.h"
#include "var-expand-private.h"

#include "a_labels.h"
#include "normal_form.h"

#include <string.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

/* Octets; `stack` takes passwords of 256 characters at most. */
enum { LONGEST = 4096 };

static const char hash[] = "ARGON2ID";

/* What auth_username_chars allows by default, and the wildcards of `doveadm user`. */
static const char letters[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_@*?";

static bool is_ascii(const char *text)
{
    while ((signed char) *text > 0)
        text++;
    return *text == '\0';
}

static int filter_a_labels(const struct var_expand_statement *stmt,
                           struct var_expand_state *state, const char **error_r)
{
    char name[NAME_SIZE];
    const char *domain;

    ERROR_IF_ANY_PARAMETERS;
    ERROR_IF_NO_TRANSFER_TO("write in A-labels");

    domain = strrchr(str_c(state->transfer), '@');
    if (domain != NULL && !is_ascii(domain) && a_labels(domain + 1, name)) {
        str_truncate(state->transfer, domain + 1 - str_c(state->transfer));
        str_append(state->transfer, name);
    }
    if (strspn(str_c(state->transfer), letters) != str_len(state->transfer)) {
        *error_r = "A login holds letters that no address here has";
        return -1;
    }
    return 0;
}

/*
 * Blanks become spaces, and letters are composed. What is no such text is told as it is:
 * it is the password of nobody.
 */
static const char *opaque(const char *password, char result[LONGEST])
{
    int32_t from = 0, to = 0;
    UChar32 letter = -1;

    if (is_ascii(password) || !normal_form(password, true, result, LONGEST))
        return password;
    while (letter != 0) {
        U8_NEXT_UNSAFE(result, from, letter);
        if (u_charType(letter) == U_SPACE_SEPARATOR)
            letter = ' ';
        U8_APPEND_UNSAFE(result, to, letter);
    }
    return result;
}

/* Hashes made before were those of what was typed: if that differs, it is tried, too. */
static int verify(const char *password, const struct password_generate_params *params,
                  const unsigned char *raw, size_t size, const char **error_r)
{
    char buffer[LONGEST];
    const char *text = opaque(password, buffer);
    int result = password_verify(text, params, hash, raw, size, error_r);

    if (result == 0 && strcmp(text, password) != 0)
        result = password_verify(password, params, hash, raw, size, error_r);
    safe_memset(buffer, 0, sizeof(buffer));
    return result;
}

static void generate(const char *password, const struct password_generate_params *params,
                     const unsigned char **raw_r, size_t *size_r)
{
    char buffer[LONGEST];

    (void) password_generate(opaque(password, buffer), params, hash, raw_r, size_r);
    safe_memset(buffer, 0, sizeof(buffer));
}

static const struct password_scheme scheme = {
    .name = "OPAQUE",
    .default_encoding = PW_ENCODING_NONE,
    .password_verify = verify,
    .password_generate = generate,
};

void unicode_init(struct module *module ATTR_UNUSED);
void unicode_deinit(void);
extern const char *unicode_version;

const char *unicode_version = DOVECOT_ABI_VERSION;

void unicode_init(struct module *module ATTR_UNUSED)
{
    password_scheme_register(&scheme);
    var_expand_register_filter("a_labels", filter_a_labels);
}

void unicode_deinit(void)
{
    var_expand_unregister_filter("a_labels");
    password_scheme_unregister(&scheme);
}
