/* SPDX-License-Identifier: MIT
 *
 * tests/fuzz/conv.c - whatever segments follow one another: conversations, states, ladders.
 *
 * Ten octets are a segment: who sent it, its flags, small steps of its numbers, time.  Nothing
 * may crash; every conversation is told once; what is drawn ends.
 */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "synfin/ladder.h"
#include "watch/conv/table.h"
#include "watch/json.h"
#include "watch/ladder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t told;
static size_t written;

static void put(void *context, const char *text, size_t n)
{
    (void)context;
    (void)text;
    written += n;
}

static void tell(void *context, struct sf_conv *conv)
{
    struct sf_sink sink = {.put = put};
    struct sf_ladder *l = sf_conv_ladder(conv, conv->last_ns);
    struct sf_json j;

    (void)context;
    told++;
    if (l != NULL) {
        sf_ladder_draw(l, NULL, sink);
        sf_json_init(&j, sink);
        sf_ladder_element(&j, l, conv->id, false, SF_LANG_EN);
    }
}

/* Numbers near an edge that matters, and anywhere. */
static uint32_t number(uint8_t octet, uint32_t base)
{
    static const uint32_t far[] = {0x7fffffff, 0x80000000, 0x80000001, 0xffffffff};

    if (octet < 4) {
        return base + far[octet];
    }
    return base + (octet < 128 ? octet - 4U : (octet - 128U) * 700);
}

static void read_segment(const uint8_t *at, struct sf_seen *seen)
{
    bool back = (at[0] & 1) != 0;
    uint32_t base[2] = {0xffffff00, 5000};

    seen->from = (struct sf_endpoint){.addr = sf_addr_v4(10, 0, 0, 1), .port = 40000};
    seen->to = (struct sf_endpoint){.addr = sf_addr_v4(10, 0, 0, (at[0] >> 1 & 3) != 1),
                                    .port = (at[0] >> 1 & 3) == 2 ? 40000 : 80};
    if (back) {
        struct sf_endpoint other = seen->from;

        seen->from = seen->to;
        seen->to = other;
    }
    seen->kind = (at[0] & 0xf8) == 0xf8 ? SF_SEEN_ERROR : SF_SEEN_SEGMENT;
    seen->numbers = true;
    seen->icmp_type = 3;
    seen->icmp_code = at[9] & 7;
    seen->flags = at[1];
    seen->seq.v = number(at[2], base[back]);
    seen->ack.v = (at[1] & SF_ACK) != 0 ? number(at[3], base[!back]) : 0;
    seen->text_octets = at[4] < 128 ? at[4] : (at[4] - 128U) * 700;
    seen->at_ns += (uint64_t)at[5] * at[5] * 1000000;
    seen->wnd = (uint16_t)(at[6] * 100);
    seen->options = (uint16_t)(at[7] & (SF_OPT_TS | SF_OPT_WSCALE | SF_OPT_MSS));
    seen->wscale = at[7] >> 4;
    seen->mss = 1460;
    seen->tsval = at[8];
    seen->tsecr = at[9];
    seen->ip_id = at[8];
    seen->hop_limit = at[9] < 250 ? 64 : at[9];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sf_finder *finder = sf_finder_open();
    struct sf_convs_config config = {
        .finder = finder,
        .tell = tell,
        .max = size > 0 && (data[0] & 1) != 0 ? 1 : 0,
        .max_rows = 64,
        .rows = SF_CONVS_ROWS_OF_ALL,
    };
    struct sf_convs *convs = sf_convs_open(&config);
    struct sf_seen seen = {.at_ns = UINT64_C(1000000000)};

    SF_ASSERT(convs != NULL && finder != NULL);
    told = 0;
    for (size_t i = 1; i + 10 <= size; i += 10) {
        read_segment(data + i, &seen);
        seen.n++;
        sf_convs_take(convs, &seen);
    }
    sf_convs_finish(convs);
    SF_ASSERT(told == sf_convs_counts(convs)->begun);
    sf_convs_close(convs);
    sf_finder_close(finder);
    return 0;
}
