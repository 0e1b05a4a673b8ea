/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/options.c - what an application sets for one connection, or for all of a listener's
 * (RFC 9293 s3.8.3, s3.9.1.8, s3.9.1.9, s3.9.2).
 */
#include "talk.h"

static void listener_option(struct t_talk *t, enum sf_option option, uint64_t value)
{
    T_EQ(sf_set_option(t->stack, t->listener, option, value, t->now), SF_OK);
}

static uint64_t value_of(const struct t_talk *t, struct sf_handle handle, enum sf_option option)
{
    uint64_t value = 0;

    T_EQ(sf_get_option(t->stack, handle, option, &value), SF_OK);
    return value;
}

/* Our next segment, and the two fields of its IP header. */
static void next_has(struct t_talk *t, uint8_t flags, uint8_t tos, uint8_t hop_limit)
{
    struct t_out out = t_next(t);

    T_EQ(out.seg.flags & ~SF_PSH & 0xff, flags);
    T_EQ(out.seg.tos, tos);
    T_EQ(out.hop_limit, hop_limit);
}

/* An active open whose SYN has not left yet. */
static void begin_open(struct t_talk *t)
{
    t_start(t);
    t->open.remote = t->them;
    T_EQ(sf_open(t->stack, &t->open, &t->conn, t->now), SF_OK);
}

/* MUST-48, SHLD-21, SHLD-22: what was set is on every segment from then on, untouched. */
static void the_diffserv_field_is_as_the_application_says(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_send(&t, 100);
    next_has(&t, SF_ACK, 0, 64);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1100});
    t_option(&t, SF_OPTION_TOS, 46U << 2 | 3); /* with ECN's bits, which are not its */
    T_EQ(value_of(&t, t.conn, SF_OPTION_TOS), 46U << 2);
    t_send(&t, 100);
    next_has(&t, SF_ACK, 46U << 2, 64);
    (void)t_wait(&t);
    next_has(&t, SF_ACK, 46U << 2, 64); /* the retransmission */
    t_option(&t, SF_OPTION_TOS, 8U << 2);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1200}, .text = 10);
    (void)t_wait(&t);
    next_has(&t, SF_ACK, 8U << 2, 64); /* an acknowledgement */
    t_recv(&t, 10);
    t_abort(&t);
    next_has(&t, SF_RST | SF_ACK, 8U << 2, 64);
    t_end(&t);
}

/* MUST-49 */
static void the_hop_limit_is_as_the_application_says(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    begin_open(&t);
    t_option(&t, SF_OPTION_HOP_LIMIT, 10);
    next_has(&t, SF_SYN, 0, 10);
    t_peer(&t, SF_SYN | SF_ACK, .seq = {4999}, .ack = {1000});
    next_has(&t, SF_ACK, 0, 10);
    t_send(&t, 10);
    next_has(&t, SF_ACK, 0, 10);
    t_abort(&t);
    next_has(&t, SF_RST | SF_ACK, 0, 10);
    t_end(&t);
}

static void a_listener_hands_on_what_it_was_told(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t_listen(&t);
    listener_option(&t, SF_OPTION_TOS, 0x20);
    listener_option(&t, SF_OPTION_HOP_LIMIT, 255);
    listener_option(&t, SF_OPTION_NODELAY, 1);
    listener_option(&t, SF_OPTION_KEEPALIVE, 1);
    listener_option(&t, SF_OPTION_KEEPALIVE_IDLE, 5000);
    T_EQ(value_of(&t, t.listener, SF_OPTION_KEEPALIVE_IDLE), 5000);
    t_peer(&t, SF_SYN, .seq = {4999});
    next_has(&t, SF_SYN | SF_ACK, 0x20, 255);
    t_peer(&t, SF_RST, .seq = {5001}); /* challenged */
    next_has(&t, SF_ACK, 0x20, 255);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000});
    t_accept(&t);
    T_EQ(value_of(&t, t.conn, SF_OPTION_NODELAY), 1);
    t_send(&t, 10);
    t_send(&t, 10); /* no Nagle */
    next_has(&t, SF_ACK, 0x20, 255);
    next_has(&t, SF_ACK, 0x20, 255);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1020});
    T_EQ(t_wait(&t).ns, SF_S(5).ns);
    next_has(&t, SF_ACK, 0x20, 255); /* the probe */
    /* What the child changes is its own. */
    t_option(&t, SF_OPTION_TOS, 0x40);
    T_EQ(value_of(&t, t.listener, SF_OPTION_TOS), 0x20);
    T_EQ(value_of(&t, t.conn, SF_OPTION_TOS), 0x40);
    T_EQ(value_of(&t, t.conn, SF_OPTION_HOP_LIMIT), 255);
    /* And what the listener changes is of those to come, and of half-open ones. */
    t_another(&t, T_PEER_PORT + 1);
    t_peer(&t, SF_SYN, .seq = {4999});
    next_has(&t, SF_SYN | SF_ACK, 0x20, 255);
    T_EQ(sf_close(t.stack, t.listener, t.now), SF_OK);
    next_has(&t, SF_RST | SF_ACK, 0x20, 255);
    t_end(&t);
}

