/* SPDX-License-Identifier: MIT
 *
 * tests/unit/watch/draw.c - ladders as a reader sees them.
 *
 * Each drawing here was read and found right.  The numbers are those of tape.h: j = 1000 and
 * k = 5000, 78 octets asked, 3,000 answered; 1 + 78 = 79 and 1 + 3000 = 3001 are the FINs.
 */
#include "tape.h"

#include "watch/ladder.h"
#include "watch/line.h"

static struct tape tape;

static struct tape *blank(void)
{
    memset(&tape, 0, sizeof(tape));
    return &tape;
}

static const char *const why =
    "curl reads slowly here (--limit-rate), so its close comes long after its ACK. A fast "
    "client would close before the delayed ACK is due, and one segment would carry both: "
    "three segments instead of four.";

static void a_fetch_that_closes_in_four_segments_with_our_time_wait_to_its_end(void **state)
{
    static const char want[] =
        "      time  client (Linux)                                       server (synfin)\n"
        "            10.9.8.1:50082                                         10.9.8.2:8080\n"
        "                  CLOSED │                                        │ LISTEN\n"
        "  0.000000      SYN_SENT │────────────── SYN seq=0 ──────────────▶│ SYN_RECEIVED\n"
        "  0.000031   ESTABLISHED~│◀───────── SYN,ACK seq=0 ack=1 ─────────│ SYN_RECEIVED\n"
        "  0.000115   ESTABLISHED │─────────── ACK seq=1 ack=1 ───────────▶│ ESTABLISHED\n"
        "  0.000160   ESTABLISHED │──────── seq=1..79 (78) ack=1 ─────────▶│ ESTABLISHED\n"
        "  0.000180   ESTABLISHED │◀────── seq=1..1449 (1448) ack=79 ──────│ ESTABLISHED\n"
        "  0.000190   ESTABLISHED │◀──── seq=1449..2897 (1448) ack=79 ─────│ ESTABLISHED\n"
        "  0.000200   ESTABLISHED │◀───── seq=2897..3001 (104) ack=79 ─────│ ESTABLISHED\n"
        "  0.000290   ESTABLISHED │───────── ACK seq=79 ack=3001 ─────────▶│ ESTABLISHED\n"
        "  0.000340               │                                close() │\n"
        "  0.000340    CLOSE_WAIT~│◀─────── FIN,ACK seq=3001 ack=79 ───────│ FIN_WAIT_1\n"
        "  0.000470    CLOSE_WAIT │───────── ACK seq=79 ack=3002 ─────────▶│ FIN_WAIT_2\n"
        "  0.040470      LAST_ACK │─────── FIN,ACK seq=79 ack=3002 ───────▶│ TIME_WAIT\n"
        "  0.040484        CLOSED~│◀───────── ACK seq=3002 ack=80 ─────────│ TIME_WAIT\n"
        "                         ┊         … 2.000 s TIME_WAIT …          ┊\n"
        "  2.040484        CLOSED~│           2MSL timer expires           │ CLOSED\n"
        "\n"
        "  ~ inferred from what was sent to it\n"
        "\n"
        "  Relative numbers: the client's 0 is 1000, the server's 0 is 5000.\n"
        "  An ack names the next number expected; SYN and FIN count one each.\n"
        "    client  SYN           0        counts 1      → ack=1\n"
        "            78 octets     1..79    counts 78     → ack=79\n"
        "            FIN           79       counts 1      → ack=80\n"
        "    server  SYN           0        counts 1      → ack=1\n"
        "            3,000 octets  1..3001  counts 3,000  → ack=3001\n"
        "            FIN           3001     counts 1      → ack=3002\n"
        "\n"
        "  Opened by a three-way handshake. Closed in four segments: the server's FIN and\n"
        "  its ACK, then, 40.000 ms later, the client's FIN and its ACK. TIME_WAIT is the\n"
        "  server's, who closed first.\n"
        "\n"
        "  curl reads slowly here (--limit-rate), so its close comes long after its ACK.\n"
        "  A fast client would close before the delayed ACK is due, and one segment would\n"
        "  carry both: three segments instead of four.\n";
    struct sf_ladder_style style = {.notes = &why, .n_notes = 1};
    struct tape *t = blank();

    (void)state;
    tape_accept(t);
    tape_fetch(t);
    tape_close_in_four(t);
    tape_2msl(t);
    T_LINES(tape_drawing(t, &style), want);
}

