/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/icmp.c - ICMP errors about a connection (RFC 9293 s3.9.2.2, RFC 5927, RFC 1191,
 * RFC 8201).
 */
#include <string.h>

#include "base/bytes.h"
#include "talk.h"
#include "wire/checksum.h"
#include "wire/ip.h"

/* An error from a router: type and code, the field behind the checksum, and what it quotes:
 * a segment of ours with this sequence number. */
static enum sf_verdict error(struct t_talk *t, uint8_t type, uint8_t code, uint32_t field,
                             uint32_t seq)
{
    enum sf_family family = (enum sf_family)t->us.addr.family;
    size_t head = sf_ip_head_octets(family);
    uint8_t frame[256] = {0};
    uint8_t *icmp = frame + head;
    struct sf_ip quoted = {
        .src = t->us.addr.octets,
        .dst = t->them.addr.octets,
        .payload_octets = 1460,
        .family = (uint8_t)family,
        .protocol = SF_PROTO_TCP,
        .hop_limit = 60,
        .dont_fragment = true,
    };
    struct sf_ip ip = {
        .src = t->them.addr.octets,
        .dst = t->us.addr.octets,
        .payload_octets = (uint32_t)(8 + head + 20),
        .family = (uint8_t)family,
        .protocol = family == SF_IPV4 ? 1 : 58,
        .hop_limit = 64,
    };
    uint32_t sum = 0;

    icmp[0] = type;
    icmp[1] = code;
    sf_put32(icmp + 4, field);
    sf_ip_build(icmp + 8, &quoted);
    sf_put16(icmp + 8 + head, t->us.port);
    sf_put16(icmp + 8 + head + 2, t->them.port);
    sf_put32(icmp + 8 + head + 4, seq - (T_OURS - 1) + t->iss);
    icmp[8 + head + 12] = 5 << 4;
    if (family == SF_IPV6) {
        sum = sf_sum_pseudo(family, ip.src, ip.dst, 58, ip.payload_octets);
    }
    sf_put16(icmp + 2, sf_sum_end(sf_sum(icmp, ip.payload_octets, sum)));
    sf_ip_build(frame, &ip);
    return t_raw(t, frame, head + ip.payload_octets);
}

static enum sf_verdict too_big(struct t_talk *t, uint32_t mtu, uint32_t seq)
{
    return t->us.addr.family == SF_IPV4 ? error(t, 3, 4, mtu, seq) : error(t, 2, 0, mtu, seq);
}

static uint32_t headers(const struct t_talk *t)
{
    return t->us.addr.family == SF_IPV4 ? 40 : 60;
}

/* A full segment is on its way, and nothing was acknowledged before. */
static void one_segment(struct t_talk *t, enum sf_family family)
{
    t_established(t, family);
    t_send(t, 1500 - headers(t));
    t_expect(t, SF_ACK | SF_PSH, .seq = {1000}, .ack = {5000}, .text = 1500 - headers(t));
}

static void what_is_too_big_goes_out_again_in_parts(void **state)
{
    struct t_talk t;
    uint32_t part = 0;
    uint32_t cwnd = 0;

    one_segment(&t, t_family(state));
    cwnd = t_status(&t).cwnd;
    part = 1400 - headers(&t);
    T_EQ(too_big(&t, 1400, 1000), SF_PASS);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .text = part);
    t_expect(&t, SF_ACK | SF_PSH, .seq = {1000 + part}, .ack = {5000}, .text = 100);
    t_silence(&t);
    T_EQ(t_status(&t).cwnd, cwnd); /* not congestion */
    T_EQ(t_status(&t).pmtu, 1400);
    /* Again, larger, or not quoting what is on its way: nothing. */
    T_EQ(too_big(&t, 1400, 1000), SF_DROP_ICMP);
    T_EQ(too_big(&t, 1401, 1000), SF_DROP_ICMP);
    T_EQ(too_big(&t, 1300, 999), SF_DROP_ICMP_QUOTE);
    T_EQ(too_big(&t, 1300, 1000 + 1500 - headers(&t)), SF_DROP_ICMP_QUOTE);
    t_silence(&t);
    T_EQ(t_status(&t).pmtu, 1400);
    t_end(&t);
}

/* RFC 1191 s3: 68; RFC 8201 s4: 1280. */
static void below_the_floor_it_is_ignored(void **state)
{
    struct t_talk t;
    uint32_t floor = t_family(state) == SF_IPV4 ? 68 : 1280;

    one_segment(&t, t_family(state));
    T_EQ(too_big(&t, floor - 1, 1000), SF_DROP_ICMP);
    t_silence(&t);
    T_EQ(too_big(&t, floor, 1000), SF_PASS);
    T_EQ(t_status(&t).pmtu, floor);
    t_end(&t);
}

/* RFC 1191 s5, s7.1: a router that gives no size means the next plateau below: 1492 from
 * 1500, 1006 from 1492. */