/* SHLD-22: TIME-WAIT still speaks as the connection did, whether its handle is held or not. */
static void time_wait_looks_as_its_connection_did(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_option(&t, SF_OPTION_TOS, 0x20);
    t_option(&t, SF_OPTION_HOP_LIMIT, 255);
    t_close(&t);
    next_has(&t, SF_FIN | SF_ACK, 0x20, 255);
    t_peer(&t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {1001});
    next_has(&t, SF_ACK, 0x20, 255);
    t_peer(&t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {1001});
    next_has(&t, SF_ACK, 0x20, 255);
    t_advance(&t, SF_S(130));
    T_NOTHING_LEFT(&t);
    t_end(&t);
}

/* In TIME-WAIT there are fifteen looks beside the stack's; one is free again when the last
 * record that has it goes. */
static void fifteen_looks_are_kept_in_time_wait(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.max_connections = 64;
    t_listen(&t);
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t i = 1; i <= 17; i++) {
            uint32_t hop_limit = i <= 16 ? 100 + 20 * round + i : 101 + 20 * round;

            t_another(&t, (uint16_t)(T_PEER_PORT + i));
            t_open_passive(&t);
            t_option(&t, SF_OPTION_HOP_LIMIT, hop_limit);
            t_close(&t);
            t_peer(&t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {1001});
            t_forget(&t);
            t_peer(&t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {1001});
            next_has(&t, SF_ACK, 0, i == 16 ? 64 : (uint8_t)hop_limit);
        }
        t_advance(&t, SF_S(130));
    }
    t_end(&t);
}

/* And so does a RST that is sent for a connection, or for one that is being opened. */
static void a_refusal_looks_as_its_end_does(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t_listen(&t);
    listener_option(&t, SF_OPTION_TOS, 0x20);
    listener_option(&t, SF_OPTION_HOP_LIMIT, 255);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}); /* in LISTEN */
    next_has(&t, SF_RST, 0x20, 255);
    t_peer(&t, SF_SYN, .seq = {4999});
    t_forget(&t);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1001}); /* of what was never sent */
    next_has(&t, SF_RST, 0x20, 255);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000});
    t_accept(&t);
    t_option(&t, SF_OPTION_TOS, 0x40);
    t_close(&t);
    next_has(&t, SF_FIN | SF_ACK, 0x40, 255);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1001}, .text = 10); /* nobody reads it */
    next_has(&t, SF_RST, 0x40, 255);
    t_end(&t);

    t_begin(&t, t_family(state));
    begin_open(&t);
    t_option(&t, SF_OPTION_HOP_LIMIT, 10);
    next_has(&t, SF_SYN, 0, 10);
    t_peer(&t, SF_SYN | SF_ACK, .seq = {4999}, .ack = {1001});
    next_has(&t, SF_RST, 0, 10);
    t_end(&t);
}