static void the_same_in_ascii_letters_and_sixty_columns(void **state)
{
    static const char want[] =
        "    time client (Linux)                      server (synfin)\n"
        "         10.9.8.1:50082                        10.9.8.2:8080\n"
        "               CLOSED |                       | LISTEN\n"
        "0.000000     SYN_SENT |----- SYN seq=j ------>| SYN_RECEIVED\n"
        "0.000031  ESTABLISHED~|<- SYN,ACK k ack=j+1 --| SYN_RECEIVED\n"
        "0.000115  ESTABLISHED | ACK seq=j+1 ack=k+1 ->| ESTABLISHED\n"
        "0.000160  ESTABLISHED |- seq=j+1..j+79 (78) ->| ESTABLISHED\n"
        "0.000180  ESTABLISHED |<-- seq=k+1..k+1449 ---| ESTABLISHED\n"
        "0.000190  ESTABLISHED |<- seq=k+1449..k+2897 -| ESTABLISHED\n"
        "0.000200  ESTABLISHED |<- seq=k+2897..k+3001 -| ESTABLISHED\n"
        "0.000290  ESTABLISHED |--- ACK ack=k+3001 --->| ESTABLISHED\n"
        "0.000340              |               close() |\n"
        "0.000340   CLOSE_WAIT~|<- FIN,ACK seq=k+3001 -| FIN_WAIT_1\n"
        "0.000470   CLOSE_WAIT |--- ACK ack=k+3002 --->| FIN_WAIT_2\n"
        "0.040470     LAST_ACK |-- FIN,ACK seq=j+79 -->| TIME_WAIT\n"
        "0.040484       CLOSED~|<---- ACK ack=j+80 ----| TIME_WAIT\n"
        "                      :   2.000 s TIME_WAIT   :\n"
        "2.040484       CLOSED~|  2MSL timer expires   | CLOSED\n"
        "\n"
        "  ~ inferred from what was sent to it\n"
        "\n"
        "  The initial sequence numbers are j = 1000 and k = 5000.\n"
        "  An ack names the next number expected; SYN and FIN count\n"
        "  one each.\n"
        "    client  SYN           j            counts 1      -> ack=j+1\n"
        "            78 octets     j+1..j+79    counts 78     -> ack=j+79\n"
        "            FIN           j+79         counts 1      -> ack=j+80\n"
        "    server  SYN           k            counts 1      -> ack=k+1\n"
        "            3,000 octets  k+1..k+3001  counts 3,000  -> ack=k+3001\n"
        "            FIN           k+3001       counts 1      -> ack=k+3002\n"
        "\n"
        "  Opened by a three-way handshake. Closed in four segments:\n"
        "  the server's FIN and its ACK, then, 40.000 ms later, the\n"
        "  client's FIN and its ACK. TIME_WAIT is the server's, who\n"
        "  closed first.\n"
        "\n"
        "  curl reads slowly here (--limit-rate), so its close comes\n"
        "  long after its ACK. A fast client would close before the\n"
        "  delayed ACK is due, and one segment would carry both:\n"
        "  three segments instead of four.\n";
    struct sf_ladder_style style = {
        .width = 60, .ascii = true, .letters = true, .notes = &why, .n_notes = 1};
    struct tape *t = blank();

    (void)state;
    tape_accept(t);
    tape_fetch(t);
    tape_close_in_four(t);
    tape_2msl(t);
    T_LINES(tape_drawing(t, &style), want);
}

static void
a_close_in_three_segments_by_the_other_end(void **state) /* RFC 9293 s3.6, Figure 12 */
{
    static const char want[] =
        "      time  client (Linux)                                       server (synfin)\n"
        "            10.9.8.1:50082                                         10.9.8.2:8080\n"
        "                  CLOSED |                                        | LISTEN\n"
        "  0.000000      SYN_SENT |-------------- SYN seq=0 -------------->| SYN_RECEIVED\n"
        "  0.000031   ESTABLISHED~|<--------- SYN,ACK seq=0 ack=1 ---------| SYN_RECEIVED\n"
        "  0.000115   ESTABLISHED |----------- ACK seq=1 ack=1 ----------->| ESTABLISHED\n"
        "  0.000160   ESTABLISHED |-------- seq=1..79 (78) ack=1 --------->| ESTABLISHED\n"
        "  0.000180   ESTABLISHED |<------ seq=1..1449 (1448) ack=79 ------| ESTABLISHED\n"
        "  0.000190   ESTABLISHED |<---- seq=1449..2897 (1448) ack=79 -----| ESTABLISHED\n"
        "  0.000200   ESTABLISHED |<----- seq=2897..3001 (104) ack=79 -----| ESTABLISHED\n"
        "  0.000290   ESTABLISHED |--------- ACK seq=79 ack=3001 --------->| ESTABLISHED\n"
        "  0.000340    FIN_WAIT_1 |------- FIN,ACK seq=79 ack=3001 ------->| CLOSE_WAIT\n"
        "  0.000345               |                                close() |\n"
        "  0.000345     TIME_WAIT~|<------- FIN,ACK seq=3001 ack=80 -------| LAST_ACK\n"
        "  0.000465     TIME_WAIT |--------- ACK seq=80 ack=3002 --------->| CLOSED\n"
        "\n"
        "  ~ inferred from what was sent to it\n"
        "\n"
        "  Relative numbers: the client's 0 is 1000, the server's 0 is 5000.\n"
        "  An ack names the next number expected; SYN and FIN count one each.\n"
        "    client  SYN           0        counts 1      -> ack=1\n"
        "            78 octets     1..79    counts 78     -> ack=79\n"
        "            FIN           79       counts 1      -> ack=80\n"
        "    server  SYN           0        counts 1      -> ack=1\n"
        "            3,000 octets  1..3001  counts 3,000  -> ack=3001\n"
        "            FIN           3001     counts 1      -> ack=3002\n"
        "\n"
        "  Opened by a three-way handshake. Closed in three segments: the server was\n"
        "  ready to close when the client's FIN came, so one segment carried both its ACK\n"
        "  and its own FIN. TIME_WAIT is the client's, who closed first.\n";
    struct sf_ladder_style style = {.ascii = true};
    struct tape *t = blank();

    (void)state;
    tape_accept(t);
    tape_fetch(t);
    tape_close_in_three(t);
    T_LINES(tape_drawing(t, &style), want);
}

