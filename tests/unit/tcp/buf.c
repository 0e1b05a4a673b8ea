/* SPDX-License-Identifier: MIT
 *
 * tests/unit/tcp/buf.c - chunks and the queues made of them.
 */
#include "room.h"

#include "base/rng.h"
#include "tcp/buf.h"
#include "tcp/reasm.h"

#define CHUNK 256

static int up(void **state)
{
    static struct t_room room;

    t_room_config(&room); /* 64 chunks of 256, 8 of them the reserve */
    t_room_open(&room, T_AT(0));
    *state = &room;
    return 0;
}

static int down(void **state)
{
    t_room_close(*state);
    return 0;
}

/* The octet of a stream at a place. */
static uint8_t octet_at(uint32_t place)
{
    return (uint8_t)(place * 7 + (place >> 8) * 13);
}

static uint32_t append(struct t_room *r, struct sf_bufq *q, uint32_t from, uint32_t octets)
{
    static uint8_t text[32768];

    for (uint32_t i = 0; i < octets; i++) {
        text[i] = octet_at(from + i);
    }
    return sf_bufq_append(&r->tcp, q, SF_CHUNK_SEND, text, octets);
}

/* The queue's octets are those of the stream from there on. */
static void expect(struct t_room *r, const struct sf_bufq *q, uint32_t from, uint32_t octets)
{
    static uint8_t got[32768];

    T_EQ(q->octets, octets);
    T_EQ(sf_bufq_copy(&r->tcp, q, got, sizeof(got)), octets);
    for (uint32_t i = 0; i < octets; i++) {
        T_EQ_ROW(i, got[i], octet_at(from + i));
    }
}

/* The pieces of a cut, and in *got its octets. */
static uint32_t cut(struct t_room *r, uint32_t place[2], uint32_t octets,
                    struct sf_piece *pieces, uint32_t max, uint32_t *got)
{
    uint32_t n = max;

    *got = sf_bufq_cut(&r->tcp, &place[0], &place[1], octets, pieces, &n);
    return n;
}

static void an_empty_queue_holds_no_chunk(void **state)
{
    struct t_room *r = *state;
    struct sf_bufq q = {0};
    struct sf_piece piece;

    T_EQ(append(r, &q, 0, 0), 0);
    T_EQ(q.head, 0);
    sf_bufq_consume(&r->tcp, &q, 10);
    T_EQ(sf_bufq_pieces(&r->tcp, &q, &piece, 1), 0);
    sf_bufq_free(&r->tcp, &q);
    T_EQ(r->tcp.chunks.in_use, 0);
}

static void octets_fill_the_tail_before_a_new_chunk(void **state)
{
    struct t_room *r = *state;
    struct sf_bufq q = {0};

    T_EQ(append(r, &q, 0, CHUNK - 1), CHUNK - 1);
    T_EQ(r->tcp.chunks.in_use, 1);
    T_EQ(append(r, &q, CHUNK - 1, 1), 1);
    T_EQ(r->tcp.chunks.in_use, 1);
    T_EQ(append(r, &q, CHUNK, 1), 1);
    T_EQ(r->tcp.chunks.in_use, 2);
    T_EQ(append(r, &q, CHUNK + 1, 3 * CHUNK), 3 * CHUNK);
    T_EQ(r->tcp.chunks.in_use, 5);
    expect(r, &q, 0, 4 * CHUNK + 1);
    sf_bufq_free(&r->tcp, &q);
    T_EQ(r->tcp.chunks.in_use, 0);
    T_EQ(q.octets, 0);
}

static void consumed_chunks_are_given_back_also_the_tail(void **state)
{
    struct t_room *r = *state;
    struct sf_bufq q = {0};

    append(r, &q, 0, 2 * CHUNK + 10);
    sf_bufq_consume(&r->tcp, &q, CHUNK - 1);
    T_EQ(r->tcp.chunks.in_use, 3);
    sf_bufq_consume(&r->tcp, &q, 1);
    T_EQ(r->tcp.chunks.in_use, 2);
    expect(r, &q, CHUNK, CHUNK + 10);
    sf_bufq_consume(&r->tcp, &q, CHUNK + 9);
    T_EQ(r->tcp.chunks.in_use, 1);
    expect(r, &q, 2 * CHUNK + 9, 1);
    sf_bufq_consume(&r->tcp, &q, 1);
    T_EQ(r->tcp.chunks.in_use, 0);
    T_EQ(q.tail, 0);
    append(r, &q, 7, 20);
    expect(r, &q, 7, 20);
    sf_bufq_consume(&r->tcp, &q, 1000); /* no more than there is */
    T_EQ(r->tcp.chunks.in_use, 0);
    T_EQ(q.octets, 0);
}

