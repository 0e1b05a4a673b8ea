/* SPDX-License-Identifier: MIT
 *
 * run/unshare.c - a network namespace of our own (network_namespaces(7)), and where we are
 * not root a user namespace around it (user_namespaces(7)) in which we are.
 */
#include "synfin/net.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum sf_err error_of(int os_error)
{
    /* ENOSPC: the limit of namespaces, which an administrator may have set to none. */
    return os_error == EPERM || os_error == EACCES || os_error == ENOSPC ? SF_ERR_PERMISSION
                                                                         : SF_ERR_OS;
}

static enum sf_err write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    enum sf_err err = SF_OK;
    int kept = 0;

    if (fd < 0) {
        return error_of(errno);
    }
    if (write(fd, text, strlen(text)) < 0) {
        err = error_of(errno);
    }
    kept = errno;
    (void)close(fd);
    errno = kept;
    return err;
}

/* Be root inside, which is the caller outside. */
static enum sf_err map_ids(uid_t uid, gid_t gid)
{
    char text[64];
    enum sf_err err = SF_OK;

    /* Without this no group may be mapped (user_namespaces(7)); old kernels lack the file. */
    err = write_file("/proc/self/setgroups", "deny");
    if (err != SF_OK && errno != ENOENT) {
        return err;
    }
    (void)snprintf(text, sizeof(text), "0 %u 1", uid);
    err = write_file("/proc/self/uid_map", text);
    if (err != SF_OK) {
        return err;
    }
    (void)snprintf(text, sizeof(text), "0 %u 1", gid);
    return write_file("/proc/self/gid_map", text);
}

enum sf_err sf_net_unshare(void)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();
    enum sf_err err = SF_OK;

    if (unshare(CLONE_NEWNET) != 0) {
        if (errno != EPERM) {
            return error_of(errno);
        }
        if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
            return error_of(errno);
        }
        err = map_ids(uid, gid);
        if (err != SF_OK) {
            return err;
        }
    }
    return sf_net_up("lo", true);
}
