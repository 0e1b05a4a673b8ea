/* SPDX-License-Identifier: MIT
 *
 * script/drill/query.c - sockstat, ss and tcpdrop on our stack.
 */
#include <stdlib.h>
#include <string.h>

#include "script/drill/command.h"

#define END_TEXT (SF_ADDR_TEXT + 16)

/* Which rows are wanted. */
struct wanted {
    uint8_t family;    /* enum sf_family; SF_UNSPEC: any */
    uint16_t port;     /* of our end; 0: any */
    uint16_t peer;     /* of the other */
    const char *state; /* as the program names it; null: any */
};

/* As FreeBSD names a state. */
static const char *bsd_name(enum sf_state state)
{
    static const char *const names[] = {
        [SF_CLOSED] = "CLOSED",           [SF_LISTEN] = "LISTEN",
        [SF_SYN_SENT] = "SYN_SENT",       [SF_SYN_RECEIVED] = "SYN_RCVD",
        [SF_ESTABLISHED] = "ESTABLISHED", [SF_FIN_WAIT_1] = "FIN_WAIT_1",
        [SF_FIN_WAIT_2] = "FIN_WAIT_2",   [SF_CLOSE_WAIT] = "CLOSE_WAIT",
        [SF_CLOSING] = "CLOSING",         [SF_LAST_ACK] = "LAST_ACK",
        [SF_TIME_WAIT] = "TIME_WAIT",
    };

    return names[state];
}

/* As ss does. */
static const char *ss_name(enum sf_state state)
{
    static const char *const names[] = {
        [SF_CLOSED] = "UNCONN",         [SF_LISTEN] = "LISTEN",
        [SF_SYN_SENT] = "SYN-SENT",     [SF_SYN_RECEIVED] = "SYN-RECV",
        [SF_ESTABLISHED] = "ESTAB",     [SF_FIN_WAIT_1] = "FIN-WAIT-1",
        [SF_FIN_WAIT_2] = "FIN-WAIT-2", [SF_CLOSE_WAIT] = "CLOSE-WAIT",
        [SF_CLOSING] = "CLOSING",       [SF_LAST_ACK] = "LAST-ACK",
        [SF_TIME_WAIT] = "TIME-WAIT",
    };

    return names[state];
}

static bool same_word(const char *a, const char *b)
{
    for (; *a != '\0' && *b != '\0'; a++, b++) {
        if ((*a | 0x20) != (*b | 0x20)) {
            return false;
        }
    }
    return *a == *b;
}

static bool is_wanted(const struct wanted *w, const struct sf_walk_row *row, const char *state)
{
    uint8_t family =
        row->local.addr.family != SF_UNSPEC ? row->local.addr.family : row->remote.addr.family;

    return (w->family == SF_UNSPEC || family == SF_UNSPEC || family == w->family) &&
           (w->port == 0 || w->port == row->local.port || w->port == row->remote.port) &&
           (w->peer == 0 || w->peer == row->remote.port) &&
           (w->state == NULL || same_word(w->state, state));
}

static const char *end_text(const struct sf_endpoint *end, char text[END_TEXT])
{
    char addr[SF_ADDR_TEXT];

    if (end->port == 0) {
        return "*:*";
    }
    snprintf(text, END_TEXT, "%s:%u", sf_addr_text(&end->addr, addr), end->port);
    return text;
}

/* root packetdril 1 4 tcp4 192.168.0.1:8080 192.0.2.1:40000 ESTABLISHED; without a process
 * where no descriptor holds it. */
static void bsd_row(FILE *to, const struct sf_walk_row *row, int fd)
{
    char local[END_TEXT];
    char remote[END_TEXT];
    char owner[48] = "?        ?          ?     ?";

    if (fd > 0) {
        snprintf(owner, sizeof(owner), "root     packetdril 1     %-3d", fd);
    }
    fprintf(to, "%s tcp%s %s %s %s\n", owner, row->local.addr.family == SF_IPV6 ? "6" : "4",
            end_text(&row->local, local), end_text(&row->remote, remote), bsd_name(row->state));
}

/* The script's descriptors, and then what no descriptor holds. */
static void bsd_rows(struct drill_run *run, const struct wanted *w, FILE *to)
{
    struct sf_walk_row row;
    uint64_t cursor = 0;

    for (int fd = SF_CALLS_FIRST; fd < SF_CALLS_MOST; fd++) {
        const struct sf_calls_fd *f = sf_calls_at(&run->calls, fd);
        struct sf_status status;

        if (f == NULL) {
            continue;
        }
        row = (struct sf_walk_row){.state = SF_CLOSED, .local = f->local};
        if (sf_calls_status(&run->calls, fd, &status, run->now)) {
            row.state = status.state;
            row.local = status.local;
            row.remote = status.remote;
        }
        if (is_wanted(w, &row, bsd_name(row.state))) {
            bsd_row(to, &row, fd);
        }
    }
    while (sf_walk(run->stack, &cursor, &row, run->now)) {
        if (row.handle.generation == 0 && is_wanted(w, &row, bsd_name(row.state))) {
            bsd_row(to, &row, 0);
        }
    }
}

