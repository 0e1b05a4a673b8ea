/* SPDX-License-Identifier: MIT
 *
 * script/drill/flow.c - which connection, and its numbers.
 */
#include "script/drill/flow.h"

#include <stdlib.h>
#include <string.h>

#define SYN 0x02
#define ACK 0x10

uint8_t drill_pattern(uint64_t place)
{
    return (uint8_t)(place * 31 + (place >> 8) * 17 + 7);
}

static struct drill_flow *make(struct drill_flows *flows, uint16_t local, uint16_t remote)
{
    struct drill_flow *flow = drill_take(flows->arena, sizeof(*flow));

    flow->local_port = local;
    flow->remote_port = remote;
    flow->far_mss = 536; /* RFC 9293 s3.7.1, unless told */
    flow->next = flows->all;
    flows->all = flow;
    flows->current = flow;
    return flow;
}

static struct drill_flow *find(const struct drill_flows *flows, uint16_t local, uint16_t remote)
{
    struct drill_flow *flow = flows->all;

    while (flow != NULL && (flow->local_port != local || flow->remote_port != remote)) {
        flow = flow->next;
    }
    return flow;
}

struct drill_flow *drill_flow_out(const struct drill_flows *flows,
                                  const struct drill_packet *packet)
{
    return find(flows, packet->sport, packet->dport);
}

struct drill_flow *drill_flow_of(struct drill_flows *flows, uint16_t local, uint16_t remote)
{
    struct drill_flow *flow = find(flows, local, remote);

    return flow != NULL ? flow : make(flows, local, remote);
}

struct drill_flow *drill_flow_in(struct drill_flows *flows, const struct drill_packet *packet)
{
    bool opens = packet->proto == DRILL_TCP && (packet->flags & (SYN | ACK)) == SYN;

    if (packet->ported) {
        return drill_flow_of(flows, packet->dport, packet->sport);
    }
    if (flows->current == NULL || (opens && flows->listened)) {
        flows->listened = flows->listened && !opens;
        return make(flows, flows->port, flows->next_port++);
    }
    return flows->current;
}

static uint32_t stamp_to_wire(const struct drill_flow *flow, uint32_t stamp)
{
    for (uint32_t i = flow->n_stamps; i-- > 0;) {
        if (flow->stamps[i][0] == stamp) {
            return flow->stamps[i][1];
        }
    }
    return flow->n_stamps > 0 ? stamp - flow->stamps[0][0] + flow->stamps[0][1] : stamp;
}

static void opt_to_wire(const struct drill_flow *flow, struct drill_opt *opt, bool acks)
{
    const size_t edges = opt->kind == DRILL_OPT_SACK && !opt->real ? 2 * (size_t)opt->n : 0;

    if (opt->kind == DRILL_OPT_TS && acks && !opt->real) {
        opt->b = stamp_to_wire(flow, opt->b);
    }
    for (size_t i = 0; i < edges; i++) {
        opt->blocks[i] += flow->iss_offset;
    }
}

void drill_to_wire(const struct drill_flow *flow, const struct drill_packet *packet,
                   struct drill_live *live)
{
    bool acks = (packet->flags & ACK) != 0;

    live->packet = *packet;
    live->packet.opts = live->opts;
    for (uint8_t i = 0; i < packet->n_opts; i++) {
        live->opts[i] = packet->opts[i];
        opt_to_wire(flow, &live->opts[i], acks);
    }
    live->packet.sport = flow->remote_port;
    live->packet.dport = flow->local_port;
    if (acks && !packet->real_ack) {
        live->packet.ack += flow->iss_offset;
    }
    if (packet->proto == DRILL_ICMP && !packet->real_seq) {
        live->packet.seq += flow->iss_offset;
    } else if (packet->proto == DRILL_TCP && (packet->flags & SYN) == 0 && !packet->real_seq) {
        live->packet.seq += flow->irs;
    }
}

