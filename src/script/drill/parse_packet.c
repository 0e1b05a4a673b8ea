/* SPDX-License-Identifier: MIT
 *
 * script/drill/parse_packet.c - packets:
 *
 *   < [ect0] 80>8080 S. 0:0(0) ack 1 win 65535 urg 1 <mss 1460>
 *   > icmp unreachable frag_needed mtu 1200 [1:1461(1460)]
 */
#include "script/drill/parse.h"

#include <stdlib.h>
#include <string.h>

static bool parse_tos(struct drill_parser *p, struct drill_packet *packet, bool *found)
{
    static const char *const ecn[] = {"noecn", "ect1", "ect0", "ce"};
    int64_t value = 0;

    for (size_t i = 0; i < 4; i++) {
        if (drill_word(p, ecn[i])) {
            packet->tos_kind = DRILL_TOS_ECN;
            packet->tos = (uint8_t)i; /* RFC 3168 s5: 00, 01 ECT(1), 10 ECT(0), 11 CE */
            *found = true;
            return true;
        }
    }
    if (drill_word(p, "ect01")) {
        packet->tos_kind = DRILL_TOS_ECT01;
        *found = true;
        return packet->out || drill_expected(p, "[ect01] on a packet that goes out");
    }
    if (drill_word(p, "tos") || drill_word(p, "class")) {
        packet->tos_kind = DRILL_TOS_VALUE;
        *found = true;
        if (!drill_number(p, "eight bits", 0, UINT8_MAX, &value)) {
            return false;
        }
        packet->tos = (uint8_t)value;
    }
    return true;
}

/* ect0, tos 0x10, ttl 64, flowlabel 0x1: one or more, then the closing sign. */
static bool parse_ip(struct drill_parser *p, struct drill_packet *packet, char close)
{
    do {
        bool found = false;
        int64_t value = 0;

        if (!parse_tos(p, packet, &found)) {
            return false;
        }
        if (found) {
            continue;
        }
        bool ttl = drill_word(p, "ttl") || drill_word(p, "hlim");
        if (!ttl && !drill_word(p, "flowlabel")) {
            return drill_expected(p, "ect0, ect1, ce, noecn, ect01, tos, ttl or flowlabel");
        }
        if (!drill_number(p, ttl ? "a TTL of 1 to 255" : "twenty bits", ttl,
                          ttl ? UINT8_MAX : 0xfffff, &value)) {
            return false;
        }
        packet->ttl = ttl ? (uint8_t)value : packet->ttl;
    } while (drill_sign(p, ','));
    return drill_need(p, close);
}

/* start:end(octets), perhaps with a ! behind it. */
static bool parse_seq(struct drill_parser *p, struct drill_packet *packet)
{
    int64_t octets = 0;

    packet->any_seq = p->token.kind == DRILL_ELLIPSIS;
    if (packet->any_seq) {
        drill_next(p);
    } else if (!drill_number32(p, "a sequence number", &packet->seq) || !drill_need(p, ':') ||
               !drill_number32(p, "the sequence number after the last octet", &packet->end)) {
        return false;
    }
    if (!drill_need(p, '(')) {
        return false;
    }
    struct drill_token at = p->token;
    if (!drill_number(p, "the number of octets, up to 65535", 0, UINT16_MAX, &octets)) {
        return false;
    }
    packet->octets = (uint32_t)octets;
    if (!packet->any_seq && packet->end != packet->seq + packet->octets) {
        p->token = at;
        return drill_expected(p, "the number of octets between start and end");
    }
    if (!drill_need(p, ')')) {
        return false;
    }
    packet->real_seq = drill_sign(p, '!');
    return true;
}

static bool letters(const char *text, struct drill_packet *packet)
{
    static const char names[] = "FSRP.UEW";

    for (; *text != '\0'; text++) {
        const char *found = strchr(names, *text);

        if (found != NULL) {
            packet->flags |= (uint8_t)(1U << (found - names));
        } else if (*text == 'C' || *text == 'c') {
            packet->flags |= 0x80;
        } else if (*text == 'A') {
            packet->ae = 1;
        } else {
            return false;
        }
    }
    return true;
}

/* .5: the three ECN bits as a number (AccECN's ACE field), the AE bit first. */
static void ace_bits(struct drill_packet *packet, const char *digits)
{
    unsigned long ace = strtoul(digits, NULL, 10) & 7;

    packet->flags |= (uint8_t)(0x10 | (ace & 1 ? 0x40 : 0) | (ace & 2 ? 0x80 : 0));
    packet->ae = (uint8_t)(ace >> 2);
}

