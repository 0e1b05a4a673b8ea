/* SPDX-License-Identifier: MIT
 *
 * tests/unit/link/pair.c - two links in memory.
 */
#include "t.h"

#include "base/time.h"
#include "made.h"
#include "synfin/link.h"

static uint8_t memory[2048];
static struct sf_link *a, *b;
static const sf_time now = {1000};

static void open_pair(const struct sf_pair *how)
{
    T_EQ(sf_pair_open(how, &a, &b), SF_OK);
}

static void close_pair(void)
{
    sf_link_close(a);
    sf_link_close(b);
}

static size_t send(struct sf_link *link, const struct made *how)
{
    struct sf_frame f = made_frame(how, memory);

    return link->ops->tx(link, &f, 1, now);
}

static void a_frame_arrives_whole_at_the_other_end(void **state)
{
    struct made how = {.flags = MADE_ACK, .text_octets = 300, .seq = 7};
    struct sf_frame got[4];
    uint8_t other[2048];
    struct sf_frame want = made_received(&how, other);

    (void)state;
    open_pair(&(struct sf_pair){0});
    T_EQ(a->mtu, 1500);
    T_EQ(a->ops->deadline(b).ns, UINT64_MAX);
    T_EQ(a->ops->fd(a), -1);
    T_EQ(send(a, &how), 1);
    T_EQ(a->ops->rx(a, got, 4, now), 0);
    T_TRUE(sf_time_before_eq(b->ops->deadline(b), now));
    T_EQ(b->ops->rx(b, got, 4, now), 1);
    T_EQ(got[0].octets, want.octets);
    T_EQ(got[0].head_octets, 0);
    T_EQ(got[0].n_pieces, 1);
    T_EQ(got[0].pieces[0].octets, want.octets);
    T_EQ(got[0].csum, SF_CSUM_PARTIAL);
    T_EQ(got[0].csum_start, 20);
    T_EQ(got[0].csum_offset, 16);
    T_MEM(got[0].pieces[0].data, want.pieces[0].data, 36); /* up to the checksum */
    T_MEM(got[0].pieces[0].data + 40, want.pieces[0].data + 40, 300);
    T_EQ(a->tx_frames, 1);
    T_EQ(b->rx_frames, 1);
    T_TRUE(sf_time_is_never(b->ops->deadline(b)));
    T_EQ(sf_link_flush(a), SF_OK);
    close_pair();
}

static void both_stations_have_their_address(void **state)
{
    static const uint8_t one[6] = {2, 0, 0, 0, 0, 1};
    static const uint8_t two[6] = {2, 0, 0, 0, 0, 2};

    (void)state;
    open_pair(&(struct sf_pair){.ethernet = 1, .mtu = 9000, .caps = SF_LINK_CSUM_TX});
    T_EQ(a->ethernet, 1);
    T_EQ(b->mtu, 9000);
    T_EQ(b->caps, SF_LINK_CSUM_TX);
    T_MEM(a->mac, one, 6);
    T_MEM(b->mac, two, 6);
    close_pair();
}

/* Room for three: the fourth has to wait until the receiver is done with the first, which
 * it says by receiving again. */
static void a_full_queue_takes_no_more_and_loses_nothing(void **state)
{
    struct sf_frame got[2];
    struct sf_frame sent[4];

    (void)state;
    open_pair(&(struct sf_pair){.frames = 3});
    for (uint32_t i = 0; i < 4; i++) {
        sent[i] = made_frame(&(struct made){.seq = i}, memory);
    }
    T_EQ(a->ops->tx(a, sent, 4, now), 3);
    T_EQ(b->ops->rx(b, got, 2, now), 2);
    T_EQ(a->ops->tx(a, sent + 3, 1, now), 0);
    T_EQ(got[1].pieces[0].data[27], 1); /* untouched: its sequence number's last octet */
    T_EQ(b->ops->rx(b, got, 2, now), 1);
    T_EQ(a->ops->tx(a, sent + 3, 1, now), 1);
    T_EQ(got[0].pieces[0].data[27], 2);
    T_EQ(b->ops->rx(b, got, 2, now), 1);
    T_EQ(got[0].pieces[0].data[27], 3);
    T_EQ(a->tx_dropped, 0);
    close_pair();
}

