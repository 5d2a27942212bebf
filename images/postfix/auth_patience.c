/*
 * Dovecot makes its sockets anew at each reload, as for a renewed certificate: for a
 * moment there is none, and a client that came just before is hung up on
 * (service-listen.c). smtpd would end with a fatal error then, hang up on its client, and
 * master(8) would close that port for a minute. Part of what is loaded before every
 * program of this image (see patience.c), this has smtpd wait for a Dovecot that greets.
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

/* As in smtpd_sasl_path (main.cf). */
static const char auth_socket[] = "/run/sockets/auth";

/* Less than a client waits for a greeting, and than Postfix for an answer of Dovecot. */
static const int patience_ms = 5000;
static const int pause_ms = 50;

static long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000L + now.tv_nsec / 1000000L;
}

static int is_auth_socket(const struct sockaddr *address, socklen_t length)
{
    const struct sockaddr_un *local = (const struct sockaddr_un *) address;

    return length > sizeof(sa_family_t) && address->sa_family == AF_UNIX
           && strncmp(local->sun_path, auth_socket, sizeof(auth_socket)) == 0;
}

/* Dovecot speaks first. What it says is left there for Postfix to read. */
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
    long deadline = now_ms() + patience_ms;
    int status = attempt(fd, address, length);

    if (!is_auth_socket(address, length))
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
