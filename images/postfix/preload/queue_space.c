/*
 * smtpd asks for the room in the queue before it takes a message (fsspace.c) and says 452
 * when there is too little. It knows of blocks alone: with no inode left, or a file system
 * that the kernel has made read-only, cleanup tries again every ten seconds to make a file
 * (mail_queue.c), and the client waits without an answer. Loaded before every program of
 * this image (/etc/ld.so.preload), this has such a file system say that it has no room.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

/* A message takes one, and another when it is put off. Many may come at a time. */
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
