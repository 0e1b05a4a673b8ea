/* SPDX-License-Identifier: MIT
 *
 * tests/fuzz/merge.c - two captures that need have nothing to do with each other, or much.
 *
 * The input is segments of 16 octets: an octet that picks the place, the direction, the
 * connection and whether it is what the other place had last; flags; then numbers, lengths and
 * moments, close together, so that there are matches.
 */
#include "read_fuzz.h"

#include "watch/merge/merge.h"

enum { OCTETS = 16, PLACE = 1, TURN = 2, SAME = 4 };

static struct sf_seen segment(const uint8_t *p, uint32_t n)
{
    const uint8_t client = (uint8_t)(1 + (p[0] >> 4));
    const bool turn = (p[0] & TURN) != 0;
    struct sf_seen s = {
        .kind = SF_SEEN_SEGMENT,
        .n = n,
        .flags = p[1],
        .seq = {(uint32_t)(sf_get16(p + 2) - 32768)},
        .ack = {(uint32_t)(sf_get16(p + 4) - 32768)},
        .text_octets = sf_get16(p + 6) % 3000,
        .at_ns = (uint64_t)sf_get32(p + 8) * 1000,
        .wnd = p[12],
        .ip_id = p[13],
        .hop_limit = p[14],
        .tsval = p[15],
        .options = p[15] != 0 ? SF_OPT_TS : 0,
        .n_sack = p[15] & 1,
        .sack = {{{sf_get16(p + 2)}, {sf_get16(p + 4)}}},
        .whole = true,
    };

    s.from.addr = sf_addr_v4(10, 0, 0, turn ? 99 : client);
    s.to.addr = sf_addr_v4(10, 0, 0, turn ? client : 99);
    s.from.port = turn ? 80 : 5000;
    s.to.port = turn ? 5000 : 80;
    return s;
}

static void read_out(const struct sf_merge *merge)
{
    struct sf_merge_clock clock;
    struct sf_merge_pair pair;
    struct sf_merge_row row;
    size_t i = 0;

    if (sf_merge_clock(merge, &clock)) {
        HOLDS(clock.there + clock.back > 0);
    }
    for (uint32_t j = 0; j < sf_merge_pairs(merge); j++) {
        sf_merge_pair(merge, j, &pair);
        HOLDS(!(pair.only_a && pair.only_b));
    }
    while (sf_merge_row(merge, i, &row)) {
        HOLDS(row.pair < sf_merge_pairs(merge));
        HOLDS(row.n[0] != 0 || row.n[1] != 0);
        HOLDS((row.fate == SF_FATE_ARRIVED) == (row.n[0] != 0 && row.n[1] != 0));
        i++;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sf_merge *merge = sf_merge_new();
    struct sf_seen last = {.kind = SF_SEEN_NOTHING};
    uint32_t n[2] = {0, 0};

    HOLDS(merge != NULL);
    for (; size >= OCTETS; size -= OCTETS, data += OCTETS) {
        const unsigned place = data[0] & PLACE;
        struct sf_seen seen = segment(data, ++n[place]);

        if ((data[0] & SAME) != 0 && last.kind == SF_SEEN_SEGMENT) {
            const uint64_t at_ns = seen.at_ns;

            seen = last;
            seen.at_ns = at_ns;
            seen.n = n[place];
        }
        last = seen;
        HOLDS(sf_merge_take(merge, (enum sf_place)place, &seen) == SF_OK);
    }
    HOLDS(sf_merge_join(merge) == SF_OK);
    read_out(merge);
    sf_merge_free(merge);
    return 0;
}
