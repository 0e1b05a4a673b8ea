/* SPDX-License-Identifier: MIT
 *
 * watch/read/pcapfile.c - the pcap format (draft-ietf-opsawg-pcap), either byte order, micro-
 * and nanoseconds.
 *
 *   head:   magic 4, major 2, minor 2, zone 4, accuracy 4, snap length 4, link type 4
 *   packet: seconds 4, micro- or nanoseconds 4, captured 4, length 4, octets
 */
#include "watch/read/reader.h"

#include "base/time.h"

enum {
    HEAD = 24,
    PACKET_HEAD = 16,
    PATCHED_HEAD = 24,          /* of the format that some old Linux wrote: 8 more octets */
    LINKTYPE_MASK = 0x03ffffff, /* above it stands the length of the check sequence */
};

#define MAGIC_US      0xa1b2c3d4u
#define MAGIC_NS      0xa1b23c4du
#define MAGIC_PATCHED 0xa1b2cd34u

bool sf_pcapfile_is(uint32_t magic)
{
    const uint32_t other = __builtin_bswap32(magic);

    return magic == MAGIC_US || magic == MAGIC_NS || magic == MAGIC_PATCHED ||
           other == MAGIC_US || other == MAGIC_NS || other == MAGIC_PATCHED;
}

static enum sf_err pcap_next(struct sf_capture *capture, struct sf_packet *packet)
{
    const uint32_t head = capture->pcap_head;
    const uint8_t *p = sf_source_peek(&capture->source, head);
    uint32_t captured = 0;
    uint32_t length = 0;

    if (p == NULL) {
        return sf_reader_dry(capture, "the head of packet",
                             sf_source_held(&capture->source) != 0);
    }
    captured = sf_reader_32(capture, p + 8);
    length = sf_reader_32(capture, p + 12);
    if (capture->pcap_old && captured > length) {
        const uint32_t swap = captured;

        captured = length;
        length = swap;
    }
    if (captured > SF_PACKET_MOST) {
        return sf_reader_end(capture, SF_CAPTURE_BAD,
                             "packet %llu claims %u octets: the file is damaged there",
                             (unsigned long long)capture->counts.packets + 1, captured);
    }
    p = sf_source_peek(&capture->source, (size_t)head + captured);
    if (p == NULL) {
        return sf_reader_dry(capture, "packet", true);
    }
    packet->at_ns = sf_reader_32(capture, p) * SF_NS_PER_S +
                    (uint64_t)sf_reader_32(capture, p + 4) * capture->pcap_ns;
    packet->octets = p + head;
    packet->captured = captured;
    packet->length = length > captured ? length : captured;
    packet->interface = 0;
    packet->linktype = capture->interfaces[0].shown.linktype;
    packet->way = SF_WAY_UNKNOWN;
    packet->timed = true;
    packet->comment = NULL;
    packet->comment_octets = 0;
    sf_source_take(&capture->source, (size_t)head + captured);
    return SF_OK;
}

enum sf_err sf_pcapfile_begin(struct sf_capture *capture, uint32_t magic)
{
    const uint8_t *p = sf_source_peek(&capture->source, HEAD);
    struct sf_reader_interface *interface = NULL;
    uint16_t major = 0;
    uint16_t minor = 0;

    if (p == NULL) {
        return sf_reader_dry(capture, "the file's head", true);
    }
    capture->swapped = magic != MAGIC_US && magic != MAGIC_NS && magic != MAGIC_PATCHED;
    magic = capture->swapped ? __builtin_bswap32(magic) : magic;
    major = sf_reader_16(capture, p + 4);
    minor = sf_reader_16(capture, p + 6);
    if (major != 2) {
        return sf_reader_end(capture, SF_CAPTURE_BAD, "a pcap file of version %u.%u, not 2.4",
                             major, minor);
    }
    interface = sf_reader_add(capture);
    if (interface == NULL) {
        return SF_ERR_EOF;
    }
    interface->shown.snap = sf_reader_32(capture, p + 16);
    interface->shown.linktype = sf_reader_32(capture, p + 20) & LINKTYPE_MASK;
    capture->pcap_ns = magic == MAGIC_NS ? 1 : 1000;
    capture->pcap_head = magic == MAGIC_PATCHED ? PATCHED_HEAD : PACKET_HEAD;
    /* Up to 2.2 the two lengths stood the other way round; programs differ on 2.3. */
    capture->pcap_old = minor <= 3;
    capture->next = pcap_next;
    sf_source_take(&capture->source, HEAD);
    return SF_OK;
}
