/* SPDX-License-Identifier: MIT
 *
 * tests/unit/watch/infer.c - the state of an end that tells nothing.
 *
 * Numbers count from the ISN of whose they are, so a SYN is 0, and a FIN without text is 1.
 */
#include "t.h"

#include "watch/infer.h"
#include "wire/seg.h"

static const uint8_t syn = SF_SYN;
static const uint8_t syn_ack = SF_SYN | SF_ACK;
static const uint8_t ack = SF_ACK;
static const uint8_t fin = SF_FIN | SF_ACK;
static const uint8_t rst = SF_RST;
static const uint8_t rst_ack = SF_RST | SF_ACK;

/* One segment, by the end itself or to it, and what is then known. */
struct step {
    bool sent; /* by the end; else it was sent to it */
    uint8_t flags;
    int64_t seq, ack;
    uint32_t octets;
    bool again;
    uint8_t at_once, certain; /* right after it */
    uint8_t state, certainty; /* with all it was told */
    enum sf_infer_result result;
};

#define SENT  true
#define GIVEN false

static void walk(bool listens, const struct step *steps, size_t n)
{
    struct sf_infer x;

    sf_infer_init(&x, listens);
    for (size_t i = 0; i < n; i++) {
        struct sf_row_seg seg = {.seq = steps[i].seq,
                                 .ack = steps[i].ack,
                                 .octets = steps[i].octets,
                                 .wnd = 64240,
                                 .flags = steps[i].flags};
        enum sf_infer_result result =
            steps[i].sent ? sf_infer_sent(&x, &seg) : sf_infer_given(&x, &seg, steps[i].again);

        T_EQ_ROW(i, x.at_once, steps[i].at_once);
        T_EQ_ROW(i, x.certain, steps[i].certain);
        T_EQ_ROW(i, x.state, steps[i].state);
        T_EQ_ROW(i, x.certainty, steps[i].certainty);
        T_EQ_ROW(i, result, steps[i].result);
    }
}

#define S SF_SEEN
#define I SF_INFERRED
#define P SF_POSSIBLE

/* What is known at once is mostly what is known with all that was told. */
#define KNOWN(state, certainty) (state), (certainty), (state), (certainty)

static void a_server_is_inferred_until_its_own_segments_prove_it(void **state)
{
    static const struct step steps[] = {
        {GIVEN, syn, 0, 0, 0, false, KNOWN(SF_SYN_RECEIVED, I), SF_INFER_AGREES},
        {SENT, syn_ack, 0, 1, 0, false, KNOWN(SF_SYN_RECEIVED, S), SF_INFER_AGREES},
        {GIVEN, ack, 1, 1, 0, false, KNOWN(SF_ESTABLISHED, I), SF_INFER_AGREES},
        {GIVEN, ack, 1, 1, 78, false, KNOWN(SF_ESTABLISHED, I), SF_INFER_AGREES},
        {SENT, ack, 1, 79, 0, false, KNOWN(SF_ESTABLISHED, S), SF_INFER_AGREES},
        /* the client closes; the server's ACK proves CLOSE_WAIT, its FIN LAST_ACK */
        {GIVEN, fin, 79, 1, 0, false, KNOWN(SF_CLOSE_WAIT, I), SF_INFER_AGREES},
        {SENT, ack, 1, 80, 0, false, KNOWN(SF_CLOSE_WAIT, S), SF_INFER_AGREES},
        {SENT, ack, 1, 80, 500, false, KNOWN(SF_CLOSE_WAIT, S), SF_INFER_AGREES},
        {SENT, fin, 501, 80, 0, false, KNOWN(SF_LAST_ACK, S), SF_INFER_AGREES},
        {GIVEN, ack, 80, 501, 0, false, KNOWN(SF_LAST_ACK, S),
         SF_INFER_AGREES}, /* not the FIN */
        {GIVEN, ack, 80, 502, 0, false, KNOWN(SF_CLOSED, I), SF_INFER_AGREES},
    };

    (void)state;
    walk(true, steps, T_COUNT(steps));
}