static void
a_simultaneous_open_and_close(void **state) /* RFC 9293 s3.5, Figure 7; s3.6, Figure 13 */
{
    static const char want[] =
        "      time  client (synfin)                                       server (Linux)\n"
        "            10.9.8.2:40000                                         10.9.8.1:8080\n"
        "                  CLOSED │                                        │~CLOSED\n"
        "  0.000000      SYN_SENT │────────────── SYN seq=0 ──────────────▶│~SYN_SENT\n"
        "  0.000060  SYN_RECEIVED │◀────────────── SYN seq=0 ──────────────│ SYN_SENT\n"
        "  0.000063  SYN_RECEIVED │───────── SYN,ACK seq=0 ack=1 ─────────▶│~SYN_RECEIVED\n"
        "  0.000120   ESTABLISHED │◀───────── SYN,ACK seq=0 ack=1 ─────────│ SYN_RECEIVED\n"
        "  0.000123   ESTABLISHED │─────────── ACK seq=1 ack=1 ───────────▶│~ESTABLISHED\n"
        "  0.000180   ESTABLISHED │◀─────────── ACK seq=1 ack=1 ───────────│ ESTABLISHED\n"
        "  0.001180               │ close()                                │\n"
        "  0.001180    FIN_WAIT_1 │───────── FIN,ACK seq=1 ack=1 ─────────▶│~ESTABLISHED\n"
        "  0.001240       CLOSING │◀───────── FIN,ACK seq=1 ack=1 ─────────│ FIN_WAIT_1\n"
        "  0.001243       CLOSING │─────────── ACK seq=2 ack=2 ───────────▶│~CLOSING\n"
        "  0.001300     TIME_WAIT │◀─────────── ACK seq=2 ack=2 ───────────│~CLOSING\n"
        "                         ┊         … 2.000 s TIME_WAIT …          ┊\n"
        "  2.001300        CLOSED │           2MSL timer expires           │~TIME_WAIT\n"
        "\n"
        "  ~ inferred from what was sent to it\n"
        "\n"
        "  Relative numbers: the client's 0 is 1000, the server's 0 is 5000.\n"
        "  An ack names the next number expected; SYN and FIN count one each.\n"
        "    client  SYN  0  counts 1  → ack=1\n"
        "            FIN  1  counts 1  → ack=2\n"
        "    server  SYN  0  counts 1  → ack=1\n"
        "            FIN  1  counts 1  → ack=2\n"
        "\n"
        "  Opened by both ends at once: the SYNs crossed, and four segments opened it.\n"
        "  Closed by both ends at once: the FINs crossed, so both went through CLOSING.\n"
        "  Both ends have a TIME_WAIT.\n";
    struct sf_ladder_style style = {.width = 80};
    struct tape *t = blank();

    (void)state;
    tape_open_both(t);
    tape_close_both(t, J + 1, K + 1);
    tape_2msl(t);
    T_LINES(tape_drawing(t, &style), want);
}

static void a_refused_connection(void **state)
{
    static const char want[] = "    time client (synfin)                      server (Linux)\n"
                               "         10.9.8.2:40000                        10.9.8.1:8080\n"
                               "               CLOSED │                       │~CLOSED\n"
                               "0.000000     SYN_SENT │───── SYN seq=0 ──────▶│~CLOSED\n"
                               "0.000048       CLOSED │◀ RST,ACK seq=0 ack=1 ─│ CLOSED\n"
                               "\n"
                               "  ~ inferred from what was sent to it\n"
                               "\n"
                               "  Relative numbers: the client's 0 is 1000.\n"
                               "  An ack names the next number expected; SYN and FIN count\n"
                               "  one each.\n"
                               "    client  SYN  0  counts 1  → ack=1\n"
                               "\n"
                               "  Refused: a RST answered the SYN, as nobody listens there.\n";
    struct sf_ladder_style style = {.width = 60};
    struct tape *t = blank();

    (void)state;
    tape_refused(t);
    T_LINES(tape_drawing(t, &style), want);
}

