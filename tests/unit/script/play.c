/* SPDX-License-Identifier: MIT
 *
 * tests/unit/script/play.c - the player says no where it has to: one thing is wrong in each of
 * these scripts.  Those that are right are in tests/script.
 */
#include "t.h"

#include "script/drill/drill.h"

/* A connection that is open at 0.1; the line that follows is the eighth. */
#define OPEN                                           \
    "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"    \
    "+0 bind(3, ..., ...) = 0\n"                       \
    "+0 listen(3, 1) = 0\n"                            \
    "+0 < S 0:0(0) win 9000 <mss 1000,nop,wscale 0>\n" \
    "+0 > S. 0:0(0) ack 1 <...>\n"                     \
    "+.1 < . 1:1(0) ack 1 win 9000\n"                  \
    "+0 accept(3, ..., ...) = 4\n"
#define SENT OPEN "+0 write(4, ..., 10) = 10\n"

static struct drill_outcome played(const char *text, const struct drill_how *how)
{
    struct drill_outcome outcome;

    drill_play("x.pkt", text, strlen(text), how, &outcome);
    return outcome;
}

static void expect(size_t row, const char *text, enum drill_verdict verdict, const char *reason)
{
    struct drill_how how = {.like = DRILL_LIKE_SYNFIN};
    struct drill_outcome outcome = played(text, &how);

    if (outcome.verdict != verdict || strstr(outcome.reason, reason) == NULL) {
        print_message("# row %zu: %s\n", row, outcome.reason);
        fail();
    }
}

static void what_differs_is_named_with_its_line(void **state)
{
    static const struct {
        const char *text, *reason;
    } rows[] = {
        {SENT "+0 > . 1:11(10) ack 1", "line 9: flags differs"},
        {SENT "+0 > P. 2:12(10) ack 1", "line 9: sequence number differs"},
        {SENT "+0 > P. 1:12(11) ack 1", "line 9: number of octets differs"},
        {SENT "+0 > P. 1:10(9) ack 1", "line 9: number of octets differs"},
        {SENT "+0 > P. 1:11(10) ack 2", "line 9: acknowledgement number differs"},
        {SENT "+0 > P. 1:11(10) ack 1 win 1", "line 9: window differs"},
        {SENT "+0 > P. 1:11(10) ack 1 urg 1", "line 9: urgent pointer differs"},
        {SENT "+0 > P. 1:11(10) ack 1 <nop>", "line 9: options differs"},
        {SENT "+0 > [ect0] P. 1:11(10) ack 1", "line 9: ECN bits differs"},
        {SENT "+0 > [ttl 63] P. 1:11(10) ack 1", "line 9: TTL differs"},
        {SENT "+.000001 > P. 1:11(10) ack 1", "line 9: timing"},
        {SENT "+.1~+.2 > P. 1:11(10) ack 1", "line 9: timing"},
        {OPEN "+0 > . 1:1(0) ack 1", "line 8: nothing came"},
        {OPEN "+0 read(4, ..., 10) = 0", "line 8: read() would wait"},
        {OPEN "+0...0.2 read(4, ..., 10) = 0", "line 8: read() has not returned by 0.300000"},
        {OPEN "+0 write(4, ..., 10) = 9", "line 8: write() returned something else"},
        {OPEN "+0 write(5, ..., 10) = -1 EPIPE", "came:     -1 EBADF"},
        {OPEN "+0 ioctl(4, SIOCOUTQ, [1]) = 0", "line 8: ioctl() gave another value"},
        {OPEN "0 close(4) = 0", "line 8: time goes back"},
        {OPEN "+0 %{ assert tcpi_state == TCP_CLOSE }%", "code of line 8 AssertionError"},
        {OPEN "+0 %{ import os; os._exit(0) }%", "the code has not ended"},
        {OPEN "+0 %{ x = ( }%", "SyntaxError"},
        {"--nothing\n0 socket(..., SOCK_STREAM, 0) = 3", "line 1: there is no option"},
        {"0 socket(", "x.pkt:1:10: expected a value"},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        expect(i, rows[i].text, DRILL_FAILED, rows[i].reason);
    }
}