static bool parse_flags(struct drill_parser *p, struct drill_packet *packet)
{
    const char *const what = "flags: letters of SFRPEWUA, '.' for ACK, '-' for none";

    if (drill_sign(p, '-')) {
        return true;
    }
    if (p->token.kind == DRILL_WORD) {
        if (!letters(p->token.text, packet)) {
            return drill_expected(p, what);
        }
        drill_next(p);
    } else if (!drill_is_sign(p, '.') &&
               (p->token.kind != DRILL_NUMBER || p->token.text[0] != '.')) {
        return drill_expected(p, what);
    }
    if (drill_sign(p, '.')) {
        packet->flags |= 0x10;
        if (p->token.kind == DRILL_WORD && letters(p->token.text, packet)) {
            drill_next(p);
        }
    } else if (p->token.kind == DRILL_NUMBER && p->token.text[0] == '.') {
        ace_bits(packet, p->token.text + 1);
        drill_next(p);
    }
    return true;
}

static bool parse_ports(struct drill_parser *p, struct drill_packet *packet)
{
    int64_t sport = 0;
    int64_t dport = 0;

    packet->ported = p->token.kind == DRILL_NUMBER && p->token.text[0] != '.';
    if (!packet->ported) {
        return true;
    }
    if (!drill_number(p, "a port", 0, UINT16_MAX, &sport) || !drill_need(p, '>') ||
        !drill_number(p, "a port", 0, UINT16_MAX, &dport)) {
        return false;
    }
    packet->sport = (uint16_t)sport;
    packet->dport = (uint16_t)dport;
    return true;
}

static bool parse_tcp(struct drill_parser *p, struct drill_packet *packet)
{
    int64_t value = 0;

    if (!parse_flags(p, packet) || !parse_seq(p, packet)) {
        return false;
    }
    packet->has_ack = drill_word(p, "ack");
    if (packet->has_ack) {
        if (!drill_number32(p, "an acknowledgement number", &packet->ack)) {
            return false;
        }
        packet->real_ack = drill_sign(p, '!');
    }
    packet->has_win = drill_word(p, "win");
    if (packet->has_win && !drill_number32(p, "a window", &packet->win)) {
        return false;
    }
    packet->has_urg = drill_word(p, "urg");
    if (packet->has_urg) {
        if (!drill_number(p, "an urgent pointer", 0, UINT16_MAX, &value)) {
            return false;
        }
        packet->urg = (uint16_t)value;
    }
    if (packet->win > UINT16_MAX) {
        return drill_expected(p, "a window up to 65535");
    }
    /* A < that begins a line would be a packet without its time, which cannot be. */
    if (drill_sign(p, '<') && !drill_parse_options(p, packet)) {
        return false;
    }
    if (drill_is_sign(p, '/')) {
        p->strange = "encapsulation in UDP";
        return false;
    }
    return true;
}

struct icmp_name {
    const char *name;
    uint8_t v4, v6; /* 255: it has none */
};

static const struct icmp_name types[] = {
    {"unreachable", 3, 1},
    {"packet_too_big", 255, 2},
    {"time_exceeded", 11, 3},
    {"parameter_problem", 12, 4},
    {"echo_request", 8, 128},
    {"echo_reply", 0, 129},
    {"source_quench", 4, 255},
    {"redirect", 5, 137},
    {"timestamp_request", 13, 255},
    {"timestamp_reply", 14, 255},
    {"information_request", 15, 255},
    {"information_reply", 16, 255},
    {"address_mask_request", 17, 255},
    {"address_mask_reply", 18, 255},
    {"router_advertisement", 9, 134},
    {"router_solicitation", 10, 133},
};

static const struct icmp_name codes[] = {
    {"net_unreachable", 0, 255},
    {"host_unreachable", 1, 255},
    {"protocol_unreachable", 2, 255},
    {"port_unreachable", 3, 4},
    {"frag_needed", 4, 255},
    {"source_route_failed", 5, 255},
    {"net_unknown", 6, 255},
    {"host_unknown", 7, 255},
    {"source_host_isolated", 8, 255},
    {"net_prohibited", 9, 255},
    {"host_prohibited", 10, 255},
    {"net_unreachable_for_tos", 11, 255},
    {"host_unreachable_for_tos", 12, 255},
    {"packet_filtered", 13, 255},
    {"precedence_violation", 14, 255},
    {"precedence_cutoff", 15, 255},
    {"no_route", 255, 0},
    {"admin_prohibited", 255, 1},
    {"not_neighbour", 255, 2},
    {"address_unreachable", 255, 3},
    {"addr_unreachable", 255, 3},
    {"ttl_exceeded_in_transit", 0, 0},
    {"frag_reass_exceeded", 1, 255},
    {"exceeded_hop_limit", 255, 0},
    {"exceeded_frag_time", 255, 1},
    {"header_field", 255, 0},
    {"unknown_next_header", 255, 1},
    {"unknown_option", 255, 2},
};