static void without_a_word_the_configuration_counts(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.tos = 0x2b; /* ECN's bits are not looked at */
    t.config.hop_limit = 17;
    t_listen(&t);
    t_peer(&t, SF_SYN, .seq = {4999});
    next_has(&t, SF_SYN | SF_ACK, 0x28, 17);
    t_another(&t, T_PEER_PORT + 1);
    t.us.port = T_PORT + 1;
    t_peer(&t, SF_SYN, .seq = {4999});
    next_has(&t, SF_RST | SF_ACK, 0x28, 17); /* nobody listens */
    t_end(&t);
}

/* MUST-67, RFC 6691: what is offered is what the MTU allows, or less if that was chosen. */
static void the_segment_size_is_as_the_application_says(void **state)
{
    static const struct {
        uint32_t mtu;
        uint64_t maxseg;
        uint32_t mss_4, mss_6; /* offered */
    } rows[] = {
        {1500, 0, 1460, 1440},        {1500, 88, 88, 88},        {1500, 1440, 1440, 1440},
        {1500, 1460, 1460, 1440},     {1500, 65535, 1460, 1440}, {65535, 0, 65495, 65475},
        {65535, 65535, 65495, 65475}, /* 65535 octets of packet: as much as reassembly takes */
    };

    for (size_t i = 0; i < T_COUNT(rows); i++) {
        uint32_t mss = t_family(state) == SF_IPV4 ? rows[i].mss_4 : rows[i].mss_6;
        struct t_talk t;

        t_begin(&t, t_family(state));
        t.config.mtu = rows[i].mtu;
        t_listen(&t);
        listener_option(&t, SF_OPTION_MAXSEG, rows[i].maxseg);
        T_EQ_ROW(i, value_of(&t, t.listener, SF_OPTION_MAXSEG), rows[i].maxseg);
        t_peer(&t, SF_SYN, .seq = {4999});
        T_EQ_ROW(i, t_next(&t).seg.mss, mss);
        t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000});
        t_accept(&t);
        /* The peer's own was 1460 or 1440: the lesser counts. */
        T_EQ_ROW(i, t_status(&t).mss, mss < t.mss ? mss : t.mss);
        t_end(&t);

        t_begin(&t, t_family(state));
        t.config.mtu = rows[i].mtu;
        begin_open(&t);
        t_option(&t, SF_OPTION_MAXSEG, rows[i].maxseg);
        T_EQ_ROW(i, t_next(&t).seg.mss, mss);
        t_peer(&t, SF_SYN | SF_ACK, .seq = {4999}, .ack = {1000});
        T_EQ_ROW(i, t_status(&t).mss, mss < t.mss ? mss : t.mss);
        t_end(&t);
    }
}

/* In the middle of a connection, too; but never more than the peer takes. */
static void a_smaller_segment_size_counts_at_once(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_option(&t, SF_OPTION_MAXSEG, 500);
    t_send(&t, 1000);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .text = 500);
    t_expect(&t, SF_ACK | SF_PSH, .seq = {1500}, .ack = {5000}, .text = 500);
    t_option(&t, SF_OPTION_MAXSEG, 0);
    T_EQ(t_status(&t).mss, 500);
    t_end(&t);
}

/* MUST-21: R2, and R1 with it, of a connection. */
static void the_application_says_when_to_give_up(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_option(&t, SF_OPTION_R1, 1);
    t_option(&t, SF_OPTION_R2, 2);
    t_send(&t, 100);
    t_forget(&t);
    T_EQ(t_wait(&t).ns, 200 * SF_NS_PER_MS);
    T_TRUE((t.ready & SF_READY_SOFT) != 0); /* R1 */
    t_expect(&t, SF_ACK | SF_PSH, .seq = {1000}, .ack = {5000}, .text = 100);
    T_EQ(t_wait(&t).ns, 400 * SF_NS_PER_MS);
    t_expect(&t, SF_ACK | SF_PSH, .seq = {1000}, .ack = {5000}, .text = 100);
    T_EQ(t_wait(&t).ns, 800 * SF_NS_PER_MS);
    t_expect(&t, SF_RST | SF_ACK, .seq = {1100}, .ack = {5000}); /* R2 */
    T_EQ(t_status(&t).error, SF_ERR_TIMED_OUT);
    t_end(&t);
}

