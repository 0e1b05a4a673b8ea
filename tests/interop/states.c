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

/* A look that comes later than this missed something. */
#define GAP SF_MS(10)

#define WORD_OCTETS 32

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
        struct t_states_pair *p = &s->seen[s->n - 1];
        sf_span gap = sf_time_sub(now, s->looked);

        p->last = now;
        p->sure.ns += gap.ns <= GAP.ns ? gap.ns : 0;
    } else if (s->n < T_STATES_MAX) {
        s->seen[s->n++] = (struct t_states_pair){ours, kernel, now, now, {0}};
    } else {
        s->differ = true;
    }
    s->looked = now;
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

/* A pair that was held, for sure or perhaps. */
struct held {
    char word[WORD_OCTETS];
    bool sure;
};

static size_t held_of(const struct t_states *s, struct held *held)
{
    size_t n = 0;

    for (size_t i = 0; i < s->n; i++) {
        const struct t_states_pair *p = &s->seen[i];
        sf_time end = i + 1 < s->n ? s->seen[i + 1].first : p->last;

        if (sf_time_sub(end, p->first).ns > T_HELD_SPAN.ns) {
            held[n].sure = p->sure.ns > T_HELD_SPAN.ns;
            (void)snprintf(held[n].word, WORD_OCTETS, "%s-%s", sf_state_name(p->ours),
                           sf_state_name(p->kernel));
            n++;
        }
    }
    return n;
}

/* Is this the word that stands here, up to its end? */
static bool is_word(const char *word, const char *here)
{
    size_t n = strcspn(here, " )");

    return strlen(word) == n && memcmp(word, here, n) == 0;
}

static const char *next_word(const char *here)
{
    here += strcspn(here, " ");
    return here + strspn(here, " ");
}

/* Can the pairs held be read as the words wanted?  Those that were held perhaps may be
 * missing, and so may words in parentheses; a pair that others interrupted is one. */
static bool matches(const struct held *got, size_t n, const char *want, const char *before)
{
    const char *word = *want == '(' ? want + 1 : want;

    if (n == 0 && *want == '\0') {
        return true;
    }
    if (n != 0 && *want != '\0' && is_word(got->word, word) &&
        matches(got + 1, n - 1, next_word(want), word)) {
        return true;
    }
    if (n != 0 && (!got->sure || (before != NULL && is_word(got->word, before))) &&
        matches(got + 1, n - 1, want, before)) {
        return true;
    }
    return *want == '(' && matches(got, n, next_word(want), before);
}

void t_states_held_at(const struct t_states *s, const char *want, const char *file, int line)
{
    struct held got[T_STATES_MAX] = {0};
    size_t n = held_of(s, got);

    if (!s->differ && matches(got, n, want, NULL)) {
        return;
    }
    t_states_print(s);
    printf("# held:  ");
    for (size_t i = 0; i < n; i++) {
        printf(" %s%s", got[i].word, got[i].sure ? "" : "?");
    }
    printf("\n# wanted: %s\n", want);
    _fail(file, line);
}
