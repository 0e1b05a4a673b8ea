/* SPDX-License-Identifier: MIT
 *
 * tests/unit/script/parse.c - scripts to values and back to text.
 */
#include "t.h"

#include <stdlib.h>

#include "script/drill/ast.h"

static void free_lines(char *text)
{
    free(text);
}

/* The script as printed; to be freed. */
static char *printed(const char *text, const struct drill_symbol *symbols, uint32_t n)
{
    struct drill_script script;
    char *out = NULL;
    size_t octets = 0;

    if (!drill_parse(&script, "x.pkt", text, strlen(text), symbols, n)) {
        print_message("# %s\n", script.error);
        fail();
    }
    FILE *stream = open_memstream(&out, &octets);
    assert_non_null(stream);
    drill_print(&script, stream);
    fclose(stream);
    drill_script_free(&script);
    return out;
}

static void expect_print(size_t row, const char *text, const char *want)
{
    char *once = printed(text, NULL, 0);
    if (strcmp(once, want) != 0) {
        print_message("# row %zu: %s# wanted: %s", row, once, want);
        fail();
    }
    char *twice = printed(once, NULL, 0);
    assert_string_equal(twice, once);
    free_lines(once);
    free_lines(twice);
}

/* The given text, and what it is printed as: the same in the language's plain form. */
static void what_is_read_is_printed_and_read_again(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"0 close(3) = 0", "0 close(3) = 0\n"},
        {".5 close ( 3 ) = 0 // done", "0.5 close(3) = 0\n"},
        {"+.000000001 close(3) = -1 EBADF (Bad file descriptor)",
         "+0.000000001 close(3) = -1 EBADF\n"},
        {"* > . 1:1(0) ack 1", "* > . 1:1(0) ack 1\n"},
        {"1~2 > . 1:1(0) ack 1", "1~2 > . 1:1(0) ack 1\n"},
        {"+.1~+.25 > . 1:1(0) ack 1", "+0.1~+0.25 > . 1:1(0) ack 1\n"},
        {"+.1...0.200 accept(3, ..., ...) = 4", "+0.1...0.2 accept(3, ..., ...) = 4\n"},
        {"0...1 read(4, ..., 9) = 9", "0...1 read(4, ..., 9) = 9\n"},
        {"0 < S 0:0(0) win 100 <mss 1000,nop, wscale 7,sackOK,eol>",
         "0 < S 0:0(0) win 100 <mss 1000,nop,wscale 7,sackOK,eol>\n"},
        {"0 > FP. 1:11(10) ack 4294967295 win 65535 urg 3 <nop,nop,TS val 7 ecr 8>",
         "0 > FP. 1:11(10) ack 4294967295 win 65535 urg 3 <nop,nop,TS val 7 ecr 8>\n"},
        {"0 < . 1:1(0) ack 1 win 1 <nop,nop,sack 2:3 5:6>",
         "0 < . 1:1(0) ack 1 win 1 <nop,nop,sack 2:3 5:6>\n"},
        {"0 > S. 0:0(0) ack 1 <...>", "0 > S. 0:0(0) ack 1 <...>\n"},
        {"0 > S 0:0(0) <FO a1B2,FOEXP,nop>", "0 > S 0:0(0) <FO a1b2,FOEXP,nop>\n"},
        {"0 < SEW 0:0(0) win 1 <ECN e0b 1 ceb 2 e1b 66051>",
         "0 < SEW 0:0(0) win 1 <ECN e0b 1 ceb 2 e1b 66051>\n"},
        {"0 < [ect0] E. 1:1(0) ack 1 win 1", "0 < [ect0] E. 1:1(0) ack 1 win 1\n"},
        {"0 > [tos 0x3] . 1:1(0) ack 1", "0 > [tos 0x3] . 1:1(0) ack 1\n"},
        {"0 < [ect1, ttl 3] - 1:1(0) win 1", "0 < [ect1,ttl 3] - 1:1(0) win 1\n"},
        {"0 > .5 1:1(0) ack 1", "0 > EA. 1:1(0) ack 1\n"},
        {"0 < 80>81 R 5:5(0)", "0 < 80>81 R 5:5(0)\n"},
        {"0 > R ...(0)", "0 > R ...(0)\n"},
        {"0 < . 1:1(0)! ack 5! win 1", "0 < . 1:1(0)! ack 5! win 1\n"},
        {"0 < icmp unreachable frag_needed mtu 1200 [1:5(4)]",
         "0 < icmp type_3 code_4 mtu 1200 [1:5(4)]\n"},
        {"0 < [1:5(4)] icmp unreachable host_unreachable", "0 < icmp type_3 code_1 [1:5(4)]\n"},
        {"0 poll([{fd=4, events=POLLIN|POLLOUT, revents=POLLIN}], 1, 0) = 1",
         "0 poll([{fd=4, events=POLLIN|POLLOUT, revents=POLLIN}], 1, 0) = 1\n"},
        {"0 bind(3, {sa_family = AF_INET, sin_port = htons(80), "
         "sin_addr = inet_addr(\"1.2.3.4\")}, ...) = 0",
         "0 bind(3, {sa_family=AF_INET, sin_port=htons(80), "
         "sin_addr=inet_addr(\"1.2.3.4\")}, ...) = 0\n"},
        {"0 recvmsg(4, {msg_name(...)=..., msg_iov(1)=[{...,10}], msg_flags=0}, 0) = 10",
         "0 recvmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 10}], msg_flags=0}, 0) = 10\n"},
        {"0 write(3, \"a\\n\" \"b\", 3) = 3", "0 write(3, \"a\\nb\", 3) = 3\n"},
        {"0 f(0x10) = ...", "0 f(16) = ...\n"},
        {"--mtu=1400\n--local_ip=10.0.0.1/24\n`init it`\n/* a\n b */ 0 `ls -l` # no\n`end`",
         "--mtu=1400\n--local_ip=10.0.0.1/24\n`init it`\n0 `ls -l`\n+0 `end`\n"},
        {"0 %{ assert tcpi_snd_cwnd == 10 }%", "0 %{ assert tcpi_snd_cwnd == 10 }%\n"},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        expect_print(i, rows[i].text, rows[i].want);
    }
}