/* MUST-21: unlimited included; 300 are more than an octet counts. */
static void it_need_never_give_up(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_option(&t, SF_OPTION_R2, SF_RETRIES_FOREVER);
    t_send(&t, 100);
    t_forget(&t);
    for (uint32_t i = 0; i < 300; i++) {
        (void)t_wait(&t);
        t_expect(&t, SF_ACK | SF_PSH, .seq = {1000}, .ack = {5000}, .text = 100);
    }
    T_STATE(&t, SF_ESTABLISHED);
    T_EQ(t_status(&t).retransmits, 255); /* it does not begin anew, nor does R1 */
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1100});
    T_EQ(t_wait(&t).ns, UINT64_MAX);
    t_end(&t);
}

/* Closed, nobody is left who could end it: the default's 15, however often it was sent before.
 * The whole-engine fuzzer found one that would have lived for ever. */
static void but_not_once_nobody_holds_it(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_option(&t, SF_OPTION_R2, SF_RETRIES_FOREVER);
    t_send(&t, 100);
    t_forget(&t);
    for (uint32_t i = 0; i < 14; i++) {
        (void)t_wait(&t);
        t_expect(&t, SF_ACK | SF_PSH, .seq = {1000}, .ack = {5000}, .text = 100);
    }
    t_close(&t);
    t_forget(&t); /* the FIN */
    (void)t_wait(&t);
    t_forget(&t); /* the 15th, FIN and all */
    (void)t_wait(&t);
    t_expect(&t, SF_RST | SF_ACK, .seq = {1101}, .ack = {5000}); /* behind the FIN */
    t_end(&t);
}

/* MUST-22: the SYN has an R2 of its own. */
static void a_syn_is_repeated_as_often_as_the_application_says(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    begin_open(&t);
    t_option(&t, SF_OPTION_SYN_RETRIES, 1);
    t_option(&t, SF_OPTION_R2, 9); /* another one's */
    t_expect(&t, SF_SYN, .seq = {999});
    T_EQ(t_wait(&t).ns, SF_S(1).ns);
    t_expect(&t, SF_SYN, .seq = {999});
    t_advance(&t, SF_S(2));
    T_EQ(t_status(&t).error, SF_ERR_TIMED_OUT);
    t_silence(&t);
    t_end(&t);

    t_begin(&t, t_family(state));
    begin_open(&t);
    t_option(&t, SF_OPTION_SYN_RETRIES, 0);
    t_expect(&t, SF_SYN, .seq = {999});
    t_advance(&t, SF_S(1));
    T_EQ(t_status(&t).error, SF_ERR_TIMED_OUT);
    t_end(&t);
}

static void fin_wait_2_of_an_orphan_lasts_as_long_as_it_was_told(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_option(&t, SF_OPTION_FIN_WAIT_2, 1500);
    t_close(&t);
    t_expect(&t, SF_FIN | SF_ACK, .seq = {1000}, .ack = {5000});
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1001});
    T_STATE(&t, SF_FIN_WAIT_2);
    t_advance(&t, SF_NS(1500 * SF_NS_PER_MS - 1));
    T_STATE(&t, SF_FIN_WAIT_2);
    t_advance(&t, SF_NS(1));
    T_STATE(&t, SF_CLOSED);
    T_NOTHING_LEFT(&t);
    t_end(&t);
}

/* A SEND waits while too much was never sent, though the buffer has room. */
static void no_more_waits_unsent_than_the_application_wants(void **state)
{
    static const uint8_t octets[8192];
    struct t_talk t;
    size_t taken = 0;

    t_begin(&t, t_family(state));
    t.wnd = (uint16_t)(2 * t.mss);
    t_open_passive(&t);
    t_option(&t, SF_OPTION_UNSENT_LOW, 1000);
    t_send(&t, (size_t)t.wnd + 999);
    t_pull(&t);
    T_EQ(t_status(&t).unsent, 999);
    T_EQ(sf_send(t.stack, t.conn, octets, 1, 0, &taken, t.now), SF_OK);
    T_EQ(t_status(&t).unsent, 1000);
    T_EQ(sf_send(t.stack, t.conn, octets, 1, 0, &taken, t.now), SF_ERR_AGAIN);
    T_TRUE((sf_ready(t.stack, t.conn) & SF_READY_WRITE) == 0);
    t_pull(&t);
    t.ready = 0;
    /* They leave: now there is room, which is told. */
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000 + 2U * t.mss});
    t_pull(&t);
    T_EQ(t_status(&t).unsent, 0);
    T_TRUE((t.ready & SF_READY_WRITE) != 0);
    t_end(&t);
}

