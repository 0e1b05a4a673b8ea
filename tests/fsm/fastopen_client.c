/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/fastopen_client.c - TCP Fast Open, the client's side (RFC 7413 s4.1.3, s4.2).
 */
#include "talk.h"

static const uint8_t cookie[SF_FAST_OPEN_MAX] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

static const struct sf_counters *counters(const struct t_talk *t)
{
    return sf_stack_counters(t->stack);
}

static void begin(struct t_talk *t, enum sf_family family)
{
    t_begin(t, family);
    t->open.fast_open = 1;
    t_start(t);
}

/* OPEN, and SEND at once; our SYN. */
static struct t_out syn(struct t_talk *t, size_t octets)
{
    struct t_out out;

    t->open.remote = t->them;
    T_EQ(sf_open(t->stack, &t->open, &t->conn, t->now), SF_OK);
    if (octets != 0) {
        t_send(t, octets);
    }
    out = t_next(t);
    T_EQ(out.seg.flags, SF_SYN);
    T_TRUE(out.text_ok);
    T_TRUE((out.seg.options & SF_OPT_MSS) != 0);
    return out;
}

/* SYN,ACK with a cookie of so many octets; 0: without. */
static void syn_ack(struct t_talk *t, uint32_t ack, uint8_t octets, enum sf_fast_open_form form)
{
    T_EQ(t_peer(t, SF_SYN | SF_ACK, .seq = {4999}, .ack = {ack},
                .options = octets != 0 ? SF_OPT_FAST_OPEN : 0, .fast_open = cookie,
                .fast_open_octets = octets, .fast_open_form = (uint8_t)form),
         SF_PASS);
}

/* The next connection is another one, from another port. */
static void next(struct t_talk *t)
{
    t_abort(t);
    t_forget(t);
    t->conn = (struct sf_handle){0};
    t->us.port++;
    t->open.local = t->us;
    t->iss_known = false;
    t->sent = 0;
    t->ts = false;
}

/* A connection that asks, and is given a cookie. */
static void learn(struct t_talk *t, uint8_t octets, enum sf_fast_open_form form)
{
    struct t_out out = syn(t, 0);

    T_TRUE((out.seg.options & SF_OPT_FAST_OPEN) != 0);
    T_EQ(out.seg.fast_open_octets, 0);
    syn_ack(t, 1000, octets, form);
    next(t);
}

static void a_cookie_is_asked_for_and_text_waits(void **state)
{
    struct t_talk t;
    struct t_out out;

    begin(&t, t_family(state));
    out = syn(&t, 100);
    T_TRUE((out.seg.options & SF_OPT_FAST_OPEN) != 0);
    T_EQ(out.seg.fast_open_octets, 0);
    T_EQ(out.seg.fast_open_form, SF_FAST_OPEN_KIND_34);
    T_EQ(out.seg.text_octets, 0);
    syn_ack(&t, 1000, 8, SF_FAST_OPEN_KIND_34);
    t_expect(&t, SF_ACK | SF_PSH, .seq = {1000}, .ack = {5000}, .text = 100);
    T_EQ(counters(&t)->fast_open_sent, 0);
    t_end(&t);
}

static void with_a_cookie_text_goes_on_the_syn(void **state)
{
    static const uint8_t lengths[] = {4, 8, 16};

    for (size_t i = 0; i < T_COUNT(lengths); i++) {
        struct t_talk t;
        struct t_out out;

        begin(&t, t_family(state));
        learn(&t, lengths[i], SF_FAST_OPEN_KIND_34);
        out = syn(&t, 100);
        T_EQ_ROW(i, out.seg.fast_open_octets, lengths[i]);
        T_MEM(out.fast_open, cookie, lengths[i]);
        T_EQ_ROW(i, out.seg.text_octets, 100);
        syn_ack(&t, 1100, 0, SF_FAST_OPEN_KIND_34);
        t_expect(&t, SF_ACK, .seq = {1100}, .ack = {5000});
        t_silence(&t);
        T_EQ_ROW(i, t_status(&t).unacked, 0);
        T_EQ_ROW(i, counters(&t)->fast_open_sent, 1);
        T_EQ_ROW(i, counters(&t)->fast_open_acked, 1);
        T_EQ_ROW(i, counters(&t)->fast_open_failed, 0);
        t_send(&t, 10);
        t_expect(&t, SF_ACK | SF_PSH, .seq = {1100}, .ack = {5000}, .text = 10);
        t_end(&t);
    }
}

