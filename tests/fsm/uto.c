/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/uto.c - the user timeout and the option that tells it (RFC 9293 s3.10.8, RFC 5482).
 */
#include "talk.h"

/* A connection that listens to what the peer says. */
static void begin(struct t_talk *t, enum sf_family family)
{
    t_begin(t, family);
    t->config.uto = 1;
    t_open_passive(t);
    t_option(t, SF_OPTION_UTO_ADOPT, 1);
}

static void peer_says(struct t_talk *t, uint16_t uto)
{
    t_peer(t, SF_ACK, .seq = {5000}, .ack = {1000}, .options = SF_OPT_UTO, .uto = uto);
}

static uint64_t timeout_s(struct t_talk *t)
{
    return t_status(t).user_timeout.ns / SF_NS_PER_S;
}

/* RFC 5482 s3.1: min(U_LIMIT, max(ADV_UTO, REMOTE_UTO, L_LIMIT)). */
static void the_timeout_is_the_longer_one_within_the_limits(void **state)
{
    static const struct {
        uint64_t ours_ms;
        uint16_t theirs;
        uint64_t seconds;
    } rows[] = {
        {0, 50, 100},                                                 /* L_LIMIT */
        {0, 99, 100},           {0, 101, 101},     {50000, 200, 200}, /* both use 200 */
        {300000, 200, 300},                                           /* ours is longer */
        {0, 0x8000 | 2, 120},                                         /* minutes */
        {0, 0x8000 | 60, 3600},                                       /* U_LIMIT */
        {0, 0x8000 | 61, 3600}, {0, 0x7fff, 3600}, {0, 0xffff, 3600}, {7200000, 200, 3600},
    };

    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct t_talk t;

        begin(&t, t_family(state));
        t_option(&t, SF_OPTION_UTO, rows[i].ours_ms);
        t_forget(&t);
        peer_says(&t, rows[i].theirs);
        T_EQ_ROW(i, timeout_s(&t), rows[i].seconds);
        t_end(&t);
    }
}

/* s3.1: L_LIMIT is above the RTO whatever it is. */
static void the_timeout_is_above_the_rto(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.uto = 1;
    t.config.rto_max = SF_S(300);
    t.config.rto_min = SF_S(200);
    t_open_passive(&t);
    t_option(&t, SF_OPTION_UTO_ADOPT, 1);
    peer_says(&t, 120);
    T_EQ(t_status(&t).user_timeout.ns, SF_MS(200001).ns);
    t_end(&t);
}

/* s3.1: what the application sets is not the peer's to change. */
static void a_timeout_of_the_application_stays(void **state)
{
    struct t_talk t;

    begin(&t, t_family(state));
    t_option(&t, SF_OPTION_USER_TIMEOUT, 30000);
    peer_says(&t, 300);
    T_EQ(timeout_s(&t), 30);
    T_EQ(t_status(&t).peer_uto.ns, SF_S(300).ns); /* but it is told */
    t_send(&t, 10);
    t_forget(&t);
    t_advance(&t, SF_S(29));
    T_STATE(&t, SF_ESTABLISHED);
    t_advance(&t, SF_S(2));
    T_EQ(t_status(&t).error, SF_ERR_USER_TIMEOUT);
    t_end(&t);
}

/* s3.1: CHANGEABLE and UTO_ENABLED are off unless somebody wants them. */
static void nobody_listens_to_the_option_unless_asked(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.uto = 1;
    t_open_passive(&t);
    peer_says(&t, 300);
    T_EQ(timeout_s(&t), 0);
    t_option(&t, SF_OPTION_UTO_ADOPT, 1);
    T_EQ(timeout_s(&t), 300);
    t_end(&t);

    t_established(&t, t_family(state)); /* the stack has it off */
    t_option(&t, SF_OPTION_UTO_ADOPT, 1);
    t_option(&t, SF_OPTION_UTO, 90000);
    peer_says(&t, 300);
    T_EQ(timeout_s(&t), 0);
    T_EQ(t_status(&t).peer_uto.ns, 0);
    t_send(&t, 10);
    T_EQ(t_next(&t).seg.options & SF_OPT_UTO, 0);
    t_end(&t);
}

static void zero_is_neither_said_nor_obeyed(void **state) /* s3.4 */
{
    struct t_talk t;

    begin(&t, t_family(state));
    peer_says(&t, 200);
    peer_says(&t, 0);
    T_EQ(timeout_s(&t), 200);
    peer_says(&t, 0x8000); /* zero minutes */
    T_EQ(timeout_s(&t), 200);
    t_option(&t, SF_OPTION_UTO, 0);
    t_send(&t, 10);
    T_EQ(t_next(&t).seg.options & SF_OPT_UTO, 0);
    t_option(&t, SF_OPTION_UTO, 1); /* a millisecond: rounded up */
    t_send(&t, 10);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1010});
    T_EQ(t_next(&t).seg.uto, 1);
    t_end(&t);
}

/* s3: seconds as far as 15 bits reach, then minutes, rounded up. */
static void times_are_said_in_seconds_and_then_in_minutes(void **state)
{
    static const struct {
        uint64_t ms;
        unsigned field;
    } rows[] = {
        {90000, 90},        {90001, 91},
        {32767000, 0x7fff}, {32767001, 0x8000 | 547}, /* 32768 s = 546.1 minutes */
        {7200000, 7200},    {UINT32_MAX, 0xffff}, /* 71582.8 minutes are too many for 15 bits */
    };

    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct t_talk t;

        begin(&t, t_family(state));
        t_option(&t, SF_OPTION_UTO, rows[i].ms);
        t_send(&t, 10);
        T_EQ_ROW(i, t_next(&t).seg.uto, rows[i].field);
        t_end(&t);
    }
}

