/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/memory.c - the cap on memory: what goes first, what is refused, and what always
 * works (ARCHITECTURE, promise 10).
 */
#include "talk.h"

enum { CHUNK = 256, CHUNKS = 16 }; /* of which an eighth, 2, is kept for text in order */

static struct sf_usage usage(const struct t_talk *t)
{
    struct sf_usage u;

    sf_stack_usage(t->stack, &u);
    return u;
}

/* Two connections; the second one is the present one. */
static struct sf_handle two(struct t_talk *t, enum sf_family family, uint32_t *first_iss)
{
    struct sf_handle first;

    t_begin(t, family);
    t->config.max_chunks = CHUNKS;
    t->config.chunk_octets = CHUNK;
    t_open_passive(t);
    first = t->conn;
    *first_iss = t->iss;
    t_another(t, T_PEER_PORT + 1);
    t_open_passive(t);
    return first;
}

/* Text out of order goes as soon as somebody needs its chunks to send. */
static void octets_out_of_order_go_first(void **state)
{
    struct t_talk t;
    uint32_t first_iss = 0;
    struct sf_handle first = two(&t, t_family(state), &first_iss);
    uint8_t text[CHUNK * CHUNKS] = {0};
    size_t taken = 0;

    for (uint32_t i = 0; i < 8; i++) {
        t_peer(&t, SF_ACK, .seq = {5001 + i * CHUNK}, .ack = {1000}, .text = CHUNK);
    }
    t_forget(&t);
    T_EQ(t_status(&t).held, 8 * CHUNK);
    /* 16 chunks, less 8 held, less 2 kept, are 6; the 7th is had by giving up the held. */
    T_EQ(sf_send(t.stack, first, text, sizeof(text), 0, &taken, t.now), SF_OK);
    T_EQ(taken, (CHUNKS - 2) * CHUNK);
    T_EQ(t_status(&t).held, 0);
    T_EQ(sf_stack_counters(t.stack)->ooo_evicted, 8 * CHUNK);
    t_end(&t);
}

/* Then new work is refused, loudly; each connection still takes a segment in order, nobody
 * dies, and everything goes on when there is room again. */
static void at_the_cap_each_still_takes_a_segment(void **state)
{
    struct t_talk t;
    uint32_t first_iss = 0;
    struct sf_handle first = two(&t, t_family(state), &first_iss);
    uint32_t second_iss = t.iss;
    uint8_t text[CHUNK * CHUNKS] = {0};
    size_t taken = 0;

    T_EQ(sf_send(t.stack, first, text, sizeof(text), 0, &taken, t.now), SF_OK);
    T_EQ(taken, (CHUNKS - 2) * CHUNK);
    T_EQ(sf_send(t.stack, t.conn, text, 1, 0, &taken, t.now), SF_ERR_NO_MEMORY);
    T_EQ(sf_stack_counters(t.stack)->sends_refused, 1);
    t_forget(&t);
    /* Out of order: not held.  In order: taken, once, by both. */
    T_EQ(t_peer(&t, SF_ACK, .seq = {5100}, .ack = {1000}, .text = 10), SF_DROP_OOO_LIMIT);
    T_EQ(t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = CHUNK), SF_PASS);
    T_EQ(t_peer(&t, SF_ACK, .seq = {5256}, .ack = {1000}, .text = 1), SF_DROP_NO_MEMORY);
    t_forget(&t);
    t.them.port = T_PEER_PORT;
    t.iss = first_iss;
    T_EQ(t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = CHUNK), SF_PASS);
    T_EQ(usage(&t).chunks, CHUNKS);
    T_STATE(&t, SF_ESTABLISHED);
    t_forget(&t);
    /* The second one reads: it can take the next. */
    t.them.port = T_PEER_PORT + 1;
    t.iss = second_iss;
    T_STATE(&t, SF_ESTABLISHED);
    t_recv(&t, CHUNK);
    T_EQ(t_peer(&t, SF_ACK, .seq = {5256}, .ack = {1000}, .text = 1), SF_PASS);
    t_recv(&t, 1);
    /* The first one dies of its own will, and its chunks serve the second. */
    T_EQ(sf_abort(t.stack, first, t.now), SF_OK);
    T_EQ(sf_send(t.stack, t.conn, text, sizeof(text), 0, &taken, t.now), SF_OK);
    T_EQ(taken, (CHUNKS - 2) * CHUNK);
    t_end(&t);
}