/* The script's timestamp that stands for one on the wire. */
static uint32_t stamp_to_script(const struct drill_flow *flow, uint32_t stamp)
{
    return stamp - flow->stamps[0][1] + flow->stamps[0][0];
}

static const struct drill_opt *ts_of(const struct drill_packet *packet)
{
    for (uint8_t i = 0; i < packet->n_opts; i++) {
        if (packet->opts[i].kind == DRILL_OPT_TS) {
            return &packet->opts[i];
        }
    }
    return NULL;
}

static void stamps(struct drill_flow *flow, struct drill_live *live,
                   const struct drill_packet *expected)
{
    const struct drill_opt *want = ts_of(expected);
    const struct drill_opt *came = ts_of(&live->packet);

    if (came == NULL) {
        return;
    }
    if (want != NULL && !want->any_a && flow->n_stamps < DRILL_STAMPS) {
        flow->stamps[flow->n_stamps][0] = want->a;
        flow->stamps[flow->n_stamps][1] = came->a;
        flow->n_stamps++;
    }
    if (flow->n_stamps > 0) {
        live->opts[came - live->opts].a = stamp_to_script(flow, came->a);
    }
}

/* What acknowledges the far side's text: counted from its ISN, but on a SYN. */
static void acks_to_script(const struct drill_flow *flow, struct drill_live *live,
                           const struct drill_packet *expected)
{
    if ((live->packet.flags & (SYN | ACK)) != ACK) {
        return;
    }
    live->packet.ack -= expected->real_ack ? 0 : flow->irs;
    for (uint8_t i = 0; i < live->packet.n_opts; i++) {
        struct drill_opt *opt = &live->opts[i];
        const size_t edges = opt->kind == DRILL_OPT_SACK ? 2 * (size_t)opt->n : 0;

        for (size_t e = 0; e < edges; e++) {
            opt->blocks[e] -= flow->irs;
        }
    }
}

void drill_to_script(struct drill_flow *flow, struct drill_live *live,
                     const struct drill_packet *expected)
{
    struct drill_packet *packet = &live->packet;

    if ((packet->flags & SYN) != 0 && !flow->has_iss) {
        flow->has_iss = true;
        flow->iss = packet->seq;
        flow->iss_offset = packet->seq - (expected->any_seq ? 0 : expected->seq);
    }
    stamps(flow, live, expected);
    acks_to_script(flow, live, expected);
    if (!expected->real_seq) {
        packet->seq -= flow->iss_offset;
    }
    packet->end = packet->seq + packet->octets;
    packet->ported = expected->ported;
}

void drill_flow_write(struct drill_flow *flow, const uint8_t *data, size_t octets)
{
    if (octets == 0) {
        return;
    }
    if (flow->room - flow->n_written < octets) {
        flow->room = 2 * (flow->n_written + octets);
        uint8_t *more = realloc(flow->written, flow->room);

        if (more == NULL) {
            abort();
        }
        flow->written = more;
    }
    memcpy(flow->written + flow->n_written, data, octets);
    flow->n_written += octets;
}

bool drill_flow_check(const struct drill_flow *flow, const struct drill_live *live)
{
    const size_t octets = live->packet.octets;
    size_t place = (size_t)(uint32_t)(live->packet.seq - flow->iss - 1);

    if (octets == 0) {
        return true;
    }
    if ((live->packet.flags & SYN) != 0) {
        place = 0; /* text on a SYN begins behind it */
    } else if (!flow->has_iss || live->packet.seq == flow->iss) {
        /* A probe of a window or of the peer's life may hold an octet from before the text. */
        return octets <= 1;
    }
    return place <= flow->n_written && octets <= flow->n_written - place &&
           memcmp(flow->written + place, live->text, octets) == 0;
}

void drill_flows_free(struct drill_flows *flows)
{
    for (struct drill_flow *flow = flows->all; flow != NULL; flow = flow->next) {
        free(flow->written);
    }
}
