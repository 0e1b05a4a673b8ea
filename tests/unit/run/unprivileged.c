/* SPDX-License-Identifier: MIT
 *
 * tests/unit/run/unprivileged.c - a user without root: what is refused, and the namespace
 * that such a user can have.
 */
#include "t.h"

#include <errno.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "synfin/link.h"
#include "synfin/net.h"

/* Run a function as nobody; the status that it returns. */
static int as_nobody(int (*what)(void))
{
    int status = -1;
    pid_t child = fork();

    T_TRUE(child >= 0);
    if (child == 0) {
        if (getuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) {
            _exit(99);
        }
        /* As after execve(): else /proc/self is root's (proc(5)). */
        (void)prctl(PR_SET_DUMPABLE, 1);
        _exit(what());
    }
    T_EQ(waitpid(child, &status, 0), child);
    T_TRUE(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int changes_are_refused(void)
{
    struct sf_link *link = NULL;
    char name[16];

    if (sf_net_up("lo", false) != SF_ERR_PERMISSION || errno != EPERM) {
        return 1;
    }
    if (sf_net_veth("one", "two") != SF_ERR_PERMISSION) {
        return 2;
    }
    if (sf_tun_open(&(struct sf_tun){0}, &link, name) != SF_ERR_PERMISSION || link != NULL) {
        return 3;
    }
    if (sf_packet_open("lo", &link) != SF_ERR_PERMISSION || link != NULL) {
        return 4;
    }
    return 0;
}

/* 0 where a user namespace can be made at all: not in a chroot, for one (unshare(2)). */
static int user_namespaces_are_allowed(void)
{
    return unshare(CLONE_NEWUSER) == 0 ? 0 : 1;
}

static int a_namespace_is_refused(void)
{
    return sf_net_unshare() == SF_ERR_PERMISSION ? 0 : 1;
}

static int a_namespace_is_had(void)
{
    struct sf_addr addr = {{10, 77, 0, 1}, SF_IPV4};

    if (sf_net_unshare() != SF_OK) {
        return 10 + errno;
    }
    if (geteuid() != 0 || getegid() != 0) {
        return 1;
    }
    if (sf_net_veth("one", "two") != SF_OK || sf_net_up("one", true) != SF_OK ||
        sf_net_address("one", &addr, 24) != SF_OK) {
        return 2;
    }
    return 0;
}

static void without_privileges_it_is_permission_that_is_missing(void **state)
{
    (void)state;
    T_EQ(as_nobody(changes_are_refused), 0);
}

/* A machine that allows none, or a chroot, says which privilege is missing. */
static void a_user_namespace_gives_what_root_would_have(void **state)
{
    (void)state;
    if (as_nobody(user_namespaces_are_allowed) == 0) {
        T_EQ(as_nobody(a_namespace_is_had), 0);
    } else {
        T_EQ(as_nobody(a_namespace_is_refused), 0);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_privileges_it_is_permission_that_is_missing),
        cmocka_unit_test(a_user_namespace_gives_what_root_would_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
