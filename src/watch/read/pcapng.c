/* SPDX-License-Identifier: MIT
 *
 * watch/read/pcapng.c - the pcapng format (draft-ietf-opsawg-pcapng).
 *
 *   block: type 4, length 4, body, options, length 4 again; the length counts all of it
 *
 * Sections may differ in byte order, and each counts its interfaces anew.  Blocks that are not
 * about packets are passed over.
 */
#include "watch/read/reader.h"

#include <string.h>

#include "base/time.h"

enum {
    BLOCK_SECTION = 0x0a0d0d0a, /* the same in either order */
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 2, /* obsolete */
    BLOCK_SIMPLE = 3,
    BLOCK_ENHANCED = 6,

    OPTION_END = 0,
    OPTION_COMMENT = 1,
    OPTION_FLAGS = 2,      /* of a packet */
    OPTION_NAME = 2,       /* of an interface */
    OPTION_RESOLUTION = 9, /* of an interface */
    OPTION_BASE = 14,      /* of an interface */

    BLOCK_LEAST = 12,     /* type and both lengths */
    SECTION_LEAST = 28,   /* and byte order, version, section's length */
    INTERFACE_LEAST = 20, /* and link type, snap length */
    PACKET_LEAST = 32,    /* and interface, time, lengths */
    SIMPLE_LEAST = 16,    /* and length */
};

#define ORDER_MAGIC 0x1a2b3c4du

/* More than the largest packet, its comments and what is around. */
#define BLOCK_MOST (SF_PACKET_MOST + 512u * 1024)

struct block {
    const uint8_t *p; /* from the type on */
    uint32_t type;
    uint32_t octets; /* all of it, from the length that it states */
};

static uint32_t padded(uint32_t n)
{
    return (n + 3) & ~(uint32_t)3;
}

static enum sf_err bad(struct sf_capture *capture, const char *what)
{
    (void)sf_reader_end(capture, SF_CAPTURE_BAD,
                        "%s after packet %llu: the file is damaged there", what,
                        (unsigned long long)capture->counts.packets);
    return SF_ERR_EOF;
}

/* No more octets come; within says whether of this block some did. */
static enum sf_err dry(struct sf_capture *capture, bool within)
{
    (void)sf_reader_dry(capture, "the block after packet", within);
    return SF_ERR_EOF;
}

/* The same, where what was looked for is still held as far as it came. */
static enum sf_err dry_here(struct sf_capture *capture)
{
    return dry(capture, sf_source_held(&capture->source) != 0);
}

/* Go through the options in [at, end) of a block; the next one of a kind, or null. */
static const uint8_t *option(const struct sf_capture *capture, const uint8_t **at,
                             const uint8_t *end, uint16_t *kind, uint16_t *octets)
{
    const uint8_t *value = *at + 4;

    if (end - *at < 4) {
        return NULL;
    }
    *kind = sf_reader_16(capture, *at);
    *octets = sf_reader_16(capture, *at + 2);
    if (*kind == OPTION_END || (size_t)(end - value) < *octets) {
        return NULL;
    }
    *at = (size_t)(end - value) < padded(*octets) ? end : value + padded(*octets);
    return value;
}

/* if_tsresol: ticks are 10^-n s, or, with the top bit, 2^-n s. */
static bool resolution(struct sf_reader_interface *interface, uint8_t value)
{
    const uint8_t n = value & 0x7f;

    interface->finer = false;
    interface->binary = 0;
    interface->unit = 1;
    if ((value & 0x80) != 0) {
        /* 2^0: decimal 10^0 is the same. */
        interface->binary = n;
        if (n != 0) {
            return n < 64;
        }
    }
    if (n > 18) {
        return false;
    }
    interface->finer = n > 9;
    for (int i = n < 9 ? n : 9; i < (n < 9 ? 9 : n); i++) {
        interface->unit *= 10;
    }
    return true;
}

static uint64_t binary_ns(uint64_t ticks, unsigned bits)
{
    /* Below 2^-32 s, a quarter of a nanosecond, nothing is of use, and all fits. */
    const unsigned excess = bits > 32 ? bits - 32 : 0;
    const unsigned kept = bits - excess;
    const uint64_t fraction = (ticks >> excess) & ((UINT64_C(1) << kept) - 1);

    return (ticks >> bits) * SF_NS_PER_S + (fraction * SF_NS_PER_S >> kept);
}

static uint64_t since_1970(const struct sf_reader_interface *interface, uint64_t ticks)
{
    uint64_t ns = ticks;

    if (interface->binary != 0) {
        ns = binary_ns(ticks, interface->binary);
    } else if (interface->finer) {
        ns = ticks / interface->unit;
    } else {
        ns = ticks * interface->unit;
    }
    return ns + (uint64_t)interface->base_s * SF_NS_PER_S;
}

