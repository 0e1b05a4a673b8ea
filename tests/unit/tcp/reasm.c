/* SPDX-License-Identifier: MIT
 *
 * tests/unit/tcp/reasm.c - text that arrives in any order, against a naive model.
 */
#include "room.h"

#include "base/rng.h"
#include "tcp/buf.h"
#include "tcp/reasm.h"

#define BASE  UINT32_C(0xfffffe00) /* 512 octets before sequence numbers wrap */
#define CHUNK 256

struct fixture {
    struct t_room room;
    struct sf_conn *c;
    struct sf_work *w;
};

static int up(void **state)
{
    static struct fixture f;
    struct sf_tuple tuple = t_tuple4(1, 2);

    t_room_config(&f.room);
    f.room.cfg.max_chunks = 2048;
    f.room.cfg.rcvbuf_octets = 65536;
    t_room_open(&f.room, T_AT(0));

    uint32_t conn = t_conn(&f.room, &tuple);

    f.c = t_conn_at(&f.room, conn);
    f.w = t_work_of(&f.room, conn);
    f.c->rcv_nxt = (sf_seq){BASE};
    *state = &f;
    return 0;
}

static int down(void **state)
{
    struct fixture *f = *state;

    t_room_close(&f->room);
    return 0;
}

static uint8_t octet_at(uint32_t place, uint32_t copy)
{
    return (uint8_t)(place * 7 + (place >> 8) * 13 + copy * 101);
}

/* A copy of the stream's octets from a place on arrives; returns how many are held. */
static uint32_t take(struct fixture *f, uint32_t place, uint32_t octets, uint32_t copy,
                     bool *filled)
{
    static uint8_t text[65536];

    for (uint32_t i = 0; i < octets; i++) {
        text[i] = octet_at(place + i, copy);
    }
    return sf_reasm_take(&f->room.tcp, f->c, (sf_seq){BASE + place}, text, octets, filled);
}

static uint32_t take_0(struct fixture *f, uint32_t place, uint32_t octets)
{
    bool filled = false;

    return take(f, place, octets, 0, &filled);
}

/* What is reported, as places: pairs in the order given. */
static void expect_sack(const struct fixture *f, uint32_t n, const uint32_t (*places)[2])
{
    struct sf_sack_block blocks[SF_SACK_BLOCKS];

    sf_reasm_told(f->w); /* what came twice has tests of its own */
    T_EQ(sf_reasm_sack(f->w, blocks, SF_SACK_BLOCKS), n);
    for (uint32_t i = 0; i < n; i++) {
        T_EQ_ROW(i, blocks[i].left.v - BASE, places[i][0]);
        T_EQ_ROW(i, blocks[i].right.v - BASE, places[i][1]);
    }
}

static void expect_rcv_nxt(const struct fixture *f, uint32_t place)
{
    T_EQ(f->c->rcv_nxt.v - BASE, place);
}

static void text_in_order_is_queued_at_once(void **state)
{
    struct fixture *f = *state;
    bool filled = true;

    T_EQ(take(f, 0, 1000, 0, &filled), 1000);
    T_FALSE(filled);
    expect_rcv_nxt(f, 1000); /* beyond the wrap */
    T_EQ(f->w->rcv.octets, 1000);
    expect_sack(f, 0, NULL);
    T_EQ(take(f, 1000, 0, 0, &filled), 0);
    T_EQ(f->room.tcp.ooo.count, 0);
}

static void text_beyond_a_gap_waits_until_the_gap_is_closed(void **state)
{
    struct fixture *f = *state;
    bool filled = true;
    uint8_t got[1500];

    T_EQ(take(f, 500, 1000, 0, &filled), 1000);
    T_FALSE(filled);
    expect_rcv_nxt(f, 0);
    T_EQ(f->w->ooo_octets, 1000);
    T_EQ(f->room.tcp.ooo.count, 1);
    expect_sack(f, 1, (const uint32_t[][2]){{500, 1500}});

    T_EQ(take(f, 0, 499, 0, &filled), 499); /* in part: acknowledged at once too (SHLD) */
    T_TRUE(filled);
    expect_rcv_nxt(f, 499);
    T_EQ(f->w->ooo_octets, 1000);

    T_EQ(take(f, 499, 1, 0, &filled), 1);
    T_TRUE(filled);
    expect_rcv_nxt(f, 1500);
    T_EQ(f->w->ooo_octets, 0);
    T_EQ(f->room.tcp.ooo.count, 0);
    expect_sack(f, 0, NULL);
    T_EQ(sf_bufq_copy(&f->room.tcp, &f->w->rcv, got, sizeof(got)), 1500);
    for (uint32_t i = 0; i < 1500; i++) {
        T_EQ_ROW(i, got[i], octet_at(i, 0));
    }
}

