/* SPDX-License-Identifier: MIT
 *
 * tests/unit/watch/line.c - lines that count their columns, and texts that are broken.
 */
#include "t.h"

#include "watch/line.h"

static char out[8192];
static struct sf_text text = {.text = out, .room = sizeof(out)};

static void a_character_is_a_column_whatever_its_octets(void **state)
{
    (void)state;
    T_EQ(sf_columns(""), 0);
    T_EQ(sf_columns("abc"), 3);
    T_EQ(sf_columns("│─▶"), 3);
    T_EQ(sf_columns("…"), 1);
}

static void blanks_at_the_end_of_a_line_are_dropped(void **state)
{
    struct sf_line line;

    (void)state;
    sf_line_init(&line, sf_sink_text(&text), false);
    sf_line_put(&line, "a");
    sf_line_to(&line, 3);
    sf_line_repeat(&line, "─", 2);
    T_EQ(line.columns, 5);
    sf_line_to(&line, 4); /* is already beyond */
    sf_line_to(&line, 9);
    sf_line_end(&line);
    sf_line_middle(&line, "bc", 5); /* (5 - 2) / 2 = 1 blank before */
    T_EQ(line.columns, 5);
    sf_line_put(&line, "|");
    sf_line_end(&line);
    sf_line_end(&line);
    assert_string_equal(out, "a  ──\n bc  |\n\n");
}

static void colours_take_no_column_and_end_with_the_line(void **state)
{
    struct sf_line line;

    (void)state;
    sf_line_init(&line, sf_sink_text(&text), true);
    sf_line_colour(&line, SF_COLOUR_RED);
    sf_line_put(&line, "a");
    sf_line_colour(&line, SF_COLOUR_BOLD);
    sf_line_put(&line, "b");
    T_EQ(line.columns, 2);
    sf_line_end(&line);
    assert_string_equal(out, "\033[31ma\033[0m\033[1mb\033[0m\n");
}

static void what_a_line_cannot_hold_is_left_out(void **state)
{
    struct sf_line line;

    (void)state;
    sf_line_init(&line, sf_sink_text(&text), false);
    sf_line_repeat(&line, "─", 1000); /* 682 * 3 = 2046 octets and the end fit into 2048 */
    T_EQ(line.columns, 682);
    sf_line_end(&line);
    T_EQ(text.octets, 682 * 3 + 1);
}

static void texts_are_broken_at_blanks(void **state)
{
    static const struct {
        const char *text;
        unsigned columns;
        size_t n, skip;
    } rows[] = {
        {"one two", 7, 7, 0},     {"one two", 6, 3, 1},   {"one two", 3, 3, 1},
        {"one two", 2, 2, 0},     {"one  two", 5, 4, 1},  {"", 5, 0, 0},
        {"… öne two", 5, 8, 1}, /* 3 + 1 + 2 + 1 + 1 octets are 5 columns */
        {"onetwothree", 5, 5, 0}, {"三次握手", 8, 12, 0}, /* 4 * 2 columns, 4 * 3 octets */
        {"三次握手", 7, 9, 0},    {"三次握手", 6, 9, 0},  {"一 SYN", 5, 3, 1},
        {"关闭。", 5, 3, 0}, /* no line begins with a full stop */
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        size_t skip = 99;

        T_EQ_ROW(i, sf_line_break(rows[i].text, rows[i].columns, &skip), rows[i].n);
        T_EQ_ROW(i, skip, rows[i].skip);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_character_is_a_column_whatever_its_octets),
        cmocka_unit_test(blanks_at_the_end_of_a_line_are_dropped),
        cmocka_unit_test(colours_take_no_column_and_end_with_the_line),
        cmocka_unit_test(what_a_line_cannot_hold_is_left_out),
        cmocka_unit_test(texts_are_broken_at_blanks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
