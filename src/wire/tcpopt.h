/* SPDX-License-Identifier: MIT
 *
 * wire/tcpopt.h - what wire/tcp.c and wire/tcpopt.c share about options.
 */
#ifndef SF_WIRE_TCPOPT_H
#define SF_WIRE_TCPOPT_H

#include "wire/seg.h"

/* Two no-operations, then the timestamps option's kind and length, as one word. */
#define SF_TCPOPT_NOP_NOP_TS 0x0101080aU

/* Octets of options that have timestamps alone. */
#define SF_TCPOPT_TS_ALONE 12

/* Write the options of seg to p: sf_tcp_options_octets() of them. */
void sf_tcp_options_build(uint8_t *p, const struct sf_seg *seg);

#endif
