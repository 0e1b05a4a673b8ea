/* SPDX-License-Identifier: MIT
 *
 * script/lab/check.c - does what came of a lab agree with what was expected?
 */
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "script/lab/run.h"

/* A range in words: "2", "2 to 4", "at least 2". */
static const char *range(const struct lab_expect *want, char *text, size_t room)
{
    if (want->low == want->high) {
        (void)snprintf(text, room, "%llu", (unsigned long long)want->low);
    } else if (want->high == UINT64_MAX) {
        (void)snprintf(text, room, "at least %llu", (unsigned long long)want->low);
    } else {
        (void)snprintf(text, room, "%llu to %llu", (unsigned long long)want->low,
                       (unsigned long long)want->high);
    }
    return text;
}

static void compare(struct lab_run *run, const struct lab_expect *want, uint64_t got,
                    const char *what)
{
    char text[64];

    if (got < want->low || got > want->high) {
        lab_failed(run, want->place, "%s: expected %s, got %llu", what,
                   range(want, text, sizeof(text)), (unsigned long long)got);
    }
}

static const struct lab_conn *find_conn(const struct lab_run *run,
                                        const struct lab_expect *want)
{
    uint32_t seen = 0;

    for (size_t i = 0; i < run->n_conns; i++) {
        seen += run->conns[i].host == want->host;
        if (run->conns[i].host == want->host && seen == want->which) {
            return &run->conns[i];
        }
    }
    return NULL;
}

static void add_state(char *text, size_t room, uint8_t state)
{
    size_t n = strlen(text);

    (void)snprintf(text + n, room - n, " %s", sf_state_name((enum sf_state)state));
}

static void check_states(struct lab_run *run, const struct lab_expect *want)
{
    const struct lab_conn *conn = find_conn(run, want);
    char text[LAB_STATES * 14] = "";
    bool same = conn != NULL && conn->n_moves == want->n_states;

    for (uint32_t i = 0; conn != NULL && i < conn->n_moves; i++) {
        add_state(text, sizeof(text), conn->moves[i].state);
        same = same && conn->moves[i].state == want->states[i];
    }
    if (conn == NULL) {
        lab_failed(run, want->place, "host %s had no connection %u",
                   run->lab->hosts[want->host].name, want->which);
    } else if (!same) {
        lab_failed(run, want->place, "its states were:%s", text);
    }
}

static void check_took(struct lab_run *run, const struct lab_expect *want)
{
    const struct lab_conn *conn = find_conn(run, want);

    for (uint32_t i = 0; conn != NULL && i < conn->n_moves; i++) {
        uint64_t end = i + 1 < conn->n_moves ? conn->moves[i + 1].at_ns : lab_now(run);
        uint64_t took = end - conn->moves[i].at_ns;

        if (conn->moves[i].state != want->states[0]) {
            continue;
        }
        if (took < want->low || took > want->high) {
            lab_failed(run, want->place, "it took %llu.%06llu s",
                       (unsigned long long)(took / SF_NS_PER_S),
                       (unsigned long long)(took % SF_NS_PER_S / SF_NS_PER_US));
        }
        return;
    }
    lab_failed(run, want->place, "it was never in %s",
               sf_state_name((enum sf_state)want->states[0]));
}

static void check_segments(struct lab_run *run, const struct lab_expect *want, bool arrived)
{
    uint64_t n = 0;

    for (size_t i = 0; i < run->n_passed; i++) {
        const struct lab_passed *p = &run->passed[i];
        const struct lab_packet packet = {.flags = p->flags, .octets = p->data};

        n += p->arrived == arrived && p->from == want->filter.from &&
             p->to == want->filter.to && lab_packet_matches(&packet, &want->filter);
    }
    compare(run, want, n, arrived ? "segments arrived" : "segments sent");
}

static void check_error(struct lab_run *run, const struct lab_expect *want)
{
    enum sf_err error = run->turns[want->host].error;

    if (error != (enum sf_err)want->error) {
        lab_failed(run, want->place, "expected '%s', got '%s'",
                   sf_err_text((enum sf_err)want->error), sf_err_text(error));
    }
}

static void check(struct lab_run *run, const struct lab_expect *want)
{
    struct lab_turn *turn = &run->turns[want->host];

    switch ((enum lab_expect_kind)want->kind) {
    case LAB_WANT_STATES:
        check_states(run, want);
        break;
    case LAB_WANT_LEFT:
        compare(run, want,
                lab_ops_count(&run->ends[want->host], (enum sf_state)want->states[0]),
                "connections left");
        break;
    case LAB_WANT_DELIVERED:
        compare(run, want, turn->delivered, "octets delivered");
        break;
    case LAB_WANT_DAMAGED:
        compare(run, want, turn->damaged, "octets damaged");
        break;
    case LAB_WANT_ACCEPTED:
        compare(run, want, turn->accepted, "connections accepted");
        break;
    case LAB_WANT_ERROR:
        check_error(run, want);
        break;
    case LAB_WANT_SENT:
    case LAB_WANT_ARRIVED:
        check_segments(run, want, want->kind == LAB_WANT_ARRIVED);
        break;
    case LAB_WANT_TOOK:
        check_took(run, want);
        break;
    case LAB_WANT_ENDED:
        compare(run, want, run->ended_ns, "nanoseconds until the last application was done");
        break;
    case LAB_WANT_FINDING:
    case LAB_WANT_NO_FINDING:
        return; /* whoever explains the frames looks */
    }
    run->checked++;
}

void lab_check(struct lab_run *run)
{
    for (uint32_t i = 0; i < run->lab->n_expects; i++) {
        check(run, &run->lab->expects[i]);
    }
}