static void a_reset_in_mid_life(void **state)
{
    static const char want[] =
        "      time  client (Linux)                                       server (synfin)\n"
        "            10.9.8.1:50082                                         10.9.8.2:8080\n"
        "                  CLOSED │                                        │ LISTEN\n"
        "  0.000000      SYN_SENT │────────────── SYN seq=j ──────────────▶│ SYN_RECEIVED\n"
        "  0.000031   ESTABLISHED~│◀──────── SYN,ACK seq=k ack=j+1 ────────│ SYN_RECEIVED\n"
        "  0.000115   ESTABLISHED │───────── ACK seq=j+1 ack=k+1 ─────────▶│ ESTABLISHED\n"
        "  0.000160   ESTABLISHED │───── seq=j+1..j+79 (78) ack=k+1 ──────▶│ ESTABLISHED\n"
        "  0.000180   ESTABLISHED │◀─── seq=k+1..k+1449 (1448) ack=j+79 ───│ ESTABLISHED\n"
        "  0.000190   ESTABLISHED │◀─ seq=k+1449..k+2897 (1448) ack=j+79 ──│ ESTABLISHED\n"
        "  0.000260        CLOSED │───── RST,ACK seq=j+79 ack=k+1449 ─────▶│ CLOSED\n"
        "\n"
        "  ~ inferred from what was sent to it\n"
        "\n"
        "  The initial sequence numbers are j = 1000 and k = 5000.\n"
        "  An ack names the next number expected; SYN and FIN count one each.\n"
        "    client  SYN           j            counts 1      → ack=j+1\n"
        "            78 octets     j+1..j+79    counts 78     → ack=j+79\n"
        "    server  SYN           k            counts 1      → ack=k+1\n"
        "            2,896 octets  k+1..k+2897  counts 2,896  → never acknowledged\n"
        "\n"
        "  Opened by a three-way handshake. Ended by a RST of the client.\n";
    struct sf_ladder_style style = {.letters = true};
    struct tape *t = blank();

    (void)state;
    tape_accept(t);
    tape_reset(t);
    T_LINES(tape_drawing(t, &style), want);
}

static void a_lost_fin_and_a_lost_last_acknowledgement(void **state)
{
    static const char want[] =
        "      time  client (Linux)                                       server (synfin)\n"
        "            10.9.8.1:50082                                         10.9.8.2:8080\n"
        "                  CLOSED │                                        │ LISTEN\n"
        "  0.000000      SYN_SENT │────────────── SYN seq=0 ──────────────▶│ SYN_RECEIVED\n"
        "  0.000031   ESTABLISHED~│◀───────── SYN,ACK seq=0 ack=1 ─────────│ SYN_RECEIVED\n"
        "  0.000115   ESTABLISHED │─────────── ACK seq=1 ack=1 ───────────▶│ ESTABLISHED\n"
        "  0.000160   ESTABLISHED │──────── seq=1..79 (78) ack=1 ─────────▶│ ESTABLISHED\n"
        "  0.000180   ESTABLISHED │◀────── seq=1..1449 (1448) ack=79 ──────│ ESTABLISHED\n"
        "  0.000190   ESTABLISHED │◀──── seq=1449..2897 (1448) ack=79 ─────│ ESTABLISHED\n"
        "  0.000200   ESTABLISHED │◀───── seq=2897..3001 (104) ack=79 ─────│ ESTABLISHED\n"
        "  0.000290   ESTABLISHED │───────── ACK seq=79 ack=3001 ─────────▶│ ESTABLISHED\n"
        "  0.000340               │                                close() │\n"
        "  0.000340    CLOSE_WAIT?│◀─────── FIN,ACK seq=3001 ack=79 ───────│ FIN_WAIT_1\n"
        "  0.200340    CLOSE_WAIT~│◀╌╌╌╌ FIN,ACK seq=3001 ack=79 again ╌╌╌╌│ FIN_WAIT_1\n"
        "  0.200470      LAST_ACK~│─────── FIN,ACK seq=79 ack=3002 ───────▶│ TIME_WAIT\n"
        "  0.200479      LAST_ACK~│◀───────── ACK seq=3002 ack=80 ─────────│ TIME_WAIT\n"
        "  0.401479      LAST_ACK~│╌╌╌╌ FIN,ACK seq=79 ack=3002 again ╌╌╌╌▶│ TIME_WAIT\n"
        "  0.401488        CLOSED~│◀───────── ACK seq=3002 ack=80 ─────────│ TIME_WAIT\n"
        "                         ┊         … 2.000 s TIME_WAIT …          ┊\n"
        "  2.401488        CLOSED~│           2MSL timer expires           │ CLOSED\n"
        "\n"
        "  ~ inferred from what was sent to it   ? only possible   ╌╌▶ sent again\n"
        "\n"
        "  Relative numbers: the client's 0 is 1000, the server's 0 is 5000.\n"
        "  An ack names the next number expected; SYN and FIN count one each.\n"
        "    client  SYN           0        counts 1      → ack=1\n"
        "            78 octets     1..79    counts 78     → ack=79\n"
        "            FIN           79       counts 1      → ack=80\n"
        "    server  SYN           0        counts 1      → ack=1\n"
        "            3,000 octets  1..3001  counts 3,000  → ack=3001\n"
        "            FIN           3001     counts 1      → ack=3002\n"
        "\n"
        "  Opened by a three-way handshake. Closed in three segments: the client was\n"
        "  ready to close when the server's FIN came, so one segment carried both its ACK\n"
        "  and its own FIN. TIME_WAIT is the server's, who closed first. A FIN came again\n"
        "  in TIME_WAIT and was answered once more: this is what that state is for.\n";
    struct sf_ladder_style style = {.width = 80};
    struct tape *t = blank();

    (void)state;
    tape_accept(t);
    tape_fetch(t);
    tape_close_with_loss(t);
    tape_2msl(t);
    T_LINES(tape_drawing(t, &style), want);
}