static void pieces_are_the_runs_in_order(void **state)
{
    struct t_room *r = *state;
    struct sf_bufq q = {0};
    struct sf_piece pieces[4];

    append(r, &q, 0, 2 * CHUNK + 5);
    sf_bufq_consume(&r->tcp, &q, 6);
    T_EQ(sf_bufq_pieces(&r->tcp, &q, pieces, 4), 3);
    T_EQ(pieces[0].octets, CHUNK - 6);
    T_EQ(pieces[0].data[0], octet_at(6));
    T_EQ(pieces[1].octets, CHUNK);
    T_EQ(pieces[1].data[0], octet_at(CHUNK));
    T_EQ(pieces[2].octets, 5);
    T_EQ(pieces[2].data[4], octet_at(2 * CHUNK + 4));
    T_EQ(sf_bufq_pieces(&r->tcp, &q, pieces, 2), 2);
    sf_bufq_append_chunk(&r->tcp, &q, sf_chunk_take(&r->tcp, SF_CHUNK_SEND, false));
    T_EQ(sf_bufq_pieces(&r->tcp, &q, pieces, 4), 3); /* an empty chunk is no piece */
    sf_bufq_free(&r->tcp, &q);
}

static void a_cut_borrows_what_it_names_until_it_is_done(void **state)
{
    struct t_room *r = *state;
    struct sf_bufq q = {0};
    struct sf_piece pieces[4];
    uint32_t got = 0;

    append(r, &q, 0, 2 * CHUNK + 5);

    uint32_t at[2] = {q.head, 0};

    T_EQ(cut(r, at, CHUNK + 10, pieces, 4, &got), 2);
    T_EQ(got, CHUNK + 10);
    T_EQ(pieces[0].octets, CHUNK);
    T_EQ(pieces[1].octets, 10);
    T_EQ(pieces[1].data[9], octet_at(CHUNK + 9));
    T_EQ(at[1], 10);

    sf_bufq_consume(&r->tcp, &q, 2 * CHUNK + 5);
    T_EQ(r->tcp.chunks.in_use, 2); /* what frames still borrow */
    T_EQ(pieces[1].data[9], octet_at(CHUNK + 9));
    sf_chunk_done(&r->tcp, pieces[1].data);
    T_EQ(r->tcp.chunks.in_use, 1);
    sf_chunk_done(&r->tcp, pieces[0].data + pieces[0].octets - 1);
    T_EQ(r->tcp.chunks.in_use, 0);
}

static void a_cut_stops_at_the_most_pieces_and_at_the_end(void **state)
{
    struct t_room *r = *state;
    struct sf_bufq q = {0};
    struct sf_piece pieces[4];
    uint32_t got = 0;

    append(r, &q, 0, 2 * CHUNK + 5);

    uint32_t at[2] = {q.head, 0};

    T_EQ(cut(r, at, 3 * CHUNK, pieces, 2, &got), 2);
    T_EQ(got, 2 * CHUNK);
    T_EQ(at[0], q.tail);
    T_EQ(at[1], 0);
    sf_chunk_done(&r->tcp, pieces[0].data);
    sf_chunk_done(&r->tcp, pieces[1].data);
    T_EQ(cut(r, at, 3 * CHUNK, pieces, 2, &got), 1);
    T_EQ(got, 5);
    T_EQ(at[0], 0); /* nothing follows */
    T_EQ(cut(r, at, 1, pieces, 2, &got), 0);
    T_EQ(got, 0);
    sf_chunk_done(&r->tcp, pieces[0].data);

    /* What was appended then begins at the old tail's old end. */
    at[0] = q.tail;
    at[1] = 5;
    append(r, &q, 2 * CHUNK + 5, 3);
    T_EQ(cut(r, at, 9, pieces, 2, &got), 1);
    T_EQ(got, 3);
    T_EQ(pieces[0].data[0], octet_at(2 * CHUNK + 5));
    sf_chunk_done(&r->tcp, pieces[0].data);
    sf_bufq_free(&r->tcp, &q);
    T_EQ(r->tcp.chunks.in_use, 0);
}

