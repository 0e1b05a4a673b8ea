/* SPDX-License-Identifier: MIT
 *
 * tests/unit/watch/conv.c - what a captured segment is called, what it is not, and which
 * conversation it belongs to.
 *
 * Numbers count from the ISN of whose they are.  Each case has its near miss beside it.
 */
#include "t.h"

#include "base/time.h"
#include "synfin/state.h"
#include "watch/conv/table.h"
#include "watch/ladder.h"
#include "wire/seg.h"

#define J 4294967000u /* the client's ISN: its numbers wrap after 296 octets */
#define K 5000u

enum { C = SF_CLIENT, S = SF_SERVER };

/* One captured segment. */
struct line {
    int64_t seq, ack;
    uint32_t octets;
    uint32_t ms; /* since the one before */
    uint32_t bits;
    uint32_t j;         /* the client's ISN; 0: J */
    uint32_t sack_from; /* 0: no block */
    uint32_t tsval, tsecr;
    uint16_t wnd;   /* 0: 64240; 1: none */
    uint16_t ip_id; /* 0: another one each time */
    uint16_t port;  /* of the client; 0: 40000 */
    uint8_t from;
    uint8_t flags;
    uint8_t hop_limit; /* 0: 64 */
};

/* What was told of the conversations. */
struct heard {
    struct {
        struct sf_ladder_facts facts;
        uint8_t state[2], certainty[2];
        uint32_t segments, twice, unseen, incarnation;
        uint8_t reused;
        bool midstream, one_way;
        uint16_t client_port;
    } conv[8];
    size_t n;
    struct sf_row rows[64]; /* of all, in the order in which they are told */
    size_t n_rows;
};

static void hear(void *context, struct sf_conv *conv)
{
    struct heard *h = context;
    struct sf_ladder *l = sf_conv_ladder(conv, 0);

    assert_in_range(h->n, 0, T_COUNT(h->conv) - 1);
    for (unsigned side = 0; side < 2; side++) {
        h->conv[h->n].state[side] = conv->infer[side].state;
        h->conv[h->n].certainty[side] = conv->infer[side].certainty;
    }
    sf_conv_facts(conv, &h->conv[h->n].facts);
    h->conv[h->n].segments = conv->segments;
    h->conv[h->n].twice = conv->twice;
    h->conv[h->n].unseen = conv->unseen;
    h->conv[h->n].incarnation = conv->incarnation;
    h->conv[h->n].reused = conv->reused;
    h->conv[h->n].midstream = conv->midstream;
    h->conv[h->n].one_way = conv->one_way;
    h->conv[h->n].client_port = conv->end[SF_CLIENT].at.port;
    h->n++;
    for (size_t i = 0; i < l->n && h->n_rows < T_COUNT(h->rows); i++) {
        h->rows[h->n_rows++] = l->rows[i];
    }
}

static void put(struct sf_convs *convs, const struct line *line, uint32_t n, uint64_t at_ns)
{
    struct sf_endpoint end[2] = {
        {.addr = sf_addr_v4(10, 0, 0, 1), .port = line->port != 0 ? line->port : 40000},
        {.addr = sf_addr_v4(10, 0, 0, 2), .port = 80},
    };
    uint32_t isn[2] = {line->j != 0 ? line->j : J, K};
    struct sf_seen seen = {
        .at_ns = at_ns,
        .n = n,
        .from = end[line->from],
        .to = end[line->from ^ 1],
        .seq = {isn[line->from] + (uint32_t)line->seq},
        .text_octets = line->octets,
        .flags = line->flags,
        .wnd = line->wnd == 0   ? 64240
               : line->wnd == 1 ? 0
                                : line->wnd,
        .kind = SF_SEEN_SEGMENT,
        .ip_id = line->ip_id != 0 ? line->ip_id : (uint16_t)(n * 2 + 1),
        .hop_limit = line->hop_limit != 0 ? line->hop_limit : 64,
        .numbers = true,
        .whole = true,
        .tsval = line->tsval,
        .tsecr = line->tsecr,
    };

    seen.options = line->tsval != 0 ? SF_OPT_TS : 0;
    if ((line->flags & SF_ACK) != 0) {
        seen.ack.v = isn[line->from ^ 1] + (uint32_t)line->ack;
    }
    if ((line->flags & SF_SYN) != 0) {
        seen.options |= SF_OPT_MSS;
        seen.mss = 1460;
    }
    if (line->sack_from != 0) {
        seen.options |= SF_OPT_SACK;
        seen.n_sack = 1;
        seen.sack[0].left.v = isn[line->from ^ 1] + line->sack_from;
        seen.sack[0].right.v = seen.sack[0].left.v + 10;
    }
    sf_convs_take(convs, &seen);
}