static void the_first_copy_of_an_octet_counts(void **state)
{
    struct fixture *f = *state;
    bool filled = false;
    uint8_t got[60];

    T_EQ(take(f, 20, 10, 1, &filled), 10); /* 20 .. 30 of the first copy */
    T_EQ(take(f, 10, 40, 2, &filled), 40); /* around it: 10 .. 20, 30 .. 50 */
    T_EQ(take(f, 0, 60, 3, &filled), 60);  /* in order: 0 .. 10, 50 .. 60 */
    expect_rcv_nxt(f, 60);
    T_EQ(sf_bufq_copy(&f->room.tcp, &f->w->rcv, got, sizeof(got)), 60);
    for (uint32_t i = 0; i < 60; i++) {
        uint32_t copy = i >= 20 && i < 30 ? 1 : i >= 10 && i < 50 ? 2 : 3;

        T_EQ_ROW(i, got[i], octet_at(i, copy));
    }
}

/* RFC 2018 s4: first the block of the segment that has just arrived, then those reported
 * most recently; none twice. */
static void blocks_are_reported_newest_first_and_merged(void **state)
{
    struct fixture *f = *state;
    struct sf_sack_block two[2];

    take_0(f, 100, 10);
    take_0(f, 300, 10);
    take_0(f, 200, 10);
    expect_sack(f, 3, (const uint32_t[][2]){{200, 210}, {300, 310}, {100, 110}});
    take_0(f, 105, 3); /* nothing new, but it has just arrived */
    expect_sack(f, 3, (const uint32_t[][2]){{100, 110}, {200, 210}, {300, 310}});
    take_0(f, 310, 1); /* touches from the right */
    expect_sack(f, 3, (const uint32_t[][2]){{300, 311}, {100, 110}, {200, 210}});
    take_0(f, 99, 1); /* touches from the left */
    expect_sack(f, 3, (const uint32_t[][2]){{99, 110}, {300, 311}, {200, 210}});
    take_0(f, 400, 10);
    take_0(f, 500, 10); /* a fifth: the oldest is not reported any more, ... */
    expect_sack(f, 4, (const uint32_t[][2]){{500, 510}, {400, 410}, {99, 110}, {300, 311}});
    T_EQ(f->w->ooo_octets, 11 + 10 + 11 + 10 + 10);
    take_0(f, 210, 5); /* ... but known still */
    expect_sack(f, 4, (const uint32_t[][2]){{200, 215}, {500, 510}, {400, 410}, {99, 110}});
    take_0(f, 210, 100); /* joins what is reported with what is not */
    expect_sack(f, 4, (const uint32_t[][2]){{200, 311}, {500, 510}, {400, 410}, {99, 110}});
    take_0(f, 110, 395); /* joins all */
    expect_sack(f, 1, (const uint32_t[][2]){{99, 510}});
    T_EQ(sf_reasm_sack(f->w, two, 0), 0);
    take_0(f, 600, 1);
    T_EQ(sf_reasm_sack(f->w, two, 1), 1);
    T_EQ(two[0].left.v - BASE, 600);
    take_0(f, 0, 99); /* what is in order is not reported */
    expect_rcv_nxt(f, 510);
    expect_sack(f, 1, (const uint32_t[][2]){{600, 601}});
}

static void small_texts_share_a_chunk(void **state)
{
    struct fixture *f = *state;

    for (uint32_t i = 0; i < CHUNK; i++) {
        take_0(f, 10 + i, 1);
    }
    T_EQ(f->w->ooo_chunks, 1);
    take_0(f, 10 + CHUNK, 1);
    T_EQ(f->w->ooo_chunks, 2);

    /* And do not leave a chunk each behind when they come into order. */
    uint32_t before = f->room.tcp.chunks.in_use;

    for (uint32_t i = 0; i < 100; i += 2) {
        take_0(f, 1000 + i, 1);
    }
    T_EQ(f->room.tcp.chunks.in_use, before + 50);
    take_0(f, 0, 1000);
    for (uint32_t i = 1; i < 100; i += 2) {
        take_0(f, 1000 + i, 1);
    }
    expect_rcv_nxt(f, 1100);
    T_TRUE(f->room.tcp.chunks.in_use <= 2 * (1100 / CHUNK + 1));
}