/* As much as the server's MSS allows beside 40 octets of options; the rest follows. */
static void a_syn_carries_one_segment(void **state)
{
    struct t_talk t;
    struct t_out out;

    begin(&t, t_family(state));
    t.mss = 1000;
    learn(&t, 8, SF_FAST_OPEN_KIND_34);
    out = syn(&t, 3000);
    T_EQ(out.seg.text_octets, 960); /* 1000 - 40 */
    t_silence(&t);
    syn_ack(&t, 1960, 0, SF_FAST_OPEN_KIND_34);
    t_expect(&t, SF_ACK, .seq = {1960}, .ack = {5000}, .text = 1000);
    t_expect(&t, SF_ACK, .seq = {2960}, .ack = {5000}, .text = 1000);
    t_silence(&t); /* Nagle */
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {3960});
    t_expect(&t, SF_ACK | SF_PSH, .seq = {3960}, .ack = {5000}, .text = 40);
    t_end(&t);
}

/* SYN,ACK acknowledges the SYN alone, or some of the text: the rest goes again at once, which
 * is no sign of congestion (s4.2.2; RFC 9293 s3.10.7.3 first). */
static void text_that_is_not_acknowledged_follows_at_once(void **state)
{
    static const uint32_t acks[] = {1000, 1040};

    for (size_t i = 0; i < T_COUNT(acks); i++) {
        struct t_talk t;
        uint32_t cwnd = 0;

        begin(&t, t_family(state));
        learn(&t, 8, SF_FAST_OPEN_KIND_34);
        (void)syn(&t, 100);
        syn_ack(&t, acks[i], 0, SF_FAST_OPEN_KIND_34);
        t_expect(&t, SF_ACK | SF_PSH, .seq = {acks[i]}, .ack = {5000}, .text = 1100 - acks[i]);
        t_silence(&t);
        cwnd = t_status(&t).cwnd;
        T_EQ_ROW(i, cwnd, 10 * t_status(&t).mss);
        t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1100});
        T_EQ_ROW(i, t_status(&t).unacked, 0);
        T_EQ_ROW(i, counters(&t)->rto_fired, 0);
        t_end(&t);
    }
}

/* s4.2.2: the SYN goes again without option and text; the text follows SYN,ACK. */
static void a_lost_syn_goes_again_alone(void **state)
{
    struct t_talk t;
    struct t_out out;

    begin(&t, t_family(state));
    learn(&t, 8, SF_FAST_OPEN_KIND_34);
    (void)syn(&t, 100);
    for (uint64_t wait_s = 1; wait_s <= 2; wait_s++) {
        T_EQ(t_wait(&t).ns, wait_s * SF_NS_PER_S);
        out = t_next(&t);
        T_EQ(out.seg.flags, SF_SYN);
        T_EQ(out.seg.seq.v, t.iss);
        T_EQ(out.seg.text_octets, 0);
        T_EQ(out.seg.options & SF_OPT_FAST_OPEN, 0);
        t_silence(&t);
    }
    syn_ack(&t, 1000, 0, SF_FAST_OPEN_KIND_34);
    t_expect(&t, SF_ACK | SF_PSH, .seq = {1000}, .ack = {5000}, .text = 100);
    T_EQ(counters(&t)->fast_open_failed, 1);
    t_end(&t);
}

/* It was the answer that was lost: what it acknowledges is acknowledged. */
static void a_late_syn_ack_may_acknowledge_all(void **state)
{
    struct t_talk t;

    begin(&t, t_family(state));
    learn(&t, 8, SF_FAST_OPEN_KIND_34);
    (void)syn(&t, 100);
    T_EQ(t_wait(&t).ns, SF_NS_PER_S);
    t_forget(&t);
    syn_ack(&t, 1100, 0, SF_FAST_OPEN_KIND_34);
    t_expect(&t, SF_ACK, .seq = {1100}, .ack = {5000});
    t_silence(&t);
    T_EQ(t_status(&t).unacked, 0);
    t_end(&t);
}