static struct heard *listen_to(const struct line *lines, size_t n)
{
    static struct heard h;
    struct sf_convs_config config = {.tell = hear, .context = &h, .rows = SF_CONVS_ROWS_OF_ALL};
    struct sf_convs *convs = sf_convs_open(&config);
    uint64_t at_ns = SF_NS_PER_S;

    h = (struct heard){.n = 0};
    assert_non_null(convs);
    for (size_t i = 0; i < n; i++) {
        at_ns += lines[i].ms * SF_NS_PER_MS;
        put(convs, &lines[i], (uint32_t)i + 1, at_ns);
    }
    sf_convs_finish(convs);
    sf_convs_close(convs);
    return &h;
}

/* All lines are of one conversation, and each is what it says. */
static struct heard *check_bits(const struct line *lines, size_t n)
{
    struct heard *h = listen_to(lines, n);
    size_t row = 0;

    T_EQ(h->n, 1);
    for (size_t i = 0; i < n; i++) {
        if ((lines[i].bits & SF_STEP_TWICE) != 0) {
            continue; /* has no row */
        }
        while (row < h->n_rows && h->rows[row].kind != SF_ROW_SEGMENT) {
            row++;
        }
        assert_in_range(row, 0, h->n_rows - 1);
        T_EQ_ROW(i, h->rows[row].n, i + 1);
        T_EQ_ROW(i, h->rows[row].bits, lines[i].bits);
        row++;
    }
    return h;
}

/* From, flags, number, acknowledgement, octets, milliseconds later, bits; and what else. */
#define L(f, c, s, a, o, m, b)                                                       \
    {                                                                                \
        .from = (f), .flags = (c), .seq = (s), .ack = (a), .octets = (o), .ms = (m), \
        .bits = (b)                                                                  \
    }
#define LX(f, c, s, a, o, m, b, ...)                                                 \
    {                                                                                \
        .from = (f), .flags = (c), .seq = (s), .ack = (a), .octets = (o), .ms = (m), \
        .bits = (b), __VA_ARGS__                                                     \
    }

#define ACKS  SF_ACK
#define SA    (SF_SYN | SF_ACK)
#define FA    (SF_FIN | SF_ACK)
#define NEW   SF_STEP_NEW_DATA
#define ACKED SF_STEP_NEW_ACK
/* clang-format off */
#define OPEN \
    L(C, SF_SYN, 0, 0, 0, 0, 0), L(S, SA, 0, 1, 0, 20, ACKED), L(C, ACKS, 1, 1, 0, 1, ACKED)
/* clang-format on */

static void what_was_captured_before_is_a_retransmission(void **state)
{
    static const struct line lines[] = {
        OPEN,
        L(C, ACKS, 1, 1, 1000, 1, NEW),
        L(C, ACKS, 1, 1, 1000, 300, SF_STEP_RETRANSMISSION | SF_STEP_RTO),
        L(C, ACKS, 501, 1, 1000, 1, NEW | SF_STEP_RETRANSMISSION | SF_STEP_FAST),
        L(S, ACKS, 1, 1501, 0, 20, ACKED),
        L(C, ACKS, 501, 1, 500, 1, SF_STEP_RETRANSMISSION | SF_STEP_SPURIOUS),
        /* near miss: the next number is new */
        L(C, ACKS, 1501, 1, 500, 1, NEW),
    };

    (void)state;
    (void)check_bits(lines, T_COUNT(lines));
}

