/* SPDX-License-Identifier: MIT
 *
 * tests/unit/script/like.c - as whom the stack presents itself: what scripts of Linux and of
 * FreeBSD assert line by line, and that the one does not pass as the other.
 */
#include "t.h"

#include "script/drill/drill.h"

static enum drill_verdict played(const char *text, enum drill_like like, char *reason)
{
    struct drill_how how = {.like = like};
    struct drill_outcome outcome;

    drill_play("x.pkt", text, strlen(text), &how, &outcome);
    memcpy(reason, outcome.reason, sizeof(outcome.reason));
    return outcome.verdict;
}

#define SERVER(syn, syn_ack)                        \
    "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n" \
    "+0 bind(3, ..., ...) = 0\n"                    \
    "+0 listen(3, 1) = 0\n"                         \
    "+0 < S 0:0(0) win 65535 <" syn ">\n"           \
    "+0 > S. 0:0(0) ack 1 win 65535 <" syn_ack ">\n"
#define ACCEPT                          \
    "+.01 < . 1:1(0) ack 1 win 65535\n" \
    "+0 accept(3, ..., ...) = 4\n"
#define CLIENT(syn)                                 \
    "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n" \
    "+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n" \
    "+0 connect(3, ..., ...) = -1 EINPROGRESS\n"    \
    "+0 > S 0:0(0) win 65535 <" syn ">\n"

/* A script passes with the one, and fails with the other. */
static void only(size_t row, const char *text, enum drill_like like)
{
    char reason[sizeof(((struct drill_outcome *)NULL)->reason)];
    enum drill_like other = like == DRILL_LIKE_LINUX ? DRILL_LIKE_FREEBSD : DRILL_LIKE_LINUX;

    if (played(text, like, reason) != DRILL_PASSED) {
        print_message("# row %zu: %s\n", row, reason);
        fail();
    }
    T_EQ_ROW(row, played(text, other, reason), DRILL_FAILED);
}

static void each_looks_like_itself_and_not_like_the_other(void **state)
{
    static const struct {
        const char *text;
        enum drill_like like;
    } rows[] = {
        /* Order and padding of options; the scale of 6 MiB is 7, of 2 MiB 6. */
        {CLIENT("mss 1460,sackOK,TS val 100 ecr 0,nop,wscale 7"), DRILL_LIKE_LINUX},
        {CLIENT("mss 1460,nop,wscale 6,sackOK,TS val 100 ecr 0"), DRILL_LIKE_FREEBSD},
        {SERVER("mss 1460,sackOK,eol,eol", "mss 1460,nop,nop,sackOK"), DRILL_LIKE_LINUX},
        {SERVER("mss 1460,sackOK,eol,eol", "mss 1460,sackOK,eol,eol"), DRILL_LIKE_FREEBSD},
        /* Linux acknowledges at once in the beginning; FreeBSD every second segment, of
         * whatever size, else 40 ms later, and its window follows its buffer of 65,700. */
        {SERVER("mss 1460", "mss 1460") ACCEPT "+0 < P. 1:11(10) ack 1 win 65535\n"
                                               "+0 > . 1:1(0) ack 11",
         DRILL_LIKE_LINUX},
        {SERVER("mss 1460", "mss 1460") ACCEPT "+0 < P. 1:101(100) ack 1 win 65535\n"
                                               "+.01 < P. 101:301(200) ack 1 win 65535\n"
                                               "+0 > . 1:1(0) ack 301 win 65400\n"
                                               "+.01 < P. 301:302(1) ack 1 win 65535\n"
                                               "+.04 > . 1:1(0) ack 302 win 65399",
         DRILL_LIKE_FREEBSD},
        /* Linux lets the end of what one SEND gave go behind full segments. */
        {SERVER("mss 1000", "mss 1460") ACCEPT "+0 write(4, ..., 1100) = 1100\n"
                                               "+0 > . 1:1001(1000) ack 1\n"
                                               "+0 > P. 1001:1101(100) ack 1",
         DRILL_LIKE_LINUX},
        /* It hands out who was reset meanwhile; listeners have Fast Open by a bit. */
        {SERVER("mss 1460", "mss 1460") "+.01 < . 1:1(0) ack 1 win 65535\n"
                                        "+0 < P. 1:11(10) ack 1 win 65535\n"
                                        "+0 > . 1:1(0) ack 11\n"
                                        "+0 < R 11:11(0) win 0\n"
                                        "+0 accept(3, ..., ...) = 4\n"
                                        "+0 read(4, ..., 20) = 10",
         DRILL_LIKE_LINUX},
        /* The length of a buffer, before and after. */
        {SERVER("mss 1460", "mss 1460") ACCEPT
         "+0 getsockopt(3, SOL_SOCKET, SO_RCVBUF, [65536], [4]) = 0\n"
         "+0 getsockopt(4, SOL_SOCKET, SO_RCVBUF, [65700], [4]) = 0",
         DRILL_LIKE_FREEBSD},
        /* Linux pushes what ends a write, at 4097, and not only what empties the queue. */
        {SERVER("mss 1000", "mss 1460") ACCEPT "+0 < . 1:1(0) ack 1 win 1000\n"
                                               "+0 write(4, ..., 1000) = 1000\n"
                                               "+0 > P. 1:1001(1000) ack 1\n"
                                               "+0 write(4, ..., 3096) = 3096\n"
                                               "+0 write(4, ..., 1000) = 1000\n"
                                               "+.01 < . 1:1(0) ack 1001 win 20000\n"
                                               "+0 > . 1001:4001(3000) ack 1\n"
                                               "+0 > P. 4001:5001(1000) ack 1\n",
         DRILL_LIKE_LINUX},
        /* A reset behind a FIN. */
        {SERVER("mss 1460", "mss 1460") ACCEPT
         "+0 < F. 1:1(0) ack 1 win 65535\n+0 > . 1:1(0) ack 2\n"
         "+0 < R. 2:2(0) ack 1 win 0\n"
         "+0 getsockopt(4, SOL_SOCKET, SO_ERROR, [ECONNRESET], [4]) = 0",
         DRILL_LIKE_FREEBSD},
        {SERVER("mss 1460", "mss 1460") ACCEPT
         "+0 < F. 1:1(0) ack 1 win 65535\n+0 > . 1:1(0) ack 2\n"
         "+0 < R. 2:2(0) ack 1 win 0\n"
         "+0 getsockopt(4, SOL_SOCKET, SO_ERROR, [EPIPE], [4]) = 0",
         DRILL_LIKE_LINUX},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        only(i, rows[i].text, rows[i].like);
    }
}