/* One option of an interface; false if it makes no sense. */
static bool interface_option(const struct sf_capture *capture, uint16_t kind,
                             const uint8_t *value, uint16_t octets,
                             struct sf_reader_interface *interface)
{
    const size_t room = sizeof(interface->shown.name) - 1;

    if (kind == OPTION_NAME) {
        memcpy(interface->shown.name, value, octets < room ? octets : room);
    } else if (kind == OPTION_RESOLUTION && octets == 1) {
        return resolution(interface, value[0]);
    } else if (kind == OPTION_BASE && octets == 8) {
        interface->base_s = (int64_t)sf_reader_64(capture, value);
    }
    return true;
}

static enum sf_err add_interface(struct sf_capture *capture, const struct block *block)
{
    struct sf_reader_interface *interface = NULL;
    const uint8_t *at = block->p + 16;
    const uint8_t *end = block->p + block->octets - 4;
    const uint8_t *value = NULL;
    uint16_t kind = 0;
    uint16_t octets = 0;
    bool sense = true;

    if (block->octets < INTERFACE_LEAST) {
        return bad(capture, "an interface too short");
    }
    interface = sf_reader_add(capture);
    if (interface == NULL) {
        return SF_ERR_EOF;
    }
    interface->shown.linktype = sf_reader_16(capture, block->p + 8);
    interface->shown.snap = sf_reader_32(capture, block->p + 12);
    (void)resolution(interface, 6);
    while (sense && (value = option(capture, &at, end, &kind, &octets)) != NULL) {
        sense = interface_option(capture, kind, value, octets, interface);
    }
    return sense ? SF_OK : bad(capture, "a resolution of time that makes no sense");
}

static void packet_options(struct sf_capture *capture, const uint8_t *at, const uint8_t *end,
                           struct sf_packet *packet)
{
    const uint8_t *value = NULL;
    uint16_t kind = 0;
    uint16_t octets = 0;

    while ((value = option(capture, &at, end, &kind, &octets)) != NULL) {
        if (kind == OPTION_COMMENT && packet->comment == NULL) {
            packet->comment = (const char *)value;
            packet->comment_octets = octets;
        } else if (kind == OPTION_FLAGS && octets == 4) {
            const uint32_t way = sf_reader_32(capture, value) & 3;

            packet->way = way == 1 ? SF_WAY_IN : way == 2 ? SF_WAY_OUT : SF_WAY_UNKNOWN;
        }
    }
}

/* What the two kinds of packet blocks with time share, from its high half on. */
static enum sf_err timed_packet(struct sf_capture *capture, const struct block *block,
                                uint32_t number, struct sf_packet *packet)
{
    const struct sf_reader_interface *interface = NULL;
    const uint8_t *p = block->p;
    const uint32_t captured = sf_reader_32(capture, p + 20);
    const uint32_t length = sf_reader_32(capture, p + 24);
    const uint64_t ticks =
        (uint64_t)sf_reader_32(capture, p + 12) << 32 | sf_reader_32(capture, p + 16);

    if (number >= capture->n_interfaces - capture->section) {
        return bad(capture, "a packet of an interface that was not described");
    }
    if (captured > block->octets - PACKET_LEAST) {
        return bad(capture, "a packet longer than its block");
    }
    interface = &capture->interfaces[capture->section + number];
    packet->at_ns = since_1970(interface, ticks);
    packet->octets = p + 28;
    packet->captured = captured;
    packet->length = length > captured ? length : captured;
    packet->interface = capture->section + number;
    packet->linktype = interface->shown.linktype;
    packet->way = SF_WAY_UNKNOWN;
    packet->timed = true;
    packet->comment = NULL;
    packet->comment_octets = 0;
    if (block->octets - PACKET_LEAST > padded(captured)) {
        packet_options(capture, p + 28 + padded(captured), p + block->octets - 4, packet);
    }
    return SF_OK;
}

static enum sf_err simple_packet(struct sf_capture *capture, const struct block *block,
                                 struct sf_packet *packet)
{
    const struct sf_reader_interface *interface = NULL;
    const uint32_t length = sf_reader_32(capture, block->p + 8);
    const uint32_t room = block->octets - SIMPLE_LEAST;
    uint32_t captured = length < room ? length : room;

    if (capture->n_interfaces == capture->section) {
        return bad(capture, "a packet of an interface that was not described");
    }
    interface = &capture->interfaces[capture->section];
    if (interface->shown.snap != 0 && interface->shown.snap < captured) {
        captured = interface->shown.snap;
    }
    *packet = (struct sf_packet){
        .octets = block->p + 12,
        .captured = captured,
        .length = length,
        .interface = capture->section,
        .linktype = interface->shown.linktype,
    };
    return SF_OK;
}

