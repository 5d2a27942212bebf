/*
 * Postfix gives up at once on a table that somebody is writing to, and smtpd ends
 * with a fatal error (dict_sqlite.c sets no busy timeout). `stack` writes to the
 * accounts for milliseconds: loaded before every program of this image
 * (/etc/ld.so.preload), this has a reader wait for it.
 */
#include <dlfcn.h>
#include <stdlib.h>

/* As in sqlite3.h: 0 is SQLITE_OK. */
typedef struct sqlite3 sqlite3;
typedef int open_function(const char *, sqlite3 **, int, const char *);
typedef int timeout_function(sqlite3 *, int);

/* Less than an SMTP client waits for an answer to RCPT. */
static const int patience_ms = 5000;

/* Postfix has loaded the library when it comes here, but not where RTLD_NEXT looks. */
static void *original(const char *name)
{
    void *library = dlopen("libsqlite3.so.0", RTLD_LAZY);
    void *function = library ? dlsym(library, name) : NULL;

    if (!function)
        abort();
    return function;
}

int sqlite3_open_v2(const char *name, sqlite3 **database, int flags, const char *vfs)
{
    open_function *open = (open_function *) original("sqlite3_open_v2");
    timeout_function *wait = (timeout_function *) original("sqlite3_busy_timeout");
    int status = open(name, database, flags, vfs);

    if (status == 0)
        wait(*database, patience_ms);
    return status;
}