/* rcvbuf 1024: at most 2 * 1024 / 256 = 8 chunks, whatever is in them. */
static void a_connection_holds_twice_its_buffer_in_chunks_at_most(void **state)
{
    struct fixture *f = *state;

    f->c->rcvbuf = 1024;
    for (uint32_t i = 0; i < 8; i++) {
        T_EQ(take_0(f, 10 + 2 * i, 1), 1);
    }
    T_EQ(take_0(f, 100, 1), 0);
    expect_sack(f, 4, (const uint32_t[][2]){{24, 25}, {22, 23}, {20, 21}, {18, 19}});
    T_EQ(take_0(f, 25, 300), 255); /* the last one's room */
    expect_sack(f, 4, (const uint32_t[][2]){{24, 280}, {22, 23}, {20, 21}, {18, 19}});
    T_EQ(take_0(f, 22, 1000), 258); /* known up to 280, then no more */
    f->c->rcvbuf = 1;
    T_EQ(take_0(f, 1000, 1), 0);
    T_EQ(take_0(f, 0, 10), 10); /* in order it goes on */
    expect_rcv_nxt(f, 11);
    T_EQ(f->w->ooo_chunks, 7);
}

static void even_the_smallest_buffer_holds_four_chunks(void **state)
{
    struct fixture *f = *state;

    f->c->rcvbuf = 1;
    for (uint32_t i = 0; i < 4; i++) {
        T_EQ(take_0(f, 10 + 2 * i, 1), 1);
    }
    T_EQ(take_0(f, 100, 1), 0);
}

static void giving_up_text_out_of_order_forgets_its_blocks_and_is_counted(void **state)
{
    struct fixture *f = *state;

    take_0(f, 0, 100);
    take_0(f, 200, 100);
    take_0(f, 400, 50);
    T_EQ(sf_reasm_evict(&f->room.tcp, f->c, f->w), 150);
    T_EQ(f->room.tcp.counters.ooo_evicted, 150);
    T_EQ(f->room.tcp.ooo.count, 0);
    T_EQ(f->w->ooo_octets, 0);
    expect_sack(f, 0, NULL);
    T_EQ(f->w->rcv.octets, 100);
    T_FALSE(sf_reasm_evict_any(&f->room.tcp));
    take_0(f, 200, 100);
    sf_reasm_free(&f->room.tcp, f->c, f->w);
    T_EQ(f->room.tcp.counters.ooo_evicted, 150); /* an end is no eviction */
    T_EQ(f->room.tcp.chunks.in_use, 0);
    T_EQ(f->room.tcp.ooo.count, 0);
}

/* 2048 chunks, 256 of them the reserve: with one in order the rest is for what goes on. */
static void text_in_order_takes_the_chunks_of_text_out_of_order_also_its_own(void **state)
{
    struct fixture *f = *state;
    bool filled = false;

    take_0(f, 0, 10);
    f->c->rcvbuf = 1 << 20;
    for (uint32_t i = 0; i < 2048 - 256 - 1; i++) {
        T_EQ(take_0(f, 2000 + 2 * i, 1), 1);
    }
    T_EQ(take_0(f, 1000, 1), 0); /* out of order nothing is given up for it */
    T_EQ(take(f, 10, 246, 0, &filled), 246);
    T_EQ(f->w->ooo_chunks, 1791);
    T_EQ(take(f, 256, 1, 0, &filled), 1); /* needs a chunk */
    T_TRUE(filled);
    expect_rcv_nxt(f, 257);
    T_EQ(f->w->ooo_chunks, 0);
    expect_sack(f, 0, NULL);
    T_EQ(f->room.tcp.counters.ooo_evicted, 1791);
    T_EQ(f->room.tcp.chunks.in_use, 2);
}

static void without_a_chunk_nothing_behind_the_gap_is_acknowledged(void **state)
{
    struct fixture *f = *state;

    take_0(f, 0, 256);
    while (sf_chunk_take(&f->room.tcp, SF_CHUNK_SEND, false) != 0) {
    }
    T_EQ(take_0(f, 256, 10), 0);
    expect_rcv_nxt(f, 256);
    sf_bufq_consume(&f->room.tcp, &f->w->rcv, 256);
    T_EQ(take_0(f, 256, 1000), 256); /* one from the reserve, as it holds none */
    expect_rcv_nxt(f, 512);
}

