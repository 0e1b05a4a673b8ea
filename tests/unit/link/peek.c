/* SPDX-License-Identifier: MIT
 *
 * tests/unit/link/peek.c - as much of a frame's headers as a filter asks for.
 */
#include "t.h"

#include "base/bytes.h"
#include "link/frame.h"
#include "link/peek.h"
#include "made.h"

static uint8_t memory[2048];

static void flags_and_text_are_found_wherever_the_header_lies(void **state)
{
    static const struct made rows[] = {
        {.flags = MADE_SYN},
        {.flags = MADE_FIN | MADE_ACK, .text_octets = 1},
        {.flags = MADE_ACK | MADE_PSH, .text_octets = 1460, .ethernet = true},
        {.family = SF_IPV6, .flags = MADE_RST},
        {.family = SF_IPV6, .flags = MADE_ACK, .text_octets = 7, .ethernet = true},
        {.flags = MADE_ACK, .ethernet = true, .padding = 6}, /* 54 octets, padded to 60 */
        {.flags = 0xff},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct sf_frame frames[2] = {made_frame(&rows[i], memory), {0}};

        for (int j = 0; j < 2; j++) {
            struct sf_peek seen = sf_peek(&frames[j], rows[i].ethernet);

            T_EQ_ROW(i, seen.family, rows[i].family == SF_IPV6 ? SF_IPV6 : SF_IPV4);
            T_EQ_ROW(i, seen.tcp, true);
            T_EQ_ROW(i, seen.flags, rows[i].flags);
            T_EQ_ROW(i, seen.text_octets, rows[i].text_octets);
            frames[1] = made_received(&rows[i], memory);
        }
    }
}

/* Of a frame cut after n octets: with the last octet of the TCP header, and without. */
static void a_header_cut_short_is_not_there(void **state)
{
    struct made how = {.flags = MADE_ACK, .text_octets = 10};

    (void)state;
    for (uint32_t n = 0; n < 50; n++) {
        struct sf_frame f = made_received(&how, memory);

        f.octets = f.pieces[0].octets = n;
        T_EQ_ROW(n, sf_peek(&f, false).tcp, n >= 40); /* 20 + 20 */
        T_EQ_ROW(n, sf_peek(&f, false).family, n >= 1 ? SF_IPV4 : SF_UNSPEC);
        (void)sf_peek(&f, true);
    }
}

static void only_the_first_fragment_has_a_tcp_header(void **state)
{
    struct made how = {.flags = MADE_ACK, .text_octets = 10};
    struct sf_frame f = made_received(&how, memory);

    (void)state;
    sf_put16(memory + 6, 0x2000); /* more fragments, offset 0 */
    T_TRUE(sf_peek(&f, false).tcp);
    sf_put16(memory + 6, 0x0001); /* offset 8 */
    T_FALSE(sf_peek(&f, false).tcp);
    T_EQ(sf_peek(&f, false).family, SF_IPV4);
}

/* RFC 8200 s4: hop-by-hop options, a fragment header, then TCP. */
static void extension_headers_are_passed(void **state)
{
    struct made how = {.family = SF_IPV6, .flags = MADE_SYN, .text_octets = 3};
    struct sf_frame f = made_received(&how, memory);
    uint8_t longer[2048] = {0};

    (void)state;
    memcpy(longer, memory, 40);
    memcpy(longer + 40 + 16 + 8, memory + 40, 23);
    longer[6] = 0;            /* hop-by-hop */
    longer[40] = 44;          /* then a fragment header */
    longer[41] = 1;           /* (1 + 1) * 8 octets */
    longer[40 + 16] = 6;      /* then TCP */
    sf_put16(longer + 4, 47); /* 16 + 8 + 20 + 3 */
    f.octets = f.pieces[0].octets = 87;
    f.pieces[0].data = longer;
    T_TRUE(sf_peek(&f, false).tcp);
    T_EQ(sf_peek(&f, false).flags, MADE_SYN);
    T_EQ(sf_peek(&f, false).text_octets, 3);

    sf_put16(longer + 40 + 16 + 2, 8); /* a later fragment */
    T_FALSE(sf_peek(&f, false).tcp);
    sf_put16(longer + 40 + 16 + 2, 0);
    longer[41] = 255; /* an option that leads beyond the packet */
    T_FALSE(sf_peek(&f, false).tcp);
    longer[41] = 1;
    longer[40] = 50; /* ESP: nobody knows what follows */
    T_FALSE(sf_peek(&f, false).tcp);
}

static void what_is_no_ip_packet_has_no_family(void **state)
{
    struct made how = {.flags = MADE_ACK, .ethernet = true};
    struct sf_frame f = made_received(&how, memory);

    (void)state;
    sf_put16(memory + 12, 0x0806);
    T_EQ(sf_peek(&f, true).family, SF_UNSPEC);
    T_FALSE(sf_peek(&f, true).tcp);
    sf_put16(memory + 12, 0x0800);
    memory[14 + 9] = 17;
    T_EQ(sf_peek(&f, true).family, SF_IPV4);
    T_FALSE(sf_peek(&f, true).tcp);
}

static void a_partial_checksum_is_completed_in_place(void **state)
{
    static const struct made rows[] = {
        {.flags = MADE_ACK, .text_octets = 8},
        {.flags = MADE_ACK, .text_octets = 9}, /* an odd octet at the end */
        {.family = SF_IPV6, .flags = MADE_SYN, .ethernet = true},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct sf_frame f = made_frame(&rows[i], memory);
        uint8_t whole[2048];

        T_EQ_ROW(i, sf_frame_copy(&f, whole, sizeof(whole)), f.octets);
        sf_frame_complete(whole, f.octets, f.csum_start, f.csum_offset);
        T_EQ_ROW(i, made_sum(whole, f.octets, rows[i].ethernet), 0xffff);
    }
}

static void a_checksum_field_beyond_the_frame_is_left_alone(void **state)
{
    uint8_t octets[12] = {0};
    static const uint8_t untouched[12] = {0};

    (void)state;
    sf_frame_complete(octets, 10, 4, 5); /* 4 + 5 + 2 > 10 */
    sf_frame_complete(octets, 10, 65535, 65535);
    T_MEM(octets, untouched, sizeof(octets));
    sf_frame_complete(octets, 10, 4, 4); /* 4 + 4 + 2 == 10: the sum of nothing is 0xffff */
    T_EQ(sf_get16(octets + 8), 0xffff);
    T_EQ(sf_get16(octets + 10), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_and_text_are_found_wherever_the_header_lies),
        cmocka_unit_test(a_header_cut_short_is_not_there),
        cmocka_unit_test(only_the_first_fragment_has_a_tcp_header),
        cmocka_unit_test(extension_headers_are_passed),
        cmocka_unit_test(what_is_no_ip_packet_has_no_family),
        cmocka_unit_test(a_partial_checksum_is_completed_in_place),
        cmocka_unit_test(a_checksum_field_beyond_the_frame_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