/* s3: on the SYN, again on the first segment that is none, and when it changes; not else. */
static void it_is_said_on_the_syn_once_more_and_when_it_changes(void **state)
{
    struct t_talk t;
    struct sf_seg seg;

    t_begin(&t, t_family(state));
    t.config.uto = 1;
    t_start(&t);
    t.open.remote = t.them;
    T_EQ(sf_open(t.stack, &t.open, &t.conn, t.now), SF_OK);
    t_option(&t, SF_OPTION_UTO, 90000);
    seg = t_next(&t).seg;
    T_EQ(seg.flags, SF_SYN);
    T_EQ(seg.uto, 90);
    (void)t_wait(&t);
    T_EQ(t_next(&t).seg.options & SF_OPT_UTO, SF_OPT_UTO); /* the SYN again */
    t_peer(&t, SF_SYN | SF_ACK, .seq = {4999}, .ack = {1000});
    seg = t_next(&t).seg;
    T_EQ(seg.flags, SF_ACK);
    T_EQ(seg.options & SF_OPT_UTO, SF_OPT_UTO);
    T_EQ(seg.uto, 90);
    t_send(&t, 10);
    T_EQ(t_next(&t).seg.options & SF_OPT_UTO, 0);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1010});
    t_option(&t, SF_OPTION_UTO, 180000);
    t_send(&t, 2000); /* the option takes 4 octets of a full segment */
    seg = t_next(&t).seg;
    T_EQ(seg.uto, 180);
    T_EQ(seg.text_octets, t_status(&t).mss - 4);
    t_end(&t);
}

static void a_listener_says_it_on_its_syn_ack(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.uto = 1;
    t_listen(&t);
    T_EQ(sf_set_option(t.stack, t.listener, SF_OPTION_UTO, 120000, t.now), SF_OK);
    t_peer(&t, SF_SYN, .seq = {4999});
    T_EQ(t_next(&t).seg.uto, 120);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000});
    t_accept(&t);
    t_send(&t, 10);
    T_EQ(t_next(&t).seg.uto, 120);
    t_send(&t, 10);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1010});
    T_EQ(t_next(&t).seg.options & SF_OPT_UTO, 0);
    t_end(&t);
}

/* The SYN to a listener says it, and nothing else does (s3: the first segment that is none only
 * SHOULD). */
static void the_syn_to_a_listener_counts(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.uto = 1;
    t_listen(&t);
    T_EQ(sf_set_option(t.stack, t.listener, SF_OPTION_UTO_ADOPT, 1, t.now), SF_OK);
    t_peer(&t, SF_SYN, .seq = {4999}, .options = SF_OPT_UTO, .uto = 150);
    t_forget(&t);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000});
    t_accept(&t);
    T_EQ(timeout_s(&t), 150);
    t_end(&t);
}

/* The peer's SYN,ACK says it; and it ends the connection when it has passed. */
static void an_adopted_timeout_ends_the_connection(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.uto = 1;
    t_syn_sent(&t);
    t_option(&t, SF_OPTION_UTO_ADOPT, 1);
    t_peer(&t, SF_SYN | SF_ACK, .seq = {4999}, .ack = {1000}, .options = SF_OPT_UTO,
           .uto = 150);
    T_EQ(timeout_s(&t), 150);
    t_send(&t, 10);
    t_forget(&t);
    t_advance(&t, SF_S(149));
    T_STATE(&t, SF_ESTABLISHED);
    peer_says(&t, 160); /* with octets outstanding it begins anew */
    t_advance(&t, SF_S(159));
    T_STATE(&t, SF_ESTABLISHED);
    t_advance(&t, SF_S(2));
    T_EQ(t_status(&t).error, SF_ERR_USER_TIMEOUT);
    t_end(&t);
}

/* s4.2: keepalive does not end sooner what the timeout lets live. */
static void keepalive_waits_for_an_adopted_timeout(void **state)
{
    struct t_talk t;

    begin(&t, t_family(state));
    t_option(&t, SF_OPTION_KEEPALIVE_IDLE, 10000);
    t_option(&t, SF_OPTION_KEEPALIVE, 1);
    peer_says(&t, 300);
    T_EQ(t_wait(&t).ns, SF_MS(300001).ns); /* larger than 300 s */
    t_end(&t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(the_timeout_is_the_longer_one_within_the_limits),
        T_BOTH(the_timeout_is_above_the_rto),
        T_BOTH(a_timeout_of_the_application_stays),
        T_BOTH(nobody_listens_to_the_option_unless_asked),
        T_BOTH(zero_is_neither_said_nor_obeyed),
        T_BOTH(times_are_said_in_seconds_and_then_in_minutes),
        T_BOTH(it_is_said_on_the_syn_once_more_and_when_it_changes),
        T_BOTH(a_listener_says_it_on_its_syn_ack),
        T_BOTH(the_syn_to_a_listener_counts),
        T_BOTH(an_adopted_timeout_ends_the_connection),
        T_BOTH(keepalive_waits_for_an_adopted_timeout),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
