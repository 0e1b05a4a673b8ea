/* SPDX-License-Identifier: MIT
 *
 * script/replay/rules.c - what differences are called, and which clause allows or forbids
 * them.
 */
#include "script/replay/replay.h"

const struct replay_rule replay_rules[REPLAY_KINDS] = {
    [REPLAY_DELAYED_ACK] = {"delayed ACK", "9293 3.8.6.3"},
    [REPLAY_QUICK_ACK] = {"quick ACK", "9293 3.8.6.3"},
    [REPLAY_TOGETHER] = {"ACK of more than one segment", "5681 4.2"},
    [REPLAY_DUPLICATE_ACK] = {"duplicate ACK", "5681 4.2"},
    [REPLAY_WINDOW_UPDATE] = {"window update", "9293 3.8.6.2.2"},
    [REPLAY_SEGMENT_SIZES] = {"segment sizes", "9293 3.7"},
    [REPLAY_PUSH] = {"use of PSH", "9293 3.9.1.2"},
    [REPLAY_WHEN_SENT] = {"when it is sent", "6928 2, 5681 3.1"},
    [REPLAY_SYN_RETRY] = {"SYN retry time", "6298 2"},
    [REPLAY_SYN_OPTIONS] = {"options of the SYN", "9293 3.2"},
    [REPLAY_RTO] = {"retransmission time-out", "6298 2"},
    [REPLAY_TAIL_PROBE] = {"tail loss probe", "8985 7"},
    [REPLAY_FAST_RETRANSMIT] = {"fast retransmission", "5681 3.2"},
    [REPLAY_KEEPALIVE] = {"keepalive", "9293 3.8.4"},
    [REPLAY_WINDOW_PROBE] = {"window probe", "9293 3.8.6.1"},
    [REPLAY_RESET] = {"reset", "9293 3.5.2"},
    [REPLAY_CHALLENGE] = {"challenge ACK", "5961 3.2"},
    [REPLAY_SILENT_SYN] = {"SYN unanswered", "9293 3.8.1"},
    [REPLAY_FAST_OPEN] = {"Fast Open", "7413 4"},
    [REPLAY_REORDERED] = {"overtaken on the way", "9293 3.4"},
    [REPLAY_FOREIGN] = {"not by this side", "5961 1"},
    [REPLAY_UNACKED] = {"never acknowledged: it was lost, or this side was gone", "9293 3.8.1"},
    [REPLAY_ACK_UNSENT] = {"acknowledges octets that were never sent", "9293 3.10.7.4"},
    [REPLAY_ACK_BACK] = {"acknowledgement goes back", "9293 3.4"},
    [REPLAY_ACK_LATE] = {"acknowledgement after more than 0.5 s", "9293 3.8.6.3 (MUST-40)"},
    [REPLAY_NO_ACK] = {"without ACK", "9293 3.1"},
    [REPLAY_FIN_IGNORED] = {"FIN never acknowledged", "9293 3.10.7.4"},
    [REPLAY_BEYOND_WINDOW] = {"beyond the offered window", "9293 3.8.6"},
    [REPLAY_AFTER_FIN] = {"text after FIN", "9293 3.6"},
    [REPLAY_FIN_MOVED] = {"FIN at another number", "9293 3.6"},
    [REPLAY_AFTER_RST] = {"segment after RST", "9293 3.10.5"},
    [REPLAY_RST_NUMBER] = {"RST with a number of no segment", "9293 3.5.2"},
    [REPLAY_OTHER_OCTETS] = {"other octets at the same numbers", "9293 3.8.1"},
    [REPLAY_SACK_UNASKED] = {"SACK that was not agreed on", "2018 2"},
    [REPLAY_SACK_UNSENT] = {"SACK of octets that were never sent", "2018 4"},
    [REPLAY_TS_UNASKED] = {"timestamps that were not agreed on", "7323 3.2"},
    [REPLAY_TS_MISSING] = {"without the timestamps agreed on", "7323 3.2"},
    [REPLAY_TS_ECHO] = {"returns a timestamp that was never sent", "7323 3.2"},
    [REPLAY_SCALE_UNASKED] = {"window scale that was not asked for", "7323 2.2"},
    [REPLAY_SCALE_LARGE] = {"window scale above 14", "7323 2.3"},
};
