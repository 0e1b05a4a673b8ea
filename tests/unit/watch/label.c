/* SPDX-License-Identifier: MIT
 *
 * tests/unit/watch/label.c - numbers and segments in words.
 */
#include "t.h"

#include "watch/label.h"
#include "watch/ladder.h"
#include "watch/note.h"
#include "wire/seg.h"

static void numbers_are_written_in_three_ways(void **state)
{
    static const struct sf_ladder_end end = {.isn = 0xfffffff0};
    static const struct {
        enum sf_side side;
        int64_t number;
        const char *relative, *letters, *absolute;
    } rows[] = {
        {SF_CLIENT, 0, "0", "j", "4294967280"},
        {SF_CLIENT, 1, "1", "j+1", "4294967281"},
        {SF_SERVER, 0, "0", "k", "4294967280"},
        {SF_SERVER, 16, "16", "k+16", "0"}, /* 0xfffffff0 + 16 = 2^32 */
        {SF_SERVER, -1, "-1", "k-1", "4294967279"},
        {SF_CLIENT, 5000000000, "5000000000", "j+5000000000", "705032688"},
    };
    char text[SF_NUMBER_TEXT];

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        enum sf_side side = rows[i].side;
        int64_t number = rows[i].number;

        assert_string_equal(sf_number_text(&end, side, number, SF_NUMBERS_RELATIVE, text),
                            rows[i].relative);
        assert_string_equal(sf_number_text(&end, side, number, SF_NUMBERS_LETTERS, text),
                            rows[i].letters);
        assert_string_equal(sf_number_text(&end, side, number, SF_NUMBERS_ABSOLUTE, text),
                            rows[i].absolute);
    }
}

static void counts_have_a_comma_before_every_three_digits(void **state)
{
    char text[SF_NUMBER_TEXT];

    (void)state;
    assert_string_equal(sf_count_text(0, text), "0");
    assert_string_equal(sf_count_text(999, text), "999");
    assert_string_equal(sf_count_text(1000, text), "1,000");
    assert_string_equal(sf_count_text(187392, text), "187,392");
    assert_string_equal(sf_count_text(12345678901234567, text), "12,345,678,901,234,567");
}