static void an_error_names_the_place_and_what_was_expected(void **state)
{
    static const struct {
        const char *text, *error;
    } rows[] = {
        {"0 close(3 = 0", "x.pkt:1:11: expected ')', not '='"},
        {"\n  x", "x.pkt:2:3: expected a time in seconds, not 'x'"},
        {"0 !", "x.pkt:1:3: expected '<', '>', a call, a `command` or %{ code }%, not '!'"},
        {"0 < S 0:1(2)", "x.pkt:1:11: expected the number of octets between start and end, "
                         "not '2'"},
        {"0 < X 0:0(0)", "x.pkt:1:5: expected flags: letters of SFRPEWUA, '.' for ACK, '-' "
                         "for none, not 'X'"},
        {"0 < . 0:0(0) win 65536", "x.pkt:1:23: expected a window up to 65535, not the end"},
        {"2~1 > . 0:0(0)", "x.pkt:1:5: expected a range that goes forward, not '>'"},
        {"0 < [ect01] . 0:0(0)", "x.pkt:1:11: expected [ect01] on a packet that goes out, "
                                 "not ']'"},
        {"0 `ls", "x.pkt:1:3: expected ` at the end of the command"},
        {"0 %{ x", "x.pkt:1:3: expected }% at the end of the code"},
        {"/* x", "x.pkt:1:1: expected */ at the end of the comment"},
        {"#ifdef A\n0 `x`", "x.pkt:2:6: expected #endif before the end"},
        {"#else", "x.pkt:1:1: expected an #ifdef before this"},
        {"0 close(3) = 0 0", "x.pkt:1:16: expected the end of the line, not '0'"},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct drill_script script;

        T_EQ_ROW(i, drill_parse(&script, "x.pkt", rows[i].text, strlen(rows[i].text), NULL, 0),
                 false);
        assert_string_equal(script.error, rows[i].error);
        drill_script_free(&script);
    }
}

static void symbols_choose_lines_and_stand_for_values(void **state)
{
    static const struct drill_symbol symbols[] = {{"TS", NULL}, {"N", "5"}, {"T", "\"a b\""}};
    static const char text[] = "#ifdef TS\n0 f(N) = T\n#else\n1 f(1) = 0\n#endif\n"
                               "#ifndef TS\n2 f(2) = 0\n#ifdef N\n3 f(3) = 0\n#endif\n#endif\n"
                               "4 f(4) = 0\n";

    (void)state;
    char *with = printed(text, symbols, 3);
    char *without = printed(text, NULL, 0);
    assert_string_equal(with, "0 f(5) = \"a b\"\n4 f(4) = 0\n");
    assert_string_equal(without, "1 f(1) = 0\n2 f(2) = 0\n4 f(4) = 0\n");
    free_lines(with);
    free_lines(without);
}

static void a_define_in_the_script_is_a_symbol(void **state)
{
    (void)state;
    char *text = printed("--define=MSS=1400\n0 < S 0:0(0) win 1 <mss MSS>", NULL, 0);
    assert_string_equal(text, "--define=MSS=1400\n0 < S 0:0(0) win 1 <mss 1400>\n");
    free_lines(text);
}

/* They parse, so that a script can be skipped with its reason. */
static void what_is_not_ours_to_play_is_passed_over(void **state)
{
    static const char *const rows[] = {
        "0 < udp(1400)",
        "0 > sctp: INIT[flgs=0, tag=1, a_rwnd=..., os=..., is=..., tsn=0, ...]\n",
        "0 > ipv4 1.2.3.4 > 5.6.7.8: gre: . 1:1(0) ack 1",
        "0 < S 0:0(0) win 1 <mss SIZE>",
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct drill_script script;

        T_EQ_ROW(i, drill_parse(&script, "x.pkt", rows[i], strlen(rows[i]), NULL, 0), true);
        T_EQ_ROW(i, script.events->kind, DRILL_STRANGE);
        T_TRUE(script.events->next == NULL);
        drill_script_free(&script);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_read_is_printed_and_read_again),
        cmocka_unit_test(an_error_names_the_place_and_what_was_expected),
        cmocka_unit_test(symbols_choose_lines_and_stand_for_values),
        cmocka_unit_test(a_define_in_the_script_is_a_symbol),
        cmocka_unit_test(what_is_not_ours_to_play_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
