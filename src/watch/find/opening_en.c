/* SPDX-License-Identifier: MIT
 *
 * watch/find/opening_en.c - the findings about opening, in English.
 */
#include "watch/find/words.h"

/* clang-format off */
const struct sf_find_words sf_find_opening_en[17] = {
    [SF_FIND_SYN_LOST] = {
        .page = {
            .title = "The SYN was sent again",
            .when = "The same SYN is sent again, and no SYN,ACK or RST was seen before.",
            .cause = "The SYN, or the answer on its way to the capture, was dropped: by a "
                     "firewall that stays silent, by a full accept or SYN queue, by loss on "
                     "the path, or because nobody has that address.",
            .remedy = "Capture at the server too. If the SYN arrives there, look at nstat "
                      "TcpExtListenDrops, TcpExtListenOverflows and TcpExtTCPReqQFullDrop, "
                      "and at the host's firewall; if it does not, look at the path. A "
                      "connection that takes 1 s (or 3 s) longer than the others has usually "
                      "lost one SYN.",
            .myth = "\"Linux repeats a SYN after 1, 3, 7, 15 s.\" Since 6.5 the first four "
                    "time-outs are linear (sysctl tcp_syn_linear_timeouts): 1, 2, 3, 4, then "
                    "5, 7, 11 s.",
        },
        .says = {
            "{Who} sent its SYN again {0} {0|time|times}, the last one {1t} after the first.",
            "{Who} sent its SYN again {0} {0|time|times}, the last one {1t} after the first. "
            "The times are those of Linux since 6.5: four linear time-outs first (1, 2, 3, "
            "4, 5, 7 s).",
            "{Who} sent its SYN again {0} {0|time|times}, the last one {1t} after the first. "
            "The time-outs double from the start (1, 3, 7, 15 s): Linux before 6.5, or "
            "another system.",
        },
    },
    [SF_FIND_SYNACK_LOST] = {
        .page = {
            .title = "The SYN,ACK was sent again",
            .when = "A SYN,ACK was seen, and the client sends its SYN again all the same; or "
                    "the SYN,ACK is repeated and the client never answers.",
            .cause = "The server answered, but its answer did not reach the client: loss, "
                     "asymmetric routing past a stateful firewall, or an address that did "
                     "not ask.",
            .remedy = "Capture at the client. If the SYN,ACK does not arrive there, look at "
                      "the way back: routing, rp_filter, connection tracking that has seen "
                      "only one direction.",
        },
        .says = {
            "The SYN,ACK did not reach {peer}: the SYN came again {0} {0|time|times}, and "
            "{who} answered each time.",
            "{Who} sent its SYN,ACK {0} {0|time|times} more over {1t}, and {peer} never "
            "answered.",
        },
    },
    [SF_FIND_THIRD_ACK_LOST] = {
        .page = {
            .title = "The third segment of the handshake was lost",
            .when = "The SYN,ACK is repeated although the client has acknowledged it, or "
                    "while the client does not repeat its SYN.",
            .cause = "The client is ESTABLISHED, the server still SYN_RECEIVED. Until an "
                     "acknowledgement arrives, the server repeats the SYN,ACK; any data "
                     "segment of the client's would do as well, as it acknowledges too.",
            .remedy = "Nothing, if it is rare. A protocol in which the server speaks first "
                      "(SSH, SMTP, MySQL) waits about 1 s; one in which the client speaks "
                      "first hardly notices.",
            .myth = "\"When the third segment is lost, the connection fails.\" The SYN,ACK "
                    "comes again and is acknowledged again; or the client's data stand in "
                    "for it.",
        },
        .says = {
            "The acknowledgement of the SYN,ACK did not reach {peer}, which sent the SYN,ACK "
            "again after {0t}.",
            "{Peer} sent its SYN,ACK again after {0t}, and {who} did not repeat its SYN: the "
            "acknowledgement was lost before the capture saw it.",
            "The third segment was lost; data of {who}'s stood in for it after {0t}.",
        },
    },
    [SF_FIND_REFUSED] = {
        .page = {
            .title = "Connection refused",
            .when = "A RST that acknowledges exactly the SYN.",
            .cause = "Nobody listens on that address and port, or a firewall rejects with a "
                     "RST.",
            .remedy = "On the server: ss -ltn 'sport = :PORT'. Mind the address: a program "
                      "that listens on 127.0.0.1 refuses what comes from outside. If it does "
                      "listen, see who sent the RST: its TTL differs from the server's other "
                      "packets when a firewall did.",
        },
        .says = {"{Who} refused: RST {0t} after the SYN."},
    },
    [SF_FIND_REFUSED_ICMP] = {
        .page = {
            .title = "Refused by an ICMP error",
            .when = "An ICMP destination unreachable (or time exceeded) quotes the SYN, and "
                    "nothing else answers it.",
            .cause = "A router has no way to the host, or a firewall rejects with ICMP. TCP "
                     "takes codes 2 to 4 as final for a SYN, and others as a hint: it goes "
                     "on trying.",
            .remedy = "The sender of the ICMP packet is the one to ask. Type 3 code 1 is a "
                      "host without an answer to ARP, 9, 10 and 13 are a firewall's policy.",
        },
        .says = {"ICMP type {0} code {1} answered the SYN after {2t}."},
    },
    [SF_FIND_ACCEPTQ_FULL] = {
        .page = {
            .title = "The accept queue is full",
            .when = "The client has acknowledged the SYN,ACK at least twice, or sent data "
                    "behind it, and the server repeats the SYN,ACK and acknowledges nothing.",
            .cause = "The kernel of the server has the handshake complete but no room for "
                     "the connection: the program calls accept() too slowly. Linux then "
                     "ignores the third segment and the data, so the client believes in a "
                     "connection that the server does not have.",
            .remedy = "ss -ltn: Recv-Q above Send-Q is a full queue; nstat -az "
                      "TcpExtListenOverflows counts it. Make accept() faster first. A longer "
                      "queue needs both the argument of listen() and net.core.somaxconn.",
            .myth = "\"Raising net.core.somaxconn is enough.\" It is only the upper limit of "
                    "what the program asks for with listen(), which is read when it is "
                    "called.",
        },
        .says = {
            "{Peer} believes in the connection and acknowledged the SYN,ACK {0} times; {who} "
            "ignored that and repeated its SYN,ACK {1} {1|time|times} over {2t}.",
        },
    },
    [SF_FIND_SYN_FLOOD] = {
        .page = {
            .title = "Many SYNs without a third segment",
            .when = "For one server address and port, at least 50 handshakes within a second "
                    "stay without the third segment, and they are the majority.",
            .cause = "Forged source addresses that never answer the SYN,ACK; or real clients "
                     "on a path that loses the answers. Real clients repeat their SYN, "
                     "forged ones mostly do not.",
            .remedy = "net.ipv4.tcp_syncookies=1 (the default) keeps the service reachable. "
                      "If the clients are real, the backlog is too small: raise the listen() "
                      "argument, net.core.somaxconn and tcp_max_syn_backlog.",
            .myth = "\"A SYN flood fills the accept queue.\" It fills the queue of half-open "
                    "connections; the accept queue holds those that completed the handshake.",
        },
        .says = {
            "{about} got {0} SYNs that were never followed by a third segment, from {1} "
            "{1|address|addresses}, against {2} complete handshakes: a SYN flood.",
            "{about} left {0} SYNs of {1} {1|client|clients} without an open connection, and "
            "those clients tried again: more a backlog that is too small than a flood.",
        },
    },
    [SF_FIND_COOKIE_LIKELY] = {
        .page = {
            .title = "The SYN,ACK was probably a SYN cookie",
            .when = "The client offered SACK and window scaling, the SYN,ACK has neither, "
                    "nor timestamps.",
            .cause = "When the queue of half-open connections is full, Linux answers with a "
                     "cookie: the state is in the sequence number, which has room for an MSS "
                     "and nothing else. Options survive only if the client sent timestamps.",
            .remedy = "nstat TcpExtSyncookiesSent confirms it. Without window scaling no "
                      "more than 64 KiB are in flight: long fat paths become slow. Raise the "
                      "backlog, or find who floods.",
        },
        .says = {
            "The SYN,ACK of {who} lost SACK and window scaling that {peer} had offered, and "
            "its MSS is {0}: probably a SYN cookie, or a server with options turned off.",
            "The SYN,ACK of {who} has no options but MSS {0}, although the same server "
            "agreed to SACK or window scaling on other connections: a SYN cookie.",
        },
    },
    [SF_FIND_SIM_OPEN] = {
        .page = {
            .title = "Simultaneous open",
            .when = "Both ends sent a SYN without ACK before they got the other's.",
            .cause = "Both called connect() with the ports fixed: TCP hole punching, or "
                     "peers that restart together. One connection comes of it, not two, by "
                     "way of SYN_RECEIVED on both sides, in four segments.",
            .remedy = "Nothing is wrong. Nobody called accept(); both ends are active "
                      "openers.",
            .myth = "\"TCP needs a server.\" Two clients that call each other are connected.",
        },
        .says = {"The SYNs crossed: both ends went from SYN_SENT through SYN_RECEIVED to "
                 "ESTABLISHED."},
    },
    [SF_FIND_SELF_CONNECT] = {
        .page = {
            .title = "A socket connected to itself",
            .when = "Both ends have the same address and the same port.",
            .cause = "A program tries again and again to connect to a port of its own host "
                     "in the ephemeral range where nobody listens; once in about 28,000 "
                     "times the kernel chooses that very port as source, and the SYN meets "
                     "its sender: a simultaneous open with oneself.",
            .remedy = "Let servers listen below net.ipv4.ip_local_port_range, or reserve the "
                      "port in ip_local_reserved_ports. A client may compare getsockname() "
                      "with getpeername() and close.",
        },
        .says = {"Both ends are {about}: the socket is connected to itself, and what it "
                 "writes it will read."},
    },
    [SF_FIND_TW_REUSE] = {
        .page = {
            .title = "A four-tuple in TIME_WAIT was used again",
            .when = "A SYN for a connection of which one end is in TIME_WAIT.",
            .cause = "The client chose the same source port within 2MSL. A server in "
                     "TIME_WAIT takes the SYN if its timestamp is later, or its sequence "
                     "number beyond the old connection's; else it answers with an ACK, and "
                     "the client resets.",
            .remedy = "Accepted: legal and harmless. Challenged: the client's ports come "
                      "round too fast; use more addresses or longer connections, and turn "
                      "timestamps on.",
            .myth = "\"Ports reused\" is no error: RFC 6191 and RFC 1122 allow it.",
        },
        .says = {
            "{Who} opened a four-tuple again whose last connection was over, and {peer} took "
            "it over from TIME_WAIT.",
            "{Who} opened the same four-tuple again; {peer} was in TIME_WAIT and answered "
            "with an ACK instead of a SYN,ACK.",
        },
    },
    [SF_FIND_PAWS_DROP_LIKELY] = {
        .page = {
            .title = "SYNs ignored because a timestamp went backwards",
            .when = "SYNs of one source address stay unanswered while others of it are "
                    "answered, and each ignored one has a timestamp before the last one "
                    "accepted.",
            .cause = "Several hosts behind one NAT address have different timestamp clocks. "
                     "A server that remembers one clock for each address (tcp_tw_recycle, "
                     "gone since Linux 4.12, and some middleboxes) drops the host whose "
                     "clock is behind; a port in TIME_WAIT does it for one four-tuple.",
            .remedy = "nstat TcpExtPAWSPassive, TcpExtPAWSActive. Turn tcp_tw_recycle off, "
                      "or upgrade; on a balancer, keep timestamps per connection.",
            .myth = "\"tcp_tw_recycle is a tuning knob.\" It broke every client behind NAT "
                    "and was removed.",
        },
        .says = {
            "{about} sent {0} SYNs that were ignored, each with a timestamp earlier than the "
            "clock of one of the same address that was answered (by up to {1} ms).",
        },
    },
    [SF_FIND_OLD_DUP_SYN] = {
        .page = {
            .title = "A SYN from the past",
            .when = "A SYN is answered, and the client resets the answer with the number "
                    "that it acknowledged.",
            .cause = "A delayed duplicate of an old SYN arrived. The server cannot know; the "
                     "client sees an acknowledgement of something that it did not send and "
                     "resets it. This is what the third segment is for.",
            .remedy = "Nothing: the handshake did its work. If it is frequent, look for a "
                      "middlebox that delays or replays packets.",
            .myth = "\"Two segments would do to open a connection.\" Then every old SYN "
                    "would open one.",
        },
        .says = {"{Who} answered a SYN that {peer} did not mean (any more), and {peer} reset "
                 "it."},
    },
    [SF_FIND_TFO] = {
        .page = {
            .title = "TCP Fast Open",
            .when = "A SYN carries a Fast Open cookie (or asks for one), or data.",
            .cause = "With a cookie from an earlier connection the client may send data in "
                     "the SYN, which saves a round trip.",
            .remedy = "Nothing is wrong. If the data are always ignored, a middlebox drops "
                      "the option, or the server has net.ipv4.tcp_fastopen without bit 2.",
        },
        .says = {
            "{Who} asked for a Fast Open cookie.",
            "{Who} sent {0b} in its SYN, and {peer} took them.",
            "{Who} sent {0b} in its SYN, and {peer} acknowledged the SYN alone: they had to "
            "be sent again.",
        },
    },
    [SF_FIND_OPT_MISMATCH] = {
        .page = {
            .title = "Options are not honoured",
            .when = "An end uses an option that was not agreed in the handshake, or leaves "
                    "out timestamps that were.",
            .cause = "A middlebox has changed the options of one of the SYNs, so that the "
                     "two ends believe in different agreements; seldom a fault of a stack.",
            .remedy = "Capture at both ends and compare the SYNs: the device between them "
                      "that rewrites options is to be found.",
        },
        .says = {
            "{Who} sends SACK blocks that were not agreed upon.",
            "{Who} sends timestamps that were not agreed upon.",
            "{Who} leaves out the timestamps that both had agreed upon.",
        },
    },
    [SF_FIND_SPLIT_HANDSHAKE] = {
        .page = {
            .title = "A handshake in four segments",
            .when = "The server answers the SYN with a SYN of its own without ACK (after an "
                    "ACK or instead of it), and the client acknowledges that.",
            .cause = "Legal by the state machine: the client sees a simultaneous open. Used "
                     "to slip past intrusion detection that takes the sender of the bare SYN "
                     "for the client.",
            .remedy = "Unusual enough to look who the server is.",
        },
        .says = {"{Who} split its SYN,ACK: a SYN without ACK came instead, and the handshake "
                 "took four segments."},
    },
    [SF_FIND_MIDSTREAM] = {
        .page = {
            .title = "The capture began later than the connection",
            .when = "The first segment of a conversation is no SYN.",
            .cause = "The capture was started in the middle, or the opening was on another "
                     "path.",
            .remedy = "What was agreed in the handshake is unknown: windows are read "
                      "unscaled, and states before the first segment are possible at best. "
                      "Capture from the start if that matters.",
        },
        .says = {"The opening is not in the capture: the window scale and the initial "
                 "sequence numbers are unknown."},
    },
};
/* clang-format on */
