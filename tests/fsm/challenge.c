/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/challenge.c - challenge ACKs have limits, and the limits tell a forger nothing
 * (RFC 5961 s7, CVE-2016-5696).
 */
#include "talk.h"

#define FORGED .seq = {7000} /* inside the window, and not exact */

/* How many of n forged SYNs are answered. */
static uint32_t answered(struct t_talk *t, uint32_t n)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < n; i++) {
        if (t_peer(t, SF_SYN, FORGED) == SF_DROP_SYN_IN_WINDOW) {
            t_expect(t, SF_ACK, .seq = {1000}, .ack = {5000});
            count++;
        } else {
            T_EQ(t->verdict, SF_DROP_LIMITED);
        }
        t_silence(t);
    }
    return count;
}

/* RFC 5961 s7: "no more than 10 in any 5 second window". */
static void a_connection_sends_so_many_in_five_seconds(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state)); /* at 1 s */
    T_EQ(answered(&t, 15), 10);
    T_EQ(t_peer(&t, SF_RST, FORGED), SF_DROP_LIMITED);
    T_EQ(sf_stack_counters(t.stack)->challenges, 10);
    T_EQ(sf_stack_counters(t.stack)->challenges_limited, 6);
    t_advance(&t, SF_NS(4 * SF_NS_PER_S - 1));
    T_EQ(answered(&t, 1), 0);
    t_advance(&t, SF_NS(1)); /* 5 s */
    T_EQ(answered(&t, 15), 10);
    /* What is exact needs no challenge. */
    T_EQ(t_peer(&t, SF_RST, .seq = {5000}), SF_DROP_RESET);
    t_end(&t);
}

/* The side channel: an attacker who uses up the challenges of his own connection learns nothing
 * of another one, which still answers, as often as ever. */
static void what_one_connection_uses_up_is_not_another_ones(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    T_EQ(answered(&t, 200), 10);
    t_another(&t, T_PEER_PORT + 1);
    t_open_passive(&t);
    T_EQ(answered(&t, 200), 10);
    t_end(&t);
}

/* Where many are attacked at once the stack has its limit; in each second another one, so that
 * counting what is left of it says nothing either: 4 is 2 to 6. */
static void the_limit_of_the_stack_cannot_be_foreseen(void **state)
{
    uint32_t seen[8] = {0};
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.challenge_acks = 4;
    t.config.challenge_acks_conn = UINT16_MAX;
    t_open_passive(&t);
    for (int second = 0; second < 100; second++) {
        uint32_t n = answered(&t, 8);

        T_TRUE(n >= 2 && n <= 6);
        seen[n]++;
        t_advance(&t, SF_S(1));
    }
    for (uint32_t n = 2; n <= 6; n++) {
        T_TRUE(seen[n] >= 5); /* of 20 on average: each occurs */
    }
    t_end(&t);
}

static void no_challenges_at_all_can_be_had(void **state)
{
    for (int which = 0; which < 2; which++) {
        struct t_talk t;

        t_begin(&t, t_family(state));
        if (which == 0) {
            t.config.challenge_acks = 0;
        } else {
            t.config.challenge_acks_conn = 0;
        }
        t_open_passive(&t);
        T_EQ(answered(&t, 3), 0);
        T_STATE(&t, SF_ESTABLISHED);
        t_end(&t);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(a_connection_sends_so_many_in_five_seconds),
        T_BOTH(what_one_connection_uses_up_is_not_another_ones),
        T_BOTH(the_limit_of_the_stack_cannot_be_foreseen),
        T_BOTH(no_challenges_at_all_can_be_had),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