static void order_holds_over_many_rounds(void **state)
{
    uint32_t sent = 0;
    uint32_t seen = 0;

    (void)state;
    open_pair(&(struct sf_pair){.frames = 5});
    while (seen < 200) {
        struct sf_frame got[4];
        size_t n = 0;

        for (uint32_t i = 0; i < 1 + sent % 3; i++) {
            sent += (uint32_t)send(a, &(struct made){.seq = sent, .text_octets = 9});
        }
        n = b->ops->rx(b, got, 1 + seen % 4, now);
        for (size_t i = 0; i < n; i++, seen++) {
            T_EQ_ROW(seen, got[i].pieces[0].data[27], seen);
            T_EQ_ROW(seen, got[i].octets, 49); /* 20 + 20 + 9 */
        }
    }
    close_pair();
}

static void a_frame_too_long_for_the_link_is_lost(void **state)
{
    struct sf_frame got[2];

    (void)state;
    open_pair(&(struct sf_pair){.mtu = 600});
    T_EQ(send(a, &(struct made){.text_octets = 601}),
         1); /* 641: over 600 + 14, rounded to 640 */
    T_EQ(a->tx_dropped, 1);
    T_EQ(send(a, &(struct made){.text_octets = 560}), 1); /* 600 */
    T_EQ(b->ops->rx(b, got, 2, now), 1);
    close_pair();
}

static void a_super_segment_passes_whole(void **state)
{
    static uint8_t text[60000];
    struct sf_frame f = made_frame(&(struct made){.flags = MADE_ACK}, memory);
    struct sf_frame got[1];

    (void)state;
    open_pair(&(struct sf_pair){.caps = SF_LINK_CSUM_TX | SF_LINK_TSO4});
    text[59999] = 77;
    f.gso_octets = 1460;
    f.n_pieces = 2;
    f.pieces[0] = (struct sf_piece){text, 30000};
    f.pieces[1] = (struct sf_piece){text + 30000, 30000};
    f.octets = 60040;
    T_EQ(a->ops->tx(a, &f, 1, now), 1);
    T_EQ(b->ops->rx(b, got, 1, now), 1);
    T_EQ(got[0].gso_octets, 1460);
    T_EQ(got[0].octets, 60040);
    T_EQ(got[0].pieces[0].data[60039], 77);
    close_pair();
}

static void what_is_sent_to_a_closed_end_is_lost(void **state)
{
    (void)state;
    open_pair(&(struct sf_pair){.frames = 1});
    sf_link_close(b);
    T_EQ(send(a, &(struct made){0}), 1);
    T_EQ(send(a, &(struct made){0}), 1);
    T_EQ(a->tx_dropped, 2);
    sf_link_close(a);
    sf_link_close(NULL);
}

static void limits_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    T_EQ(sf_pair_open(&(struct sf_pair){.mtu = 65536}, &a, &b), SF_ERR_INVAL);
    T_EQ(sf_pair_open(&(struct sf_pair){.frames = (1u << 20) + 1}, &a, &b), SF_ERR_INVAL);
    T_TRUE(a == NULL && b == NULL);
    T_EQ(sf_pair_open(&(struct sf_pair){.mtu = 65535}, &a, &b), SF_OK);
    close_pair();
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_arrives_whole_at_the_other_end),
        cmocka_unit_test(both_stations_have_their_address),
        cmocka_unit_test(a_full_queue_takes_no_more_and_loses_nothing),
        cmocka_unit_test(order_holds_over_many_rounds),
        cmocka_unit_test(a_frame_too_long_for_the_link_is_lost),
        cmocka_unit_test(a_super_segment_passes_whole),
        cmocka_unit_test(what_is_sent_to_a_closed_end_is_lost),
        cmocka_unit_test(limits_that_make_no_sense_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