static void what_fills_a_hole_was_overtaken_if_it_is_the_older_packet(void **state)
{
    static const struct line older[] = {
        OPEN,
        LX(C, ACKS, 501, 1, 500, 1, NEW | SF_STEP_HOLE_BEFORE, .ip_id = 101),
        LX(C, ACKS, 1, 1, 500, 1, NEW | SF_STEP_OUT_OF_ORDER, .ip_id = 100),
    };
    static const struct line younger[] = {
        OPEN,
        LX(C, ACKS, 501, 1, 500, 1, NEW | SF_STEP_HOLE_BEFORE, .ip_id = 101),
        LX(C, ACKS, 1, 1, 500, 1,
           NEW | SF_STEP_RETRANSMISSION | SF_STEP_FILLS_HOLE | SF_STEP_FAST, .ip_id = 102),
    };
    /* Without identification (the same, 1, each time is none here): the round trip is 21 ms. */
    static const struct line by_time[] = {
        OPEN,
        LX(C, ACKS, 501, 1, 500, 1, NEW | SF_STEP_HOLE_BEFORE, .ip_id = 7, .tsval = 5),
        LX(C, ACKS, 1, 1, 500, 15, NEW | SF_STEP_OUT_OF_ORDER, .ip_id = 7, .tsval = 4),
    };

    (void)state;
    (void)check_bits(older, T_COUNT(older));
    (void)check_bits(younger, T_COUNT(younger));
    (void)check_bits(by_time, T_COUNT(by_time));
}

static void a_keepalive_is_one_before_the_next_number_and_its_answer_no_update(void **state)
{
    static const struct line lines[] = {
        OPEN,
        L(C, ACKS, 1, 1, 100, 1, NEW),
        L(S, ACKS, 1, 101, 0, 1, ACKED),
        L(C, ACKS, 100, 1, 0, 7200000, SF_STEP_KEEPALIVE),
        LX(S, ACKS, 1, 101, 0, 20, SF_STEP_KEEPALIVE_ACK, .wnd = 65000),
        L(C, ACKS, 100, 1, 1, 7200000, SF_STEP_KEEPALIVE), /* with an octet of garbage */
        L(S, ACKS, 1, 101, 0, 20, SF_STEP_KEEPALIVE_ACK),
        /* near miss: the same window moves on its own */
        LX(S, ACKS, 1, 101, 0, 20, SF_STEP_WINDOW_UPDATE, .wnd = 65100),
        /* near miss: two before the next number */
        L(C, ACKS, 99, 1, 0, 1, 0),
    };

    (void)state;
    (void)check_bits(lines, T_COUNT(lines));
}

static void a_zero_window_is_probed_and_opened(void **state)
{
    static const struct line lines[] = {
        OPEN,
        L(C, ACKS, 1, 1, 200, 1, NEW),
        LX(S, ACKS, 1, 201, 0, 1, ACKED | SF_STEP_ZERO_WINDOW, .wnd = 1),
        L(C, ACKS, 200, 1, 0, 300, SF_STEP_PROBE),
        LX(S, ACKS, 1, 201, 0, 1, SF_STEP_PROBE_ACK | SF_STEP_ZERO_WINDOW, .wnd = 1),
        LX(S, ACKS, 1, 201, 0, 500, SF_STEP_WINDOW_UPDATE, .wnd = 30000),
        /* near miss: with an open window it is a keepalive */
        L(C, ACKS, 200, 1, 0, 300, SF_STEP_KEEPALIVE),
    };

    (void)state;
    (void)check_bits(lines, T_COUNT(lines));
}