static void a_client_that_closes_first_is_seen_in_time_wait_by_its_last_ack(void **state)
{
    static const struct step steps[] = {
        {SENT, syn, 0, 0, 0, false, KNOWN(SF_SYN_SENT, S), SF_INFER_AGREES},
        {GIVEN, syn_ack, 0, 1, 0, false, KNOWN(SF_ESTABLISHED, I), SF_INFER_AGREES},
        {SENT, ack, 1, 1, 0, false, KNOWN(SF_ESTABLISHED, S), SF_INFER_AGREES},
        {SENT, fin, 1, 1, 0, false, KNOWN(SF_FIN_WAIT_1, S), SF_INFER_AGREES},
        {GIVEN, ack, 1, 2, 0, false, KNOWN(SF_FIN_WAIT_2, I), SF_INFER_AGREES},
        /* its FIN is acknowledged by this FIN, too, so taking the FIN proves both */
        {GIVEN, fin, 1, 2, 0, false, KNOWN(SF_TIME_WAIT, I), SF_INFER_AGREES},
        {SENT, ack, 2, 2, 0, false, KNOWN(SF_TIME_WAIT, S), SF_INFER_AGREES},
        /* RFC 1337: a RST does nothing to TIME_WAIT, but there are systems where it does */
        {GIVEN, rst, 2, 0, 0, false, KNOWN(SF_TIME_WAIT, P), SF_INFER_AGREES},
    };

    (void)state;
    walk(false, steps, T_COUNT(steps));
}

static void acknowledging_text_of_a_half_close_proves_fin_wait_2(void **state)
{
    static const struct step steps[] = {
        {SENT, syn, 0, 0, 0, false, KNOWN(SF_SYN_SENT, S), SF_INFER_AGREES},
        {GIVEN, syn_ack, 0, 1, 0, false, KNOWN(SF_ESTABLISHED, I), SF_INFER_AGREES},
        {SENT, fin, 1, 1, 0, false, KNOWN(SF_FIN_WAIT_1, S), SF_INFER_AGREES},
        {GIVEN, ack, 1, 1, 100, false, KNOWN(SF_FIN_WAIT_1, S), SF_INFER_AGREES},
        {GIVEN, ack, 101, 2, 100, false, KNOWN(SF_FIN_WAIT_2, I), SF_INFER_AGREES},
        /* 101: the text before the acknowledgement of the FIN; 102: an octet of that after */
        {SENT, ack, 2, 101, 0, false, KNOWN(SF_FIN_WAIT_2, I), SF_INFER_AGREES},
        {SENT, ack, 2, 102, 0, false, KNOWN(SF_FIN_WAIT_2, S), SF_INFER_AGREES},
    };

    (void)state;
    walk(false, steps, T_COUNT(steps));
}

/* RFC 9293 s3.5, Figure 7, seen from peer A. */
static void crossing_syns_go_through_syn_received(void **state)
{
    static const struct step steps[] = {
        {GIVEN, syn, 0, 0, 0, false, KNOWN(SF_SYN_RECEIVED, I), SF_INFER_AGREES},
        {SENT, syn, 0, 0, 0, false, KNOWN(SF_SYN_SENT, S), SF_INFER_EARLY},
        {GIVEN, syn_ack, 0, 1, 0, false, KNOWN(SF_ESTABLISHED, I), SF_INFER_AGREES},
        {SENT, syn_ack, 0, 1, 0, false, KNOWN(SF_SYN_RECEIVED, S), SF_INFER_EARLY},
        {GIVEN, ack, 1, 1, 0, false, KNOWN(SF_ESTABLISHED, I), SF_INFER_AGREES},
        {SENT, ack, 1, 1, 0, false, KNOWN(SF_ESTABLISHED, S), SF_INFER_AGREES},
    };

    (void)state;
    walk(true, steps, T_COUNT(steps));
}

/* RFC 9293 s3.6, Figure 13. */
static void crossing_fins_go_through_closing(void **state)
{
    static const struct step steps[] = {
        {GIVEN, syn, 0, 0, 0, false, KNOWN(SF_SYN_RECEIVED, I), SF_INFER_AGREES},
        {SENT, syn_ack, 0, 1, 0, false, KNOWN(SF_SYN_RECEIVED, S), SF_INFER_AGREES},
        {GIVEN, ack, 1, 1, 0, false, KNOWN(SF_ESTABLISHED, I), SF_INFER_AGREES},
        {GIVEN, fin, 1, 1, 0, false, KNOWN(SF_CLOSE_WAIT, I), SF_INFER_AGREES},
        {SENT, fin, 1, 1, 0, false, KNOWN(SF_FIN_WAIT_1, S), SF_INFER_EARLY},
        {GIVEN, ack, 2, 2, 0, false, KNOWN(SF_FIN_WAIT_2, I), SF_INFER_AGREES},
        /* its ACK left as the FIN came, before that ACK: CLOSING; TIME_WAIT once it is there */
        {SENT, ack, 2, 2, 0, false, SF_CLOSING, I, SF_TIME_WAIT, I, SF_INFER_EARLY},
    };

    (void)state;
    walk(true, steps, T_COUNT(steps));
}