/* SHLD-20 */
static void soft_errors_can_be_turned_off(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    T_EQ(value_of(&t, t.conn, SF_OPTION_SOFT_ERRORS), 1);
    t_option(&t, SF_OPTION_SOFT_ERRORS, 0);
    T_EQ(value_of(&t, t.conn, SF_OPTION_SOFT_ERRORS), 0);
    t_send(&t, 100);
    t_forget(&t);
    for (int i = 0; i < 5; i++) { /* R1 is 3 */
        (void)t_wait(&t);
        t_forget(&t);
    }
    T_TRUE((t.ready & SF_READY_SOFT) == 0);
    T_EQ(t_status(&t).soft, SF_ERR_TIMED_OUT); /* for whoever asks */
    t_end(&t);
}

/* RFC 9293 s3.9.1.9 (MAY): the field of what arrives is there to be asked for. */
static void the_diffserv_field_that_arrived_last_is_told(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    T_EQ(t_status(&t).rcv_tos, 0);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 10, .tos = 0xb9);
    T_EQ(t_status(&t).rcv_tos, 0xb9);
    t_end(&t);
}

static void values_out_of_range_are_refused(void **state)
{
    static const struct {
        enum sf_option option;
        uint64_t low, high;
    } rows[] = {
        {SF_OPTION_NODELAY, 0, 1},
        {SF_OPTION_SOFT_ERRORS, 0, 1},
        {SF_OPTION_UTO_ADOPT, 0, 1},
        {SF_OPTION_PLAIN, 0, 1},
        {SF_OPTION_TOS, 0, 255},
        {SF_OPTION_HOP_LIMIT, 1, 255},
        {SF_OPTION_R1, 1, 255},
        {SF_OPTION_R2, 1, 255},
        {SF_OPTION_SYN_RETRIES, 0, 255},
        {SF_OPTION_KEEPALIVE_PROBES, 1, 255},
        {SF_OPTION_KEEPALIVE_IDLE, 1, UINT32_MAX},
        {SF_OPTION_KEEPALIVE_INTERVAL, 1, UINT32_MAX},
        {SF_OPTION_USER_TIMEOUT, 0, UINT32_MAX},
        {SF_OPTION_FIN_WAIT_2, 1, UINT32_MAX},
        {SF_OPTION_UNSENT_LOW, 0, UINT32_MAX},
        {SF_OPTION_UTO, 0, UINT32_MAX},
        {SF_OPTION_OPEN_TIMEOUT, 0, UINT32_MAX},
        {SF_OPTION_MAXSEG, 88, 65535},
        {SF_OPTION_RCVBUF, 256, UINT32_C(1) << 30},
        {SF_OPTION_SNDBUF, 256, UINT32_C(1) << 30},
    };
    struct t_talk t;
    uint64_t value = 7;

    t_established(&t, t_family(state));
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        enum sf_option option = rows[i].option;

        T_EQ_ROW(i, sf_set_option(t.stack, t.conn, option, rows[i].low, t.now), SF_OK);
        T_EQ_ROW(i, value_of(&t, t.conn, option), rows[i].low);
        T_EQ_ROW(i, sf_set_option(t.stack, t.listener, option, rows[i].high, t.now), SF_OK);
        T_EQ_ROW(i, value_of(&t, t.listener, option),
                 option == SF_OPTION_TOS ? 0xfc : rows[i].high);
        T_EQ_ROW(i, sf_set_option(t.stack, t.conn, option, rows[i].high + 1, t.now),
                 SF_ERR_INVAL);
        if (rows[i].low != 0) {
            T_EQ_ROW(i, sf_set_option(t.stack, t.conn, option, rows[i].low - 1, t.now),
                     SF_ERR_INVAL);
        }
        T_EQ_ROW(i, value_of(&t, t.conn, option), rows[i].low);
    }
    T_EQ(sf_set_option(t.stack, t.conn, (enum sf_option)99, 1, t.now), SF_ERR_INVAL);
    T_EQ(sf_get_option(t.stack, t.conn, (enum sf_option)99, &value), SF_ERR_INVAL);
    T_EQ(value, 0);
    t_close(&t);
    T_EQ(sf_set_option(t.stack, t.conn, SF_OPTION_TOS, 1, t.now), SF_ERR_STALE);
    T_EQ(sf_get_option(t.stack, t.conn, SF_OPTION_TOS, &value), SF_ERR_STALE);
    t_end(&t);
}