static void a_place_moves_on_over_chunks(void **state)
{
    struct t_room *r = *state;
    struct sf_bufq q = {0};

    append(r, &q, 0, 3 * CHUNK);
    sf_bufq_consume(&r->tcp, &q, 10);

    uint32_t chunk = q.head;
    uint32_t offset = 10;

    sf_bufq_advance(&r->tcp, &chunk, &offset, CHUNK - 11);
    T_EQ(chunk, q.head);
    T_EQ(offset, CHUNK - 1);
    sf_bufq_advance(&r->tcp, &chunk, &offset, 1);
    T_EQ(offset, 0); /* of the next one */
    T_EQ(chunk, sf_chunk_at(&r->tcp, q.head)->next);
    sf_bufq_advance(&r->tcp, &chunk, &offset, 2 * CHUNK - 1);
    T_EQ(chunk, q.tail);
    sf_bufq_advance(&r->tcp, &chunk, &offset, 1);
    T_EQ(chunk, 0);
    T_EQ(r->tcp.chunks.in_use, 3);
    sf_bufq_free(&r->tcp, &q);
}

static void whole_chunks_are_appended_as_they_are(void **state)
{
    struct t_room *r = *state;
    struct sf_bufq q = {0};
    uint32_t chunk = sf_chunk_take(&r->tcp, SF_CHUNK_OOO, false);

    append(r, &q, 0, 10);
    for (uint32_t i = 0; i < 30; i++) {
        sf_chunk_memory(&r->tcp, chunk)[20 + i] = octet_at(10 + i);
    }
    sf_chunk_at(&r->tcp, chunk)->begin = 20;
    sf_chunk_at(&r->tcp, chunk)->end = 50;
    sf_bufq_append_chunk(&r->tcp, &q, chunk);
    append(r, &q, 40, 10);
    T_EQ(q.tail, chunk);
    expect(r, &q, 0, 50);
    sf_bufq_free(&r->tcp, &q);
    T_EQ(r->tcp.chunks.in_use, 0);
}

/* 64 chunks, 8 in reserve. */
static void the_reserve_is_for_text_in_order_of_who_holds_none(void **state)
{
    struct t_room *r = *state;
    struct sf_bufq full = {0};
    struct sf_bufq other = {0};
    static const uint8_t text[2 * CHUNK];

    T_EQ(append(r, &full, 0, 64 * CHUNK), 56 * CHUNK);
    T_EQ(sf_chunk_take(&r->tcp, SF_CHUNK_SEND, true), 0);
    T_EQ(sf_chunk_take(&r->tcp, SF_CHUNK_OOO, true), 0);
    T_EQ(sf_chunk_take(&r->tcp, SF_CHUNK_IN_ORDER, false), 0);
    T_EQ(sf_bufq_append(&r->tcp, &other, SF_CHUNK_IN_ORDER, text, sizeof(text)), CHUNK);
    for (int i = 0; i < 7; i++) {
        T_TRUE(sf_chunk_take(&r->tcp, SF_CHUNK_IN_ORDER, true) != 0);
    }
    T_EQ(sf_chunk_take(&r->tcp, SF_CHUNK_IN_ORDER, true), 0);
    T_EQ(r->tcp.chunks.in_use, 64);
}

/* Takes as many chunks out of order as may be. */
static uint32_t fill_out_of_order(struct t_room *r, uint32_t conn)
{
    struct sf_conn *c = t_conn_at(r, conn);
    uint32_t held = 0;
    bool filled = false;
    uint8_t octet = 1;

    c->rcvbuf = 1 << 20;
    while (sf_reasm_take(&r->tcp, c, sf_seq_add(c->rcv_nxt, 10 + 2 * held), &octet, 1,
                         &filled) == 1) {
        held++;
    }
    return held;
}