static void text_that_ends_at_the_windows_edge_fills_it(void **state)
{
    static const struct line lines[] = {
        OPEN, LX(S, ACKS, 1, 1, 0, 1, 0, .wnd = 64240),
        L(C, ACKS, 1, 1, 64239, 1, NEW | SF_STEP_SUPER),
        L(C, ACKS, 64240, 1, 1, 1, NEW | SF_STEP_WINDOW_FULL), /* 1 + 64240 = 64241 */
    };

    (void)state;
    (void)check_bits(lines, T_COUNT(lines));
}

static void more_than_the_mss_is_a_super_segment(void **state)
{
    static const struct line lines[] = {
        OPEN,
        L(C, ACKS, 1, 1, 1460, 1, NEW),
        L(C, ACKS, 1461, 1, 1461, 1, NEW | SF_STEP_SUPER),
    };

    (void)state;
    (void)check_bits(lines, T_COUNT(lines));
}

static void an_acknowledgement_of_the_unseen_blames_the_capture(void **state)
{
    static const struct line lines[] = {
        OPEN,
        L(C, ACKS, 1, 1, 100, 1, NEW),
        L(S, ACKS, 1, 102, 0, 1, ACKED | SF_STEP_ACK_OF_UNSEEN),
    };
    static const struct line seen[] = {
        OPEN,
        L(C, ACKS, 1, 1, 100, 1, NEW),
        L(S, ACKS, 1, 101, 0, 1, ACKED),
    };

    (void)state;
    T_EQ(check_bits(lines, T_COUNT(lines))->conv[0].unseen, 1);
    T_EQ(check_bits(seen, T_COUNT(seen))->conv[0].unseen, 0);
}

/* That one number may have been a FIN, so neither state is certain; text behind it shows that
 * it was none. */
static void a_missing_number_costs_the_certainty_of_both_ends(void **state)
{
    static const struct line lines[] = {
        OPEN,
        L(S, ACKS, 1, 1, 10, 1, NEW),
        L(C, ACKS, 1, 11, 100, 1, NEW | ACKED),
        L(S, ACKS, 11, 102, 0, 1, ACKED | SF_STEP_ACK_OF_UNSEEN),
        L(C, ACKS, 102, 11, 100, 1, NEW | SF_STEP_HOLE_BEFORE),
        L(S, ACKS, 11, 202, 0, 1, ACKED),
    };
    struct heard *h = check_bits(lines, 6);

    (void)state;
    T_EQ(h->conv[0].certainty[S], SF_POSSIBLE);
    T_EQ(h->conv[0].certainty[C], SF_POSSIBLE);
    h = check_bits(lines, T_COUNT(lines));
    T_EQ(h->conv[0].certainty[S], SF_SEEN);
    T_EQ(h->conv[0].certainty[C], SF_SEEN);
}

static void duplicates_are_the_same_acknowledgement_while_text_is_outstanding(void **state)
{
    static const struct line lines[] = {
        OPEN,
        L(S, ACKS, 1, 1, 0, 1, 0),
        L(C, ACKS, 1, 1, 100, 1, NEW),
        L(C, ACKS, 101, 1, 100, 1, NEW),
        L(S, ACKS, 1, 1, 0, 1, SF_STEP_DUP_ACK),
        L(S, ACKS, 1, 1, 50, 1, NEW), /* near miss: it has text */
        L(S, ACKS, 51, 201, 0, 1, ACKED),
        L(S, ACKS, 51, 201, 0, 1, 0), /* near miss: nothing is outstanding */
        LX(S, ACKS, 51, 201, 0, 1, SF_STEP_DSACK, .sack_from = 101),
    };

    (void)state;
    (void)check_bits(lines, T_COUNT(lines));
}