/* s4.1.3.1: after a failure the path rests: 60 s, 120 s, ... */
static void failures_are_remembered_for_longer_and_longer(void **state)
{
    struct t_talk t;

    begin(&t, t_family(state));
    for (uint64_t i = 0; i < 3; i++) {
        uint64_t rest_s = 60U << i;

        T_TRUE((syn(&t, 10).seg.options & SF_OPT_FAST_OPEN) != 0);
        (void)t_wait(&t); /* no answer for a second */
        t_forget(&t);
        T_EQ(counters(&t)->fast_open_failed, i + 1);
        next(&t);
        t_advance(&t, SF_MS(rest_s * 1000 - 1));
        T_EQ(syn(&t, 10).seg.options & SF_OPT_FAST_OPEN, 0);
        next(&t);
        t_advance(&t, SF_MS(1));
    }
    /* One that works ends it. */
    learn(&t, 8, SF_FAST_OPEN_KIND_34);
    T_EQ(syn(&t, 10).seg.fast_open_octets, 8);
    syn_ack(&t, 1010, 0, SF_FAST_OPEN_KIND_34);
    next(&t);
    (void)syn(&t, 10);
    (void)t_wait(&t);
    next(&t);
    t_advance(&t, SF_S(60));
    T_TRUE((syn(&t, 10).seg.options & SF_OPT_FAST_OPEN) != 0);
    t_end(&t);
}

/* Neither the text taken nor a new cookie given: the server wants none of it. */
static void a_server_that_ignores_a_cookie_is_left_alone(void **state)
{
    struct t_talk t;

    begin(&t, t_family(state));
    learn(&t, 8, SF_FAST_OPEN_KIND_34);
    (void)syn(&t, 10);
    syn_ack(&t, 1000, 0, SF_FAST_OPEN_KIND_34);
    T_EQ(counters(&t)->fast_open_failed, 1);
    next(&t);
    T_EQ(syn(&t, 10).seg.options & SF_OPT_FAST_OPEN, 0);
    t_end(&t);
}

/* It has another key now: its new cookie takes the place of the old. */
/* RFC 7413 s4.1.3.1 leaves it open whether that is a failure: a minute's rest then, or none.  A
 * cookie of 5 octets is none (s4.1.1). */
static void a_server_without_cookies_is_asked_again_or_left_alone(void **state)
{
    for (uint8_t row = 0; row < 4; row++) {
        uint8_t octets = row % 2 != 0 ? 5 : 0;
        bool once = row >= 2;
        struct t_talk t;

        t_begin(&t, t_family(state));
        t.config.fast_open_ask_once = once;
        t.open.fast_open = 1;
        t_start(&t);
        learn(&t, octets, SF_FAST_OPEN_KIND_34);
        T_EQ_ROW(row, (syn(&t, 0).seg.options & SF_OPT_FAST_OPEN) != 0, !once);
        next(&t);
        t_advance(&t, SF_S(60));
        T_EQ_ROW(row, (syn(&t, 0).seg.options & SF_OPT_FAST_OPEN) != 0, true);
        t_end(&t);
    }
}

/* The text that went with a SYN, which alone was acknowledged, may wait for longer than the SYN
 * might: by SYN,ACK, and where the SYNs crossed. */
static void text_has_more_time_than_the_handshake(void **state)
{
    for (int crossing = 0; crossing < 2; crossing++) {
        struct t_talk t;

        t_begin(&t, t_family(state));
        t.config.open_timeout = SF_S(5);
        t.open.fast_open = 1;
        t_start(&t);
        learn(&t, 8, SF_FAST_OPEN_KIND_34);
        T_EQ(syn(&t, 100).seg.text_octets, 100);
        if (crossing != 0) {
            t_peer(&t, SF_SYN, .seq = {4999});
            t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000});
        } else {
            syn_ack(&t, 1000, 0, SF_FAST_OPEN_KIND_34);
        }
        T_STATE(&t, SF_ESTABLISHED);
        t_advance(&t, SF_S(6));
        T_STATE(&t, SF_ESTABLISHED);
        t_end(&t);
    }
}

