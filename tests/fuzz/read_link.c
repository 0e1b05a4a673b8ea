/* SPDX-License-Identifier: MIT
 *
 * tests/fuzz/read_link.c - packets of every link type, one after the other, fragments too.
 *
 * The input is packets: an octet that picks the link type, two with how many octets follow, one
 * with how many of those at the end were cut off by the snap length.
 */
#include "read_fuzz.h"

static const uint32_t linktypes[] = {
    SF_LINKTYPE_NULL,
    SF_LINKTYPE_ETHERNET,
    SF_LINKTYPE_PPP,
    SF_LINKTYPE_RAW_BSD,
    SF_LINKTYPE_RAW_OPENBSD,
    SF_LINKTYPE_RAW,
    SF_LINKTYPE_LOOP,
    SF_LINKTYPE_LINUX_SLL,
    SF_LINKTYPE_IPV4,
    SF_LINKTYPE_IPV6,
    SF_LINKTYPE_LINUX_SLL2,
    50,
    51,
    147,
};

#define N_LINKTYPES (sizeof(linktypes) / sizeof(linktypes[0]))

static void one(struct sf_dissector *dissector, const struct sf_packet *packet, uint32_t cut)
{
    struct sf_packet copy = *packet;
    struct sf_seen seen;
    enum sf_seen_kind kind = SF_SEEN_NOTHING;

    copy.captured = cut < packet->length ? packet->length - cut : 0;
    copy.octets = exactly(packet->octets, copy.captured);
    kind = sf_dissect(dissector, &copy, &seen);
    if (kind == SF_SEEN_SEGMENT || kind == SF_SEEN_ERROR) {
        (void)look(&seen);
        HOLDS(seen.n == packet->n);
    }
    free((void *)(uintptr_t)copy.octets);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sf_dissector *dissector = sf_dissector_new();
    struct sf_packet packet = {.timed = true};
    struct sf_seen seen;

    HOLDS(dissector != NULL);
    while (size >= 4) {
        const uint32_t cut = data[3];

        packet.linktype = linktypes[data[0] % N_LINKTYPES];
        packet.length = sf_get16(data + 1);
        packet.octets = data + 4;
        size -= 4;
        if (packet.length > size) {
            packet.length = (uint32_t)size;
        }
        packet.n++;
        packet.at_ns += 1000000000;
        one(dissector, &packet, cut);
        while (sf_dissect_rest(dissector, packet.at_ns, &seen)) {
            (void)look(&seen);
        }
        data = packet.octets + packet.length;
        size -= packet.length;
    }
    while (sf_dissect_rest(dissector, UINT64_MAX, &seen)) {
        (void)look(&seen);
        HOLDS(!seen.whole);
    }
    sf_dissector_free(dissector);
    return 0;
}
