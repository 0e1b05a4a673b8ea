/* SPDX-License-Identifier: MIT
 *
 * script/drill/python.c - %{ code }%: assertions over what TCP_INFO would show at that moment.
 *
 * Each snapshot is written as assignments, the code behind it; when the script has ended all
 * of it is one program for python3 (helper.c).
 */
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "script/drill/run.h"

struct drill_snapshot {
    struct drill_snapshot *next;
    uint32_t line;
    const char *code;
    struct sf_status status;
    uint64_t since_data_ms; /* of the far end's */
    uint32_t rcv_mss, advmss;
};

static const char head[] =
    "TCP_ESTABLISHED, TCP_SYN_SENT, TCP_SYN_RECV, TCP_FIN_WAIT1 = 1, 2, 3, 4\n"
    "TCP_FIN_WAIT2, TCP_TIME_WAIT, TCP_CLOSE, TCP_CLOSE_WAIT = 5, 6, 7, 8\n"
    "TCP_LAST_ACK, TCP_LISTEN, TCP_CLOSING = 9, 10, 11\n"
    /* As nplab's scripts have them. */
    "TCPI_ESTABLISHED, TCPI_SYN_SENT, TCPI_SYN_RECEIVED, TCPI_FIN_WAIT_1 = 1, 2, 3, 4\n"
    "TCPI_FIN_WAIT_2, TCPI_TIME_WAIT, TCPI_CLOSED, TCPI_CLOSE_WAIT = 5, 6, 7, 8\n"
    "TCPI_LAST_ACK, TCPI_LISTEN, TCPI_CLOSING = 9, 10, 11\n"
    "TCPI_OPT_TIMESTAMPS, TCPI_OPT_SACK, TCPI_OPT_WSCALE, TCPI_OPT_ECN = 1, 2, 4, 8\n"
    "TCPI_OPT_SYN_DATA, TCP_INFINITE_SSTHRESH = 32, 0x7fffffff\n";

/* As Linux numbers them. */
static int state_number(enum sf_state state)
{
    switch (state) {
    case SF_CLOSED:
        return TCP_CLOSE;
    case SF_LISTEN:
        return TCP_LISTEN;
    case SF_SYN_SENT:
        return TCP_SYN_SENT;
    case SF_SYN_RECEIVED:
        return TCP_SYN_RECV;
    case SF_ESTABLISHED:
        return TCP_ESTABLISHED;
    case SF_FIN_WAIT_1:
        return TCP_FIN_WAIT1;
    case SF_FIN_WAIT_2:
        return TCP_FIN_WAIT2;
    case SF_CLOSE_WAIT:
        return TCP_CLOSE_WAIT;
    case SF_CLOSING:
        return TCP_CLOSING;
    case SF_LAST_ACK:
        return TCP_LAST_ACK;
    case SF_TIME_WAIT:
        return TCP_TIME_WAIT;
    }
    return 0;
}

void drill_snapshot(struct drill_run *run, const struct drill_event *event)
{
    if (run->how->no_code) {
        drill_skip(run, event->line, "code");
        return;
    }
    struct drill_snapshot *snapshot = drill_take(&run->script.arena, sizeof(*snapshot));

    uint32_t maxseg = UINT32_MAX; /* of what the script set last */
    snapshot->line = event->line;
    snapshot->code = event->text;
    /* The connection that was opened last. */
    for (int fd = SF_CALLS_MOST - 1; fd >= SF_CALLS_FIRST; fd--) {
        if (sf_calls_status(&run->calls, fd, &snapshot->status, run->now) &&
            snapshot->status.state != SF_LISTEN) {
            break;
        }
    }
    for (int fd = SF_CALLS_FIRST; fd < SF_CALLS_MOST; fd++) {
        const struct sf_calls_fd *f = sf_calls_at(&run->calls, fd);

        if (f != NULL && f->options[SF_OPTION_MAXSEG] != 0) {
            maxseg = (uint32_t)f->options[SF_OPTION_MAXSEG];
        }
    }
    const struct sf_status *s = &snapshot->status;
    const struct drill_flow *flow =
        s->remote.port != 0 ? drill_flow_of(&run->flows, s->local.port, s->remote.port) : NULL;
    snapshot->advmss =
        run->config.mtu - (run->local.family == SF_IPV4 ? 40 : 60) - (s->timestamps ? 12 : 0);
    snapshot->advmss = maxseg < snapshot->advmss ? maxseg : snapshot->advmss;
    if (flow != NULL) {
        snapshot->since_data_ms = (run->now.ns - flow->data_in_ns) / SF_NS_PER_MS;
        snapshot->rcv_mss = flow->rcv_mss;
    }
    *run->snapshots_tail = snapshot;
    run->snapshots_tail = &snapshot->next;
}