/* The model: what of each octet of the stream arrived first. */
#define STREAM 400000

struct model {
    uint8_t octet[STREAM];
    bool held[STREAM];
    uint32_t rcv_nxt;
    uint32_t read; /* octets before it were read */
    uint32_t n_recent;
    uint32_t recent[SF_SACK_BLOCKS][2];
};

static void model_drop(struct model *m, uint32_t left, uint32_t right)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < m->n_recent; i++) {
        if (m->recent[i][0] < left || m->recent[i][1] > right) {
            memmove(m->recent[n++], m->recent[i], sizeof(m->recent[0]));
        }
    }
    m->n_recent = n;
}

static void model_take(struct model *m, uint32_t place, uint32_t octets, uint32_t copy)
{
    for (uint32_t i = place; i < place + octets; i++) {
        m->octet[i] = m->held[i] ? m->octet[i] : octet_at(i, copy);
        m->held[i] = true;
    }
    while (m->held[m->rcv_nxt]) {
        m->rcv_nxt++;
    }
    model_drop(m, 0, m->rcv_nxt);
    if (place < m->rcv_nxt) {
        return;
    }

    uint32_t left = place;
    uint32_t right = place;

    while (m->held[left - 1]) {
        left--;
    }
    while (m->held[right]) {
        right++;
    }
    model_drop(m, left, right);
    m->n_recent -= m->n_recent == SF_SACK_BLOCKS;
    memmove(m->recent[1], m->recent[0], m->n_recent * sizeof(m->recent[0]));
    m->recent[0][0] = left;
    m->recent[0][1] = right;
    m->n_recent++;
}

static uint32_t model_held(const struct model *m)
{
    uint32_t n = 0;

    for (uint32_t i = m->rcv_nxt; i < m->rcv_nxt + 5000; i++) {
        n += m->held[i];
    }
    return n;
}

static void read_some(struct fixture *f, struct model *m, uint32_t octets)
{
    uint8_t got[8192];
    uint32_t n = sf_bufq_copy(&f->room.tcp, &f->w->rcv, got, octets);

    for (uint32_t i = 0; i < n; i++) {
        T_EQ_ROW(m->read + i, got[i], m->octet[m->read + i]);
    }
    sf_bufq_consume(&f->room.tcp, &f->w->rcv, n);
    m->read += n;
}

/* Segments of up to 600 octets anywhere in a window of 4000, some far smaller. */
static void any_order_of_arrival_agrees_with_a_naive_model(void **state)
{
    static struct model m;
    struct fixture *f = *state;
    struct sf_rng rng;

    memset(&m, 0, sizeof(m));
    sf_rng_init(&rng, f->room.cfg.seed);
    for (uint32_t turn = 0; m.rcv_nxt < STREAM - 10000; turn++) {
        uint32_t octets = 1 + sf_rng_below(&rng, sf_rng_below(&rng, 3) == 0 ? 600 : 20);
        uint32_t place = m.rcv_nxt + sf_rng_below(&rng, 4000 - octets);
        bool filled = false;

        if (sf_rng_below(&rng, 8) == 0) {
            place = m.rcv_nxt;
        }

        bool fills = place == m.rcv_nxt && model_held(&m) != 0;

        T_EQ(take(f, place, octets, turn, &filled), octets);
        model_take(&m, place, octets, turn);
        T_EQ(filled, fills);
        expect_rcv_nxt(f, m.rcv_nxt);
        T_EQ(f->w->rcv.octets, m.rcv_nxt - m.read);
        T_EQ(f->w->ooo_octets, model_held(&m));
        T_EQ(f->room.tcp.ooo.count, f->w->ooo_octets != 0);
        expect_sack(f, m.n_recent, (const uint32_t(*)[2])m.recent);
        if (sf_rng_below(&rng, 4) == 0) {
            read_some(f, &m, sf_rng_below(&rng, 8192));
        }
    }
    sf_reasm_free(&f->room.tcp, f->c, f->w);
    T_EQ(f->room.tcp.chunks.in_use, 0);
}

