/* SPDX-License-Identifier: MIT
 *
 * script/drill/run_packet.c - packets in, and packets out against what was expected.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "script/drill/run.h"

#define SYN 0x02
#define FIN 0x01 /* comes with the last piece */
#define PSH 0x08
#define ACK 0x10

/* How long after its time a packet that is late is waited for, so as to say when it came. */
#define LATEST_NS UINT64_C(600000000000)

static uint32_t mss_of(const struct drill_packet *packet, uint32_t otherwise)
{
    for (uint8_t i = 0; i < packet->n_opts; i++) {
        if (packet->opts[i].kind == DRILL_OPT_MSS) {
            return packet->opts[i].a;
        }
    }
    return otherwise;
}

static void note_syn(struct drill_flow *flow, const struct drill_packet *packet)
{
    if (packet->proto == DRILL_TCP && (packet->flags & SYN) != 0 && !flow->has_irs) {
        flow->has_irs = true;
        flow->irs = packet->seq;
        flow->far_mss = mss_of(packet, flow->far_mss);
    }
}

static void fill(const struct drill_flow *flow, const struct drill_packet *packet,
                 uint8_t *text)
{
    /* Text on a SYN begins with the octet after it; other numbers count from the ISN. */
    uint32_t place = (packet->flags & SYN) != 0 ? packet->seq - flow->irs : packet->seq - 1;

    for (uint32_t i = 0; i < packet->octets; i++) {
        text[i] = drill_pattern(place + i);
    }
}

void drill_inject(struct drill_run *run, const struct drill_event *event)
{
    const struct drill_packet *packet = &event->packet;
    struct drill_flow *flow = drill_flow_in(&run->flows, packet);
    struct drill_live *live = calloc(1, sizeof(*live) + packet->octets);
    uint8_t *octets = malloc(DRILL_HEADS + (size_t)packet->octets);
    struct sf_frame frame;

    if (live == NULL || octets == NULL) {
        abort();
    }
    note_syn(flow, packet);
    drill_to_wire(flow, packet, live);
    live->src = run->remote;
    live->dst = run->local;
    uint8_t *text = (uint8_t *)(live + 1);
    live->text = text;
    size_t n = 0;
    if (packet->proto == DRILL_ICMP) {
        n = drill_write_icmp(octets, live);
    } else {
        fill(flow, packet, text);
        n = drill_write(octets, live);
    }
    memset(&frame, 0, sizeof(frame));
    frame.octets = (uint32_t)n;
    frame.n_pieces = 1;
    if (n > run->config.mtu) {
        /* A link that joins segments hands them over so. */
        uint32_t heads = (uint32_t)n - packet->octets;

        frame.gso_octets = (uint16_t)(run->mss != 0 ? run->mss : run->config.mtu - heads);
    }
    frame.pieces[0] = (struct sf_piece){octets, (uint32_t)n};
    if (packet->proto == DRILL_TCP && (packet->octets > 0 || (packet->flags & SYN) != 0)) {
        uint32_t most = frame.gso_octets != 0 ? frame.gso_octets : packet->octets;

        flow->data_in_ns = run->now.ns;
        flow->rcv_mss = most > flow->rcv_mss ? most : flow->rcv_mss;
    }
    drill_record(run, octets, n);
    sf_stack_rx(run->stack, &frame, 1, run->now);
    drill_turn(run);
    free(octets);
    free(live);
}

/* The script's and the wire's form of a packet as text, for a report. */
static void describe(const struct drill_packet *packet, char *text, size_t room)
{
    FILE *out = fmemopen(text, room, "w");

    text[0] = '\0';
    if (out != NULL) {
        drill_print_packet(packet, out);
        fclose(out);
    }
    text[room - 1] = '\0';
}

static void mismatch(struct drill_run *run, const struct drill_event *event,
                     const struct drill_live *came, const char *what)
{
    char wanted[300];
    char got[300];

    describe(&event->packet, wanted, sizeof(wanted));
    describe(&came->packet, got, sizeof(got));
    drill_fail(run, event->line, "%s differs\nexpected: %s\ncame:     %s, at %.6f", what,
               wanted, got, (double)(came->at_ns - run->start_ns) / 1e9);
}

static struct drill_live *take(struct drill_run *run)
{
    struct drill_live *live = run->sent;

    run->sent = live->next;
    if (run->sent == NULL) {
        run->sent_tail = &run->sent;
    }
    return live;
}

static bool is_syn(const struct drill_packet *packet)
{
    return packet->proto == DRILL_TCP && (packet->flags & (SYN | ACK)) == SYN;
}

/* What a connection still sends is not looked at once the script has turned to the next one: a
 * SYN of ours begins one, as does one that comes in. */
static void pass_over(struct drill_run *run, const struct drill_packet *expected)
{
    const struct drill_live *begins = NULL;

    if (expected->proto != DRILL_TCP || expected->ported) {
        return;
    }
    for (const struct drill_live *l = run->sent;
         is_syn(expected) && l != NULL && begins == NULL; l = l->next) {
        begins =
            is_syn(&l->packet) && drill_flow_out(&run->flows, &l->packet) == NULL ? l : NULL;
    }
    while (begins != NULL && run->sent != begins) {
        (void)take(run);
    }
    while (begins == NULL && run->sent != NULL && run->sent->packet.proto == DRILL_TCP) {
        const struct drill_flow *flow = drill_flow_out(&run->flows, &run->sent->packet);

        if (flow == NULL || flow == run->flows.current) {
            break;
        }
        (void)take(run);
    }
}

