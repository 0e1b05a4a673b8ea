/* SPDX-License-Identifier: MIT
 *
 * wire/verdict.c - the names of verdicts, which counters, ladders and scripts show.
 */
#include "synfin/verdict.h"

const char *sf_verdict_name(enum sf_verdict verdict)
{
    static const char *const names[SF_VERDICT_COUNT] = {
        [SF_PASS] = "pass",
        [SF_DROP_SHORT] = "short",
        [SF_DROP_ETHERTYPE] = "ethertype",
        [SF_DROP_MAC] = "mac",
        [SF_DROP_IP_VERSION] = "ip-version",
        [SF_DROP_IP_HEADER] = "ip-header",
        [SF_DROP_IP_CHECKSUM] = "ip-checksum",
        [SF_DROP_IP_SOURCE] = "ip-source",
        [SF_DROP_IP_DEST] = "ip-dest",
        [SF_DROP_IP_OPTION] = "ip-option",
        [SF_DROP_PROTOCOL] = "protocol",
        [SF_DROP_FRAGMENT] = "fragment",
        [SF_HELD_FRAGMENT] = "held-fragment",
        [SF_DROP_ARP] = "arp",
        [SF_DROP_ICMP] = "icmp",
        [SF_DROP_ICMP_QUOTE] = "icmp-quote",
        [SF_DROP_LOOP] = "loop",
        [SF_DROP_TCP_SHORT] = "tcp-short",
        [SF_DROP_TCP_CHECKSUM] = "tcp-checksum",
        [SF_DROP_TCP_OPTION] = "tcp-option",
        [SF_DROP_TCP_PORT] = "tcp-port",
        [SF_DROP_SYN_FIN] = "syn-fin",
        [SF_DROP_NO_CONNECTION] = "no-connection",
        [SF_DROP_NOT_MINE] = "not-mine",
        [SF_DROP_LISTEN] = "listen",
        [SF_DROP_SYN_QUEUE] = "syn-queue",
        [SF_DROP_ACCEPT_QUEUE] = "accept-queue",
        [SF_DROP_SYN_REFUSED] = "syn-refused",
        [SF_DROP_SYN_SILENT] = "syn-silent",
        [SF_DROP_NO_MEMORY] = "no-memory",
        [SF_DROP_COOKIE] = "cookie",
        [SF_DROP_SYN_SENT] = "syn-sent",
        [SF_DROP_OUT_OF_WINDOW] = "out-of-window",
        [SF_DROP_PAWS] = "paws",
        [SF_DROP_NO_TIMESTAMP] = "no-timestamp",
        [SF_DROP_RESET] = "reset",
        [SF_DROP_RST_NOT_EXACT] = "rst-not-exact",
        [SF_DROP_RST_TIME_WAIT] = "rst-time-wait",
        [SF_DROP_SYN_IN_WINDOW] = "syn-in-window",
        [SF_DROP_NO_ACK] = "no-ack",
        [SF_DROP_ACK_FUTURE] = "ack-future",
        [SF_DROP_ACK_OLD] = "ack-old",
        [SF_DROP_ACK_BAD_SYN] = "ack-bad-syn",
        [SF_DROP_DUPLICATE] = "duplicate",
        [SF_DROP_OOO_LIMIT] = "ooo-limit",
        [SF_DROP_AFTER_FIN] = "after-fin",
        [SF_DROP_AFTER_CLOSE] = "after-close",
        [SF_DROP_ZERO_WINDOW] = "zero-window",
        [SF_DROP_LIMITED] = "limited",
    };

    if ((unsigned)verdict >= SF_VERDICT_COUNT) {
        return "?";
    }
    return names[verdict];
}
