/* SPDX-License-Identifier: MIT
 *
 * watch/find/catalogue.c - all kinds of findings: names, rules, severities, pages.
 *
 *   opening_en.c, opening_zh.c, ... --> [catalogue.c] --> text.c, synfin why
 */
#include <strings.h>

#include "base/assert.h"
#include "watch/find/words.h"

/* What is the same in all languages. */
struct kind {
    const char *name;
    const char *rfc;
    uint8_t group;    /* enum sf_finding_group */
    uint8_t severity; /* enum sf_severity */
};

/* clang-format off */
static const struct kind kinds[SF_FINDINGS] = {
    [SF_FIND_SYN_LOST]         = {"SYN-LOST", "6298 5", SF_GROUP_OPENING, SF_WARNING},
    [SF_FIND_SYNACK_LOST]      = {"SYNACK-LOST", "6298 5", SF_GROUP_OPENING, SF_WARNING},
    [SF_FIND_THIRD_ACK_LOST]   = {"THIRD-ACK-LOST", "9293 3.5", SF_GROUP_OPENING, SF_WARNING},
    [SF_FIND_REFUSED]          = {"REFUSED", "9293 3.10.7.3", SF_GROUP_OPENING, SF_ERROR},
    [SF_FIND_REFUSED_ICMP]     = {"REFUSED-ICMP", "9293 3.9.2.2", SF_GROUP_OPENING, SF_ERROR},
    [SF_FIND_ACCEPTQ_FULL]     = {"ACCEPTQ-FULL", "9293 3.5", SF_GROUP_OPENING, SF_ERROR},
    [SF_FIND_SYN_FLOOD]        = {"SYN-FLOOD", "4987 2", SF_GROUP_OPENING, SF_ERROR},
    [SF_FIND_COOKIE_LIKELY]    = {"COOKIE-LIKELY", "4987 3.6", SF_GROUP_OPENING, SF_INFO},
    [SF_FIND_SIM_OPEN]         = {"SIM-OPEN", "9293 3.5", SF_GROUP_OPENING, SF_INFO},
    [SF_FIND_SELF_CONNECT]     = {"SELF-CONNECT", "9293 3.5", SF_GROUP_OPENING, SF_WARNING},
    [SF_FIND_TW_REUSE]         = {"TW-REUSE", "6191 2", SF_GROUP_OPENING, SF_INFO},
    [SF_FIND_PAWS_DROP_LIKELY] = {"PAWS-DROP-LIKELY", "7323 5.3", SF_GROUP_OPENING, SF_ERROR},
    [SF_FIND_OLD_DUP_SYN]      = {"OLD-DUP-SYN", "9293 3.5", SF_GROUP_OPENING, SF_INFO},
    [SF_FIND_TFO]              = {"TFO", "7413 4", SF_GROUP_OPENING, SF_INFO},
    [SF_FIND_OPT_MISMATCH]     = {"OPT-MISMATCH", "7323 3.2", SF_GROUP_OPENING, SF_WARNING},
    [SF_FIND_SPLIT_HANDSHAKE]  = {"SPLIT-HANDSHAKE", "9293 3.5", SF_GROUP_OPENING, SF_INFO},
    [SF_FIND_MIDSTREAM]        = {"MIDSTREAM", "9293 3.3.2", SF_GROUP_OPENING, SF_INFO},

    [SF_FIND_KEEPALIVE_OK]     = {"KEEPALIVE-OK", "9293 3.8.4", SF_GROUP_BETWEEN, SF_INFO},
    [SF_FIND_KEEPALIVE_DEAD]   = {"KEEPALIVE-DEAD", "9293 3.8.4", SF_GROUP_BETWEEN, SF_ERROR},
    [SF_FIND_HALF_OPEN]        = {"HALF-OPEN", "9293 3.5.1", SF_GROUP_BETWEEN, SF_ERROR},
    [SF_FIND_ZERO_WINDOW]      = {"ZERO-WINDOW", "9293 3.8.6.1", SF_GROUP_BETWEEN, SF_WARNING},
    [SF_FIND_WINDOW_FULL]      = {"WINDOW-FULL", "9293 3.8.6", SF_GROUP_BETWEEN, SF_INFO},
    [SF_FIND_SPURIOUS_RTO]     = {"SPURIOUS-RTO", "5682 1", SF_GROUP_BETWEEN, SF_WARNING},
    [SF_FIND_RETRANSMISSION]   = {"RETRANSMISSION", "6298 5", SF_GROUP_BETWEEN, SF_WARNING},
    [SF_FIND_REORDERING]       = {"REORDERING", "8985 3", SF_GROUP_BETWEEN, SF_INFO},
    [SF_FIND_CHALLENGE_ACK]    = {"CHALLENGE-ACK", "5961 3", SF_GROUP_BETWEEN, SF_INFO},
    [SF_FIND_ACK_UNSEEN]       = {"ACK-UNSEEN", "9293 3.4", SF_GROUP_BETWEEN, SF_INFO},
    [SF_FIND_CAPTURE_DROP]     = {"CAPTURE-DROP", "9293 3.4", SF_GROUP_BETWEEN, SF_INFO},
    [SF_FIND_OFFLOAD_ARTEFACT] = {"OFFLOAD-ARTEFACT", "9293 3.7.1", SF_GROUP_BETWEEN, SF_INFO},
    [SF_FIND_NAGLE_DELACK]     = {"NAGLE-DELACK", "9293 3.7.4", SF_GROUP_BETWEEN, SF_WARNING},

    [SF_FIND_CLOSE_4SEG]       = {"CLOSE-4SEG", "9293 3.6", SF_GROUP_CLOSING, SF_INFO},
    [SF_FIND_CLOSE_3SEG]       = {"CLOSE-3SEG", "9293 3.6", SF_GROUP_CLOSING, SF_INFO},
    [SF_FIND_HALF_CLOSE]       = {"HALF-CLOSE", "9293 3.6", SF_GROUP_CLOSING, SF_INFO},
    [SF_FIND_SIM_CLOSE]        = {"SIM-CLOSE", "9293 3.6", SF_GROUP_CLOSING, SF_INFO},
    [SF_FIND_FIN_LOST]         = {"FIN-LOST", "9293 3.6", SF_GROUP_CLOSING, SF_WARNING},
    [SF_FIND_FIN_REORDERED]    = {"FIN-REORDERED", "9293 3.10.7.4", SF_GROUP_CLOSING, SF_INFO},
    [SF_FIND_LAST_ACK_LOST]    = {"LAST-ACK-LOST", "9293 3.6.1", SF_GROUP_CLOSING, SF_WARNING},
    [SF_FIND_WHO_HAS_TW]       = {"WHO-HAS-TW", "9293 3.6.1", SF_GROUP_CLOSING, SF_INFO},
    [SF_FIND_TW_BUDGET]        = {"TW-BUDGET", "9293 3.6.1", SF_GROUP_CLOSING, SF_INFO},
    [SF_FIND_CLOSE_WAIT_LEAK]  = {"CLOSE-WAIT-LEAK", "9293 3.6", SF_GROUP_CLOSING, SF_ERROR},
    [SF_FIND_FW2_ORPHAN_TIMEOUT] =
        {"FW2-ORPHAN-TIMEOUT", "9293 3.6.1", SF_GROUP_CLOSING, SF_WARNING},
    [SF_FIND_FW2_OWNED]        = {"FW2-OWNED", "9293 3.6.1", SF_GROUP_CLOSING, SF_INFO},
    [SF_FIND_FW1_STUCK]        = {"FW1-STUCK", "9293 3.8.3", SF_GROUP_CLOSING, SF_ERROR},
    [SF_FIND_LATE_DATA_RST]    = {"LATE-DATA-RST", "9293 3.6.1", SF_GROUP_CLOSING, SF_WARNING},
    [SF_FIND_TW_ASSASSINATION] = {"TW-ASSASSINATION", "1337 2", SF_GROUP_CLOSING, SF_WARNING},

    [SF_FIND_RST_PORT_CLOSED]  = {"RST-PORT-CLOSED", "9293 3.5.2", SF_GROUP_RESETS, SF_ERROR},
    [SF_FIND_RST_NO_CONNECTION] =
        {"RST-NO-CONNECTION", "9293 3.5.1", SF_GROUP_RESETS, SF_ERROR},
    [SF_FIND_RST_UNREAD_DATA]  = {"RST-UNREAD-DATA", "9293 3.6.1", SF_GROUP_RESETS, SF_ERROR},
    [SF_FIND_RST_ABORT]        = {"RST-ABORT", "9293 3.10.5", SF_GROUP_RESETS, SF_WARNING},
    [SF_FIND_RST_KEEPALIVE]    = {"RST-KEEPALIVE", "9293 3.8.4", SF_GROUP_RESETS, SF_ERROR},
    [SF_FIND_RST_TIMEOUT]      = {"RST-TIMEOUT", "9293 3.8.3", SF_GROUP_RESETS, SF_ERROR},
    [SF_FIND_RST_ACCEPTQ]      = {"RST-ACCEPTQ", "9293 3.5", SF_GROUP_RESETS, SF_ERROR},
    [SF_FIND_RST_MIDDLEBOX]    = {"RST-MIDDLEBOX", "5382 5", SF_GROUP_RESETS, SF_ERROR},
    [SF_FIND_RST_CONNTRACK]    = {"RST-CONNTRACK", "9293 3.5.2", SF_GROUP_RESETS, SF_ERROR},
    [SF_FIND_RST_BLIND]        = {"RST-BLIND", "5961 3.2", SF_GROUP_RESETS, SF_WARNING},
    [SF_FIND_RST_TIME_WAIT]    = {"RST-TIME-WAIT", "9293 3.10.7.4", SF_GROUP_RESETS, SF_INFO},
    [SF_FIND_RST_CRASH]        = {"RST-CRASH", "9293 3.5.1", SF_GROUP_RESETS, SF_ERROR},
};
/* clang-format on */