/* The next packet of that protocol that goes out; waited for.  Null: none came.  What answers
 * a ping, say, is nobody's business who waits for a segment. */
static struct drill_live *next_sent(struct drill_run *run, const struct drill_packet *expected,
                                    uint64_t until_ns)
{
    const enum drill_proto proto = expected->proto;
    struct drill_live *live = NULL;

    do {
        pass_over(run, expected);
        while (run->sent == NULL && !run->done && drill_step(run, (sf_time){until_ns})) {
            pass_over(run, expected);
        }
        live = run->sent == NULL || run->done ? NULL : take(run);
    } while (live != NULL && live->wrong == NULL && proto == DRILL_TCP &&
             live->packet.proto == DRILL_ICMP);
    return live;
}

static bool payload_right(struct drill_run *run, const struct drill_event *event,
                          const struct drill_flow *flow, const struct drill_live *live)
{
    if (live->wrong != NULL) {
        drill_fail(run, event->line, "%s of what came is wrong", live->wrong);
        return false;
    }
    if (live->packet.proto == DRILL_TCP && !drill_flow_check(flow, live)) {
        drill_fail(run, event->line, "the text that came is not what was written there");
        return false;
    }
    return true;
}

/* The text of a full segment of ours: as the connection has it, or as the far end told. */
static uint32_t full_of(struct drill_run *run, const struct drill_flow *flow)
{
    uint32_t room = run->config.mtu - (run->local.family == SF_IPV4 ? 40U : 60U);
    uint32_t full = flow->far_mss < room ? flow->far_mss : room;

    for (int fd = SF_CALLS_FIRST; fd < SF_CALLS_MOST; fd++) {
        struct sf_status status;

        if (sf_calls_status(&run->calls, fd, &status, run->now) &&
            status.local.port == flow->local_port && status.remote.port == flow->remote_port &&
            status.mss != 0 && status.mss < full) {
            full = status.mss;
        }
    }
    return full;
}

/* One scripted super-segment is several full ones: join what follows to the first. */
static void join(struct drill_run *run, const struct drill_event *event,
                 const struct drill_flow *flow, struct drill_live *first)
{
    const uint32_t wanted = event->packet.octets;
    struct drill_packet *whole = &first->packet;
    const uint32_t full = full_of(run, flow);
    uint32_t piece = whole->octets;
    bool joined = false;

    /* Options take their room from the text. */
    while (whole->octets < wanted && piece + 40 >= full && run->sent != NULL &&
           run->sent->packet.octets > 0 &&
           run->sent->packet.seq == whole->end + flow->iss_offset) {
        struct drill_live *more = take(run);

        if (payload_right(run, event, flow, more)) {
            piece = more->packet.octets;
            whole->octets += piece;
            whole->end += piece;
            whole->flags |= more->packet.flags & FIN;
            joined = true;
        }
    }
    /* Where PSH stands within a super-segment is up to whoever cuts it. */
    if (joined) {
        whole->flags = (uint8_t)((whole->flags & ~PSH) | (event->packet.flags & PSH));
    }
}

static bool stamp_right(const struct drill_run *run, const struct drill_packet *expected,
                        const struct drill_packet *came)
{
    for (uint8_t i = 0; i < expected->n_opts && i < came->n_opts; i++) {
        const struct drill_opt *want = &expected->opts[i];
        uint32_t behind = came->opts[i].a - want->a;

        if (want->kind != DRILL_OPT_TS || want->any_a || run->tick_ns == 0) {
            continue;
        }
        behind = behind > UINT32_MAX / 2 ? 0 - behind : behind;
        if (behind * run->tick_ns > run->tolerance_ns) {
            return false;
        }
    }
    return true;
}

static void compare(struct drill_run *run, const struct drill_event *event,
                    struct drill_flow *flow, struct drill_live *live)
{
    if (!payload_right(run, event, flow, live)) {
        return;
    }
    drill_to_script(flow, live, &event->packet);
    if (live->packet.octets < event->packet.octets) {
        join(run, event, flow, live);
    }
    const char *what = run->done ? NULL : drill_differs(&event->packet, &live->packet);
    if (what == NULL && !run->done && !stamp_right(run, &event->packet, &live->packet)) {
        what = "timestamp";
    }
    if (what != NULL) {
        mismatch(run, event, live, what);
    }
}

void drill_expect(struct drill_run *run, const struct drill_event *event,
                  const struct drill_when *when)
{
    uint64_t last = when->kind == DRILL_ANY ? drill_now(run) : when->ns;
    char wanted[300];
    struct drill_live *live = NULL;

    last = when->end_ns > last ? when->end_ns : last;
    live = next_sent(run, &event->packet,
                     run->start_ns + last + drill_tolerance(run, last) + LATEST_NS);
    if (run->done) {
        return;
    }
    if (live == NULL) {
        describe(&event->packet, wanted, sizeof(wanted));
        drill_fail(run, event->line, "nothing came\nexpected: %s", wanted);
        return;
    }
    struct drill_flow *flow =
        drill_flow_of(&run->flows, live->packet.sport, live->packet.dport);
    compare(run, event, flow, live);
    if (!run->done) {
        drill_on_time(run, event, when, live->at_ns - run->start_ns);
    }
}
