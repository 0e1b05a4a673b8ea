/* SPDX-License-Identifier: MIT
 *
 * tests/fuzz/wire_icmp.c - ICMP of both families: the first octet chooses, the rest is the
 * message, as it comes and with its checksum made right.
 */
#include "wire_fuzz.h"

#include "wire/icmp6.h"

static const uint8_t addresses[32] = {0xfd, [15] = 1, 0xfd, [31] = 2};

static enum sf_verdict parse(const struct sf_ip *ip, struct sf_icmp *icmp)
{
    return ip->family == SF_IPV4 ? sf_icmp4_parse(ip, icmp) : sf_icmp6_parse(ip, icmp);
}

/* Write a message that answers or repeats one, and read it. */
static void again(const struct sf_ip *ip, const struct sf_icmp_out *out, struct sf_icmp *back)
{
    const size_t n = SF_ICMP_HEAD + out->body_octets;
    uint8_t *p = malloc(n);
    struct sf_ip carrier = *ip;

    HOLDS(p != NULL);
    if (ip->family == SF_IPV4) {
        HOLDS(sf_icmp4_build(p, out) == SF_ICMP_HEAD);
    } else {
        HOLDS(sf_icmp6_build(p, out, ip->src, ip->dst) == SF_ICMP_HEAD);
    }
    memcpy(p + SF_ICMP_HEAD, out->body, out->body_octets);
    carrier.payload = p;
    carrier.payload_octets = (uint32_t)n;
    HOLDS(parse(&carrier, back) == SF_PASS);
    HOLDS(back->type == out->type && back->code == out->code);
    HOLDS(back->body_octets == out->body_octets);
    free(p);
}

static void quoted(const struct sf_ip *ip, const struct sf_icmp *icmp)
{
    const struct sf_icmp_quote *q = &icmp->quote;
    const struct sf_icmp_out out = {
        .type = icmp->type,
        .code = icmp->code,
        .word = sf_get32(ip->payload + 4),
        .body = icmp->body,
        .body_octets = icmp->body_octets,
    };
    const size_t octets = sf_ip_addr_octets((enum sf_family)q->family);
    struct sf_icmp back;

    HOLDS(q->family == ip->family);
    HOLDS(within(q->src, octets, icmp->body, icmp->body_octets));
    HOLDS(within(q->dst, octets, icmp->body, icmp->body_octets));
    again(ip, &out, &back);
    HOLDS(back.kind == icmp->kind && back.mtu == icmp->mtu);
    HOLDS(back.quote.ports == q->ports && back.quote.protocol == q->protocol);
    HOLDS(back.quote.sport == q->sport && back.quote.dport == q->dport);
    HOLDS(back.quote.seq.v == q->seq.v);
}

static void try(const struct sf_ip *ip)
{
    struct sf_icmp icmp;
    struct sf_icmp back;
    struct sf_icmp_out out;

    if (parse(ip, &icmp) != SF_PASS) {
        return;
    }
    HOLDS(within(icmp.body, icmp.body_octets, ip->payload, ip->payload_octets));
    switch ((enum sf_icmp_kind)icmp.kind) {
    case SF_ICMP_ECHO_REQUEST:
        out = sf_icmp_echo_reply(&icmp, (enum sf_family)ip->family);
        again(ip, &out, &back);
        HOLDS(back.kind == SF_ICMP_ECHO_REPLY && back.id == icmp.id);
        HOLDS(back.seqno == icmp.seqno);
        break;
    case SF_ICMP_HARD:
    case SF_ICMP_SOFT:
    case SF_ICMP_TOO_BIG:
        quoted(ip, &icmp);
        break;
    case SF_ICMP_ECHO_REPLY:
    case SF_ICMP_NEIGHBOUR:
    case SF_ICMP_OTHER:
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *p;
    struct sf_ip ip = {.src = addresses, .dst = addresses + 16};

    if (size == 0) {
        return 0;
    }
    p = exactly(data + 1, size - 1);
    ip.family = (data[0] & 1) == 0 ? SF_IPV4 : SF_IPV6;
    ip.payload = p;
    ip.payload_octets = (uint32_t)(size - 1);
    try(&ip);
    seal_icmp(&ip, p, size - 1);
    try(&ip);
    free(p);
    return 0;
}
