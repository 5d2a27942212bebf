/*
 * smtpd checks the free space of the queue before it accepts a message (fsspace.c), and
 * replies 452 when there is too little. It counts only blocks: with no inode left, or on a
 * file system that the kernel has made read-only, cleanup retries every ten seconds to
 * create a file (mail_queue.c), and the client waits without a reply. Loaded before every
 * program of the image (/etc/ld.so.preload), this reports no space for such a file system.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

/* A message needs one inode, and another when it is deferred; many arrive at a time. */
static const fsfilcnt_t least_files = 50;

typedef int statfs_function(const char *, struct statfs *);

int statfs(const char *path, struct statfs *found)
{
    statfs_function *original = (statfs_function *) dlsym(RTLD_NEXT, "statfs");
    int status;

    if (!original)
        abort();
    status = original(path, found);
    /* Some file systems count no files: they make inodes as they are needed. */
    if (status == 0 && ((found->f_files && found->f_ffree < least_files)
                        || found->f_flags & ST_RDONLY))
        found->f_bavail = 0;
    return status;
}