static void one_packet_captured_twice_counts_once(void **state)
{
    static const struct line lines[] = {
        LX(C, SF_SYN, 0, 0, 0, 0, 0, .ip_id = 9),
        LX(C, SF_SYN, 0, 0, 0, 0, SF_STEP_TWICE, .ip_id = 9),
        LX(S, SA, 0, 1, 0, 20, ACKED, .ip_id = 5),
        LX(C, ACKS, 1, 1, 0, 1, ACKED, .ip_id = 10),
        LX(C, ACKS, 1, 1, 100, 1, NEW, .ip_id = 11),
        LX(C, ACKS, 1, 1, 100, 0, SF_STEP_TWICE, .ip_id = 11, .hop_limit = 63),
        /* near miss: the same octets in another packet */
        LX(C, ACKS, 1, 1, 100, 250, SF_STEP_RETRANSMISSION | SF_STEP_RTO, .ip_id = 12),
    };
    struct heard *h = check_bits(lines, T_COUNT(lines));

    (void)state;
    T_EQ(h->conv[0].segments, 5);
    T_EQ(h->conv[0].twice, 2);
}

static void a_syn_and_a_fin_that_come_again_are_told_from_new_ones(void **state)
{
    static const struct line lines[] = {
        L(C, SF_SYN, 0, 0, 0, 0, 0),
        L(C, SF_SYN, 0, 0, 0, 1000, SF_STEP_RETRANSMISSION | SF_STEP_RTO | SF_STEP_SYN_AGAIN),
        L(S, SA, 0, 1, 0, 20, ACKED),
        L(S, SA, 0, 1, 0, 1000, SF_STEP_RETRANSMISSION | SF_STEP_RTO | SF_STEP_SYNACK_AGAIN),
        L(C, ACKS, 1, 1, 0, 1, ACKED),
        L(C, FA, 1, 1, 0, 1, 0),
        L(C, FA, 1, 1, 0, 300, SF_STEP_RETRANSMISSION | SF_STEP_RTO | SF_STEP_FIN_AGAIN),
    };

    (void)state;
    (void)check_bits(lines, T_COUNT(lines));
}

/* RFC 5961 s3.2: only the expected number resets; another one may be anybody's. */
static void a_rst_counts_at_the_expected_number_only(void **state)
{
    static const struct {
        int64_t seq;
        uint32_t bits;
        uint8_t hop_limit;
        uint8_t mine, theirs; /* states after it: who sent it, who got it */
        uint8_t closed;
    } rows[] = {
        {101, SF_STEP_RST_EXACT, 0, SF_CLOSED, SF_CLOSED, SF_CLOSED_RESET},
        {102, 0, 0, SF_CLOSED, SF_ESTABLISHED, SF_CLOSED_NONE},
        {1, SF_STEP_OUT_OF_WINDOW, 0, SF_CLOSED, SF_ESTABLISHED, SF_CLOSED_NONE},
        {101, SF_STEP_RST_EXACT | SF_STEP_RST_STRANGE, 50, SF_CLOSED, SF_CLOSED,
         SF_CLOSED_RESET},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        const struct line lines[] = {
            OPEN,
            L(C, ACKS, 1, 1, 100, 1, NEW),
            L(S, ACKS, 1, 101, 0, 1, ACKED),
            LX(C, SF_RST, rows[i].seq, 0, 0, 1, rows[i].bits, .hop_limit = rows[i].hop_limit),
        };
        struct heard *h = check_bits(lines, T_COUNT(lines));

        T_EQ_ROW(i, h->conv[0].state[C], rows[i].mine);
        T_EQ_ROW(i, h->conv[0].certainty[C], i == 0 ? SF_SEEN : SF_POSSIBLE);
        T_EQ_ROW(i, h->conv[0].state[S], rows[i].theirs);
        T_EQ_ROW(i, h->conv[0].facts.closed, rows[i].closed);
    }
}

