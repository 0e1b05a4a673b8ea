/* SPDX-License-Identifier: MIT
 *
 * tcp/state.c - the state machine of RFC 9293 s3.3.2 as a table.
 *
 *   conn.c, embryo.c, timewait.c -> [state.c] <- the explainer, the drawing in the docs
 *
 * An arrow that figure 5 draws to LISTEN for a connection that a listener made ends here
 * in CLOSED: the child is deleted, and its listener never was in another state.
 */
#include "synfin/state.h"

#include "base/assert.h"

/* Sorted by the state before: first[] says where each one's arrows begin. */
/* clang-format off */
static const struct sf_arrow arrows[] = {
    /* from            event                to               by */
    {SF_CLOSED,       SF_EV_OPEN_PASSIVE,  SF_LISTEN,       "9293 s3.10.1"},
    {SF_CLOSED,       SF_EV_OPEN_ACTIVE,   SF_SYN_SENT,     "9293 s3.10.1"},
    {SF_CLOSED,       SF_EV_IMPORT,        SF_ESTABLISHED,  "ext: from another stack"},

    {SF_LISTEN,       SF_EV_OPEN_ACTIVE,   SF_SYN_SENT,     "9293 s3.10.1"},
    {SF_LISTEN,       SF_EV_SYN,           SF_SYN_RECEIVED, "9293 s3.10.7.2"},
    {SF_LISTEN,       SF_EV_COOKIE,        SF_ESTABLISHED,  "ext: 4987 s3.6"},
    {SF_LISTEN,       SF_EV_DELETE,        SF_CLOSED,       "9293 s3.10.4"},
    {SF_LISTEN,       SF_EV_ABORT,         SF_CLOSED,       "9293 s3.10.5"},
    {SF_LISTEN,       SF_EV_TIMEOUT,       SF_CLOSED,       "9293 s3.10.8"},

    {SF_SYN_SENT,     SF_EV_SYN,           SF_SYN_RECEIVED, "9293 s3.10.7.3"},
    {SF_SYN_SENT,     SF_EV_SYN_ACK,       SF_ESTABLISHED,  "9293 s3.10.7.3"},
    {SF_SYN_SENT,     SF_EV_DELETE,        SF_CLOSED,       "9293 s3.10.4"},
    {SF_SYN_SENT,     SF_EV_ABORT,         SF_CLOSED,       "9293 s3.10.5"},
    {SF_SYN_SENT,     SF_EV_RST,           SF_CLOSED,       "9293 s3.10.7.3"},
    {SF_SYN_SENT,     SF_EV_UNREACHABLE,   SF_CLOSED,       "9293 s3.9.2.2"},
    {SF_SYN_SENT,     SF_EV_TIMEOUT,       SF_CLOSED,       "9293 s3.10.8"},

    {SF_SYN_RECEIVED, SF_EV_ACK_OF_SYN,    SF_ESTABLISHED,  "9293 s3.10.7.4"},
    {SF_SYN_RECEIVED, SF_EV_SYN_ACK,       SF_ESTABLISHED,  "9293 s3.10.7.4"},
    {SF_SYN_RECEIVED, SF_EV_FIN_SENT,      SF_FIN_WAIT_1,   "9293 s3.10.4"},
    /* A SYN in the window of a listener's child (RFC 9293 s3.10.7.4, fourth). */
    {SF_SYN_RECEIVED, SF_EV_SYN,           SF_CLOSED,       "9293 s3.10.7.4"},
    {SF_SYN_RECEIVED, SF_EV_RST,           SF_CLOSED,       "9293 s3.10.7.4"},
    {SF_SYN_RECEIVED, SF_EV_ABORT,         SF_CLOSED,       "9293 s3.10.5"},
    {SF_SYN_RECEIVED, SF_EV_UNREACHABLE,   SF_CLOSED,       "9293 s3.9.2.2"},
    {SF_SYN_RECEIVED, SF_EV_TIMEOUT,       SF_CLOSED,       "9293 s3.10.8"},
    {SF_SYN_RECEIVED, SF_EV_DELETE,        SF_CLOSED,       "ext: SYN left unanswered"},
    {SF_SYN_RECEIVED, SF_EV_RESTORE,       SF_TIME_WAIT,    "ext: 9293 s3.10.7.4 MAY-2"},

    {SF_ESTABLISHED,  SF_EV_FIN_SENT,      SF_FIN_WAIT_1,   "9293 s3.10.4"},
    {SF_ESTABLISHED,  SF_EV_FIN,           SF_CLOSE_WAIT,   "9293 s3.10.7.4"},
    {SF_ESTABLISHED,  SF_EV_ABORT,         SF_CLOSED,       "9293 s3.10.5"},
    {SF_ESTABLISHED,  SF_EV_RST,           SF_CLOSED,       "9293 s3.10.7.4"},
    {SF_ESTABLISHED,  SF_EV_TIMEOUT,       SF_CLOSED,       "9293 s3.10.8"},

    {SF_FIN_WAIT_1,   SF_EV_ACK_OF_FIN,    SF_FIN_WAIT_2,   "9293 s3.10.7.4"},
    {SF_FIN_WAIT_1,   SF_EV_FIN,           SF_CLOSING,      "9293 s3.10.7.4"},
    {SF_FIN_WAIT_1,   SF_EV_FIN_ACKING,    SF_TIME_WAIT,    "9293 s3.10.7.4"},
    {SF_FIN_WAIT_1,   SF_EV_ABORT,         SF_CLOSED,       "9293 s3.10.5"},
    {SF_FIN_WAIT_1,   SF_EV_RST,           SF_CLOSED,       "9293 s3.10.7.4"},
    {SF_FIN_WAIT_1,   SF_EV_TIMEOUT,       SF_CLOSED,       "9293 s3.10.8"},
    {SF_FIN_WAIT_1,   SF_EV_ORPHANED,      SF_CLOSED,       "ext: 9293 s3.6.1 SHLD-3"},

    {SF_FIN_WAIT_2,   SF_EV_FIN,           SF_TIME_WAIT,    "9293 s3.10.7.4"},
    {SF_FIN_WAIT_2,   SF_EV_ABORT,         SF_CLOSED,       "9293 s3.10.5"},
    {SF_FIN_WAIT_2,   SF_EV_RST,           SF_CLOSED,       "9293 s3.10.7.4"},
    {SF_FIN_WAIT_2,   SF_EV_TIMEOUT,       SF_CLOSED,       "9293 s3.10.8"},
    {SF_FIN_WAIT_2,   SF_EV_ORPHANED,      SF_CLOSED,       "ext: 9293 s3.6.1 SHLD-3"},

    {SF_CLOSE_WAIT,   SF_EV_FIN_SENT,      SF_LAST_ACK,     "9293 s3.10.4"},
    {SF_CLOSE_WAIT,   SF_EV_ABORT,         SF_CLOSED,       "9293 s3.10.5"},
    {SF_CLOSE_WAIT,   SF_EV_RST,           SF_CLOSED,       "9293 s3.10.7.4"},
    {SF_CLOSE_WAIT,   SF_EV_TIMEOUT,       SF_CLOSED,       "9293 s3.10.8"},

    {SF_CLOSING,      SF_EV_ACK_OF_FIN,    SF_TIME_WAIT,    "9293 s3.10.7.4"},
    {SF_CLOSING,      SF_EV_ABORT,         SF_CLOSED,       "9293 s3.10.5"},
    {SF_CLOSING,      SF_EV_RST,           SF_CLOSED,       "9293 s3.10.7.4"},
    {SF_CLOSING,      SF_EV_TIMEOUT,       SF_CLOSED,       "9293 s3.10.8"},

    {SF_LAST_ACK,     SF_EV_ACK_OF_FIN,    SF_CLOSED,       "9293 s3.10.7.4"},
    {SF_LAST_ACK,     SF_EV_ABORT,         SF_CLOSED,       "9293 s3.10.5"},
    {SF_LAST_ACK,     SF_EV_RST,           SF_CLOSED,       "9293 s3.10.7.4"},
    {SF_LAST_ACK,     SF_EV_TIMEOUT,       SF_CLOSED,       "9293 s3.10.8"},

    /* No RST: RFC 1337 s3, fix F1. */
    {SF_TIME_WAIT,    SF_EV_2MSL,          SF_CLOSED,       "9293 s3.10.8"},
    {SF_TIME_WAIT,    SF_EV_ABORT,         SF_CLOSED,       "9293 s3.10.5"},
    {SF_TIME_WAIT,    SF_EV_REUSE,         SF_SYN_RECEIVED, "ext: 6191 s2"},
    {SF_TIME_WAIT,    SF_EV_ORPHANED,      SF_CLOSED,       "ext: record given up"},
};

