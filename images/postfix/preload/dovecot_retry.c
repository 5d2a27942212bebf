/*
 * Dovecot recreates its sockets at each reload, as for a renewed certificate: for a moment
 * there is none, and a client that has just connected is disconnected (service-listen.c).
 * smtpd would die of that during a session, and a delivery would be deferred for minutes.
 * Loaded before every program of the image (see sqlite_retry.c), this has them connect
 * again until Dovecot greets.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

typedef int connect_function(int, const struct sockaddr *, socklen_t);

/* Where Dovecot speaks first: smtpd_sasl_path and virtual_transport (main.cf). */
static const char *const greeting[] = {"/run/sockets/auth", "/run/sockets/lmtp"};

/* Less than a client waits for Postfix's greeting, and Postfix for Dovecot's. */
static const int timeout_ms = 5000;
static const int pause_ms = 50;

static long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000L + now.tv_nsec / 1000000L;
}

static int is_greeting(const struct sockaddr *address, socklen_t length)
{
    const char *path = ((const struct sockaddr_un *) address)->sun_path;

    if (length <= sizeof(sa_family_t) || address->sa_family != AF_UNIX)
        return 0;
    return strcmp(path, greeting[0]) == 0 || strcmp(path, greeting[1]) == 0;
}

/* What Dovecot says is left there for Postfix to read. */
static int is_hung_up_on(int fd, int wait_ms)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    char first;

    return poll(&ready, 1, wait_ms) == 1 && recv(fd, &first, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
}

/* Another socket in the place of the one that is used up, with its flags. */
static int renew(int fd)
{
    int flags = fcntl(fd, F_GETFL), descriptor_flags = fcntl(fd, F_GETFD);
    int next = socket(AF_UNIX, SOCK_STREAM, 0);

    if (next < 0 || dup2(next, fd) < 0)
        return -1;
    close(next);
    fcntl(fd, F_SETFL, flags);
    fcntl(fd, F_SETFD, descriptor_flags);
    return 0;
}

int connect(int fd, const struct sockaddr *address, socklen_t length)
{
    connect_function *attempt = (connect_function *) dlsym(RTLD_NEXT, "connect");
    long deadline = now_ms() + timeout_ms;
    int status = attempt(fd, address, length);

    if (!is_greeting(address, length))
        return status;
    while (now_ms() < deadline) {
        if (status == 0) {
            if (!is_hung_up_on(fd, deadline - now_ms()))
                return 0;
            if (renew(fd) < 0)
                return -1;
        } else if (errno != ENOENT && errno != ECONNREFUSED) {
            return -1;
        }
        poll(NULL, 0, pause_ms);
        status = attempt(fd, address, length);
    }
    return status;
}
