/* SPDX-License-Identifier: MIT
 *
 * tests/unit/link/fault.c - a link that loses, doubles, holds back and spoils frames.
 */
#include "t.h"

#include "base/time.h"
#include "made.h"
#include "synfin/link.h"

static uint8_t memory[2048];
static struct sf_link *a, *b; /* a is wrapped */

static void open_with(const char *rules, uint32_t frames)
{
    struct sf_link *inner = NULL;
    size_t where = 0;

    T_EQ(sf_pair_open(&(struct sf_pair){.frames = frames, .caps = SF_LINK_CSUM_TX}, &inner, &b),
         SF_OK);
    T_EQ(sf_fault_wrap(inner, rules, 1, &a, &where), SF_OK);
}

static void close_both(void)
{
    sf_link_close(a);
    sf_link_close(b);
}

static sf_time at(uint64_t ms)
{
    return (sf_time){ms * SF_NS_PER_MS};
}

/* Send n segments numbered from seq. */
static size_t send(struct sf_link *link, uint32_t seq, uint32_t n, sf_time now)
{
    struct sf_frame frames[8];

    for (uint32_t i = 0; i < n; i++) {
        frames[i] = made_frame(&(struct made){.flags = MADE_ACK, .seq = seq + i}, memory);
    }
    return link->ops->tx(link, frames, n, now);
}

/* Receive everything: the numbers as text, "012". */
static const char *received(struct sf_link *link, sf_time now)
{
    static char text[64];
    size_t n = 0;
    size_t got = 0;
    struct sf_frame frames[3];

    do {
        got = link->ops->rx(link, frames, 3, now);
        for (size_t i = 0; i < got && n < sizeof(text) - 1; i++) {
            text[n++] = (char)('0' + frames[i].pieces[0].data[27]);
        }
    } while (got != 0);
    text[n] = '\0';
    return text;
}

static void without_rules_nothing_changes(void **state)
{
    (void)state;
    open_with("", 0);
    T_EQ(a->caps, SF_LINK_CSUM_TX);
    T_EQ(a->mtu, 1500);
    T_EQ(send(a, 0, 5, at(1)), 5);
    assert_string_equal(received(b, at(1)), "01234");
    T_EQ(send(b, 0, 5, at(1)), 5);
    assert_string_equal(received(a, at(1)), "01234");
    T_TRUE(sf_time_is_never(a->ops->deadline(a)));
    T_EQ(a->ops->fd(a), -1);
    T_EQ(a->tx_frames, 5);
    T_EQ(a->rx_frames, 5);
    close_both();
}

static void with_rules_a_frame_is_a_segment(void **state)
{
    (void)state;
    open_with("drop 0%", 0);
    T_EQ(a->caps, 0);
    close_both();
}

static void the_third_is_dropped_each_way(void **state)
{
    (void)state;
    open_with("drop tx n=3; drop rx n=2..3", 0);
    T_EQ(send(a, 0, 5, at(1)), 5);
    assert_string_equal(received(b, at(1)), "0134");
    T_EQ(a->tx_dropped, 1);
    T_EQ(a->tx_frames, 4);
    T_EQ(send(b, 0, 5, at(1)), 5);
    assert_string_equal(received(a, at(1)), "034");
    close_both();
}

static void a_duplicate_follows_its_original(void **state)
{
    (void)state;
    open_with("dup tx n=2; dup rx n=1", 0);
    T_EQ(send(a, 0, 4, at(1)), 4);
    assert_string_equal(received(b, at(1)), "01123");
    T_EQ(send(b, 0, 4, at(1)), 4);
    assert_string_equal(received(a, at(1)), "00123");
    close_both();
}

static void what_is_held_back_is_overtaken_and_comes_to_the_nanosecond(void **state)
{
    (void)state;
    open_with("delay n=1 10ms; delay n=2 5ms", 0);
    T_EQ(send(a, 0, 4, at(100)), 4);
    assert_string_equal(received(b, at(100)), "23");
    T_EQ(a->ops->deadline(a).ns, at(105).ns);
    assert_string_equal(received(a, (sf_time){at(105).ns - 1}), "");
    assert_string_equal(received(b, at(105)), "");
    assert_string_equal(received(a, at(105)), ""); /* time comes to it by receiving */
    assert_string_equal(received(b, at(105)), "1");
    T_EQ(a->ops->deadline(a).ns, at(110).ns);
    assert_string_equal(received(a, at(112)), "");
    assert_string_equal(received(b, at(112)), "0");
    T_TRUE(sf_time_is_never(a->ops->deadline(a)));
    close_both();
}

static void a_received_frame_is_held_back_too(void **state)
{
    (void)state;
    open_with("reorder rx n=1 1ms", 0);
    T_EQ(send(b, 0, 3, at(1)), 3);
    assert_string_equal(received(a, at(1)), "12");
    T_EQ(a->ops->deadline(a).ns, at(2).ns);
    assert_string_equal(received(a, at(2)), "0");
    T_EQ(a->rx_frames, 3);
    close_both();
}

