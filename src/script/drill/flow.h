/* SPDX-License-Identifier: MIT
 *
 * script/drill/flow.h - connections as the script's far end sees them: how the script's
 * numbers and those on the wire belong together.
 */
#ifndef SYNFIN_SCRIPT_DRILL_FLOW_H
#define SYNFIN_SCRIPT_DRILL_FLOW_H

#include "script/drill/wire.h"

#define DRILL_STAMPS 512

struct drill_flow {
    struct drill_flow *next;
    uint16_t local_port, remote_port; /* on the wire */
    bool has_iss, has_irs;
    uint32_t iss;        /* on the wire */
    uint32_t iss_offset; /* from the script's numbers of our side to those on the wire */
    uint32_t irs;        /* the far side's, the same in both */
    uint32_t far_mss;    /* as the far side told */
    uint64_t data_in_ns; /* when it sent text last, or opened */
    uint32_t rcv_mss;    /* the most text that a segment of its had */
    uint32_t n_stamps;
    uint32_t stamps[DRILL_STAMPS][2]; /* the script's timestamp, and that on the wire */
    uint8_t *written;                 /* by the application, from ISS+1 on */
    size_t n_written, room;
    uint64_t n_read; /* by the application, from IRS+1 on */
};

struct drill_flows {
    struct drill_arena *arena;
    struct drill_flow *all;
    struct drill_flow *current; /* whose packets have no ports */
    bool listened;              /* since then a listener was made: a SYN makes a flow */
    uint16_t next_port;         /* of the far end */
    uint16_t port;              /* of ours, where the script does not say */
};

/* The octet at a place of the far end's text, and of what our application writes. */
uint8_t drill_pattern(uint64_t place);

/* The flow that a packet of the script that comes in belongs to; made if need be. */
struct drill_flow *drill_flow_in(struct drill_flows *flows, const struct drill_packet *packet);

/* The flow of a packet of ours, or null. */
struct drill_flow *drill_flow_out(const struct drill_flows *flows,
                                  const struct drill_packet *packet);

/* The flow of these ports, made if need be. */
struct drill_flow *drill_flow_of(struct drill_flows *flows, uint16_t local, uint16_t remote);

/* The script's packet as it goes on the wire: numbers mapped.  opts has room for
 * DRILL_OPTS. */
void drill_to_wire(const struct drill_flow *flow, const struct drill_packet *packet,
                   struct drill_live *live);

/* A packet from the wire in the script's numbers; expected tells which numbers the first SYN
 * and the first timestamp have there. */
void drill_to_script(struct drill_flow *flow, struct drill_live *live,
                     const struct drill_packet *expected);

/* What was written goes into the flow. */
void drill_flow_write(struct drill_flow *flow, const uint8_t *data, size_t octets);

/* True if the text of a segment, the numbers on the wire, is what was written there. */
bool drill_flow_check(const struct drill_flow *flow, const struct drill_live *live);

void drill_flows_free(struct drill_flows *flows);

/* Compare what came with what was expected, both in the script's numbers.  Null, or what
 * differs. */
const char *drill_differs(const struct drill_packet *expected, const struct drill_packet *came);

/* The same for the options alone. */
const char *drill_options_differ(const struct drill_packet *expected,
                                 const struct drill_packet *came);

#endif