static void text_that_crosses_a_fin_shows_that_it_had_not_come(void **state)
{
    static const struct step steps[] = {
        {GIVEN, syn, 0, 0, 0, false, KNOWN(SF_SYN_RECEIVED, I), SF_INFER_AGREES},
        {SENT, syn_ack, 0, 1, 0, false, KNOWN(SF_SYN_RECEIVED, S), SF_INFER_AGREES},
        {GIVEN, ack, 1, 1, 0, false, KNOWN(SF_ESTABLISHED, I), SF_INFER_AGREES},
        {GIVEN, fin, 1, 1, 0, false, KNOWN(SF_CLOSE_WAIT, I), SF_INFER_AGREES},
        {SENT, ack, 1, 1, 100, false, KNOWN(SF_ESTABLISHED, S), SF_INFER_EARLY},
        {SENT, ack, 101, 2, 0, false, KNOWN(SF_CLOSE_WAIT, S), SF_INFER_AGREES},
    };

    (void)state;
    walk(true, steps, T_COUNT(steps));
}

static void a_fin_sent_again_by_either_end_takes_inferences_back(void **state)
{
    static const struct step steps[] = {
        {GIVEN, syn, 0, 0, 0, false, KNOWN(SF_SYN_RECEIVED, I), SF_INFER_AGREES},
        {SENT, syn_ack, 0, 1, 0, false, KNOWN(SF_SYN_RECEIVED, S), SF_INFER_AGREES},
        {GIVEN, ack, 1, 1, 0, false, KNOWN(SF_ESTABLISHED, I), SF_INFER_AGREES},
        {GIVEN, fin, 1, 1, 0, false, KNOWN(SF_CLOSE_WAIT, I), SF_INFER_AGREES},
        /* perhaps the first copy died */
        {GIVEN, fin, 1, 1, 0, true, KNOWN(SF_CLOSE_WAIT, I), SF_INFER_DOUBTFUL},
        /* nor does this tell whether an earlier FIN of its own did: that would be CLOSING */
        {SENT, fin, 1, 2, 0, false, KNOWN(SF_LAST_ACK, I), SF_INFER_AGREES},
        {GIVEN, ack, 2, 2, 0, false, KNOWN(SF_CLOSED, I), SF_INFER_AGREES},
        /* so that acknowledgement did not come in time */
        {SENT, fin, 1, 2, 0, true, KNOWN(SF_LAST_ACK, I), SF_INFER_EARLY},
        {GIVEN, ack, 2, 2, 0, true, KNOWN(SF_CLOSED, I), SF_INFER_AGREES},
    };

    (void)state;
    walk(true, steps, T_COUNT(steps));
}

static void a_rst_instead_of_an_answer_says_that_nobody_listened(void **state)
{
    static const struct step steps[] = {
        {GIVEN, syn, 0, 0, 0, false, KNOWN(SF_SYN_RECEIVED, I), SF_INFER_AGREES},
        {SENT, rst_ack, 0, 1, 0, false, KNOWN(SF_CLOSED, S), SF_INFER_REFUSED},
    };

    (void)state;
    walk(true, steps, T_COUNT(steps));
}

/* RFC 9293 s3.5, Figure 8: an old SYN is answered, and the answer reset. */
static void a_bare_rst_leaves_its_sender_in_syn_sent(void **state)
{
    static const struct step steps[] = {
        {SENT, syn, 0, 0, 0, false, KNOWN(SF_SYN_SENT, S), SF_INFER_AGREES},
        {GIVEN, syn_ack, 0, -9, 0, false, KNOWN(SF_SYN_RECEIVED, I), SF_INFER_AGREES},
        {SENT, rst, -9, 0, 0, false, KNOWN(SF_SYN_SENT, S), SF_INFER_EARLY},
    };

    (void)state;
    walk(false, steps, T_COUNT(steps));
}

