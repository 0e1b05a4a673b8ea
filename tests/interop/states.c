/* SPDX-License-Identifier: MIT
 *
 * tests/interop/states.c - which states a connection was in at both ends, and how long.
 */
#include "states.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "diag.h"
#include "t.h"

#define HELD_TEXT 2048

void t_states_begin(struct t_states *s, struct mnl_socket *diag,
                    const struct sf_endpoint *kernel, const struct sf_endpoint *ours)
{
    memset(s, 0, sizeof(*s));
    s->diag = diag;
    s->kernel = *kernel;
    s->ours = *ours;
    s->fd = -1;
}

static bool same_end(const struct sf_endpoint *a, const struct sf_endpoint *b)
{
    return a->port == b->port && sf_addr_equal(&a->addr, &b->addr);
}

/* Ours, as a table of all records has it, and as STATUS has it while we hold a handle. */
static enum sf_state our_state(struct t_states *s, const struct sf_stack *stack, sf_time now)
{
    enum sf_state state = SF_CLOSED;
    struct sf_walk_row row;
    struct sf_status status;
    uint64_t cursor = 0;

    while (sf_walk(stack, &cursor, &row, now)) {
        if (row.state != SF_LISTEN && same_end(&row.local, &s->ours) &&
            same_end(&row.remote, &s->kernel)) {
            state = row.state;
            break;
        }
    }
    if (s->handle.index != 0 && sf_status(stack, s->handle, &status, now) == SF_OK &&
        status.local.port == s->ours.port && status.state != state) {
        printf("# ours: %s by walking, %s by STATUS\n", sf_state_name(state),
               sf_state_name(status.state));
        s->differ = true;
    }
    return state;
}

/* The kernel's by its descriptor; `other` if there is none. */
static enum sf_state state_of_fd(int fd, enum sf_state other)
{
    struct tcp_info info;
    socklen_t octets = sizeof(info);

    if (fd < 0 || getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &octets) != 0) {
        return other;
    }
    return t_diag_name(info.tcpi_state);
}

static enum sf_state kernel_state(struct t_states *s)
{
    enum sf_state by_fd = SF_CLOSED;
    int state = SF_CLOSED;

    /* A timer of the kernel's may strike between the two looks: then look again. */
    for (int i = 0; i < 3; i++) {
        state = t_diag_state(s->diag, &s->kernel, &s->ours);
        by_fd = state_of_fd(s->fd, (enum sf_state)state);
        /* TIME-WAIT has a record of its own, and the descriptor shows CLOSED. */
        if (state < 0 || (int)by_fd == state ||
            (by_fd == SF_CLOSED && (state == SF_TIME_WAIT || state == SF_FIN_WAIT_2))) {
            break;
        }
    }
    if (state < 0) {
        printf("# the kernel does not say: %s\n", strerror(-state));
        s->differ = true;
        return SF_CLOSED;
    }
    if ((int)by_fd != state &&
        !(by_fd == SF_CLOSED && (state == SF_TIME_WAIT || state == SF_FIN_WAIT_2))) {
        printf("# kernel: %s by sock_diag, %s by TCP_INFO\n",
               sf_state_name((enum sf_state)state), sf_state_name(by_fd));
        s->differ = true;
    }
    return (enum sf_state)state;
}

void t_states_look(struct t_states *s, const struct sf_stack *stack, sf_time now)
{
    enum sf_state kernel = kernel_state(s);
    enum sf_state ours = our_state(s, stack, now);

    if (s->n != 0 && t_states_now(s, ours, kernel)) {
        s->seen[s->n - 1].last = now;
    } else if (s->n < T_STATES_MAX) {
        s->seen[s->n++] = (struct t_states_pair){ours, kernel, now, now};
    } else {
        s->differ = true;
    }
}

bool t_states_now(const struct t_states *s, enum sf_state ours, enum sf_state kernel)
{
    return s->n != 0 && s->seen[s->n - 1].ours == ours && s->seen[s->n - 1].kernel == kernel;
}

void t_states_print(const struct t_states *s)
{
    printf("# port %u of the kernel's, %u of ours; ours - kernel's:\n", s->kernel.port,
           s->ours.port);
    for (size_t i = 0; i < s->n; i++) {
        const struct t_states_pair *p = &s->seen[i];

        printf("#   %-12s %-12s for %8.1f ms, from %9.1f ms\n", sf_state_name(p->ours),
               sf_state_name(p->kernel), (double)sf_time_sub(p->last, p->first).ns / 1e6,
               (double)sf_time_sub(p->first, s->seen[0].first).ns / 1e6);
    }
}

/* The pairs held, as text.  One that others interrupted for a moment is one. */
static void held_text(const struct t_states *s, char *text, size_t octets)
{
    const struct t_states_pair *before = NULL;
    size_t at = 0;

    text[0] = '\0';
    for (size_t i = 0; i < s->n && at < octets; i++) {
        const struct t_states_pair *p = &s->seen[i];

        if (sf_time_sub(p->last, p->first).ns <= T_HELD_SPAN.ns ||
            (before != NULL && before->ours == p->ours && before->kernel == p->kernel)) {
            continue;
        }
        at += (size_t)snprintf(text + at, octets - at, "%s%s-%s", before == NULL ? "" : " ",
                               sf_state_name(p->ours), sf_state_name(p->kernel));
        before = p;
    }
}

/* The words of `got` are those of `want`; one in parentheses may be missing. */
static bool matches(const char *got, const char *want)
{
    while (*want != '\0') {
        bool maybe = *want == '(';
        const char *word = maybe ? want + 1 : want;
        size_t n = strcspn(word, maybe ? ")" : " ");
        bool here = strncmp(got, word, n) == 0 && (got[n] == ' ' || got[n] == '\0');

        if (here) {
            got += got[n] == ' ' ? n + 1 : n;
        } else if (!maybe) {
            return false;
        }
        want = word + n + (maybe ? 1 : 0);
        want += *want == ' ' ? 1 : 0;
    }
    return *got == '\0';
}

void t_states_held_at(const struct t_states *s, const char *want, const char *file, int line)
{
    char got[HELD_TEXT];

    held_text(s, got, sizeof(got));
    if (s->differ || !matches(got, want)) {
        t_states_print(s);
        printf("# held:   %s\n# wanted: %s\n", got, want);
        _fail(file, line);
    }
}
