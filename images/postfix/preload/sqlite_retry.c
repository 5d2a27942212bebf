/*
 * Postfix fails at once on an SQLite table that is being written, and a process that
 * can't read a table ends with a fatal error: smtpd hangs up, and without trivial-rewrite
 * all mail waits (dict_sqlite.c). This library is loaded before every program of the image
 * (/etc/ld.so.preload). It has a reader
 *
 * - wait for a writer: `stack` writes to the accounts for milliseconds. If one takes
 *   longer, the next look-ups don't wait: a reply to RCPT takes a dozen of them;
 * - use the text after "-- else " in our queries when there is no answer, or no row if the
 *   text is "no row";
 * - call a_labels(domain) in a query, see a_labels_sql.c.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* As in sqlite3.h. */
typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;
enum { SQLITE_OK = 0, SQLITE_ROW = 100, SQLITE_DONE = 101, SQLITE_OPEN_MEMORY = 0x86 };
enum { SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION = 1005 };
typedef int open_function(const char *, sqlite3 **, int, const char *);
typedef int wait_function(void *, int);
typedef int handler_function(sqlite3 *, wait_function *, void *);
typedef int configure_function(sqlite3 *, int, ...);
typedef int load_function(sqlite3 *, const char *, const char *, char **);
typedef int prepare_function(sqlite3 *, const char *, int, sqlite3_stmt **, const char **);
typedef int statement_function(sqlite3_stmt *);
typedef int bind_function(sqlite3_stmt *, int, const char *, int, void (*)(void *));
#define SQLITE_TRANSIENT ((void (*)(void *)) -1)

/* Less than an SMTP client waits for an answer to RCPT. */
static const int timeout_ms = 5000;
static const int pause_ms = 20;

/* Seconds for which nobody waits after that. */
static const int patience_s = 10;

static const char extension[] = "/usr/local/lib/a_labels.so";
static const char otherwise[] = "-- else ";

/* Postfix has loaded the library when it comes here, but not where RTLD_NEXT looks. */
static void *original(const char *name)
{
    void *library = dlopen("libsqlite3.so.0", RTLD_LAZY);
    void *function = library ? dlsym(library, name) : NULL;

    if (!function)
        abort();
    return function;
}

/* From here, and not from within SQL. */
static void extend(sqlite3 *database)
{
    configure_function *configure = (configure_function *) original("sqlite3_db_config");
    load_function *load = (load_function *) original("sqlite3_load_extension");

    configure(database, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 1, NULL);
    load(database, extension, "sqlite3_alabels_init", NULL);
}

/* Called while another process writes (sqlite3_busy_handler); zero: give up. */
static int wait_for_writer(void *unused, int pauses)
{
    static time_t gave_up;
    const struct timespec pause = {0, pause_ms * 1000000L};
    struct timespec now;

    (void) unused;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (gave_up && now.tv_sec - gave_up < patience_s)
        return 0;
    if (pauses * pause_ms >= timeout_ms) {
        gave_up = now.tv_sec;
        return 0;
    }
    nanosleep(&pause, NULL);
    return 1;
}

int sqlite3_open_v2(const char *name, sqlite3 **database, int flags, const char *vfs)
{
    open_function *open = (open_function *) original("sqlite3_open_v2");
    handler_function *handle = (handler_function *) original("sqlite3_busy_handler");
    int status = open(name, database, flags, vfs);

    if (status == SQLITE_OK) {
        handle(*database, wait_for_writer, NULL);
        extend(*database);
    }
    return status;
}

/* Some faults show only when the first row is asked for. */
static int has_answer(sqlite3_stmt *statement)
{
    statement_function *step = (statement_function *) original("sqlite3_step");
    statement_function *reset = (statement_function *) original("sqlite3_reset");
    int status = step(statement);

    reset(statement);
    return status == SQLITE_ROW || status == SQLITE_DONE;
}

/* A statement whose only row, if any, is TEXT, on a database that is always there. */
static int always(const char *text, sqlite3_stmt **statement)
{
    static sqlite3 *memory;
    prepare_function *prepare = (prepare_function *) original("sqlite3_prepare_v2");
    bind_function *bind = (bind_function *) original("sqlite3_bind_text");
    int status = SQLITE_OK;

    if (!memory)
        status = sqlite3_open_v2(":memory:", &memory, SQLITE_OPEN_MEMORY, NULL);
    if (status == SQLITE_OK)
        status = prepare(memory, "SELECT ?1 WHERE ?1 <> 'no row'", -1, statement, NULL);
    if (status == SQLITE_OK)
        status = bind(*statement, 1, text, -1, SQLITE_TRANSIENT);
    return status;
}

/*
 * What a query of ours gives when there is no answer. An address that is asked for may
 * hold such words, too: then its closing quote follows them, so none may.
 */
static const char *instead(const char *query)
{
    const char *text = NULL;

    for (const char *at = query; (at = strstr(at, otherwise)); at += strlen(otherwise))
        text = at + strlen(otherwise);
    return text && !strchr(text, '\'') ? text : NULL;
}

int sqlite3_prepare_v2(sqlite3 *database, const char *query, int length,
                       sqlite3_stmt **statement, const char **rest)
{
    prepare_function *prepare = (prepare_function *) original("sqlite3_prepare_v2");
    statement_function *finalize = (statement_function *) original("sqlite3_finalize");
    const char *text = instead(query);
    int status = prepare(database, query, length, statement, rest);

    if (!text || (status == SQLITE_OK && has_answer(*statement)))
        return status;
    if (status == SQLITE_OK)
        finalize(*statement);
    if (rest)
        *rest = "";
    return always(text, statement);
}