static void numbers_as_on_the_wire_in_sixty_columns(void **state)
{
    static const char want[] =
        "    time client (Linux)                      server (synfin)\n"
        "         10.9.8.1:50082                        10.9.8.2:8080\n"
        "               CLOSED |                       | LISTEN\n"
        "0.000000     SYN_SENT |---- SYN seq=1000 ---->| SYN_RECEIVED\n"
        "0.000031  ESTABLISHED~|<---- SYN,ACK 5000 ----| SYN_RECEIVED\n"
        "0.000115  ESTABLISHED |---- ACK ack=5001 ---->| ESTABLISHED\n"
        "0.000160  ESTABLISHED | seq=1001..1079 (78) ->| ESTABLISHED\n"
        "0.000180  ESTABLISHED |<--- seq=5001..6449 ---| ESTABLISHED\n"
        "0.000190  ESTABLISHED |<--- seq=6449..7897 ---| ESTABLISHED\n"
        "0.000200  ESTABLISHED |<--- seq=7897..8001 ---| ESTABLISHED\n"
        "0.000290  ESTABLISHED |---- ACK ack=8001 ---->| ESTABLISHED\n"
        "0.000340              |               close() |\n"
        "0.000340   CLOSE_WAIT~|<-- FIN,ACK seq=8001 --| FIN_WAIT_1\n"
        "0.000470   CLOSE_WAIT |---- ACK ack=8002 ---->| FIN_WAIT_2\n"
        "0.040470     LAST_ACK |-- FIN,ACK seq=1079 -->| TIME_WAIT\n"
        "0.040484       CLOSED~|<---- ACK ack=1080 ----| TIME_WAIT\n"
        "                      :   2.000 s TIME_WAIT   :\n"
        "2.040484       CLOSED~|  2MSL timer expires   | CLOSED\n"
        "\n"
        "  ~ inferred from what was sent to it\n"
        "\n"
        "  An ack names the next number expected; SYN and FIN count\n"
        "  one each.\n"
        "    client  SYN           1000        counts 1      -> ack=1001\n"
        "            78 octets     1001..1079  counts 78     -> ack=1079\n"
        "            FIN           1079        counts 1      -> ack=1080\n"
        "    server  SYN           5000        counts 1      -> ack=5001\n"
        "            3,000 octets  5001..8001  counts 3,000  -> ack=8001\n"
        "            FIN           8001        counts 1      -> ack=8002\n"
        "\n"
        "  Opened by a three-way handshake. Closed in four segments:\n"
        "  the server's FIN and its ACK, then, 40.000 ms later, the\n"
        "  client's FIN and its ACK. TIME_WAIT is the server's, who\n"
        "  closed first.\n";
    struct sf_ladder_style style = {.width = 60, .absolute = true, .ascii = true};
    struct tape *t = blank();

    (void)state;
    tape_accept(t);
    tape_fetch(t);
    tape_close_in_four(t);
    tape_2msl(t);
    T_LINES(tape_drawing(t, &style), want);
}

