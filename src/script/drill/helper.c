/* SPDX-License-Identifier: MIT
 *
 * script/drill/helper.c - python3 at the other end of a socket: the number of octets and a
 * program there, a status, the number of octets and what was said back.
 */
#include "script/drill/helper.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 10000

/* What an exception says begins with the line of the script that the code stood in. */
static char server[] =
    "import io, sys\n"
    "def serve(take, give):\n"
    "    sys.stdin = io.StringIO()\n"
    "    while True:\n"
    "        octets = take.readline()\n"
    "        if not octets:\n"
    "            return\n"
    "        code = take.read(int(octets)).decode('utf-8', 'replace')\n"
    "        space = {'_line': 0}\n"
    "        sys.stdout = sys.stderr = said = io.StringIO()\n"
    "        status = 0\n"
    "        try:\n"
    "            exec(compile(code, 'script', 'exec'), space)\n"
    "        except BaseException as e:\n"
    "            said.write('%s %s %s' % (space.get('_line', 0), type(e).__name__, e))\n"
    "            status = 1\n"
    "        text = said.getvalue().encode('utf-8', 'replace')[:2000]\n"
    "        give.write(b'%d %d\\n' % (status, len(text)) + text)\n"
    "        give.flush()\n"
    "serve(sys.stdin.buffer, sys.stdout.buffer)\n";

static bool start(struct drill_helper *helper)
{
    static char name[] = "python3";
    static char option[] = "-Ic";
    char *const arguments[] = {name, option, server, NULL};
    posix_spawn_file_actions_t actions;
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        return false;
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    bool fine = posix_spawnp(&helper->pid, name, &actions, NULL, arguments, environ) == 0;
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    helper->fd = ends[0];
    if (!fine) {
        close(ends[0]);
        *helper = (struct drill_helper){0};
    }
    return fine;
}

void drill_helper_end(struct drill_helper *helper)
{
    if (helper->pid == 0) {
        return;
    }
    close(helper->fd);
    kill(helper->pid, SIGKILL);
    while (waitpid(helper->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    *helper = (struct drill_helper){0};
}

static bool put(const struct drill_helper *helper, const char *text, size_t octets)
{
    while (octets > 0) {
        ssize_t n = send(helper->fd, text, octets, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        text += n;
        octets -= (size_t)n;
    }
    return true;
}

/* Read up to octets, or to the end of a line; how many, or -1. */
static ssize_t get(const struct drill_helper *helper, char *text, size_t octets, bool line)
{
    size_t n = 0;

    while (n < octets && (!line || n == 0 || text[n - 1] != '\n')) {
        struct pollfd p = {.fd = helper->fd, .events = POLLIN};

        if (poll(&p, 1, PATIENCE_MS) <= 0) {
            return -1;
        }
        ssize_t got = recv(helper->fd, text + n, line ? 1 : octets - n, 0);
        if (got <= 0) {
            return -1;
        }
        n += (size_t)got;
    }
    return (ssize_t)n;
}

/* True if python3 has ended before it did anything: there is none. */
static bool has_ended(struct drill_helper *helper)
{
    int status = 0;
    pid_t pid = waitpid(helper->pid, &status, WNOHANG);

    return pid == helper->pid && WIFEXITED(status) && WEXITSTATUS(status) == 127;
}

enum drill_helped drill_help(struct drill_helper *helper, const char *program, char *said,
                             size_t room)
{
    char head[40];
    char all[2048];

    said[0] = '\0';
    if (helper->pid == 0 && !start(helper)) {
        return DRILL_NO_PYTHON;
    }
    int n = snprintf(head, sizeof(head), "%zu\n", strlen(program));
    ssize_t got = -1;
    if (put(helper, head, (size_t)n) && put(helper, program, strlen(program))) {
        got = get(helper, head, sizeof(head) - 1, true);
    }
    if (got > 0) {
        head[got] = '\0';
        char *end = NULL;
        unsigned long status = strtoul(head, &end, 10);
        unsigned long octets = strtoul(end, NULL, 10);

        got = octets < sizeof(all) ? get(helper, all, octets, false) : -1;
        if (got >= 0) {
            all[got] = '\0';
            snprintf(said, room, "%s", all);
            return status == 0 ? DRILL_RAN : DRILL_RAISED;
        }
    }
    bool none = has_ended(helper);
    drill_helper_end(helper);
    return none ? DRILL_NO_PYTHON : DRILL_NO_END;
}
