/* SPDX-License-Identifier: MIT
 *
 * watch/find/closing_en.c - the findings about closing, in English.
 */
#include "watch/find/words.h"

/* clang-format off */
#define AT(id) [(id) - SF_FIND_CLOSE_4SEG]

const struct sf_find_words sf_find_closing_en[15] = {
    AT(SF_FIND_CLOSE_4SEG) = {
        .page = {
            .title = "Closed in four segments",
            .when = "FIN, its acknowledgement, the other FIN, its acknowledgement.",
            .cause = "Each direction closes by itself. The second end acknowledged the FIN "
                     "at once or after its delay, and its program closed later.",
            .remedy = "Nothing is wrong.",
            .myth = "\"Closing takes four segments.\" It takes two FINs and two "
                    "acknowledgements; if the second end closes at once they fit into three "
                    "segments.",
        },
        .says = {"{Who} closed first; {peer} acknowledged that, and closed {0t} later: four "
                 "segments."},
    },
    AT(SF_FIND_CLOSE_3SEG) = {
        .page = {
            .title = "Closed in three segments",
            .when = "The second end's FIN is in the same segment as its acknowledgement of "
                    "the first.",
            .cause = "Its program closed before the kernel acknowledged the FIN by itself, "
                     "which Linux delays by about 40 ms.",
            .remedy = "Nothing is wrong.",
        },
        .says = {"{Who} closed first; {peer} closed {0t} later, and its FIN carried the "
                 "acknowledgement: three segments."},
    },
    AT(SF_FIND_HALF_CLOSE) = {
        .page = {
            .title = "Half-closed: data after the first FIN",
            .when = "One end has sent its FIN, and the other goes on sending data, which are "
                    "acknowledged.",
            .cause = "The first end called shutdown(SHUT_WR): \"I have said everything, I "
                     "still listen\". Its FIN closes one direction only.",
            .remedy = "Nothing is wrong, if it is meant so (rsh, nc -N, some RPC). "
                      "Middleboxes often cut such connections after a shorter time-out.",
            .myth = "\"After a FIN no more data flow.\" Not from that end; the other may "
                    "send for hours.",
        },
        .says = {"After the FIN of {who}, {peer} sent {0b} more, for {1t}."},
    },
    AT(SF_FIND_SIM_CLOSE) = {
        .page = {
            .title = "Simultaneous close",
            .when = "Both FINs were sent before either end had seen the other's.",
            .cause = "Both programs closed within a one-way delay of each other. Both are "
                     "active closers: FIN_WAIT_1, CLOSING, TIME_WAIT.",
            .remedy = "Nothing is wrong. Both ends have a TIME_WAIT.",
        },
        .says = {"The FINs crossed: both ends closed actively, went through CLOSING, and "
                 "both are in TIME_WAIT."},
    },
    AT(SF_FIND_FIN_LOST) = {
        .page = {
            .title = "A FIN was sent again",
            .when = "A FIN is repeated, and the other end had not acknowledged it.",
            .cause = "The FIN or its acknowledgement was lost. A FIN has a number, so that "
                     "it is repeated like data.",
            .remedy = "Nothing, if it is rare. It delays the close by a time-out.",
            .myth = "\"The FIN carried a byte of data again.\" A FIN counts as one in the "
                    "sequence numbers; there are no data.",
        },
        .says = {"{Who} had to send its FIN {0} {0|time|times} more, the last one {1t} after "
                 "the first."},
    },
    AT(SF_FIND_FIN_REORDERED) = {
        .page = {
            .title = "A FIN came before the data that precede it",
            .when = "Data with lower numbers arrive after the FIN, too soon for a "
                    "retransmission.",
            .cause = "The packets overtook each other. The receiver keeps the FIN until the "
                     "hole is filled: end of file is read only when everything before it has "
                     "been.",
            .remedy = "Nothing is wrong.",
        },
        .says = {"The FIN of {who} overtook {0b} of its data; {peer} waited for them."},
    },
    AT(SF_FIND_LAST_ACK_LOST) = {
        .page = {
            .title = "The last acknowledgement was lost",
            .when = "The second FIN is repeated after it was acknowledged, and acknowledged "
                    "again.",
            .cause = "The end in TIME_WAIT cannot know whether its last acknowledgement "
                     "arrived. It did not: the FIN came again, and TIME_WAIT was still there "
                     "to answer. This is what 2MSL is for.",
            .remedy = "Nothing: TIME_WAIT did its work. Without it, the FIN would have met a "
                      "RST.",
            .myth = "\"TIME_WAIT is useless and should be turned off.\" Here it was needed.",
        },
        .says = {
            "The last acknowledgement did not reach {who}, which repeated its FIN after {0t}"
            "; {peer} answered it from TIME_WAIT.",
            "{Who} repeated its FIN {0t} after it was acknowledged, and nothing answered "
            "(any more).",
        },
    },
    AT(SF_FIND_WHO_HAS_TW) = {
        .page = {
            .title = "Who is in TIME_WAIT",
            .when = "The connection was closed by FINs of both ends.",
            .cause = "The end that closes first waits for 2MSL: to repeat the last "
                     "acknowledgement, and so that old segments of this four-tuple die out. "
                     "On Linux 60 s, fixed in the kernel.",
            .remedy = "On the client each one costs a port towards that server address and "
                      "port; on a server only a small record (about 250 octets), no port. To "
                      "move it, let the other end close first.",
            .myth = "\"tcp_fin_timeout shortens TIME_WAIT.\" It does not: it limits an "
                    "orphaned FIN_WAIT_2. TIME_WAIT is 60 s (TCP_TIMEWAIT_LEN).",
        },
        .says = {
            "{Who} closed first and is in TIME_WAIT; {peer} is not.",
            "Both ends are in TIME_WAIT.",
        },
    },
    AT(SF_FIND_TW_BUDGET) = {
        .page = {
            .title = "How many connections a second TIME_WAIT allows",
            .when = "A client closes first on at least 10 connections to one server address "
                    "and port.",
            .cause = "Each holds one source port towards that destination for 60 s. With "
                     "Linux's defaults there are 28,232 ports, so about 470 new connections "
                     "a second to one destination.",
            .remedy = "Keep connections open (HTTP keep-alive, pools). Else: more source or "
                      "destination addresses, a wider ip_local_port_range, tcp_tw_reuse=1 on "
                      "the client (needs timestamps).",
            .myth = "\"TIME_WAIT on the server uses up ports.\" All connections of a "
                    "listener share its one port; only the client's ports run out.",
        },
        .says = {
            "Towards {about}, {0} {0|port|ports} of one client were in TIME_WAIT at once, of "
            "28,232 that Linux has by default; {1} new {1|connection|connections} a second "
            "at most here, and about 470 are possible.",
        },
    },
    AT(SF_FIND_CLOSE_WAIT_LEAK) = {
        .page = {
            .title = "CLOSE_WAIT: close() is missing",
            .when = "One end's FIN was acknowledged, the other end never sent its own, and "
                    "was silent from then on.",
            .cause = "The kernel has told the program that the peer is done (read() gives "
                     "0), and the program does not close: a forgotten close() in an error "
                     "path, a pool that does not look, a thread that is stuck. No timer ends "
                     "CLOSE_WAIT.",
            .remedy = "Find the program: ss -tnp state close-wait. Recv-Q 1 (the FIN) means "
                      "that end of file was never read; 0: it was read, and close() "
                      "forgotten. Then fix the program; restarting helps for a while.",
            .myth = "\"A sysctl for CLOSE_WAIT time-outs.\" There is none: only the "
                    "application can end it.",
        },
        .says = {
            "{Who} got the FIN of {peer} and acknowledged it, but has sent none of its own "
            "for {0t}, until the capture ends.",
            "{Who} got the FIN of {peer} and acknowledged it, but never sent one of its own; "
            "after {0t} the connection was reset.",
        },
    },
    AT(SF_FIND_FW2_ORPHAN_TIMEOUT) = {
        .page = {
            .title = "FIN_WAIT_2 without an application timed out",
            .when = "An end in FIN_WAIT_2 answers the peer's late data or FIN with a RST.",
            .cause = "The program called close(), not shutdown(): nobody can read any more. "
                     "Linux keeps such an orphan for tcp_fin_timeout (60 s) and then drops "
                     "it; what comes later meets a RST.",
            .remedy = "The peer should have closed: look for CLOSE_WAIT there.",
            .myth = "\"tcp_fin_timeout is the length of TIME_WAIT.\" This here is what it "
                    "governs.",
        },
        .says = {"{Who} waited in FIN_WAIT_2 for {0t}, then what {peer} sent was answered by "
                 "a RST: the orphan had timed out."},
    },
    AT(SF_FIND_FW2_OWNED) = {
        .page = {
            .title = "FIN_WAIT_2, and an application still holds it",
            .when = "An end has been in FIN_WAIT_2 for longer than the orphan's 60 s, or "
                    "acknowledges data there, and the connection is still open at the end.",
            .cause = "The program called shutdown(SHUT_WR) and still has the socket: it "
                     "wants to read. No timer applies, the wait may last for ever.",
            .remedy = "The other end has to close. If it may never do so, the program needs "
                      "a time-out of its own (SO_RCVTIMEO, poll) or keepalives.",
            .myth = "\"FIN_WAIT_2 ends after 60 s.\" Only if nobody owns the socket any more.",
        },
        .says = {
            "{Who} has been in FIN_WAIT_2 for {0t} and still takes data: an application "
            "holds the socket.",
            "{Who} has been in FIN_WAIT_2 for {0t}, longer than the orphan timer: an "
            "application holds the socket, or the other system has no such timer.",
            "{Who} has been in FIN_WAIT_2 for {0t} and sends keepalives: an application "
            "holds the socket.",
        },
    },
    AT(SF_FIND_FW1_STUCK) = {
        .page = {
            .title = "Nobody acknowledges the FIN",
            .when = "The FIN was sent at least three times and never acknowledged.",
            .cause = "The other host is gone, or a firewall has forgotten the connection. "
                     "The closing end stays in FIN_WAIT_1 (or LAST_ACK), repeats the FIN "
                     "with growing pauses, and gives up.",
            .remedy = "Linux gives up an orphan after tcp_orphan_retries (8, about 100 s). "
                      "Many of them (ss -tn state fin-wait-1) point at a path that broke.",
        },
        .says = {"{Who} sent its FIN {0} times over {1t} and got no answer."},
    },
    AT(SF_FIND_LATE_DATA_RST) = {
        .page = {
            .title = "Data for a connection that is gone",
            .when = "An end has closed both ways (close(), FIN sent), and answers data of "
                    "the other end with a RST.",
            .cause = "The program closed without waiting for what the peer still had to say. "
                     "The kernel cannot deliver the data, and says so with a RST, as RFC "
                     "9293 asks; the peer may lose data that it had not read yet.",
            .remedy = "End in order: shutdown(SHUT_WR), read until end of file, then "
                      "close(). A server that answers an error early should read the rest of "
                      "the request first.",
        },
        .says = {"{Who} had sent its FIN; {0b} from {peer} came {1t} later and were answered "
                 "by a RST."},
    },
    AT(SF_FIND_TW_ASSASSINATION) = {
        .page = {
            .title = "A RST ended TIME_WAIT",
            .when = "A RST arrives at an end in TIME_WAIT.",
            .cause = "An old segment made TIME_WAIT repeat its acknowledgement; the other "
                     "end, already closed, answered that with a RST, which ends TIME_WAIT "
                     "before its time.",
            .remedy = "net.ipv4.tcp_rfc1337=1 makes Linux ignore a RST in TIME_WAIT. It "
                      "seldom matters; a new connection on the same ports might get old "
                      "segments.",
        },
        .says = {"{Who} sent a RST to {peer}, which was in TIME_WAIT: that may have ended it "
                 "{0t} after it began.",
                 "{Who} opened the four-tuple anew, got an answer of the old connection out "
                 "of TIME_WAIT, and reset that: it ends {peer}'s TIME_WAIT, and the next SYN "
                 "is taken."},
    },
};
/* clang-format on */
