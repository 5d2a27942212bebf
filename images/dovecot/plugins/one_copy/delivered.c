#include "lib.h"
#include "array.h"
#include "str.h"
#include "strfuncs.h"
#include "delivered.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* In memory, and root's. */
#define FOLDER "/run/dovecot/one_copy-"

struct delivered {
    pool_t pool;
    const char *path;
    /* Opened by root, written to with the rights of who owns the mailbox. */
    int fd;
    const char *const *before;
};

/* All that FD holds; a line that was not written to its end is no recipient's. */
static const char *contents(int fd)
{
    string_t *text = t_str_new(1024);
    char piece[1024];
    ssize_t size;

    while ((size = read(fd, piece, sizeof(piece))) > 0)
        str_append_data(text, piece, size);
    return str_c(text);
}

struct delivered *delivered_open(const char *id)
{
    const char *path = t_strconcat(FOLDER, id, NULL);
    int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    if (fd < 0) {
        i_error("open(%s) failed: %m", path);
        return NULL;
    }
    pool_t pool = pool_alloconly_create("delivered", 1024);
    struct delivered *delivered = p_new(pool, struct delivered, 1);
    delivered->pool = pool;
    delivered->path = p_strdup(pool, path);
    delivered->fd = fd;
    delivered->before = (const char *const *)p_strsplit(pool, contents(fd), "\n");
    return delivered;
}

bool delivered_before(struct delivered *delivered, const char *recipient)
{
    return delivered != NULL && str_array_icase_find(delivered->before, recipient);
}

void delivered_now(struct delivered *delivered, const char *recipient)
{
    const char *line = t_strconcat(recipient, "\n", NULL);

    if (delivered != NULL &&
        write(delivered->fd, line, strlen(line)) != (ssize_t)strlen(line))
        i_error("write(%s) failed: %m", delivered->path);
}

void delivered_close(struct delivered **_delivered)
{
    struct delivered *delivered = *_delivered;

    *_delivered = NULL;
    if (delivered == NULL)
        return;
    if (unlink(delivered->path) < 0 && errno != ENOENT)
        i_error("unlink(%s) failed: %m", delivered->path);
    i_close_fd(&delivered->fd);
    pool_unref(&delivered->pool);
}