static void a_router_that_names_no_size_means_a_plateau(void **state)
{
    struct t_talk t;

    (void)state;
    one_segment(&t, SF_IPV4);
    T_EQ(too_big(&t, 0, 1000), SF_PASS);
    T_EQ(t_status(&t).pmtu, 1492);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .text = 1452);
    t_forget(&t);
    T_EQ(too_big(&t, 0, 1000), SF_PASS);
    T_EQ(t_status(&t).pmtu, 1006);
    t_end(&t);
}

/* RFC 5927 s7.2: what contradicts an acknowledgement is believed when what it is about has
 * timed out, and forgotten when that is acknowledged. */
static void a_size_that_was_acknowledged_is_defended(void **state)
{
    struct t_talk t;
    uint32_t full = 0;

    one_segment(&t, t_family(state));
    full = 1500 - headers(&t);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000 + full});
    t_send(&t, full);
    t_expect(&t, SF_ACK | SF_PSH, .seq = {1000 + full}, .ack = {5000}, .text = full);
    T_EQ(too_big(&t, 1300, 1000 + full), SF_PASS);
    t_silence(&t);
    T_EQ(t_status(&t).pmtu, 1500);
    /* It was a lie. */
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000 + 2 * full});
    t_send(&t, full);
    t_expect(&t, SF_ACK | SF_PSH, .seq = {1000 + 2 * full}, .ack = {5000}, .text = full);
    (void)t_wait(&t);
    t_expect(&t, SF_ACK | SF_PSH, .seq = {1000 + 2 * full}, .ack = {5000}, .text = full);
    T_EQ(t_status(&t).pmtu, 1500);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000 + 3 * full});
    /* And now the path has changed. */
    t_send(&t, full);
    t_expect(&t, SF_ACK | SF_PSH, .seq = {1000 + 3 * full}, .ack = {5000}, .text = full);
    T_EQ(too_big(&t, 1300, 1000 + 3 * full), SF_PASS);
    t_silence(&t);
    (void)t_wait(&t);
    t_expect(&t, SF_ACK, .seq = {1000 + 3 * full}, .ack = {5000}, .text = 1300 - headers(&t));
    T_EQ(t_status(&t).pmtu, 1300);
    t_end(&t);
}

/* RFC 5927 s7.2: what an acknowledged packet of 1400 octets, headers and all, has shown to pass
 * is not doubted by who names just that size. */
static void the_size_that_was_acknowledged_is_believed_at_once(void **state)
{
    for (uint32_t less = 0; less <= 1; less++) {
        struct t_talk t;
        uint32_t text = 0;

        t_established(&t, t_family(state));
        text = 1400 - headers(&t);
        t_send(&t, text);
        t_expect(&t, SF_ACK | SF_PSH, .seq = {1000}, .ack = {5000}, .text = text);
        t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000 + text});
        t_send(&t, 100);
        t_forget(&t);
        T_EQ(too_big(&t, 1400 - less, 1000 + text), SF_PASS);
        T_EQ_ROW(less, t_status(&t).pmtu, less == 0 ? 1400 : 1500);
        t_end(&t);
    }
}

/* RFC 1191 s6.4: what fits into the smaller path is not sent again, one octet more is. */
static void what_fits_is_not_sent_again(void **state)
{
    for (uint32_t more = 0; more <= 1; more++) {
        struct t_talk t;

        t_established(&t, t_family(state));
        t_send(&t, 1400 - headers(&t) + more);
        t_forget(&t);
        T_EQ(too_big(&t, 1400, 1000), SF_PASS);
        T_EQ_ROW(more, t.out_count != 0, more != 0);
        T_EQ(t_status(&t).pmtu, 1400);
        t_end(&t);
    }
}

/* RFC 5927 s5.2: whoever can forge an error must not be able to end a connection with it. */
static void a_hard_error_is_soft_once_open(void **state)
{
    struct t_talk t;
    uint8_t type = t_family(state) == SF_IPV4 ? 3 : 1;
    uint8_t code = t_family(state) == SF_IPV4 ? 3 : 4; /* port unreachable */

    one_segment(&t, t_family(state));
    T_EQ(error(&t, type, code, 0, 999), SF_DROP_ICMP_QUOTE);
    T_EQ(t_status(&t).soft, SF_OK);
    T_EQ(error(&t, type, code, 0, 1000), SF_PASS);
    T_STATE(&t, SF_ESTABLISHED);
    T_EQ(t_status(&t).soft, SF_ERR_UNREACHABLE);
    T_TRUE((t.ready & SF_READY_SOFT) != 0);
    t_end(&t);
}

/* SHLD-26, before that: the SYN was refused. */
static void a_hard_error_ends_syn_sent(void **state)
{
    struct t_talk t;
    uint8_t type = t_family(state) == SF_IPV4 ? 3 : 1;
    uint8_t code = t_family(state) == SF_IPV4 ? 3 : 4;

    t_begin(&t, t_family(state));
    t_syn_sent(&t);
    T_EQ(error(&t, type, code, 0, 1000), SF_DROP_ICMP_QUOTE);
    T_STATE(&t, SF_SYN_SENT);
    T_EQ(error(&t, type, code, 0, 999), SF_PASS);
    T_EQ(t_status(&t).error, SF_ERR_UNREACHABLE);
    t_silence(&t);
    t_end(&t);
}