/* Frames that were given out stay as they are until the next receive. */
static void more_are_due_than_fit(void **state)
{
    struct sf_frame two[2];

    (void)state;
    open_with("dup rx", 0);
    T_EQ(send(b, 0, 2, at(1)), 2);
    T_EQ(a->ops->rx(a, two, 2, at(1)), 2);
    T_TRUE(sf_time_before_eq(a->ops->deadline(a), at(1)));
    T_EQ(two[0].pieces[0].data[27], 0);
    T_EQ(two[1].pieces[0].data[27], 0);
    assert_string_equal(received(a, at(1)), "11");
    close_both();
}

/* One bit differs, and the checksum shows it although the link was to complete it. */
static void a_spoiled_frame_has_one_bit_wrong_and_a_full_checksum(void **state)
{
    struct made how = {.flags = MADE_ACK, .text_octets = 500};
    uint8_t other[2048];
    struct sf_frame want = made_received(&how, other);
    int wrong_sums = 0;

    (void)state;
    open_with("corrupt tx", 0);
    for (int round = 0; round < 50; round++) {
        struct sf_frame f = made_frame(&how, memory);
        struct sf_frame got[1];
        int bits = 0;

        T_EQ(a->ops->tx(a, &f, 1, at(1)), 1);
        T_EQ(b->ops->rx(b, got, 1, at(1)), 1);
        T_EQ(got[0].csum, SF_CSUM_FULL);
        T_EQ(got[0].octets, want.octets);
        for (uint32_t i = 0; i < want.octets; i++) {
            bits += __builtin_popcount(got[0].pieces[0].data[i] ^ want.pieces[0].data[i]);
        }
        T_EQ(bits, 1);
        T_EQ(memory[3], 3); /* the sender's own octets are whole */
        wrong_sums += made_sum(got[0].pieces[0].data, got[0].octets, false) != 0xffff;
    }
    /* The IP header's first 12 octets, 96 of 4,320 bits, are not in TCP's sum. */
    T_TRUE(wrong_sums > 40);
    close_both();
}

static void what_the_link_vouched_for_is_verified_once_spoiled(void **state)
{
    struct sf_frame f =
        made_received(&(struct made){.flags = MADE_ACK, .text_octets = 9}, memory);
    struct sf_frame got[1];

    (void)state;
    open_with("corrupt rx", 0);
    f.csum = SF_CSUM_VALID;
    T_EQ(b->ops->tx(b, &f, 1, at(1)), 1);
    T_EQ(a->ops->rx(a, got, 1, at(1)), 1);
    T_EQ(got[0].csum, SF_CSUM_FULL);
    close_both();
}

/* Room for two inside: the third is kept and decided once, the fourth has to wait. */
static void a_frame_meets_its_fate_once(void **state)
{
    (void)state;
    open_with("drop tx n=4", 2);
    T_EQ(send(a, 0, 5, at(1)), 3);
    T_EQ(a->ops->deadline(a).ns, at(2).ns); /* tried again after a millisecond */
    assert_string_equal(received(b, at(1)), "01");
    T_EQ(send(a, 3, 2, at(2)), 2); /* 2 goes first, then 3 is lost */
    assert_string_equal(received(b, at(2)), "24");
    T_EQ(a->tx_dropped, 1);
    T_TRUE(sf_time_is_never(a->ops->deadline(a)));
    close_both();
}

static void held_frames_go_with_the_link(void **state)
{
    (void)state;
    open_with("delay 1s", 0);
    T_EQ(send(a, 0, 5, at(1)), 5);
    T_EQ(send(b, 0, 5, at(1)), 5);
    assert_string_equal(received(a, at(1)), "");
    close_both();
}

/* 4,096 are held; what comes on top is lost as in a full queue. */
static void the_queue_has_an_end(void **state)
{
    (void)state;
    open_with("delay tx 1s", 0);
    for (int i = 0; i < 4096 / 8; i++) {
        T_EQ(send(a, 0, 8, at(1)), 8);
    }
    T_EQ(a->tx_dropped, 0);
    T_EQ(send(a, 0, 1, at(1)), 1);
    T_EQ(a->tx_dropped, 1);
    close_both();
}

static void a_wrong_rule_leaves_the_link_with_the_caller(void **state)
{
    size_t where = 0;

    (void)state;
    T_EQ(sf_pair_open(&(struct sf_pair){0}, &a, &b), SF_OK);
    {
        struct sf_link *wrapped = a;

        T_EQ(sf_fault_wrap(a, "drop tx; lose", 1, &wrapped, &where), SF_ERR_INVAL);
        T_TRUE(wrapped == NULL);
        T_EQ(where, 9);
    }
    close_both();
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_rules_nothing_changes),
        cmocka_unit_test(with_rules_a_frame_is_a_segment),
        cmocka_unit_test(the_third_is_dropped_each_way),
        cmocka_unit_test(a_duplicate_follows_its_original),
        cmocka_unit_test(what_is_held_back_is_overtaken_and_comes_to_the_nanosecond),
        cmocka_unit_test(a_received_frame_is_held_back_too),
        cmocka_unit_test(more_are_due_than_fit),
        cmocka_unit_test(a_spoiled_frame_has_one_bit_wrong_and_a_full_checksum),
        cmocka_unit_test(what_the_link_vouched_for_is_verified_once_spoiled),
        cmocka_unit_test(a_frame_meets_its_fate_once),
        cmocka_unit_test(held_frames_go_with_the_link),
        cmocka_unit_test(the_queue_has_an_end),
        cmocka_unit_test(a_wrong_rule_leaves_the_link_with_the_caller),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
