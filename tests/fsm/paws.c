/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/paws.c - timestamps that protect, where they are missing or have aged (RFC 7323
 * s3.2, s5).
 */
#include "talk.h"

static void with_timestamps(struct t_talk *t, enum sf_family family)
{
    t_begin(t, family);
    t->config.timestamps = 1;
    t->options |= SF_OPT_TS;
    t_open_passive(t);
}

/* RFC 7323 s4.3: a SYN again is answered with its own timestamp, or the round trip that the
 * peer measures begins with the SYN that was lost. */
static void a_syn_again_moves_ts_recent(void **state)
{
    struct t_talk t;
    uint32_t first = 0;

    t_begin(&t, t_family(state));
    t.config.timestamps = 1;
    t.options |= SF_OPT_TS;
    t_listen(&t);
    t_peer(&t, SF_SYN, .seq = {4999});
    first = t_next(&t).seg.tsecr;
    t_advance(&t, SF_MS(500));
    t_peer(&t, SF_SYN, .seq = {4999}, .ts_ahead = 77);
    T_EQ(t_next(&t).seg.tsecr - first, 577);
    t_end(&t);
}

/* s5.5: after 24 days any timestamp will do, and is what later ones are held against. */
static void an_aged_timestamp_is_replaced(void **state)
{
    struct t_talk t;
    struct t_out out;

    with_timestamps(&t, t_family(state));
    t_advance(&t, SF_S(UINT64_C(25) * 24 * 3600));
    t_forget(&t);
    T_EQ(t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 5), SF_PASS);
    t_recv(&t, 5);
    (void)t_wait(&t);
    out = t_next(&t);
    T_EQ(out.seg.tsecr, t.ts_base + (t.now.ns - SF_MS(40).ns) / SF_NS_PER_MS);
    T_EQ(t_peer(&t, SF_ACK, .seq = {5005}, .ack = {1000}, .text = 5, .ts_ahead = -1000),
         SF_DROP_PAWS);
    t_end(&t);
}

/* A SYN begins a connection of its own: whether that has timestamps says nothing of this one.
 * It is challenged (RFC 5961 s4.2), so that a peer that has lost its memory gets on. */
static void a_syn_without_timestamps_is_challenged(void **state)
{
    struct t_talk t;

    with_timestamps(&t, t_family(state));
    T_EQ(t_peer(&t, SF_SYN, .seq = {70000}, .options = SF_OPT_MSS, .mss = 1460, .no_ts = true),
         SF_DROP_SYN_IN_WINDOW);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000});
    t_silence(&t);
    t_end(&t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(a_syn_again_moves_ts_recent),
        T_BOTH(an_aged_timestamp_is_replaced),
        T_BOTH(a_syn_without_timestamps_is_challenged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