/* A segment that does not fit the chunk that is kept is taken in parts. */
static void a_segment_larger_than_a_chunk_gets_through(void **state)
{
    struct t_talk t;
    uint32_t first_iss = 0;
    struct sf_handle first = two(&t, t_family(state), &first_iss);
    uint8_t text[CHUNK * CHUNKS] = {0};
    size_t taken = 0;

    T_EQ(sf_send(t.stack, first, text, sizeof(text), 0, &taken, t.now), SF_OK);
    t_forget(&t);
    for (uint32_t at = 0; at < 1000; at += CHUNK) {
        uint32_t part = 1000 - at < CHUNK ? 1000 - at : CHUNK;

        t_peer(&t, SF_ACK, .seq = {5000 + at}, .ack = {1000}, .text = 1000 - at);
        t_recv(&t, part);
        t_forget(&t);
    }
    T_EQ(t_status(&t).rcv_nxt - t.peer_iss, 1001);
    t_end(&t);
}

/* SEND was refused with nothing in flight, so that no acknowledgement will ever bring the bit
 * back: what another connection gives back does, and the host need not wait for it. */
static void who_was_refused_is_told_of_room_that_others_made(void **state)
{
    for (int how = 0; how < 3; how++) {
        struct t_talk t;
        uint32_t first_iss = 0;
        uint32_t iss = 0;
        struct sf_handle first = two(&t, t_family(state), &first_iss);
        uint8_t text[CHUNK * CHUNKS] = {0};
        size_t taken = 0;

        T_EQ(sf_send(t.stack, first, text, sizeof(text), 0, &taken, t.now), SF_OK);
        t_forget(&t);
        T_EQ(sf_send(t.stack, t.conn, text, 1, 0, &taken, t.now), SF_ERR_NO_MEMORY);
        t_pull(&t);
        t.ready = 0;
        t_advance(&t, SF_MS(10));
        T_EQ(t.ready, 0); /* no room: not told */
        iss = t.iss;
        if (how == 0) {
            t.them.port = T_PEER_PORT;
            t.iss = first_iss;
            t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000 + CHUNK});
            t.iss = iss;
        } else {
            T_EQ(sf_abort(t.stack, first, t.now), SF_OK);
            T_TRUE(sf_stack_deadline(t.stack).ns <= t.now.ns);
        }
        if (how == 2) {
            sf_stack_tick(t.stack, t.now);
            T_TRUE(sf_stack_deadline(t.stack).ns > t.now.ns);
        }
        t_pull(&t);
        T_TRUE((t.ready & SF_READY_WRITE) != 0);
        T_EQ(sf_send(t.stack, t.conn, text, 1, 0, &taken, t.now), SF_OK);
        t_end(&t);
    }
}

/* The same for want of a working record. */
static void who_found_no_working_record_is_told(void **state)
{
    struct t_talk t;
    struct sf_handle first;
    uint8_t text[10] = {0};
    size_t taken = 0;

    t_begin(&t, t_family(state));
    t.config.max_working = 1;
    t_open_passive(&t);
    first = t.conn;
    t_another(&t, T_PEER_PORT + 1);
    t_open_passive(&t);
    T_EQ(sf_send(t.stack, first, text, 10, 0, &taken, t.now), SF_OK);
    T_EQ(sf_send(t.stack, t.conn, text, 10, 0, &taken, t.now), SF_ERR_NO_MEMORY);
    t_forget(&t);
    t.ready = 0;
    T_EQ(sf_abort(t.stack, first, t.now), SF_OK);
    t_pull(&t);
    T_TRUE((t.ready & SF_READY_WRITE) != 0);
    t_end(&t);
}

/* One that waits may be closed meanwhile. */
static void who_waits_for_room_may_go(void **state)
{
    struct t_talk t;
    uint32_t first_iss = 0;
    struct sf_handle first = two(&t, t_family(state), &first_iss);
    uint8_t text[CHUNK * CHUNKS] = {0};
    size_t taken = 0;

    T_EQ(sf_send(t.stack, first, text, sizeof(text), 0, &taken, t.now), SF_OK);
    t_forget(&t);
    T_EQ(sf_send(t.stack, t.conn, text, 1, 0, &taken, t.now), SF_ERR_NO_MEMORY);
    T_EQ(sf_abort(t.stack, t.conn, t.now), SF_OK);
    T_EQ(sf_abort(t.stack, first, t.now), SF_OK);
    t_forget(&t);
    T_TRUE(sf_stack_deadline(t.stack).ns > t.now.ns);
    T_EQ(usage(&t).connections, 0);
    t_end(&t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(octets_out_of_order_go_first),
        T_BOTH(at_the_cap_each_still_takes_a_segment),
        T_BOTH(a_segment_larger_than_a_chunk_gets_through),
        T_BOTH(who_was_refused_is_told_of_room_that_others_made),
        T_BOTH(who_found_no_working_record_is_told),
        T_BOTH(who_waits_for_room_may_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