static void what_is_not_known_is_skipped_and_never_passed(void **state)
{
    static const struct {
        const char *text, *reason;
    } rows[] = {
        {"0 `rm -rf /`", "command 'rm -rf /' is not known"},
        {"`sysctl -w net.ipv4.no_such=1`\n0 `true`",
         "sysctl 'net.ipv4.no_such=1' is not known"},
        {OPEN "+0 `sysctl net.ipv4.tcp_retries2=3`\n+0 close(4) = 0",
         "in the middle of a script"},
        {"`sysctl net.ipv4.tcp_sack=1 || sysctl net.ipv4.no_such=1`\n0 `rm x`", "'rm x'"},
        {"`sysctl net.ipv4.no_such=1 || sysctl net.ipv4.no_such=2`\n0 `true`",
         "'net.ipv4.no_such=2'"},
        {"0 `tc qdisc add dev tun0 root pfifo; tc qdisc add dev tun0 root fq`", "root fq'"},
        {"0 `tc qdisc add dev tun0 root pfifo limit 0`", "limit 0'"},
        {OPEN
         "+0 setsockopt(4, SOL_SOCKET, SO_TIMESTAMPING, [SOF_TIMESTAMPING_RX_SOFTWARE], 4) = 0",
         "SO_TIMESTAMPING"},
        {OPEN "+0 fork() = 0", "fork is not supported"},
        {OPEN "+0 setsockopt(4, IPPROTO_TCP, TCP_MD5SIG, [1], 4) = 0", "TCP_MD5SIG"},
        {"0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3", "datagram sockets"},
        {OPEN "+0 > udp(10)", "udp"},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        expect(i, rows[i].text, DRILL_SKIPPED, rows[i].reason);
    }
}

/* What an earlier connection still sends is nobody's business once the next has begun, either
 * way; but what the next sends before it is expected to is. */
static void only_the_latest_connection_is_looked_at(void **state)
{
    static const struct {
        const char *text;
        enum drill_verdict verdict;
    } rows[] = {
        {SENT "+0 close(4) = 0\n"
              "+0 close(3) = 0\n"
              "+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
              "+0 bind(3, ..., ...) = 0\n"
              "+0 listen(3, 1) = 0\n"
              "+0 < S 0:0(0) win 9000 <mss 1000>\n"
              "+0 > S. 0:0(0) ack 1 <...>\n",
         DRILL_PASSED},
        {SENT "+0 close(4) = 0\n"
              "+0 socket(..., SOCK_STREAM|SOCK_NONBLOCK, IPPROTO_TCP) = 5\n"
              "+0 connect(5, ..., ...) = -1 EINPROGRESS\n"
              "+0 > S 0:0(0) <...>\n",
         DRILL_PASSED},
        {SENT "+0 socket(..., SOCK_STREAM|SOCK_NONBLOCK, IPPROTO_TCP) = 5\n"
              "+0 connect(5, ..., ...) = -1 EINPROGRESS\n"
              "+0 > P. 1:11(10) ack 1\n"
              "+0 > S 0:0(0) <...>\n",
         DRILL_PASSED},
        {SENT "+0 close(4) = 0\n"
              "+0 > P. 1:11(10) ack 1\n"
              "+0 > P. 1:11(10) ack 1\n",
         DRILL_FAILED},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        expect(i, rows[i].text, rows[i].verdict, "");
    }
}

/* 32 MiB as a shell has it: the shift is 10; and octets of a string by their numbers. */
static void numbers_are_read_as_a_shell_or_c_has_them(void **state)
{
    static const char shell[] =
        "`sysctl -q net.ipv4.tcp_rmem=\"4096 131072 $((32*1024*1024))\"`\n"
        "0 socket(..., SOCK_STREAM|SOCK_NONBLOCK, IPPROTO_TCP) = 3\n"
        "+0 connect(3, ..., ...) = -1 EINPROGRESS\n"
        "+0 > S 0:0(0) <mss 1460,sackOK,TS val 0 ecr 0,nop,wscale 10>\n";
    static const char octets[] =
        OPEN "+0 setsockopt(3, SOL_TCP, TCP_FASTOPEN_KEY, \"0123456789abcdeA\", 16) = 0\n"
             "+0 getsockopt(3, SOL_TCP, TCP_FASTOPEN_KEY, "
             "\"\\x30123456789abcde\\x41\", [16]) = 0\n";

    (void)state;
    expect(0, shell, DRILL_PASSED, "");
    expect(1, octets, DRILL_PASSED, "");
}

static void tolerance_has_both_edges(void **state)
{
    static const char late[] = "--tolerance_usecs=9\n" SENT "+.000010 > P. 1:11(10) ack 1";
    const struct drill_setting ten = {.name = "tolerance_usecs", .value = "10"};
    struct drill_how exact = {.settings = &ten, .n_settings = 1};

    (void)state;
    expect(0, late, DRILL_FAILED, "timing");          /* 10 us early, 9 allowed */
    T_EQ(played(late, &exact).verdict, DRILL_PASSED); /* the command line's 10 us */
}