/* The number of a name; type_N and code_N too.  Which of the two columns counts is known
 * from the version of IP, which comes later: IPv4 in the low eight bits, IPv6 above. */
static bool icmp_number(struct drill_parser *p, const struct icmp_name *names, size_t n,
                        const char *prefix, uint32_t *number)
{
    size_t skip = strlen(prefix);

    if (p->token.kind != DRILL_WORD) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (drill_word(p, names[i].name)) {
            *number = (uint32_t)names[i].v6 << 8 | names[i].v4;
            return true;
        }
    }
    if (strncmp(p->token.text, prefix, skip) == 0) {
        unsigned long value = strtoul(p->token.text + skip, NULL, 10) & 0xff;

        *number = (uint32_t)(value << 8 | value);
        drill_next(p);
        return true;
    }
    return false;
}

static bool parse_quoted(struct drill_parser *p, struct drill_packet *packet)
{
    if (drill_is_word(p, "udp") || drill_is_word(p, "raw") || drill_is_word(p, "udplite") ||
        drill_is_word(p, "sctp")) {
        p->strange = "ICMP about other protocols than TCP";
        return false;
    }
    packet->quoted = true;
    if (!parse_seq(p, packet)) {
        return false;
    }
    if (drill_is_sign(p, '/')) {
        p->strange = "encapsulation in UDP";
        return false;
    }
    return drill_need(p, ']');
}

static bool parse_icmp(struct drill_parser *p, struct drill_packet *packet)
{
    uint32_t type = 0;
    uint32_t code = 0;

    if (!icmp_number(p, types, sizeof(types) / sizeof(types[0]), "type_", &type)) {
        return drill_expected(p, "an ICMP type: unreachable, packet_too_big, ...");
    }
    if (!drill_is_word(p, "mtu") && !drill_is_word(p, "id") && !p->token.first &&
        p->token.kind == DRILL_WORD &&
        !icmp_number(p, codes, sizeof(codes) / sizeof(codes[0]), "code_", &code)) {
        drill_unknown(p);
        return drill_expected(p, "an ICMP code: host_unreachable, frag_needed, ...");
    }
    packet->type4 = (uint8_t)type;
    packet->type6 = (uint8_t)(type >> 8);
    packet->code4 = (uint8_t)code;
    packet->code6 = (uint8_t)(code >> 8);
    packet->has_mtu = drill_word(p, "mtu");
    if (packet->has_mtu && !drill_number32(p, "an MTU", &packet->mtu)) {
        return false;
    }
    if (drill_word(p, "id") && !drill_number32(p, "an identifier", &packet->id)) {
        return false;
    }
    return packet->quoted || !drill_sign(p, '[') || parse_quoted(p, packet);
}

/* Words that begin what we do not play: it parses, and the script is skipped. */
static const char *strange(const struct drill_parser *p)
{
    static const char *const words[] = {"udp",   "udplite", "sctp", "ipv4", "ipv6", "gre",
                                        "GREv0", "mpls",    "raw",  "psp",  "encap"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (drill_is_word(p, words[i])) {
            return words[i];
        }
    }
    return NULL;
}

bool drill_parse_packet(struct drill_parser *p, struct drill_packet *packet)
{
    packet->out = drill_is_sign(p, '>');
    packet->proto = DRILL_TCP;
    drill_next(p);
    p->strange = strange(p);
    if (p->strange != NULL) {
        return false;
    }
    bool square = drill_is_sign(p, '[');
    if (square || drill_is_sign(p, '(')) {
        drill_next(p);
        /* The older way to quote in ICMP: before it. */
        p->strange = strange(p);
        bool fine = square && p->token.kind == DRILL_NUMBER
                        ? parse_quoted(p, packet)
                        : parse_ip(p, packet, square ? ']' : ')');
        if (!fine || p->strange != NULL) {
            return false;
        }
    }
    p->strange = strange(p);
    if (p->strange != NULL) {
        return false;
    }
    if (drill_word(p, "icmp")) {
        packet->proto = DRILL_ICMP;
        return parse_icmp(p, packet);
    }
    return parse_ports(p, packet) && parse_tcp(p, packet);
}