/* Promise 10: records of choices are limited; those that choose alike share one, and one that
 * is not needed any more comes back. */
static void choices_are_limited_and_shared(void **state)
{
    struct t_talk t;
    struct sf_handle first;
    struct sf_handle second;

    t_begin(&t, t_family(state));
    t.config.max_choices = 2;
    t_open_passive(&t);
    first = t.conn;
    t_another(&t, T_PEER_PORT + 1);
    t_open_passive(&t);
    second = t.conn;
    t_another(&t, T_PEER_PORT + 2);
    t_open_passive(&t);
    T_EQ(sf_set_option(t.stack, first, SF_OPTION_TOS, 4, t.now), SF_OK);
    T_EQ(sf_set_option(t.stack, first, SF_OPTION_R2, 9, t.now), SF_OK);
    /* One record for both, by way of another. */
    T_EQ(sf_set_option(t.stack, second, SF_OPTION_TOS, 4, t.now), SF_OK);
    T_EQ(sf_set_option(t.stack, second, SF_OPTION_R2, 9, t.now), SF_OK);
    t_option(&t, SF_OPTION_TOS, 8);
    T_EQ(sf_set_option(t.stack, second, SF_OPTION_TOS, 12, t.now), SF_ERR_NO_MEMORY);
    T_EQ(value_of(&t, second, SF_OPTION_TOS), 4);
    T_EQ(sf_stack_counters(t.stack)->refused_by_limit, 1);
    /* Back to what the stack has: that needs none. */
    t_option(&t, SF_OPTION_TOS, 0);
    T_EQ(sf_set_option(t.stack, second, SF_OPTION_TOS, 12, t.now), SF_OK);
    T_EQ(value_of(&t, first, SF_OPTION_TOS), 4);
    /* And a connection that goes gives its own back. */
    T_EQ(sf_abort(t.stack, second, t.now), SF_OK);
    t_pull(&t);
    t_option(&t, SF_OPTION_TOS, 16);
    t_end(&t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(the_diffserv_field_is_as_the_application_says),
        T_BOTH(the_hop_limit_is_as_the_application_says),
        T_BOTH(time_wait_looks_as_its_connection_did),
        T_BOTH(fifteen_looks_are_kept_in_time_wait),
        T_BOTH(a_refusal_looks_as_its_end_does),
        T_BOTH(a_listener_hands_on_what_it_was_told),
        T_BOTH(without_a_word_the_configuration_counts),
        T_BOTH(the_segment_size_is_as_the_application_says),
        T_BOTH(a_smaller_segment_size_counts_at_once),
        T_BOTH(the_application_says_when_to_give_up),
        T_BOTH(it_need_never_give_up),
        T_BOTH(but_not_once_nobody_holds_it),
        T_BOTH(a_syn_is_repeated_as_often_as_the_application_says),
        T_BOTH(fin_wait_2_of_an_orphan_lasts_as_long_as_it_was_told),
        T_BOTH(no_more_waits_unsent_than_the_application_wants),
        T_BOTH(soft_errors_can_be_turned_off),
        T_BOTH(the_diffserv_field_that_arrived_last_is_told),
        T_BOTH(values_out_of_range_are_refused),
        T_BOTH(choices_are_limited_and_shared),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