static void a_new_cookie_replaces_the_old(void **state)
{
    struct t_talk t;

    begin(&t, t_family(state));
    learn(&t, 8, SF_FAST_OPEN_KIND_34);
    (void)syn(&t, 10);
    syn_ack(&t, 1000, 6, SF_FAST_OPEN_KIND_34);
    T_EQ(counters(&t)->fast_open_failed, 0);
    next(&t);
    T_EQ(syn(&t, 10).seg.fast_open_octets, 6);
    t_end(&t);
}

static void the_experimental_form_can_be_asked_in(void **state)
{
    struct t_talk t;
    struct t_out out;

    t_begin(&t, t_family(state));
    t.open.fast_open = 1;
    t.config.fast_open_form = SF_FAST_OPEN_EXPERIMENTAL;
    t_start(&t);
    out = syn(&t, 0);
    T_EQ(out.seg.fast_open_form, SF_FAST_OPEN_EXPERIMENTAL);
    T_EQ(out.seg.fast_open_octets, 0);
    syn_ack(&t, 1000, 16, SF_FAST_OPEN_EXPERIMENTAL);
    next(&t);
    out = syn(&t, 10);
    T_EQ(out.seg.fast_open_form, SF_FAST_OPEN_EXPERIMENTAL);
    T_EQ(out.seg.fast_open_octets, 16);
    T_MEM(out.fast_open, cookie, 16);
    T_EQ(out.seg.text_octets, 10);
    t_end(&t);
}

static void who_does_not_ask_for_it_gets_none(void **state) /* RFC 7413 s2 */
{
    struct t_talk t;

    begin(&t, t_family(state));
    learn(&t, 8, SF_FAST_OPEN_KIND_34);
    t.open.fast_open = 0;
    T_EQ(syn(&t, 10).seg.options & SF_OPT_FAST_OPEN, 0);
    syn_ack(&t, 1000, 8, SF_FAST_OPEN_KIND_34);
    t_expect(&t, SF_ACK | SF_PSH, .seq = {1000}, .ack = {5000}, .text = 10);
    t_end(&t);

    t_begin(&t, t_family(state));
    t.open.fast_open = 1;
    t.config.max_fast_opens = 0;
    t_start(&t);
    T_EQ(syn(&t, 10).seg.options & SF_OPT_FAST_OPEN, 0);
    t_end(&t);
}

/* Two servers are remembered; the least recently used makes room for a third. */
static void so_many_servers_are_remembered(void **state)
{
    struct t_talk t;
    size_t last = t_family(state) == SF_IPV4 ? 3 : 15;

    t_begin(&t, t_family(state));
    t.open.fast_open = 1;
    t.config.max_fast_opens = 2;
    t_start(&t);
    for (uint8_t i = 2; i <= 4; i++) {
        t.them.addr.octets[last] = i;
        learn(&t, 8, SF_FAST_OPEN_KIND_34);
    }
    t.them.addr.octets[last] = 3;
    T_EQ(syn(&t, 0).seg.fast_open_octets, 8);
    next(&t);
    t.them.addr.octets[last] = 4;
    T_EQ(syn(&t, 0).seg.fast_open_octets, 8);
    next(&t);
    t.them.addr.octets[last] = 2;
    T_EQ(syn(&t, 0).seg.fast_open_octets, 0);
    t_end(&t);
}

/* With everything else that a SYN can carry, it still fits into 40 octets. */
static void it_fits_beside_the_other_options(void **state)
{
    struct t_talk t;
    struct t_out out;
    const uint8_t all =
        SF_OPT_MSS | SF_OPT_TS | SF_OPT_SACK_OK | SF_OPT_WSCALE | SF_OPT_FAST_OPEN;

    t_begin(&t, t_family(state));
    t.open.fast_open = 1;
    t.config.timestamps = 1;
    t.config.window_scaling = 1;
    t.config.sack = 1;
    t_start(&t);
    learn(&t, 16, SF_FAST_OPEN_KIND_34);
    out = syn(&t, 10);
    T_EQ(out.seg.options, all);
    T_EQ(out.seg.fast_open_octets, 16);
    T_EQ(out.seg.text_octets, 10);
    t_end(&t);
}