static void windows_and_options_when_asked_for(void **state)
{
    static const char want[] =
        "      time  client (Linux)                                                           "
        "server (synfin)\n"
        "            10.9.8.1:50082                                                            "
        " 10.9.8.2:8080\n"
        "                  CLOSED │                                                            "
        "│ LISTEN\n"
        "  0.000000      SYN_SENT │───── SYN seq=0 win=64240 mss=1460 wscale=7 sackok ts "
        "─────▶│ SYN_RECEIVED\n"
        "  0.000031   ESTABLISHED~│◀─────────────────── SYN,ACK seq=0 ack=1 "
        "───────────────────│ SYN_RECEIVED\n"
        "                         │           win=64240 mss=1460 wscale=7 sackok ts            "
        "│\n"
        "  0.000115   ESTABLISHED │──────────────── ACK seq=1 ack=1 win=64240 "
        "────────────────▶│ ESTABLISHED\n"
        "  0.000160   ESTABLISHED │───────── PSH,ACK seq=1..79 (78) ack=1 win=64240 "
        "──────────▶│ ESTABLISHED\n"
        "  0.000180   ESTABLISHED │◀───────── ACK seq=1..1449 (1448) ack=79 win=64240 "
        "─────────│ ESTABLISHED\n"
        "  0.000190   ESTABLISHED │◀─────── ACK seq=1449..2897 (1448) ack=79 win=64240 "
        "────────│ ESTABLISHED\n"
        "  0.000200   ESTABLISHED │◀────── PSH,ACK seq=2897..3001 (104) ack=79 win=64240 "
        "──────│ ESTABLISHED\n"
        "  0.000290   ESTABLISHED │────────────── ACK seq=79 ack=3001 win=64240 "
        "──────────────▶│ ESTABLISHED\n"
        "  0.000340    FIN_WAIT_1 │──────────── FIN,ACK seq=79 ack=3001 win=64240 "
        "────────────▶│ CLOSE_WAIT\n"
        "  0.000345               │                                                    close() "
        "│\n"
        "  0.000345     TIME_WAIT~│◀──────────── FIN,ACK seq=3001 ack=80 win=64240 "
        "────────────│ LAST_ACK\n"
        "  0.000465     TIME_WAIT │────────────── ACK seq=80 ack=3002 win=64240 "
        "──────────────▶│ CLOSED\n"
        "\n"
        "  ~ inferred from what was sent to it\n"
        "\n"
        "  Relative numbers: the client's 0 is 1000, the server's 0 is 5000.\n"
        "  An ack names the next number expected; SYN and FIN count one each.\n"
        "    client  SYN           0        counts 1      → ack=1\n"
        "            78 octets     1..79    counts 78     → ack=79\n"
        "            FIN           79       counts 1      → ack=80\n"
        "    server  SYN           0        counts 1      → ack=1\n"
        "            3,000 octets  1..3001  counts 3,000  → ack=3001\n"
        "            FIN           3001     counts 1      → ack=3002\n"
        "\n"
        "  Opened by a three-way handshake. Closed in three segments: the server was ready to "
        "close when the\n"
        "  client's FIN came, so one segment carried both its ACK and its own FIN. TIME_WAIT "
        "is the client's,\n"
        "  who closed first.\n";
    struct sf_ladder_style style = {.width = 100, .verbose = true};
    struct tape *t = blank();

    (void)state;
    tape_accept(t);
    tape_fetch(t);
    tape_close_in_three(t);
    T_LINES(tape_drawing(t, &style), want);
}

/* Lines begin to begin + n of a text; the next call overwrites them. */
static const char *some_lines(const char *text, unsigned begin, unsigned n)
{
    static char lines[16384];
    const char *end = NULL;

    for (; begin > 0; begin--) {
        text += strcspn(text, "\n") + 1;
    }
    for (end = text; n > 0 && *end != '\0'; n--) {
        end += strcspn(end, "\n") + 1;
    }
    assert_in_range(end - text, 0, sizeof(lines) - 1);
    memcpy(lines, text, (size_t)(end - text));
    lines[end - text] = '\0';
    return lines;
}

/* Columns of the widest line. */
static unsigned widest(const char *text)
{
    unsigned most = 0;

    while (*text != '\0') {
        size_t n = strcspn(text, "\n");
        char line[1024];

        assert_in_range(n, 0, sizeof(line) - 1);
        memcpy(line, text, n);
        line[n] = '\0';
        most = sf_columns(line) > most ? sf_columns(line) : most;
        text += n + (text[n] == '\n');
    }
    return most;
}

static void the_width_is_kept_and_bounded(void **state)
{
    static const struct {
        uint16_t width;
        unsigned wide;
    } rows[] = {
        {0, 80}, {1, 60}, {59, 60}, {60, 60}, {71, 71}, {72, 72}, {240, 240}, {241, 240},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct sf_ladder_style style = {.width = rows[i].width, .colour = false};
        struct tape *t = blank();

        tape_accept(t);
        tape_fetch(t);
        tape_close_with_loss(t);
        tape_2msl(t);
        T_EQ_ROW(i, widest(tape_drawing(t, &style)), rows[i].wide);
    }
}

static void ascii_means_no_octet_above_127(void **state)
{
    struct sf_ladder_style style = {.ascii = true, .verbose = true};
    struct tape *t = blank();
    const char *text = NULL;

    (void)state;
    tape_open_both(t);
    tape_close_both(t, J + 1, K + 1);
    tape_2msl(t);
    for (text = tape_drawing(t, &style); *text != '\0'; text++) {
        T_TRUE((unsigned char)*text < 128);
    }
}

/* The same text, without "ESC [ ... m". */
static void strip(char *to, const char *from)
{
    while (*from != '\0') {
        if (*from == '\033') {
            from += strcspn(from, "m") + 1;
        } else {
            *to++ = *from++;
        }
    }
    *to = '\0';
}