_Static_assert(SF_FIND_RST_CRASH + 1 == SF_FINDINGS, "all kinds are counted");

/* A group's words, and the id that its first have. */
struct group {
    const struct sf_find_words *words[SF_LANGS];
    const char *name[SF_LANGS];
    unsigned first;
};

static const struct group groups[] = {
    [SF_GROUP_OPENING] = {.words = {sf_find_opening_en, sf_find_opening_zh},
                          .name = {"Opening", "建立连接"},
                          .first = SF_FIND_SYN_LOST},
    [SF_GROUP_BETWEEN] = {.words = {sf_find_between_en, sf_find_between_zh},
                          .name = {"Between", "连接期间"},
                          .first = SF_FIND_KEEPALIVE_OK},
    [SF_GROUP_CLOSING] = {.words = {sf_find_closing_en, sf_find_closing_zh},
                          .name = {"Closing", "关闭连接"},
                          .first = SF_FIND_CLOSE_4SEG},
    [SF_GROUP_RESETS] = {.words = {sf_find_resets_en, sf_find_resets_zh},
                         .name = {"Resets: who, and why", "复位：是谁，为什么"},
                         .first = SF_FIND_RST_PORT_CLOSED},
};

const char *sf_finding_name(unsigned id)
{
    return id < SF_FINDINGS ? kinds[id].name : "?";
}