static void labels_get_shorter_step_by_step(void **state)
{
    static const struct {
        uint8_t flags;
        int64_t seq, ack;
        uint32_t octets;
        uint8_t marks;
        enum sf_brevity brevity;
        const char *want;
    } rows[] = {
        {SF_SYN, 0, 0, 0, 0, SF_BREVITY_ALL, "SYN seq=j win=512 mss=1460 wscale=7 sackok ts"},
        {SF_SYN, 0, 0, 0, 0, SF_BREVITY_WINDOW, "SYN seq=j win=512"},
        {SF_SYN, 0, 0, 0, 0, SF_BREVITY_USUAL, "SYN seq=j"},
        {SF_SYN | SF_ACK, 0, 1, 0, 0, SF_BREVITY_NO_LEN, "SYN,ACK seq=j ack=k+1"},
        {SF_SYN | SF_ACK, 0, 1, 0, 0, SF_BREVITY_NO_WORDS, "SYN,ACK j ack=k+1"},
        {SF_SYN | SF_ACK, 0, 1, 0, 0, SF_BREVITY_SEQ, "SYN,ACK j"},
        {SF_SYN | SF_ACK, 0, 1, 0, 0, SF_BREVITY_FLAGS, "SYN,ACK"},
        {SF_PSH | SF_ACK, 1, 1, 78, SF_MARK_AGAIN, SF_BREVITY_WINDOW,
         "PSH,ACK seq=j+1..j+79 (78) ack=k+1 again win=512"},
        {SF_PSH | SF_ACK, 1, 1, 78, SF_MARK_AGAIN, SF_BREVITY_USUAL,
         "seq=j+1..j+79 (78) ack=k+1 again"},
        {SF_PSH | SF_ACK, 1, 1, 78, SF_MARK_AGAIN, SF_BREVITY_NO_AGAIN,
         "seq=j+1..j+79 (78) ack=k+1"},
        {SF_PSH | SF_ACK, 1, 1, 78, 0, SF_BREVITY_NO_ACK, "seq=j+1..j+79 (78)"},
        {SF_PSH | SF_ACK, 1, 1, 78, 0, SF_BREVITY_NO_LEN, "seq=j+1..j+79"},
        {SF_PSH | SF_ACK, 1, 1, 78, 0, SF_BREVITY_NO_WORDS, "j+1..j+79"},
        {SF_PSH | SF_ACK, 1, 1, 78, 0, SF_BREVITY_FLAGS, "ACK"},
        {SF_ACK, 79, 1, 0, SF_MARK_KEEPALIVE, SF_BREVITY_USUAL,
         "ACK seq=j+79 ack=k+1 keepalive"},
        {SF_ACK, 79, 1, 0, 0, SF_BREVITY_NO_ACK, "ACK ack=k+1"},
        {SF_FIN | SF_ACK, 79, 1, 5, 0, SF_BREVITY_USUAL, "FIN,ACK seq=j+79..j+84 (5) ack=k+1"},
        {SF_FIN | SF_ACK, 79, 1, 0, 0, SF_BREVITY_NO_ACK, "FIN,ACK seq=j+79"},
        {SF_RST, 79, 0, 0, 0, SF_BREVITY_USUAL, "RST seq=j+79"},
        {SF_ACK | SF_ECE, 1, 1, 10, 0, SF_BREVITY_USUAL, "ACK,ECE seq=j+1..j+11 (10) ack=k+1"},
        {0, 1, 0, 10, 0, SF_BREVITY_USUAL, "no flags seq=j+1..j+11 (10)"},
    };
    static struct sf_ladder ladder;
    char text[SF_LABEL_TEXT];

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct sf_row row = {.kind = SF_ROW_SEGMENT, .from = SF_CLIENT, .marks = rows[i].marks};

        row.u.seg = (struct sf_row_seg){.seq = rows[i].seq,
                                        .ack = rows[i].ack,
                                        .octets = rows[i].octets,
                                        .flags = rows[i].flags,
                                        .wnd = 512};
        if ((rows[i].flags & SF_SYN) != 0) {
            row.u.seg.options = SF_ROW_MSS | SF_ROW_WSCALE | SF_ROW_SACK_OK | SF_ROW_TS;
            row.u.seg.mss = 1460;
            row.u.seg.wscale = 7;
        }
        assert_string_equal(
            sf_label_text(&ladder, &row, SF_NUMBERS_LETTERS, rows[i].brevity, text),
            rows[i].want);
    }
}

static void notes_say_what_is_special(void **state)
{
    struct sf_row row = {.kind = SF_ROW_SEGMENT};
    char text[SF_NOTE_TEXT];

    (void)state;
    row.u.seg = (struct sf_row_seg){.flags = SF_ACK};
    assert_string_equal(sf_note_text(&row, text), "");
    row.u.seg.flags = SF_FIN | SF_ACK;
    row.u.seg.timer = SF_TIMER_RTO;
    row.marks = SF_MARK_AGAIN;
    assert_string_equal(sf_note_text(&row, text), "sent again; timer: rto; a FIN counts one");
    row.u.seg = (struct sf_row_seg){.flags = SF_SYN, .verdict = SF_DROP_SYN_QUEUE};
    row.marks = SF_MARK_DROPPED | SF_MARK_LOST;
    assert_string_equal(sf_note_text(&row, text),
                        "lost; not taken: syn-queue; a SYN counts one");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_written_in_three_ways),
        cmocka_unit_test(counts_have_a_comma_before_every_three_digits),
        cmocka_unit_test(labels_get_shorter_step_by_step),
        cmocka_unit_test(notes_say_what_is_special),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