/* RFC 5961 s3.2: only a RST at RCV.NXT resets. */
static void a_rst_is_taken_at_the_next_number_only(void **state)
{
    static const struct {
        int64_t seq;
        uint8_t state, certainty;
    } rows[] = {
        {78, SF_ESTABLISHED, S},
        {79, SF_CLOSED, I},
        {80, SF_ESTABLISHED, S},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        const struct step steps[] = {
            {GIVEN, syn, 0, 0, 0, false, KNOWN(SF_SYN_RECEIVED, I), SF_INFER_AGREES},
            {SENT, syn_ack, 0, 1, 0, false, KNOWN(SF_SYN_RECEIVED, S), SF_INFER_AGREES},
            {GIVEN, ack, 1, 1, 78, false, KNOWN(SF_ESTABLISHED, I), SF_INFER_AGREES},
            {SENT, ack, 1, 79, 0, false, KNOWN(SF_ESTABLISHED, S), SF_INFER_AGREES},
            {GIVEN, rst, rows[i].seq, 0, 0, false, KNOWN(rows[i].state, rows[i].certainty),
             SF_INFER_AGREES},
        };

        walk(true, steps, T_COUNT(steps));
    }
}

/* What was sent to it may not have arrived, so the number may be either end of that. */
static void a_rst_behind_text_on_its_way_is_taken_at_both_its_ends(void **state)
{
    static const struct {
        int64_t seq;
        uint8_t state, certainty;
    } rows[] = {
        {0, SF_ESTABLISHED, I}, {1, SF_CLOSED, I},       {2, SF_ESTABLISHED, I},
        {79, SF_CLOSED, I},     {80, SF_ESTABLISHED, I},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        const struct step steps[] = {
            {GIVEN, syn, 0, 0, 0, false, KNOWN(SF_SYN_RECEIVED, I), SF_INFER_AGREES},
            {SENT, syn_ack, 0, 1, 0, false, KNOWN(SF_SYN_RECEIVED, S), SF_INFER_AGREES},
            {GIVEN, ack, 1, 1, 78, false, KNOWN(SF_ESTABLISHED, I), SF_INFER_AGREES},
            {GIVEN, rst, rows[i].seq, 0, 0, false, KNOWN(rows[i].state, rows[i].certainty),
             SF_INFER_AGREES},
        };

        walk(true, steps, T_COUNT(steps));
    }
}

static void without_its_syn_an_open_end_is_never_called_seen(void **state)
{
    static const struct step steps[] = {
        {GIVEN, ack, 0, 0, 10, false, KNOWN(SF_ESTABLISHED, I), SF_INFER_AGREES},
        {SENT, ack, 0, 10, 0, false, KNOWN(SF_ESTABLISHED, I), SF_INFER_AGREES},
        {SENT, fin, 0, 10, 0, false, KNOWN(SF_FIN_WAIT_1, I), SF_INFER_AGREES},
    };

    (void)state;
    walk(true, steps, T_COUNT(steps));
    walk(false, steps, T_COUNT(steps));
    walk(true, steps + 1, T_COUNT(steps) - 1); /* its own segment first */
    walk(false, steps + 1, T_COUNT(steps) - 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_is_inferred_until_its_own_segments_prove_it),
        cmocka_unit_test(a_client_that_closes_first_is_seen_in_time_wait_by_its_last_ack),
        cmocka_unit_test(acknowledging_text_of_a_half_close_proves_fin_wait_2),
        cmocka_unit_test(crossing_syns_go_through_syn_received),
        cmocka_unit_test(crossing_fins_go_through_closing),
        cmocka_unit_test(text_that_crosses_a_fin_shows_that_it_had_not_come),
        cmocka_unit_test(a_fin_sent_again_by_either_end_takes_inferences_back),
        cmocka_unit_test(a_rst_instead_of_an_answer_says_that_nobody_listened),
        cmocka_unit_test(a_bare_rst_leaves_its_sender_in_syn_sent),
        cmocka_unit_test(a_rst_is_taken_at_the_next_number_only),
        cmocka_unit_test(a_rst_behind_text_on_its_way_is_taken_at_both_its_ends),
        cmocka_unit_test(without_its_syn_an_open_end_is_never_called_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