static void text_out_of_order_makes_room_for_all_other_uses(void **state)
{
    static const enum sf_chunk_use uses[] = {SF_CHUNK_SEND, SF_CHUNK_IN_ORDER};
    struct t_room *r = *state;
    struct sf_tuple tuple = t_tuple4(1, 2);
    struct sf_tuple second = t_tuple4(2, 2);
    uint32_t a = t_conn(r, &tuple);
    uint32_t b = t_conn(r, &second);

    for (size_t i = 0; i < T_COUNT(uses); i++) {
        struct sf_conn *c = t_conn_at(r, a);
        bool filled = false;
        uint8_t octet = 1;

        /* a holds one chunk and is the oldest, b all others. */
        T_EQ(sf_reasm_take(&r->tcp, c, sf_seq_add(c->rcv_nxt, 5), &octet, 1, &filled), 1);
        T_EQ(fill_out_of_order(r, b), 55);
        r->tcp.counters.ooo_evicted = 0;

        uint32_t first = sf_chunk_take(&r->tcp, uses[i], false);

        T_TRUE(first != 0);
        T_EQ(r->tcp.counters.ooo_evicted, 1);
        T_EQ(t_work_of(r, a)->ooo_chunks, 0);

        uint32_t then = sf_chunk_take(&r->tcp, uses[i], false);

        T_TRUE(then != 0);
        T_EQ(r->tcp.counters.ooo_evicted, 56);
        T_EQ(t_work_of(r, b)->ooo_chunks, 0);
        T_EQ(r->tcp.ooo.count, 0);
        T_EQ(r->tcp.chunks.in_use, 2);
        sf_chunk_unref(&r->tcp, first);
        sf_chunk_unref(&r->tcp, then);
    }
}

/* Any sequence of appends, cuts, consumes and returns keeps every octet. */
static void random_use_keeps_the_stream(void **state)
{
    struct t_room *r = *state;
    struct sf_bufq q = {0};
    struct sf_rng rng;
    struct sf_piece out[32];
    uint32_t places[32];
    uint32_t n_out = 0;
    uint32_t head = 0;
    uint32_t tail = 0;

    sf_rng_init(&rng, r->cfg.seed);
    for (int turn = 0; turn < 20000; turn++) {
        uint32_t n = 1 + sf_rng_below(&rng, 600);
        uint32_t got = 0;

        switch (sf_rng_below(&rng, 4)) {
        case 0:
            tail += append(r, &q, tail, n);
            break;
        case 1:
            n = n < tail - head ? n : tail - head;
            sf_bufq_consume(&r->tcp, &q, n);
            head += n;
            break;
        case 2:
            if (n_out < 28 && q.head != 0) {
                uint32_t skip = sf_rng_below(&rng, q.octets);
                uint32_t at[2] = {q.head, sf_chunk_at(&r->tcp, q.head)->begin};
                uint32_t pieces = 0;

                sf_bufq_advance(&r->tcp, &at[0], &at[1], skip);
                pieces = cut(r, at, n, &out[n_out], 4, &got);
                for (uint32_t i = 0, from = head + skip; i < pieces; i++) {
                    places[n_out] = from;
                    from += out[n_out++].octets;
                }
            }
            break;
        default:
            if (n_out != 0) {
                uint32_t i = sf_rng_below(&rng, n_out);

                for (uint32_t j = 0; j < out[i].octets; j++) {
                    T_EQ(out[i].data[j], octet_at(places[i] + j));
                }
                sf_chunk_done(&r->tcp, out[i].data);
                n_out--;
                out[i] = out[n_out];
                places[i] = places[n_out];
            }
            break;
        }
        T_EQ(q.octets, tail - head);
        if (turn % 64 == 0) {
            expect(r, &q, head, tail - head);
        }
    }
    while (n_out != 0) {
        sf_chunk_done(&r->tcp, out[--n_out].data);
    }
    sf_bufq_free(&r->tcp, &q);
    T_EQ(r->tcp.chunks.in_use, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_empty_queue_holds_no_chunk, up, down),
        cmocka_unit_test_setup_teardown(octets_fill_the_tail_before_a_new_chunk, up, down),
        cmocka_unit_test_setup_teardown(consumed_chunks_are_given_back_also_the_tail, up, down),
        cmocka_unit_test_setup_teardown(pieces_are_the_runs_in_order, up, down),
        cmocka_unit_test_setup_teardown(a_cut_borrows_what_it_names_until_it_is_done, up, down),
        cmocka_unit_test_setup_teardown(a_cut_stops_at_the_most_pieces_and_at_the_end, up,
                                        down),
        cmocka_unit_test_setup_teardown(a_place_moves_on_over_chunks, up, down),
        cmocka_unit_test_setup_teardown(whole_chunks_are_appended_as_they_are, up, down),
        cmocka_unit_test_setup_teardown(the_reserve_is_for_text_in_order_of_who_holds_none, up,
                                        down),
        cmocka_unit_test_setup_teardown(text_out_of_order_makes_room_for_all_other_uses, up,
                                        down),
        cmocka_unit_test_setup_teardown(random_use_keeps_the_stream, up, down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
