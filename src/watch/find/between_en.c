/* SPDX-License-Identifier: MIT
 *
 * watch/find/between_en.c - the findings about an open connection, in English.
 */
#include "watch/find/words.h"

/* clang-format off */
const struct sf_find_words sf_find_between_en[13] = {
    [0 /* SF_FIND_KEEPALIVE_OK */] = {
        .page = {
            .title = "Keepalives, answered",
            .when = "Segments one before the next number, after silence, each answered by an "
                    "acknowledgement.",
            .cause = "One end has SO_KEEPALIVE on, and the other is alive. The probe repeats "
                     "a number that was acknowledged long ago, so that the other end must "
                     "answer.",
            .remedy = "Nothing is wrong. The answer is neither a duplicate acknowledgement "
                      "nor a window update, whatever other tools call it.",
            .myth = "\"Keepalives keep connections open.\" They find dead ones. That they "
                    "also refresh a NAT's entry is a side effect, and only if they come "
                    "sooner than its time-out; Linux waits two hours by default.",
        },
        .says = {"{Who} asked {0} {0|time|times} whether {peer} is still there, after {1t} "
                 "of silence, and was answered."},
    },
    [SF_FIND_KEEPALIVE_DEAD - SF_FIND_KEEPALIVE_OK] = {
        .page = {
            .title = "Keepalives, unanswered",
            .when = "At least two keepalives in a row without any segment of the other end.",
            .cause = "The other host is down, unreachable, or behind a NAT or firewall that "
                     "has forgotten the connection and drops in silence. A host that is up "
                     "but has lost the connection would answer with a RST.",
            .remedy = "See whether the other host is up and whether something on the path "
                      "forgets idle connections (RST-MIDDLEBOX). tcp_keepalive_intvl times "
                      "tcp_keepalive_probes is how long it takes to give up.",
        },
        .says = {
            "{Who} asked {0} {0|time|times}, over {1t}, whether {peer} is still there, and "
            "got no answer.",
        },
    },
    [SF_FIND_HALF_OPEN - SF_FIND_KEEPALIVE_OK] = {
        .page = {
            .title = "Half-open: one end has forgotten the connection",
            .when = "A segment within the connection is answered by a RST that carries "
                    "exactly the number which the segment acknowledged, or a SYN is answered "
                    "by an acknowledgement of the old connection.",
            .cause = "One end crashed, rebooted, moved to another host, or gave up without "
                     "being heard. The other end believes in the connection until it sends "
                     "something.",
            .remedy = "The remaining end notices only when it sends: use keepalives or "
                      "TCP_USER_TIMEOUT, or a heartbeat of the application.",
            .myth = "\"If the cable is pulled or the machine dies, the connection breaks.\" "
                    "Nothing is sent then, so nobody learns of it.",
        },
        .says = {
            "{Who} knows nothing (any more) of the connection in which {peer} still is {0t} "
            "after it last heard from it.",
            "{Who} opened anew from the same port, while {peer} was still in the old "
            "connection: it answered with the numbers of that.",
        },
    },
    [SF_FIND_ZERO_WINDOW - SF_FIND_KEEPALIVE_OK] = {
        .page = {
            .title = "The receiver's window was closed",
            .when = "An end of an open connection offers a window of 0.",
            .cause = "Its program does not read, or more slowly than the data come. The "
                     "sender must wait and probes now and then whether the window is open "
                     "again.",
            .remedy = "The receiving program is what stalls, not the network. ss -tm on that "
                      "host: Recv-Q is full. A larger buffer only delays it.",
            .myth = "\"A zero window is a network problem.\" It is the one stall for which "
                    "the network cannot be to blame.",
        },
        .says = {
            "{Who} offered no window for {0t} in all; its program did not read.",
            "{Who} offered no window from then on: for {0t} until the capture ends.",
            "{Who} offered no window for {0t}, and {peer} probed {1} {1|time|times}.",
        },
    },
    [SF_FIND_WINDOW_FULL - SF_FIND_KEEPALIVE_OK] = {
        .page = {
            .title = "The sender filled the receiver's window",
            .when = "Text ends exactly where the offered window does.",
            .cause = "The receiver's window limits the speed, not the path: throughput is at "
                     "most window / round trip.",
            .remedy = "If it is always so and the path is long, let the receiver's buffer "
                      "grow: net.ipv4.tcp_rmem, and no SO_RCVBUF in the program (it turns "
                      "auto-tuning off).",
        },
        .says = {"{Who} filled the window of {peer} {0} {0|time|times}; it was {1b} the "
                 "first time."},
    },
    [SF_FIND_SPURIOUS_RTO - SF_FIND_KEEPALIVE_OK] = {
        .page = {
            .title = "Sent again for nothing",
            .when = "Text that had been acknowledged is sent again, or a D-SACK reports that "
                    "it came twice, or its acknowledgement's timestamp echoes the first copy.",
            .cause = "The acknowledgement came later than the time-out or was reordered: a "
                     "sudden rise in delay (a mobile link, a paused virtual machine, a deep "
                     "queue), not loss.",
            .remedy = "Look at the delay at that moment. Nothing was lost; senders with "
                      "F-RTO or Eifel undo the slowdown.",
        },
        .says = {"{Who} sent {0} {0|segment|segments} again although the first "
                 "{0|copy|copies} had arrived; the delay had risen to {1t}.",
                 "{Who} sent {0} {0|segment|segments} again although the first "
                 "{0|copy|copies} had arrived."},
    },
    [SF_FIND_RETRANSMISSION - SF_FIND_KEEPALIVE_OK] = {
        .page = {
            .title = "Retransmissions",
            .when = "Text is sent again, and the first copy was not acknowledged.",
            .cause = "A segment or its acknowledgement was lost. Fast retransmission follows "
                     "duplicate or selective acknowledgements within about a round trip; a "
                     "time-out (RTO) waits 200 ms or more and starts over slowly; a tail "
                     "loss probe sends the last segment again so that it need not wait for "
                     "the time-out.",
            .remedy = "Single fast retransmissions are how TCP finds out how fast a path is. "
                      "Time-outs cost: look for loss at the ends of bursts, for full queues "
                      "(tc -s qdisc, ethtool -S) and for bad links.",
            .myth = "\"Retransmissions mean a bad network.\" Congestion control without ECN "
                    "needs loss to find the limit; what matters is how many, and whether "
                    "they were time-outs.",
        },
        .says = {
            "{Who} sent {0} {0|segment|segments} again ({1b}), {2} of them after a time-out; "
            "the longest wait was {3t}.",
            "{Who} sent {0} {0|segment|segments} again ({1b}), all of them fast, without a "
            "time-out.",
            "{Who} sent the same {0} {0|time|times} more ({1b}) over {3t}, each time waiting "
            "longer, and nothing came back.",
            "{Who} sent the tail again as a probe {0} {0|time|times} ({1b}), sooner than a "
            "time-out.",
        },
    },
    [SF_FIND_REORDERING - SF_FIND_KEEPALIVE_OK] = {
        .page = {
            .title = "Segments overtook each other",
            .when = "A hole is filled sooner than any retransmission could have come.",
            .cause = "Several paths or queues: link aggregation that spreads packets, "
                     "several receive queues, a wireless link that repeats frames. It "
                     "happened before the point of capture.",
            .remedy = "A little is harmless: modern stacks wait a quarter of a round trip "
                      "before they believe in loss (RACK). If it is much, hash by flow and "
                      "not by packet.",
        },
        .says = {"{0} {0|segment|segments} of {who} arrived late by up to {1t}, after others "
                 "sent behind {0|it|them}."},
    },
    [SF_FIND_CHALLENGE_ACK - SF_FIND_KEEPALIVE_OK] = {
        .page = {
            .title = "A challenge ACK",
            .when = "A SYN within a connection, or a RST that is in the window but not "
                    "exact, or an acknowledgement out of range, is answered by an "
                    "acknowledgement.",
            .cause = "RFC 5961: whoever wants to end a connection must know the exact "
                     "number. The acknowledgement tells it to the true peer, who can then "
                     "reset properly; who only guessed does not see it.",
            .remedy = "If the peer had really restarted, a RST follows and the new "
                      "connection opens at the next SYN, after about a second. If not, "
                      "somebody guesses (RST-BLIND).",
        },
        .says = {
            "{Who} answered a SYN within the connection with an acknowledgement.",
            "{Who} answered a RST that was not exact with an acknowledgement, and did not "
            "reset.",
            "{Who} answered an acknowledgement of what it never sent, or a number out of its "
            "window, with an acknowledgement.",
        },
    },
    [SF_FIND_ACK_UNSEEN - SF_FIND_KEEPALIVE_OK] = {
        .page = {
            .title = "Acknowledged, but not in the capture",
            .when = "An acknowledgement covers numbers that the capture does not have.",
            .cause = "The segment existed and arrived, as the receiver acknowledged it; the "
                     "capture missed it, or it went another way.",
            .remedy = "Do not look for loss in the network. Capture with a larger buffer "
                      "(tcpdump -B), a smaller snap length, or on the interface that sees "
                      "both directions.",
        },
        .says = {"{Who} acknowledged {0b} missing from the capture, {1} {1|time|times}: what "
                 "is missing arrived, so the network did not lose it."},
    },
    [SF_FIND_CAPTURE_DROP - SF_FIND_KEEPALIVE_OK] = {
        .page = {
            .title = "The capture lost packets",
            .when = "In several connections, or several times in one, numbers are "
                    "acknowledged that were not captured; or the capture's own counters say "
                    "so.",
            .cause = "The sniffer could not keep up: its buffer overflowed, the disk was "
                     "slow, or the mirror port dropped.",
            .remedy = "tcpdump prints \"packets dropped by kernel\" at its end. Raise -B, "
                      "write to memory, filter more narrowly, lower the snap length.",
            .myth = "\"[TCP Previous segment not captured] is packet loss.\" It is the "
                    "sniffer's loss as long as the receiver acknowledges.",
        },
        .says = {
            "At least {0} {0|segment|segments} of {1} {1|connection|connections} {0|is|are} "
            "missing in the capture although the receivers have {0|it|them}: the sniffer's "
            "loss, not the network's.",
        },
    },
    [SF_FIND_OFFLOAD_ARTEFACT - SF_FIND_KEEPALIVE_OK] = {
        .page = {
            .title = "Segments that were never on the wire like this",
            .when = "More text than the MSS in one segment, or checksums not yet filled in.",
            .cause = "The capture was made on a host whose network card cuts large segments "
                     "(TSO, GSO), joins them (GRO, LRO), or completes the checksum after the "
                     "sniffer saw the packet.",
            .remedy = "Nothing is wrong. To see what is on the wire, capture on another "
                      "device, or turn it off for the time: ethtool -K eth0 tso off gso off "
                      "gro off tx off.",
            .myth = "\"Wrong checksums: the card is broken.\" On outgoing packets of the "
                    "capturing host they are simply not computed yet.",
        },
        .says = {
            "Segments of {who} have up to {0b}, more than the MSS: the network card cuts or "
            "joins them.",
            "Checksums of {who} are not filled in yet: it is the host on which the capture "
            "was made.",
            "Segments of {who} have up to {0b}, and their checksums are not filled in yet: "
            "it is the host on which the capture was made, and its network card cuts them.",
        },
    },
    [SF_FIND_NAGLE_DELACK - SF_FIND_KEEPALIVE_OK] = {
        .page = {
            .title = "Nagle waits for a delayed acknowledgement",
            .when = "A small segment is sent only when the one before it is acknowledged, "
                    "and that acknowledgement, without text, came 35 to 250 ms later; at "
                    "least twice, or for most exchanges.",
            .cause = "The sender writes a request in two small pieces and then reads. Nagle "
                     "holds the second piece until the first is acknowledged; the receiver "
                     "delays the acknowledgement as it waits for the rest.",
            .remedy = "Write once: one buffer, writev() or MSG_MORE. Or set TCP_NODELAY, if "
                      "it cannot be helped.",
            .myth = "\"Delayed acknowledgements are the fault.\" Each half is sensible by "
                    "itself; write-write-read is what brings them together.",
        },
        .says = {"{Who} held small segments back {0} {0|time|times} until {peer} "
                 "acknowledged, which took up to {1t}: {2t} lost in all."},
    },
};
/* clang-format on */