/* An OPEN that comes to nothing gives everything back, the text of its SYN too. */
static void giving_up_leaves_nothing(void **state)
{
    for (int how = 0; how < 4; how++) {
        struct t_talk t;

        begin(&t, t_family(state));
        learn(&t, 8, SF_FAST_OPEN_KIND_34);
        (void)syn(&t, 100);
        if (how == 0) {
            t_abort(&t);
        } else if (how == 1) {
            T_EQ(t_peer(&t, SF_RST | SF_ACK, .seq = {0}, .ack = {1000}), SF_DROP_RESET);
            t_close(&t);
        } else if (how == 2) {
            t_advance(&t, SF_S(1000));
            T_EQ(t_status(&t).error, SF_ERR_TIMED_OUT);
            t_close(&t);
        } else {
            /* The SYNs cross: the text waits for its time-out. */
            T_EQ(t_peer(&t, SF_SYN, .seq = {4999}), SF_PASS);
            t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
            T_EQ(t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}), SF_PASS);
            T_STATE(&t, SF_ESTABLISHED);
            (void)t_wait(&t);
            t_expect(&t, SF_ACK | SF_PSH, .seq = {1000}, .ack = {5000}, .text = 100);
            t_abort(&t);
        }
        t_forget(&t);
        T_NOTHING_LEFT(&t);
        t_end(&t);
    }
}

/* RFC 7413 s7.3: no option, and text at once; how much, once the server has said it. */
static void without_cookies_text_goes_at_once(void **state)
{
    struct t_talk t;
    struct t_out out;
    uint32_t octets = 0;

    t_begin(&t, t_family(state));
    t.open.fast_open = SF_FAST_OPEN_NO_COOKIE;
    t.mss = 1000;
    t_start(&t);
    t.open.remote = t.them;
    T_EQ(sf_fast_open_room(t.stack, &t.open, &octets, t.now), SF_OK);
    T_EQ(octets, 1500U - (t_family(state) == SF_IPV4 ? 40U : 60U) - 40U);
    out = syn(&t, 100);
    T_EQ(out.seg.options & SF_OPT_FAST_OPEN, 0);
    T_EQ(out.seg.text_octets, 100);
    /* A cookie that nobody has asked for is not kept. */
    syn_ack(&t, 1100, 8, SF_FAST_OPEN_KIND_34);
    T_TRUE(t_status(&t).fast_open);
    T_EQ(sf_fast_open_room(t.stack, &t.open, &octets, t.now), SF_OK);
    T_EQ(octets, 960);
    next(&t);
    t.open.fast_open = SF_FAST_OPEN_COOKIE;
    out = syn(&t, 100);
    T_EQ(out.seg.fast_open_octets, 0);
    T_EQ(out.seg.text_octets, 0);
    T_FALSE(t_status(&t).fast_open);
    t_end(&t);
}

/* The cookie comes late, when the SYN was repeated without asking: it was asked for. */
static void a_late_cookie_is_kept(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.open.fast_open = 1;
    t.config.fast_open_backoff = SF_S(0);
    t_start(&t);
    (void)syn(&t, 0);
    (void)t_wait(&t);
    t_forget(&t);
    syn_ack(&t, 1000, 8, SF_FAST_OPEN_KIND_34);
    next(&t);
    T_EQ(syn(&t, 10).seg.fast_open_octets, 8);
    t_end(&t);
}

static void without_a_rest_a_failure_leaves_the_cookie(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.open.fast_open = 1;
    t.config.fast_open_backoff = SF_S(0);
    t_start(&t);
    learn(&t, 8, SF_FAST_OPEN_KIND_34);
    for (uint64_t i = 1; i <= 2; i++) {
        T_EQ(syn(&t, 10).seg.fast_open_octets, 8);
        syn_ack(&t, 1000, 0, SF_FAST_OPEN_KIND_34);
        T_EQ(counters(&t)->fast_open_failed, i);
        T_FALSE(t_status(&t).fast_open);
        next(&t);
    }
    sf_fast_open_forget(t.stack);
    T_EQ(syn(&t, 10).seg.fast_open_octets, 0);
    t_end(&t);
}