static void each_keeps_its_time_and_its_window(void **state)
{
    static const struct {
        const char *text;
        enum drill_like like;
    } rows[] = {
        /* FreeBSD repeats its FIN where it acknowledges the peer's, and adds 200 ms to most of
         * its retransmission times; what has no scale reaches beyond the 65535 that it says. */
        {SERVER("mss 1460", "mss 1460") ACCEPT
         "+0 shutdown(4, SHUT_WR) = 0\n+0 > F. 1:1(0) ack 1\n"
         "+0 < F. 1:1(0) ack 1 win 65535\n+0 > F. 1:1(0) ack 2\n",
         DRILL_LIKE_FREEBSD},
        {SERVER("mss 1460", "mss 1460") "+1 > S. 0:0(0) ack 1 <...>\n"
                                        "+2.2 > S. 0:0(0) ack 1 <...>\n",
         DRILL_LIKE_FREEBSD},
        {SERVER("mss 1460", "mss 1460") ACCEPT "+0 write(4, ..., 10) = 10\n"
                                               "+0 > P. 1:11(10) ack 1\n"
                                               "+0 < R. 65700:65700(0) ack 1 win 0\n"
                                               "+0 > . 11:11(0) ack 1\n",
         DRILL_LIKE_FREEBSD},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        only(i, rows[i].text, rows[i].like);
    }
}

/* As net.inet.tcp and net.ipv4 set them before the first event. */
static void sysctls_reach_the_stack(void **state)
{
    static const struct {
        const char *text;
        enum drill_verdict verdict;
    } rows[] = {
        {"`sysctl -w net.inet.tcp.rfc1323=0`\n" CLIENT("mss 1460,sackOK,eol,eol"),
         DRILL_PASSED},
        {"`sysctl -w net.inet.tcp.sack.enable=0`\n" CLIENT(
             "mss 1460,nop,wscale 6,nop,nop,TS val 1 ecr 0"),
         DRILL_PASSED},
        {"`sysctl -w kern.ipc.maxsockbuf=73728`\n" CLIENT(
             "mss 1460,nop,wscale 1,sackOK,TS val 1 ecr 0"),
         DRILL_PASSED},
        {"`sysctl -w kern.ipc.maxsockbuf=4294967295`\n" CLIENT(
             "mss 1460,nop,wscale 14,sackOK,TS val 1 ecr 0"),
         DRILL_PASSED},
        {"`sysctl -w net.inet.tcp.rexmit_initial=3000`\n" CLIENT(
             "mss 1460,nop,wscale 6,sackOK,TS val 1 ecr 0") "+3 > S 0:0(0) <...>",
         DRILL_PASSED},
        /* What is not done is not passed over. */
        {"`sysctl -w net.inet.tcp.blackhole=1`\n0 `true`", DRILL_SKIPPED},
        {"`sysctl -w net.inet.tcp.blackhole=0`\n0 `true`", DRILL_PASSED},
        /* Too late, but where nothing follows that could show it. */
        {"0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
         "+0 `sysctl -w net.inet.tcp.insecure_rst=1`\n+0 close(3) = 0",
         DRILL_SKIPPED},
        {"0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 close(3) = 0\n"
         "+0 `sysctl -w net.inet.tcp.insecure_rst=1`\n"
         "+0 `sysctl -w net.inet.tcp.insecure_syn=1`",
         DRILL_PASSED},
        {"0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
         "+0 `sysctl -w net.inet.tcp.keepidle=15000`\n"
         "+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 4\n"
         "+0 getsockopt(3, IPPROTO_TCP, TCP_KEEPIDLE, [7200], [4]) = 0\n"
         "+0 getsockopt(4, IPPROTO_TCP, TCP_KEEPIDLE, [15], [4]) = 0",
         DRILL_PASSED},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        char reason[sizeof(((struct drill_outcome *)NULL)->reason)];
        enum drill_verdict came = played(rows[i].text, DRILL_LIKE_FREEBSD, reason);

        if (came != rows[i].verdict) {
            print_message("# row %zu: %s\n", i, reason);
            fail();
        }
    }
}

