/* SPDX-License-Identifier: MIT
 *
 * trace/words.c - the enumerations of synfin/trace.h as words.
 */
#include "trace/words.h"

#include <stddef.h>

#include "synfin/trace.h"

static const char *word(const char *const *words, size_t n, uint8_t i)
{
    return i < n && words[i] != NULL ? words[i] : "?";
}

const char *sf_timer_word(uint8_t timer)
{
    static const char *const words[] = {
        [SF_TIMER_RTO] = "rto",
        [SF_TIMER_PERSIST] = "persist",
        [SF_TIMER_DELAYED_ACK] = "delayed-ack",
        [SF_TIMER_KEEPALIVE] = "keepalive",
        [SF_TIMER_FIN_WAIT_2] = "fin-wait-2",
        [SF_TIMER_2MSL] = "2msl",
        [SF_TIMER_USER] = "user-timeout",
        [SF_TIMER_SYN_ACK] = "syn-ack",
    };

    return word(words, sizeof(words) / sizeof(words[0]), timer);
}

const char *sf_call_word(uint8_t call)
{
    static const char *const words[] = {
        [SF_CALL_OPEN] = "open",       [SF_CALL_SEND] = "send",
        [SF_CALL_RECEIVE] = "receive", [SF_CALL_SHUTDOWN] = "shutdown",
        [SF_CALL_CLOSE] = "close",     [SF_CALL_ABORT] = "abort",
        [SF_CALL_ACCEPT] = "accept",
    };

    return word(words, sizeof(words) / sizeof(words[0]), call);
}

const char *sf_loss_word(uint8_t loss)
{
    static const char *const words[] = {
        [SF_LOSS_DUPLICATES] = "duplicates",
        [SF_LOSS_PARTIAL] = "partial",
        [SF_LOSS_RTO] = "rto",
    };

    return word(words, sizeof(words) / sizeof(words[0]), loss);
}