/* The segment leaves at once, a whole second before it is expected. */
static void tolerance_may_grow_with_the_time_since_the_event_before(void **state)
{
    static const char all[] = "--tolerance_percent=100\n" SENT "+1 > P. 1:11(10) ack 1";
    static const char most[] = "--tolerance_percent=99.9\n" SENT "+1 > P. 1:11(10) ack 1";

    (void)state;
    expect(0, all, DRILL_PASSED, "");
    expect(1, most, DRILL_FAILED, "timing");
}

static void options_of_the_command_line_have_precedence(void **state)
{
    static const struct drill_setting settings[] = {
        {.name = "ip_version", .value = "ipv6"},
        {.name = "local_ip", .value = "2001:db8::7"},
        {.name = "mtu", .value = "1400"},
    };
    /* 1400 - 40 - 20 = 1340 */
    static const char text[] = "--mtu=1300\n--ip_version=ipv4\n"
                               "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
                               "+0 bind(3, ..., ...) = 0\n"
                               "+0 listen(3, 1) = 0\n"
                               "+0 < S 0:0(0) win 9000 <mss 1000>\n"
                               "+0 > S. 0:0(0) ack 1 <mss 1340>\n"
                               "+.1 < . 1:1(0) ack 1 win 9000\n"
                               "+0 accept(3, {sa_family=AF_INET6}, ...) = 4\n";
    struct drill_how how = {.settings = settings, .n_settings = T_COUNT(settings)};

    (void)state;
    struct drill_outcome outcome = played(text, &how);
    assert_string_equal(outcome.reason, "");
    T_EQ(outcome.verdict, DRILL_PASSED);
    T_EQ(played(text, &(struct drill_how){0}).verdict, DRILL_FAILED);
}

static void options_have_to_make_sense(void **state)
{
    static const struct {
        struct drill_setting setting;
        bool fine;
    } rows[] = {
        {{.name = "mtu", .value = "1500"}, true},
        {{.name = "mtu", .value = "1500x"}, false},
        {{.name = "mtu", .value = ""}, false},
        {{.name = "mtu"}, false},
        {{.name = "tolerance_percent", .value = "0.5"}, true},
        {{.name = "tolerance_percent", .value = "100.1"}, false},
        {{.name = "tolerance_percent", .value = "-1"}, false},
        {{.name = "remote_ip", .value = "192.0.2.1/24"}, true},
        {{.name = "remote_ip", .value = "192.0.2"}, false},
        {{.name = "ip_version", .value = "ipv4-mapped-ipv6"}, true},
        {{.name = "ip_version", .value = "4"}, false},
        {{.name = "strict_segments"}, true},
        {{.name = "mtus", .value = "1500"}, false},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        T_EQ(drill_setting_fine(&rows[i].setting), rows[i].fine);
    }
}

/* One python3 serves many scripts: what one leaves behind, or breaks, does not reach the
 * next. */
static void code_of_one_script_does_not_reach_another(void **state)
{
    struct drill_helper python = {0};
    struct drill_how how = {.python = &python};

    (void)state;
    T_EQ(played(OPEN "+0 %{ mine = 1 }%", &how).verdict, DRILL_PASSED);
    pid_t first = python.pid;
    T_TRUE(first > 0);
    T_EQ(played(OPEN "+0 %{ assert mine == 1 }%", &how).verdict, DRILL_SKIPPED);
    T_EQ(python.pid, first);
    T_EQ(played(OPEN "+0 %{ import os; os._exit(0) }%", &how).verdict, DRILL_FAILED);
    T_EQ(python.pid, 0);
    T_EQ(played(OPEN "+0 %{ assert tcpi_state == TCP_ESTABLISHED }%", &how).verdict,
         DRILL_PASSED);
    drill_helper_end(&python);
}

static void commands_may_be_ignored(void **state)
{
    struct drill_how how = {.ignore_commands = true};

    (void)state;
    T_EQ(played("0 `no such command`", &how).verdict, DRILL_PASSED);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_latest_connection_is_looked_at),
        cmocka_unit_test(numbers_are_read_as_a_shell_or_c_has_them),
        cmocka_unit_test(what_differs_is_named_with_its_line),
        cmocka_unit_test(what_is_not_known_is_skipped_and_never_passed),
        cmocka_unit_test(tolerance_has_both_edges),
        cmocka_unit_test(tolerance_may_grow_with_the_time_since_the_event_before),
        cmocka_unit_test(options_of_the_command_line_have_precedence),
        cmocka_unit_test(options_have_to_make_sense),
        cmocka_unit_test(code_of_one_script_does_not_reach_another),
        cmocka_unit_test(commands_may_be_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