/* A section begins: its byte order goes before everything else in it. */
static enum sf_err begin_section(struct sf_capture *capture)
{
    const uint8_t *p = sf_source_peek(&capture->source, SECTION_LEAST - 4);
    uint32_t octets = 0;
    uint32_t order = 0;

    if (p == NULL) {
        return dry_here(capture);
    }
    memcpy(&order, p + 8, sizeof(order));
    if (order != ORDER_MAGIC && order != __builtin_bswap32(ORDER_MAGIC)) {
        return bad(capture, "a section without byte order");
    }
    capture->swapped = order != ORDER_MAGIC;
    octets = sf_reader_32(capture, p + 4);
    if (octets < SECTION_LEAST || octets % 4 != 0) {
        return bad(capture, "a section too short");
    }
    if (sf_reader_16(capture, p + 12) != 1) {
        return sf_reader_end(capture, SF_CAPTURE_BAD, "pcapng of version %u, not 1",
                             sf_reader_16(capture, p + 12));
    }
    capture->section = capture->n_interfaces;
    return sf_source_skip(&capture->source, octets) ? SF_OK : dry(capture, true);
}

static bool is_wanted(uint32_t type)
{
    return type == BLOCK_ENHANCED || type == BLOCK_SIMPLE || type == BLOCK_PACKET ||
           type == BLOCK_INTERFACE;
}

/* Go over a block of no interest, of any length. */
static enum sf_err pass_over(struct sf_capture *capture, const struct block *block)
{
    if (block->type == BLOCK_SECTION) {
        return begin_section(capture);
    }
    return sf_source_skip(&capture->source, block->octets) ? SF_OK : dry(capture, true);
}

/* Where the next block that has meaning begins. */
static enum sf_err find_block(struct sf_capture *capture, struct block *block)
{
    const uint8_t *p = NULL;
    enum sf_err err = SF_OK;

    *block = (struct block){.p = NULL};
    while (err == SF_OK && (p = sf_source_peek(&capture->source, 8)) != NULL) {
        block->type = sf_reader_32(capture, p);
        block->octets = sf_reader_32(capture, p + 4);
        if (block->type != BLOCK_SECTION &&
            (block->octets < BLOCK_LEAST || block->octets % 4 != 0)) {
            return bad(capture, "a block of a length that makes no sense");
        }
        if (is_wanted(block->type)) {
            return SF_OK;
        }
        err = pass_over(capture, block);
    }
    return err == SF_OK ? dry_here(capture) : err;
}

/* The next block that has meaning, in one piece. */
static enum sf_err next_block(struct sf_capture *capture, struct block *block)
{
    enum sf_err err = find_block(capture, block);

    if (err != SF_OK) {
        return err;
    }
    if (block->octets > BLOCK_MOST) {
        return bad(capture, "a block of more than 16 MiB");
    }
    block->p = sf_source_peek(&capture->source, block->octets);
    if (block->p == NULL) {
        return dry_here(capture);
    }
    if (sf_reader_32(capture, block->p + block->octets - 4) != block->octets) {
        return bad(capture, "a block whose two lengths differ");
    }
    return SF_OK;
}

static enum sf_err pcapng_next(struct sf_capture *capture, struct sf_packet *packet)
{
    struct block block;
    enum sf_err err = next_block(capture, &block);

    while (err == SF_OK && block.type == BLOCK_INTERFACE) {
        err = add_interface(capture, &block);
        if (err == SF_OK) {
            sf_source_take(&capture->source, block.octets);
            err = next_block(capture, &block);
        }
    }
    if (err != SF_OK) {
        return err;
    }
    if (block.octets < (block.type == BLOCK_SIMPLE ? SIMPLE_LEAST : PACKET_LEAST)) {
        return bad(capture, "a packet's block too short");
    }
    if (block.type == BLOCK_SIMPLE) {
        err = simple_packet(capture, &block, packet);
    } else {
        err = timed_packet(capture, &block,
                           block.type == BLOCK_ENHANCED ? sf_reader_32(capture, block.p + 8)
                                                        : sf_reader_16(capture, block.p + 8),
                           packet);
    }
    sf_source_take(&capture->source, block.octets);
    return err;
}

/* Up to the first interface, so that a filter can be told for which link type it is.  Not
 * further: a pipe may have nothing to say for long. */
enum sf_err sf_pcapng_begin(struct sf_capture *capture)
{
    struct block block;
    enum sf_err err = begin_section(capture);

    if (err != SF_OK) {
        return err;
    }
    capture->next = pcapng_next;
    if (find_block(capture, &block) == SF_OK && block.type == BLOCK_INTERFACE &&
        next_block(capture, &block) == SF_OK && add_interface(capture, &block) == SF_OK) {
        sf_source_take(&capture->source, block.octets);
    }
    /* What is wrong behind a good head is told when packets are asked for. */
    return SF_OK;
}