static void colours_change_nothing_else(void **state)
{
    static char plain[65536];
    static char stripped[65536];
    struct sf_ladder_style style = {0};
    struct tape *t = blank();
    const char *text = NULL;

    (void)state;
    tape_accept(t);
    tape_fetch(t);
    tape_close_with_loss(t);
    tape_2msl(t);
    (void)snprintf(plain, sizeof(plain), "%s", tape_drawing(t, &style));
    T_TRUE(strchr(plain, '\033') == NULL);
    style.colour = true;
    text = tape_drawing(t, &style);
    T_TRUE(strchr(text, '\033') != NULL);
    strip(stripped, text);
    T_LINES(stripped, plain);
}

/* 200 segments of 1,448 octets, every second one acknowledged, then the close. */
static void tell_a_long_transfer(struct tape *t)
{
    uint32_t seq = K + 1;

    tape_accept(t);
    for (unsigned i = 0; i < 200; i++) {
        tape_us(t, 20);
        tape_out(t, SF_ACK, seq, J + 1, 1448);
        seq += 1448;
        if (i % 2 == 1) {
            tape_us(t, 20);
            tape_in(t, SF_ACK, J + 1, seq, 0);
        }
    }
    tape_us(t, 20);
    tape_in(t, SF_FIN | SF_ACK, J + 1, seq, 0);
    tape_state(t, SF_EV_FIN, SF_CLOSE_WAIT);
}

static void the_middle_of_a_long_transfer_is_counted_instead_of_drawn(void **state)
{
    /* 200 + 100 rows, of which 3 + 3 are drawn: data data ACK ... data data ACK; so
     * 200 - 4 = 196 segments of 196 * 1448 = 283,808 octets and 100 - 2 = 98 ACKs are not. */
    static const char want[] =
        "  0.000000      SYN_SENT │────────────── SYN seq=0 ──────────────▶│ SYN_RECEIVED\n"
        "  0.000031   ESTABLISHED~│◀───────── SYN,ACK seq=0 ack=1 ─────────│ SYN_RECEIVED\n"
        "  0.000115   ESTABLISHED │─────────── ACK seq=1 ack=1 ───────────▶│ ESTABLISHED\n"
        "  0.000135   ESTABLISHED │◀────── seq=1..1449 (1448) ack=1 ───────│ ESTABLISHED\n"
        "  0.000155   ESTABLISHED │◀───── seq=1449..2897 (1448) ack=1 ─────│ ESTABLISHED\n"
        "  0.000175   ESTABLISHED │───────── ACK seq=1 ack=2897 ──────────▶│ ESTABLISHED\n"
        "                         │    196 more data segments, 283,808     │\n"
        "                         │            octets; 98 ACKs             │\n"
        "  0.006075   ESTABLISHED │◀─── seq=286705..288153 (1448) ack=1 ───│ ESTABLISHED\n"
        "  0.006095   ESTABLISHED │◀─── seq=288153..289601 (1448) ack=1 ───│ ESTABLISHED\n"
        "  0.006115   ESTABLISHED │──────── ACK seq=1 ack=289601 ─────────▶│ ESTABLISHED\n"
        "  0.006135    FIN_WAIT_1 │────── FIN,ACK seq=1 ack=289601 ───────▶│ CLOSE_WAIT\n";
    struct sf_ladder_style style = {.bare = true};
    struct tape *t = blank();

    (void)state;
    tell_a_long_transfer(t);
    T_LINES(tape_drawing(t, &style), want);
}

static void the_whole_is_drawn_when_asked_for(void **state)
{
    struct sf_ladder_style style = {.bare = true, .whole = true};
    struct tape *t = blank();
    unsigned lines = 0;

    (void)state;
    tell_a_long_transfer(t);
    for (const char *at = tape_drawing(t, &style); *at != '\0'; at++) {
        lines += *at == '\n';
    }
    T_EQ(lines, 3 + 200 + 100 + 1);
}

static void a_silence_of_a_second_has_a_row(void **state)
{
    static const struct {
        uint64_t us;
        uint64_t pause_ns;
        const char *want; /* null: no such row */
    } rows[] = {
        {999999, 0, NULL},
        {1000000, 0, "... 1.000 s CLOSE_WAIT ..."},
        {61234567, 0, "... 61.234 s CLOSE_WAIT ..."},
        {999, 1000000, NULL},
        {1000, 1000000, "... 0.001 s CLOSE_WAIT ..."},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct sf_ladder_style style = {
            .width = 67, .ascii = true, .pause = {rows[i].pause_ns}};
        struct tape *t = blank();
        const char *text = NULL;

        tape_accept(t);
        tape_in(t, SF_FIN | SF_ACK, J + 1, K + 1, 0);
        tape_state(t, SF_EV_FIN, SF_CLOSE_WAIT);
        tape_us(t, rows[i].us);
        tape_out(t, SF_ACK, K + 1, J + 2, 0);
        text = tape_drawing(t, &style);
        T_EQ_ROW(i, strstr(text, " ... ") != NULL, rows[i].want != NULL);
        if (rows[i].want != NULL) {
            assert_non_null(strstr(text, rows[i].want));
        }
    }
}