static void who_sends_on_after_a_rst_did_not_take_it(void **state)
{
    static const struct line lines[] = {
        OPEN,
        L(C, SF_RST, 1, 0, 0, 1, SF_STEP_RST_EXACT),
        L(S, ACKS, 1, 1, 10, 5, NEW | SF_STEP_AFTER_END), /* was on its way */
        L(S, ACKS, 11, 1, 10, 2000, NEW | SF_STEP_AFTER_END),
    };

    (void)state;
    T_EQ(check_bits(lines, 5)->conv[0].state[S], SF_CLOSED);
    T_EQ(check_bits(lines, 6)->conv[0].state[S], SF_ESTABLISHED);
}

static void another_syn_begins_another_conversation_once_the_first_is_over(void **state)
{
    static const struct line lines[] = {
        OPEN,
        L(C, FA, 1, 1, 0, 1, 0),
        L(S, FA, 1, 2, 0, 1, 0),
        L(C, ACKS, 2, 2, 0, 1, 0),
        LX(C, SF_SYN, 0, 0, 0, 1000, 0, .j = 100000),
        LX(S, SA, 0, 1, 0, 20, 0, .j = 100000),
    };
    struct heard *h = listen_to(lines, T_COUNT(lines));

    (void)state;
    T_EQ(h->n, 2);
    T_EQ(h->conv[0].segments, 6);
    T_EQ(h->conv[0].facts.closed, SF_CLOSED_THREE);
    T_EQ(h->conv[1].segments, 2);
    T_EQ(h->conv[1].incarnation, 1);
    T_EQ(h->conv[1].reused, SF_CLOSED); /* the server's: the client has the TIME_WAIT */
}

/* RFC 9293 s3.5.1, Figure 9: who forgot sends a SYN into the old connection; it is another
 * one only when a SYN,ACK answers it. */
static void a_syn_into_a_living_conversation_waits_for_its_answer(void **state)
{
    static const struct line lines[] = {
        OPEN,
        L(C, ACKS, 1, 1, 100, 1, 0),
        L(S, ACKS, 1, 101, 0, 1, 0),
        LX(C, SF_SYN, 0, 0, 0, 1000, 0, .j = 100000),
        L(S, ACKS, 1, 101, 0, 1, 0),
        L(C, SF_RST, 101, 0, 0, 1, 0),
    };
    static const struct line answered[] = {
        OPEN,
        LX(C, SF_SYN, 0, 0, 0, 1000, 0, .j = 100000),
        LX(S, SA, 0, 1, 0, 1, 0, .j = 100000),
    };
    struct heard *h = listen_to(lines, 6);

    (void)state;
    T_EQ(h->n, 1);
    T_EQ(h->conv[0].state[C], SF_SYN_SENT);
    T_EQ(h->conv[0].certainty[C], SF_POSSIBLE); /* it may be anybody's */
    T_EQ(h->conv[0].state[S], SF_ESTABLISHED);
    h = listen_to(lines, T_COUNT(lines));
    T_EQ(h->conv[0].state[C], SF_SYN_SENT);
    T_EQ(h->conv[0].certainty[C], SF_SEEN); /* but the RST is its own */
    T_EQ(h->conv[0].state[S], SF_CLOSED);
    h = listen_to(answered, T_COUNT(answered));
    T_EQ(h->n, 2);
    T_EQ(h->conv[1].segments, 2);
}

static void without_a_syn_the_higher_port_is_the_client(void **state)
{
    static const struct line lines[] = {
        L(S, ACKS, 1, 1, 100, 1, 0),
        L(C, ACKS, 1, 101, 0, 1, 0),
    };
    static const struct line syn_ack[] = {LX(S, SA, 0, 1, 0, 1, 0, .port = 70)};
    struct heard *h = listen_to(lines, T_COUNT(lines));

    (void)state;
    T_EQ(h->conv[0].midstream, true);
    T_EQ(h->conv[0].client_port, 40000);
    T_EQ(h->conv[0].certainty[C], SF_INFERRED);
    T_EQ(h->conv[0].facts.opened, SF_OPENED_MIDSTREAM);
    /* near miss: a SYN,ACK tells, whatever the ports */
    h = listen_to(syn_ack, 1);
    T_EQ(h->conv[0].midstream, false);
    T_EQ(h->conv[0].client_port, 70);
    T_EQ(h->conv[0].state[C], SF_ESTABLISHED);
}

