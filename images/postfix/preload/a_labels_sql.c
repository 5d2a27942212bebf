/*
 * An extension of SQLite for own_unicode.sqlite: a_labels(domain) is the domain as the
 * accounts have it, or NULL if it is no domain name. sqlite_retry.c loads it.
 */
#include "a_labels.h"

#include <sqlite3ext.h>

SQLITE_EXTENSION_INIT1

static void function(sqlite3_context *context, int count, sqlite3_value **values)
{
    char name[NAME_SIZE];
    const char *domain = (const char *) sqlite3_value_text(values[0]);

    (void) count;
    if (domain && a_labels(domain, name))
        sqlite3_result_text(context, name, -1, SQLITE_TRANSIENT);
}

int sqlite3_alabels_init(sqlite3 *, char **, const sqlite3_api_routines *);

int sqlite3_alabels_init(sqlite3 *database, char **error,
                         const sqlite3_api_routines *routines)
{
    (void) error;
    SQLITE_EXTENSION_INIT2(routines)
    return sqlite3_create_function(database, "a_labels", 1,
                                   SQLITE_UTF8 | SQLITE_DETERMINISTIC, 0, function, 0, 0);
}