static const uint8_t first[SF_STATES + 1] = {
    [SF_CLOSED] = 0,       [SF_LISTEN] = 3,      [SF_SYN_SENT] = 9,    [SF_SYN_RECEIVED] = 16,
    [SF_ESTABLISHED] = 26, [SF_FIN_WAIT_1] = 31, [SF_FIN_WAIT_2] = 38, [SF_CLOSE_WAIT] = 43,
    [SF_CLOSING] = 47,     [SF_LAST_ACK] = 51,   [SF_TIME_WAIT] = 55,  [SF_STATES] = 59,
};
/* clang-format on */

#define ARROWS (sizeof(arrows) / sizeof(arrows[0]))

_Static_assert(ARROWS == 59, "first[] ends where the table does");

int sf_state_next(enum sf_state from, enum sf_event_kind event)
{
    SF_ASSERT((unsigned)from < SF_STATES);
    for (uint32_t i = first[from]; i < first[from + 1]; i++) {
        if (arrows[i].event == (uint8_t)event) {
            return arrows[i].to;
        }
    }
    return SF_NO_ARROW;
}

const struct sf_arrow *sf_state_arrows(size_t *count)
{
    *count = ARROWS;
    return arrows;
}

const char *sf_state_name(enum sf_state state)
{
    static const char *const names[SF_STATES] = {
        [SF_CLOSED] = "CLOSED",           [SF_LISTEN] = "LISTEN",
        [SF_SYN_SENT] = "SYN_SENT",       [SF_SYN_RECEIVED] = "SYN_RECEIVED",
        [SF_ESTABLISHED] = "ESTABLISHED", [SF_FIN_WAIT_1] = "FIN_WAIT_1",
        [SF_FIN_WAIT_2] = "FIN_WAIT_2",   [SF_CLOSE_WAIT] = "CLOSE_WAIT",
        [SF_CLOSING] = "CLOSING",         [SF_LAST_ACK] = "LAST_ACK",
        [SF_TIME_WAIT] = "TIME_WAIT",
    };

    return (unsigned)state < SF_STATES ? names[state] : "?";
}

