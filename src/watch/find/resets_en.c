/* SPDX-License-Identifier: MIT
 *
 * watch/find/resets_en.c - the causes of a reset, in English.
 */
#include "watch/find/words.h"

/* clang-format off */
#define AT(id) [(id) - SF_FIND_RST_PORT_CLOSED]

const struct sf_find_words sf_find_resets_en[12] = {
    AT(SF_FIND_RST_PORT_CLOSED) = {
        .page = {
            .title = "Reset: nobody listens on the port",
            .when = "A RST,ACK with sequence number 0 acknowledges exactly a SYN.",
            .cause = "The kernel of the host got a SYN for a port without a listener. It has "
                     "no number of its own to give, hence 0.",
            .remedy = "Start the service, or look on which address it listens: ss -ltn.",
        },
        .says = {"{Who} has no listener on that port: RST,ACK with sequence number 0 to the "
                 "SYN.",
                 "The RST,ACK to the SYN has {who}'s address; it may as well come from a "
                 "firewall that rejects."},
    },
    AT(SF_FIND_RST_NO_CONNECTION) = {
        .page = {
            .title = "Reset: no such connection (any more)",
            .when = "A RST without ACK, whose sequence number is what the peer's segment "
                    "acknowledged.",
            .cause = "The host has no record of the connection and takes the number from the "
                     "segment that it answers: it rebooted, the program was killed or timed "
                     "out unheard, the orphan's timer expired, or the address now belongs to "
                     "another host.",
            .remedy = "Look what became of the connection on that host: uptime, restarts of "
                      "the program, fail-over of the address, a balancer that chose another "
                      "backend.",
            .myth = "\"Connection reset by peer: the peer's program closed it.\" Here there "
                    "is no such program any more; the kernel says that it knows nothing.",
        },
        .says = {"{Who} has no such connection: its RST carries no ACK and exactly the "
                 "number that {peer} had acknowledged. It was last heard {0t} before."},
    },
    AT(SF_FIND_RST_UNREAD_DATA) = {
        .page = {
            .title = "Reset: closed with unread data",
            .when = "A RST,ACK with the sender's next number, after it had acknowledged "
                    "data, and no FIN before.",
            .cause = "The program called close() (or exited) while received data were still "
                     "in the socket. The peer must learn that they were not taken, so the "
                     "kernel sends a RST instead of a FIN (RFC 9293, RFC 2525 s2.17). What "
                     "the program wrote before may be lost at the peer.",
            .remedy = "Read until end of file before close(). Typical: a server that answers "
                      "413 or 401 without reading the body; a client that leaves before the "
                      "answer is complete.",
            .myth = "\"close() always sends a FIN.\" Not if data are unread.",
        },
        .says = {"{Who} had acknowledged {0b} of {peer}'s, the last {1t} before, then sent "
                 "RST,ACK in place of a FIN: closed with data unread.",
                 "{Who} had answered since it last got data (of {0b} in all, {1t} before): "
                 "few signs that something was unread."},
    },
    AT(SF_FIND_RST_ABORT) = {
        .page = {
            .title = "Reset: aborted by the program",
            .when = "A RST,ACK with the sender's next number, no FIN before, and nothing "
                    "that could be unread.",
            .cause = "SO_LINGER with time 0 and close(), or an ABORT call: often on purpose, "
                     "by health checks, load testers and balancers that want no TIME_WAIT. "
                     "Data not yet sent are thrown away.",
            .remedy = "Look for SO_LINGER in that program (Go: SetLinger(0); Java: "
                      "setSoLinger(true, 0)). To avoid TIME_WAIT it is the wrong means: "
                      "unsent data are lost.",
        },
        .says = {"{Who} aborted the connection {1t} after its last segment: it had received "
                 "nothing, so nothing was unread.",
                 "{Who} sent RST,ACK in place of a FIN. Whether the program had read all of "
                 "the {0b} that it got cannot be seen on the wire: if it had, it aborted "
                 "(SO_LINGER 0).",
                 "{Who} aborted the connection after the FIN of {peer}: instead of a FIN of "
                 "its own it sent RST,ACK."},
    },
    AT(SF_FIND_RST_KEEPALIVE) = {
        .page = {
            .title = "Reset: keepalives went unanswered",
            .when = "A RST,ACK behind at least two keepalives in a row without an answer.",
            .cause = "tcp_keepalive_probes probes, tcp_keepalive_intvl apart, brought "
                     "nothing: the connection is given up, and the RST is sent in case "
                     "somebody is still there.",
            .remedy = "See KEEPALIVE-DEAD: the other host, or what lies between, is dead.",
        },
        .says = {"{Who} gave up after {0} {0|keepalive|keepalives} over {1t} without an "
                 "answer."},
    },
    AT(SF_FIND_RST_TIMEOUT) = {
        .page = {
            .title = "Given up: retransmissions or the user timeout exhausted",
            .when = "The same data were sent again several times without an answer; then a "
                    "RST, or nothing for much longer than the next time-out would have been.",
            .cause = "The path is broken or the other host gone. Linux gives up after "
                     "tcp_retries2 (15 retransmissions, 15 to 30 minutes) or "
                     "TCP_USER_TIMEOUT, mostly without sending a RST.",
            .remedy = "Look for the moment at which the answers stopped, and what happened "
                      "on the path then. TCP_USER_TIMEOUT makes a program notice sooner.",
            .myth = "\"A time-out sends a RST.\" Linux mostly just forgets the connection; "
                    "the peer learns of it when it sends.",
        },
        .says = {"{Who} sent the same {0} {0|time|times} more over {1t} without an answer, "
                 "then RST.",
                 "{Who} sent the same {0} {0|time|times} more over {1t} without an answer, "
                 "and nothing for {2t} since: it gave up, without a RST."},
    },
    AT(SF_FIND_RST_ACCEPTQ) = {
        .page = {
            .title = "Reset: accept queue full, and told to say so",
            .when = "The third segment of the handshake is answered by a RST without ACK.",
            .cause = "net.ipv4.tcp_abort_on_overflow=1: where Linux would by default ignore "
                     "the third segment when the accept queue is full, it resets.",
            .remedy = "As for ACCEPTQ-FULL: accept() faster, a longer queue. Leave "
                      "tcp_abort_on_overflow at 0 unless clients should fail at once.",
        },
        .says = {"{Who} answered the third segment of the handshake with a RST {0t} later: "
                 "an accept queue that overflows with tcp_abort_on_overflow=1, or a listener "
                 "that was just closed."},
    },
    AT(SF_FIND_RST_MIDDLEBOX) = {
        .page = {
            .title = "Reset: by something in between",
            .when = "A RST that is unlike the other packets of that host (TTL, IP id, "
                    "window, options), or that comes when traffic resumes after long idling.",
            .cause = "A NAT, firewall or balancer forgot the idle connection (cloud "
                     "balancers after 60 to 350 s) and answers in the host's name, or a "
                     "filter ends connections that it does not like.",
            .remedy = "Keepalives more often than the time-out (net.ipv4.tcp_keepalive_time, "
                      "or per socket TCP_KEEPIDLE), or raise the time-out there. The TTL "
                      "tells how many hops away the box is.",
            .myth = "\"Connection reset by peer\" is not always by the peer.",
        },
        .says = {"A RST in the name of {who} after {0t} of silence; its TTL is {1}, that of "
                 "{who}'s other packets {2}: something in between sent it.",
                 "A RST in the name of {who} after {0t} of silence; NATs and balancers "
                 "forget a connection after such a time, but nothing in the packet tells it "
                 "from {who}'s own.",
                 "A RST in the name of {who} with TTL {1}, where its other packets have {2}: "
                 "something in between sent it.",
                 "The segment was answered {0t} after it by a RST with the numbers of the "
                 "segment alone, as a box that filters would."},
    },
    AT(SF_FIND_RST_CONNTRACK) = {
        .page = {
            .title = "Reset: connection tracking called a segment invalid",
            .when = "A RST without ACK answers a late, repeated or out-of-window segment, "
                    "while the end in whose name it came goes on with the connection.",
            .cause = "The NAT between (kube-proxy, a container bridge) found a segment out "
                     "of its window, did not translate it, and so it reached a host that "
                     "knows no such connection, and said so.",
            .remedy = "net.netfilter.nf_conntrack_tcp_be_liberal=1, or drop packets of state "
                      "INVALID. conntrack -S counts invalid.",
        },
        .says = {"{Who} reset in answer to a segment that was late or repeated, and went on "
                 "with the connection afterwards ({0} {0|segment|segments}): a NAT's "
                 "connection tracking let the segment through untranslated.",
                 "The RST of {who} answers a segment that was late, repeated or out of "
                 "window, {0t} after {who} last sent something of its own."},
    },
    AT(SF_FIND_RST_BLIND) = {
        .page = {
            .title = "Reset: not exact, not believed",
            .when = "A RST within the window but not at the number expected, or out of the "
                    "window; the connection goes on, or it is answered by a challenge ACK.",
            .cause = "Somebody who does not see the connection guesses its numbers; or a box "
                     "sent a RST with numbers that were already out of date.",
            .remedy = "Nothing was reset: RFC 5961 asks for the exact number. Compare the "
                      "TTL with that of the host's other packets to see who it was.",
        },
        .says = {"A RST in the name of {who} missed the expected number by {0}; {peer} did "
                 "not believe it.",
                 "A RST in the name of {who} missed the expected number by {0}; {peer} "
                 "challenged it, and the connection went on."},
    },
    AT(SF_FIND_RST_TIME_WAIT) = {
        .page = {
            .title = "Reset: from TIME_WAIT",
            .when = "An end in TIME_WAIT sends a RST.",
            .cause = "What came cannot belong to the connection that was closed: a SYN with "
                     "numbers in the middle of it, or new data.",
            .remedy = "Nothing, if it is rare. A client that reuses its port sooner than "
                      "2MSL tries again after the RST.",
        },
        .says = {"{Who}, in TIME_WAIT, answered a segment of {peer} that cannot belong to "
                 "the closed connection."},
    },
    AT(SF_FIND_RST_CRASH) = {
        .page = {
            .title = "Resets on many connections at once",
            .when = "At least three connections of one host are reset by it within a second, "
                    "and at least half of those it had.",
            .cause = "The process died or was killed: the kernel closes all its sockets, and "
                     "those with unread data get a RST. If it was the host that restarted, "
                     "the RSTs come when the peers next send.",
            .remedy = "Look at that moment in the host's log: OOM killer, segmentation "
                      "fault, deployment, restart.",
        },
        .says = {"{about} reset {0} of its {1} {1|connection|connections} within {2t}: the "
                 "process died or was restarted."},
    },
};
/* clang-format on */