static void one_direction_alone_never_shows_what_was_acknowledged(void **state)
{
    static const struct line lines[] = {
        L(C, SF_SYN, 0, 0, 0, 0, 0), L(C, ACKS, 1, 1, 0, 20, 0),
        L(C, ACKS, 1, 101, 0, 20, 0), /* the hundredth of these may be a FIN */
    };
    struct heard *h = listen_to(lines, 2);

    (void)state;
    T_EQ(h->conv[0].one_way, true);
    T_EQ(h->conv[0].state[C], SF_ESTABLISHED);
    T_EQ(h->conv[0].certainty[C], SF_SEEN);
    T_EQ(h->conv[0].facts.opened, SF_OPENED_THREE_WAY);
    T_EQ(listen_to(lines, 3)->conv[0].certainty[C], SF_POSSIBLE);
}

static void beyond_the_limit_the_most_silent_one_is_told(void **state)
{
    struct heard h = {.n = 0};
    struct sf_convs_config config = {
        .tell = hear, .context = &h, .rows = SF_CONVS_ROWS_OF_ALL, .max = 2};
    struct sf_convs *convs = sf_convs_open(&config);
    const struct line syns[] = {
        LX(C, SF_SYN, 0, 0, 0, 0, 0, .port = 1001),
        LX(C, SF_SYN, 0, 0, 0, 0, 0, .port = 1002),
        LX(C, SF_SYN, 0, 0, 0, 0, 0, .port = 1001),
        LX(C, SF_SYN, 0, 0, 0, 0, 0, .port = 1003),
    };

    (void)state;
    for (uint32_t i = 0; i < T_COUNT(syns); i++) {
        put(convs, &syns[i], i + 1, (i + 1) * SF_NS_PER_S);
    }
    T_EQ(sf_convs_counts(convs)->early, 1);
    sf_convs_finish(convs);
    sf_convs_close(convs);
    T_EQ(h.n, 3);
    T_EQ(h.conv[0].client_port, 1001); /* told in the order in which they began */
    T_EQ(h.conv[0].segments, 2);
    T_EQ(h.conv[1].client_port, 1002);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_captured_before_is_a_retransmission),
        cmocka_unit_test(what_fills_a_hole_was_overtaken_if_it_is_the_older_packet),
        cmocka_unit_test(a_keepalive_is_one_before_the_next_number_and_its_answer_no_update),
        cmocka_unit_test(a_zero_window_is_probed_and_opened),
        cmocka_unit_test(text_that_ends_at_the_windows_edge_fills_it),
        cmocka_unit_test(more_than_the_mss_is_a_super_segment),
        cmocka_unit_test(an_acknowledgement_of_the_unseen_blames_the_capture),
        cmocka_unit_test(a_missing_number_costs_the_certainty_of_both_ends),
        cmocka_unit_test(duplicates_are_the_same_acknowledgement_while_text_is_outstanding),
        cmocka_unit_test(one_packet_captured_twice_counts_once),
        cmocka_unit_test(a_syn_and_a_fin_that_come_again_are_told_from_new_ones),
        cmocka_unit_test(a_rst_counts_at_the_expected_number_only),
        cmocka_unit_test(who_sends_on_after_a_rst_did_not_take_it),
        cmocka_unit_test(another_syn_begins_another_conversation_once_the_first_is_over),
        cmocka_unit_test(a_syn_into_a_living_conversation_waits_for_its_answer),
        cmocka_unit_test(without_a_syn_the_higher_port_is_the_client),
        cmocka_unit_test(one_direction_alone_never_shows_what_was_acknowledged),
        cmocka_unit_test(beyond_the_limit_the_most_silent_one_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
