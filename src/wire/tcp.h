/* SPDX-License-Identifier: MIT
 *
 * wire/tcp.h - the TCP header and its options, read into and written from struct sf_seg
 * (RFC 9293 s3.1, s3.2; RFC 7323 s2.2, s3.2; RFC 2018 s2, s3).
 *
 *   frame -> ip.c -> [tcp.c, tcpopt.c] -> struct sf_seg -> stack/ -> tcp/
 */
#ifndef SF_WIRE_TCP_H
#define SF_WIRE_TCP_H

#include "synfin/frame.h"
#include "wire/checksum.h"
#include "wire/ip.h"
#include "wire/seg.h"

#define SF_TCP_HEAD     20 /* octets without options */
#define SF_TCP_HEAD_MAX 60
#define SF_TCP_CHECKSUM 16 /* where in the header the checksum stands */

/*
 * True if the checksum of the segment that a packet carries is right (MUST-3), or somebody else
 * has answered for it: the link verified it (SF_CSUM_VALID), or it never left the host
 * (SF_CSUM_PARTIAL).  Any length will do.
 */
bool sf_tcp_checksum_ok(enum sf_sum_level level, const struct sf_ip *ip, enum sf_csum csum);

/*
 * Read a segment of n octets.  The checksum is not looked at.
 *
 * SF_PASS; SF_DROP_TCP_SHORT: shorter than its header, or a data offset below 5;
 * SF_DROP_TCP_OPTION: see sf_tcp_options_parse(); SF_DROP_TCP_PORT: a port is zero.  Of seg
 * everything is set, but for values whose bit of options or flags is not; gso_octets is 0.
 * text points into p.
 */
enum sf_verdict sf_tcp_parse(const uint8_t *p, size_t n, struct sf_seg *seg, uint16_t *sport,
                             uint16_t *dport);

/*
 * Read n octets of options into seg->options, mss, wscale, tsval, tsecr, uto, n_sack, sack and
 * fast_open, which points into p; seg->flags is read.
 *
 * Returns false for an option whose length is below 2 or over the end (MUST-7).  Unknown
 * ones are skipped by their length (MUST-6), those of a length that is wrong for their kind
 * likewise.  MSS, window scale, SACK-permitted and Fast Open count on a SYN only, SACK only
 * elsewhere.
 * Of repeated ones the last counts.  Values are kept as they stand.
 */
bool sf_tcp_options_parse(const uint8_t *p, size_t n, struct sf_seg *seg);

/*
 * Octets of the options that sf_tcp_build() writes for seg, 0 to 40, a multiple of 4.  It
 * reads options, n_sack, flags, syn_order and syn_padding.  SACK blocks that do not fit beside
 * the others do not count: with timestamps three fit (RFC 2018 s3), without them four, with
 * timestamps and a user timeout two.
 */
size_t sf_tcp_options_octets(const struct sf_seg *seg);

/*
 * Write a header with options to p, the checksum zero; urg counts with SF_URG alone, ack with
 * SF_ACK alone.  Asserts that room, the octets at p, is enough: SF_TCP_HEAD and
 * sf_tcp_options_octets().  Returns the octets written.
 *
 * Order of options: on a SYN as syn_order and syn_padding have it, by default MSS,
 * SACK-permitted, timestamps, window scale, then Fast Open and the user timeout as far as 40
 * octets go; elsewhere timestamps, user timeout, SACK; padded in front with no-operations so
 * that values lie on multiples of 4.
 */
size_t sf_tcp_build(uint8_t *p, size_t room, const struct sf_seg *seg, uint16_t sport,
                    uint16_t dport);

#endif