const char *sf_event_name(enum sf_event_kind event)
{
    static const char *const names[SF_EVENT_KINDS] = {
        [SF_EV_OPEN_PASSIVE] = "open-passive",
        [SF_EV_OPEN_ACTIVE] = "open-active",
        [SF_EV_SYN] = "syn",
        [SF_EV_SYN_ACK] = "syn-ack",
        [SF_EV_ACK_OF_SYN] = "ack-of-syn",
        [SF_EV_FIN_SENT] = "fin-sent",
        [SF_EV_ACK_OF_FIN] = "ack-of-fin",
        [SF_EV_FIN] = "fin",
        [SF_EV_FIN_ACKING] = "fin-acking",
        [SF_EV_RST] = "rst",
        [SF_EV_ABORT] = "abort",
        [SF_EV_DELETE] = "delete",
        [SF_EV_TIMEOUT] = "timeout",
        [SF_EV_ORPHANED] = "orphaned",
        [SF_EV_2MSL] = "2msl",
        [SF_EV_UNREACHABLE] = "unreachable",
        [SF_EV_COOKIE] = "cookie",
        [SF_EV_REUSE] = "reuse",
        [SF_EV_RESTORE] = "restore",
        [SF_EV_IMPORT] = "import",
    };

    return (unsigned)event < SF_EVENT_KINDS ? names[event] : "?";
}