/* SYN-RECEIVED learns it for the connection that it will be. */
static void syn_received_takes_a_smaller_path(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t_listen(&t);
    t_peer(&t, SF_SYN, .seq = {4999});
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    T_EQ(too_big(&t, 1300, 1000), SF_DROP_ICMP_QUOTE);
    T_EQ(too_big(&t, 1300, 999), SF_PASS);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000});
    t_accept(&t);
    t_send(&t, 1400);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .text = 1300 - headers(&t));
    t_end(&t);
}

/* RFC 5927 s7.2: nothing of that size was sent, so that nothing can have been too big. */
static void a_size_above_all_that_was_sent_is_ignored(void **state)
{
    struct t_talk t;

    one_segment(&t, t_family(state));
    T_EQ(too_big(&t, 1600, 1000), SF_DROP_ICMP);
    T_EQ(too_big(&t, 1500, 1000), SF_DROP_ICMP);
    T_EQ(t_status(&t).pmtu, 1500);
    t_silence(&t);
    T_EQ(too_big(&t, 1499, 1000), SF_PASS);
    T_EQ(t_status(&t).pmtu, 1499);
    t_end(&t);
}

/* RFC 1191 s3, RFC 8201 s4: not sooner than 5 minutes after an error is more tried. */
static void a_small_path_is_not_tried_for_more_within_five_minutes(void **state)
{
    struct t_talk t;
    uint32_t at = 1000;
    uint32_t part = 0;

    one_segment(&t, t_family(state));
    part = 1400 - headers(&t);
    T_EQ(too_big(&t, 1400, 1000), SF_PASS);
    t_forget(&t);
    at += 1500 - headers(&t);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {at});
    for (int i = 0; i < 10; i++) {
        t_advance(&t, SF_NS(i == 9 ? 30 * SF_NS_PER_S - 1 : 30 * SF_NS_PER_S));
        t_send(&t, part + 1);
        t_expect(&t, SF_ACK, .seq = {at}, .ack = {5000}, .text = part);
        t_peer(&t, SF_ACK, .seq = {5000}, .ack = {at + part});
        t_expect(&t, SF_ACK | SF_PSH, .seq = {at + part}, .ack = {5000}, .text = 1);
        at += part + 1;
        t_peer(&t, SF_ACK, .seq = {5000}, .ack = {at});
        t_silence(&t);
    }
    t_end(&t);
}

/* RFC 6633 s3, s4: Source Quench is neither sent, however much there is too much of, nor heard.
 * What a conversation hears is TCP, or it fails. */
static void nobody_is_quenched(void **state)
{
    struct t_talk t;
    uint32_t cwnd = 0;

    (void)state;
    t_begin(&t, SF_IPV4);
    t.config.max_chunks = 8;
    t.config.chunk_octets = 256;
    t.listen.syn_queue = 1;
    t_open_passive(&t);
    for (uint32_t i = 0; i < 40; i++) {
        t_peer(&t, SF_ACK, .seq = {5001 + 90 * i}, .ack = {1000}, .text = 90);
    }
    T_TRUE(t_verdicts(&t, SF_DROP_OOO_LIMIT) > 0);
    t_forget(&t);
    for (uint16_t i = 1; i <= 5; i++) {
        struct sf_handle conn = t.conn;
        uint32_t iss = t.iss;

        t.them.port = (uint16_t)(T_PEER_PORT + i);
        t_peer(&t, SF_SYN, .seq = {4999});
        t.them.port = T_PEER_PORT;
        t.conn = conn;
        t.iss = iss;
    }
    T_TRUE(sf_stack_counters(t.stack)->syn_overflows > 0);
    t_forget(&t);
    t_send(&t, 100);
    t_forget(&t);
    cwnd = t_status(&t).cwnd;
    T_EQ(error(&t, 4, 0, 0, 1000), SF_DROP_ICMP);
    T_EQ(t_status(&t).cwnd, cwnd);
    T_EQ(t_status(&t).soft, SF_OK);
    t_end(&t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(what_is_too_big_goes_out_again_in_parts),
        T_BOTH(below_the_floor_it_is_ignored),
        cmocka_unit_test(a_router_that_names_no_size_means_a_plateau),
        T_BOTH(a_size_that_was_acknowledged_is_defended),
        T_BOTH(the_size_that_was_acknowledged_is_believed_at_once),
        T_BOTH(what_fits_is_not_sent_again),
        T_BOTH(a_hard_error_is_soft_once_open),
        T_BOTH(a_hard_error_ends_syn_sent),
        T_BOTH(syn_received_takes_a_smaller_path),
        T_BOTH(a_size_above_all_that_was_sent_is_ignored),
        T_BOTH(a_small_path_is_not_tried_for_more_within_five_minutes),
        cmocka_unit_test(nobody_is_quenched),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