static void the_end_of_2msl_has_its_silence_however_short(void **state)
{
    struct sf_ladder_style style = {.ascii = true};
    struct tape *t = blank();

    (void)state;
    tape_open_both(t);
    tape_close_both(t, J + 1, K + 1);
    tape_us(t, 1000);
    tape_state(t, SF_EV_2MSL, SF_CLOSED);
    assert_non_null(strstr(tape_drawing(t, &style), "... 0.001 s TIME_WAIT ..."));
}

static void what_was_lost_ends_in_a_cross(void **state)
{
    static const char want[] =
        "                  CLOSED |                                        | LISTEN\n"
        "  0.000000      SYN_SENT |-------------- SYN seq=0 -------------->| SYN_RECEIVED\n"
        "  0.000031   ESTABLISHED~|<--------- SYN,ACK seq=0 ack=1 ---------| SYN_RECEIVED\n"
        "  0.000115   ESTABLISHED |----------- ACK seq=1 ack=1 ----------->| ESTABLISHED\n"
        "  0.000115   ESTABLISHED |      X--- seq=1..1449 (1448) ack=1 ----| ESTABLISHED\n"
        "  0.001115   ESTABLISHED |<... seq=1..1449 (1448) ack=1 again ....| ESTABLISHED\n"
        "  0.001115   ESTABLISHED |----------- ACK seq=1 ack=1 -----------X| ESTABLISHED\n"
        "\n"
        "  ~ inferred from what was sent to it   ..> sent again   -X  lost\n"
        "  -X| not taken\n";
    struct sf_ladder_style style = {.ascii = true};
    struct tape *t = blank();
    struct sf_trace_record *loss = NULL;

    (void)state;
    tape_accept(t);
    tape_out(t, SF_ACK, K + 1, J + 1, 1448);
    tape_us(t, 1000);
    loss = tape_record(t, SF_TRACE_LOSS);
    loss->what = SF_LOSS_DUPLICATES;
    loss->u.seg.seq = K + 1;
    loss->u.seg.octets = 1448;
    tape_again(t, SF_ACK, K + 1, J + 1, 1448);
    tape_in(t, SF_ACK, J + 1, K + 1, 0);
    t->records[t->n - 1].what = SF_DROP_PAWS;
    T_LINES(some_lines(tape_drawing(t, &style), 2, 10), want);
}

static void ipv6_ends_take_a_line_each_where_it_is_narrow(void **state)
{
    static const char want[] = "    time client (synfin)                      server (Linux)\n"
                               "         [2001:db8:1234:5678:9abc:def0:1234:5678]:40000\n"
                               "               [2001:db8:1234:5678:9abc:def0:1234:5679]:8080\n";
    static const uint8_t local[16] = {0x20, 0x01, 0x0d, 0xb8, 0x12, 0x34, 0x56, 0x78,
                                      0x9a, 0xbc, 0xde, 0xf0, 0x12, 0x34, 0x56, 0x78};
    struct sf_ladder_style style = {.width = 60};
    struct tape *t = blank();
    struct sf_trace_ends *ends = NULL;

    (void)state;
    tape_refused(t);
    ends = &t->records[0].u.ends;
    ends->family = SF_IPV6;
    memcpy(ends->local, local, sizeof(local));
    memcpy(ends->remote, local, sizeof(local));
    ends->remote[15] = 0x79;
    T_LINES(some_lines(tape_drawing(t, &style), 0, 3), want);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fetch_that_closes_in_four_segments_with_our_time_wait_to_its_end),
        cmocka_unit_test(the_same_in_ascii_letters_and_sixty_columns),
        cmocka_unit_test(a_close_in_three_segments_by_the_other_end),
        cmocka_unit_test(a_simultaneous_open_and_close),
        cmocka_unit_test(a_refused_connection),
        cmocka_unit_test(a_reset_in_mid_life),
        cmocka_unit_test(a_lost_fin_and_a_lost_last_acknowledgement),
        cmocka_unit_test(numbers_as_on_the_wire_in_sixty_columns),
        cmocka_unit_test(windows_and_options_when_asked_for),
        cmocka_unit_test(the_width_is_kept_and_bounded),
        cmocka_unit_test(ascii_means_no_octet_above_127),
        cmocka_unit_test(colours_change_nothing_else),
        cmocka_unit_test(the_middle_of_a_long_transfer_is_counted_instead_of_drawn),
        cmocka_unit_test(the_whole_is_drawn_when_asked_for),
        cmocka_unit_test(a_silence_of_a_second_has_a_row),
        cmocka_unit_test(the_end_of_2msl_has_its_silence_however_short),
        cmocka_unit_test(what_was_lost_ends_in_a_cross),
        cmocka_unit_test(ipv6_ends_take_a_line_each_where_it_is_narrow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
