/* SPDX-License-Identifier: MIT
 *
 * tests/fuzz/wire_tcp.c - the TCP header and its options.
 */
#include "wire_fuzz.h"

#include "wire/tcp.h"

/* Both carry the same options with the same values. */
static void same_options(const struct sf_seg *a, const struct sf_seg *b)
{
    HOLDS(a->options == b->options);
    HOLDS((a->options & SF_OPT_MSS) == 0 || a->mss == b->mss);
    HOLDS((a->options & SF_OPT_WSCALE) == 0 || a->wscale == b->wscale);
    if ((a->options & SF_OPT_TS) != 0) {
        HOLDS(a->tsval == b->tsval && a->tsecr == b->tsecr);
    }
    if ((a->options & SF_OPT_FAST_OPEN) != 0) {
        HOLDS(a->fast_open_octets == b->fast_open_octets);
        HOLDS(a->fast_open_form == b->fast_open_form);
        HOLDS(memcmp(a->fast_open, b->fast_open, a->fast_open_octets) == 0);
    }
    if ((a->options & SF_OPT_SACK) != 0) {
        HOLDS(a->n_sack == b->n_sack);
        for (size_t i = 0; i < a->n_sack; i++) {
            HOLDS(a->sack[i].left.v == b->sack[i].left.v);
            HOLDS(a->sack[i].right.v == b->sack[i].right.v);
        }
    }
}

static void again(const struct sf_seg *seg, uint16_t sport, uint16_t dport)
{
    const size_t head = SF_TCP_HEAD + sf_tcp_options_octets(seg);
    uint8_t *p = malloc(head);
    struct sf_seg fits = *seg;
    struct sf_seg back;
    uint16_t sport_back = 0;
    uint16_t dport_back = 0;

    HOLDS(p != NULL && head <= SF_TCP_HEAD_MAX && head % 4 == 0);
    HOLDS(sf_tcp_build(p, head, seg, sport, dport) == head);
    HOLDS(sf_tcp_parse(p, head, &back, &sport_back, &dport_back) == SF_PASS);
    HOLDS(sport_back == sport && dport_back == dport);
    HOLDS(back.seq.v == seg->seq.v && back.flags == seg->flags && back.wnd == seg->wnd);
    HOLDS(back.ack.v == ((seg->flags & SF_ACK) != 0 ? seg->ack.v : 0));
    HOLDS(back.urg == ((seg->flags & SF_URG) != 0 ? seg->urg : 0));
    if ((seg->options & SF_OPT_FAST_OPEN) != 0 && (back.options & SF_OPT_UTO) == 0) {
        /* What was written close together may not fit with what pads it: the last goes. */
        fits.options = (uint8_t)(fits.options & ~SF_OPT_UTO);
    }
    same_options(&fits, &back);
    free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *p = exactly(data, size);
    struct sf_seg seg = {0}; /* its layout, which parsing does not set, too */
    uint16_t sport = 0;
    uint16_t dport = 0;
    const enum sf_verdict why = sf_tcp_parse(p, size, &seg, &sport, &dport);

    if (why == SF_PASS) {
        struct sf_seg slowly = {.flags = seg.flags};
        const size_t head = size - seg.text_octets;

        HOLDS(within(seg.text, seg.text_octets, p, size) && seg.text == p + head);
        /* The fast way and the general one agree. */
        HOLDS(sf_tcp_options_parse(p + SF_TCP_HEAD, head - SF_TCP_HEAD, &slowly));
        same_options(&seg, &slowly);
        /* Four SACK blocks fit beside timestamps only in a header of more than 60 octets. */
        HOLDS((seg.options & SF_OPT_TS) == 0 || seg.n_sack < SF_SACK_BLOCKS);
        again(&seg, sport, dport);
    }
    free(p);
    return 0;
}