char *drill_sockstat(struct drill_run *run, const struct drill_words *words)
{
    struct wanted w = {.family = SF_UNSPEC};
    char *out = NULL;
    size_t octets = 0;

    for (size_t i = 1; i < words->n; i++) {
        const char *word = words->word[i];
        const char *next = i + 1 < words->n ? words->word[i + 1] : "";

        if (strcmp(word, "-4") == 0 || strcmp(word, "-6") == 0) {
            w.family = word[1] == '4' ? SF_IPV4 : SF_IPV6;
        } else if (strcmp(word, "-p") == 0) {
            w.port = (uint16_t)strtoul(next, NULL, 10);
            i++;
        } else if (strcmp(word, "-P") == 0) {
            i++;
        } else if (strcmp(word, "-s") != 0 && strcmp(word, "-n") != 0) {
            return NULL;
        }
    }
    FILE *to = open_memstream(&out, &octets);
    if (to != NULL) {
        bsd_rows(run, &w, to);
        fclose(to);
    }
    return out;
}

/* '( sport = :8080 )' */
static bool expression(const char *text, struct wanted *w)
{
    static const char sport[] = "( sport = :";
    static const char dport[] = "( dport = :";
    bool ours = strncmp(text, sport, sizeof(sport) - 1) == 0;
    char *end = NULL;

    if (!ours && strncmp(text, dport, sizeof(dport) - 1) != 0) {
        return false;
    }
    unsigned long port = strtoul(text + sizeof(sport) - 1, &end, 10);
    if (port == 0 || port > UINT16_MAX || strcmp(end, " )") != 0) {
        return false;
    }
    if (ours) {
        w->port = (uint16_t)port;
    } else {
        w->peer = (uint16_t)port;
    }
    return true;
}

static bool ss_words(const struct drill_words *words, struct wanted *w, bool *listening)
{
    static const char *const no_matter[] = {"-n", "-t", "--options", "--extended", "--info",
                                            "-e", "-i", "-o",        "-m"};

    for (size_t i = 1; i < words->n; i++) {
        const char *word = words->word[i];
        bool fine = false;

        for (size_t j = 0; j < sizeof(no_matter) / sizeof(no_matter[0]); j++) {
            fine = fine || strcmp(word, no_matter[j]) == 0;
        }
        if (strcmp(word, "-4") == 0 || strcmp(word, "-6") == 0) {
            w->family = word[1] == '4' ? SF_IPV4 : SF_IPV6;
        } else if (strcmp(word, "-l") == 0 || strcmp(word, "-a") == 0) {
            *listening = true;
        } else if (strcmp(word, "state") == 0 && i + 1 < words->n) {
            w->state = words->word[++i];
        } else if (strcmp(word, "src") == 0 && i + 1 < words->n) {
            i++; /* there is one address of ours */
        } else if (!fine && !expression(word, w)) {
            return false;
        }
    }
    return true;
}

/* ESTAB 0 0 192.168.0.1:8080 192.0.2.1:40000 */
char *drill_ss(struct drill_run *run, const struct drill_words *words)
{
    struct wanted w = {.family = SF_UNSPEC};
    bool listening = false;
    struct sf_walk_row row;
    uint64_t cursor = 0;
    char *out = NULL;
    size_t octets = 0;

    if (!ss_words(words, &w, &listening)) {
        return NULL;
    }
    w.family = run->mapped && w.family == SF_IPV6 ? SF_IPV4 : w.family;
    FILE *to = open_memstream(&out, &octets);
    while (to != NULL && sf_walk(run->stack, &cursor, &row, run->now)) {
        char local[END_TEXT];
        char remote[END_TEXT];

        if ((row.state != SF_LISTEN || listening) && is_wanted(&w, &row, ss_name(row.state))) {
            const char *prefix = run->mapped ? "::ffff:" : "";

            fprintf(to, "%s %u %u %s%s %s%s\n", ss_name(row.state), row.readable, row.unacked,
                    prefix, end_text(&row.local, local), prefix, end_text(&row.remote, remote));
        }
    }
    if (to != NULL) {
        fclose(to);
    }
    return out;
}

bool drill_tcpdrop(struct drill_run *run, const struct drill_words *words)
{
    if (words->n != 3 || strcmp(words->word[1], "-s") != 0) {
        return false;
    }
    for (int fd = SF_CALLS_FIRST; run->stack != NULL && fd < SF_CALLS_MOST; fd++) {
        const struct sf_calls_fd *f = sf_calls_at(&run->calls, fd);
        struct sf_status status;

        if (f != NULL && sf_calls_status(&run->calls, fd, &status, run->now) &&
            strcmp(bsd_name(status.state), words->word[2]) == 0) {
            sf_abort(run->stack, f->handle, run->now);
        }
    }
    return true;
}
