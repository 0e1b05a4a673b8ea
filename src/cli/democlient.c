/* SPDX-License-Identifier: MIT
 *
 * cli/democlient.c - a child process that fetches one document slowly.
 *
 * Slowly, so that it is still reading when the kernel acknowledges the server's FIN: the
 * acknowledgement and its own FIN then are two segments.
 */
#include "cli/democlient.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Octets a second. */
#define RATE      "250"
#define PAUSE_MS  150
#define READ_ONCE 400

/* The first curl on the path; room is that of file. */
static bool find_curl(char *file, size_t room)
{
    const char *path = getenv("PATH");

    if (path == NULL || path[0] == '\0') {
        path = "/usr/local/bin:/usr/bin:/bin";
    }
    while (*path != '\0') {
        size_t n = strcspn(path, ":");

        if (n > 0 && snprintf(file, room, "%.*s/curl", (int)n, path) < (int)room &&
            access(file, X_OK) == 0) {
            return true;
        }
        path += n + (path[n] == ':');
    }
    return false;
}

/* What the socket does that stands in for curl; its exit status. */
static int read_slowly(const struct sf_endpoint *server, const char *path)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(server->port)};
    char text[512];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ssize_t got = 0;

    memcpy(&in.sin_addr, server->addr.octets, 4);
    int n = snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: demo\r\n\r\n", path);
    if (fd < 0 || connect(fd, (struct sockaddr *)&in, sizeof(in)) != 0 ||
        write(fd, text, (size_t)n) != n) {
        return 1;
    }
    while ((got = read(fd, text, READ_ONCE)) > 0) {
        /* A pause without anything to wait for. */
        poll(NULL, 0, PAUSE_MS);
    }
    return got == 0 && close(fd) == 0 ? 0 : 1;
}

/* In the child: never returns. */
static void run(const struct cli_client *client, const char *file, char *const *arguments,
                const struct sf_endpoint *server, const char *path)
{
    char *const environment[] = {NULL};
    sigset_t none;

    /* Whatever happens to us, it ends with us. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (client->curl) {
        execve(file, arguments, environment);
        _exit(127);
    }
    _exit(read_slowly(server, path));
}

bool cli_client_start(struct cli_client *client, const struct sf_endpoint *server,
                      const char *path)
{
    char addr[SF_ADDR_TEXT];
    char port[8] = "";
    char url[256];
    char file[4096];
    char name[] = "curl", quiet[] = "-sS", out[] = "-o", nowhere[] = "/dev/null",
         limit[] = "--limit-rate", rate[] = RATE, direct[] = "--noproxy", all[] = "*",
         first[] = "-q";
    /* -q comes first, or the user's .curlrc is read. */
    char *arguments[] = {name, first, quiet, direct, all, out, nowhere, limit, rate, url, NULL};

    *client = (struct cli_client){.pid = -1, .fd = -1};
    client->curl = find_curl(file, sizeof(file));
    if (server->port != 80) {
        snprintf(port, sizeof(port), ":%u", server->port);
    }
    snprintf(url, sizeof(url), "http://%s%s%s", sf_addr_text(&server->addr, addr), port, path);
    snprintf(client->line, sizeof(client->line),
             client->curl ? "curl --limit-rate " RATE " %s"
                          : "(no curl here: a socket reads slowly) GET %s",
             url);
    client->pid = fork();
    if (client->pid == 0) {
        run(client, file, arguments, server, path);
    }
    if (client->pid < 0) {
        return false;
    }
    client->fd = (int)syscall(SYS_pidfd_open, client->pid, 0);
    return true;
}

/* The status with which a child ended, once it has. */
static int reap(pid_t pid)
{
    int status = 0;
    pid_t ended = waitpid(pid, &status, WNOHANG);

    if (ended == 0) {
        kill(pid, SIGKILL);
    }
    while (ended == 0 || (ended < 0 && errno == EINTR)) {
        ended = waitpid(pid, &status, 0);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int cli_client_stop(struct cli_client *client)
{
    int status = client->pid > 0 ? reap(client->pid) : -1;

    client->pid = -1;
    if (client->fd >= 0) {
        close(client->fd);
        client->fd = -1;
    }
    return status;
}