/* Who sets FreeBSD's sysctls and says no more expects its sockets, in our own looks. */
static void names_of_freebsd_mean_its_sockets(void **state)
{
    static const char socket[] = "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
                                 "+0 getsockopt(3, SOL_SOCKET, SO_RCVBUF, [65536], [4]) = 0\n";
    char reason[sizeof(((struct drill_outcome *)NULL)->reason)];
    char text[500];

    (void)state;
    snprintf(text, sizeof(text), "`sysctl -w net.inet.tcp.recvspace=65536`\n%s", socket);
    T_EQ(played(text, DRILL_LIKE_SYNFIN, reason), DRILL_PASSED);
    T_EQ(played(text, DRILL_LIKE_LINUX, reason), DRILL_FAILED);
    snprintf(text, sizeof(text), "`sysctl -w net.ipv4.tcp_rmem=\"1 1 65536\"`\n%s", socket);
    T_EQ(played(text, DRILL_LIKE_SYNFIN, reason), DRILL_FAILED);
}

/* sockstat, ss and tcpdrop, through their filters. */
static void states_are_asked_for(void **state)
{
    static const struct {
        const char *command;
        enum drill_verdict verdict;
    } rows[] = {
        {"sockstat -4 -P tcp -s | grep packetdril | grep -c ESTABLISHED | grep 1",
         DRILL_PASSED},
        {"sockstat -4 -P tcp -s | grep -c ESTABLISHED | grep 0", DRILL_FAILED},
        {"sockstat -6 -P tcp -s | grep -c ESTABLISHED | grep 0", DRILL_PASSED},
        {"sockstat -4 -p 8080 -s | grep -c LISTEN | grep 1", DRILL_PASSED},
        {"sockstat -4 -p 8081 -s | grep LISTEN", DRILL_FAILED},
        {"sockstat -s | awk '{print $8}' | grep ESTABLISHED", DRILL_PASSED},
        {"ss -4 -n state ESTABLISHED | grep 8080 > /dev/null", DRILL_FAILED},
        {"ss -4 -n | grep 192.168.0.1:8080 > /dev/null", DRILL_PASSED},
        {"ss -n '( sport = :8080 )' | grep ESTAB", DRILL_PASSED},
        {"ss -n '( sport = :8081 )' | grep ESTAB", DRILL_FAILED},
        {"ss -n | grep -v ESTAB", DRILL_FAILED},
        {"ss --what", DRILL_SKIPPED},
        {"ss -n | sort", DRILL_SKIPPED},
        {"sockstat -x", DRILL_SKIPPED},
        {"tcpdrop -s ESTABLISHED; ss -n | grep -c ESTAB | grep 0", DRILL_PASSED},
        {"tcpdrop -a", DRILL_SKIPPED},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        char reason[sizeof(((struct drill_outcome *)NULL)->reason)];
        char text[1000];

        snprintf(text, sizeof(text), "%s%s+0 `%s`\n", SERVER("mss 1460", "mss 1460"), ACCEPT,
                 rows[i].command);
        enum drill_verdict came = played(text, DRILL_LIKE_FREEBSD, reason);
        if (came != rows[i].verdict) {
            print_message("# row %zu: %s\n", i, reason);
            fail();
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_looks_like_itself_and_not_like_the_other),
        cmocka_unit_test(each_keeps_its_time_and_its_window),
        cmocka_unit_test(sysctls_reach_the_stack),
        cmocka_unit_test(names_of_freebsd_mean_its_sockets),
        cmocka_unit_test(states_are_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