int sf_finding_named(const char *name)
{
    for (int i = 0; i < SF_FINDINGS; i++) {
        if (strcasecmp(kinds[i].name, name) == 0) {
            return i;
        }
    }
    return SF_NO_FINDING;
}

const char *sf_finding_rfc(unsigned id)
{
    SF_ASSERT(id < SF_FINDINGS);
    return kinds[id].rfc;
}

enum sf_severity sf_finding_severity(unsigned id)
{
    SF_ASSERT(id < SF_FINDINGS);
    return (enum sf_severity)kinds[id].severity;
}

enum sf_finding_group sf_finding_group(unsigned id)
{
    SF_ASSERT(id < SF_FINDINGS);
    return (enum sf_finding_group)kinds[id].group;
}

const struct sf_find_words *sf_find_words(unsigned id, enum sf_lang lang)
{
    SF_ASSERT(id < SF_FINDINGS && (unsigned)lang < SF_LANGS);
    const struct group *group = &groups[kinds[id].group];

    return &group->words[lang][id - group->first];
}

const struct sf_finding_page *sf_finding_page(unsigned id, enum sf_lang lang)
{
    return &sf_find_words(id, lang)->page;
}

const char *sf_severity_name(unsigned severity, enum sf_lang lang)
{
    static const char *const names[SF_LANGS][SF_ERROR + 1] = {{"info", "warning", "error"},
                                                              {"提示", "警告", "错误"}};

    SF_ASSERT((unsigned)lang < SF_LANGS);
    return severity <= SF_ERROR ? names[lang][severity] : "?";
}

const char *sf_finding_group_name(unsigned group, enum sf_lang lang)
{
    SF_ASSERT(group <= SF_GROUP_RESETS && (unsigned)lang < SF_LANGS);
    return groups[group].name[lang];
}