/* Chunks out of order are sorted and apart; what is reported are whole runs of them. */
static void check_shape(const struct fixture *f)
{
    const struct sf_tcp *t = &f->room.tcp;
    uint32_t octets = 0;
    uint32_t chunks = 0;
    uint32_t last = 0;
    uint32_t right = f->c->rcv_nxt.v;
    bool found[SF_SACK_BLOCKS] = {false};

    for (uint32_t i = f->w->ooo_head; i != 0; i = sf_chunk_at(t, i)->next) {
        const struct sf_chunk *chunk = sf_chunk_at(t, i);
        uint32_t n = (uint32_t)chunk->end - chunk->begin;
        bool begins = chunks == 0 || chunk->seq.v != right;

        T_TRUE(n != 0 && (int32_t)(chunk->seq.v - right) >= (chunks == 0 ? 1 : 0));
        right = chunk->seq.v + n;
        for (uint32_t j = 0; j < f->w->n_recent && begins; j++) {
            found[j] = found[j] || f->w->recent[j].left.v == chunk->seq.v;
        }
        octets += n;
        chunks++;
        last = i;
    }
    T_EQ(octets, f->w->ooo_octets);
    T_EQ(chunks, f->w->ooo_chunks);
    T_EQ(last, f->w->ooo_tail);
    T_EQ(t->ooo.count, chunks != 0);
    for (uint32_t j = 0; j < f->w->n_recent; j++) {
        T_TRUE(found[j]);
    }
}

/* 24 chunks in all: appends, holds and evictions at their limits keep the stream whole. */
static void short_memory_never_corrupts_the_stream(void **state)
{
    struct fixture *f = *state;
    struct sf_rng rng;
    uint32_t read = 0;

    while (f->room.tcp.chunks.in_use < 2048 - 256 - 24) {
        T_TRUE(sf_chunk_take(&f->room.tcp, SF_CHUNK_SEND, false) != 0);
    }
    sf_rng_init(&rng, f->room.cfg.seed);
    for (uint32_t turn = 0; turn < 30000; turn++) {
        uint32_t nxt = f->c->rcv_nxt.v - BASE;
        uint32_t place = nxt + (sf_rng_below(&rng, 4) == 0 ? 0 : sf_rng_below(&rng, 8000));
        uint32_t octets = 1 + sf_rng_below(&rng, 700);
        bool filled = false;
        uint32_t held = take(f, place, octets, 0, &filled);

        T_TRUE(held <= octets);
        T_TRUE(place != nxt || f->c->rcv_nxt.v - BASE >= nxt + held);
        check_shape(f);
        if (sf_rng_below(&rng, 6) == 0) {
            uint8_t got[2000];
            uint32_t n = sf_bufq_copy(&f->room.tcp, &f->w->rcv, got, sizeof(got));

            for (uint32_t i = 0; i < n; i++) {
                T_EQ_ROW(read + i, got[i], octet_at(read + i, 0));
            }
            sf_bufq_consume(&f->room.tcp, &f->w->rcv, n);
            read += n;
        }
    }
    T_TRUE(read > 100000); /* it went on */
    T_TRUE(f->room.tcp.counters.ooo_evicted != 0);
    sf_reasm_free(&f->room.tcp, f->c, f->w);
    T_EQ(f->room.tcp.chunks.in_use, 2048 - 256 - 24);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(text_in_order_is_queued_at_once, up, down),
        cmocka_unit_test_setup_teardown(text_beyond_a_gap_waits_until_the_gap_is_closed, up,
                                        down),
        cmocka_unit_test_setup_teardown(the_first_copy_of_an_octet_counts, up, down),
        cmocka_unit_test_setup_teardown(blocks_are_reported_newest_first_and_merged, up, down),
        cmocka_unit_test_setup_teardown(small_texts_share_a_chunk, up, down),
        cmocka_unit_test_setup_teardown(a_connection_holds_twice_its_buffer_in_chunks_at_most,
                                        up, down),
        cmocka_unit_test_setup_teardown(even_the_smallest_buffer_holds_four_chunks, up, down),
        cmocka_unit_test_setup_teardown(
            giving_up_text_out_of_order_forgets_its_blocks_and_is_counted, up, down),
        cmocka_unit_test_setup_teardown(
            text_in_order_takes_the_chunks_of_text_out_of_order_also_its_own, up, down),
        cmocka_unit_test_setup_teardown(without_a_chunk_nothing_behind_the_gap_is_acknowledged,
                                        up, down),
        cmocka_unit_test_setup_teardown(any_order_of_arrival_agrees_with_a_naive_model, up,
                                        down),
        cmocka_unit_test_setup_teardown(short_memory_never_corrupts_the_stream, up, down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