static void assign(const struct drill_run *run, const struct sf_status *s, FILE *out)
{
    uint32_t mss = s->mss > 0 ? s->mss : 1;
    /* FreeBSD counts these in octets, Linux in segments. */
    uint32_t unit = run->how->like == DRILL_LIKE_FREEBSD ? 1 : mss;
    uint32_t ssthresh = s->ssthresh >= INT32_MAX ? INT32_MAX : s->ssthresh / unit;

    fprintf(out, "tcpi_state = %d\n", state_number(s->state));
    fprintf(out, "tcpi_snd_cwnd = %" PRIu32 "\ntcpi_snd_ssthresh = %" PRIu32 "\n",
            s->cwnd / unit, ssthresh);
    fprintf(out, "tcpi_snd_mss = %" PRIu32 "\n", mss);
    fprintf(out, "tcpi_pmtu = %" PRIu32 "\n", s->pmtu);
    fprintf(out, "tcpi_rtt = %" PRIu64 "\ntcpi_rttvar = %" PRIu64 "\ntcpi_rto = %" PRIu64 "\n",
            s->srtt.ns / SF_NS_PER_US, s->rttvar.ns / SF_NS_PER_US, s->rto.ns / SF_NS_PER_US);
    fprintf(out, "tcpi_unacked = %" PRIu32 "\n", (s->unacked + mss - 1) / mss);
    fprintf(out, "tcpi_retransmits = %" PRIu32 "\ntcpi_backoff = %" PRIu32 "\n", s->retransmits,
            s->retransmits);
    fprintf(out, "tcpi_total_retrans = %" PRIu32 "\n", s->total_retransmits);
    fprintf(out, "tcpi_delivered = %" PRIu32 "\n", s->delivered);
    fprintf(out, "tcpi_notsent_bytes = %" PRIu32 "\n", s->unsent);
    fprintf(out, "tcpi_options = %d\n",
            s->timestamps + 2 * s->sack + 4 * s->wscale + 32 * s->fast_open);
    fprintf(out, "tcpi_snd_wscale = %d\ntcpi_rcv_wscale = %d\n", s->snd_wscale, s->rcv_wscale);
}

/* Code that is indented as a whole means the same when it is not: the if takes it in. */
static void append(const struct drill_run *run, const struct drill_snapshot *s, FILE *out)
{
    const char *code = s->code;
    size_t blank = strspn(code, " \t\n");
    const char *indent = code + blank;

    while (indent > code && indent[-1] != '\n') {
        indent--;
    }
    assign(run, &s->status, out);
    fprintf(out, "tcpi_last_data_recv = %" PRIu64 "\n", s->since_data_ms);
    fprintf(out, "tcpi_rcv_mss = %" PRIu32 "\ntcpi_advmss = %" PRIu32 "\n", s->rcv_mss,
            s->advmss);
    fprintf(out, "_line = %" PRIu32 "\n", s->line);
    if (indent == code || code + blank == indent) {
        fprintf(out, "%s\n", code + blank);
    } else {
        fprintf(out, "if True:\n%s\n", indent);
    }
}

void drill_python(struct drill_run *run)
{
    struct drill_helper own = {0};
    struct drill_helper *helper = run->how->python != NULL ? run->how->python : &own;
    char *program = NULL;
    size_t octets = 0;
    char said[400];

    if (run->snapshots == NULL) {
        return;
    }
    FILE *out = open_memstream(&program, &octets);
    if (out == NULL) {
        abort();
    }
    fprintf(out, "%s", head);
    for (const struct drill_snapshot *s = run->snapshots; s != NULL; s = s->next) {
        append(run, s, out);
    }
    fclose(out);
    switch (drill_help(helper, program, said, sizeof(said))) {
    case DRILL_RAN:
        break;
    case DRILL_RAISED:
        if (strstr(said, " NameError ") != NULL) {
            drill_skip(run, 0, "code of line %s", said);
        }
        drill_fail(run, 0, "code of line %s", said);
        break;
    case DRILL_NO_PYTHON:
        drill_skip(run, 0, "python3 could not be run");
        break;
    case DRILL_NO_END:
        drill_fail(run, 0, "the code has not ended");
        break;
    }
    free(program);
    drill_helper_end(&own);
}
