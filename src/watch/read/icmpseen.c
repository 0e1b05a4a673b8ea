/* SPDX-License-Identifier: MIT
 *
 * watch/read/icmpseen.c - ICMP errors (RFC 792, RFC 4443) that quote a TCP segment.
 */
#include "watch/read/dissect.h"

#include "base/bytes.h"
#include "wire/icmp.h"
#include "wire/icmp6.h"

enum {
    ICMP4_SOURCE_QUENCH = 4,
    ICMP4_NEEDS_FRAGMENTATION = 4, /* a code of SF_ICMP4_UNREACHABLE */
};

static bool is_error(const struct sf_ip_seen *ip, uint8_t type)
{
    if (ip->family == SF_IPV6) {
        return type >= SF_ICMP6_UNREACHABLE && type <= SF_ICMP6_PARAMETER;
    }
    return type == SF_ICMP4_UNREACHABLE || type == ICMP4_SOURCE_QUENCH ||
           type == SF_ICMP4_TIME_EXCEEDED || type == SF_ICMP4_PARAMETER;
}

/* The MTU of the next hop (RFC 1191 s4, RFC 4443 s3.2). */
static uint32_t next_mtu(const struct sf_ip_seen *ip, const uint8_t *p)
{
    if (ip->family == SF_IPV6) {
        return p[0] == SF_ICMP6_TOO_BIG ? sf_get32(p + 4) : 0;
    }
    return p[0] == SF_ICMP4_UNREACHABLE && p[1] == ICMP4_NEEDS_FRAGMENTATION ? sf_get16(p + 6)
                                                                             : 0;
}

enum sf_step_seen sf_seen_icmp(const struct sf_ip_seen *ip, struct sf_seen *seen)
{
    const uint8_t *p = ip->payload.p;
    struct sf_span_seen quote = ip->payload;
    struct sf_ip_seen quoted;

    if (ip->payload.captured < SF_ICMP_HEAD || !is_error(ip, p[0])) {
        return SF_STEP_OTHER;
    }
    (void)sf_span_over(&quote, SF_ICMP_HEAD);
    if (quote.captured == 0 || sf_seen_ip(quote, &quoted) != SF_STEP_ON ||
        quoted.protocol != SF_PROTO_TCP || quoted.fragment_offset != 0 ||
        quoted.family != ip->family || sf_seen_tcp_quoted(&quoted, seen) != SF_STEP_ON) {
        return SF_STEP_OTHER;
    }
    sf_seen_set_ip(&quoted, seen);
    seen->reporter = sf_ip_addr((enum sf_family)ip->family, ip->src);
    seen->mtu = next_mtu(ip, p);
    seen->icmp_type = p[0];
    seen->icmp_code = p[1];
    seen->kind = SF_SEEN_ERROR;
    return SF_STEP_ON;
}