/* Linux: 34 comes to nothing, so 254; that does not either, so 34 from then on. */
static void the_experimental_form_is_tried_once(void **state)
{
    static const uint8_t forms[] = {SF_FAST_OPEN_KIND_34, SF_FAST_OPEN_EXPERIMENTAL,
                                    SF_FAST_OPEN_KIND_34, SF_FAST_OPEN_KIND_34};
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.open.fast_open = 1;
    t.config.fast_open_form = SF_FAST_OPEN_FALLBACK;
    t_start(&t);
    for (size_t i = 0; i < T_COUNT(forms); i++) {
        struct t_out out = syn(&t, 10);

        T_EQ_ROW(i, out.seg.options & SF_OPT_FAST_OPEN, SF_OPT_FAST_OPEN);
        T_EQ_ROW(i, out.seg.fast_open_form, forms[i]);
        syn_ack(&t, 1000, 0, SF_FAST_OPEN_KIND_34);
        next(&t);
    }
    /* Whoever answers the second is asked in its form. */
    sf_fast_open_forget(t.stack);
    (void)syn(&t, 0);
    syn_ack(&t, 1000, 0, SF_FAST_OPEN_KIND_34);
    next(&t);
    learn(&t, 8, SF_FAST_OPEN_EXPERIMENTAL);
    T_EQ(syn(&t, 10).seg.fast_open_form, SF_FAST_OPEN_EXPERIMENTAL);
    t_end(&t);
}

/* MAXSEG counts for a SYN as for any segment: 500 - 40. */
static void a_chosen_segment_size_is_a_syns_too(void **state)
{
    struct t_talk t;
    size_t taken = 0;
    static uint8_t data[1000];

    begin(&t, t_family(state));
    learn(&t, 8, SF_FAST_OPEN_KIND_34);
    t.open.remote = t.them;
    T_EQ(sf_open(t.stack, &t.open, &t.conn, t.now), SF_OK);
    T_EQ(sf_set_option(t.stack, t.conn, SF_OPTION_MAXSEG, 500, t.now), SF_OK);
    T_EQ(sf_send(t.stack, t.conn, data, sizeof(data), 0, &taken, t.now), SF_OK);
    t_pull(&t);
    T_EQ(t_next(&t).seg.text_octets, 460);
    /* What the server can take is remembered all the same: its MSS less 40. */
    syn_ack(&t, 1460, 0, SF_FAST_OPEN_KIND_34);
    next(&t);
    T_EQ(syn(&t, 2000).seg.text_octets, t.mss - 40);
    t_end(&t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(a_cookie_is_asked_for_and_text_waits),
        T_BOTH(with_a_cookie_text_goes_on_the_syn),
        T_BOTH(a_syn_carries_one_segment),
        T_BOTH(text_that_is_not_acknowledged_follows_at_once),
        T_BOTH(a_lost_syn_goes_again_alone),
        T_BOTH(a_late_syn_ack_may_acknowledge_all),
        T_BOTH(failures_are_remembered_for_longer_and_longer),
        T_BOTH(a_server_that_ignores_a_cookie_is_left_alone),
        T_BOTH(a_server_without_cookies_is_asked_again_or_left_alone),
        T_BOTH(text_has_more_time_than_the_handshake),
        T_BOTH(a_new_cookie_replaces_the_old),
        T_BOTH(the_experimental_form_can_be_asked_in),
        T_BOTH(who_does_not_ask_for_it_gets_none),
        T_BOTH(so_many_servers_are_remembered),
        T_BOTH(it_fits_beside_the_other_options),
        T_BOTH(giving_up_leaves_nothing),
        T_BOTH(without_cookies_text_goes_at_once),
        T_BOTH(a_late_cookie_is_kept),
        T_BOTH(without_a_rest_a_failure_leaves_the_cookie),
        T_BOTH(the_experimental_form_is_tried_once),
        T_BOTH(a_chosen_segment_size_is_a_syns_too),
    };

    return cmocka_run_group_tests_name("fastopen_client", tests, NULL, NULL);
}
