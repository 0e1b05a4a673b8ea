/* SPDX-License-Identifier: MIT
 *
 * synfin/finding.h - what can be said of a connection in words: what happened, why, by which
 * rule, and what to do about it.  Part of libsynfin-host.
 *
 * A finding is data.  Its kind has a stable name ("FIN-LOST"), a section of an RFC, and a page
 * in each language: title, when it is raised, cause, remedy, and the myth that it refutes where
 * there is one.  The finding itself has the segments that prove it and the values that its
 * sentence tells.
 *
 * Where several causes are possible, each is a finding of its own with a weight; the weights
 * of one reset add up to 100.
 */
#ifndef SYNFIN_FINDING_H
#define SYNFIN_FINDING_H

#include "synfin/lang.h"
#include "synfin/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How much it matters. */
enum sf_severity {
    SF_INFO = 0, /**< worth knowing, nothing is wrong */
    SF_WARNING,  /**< costs something: time, a retransmission, a port */
    SF_ERROR     /**< somebody did not get what they asked for */
};

/** All kinds of findings, in the order of a connection's life. */
enum sf_finding_id {
    /* Opening. */
    SF_FIND_SYN_LOST = 0,
    SF_FIND_SYNACK_LOST,
    SF_FIND_THIRD_ACK_LOST,
    SF_FIND_REFUSED,
    SF_FIND_REFUSED_ICMP,
    SF_FIND_ACCEPTQ_FULL,
    SF_FIND_SYN_FLOOD,
    SF_FIND_COOKIE_LIKELY,
    SF_FIND_SIM_OPEN,
    SF_FIND_SELF_CONNECT,
    SF_FIND_TW_REUSE,
    SF_FIND_PAWS_DROP_LIKELY,
    SF_FIND_OLD_DUP_SYN,
    SF_FIND_TFO,
    SF_FIND_OPT_MISMATCH,
    SF_FIND_SPLIT_HANDSHAKE,
    SF_FIND_MIDSTREAM,
    /* Between. */
    SF_FIND_KEEPALIVE_OK,
    SF_FIND_KEEPALIVE_DEAD,
    SF_FIND_HALF_OPEN,
    SF_FIND_ZERO_WINDOW,
    SF_FIND_WINDOW_FULL,
    SF_FIND_SPURIOUS_RTO,
    SF_FIND_RETRANSMISSION,
    SF_FIND_REORDERING,
    SF_FIND_CHALLENGE_ACK,
    SF_FIND_ACK_UNSEEN,
    SF_FIND_CAPTURE_DROP,
    SF_FIND_OFFLOAD_ARTEFACT,
    SF_FIND_NAGLE_DELACK,
    /* Closing. */
    SF_FIND_CLOSE_4SEG,
    SF_FIND_CLOSE_3SEG,
    SF_FIND_HALF_CLOSE,
    SF_FIND_SIM_CLOSE,
    SF_FIND_FIN_LOST,
    SF_FIND_FIN_REORDERED,
    SF_FIND_LAST_ACK_LOST,
    SF_FIND_WHO_HAS_TW,
    SF_FIND_TW_BUDGET,
    SF_FIND_CLOSE_WAIT_LEAK,
    SF_FIND_FW2_ORPHAN_TIMEOUT,
    SF_FIND_FW2_OWNED,
    SF_FIND_FW1_STUCK,
    SF_FIND_LATE_DATA_RST,
    SF_FIND_TW_ASSASSINATION,
    /* Resets: who, and why. */
    SF_FIND_RST_PORT_CLOSED,
    SF_FIND_RST_NO_CONNECTION,
    SF_FIND_RST_UNREAD_DATA,
    SF_FIND_RST_ABORT,
    SF_FIND_RST_KEEPALIVE,
    SF_FIND_RST_TIMEOUT,
    SF_FIND_RST_ACCEPTQ,
    SF_FIND_RST_MIDDLEBOX,
    SF_FIND_RST_CONNTRACK,
    SF_FIND_RST_BLIND,
    SF_FIND_RST_TIME_WAIT,
    SF_FIND_RST_CRASH
};

/** How many kinds there are. */
#define SF_FINDINGS 57

/** What sf_finding_named() answers for a name that is none. */
#define SF_NO_FINDING (-1)

/** Which part of a connection's life a kind belongs to. */
enum sf_finding_group {
    SF_GROUP_OPENING = 0,
    SF_GROUP_BETWEEN,
    SF_GROUP_CLOSING,
    SF_GROUP_RESETS
};

/** Segments that a finding names at most. */
#define SF_FINDING_SEGMENTS 6
/** Values of its sentence. */
#define SF_FINDING_VALUES 4
/** Octets that a sentence takes at most, with the final null. */
#define SF_FINDING_TEXT 640

/** A finding. */
struct sf_finding {
    uint64_t at_ns;                         /**< when it came true, in the capture's clock */
    uint64_t values[SF_FINDING_VALUES];     /**< of the sentence: numbers, octets, ns */
    uint32_t segments[SF_FINDING_SEGMENTS]; /**< proof: numbers of packets, rising */
    struct sf_endpoint about; /**< whom, where it is not one connection; else SF_UNSPEC */
    uint8_t id;               /**< enum sf_finding_id */
    uint8_t severity;         /**< enum sf_severity */
    uint8_t side;             /**< enum sf_side (synfin/ladder.h): who did it */
    uint8_t n_segments;       /**< how many of segments are set */
    uint8_t weight;           /**< of a possible cause, in per cent; 0: not one of several */
    uint8_t variant;          /**< which sentence of the kind's */
};

/** The page of a kind in one language. */
struct sf_finding_page {
    const char *title;  /**< a few words, no full stop */
    const char *when;   /**< the condition that raises it */
    const char *cause;  /**< why that happens */
    const char *remedy; /**< what to do about it */
    const char *myth;   /**< what is often said and wrong, and what is true; or null */
};

/**
 * The stable name of a kind: "FIN-LOST".
 *
 * @param id  an enum sf_finding_id; an unknown value gives "?"
 */
SF_API const char *sf_finding_name(unsigned id);

/**
 * The kind of that name, upper or lower case, or SF_NO_FINDING.
 *
 * @param name  the name
 */
SF_API int sf_finding_named(const char *name);

/**
 * The rule: "9293 3.6", an RFC and its section.
 *
 * @param id  an enum sf_finding_id
 */
SF_API const char *sf_finding_rfc(unsigned id);

/**
 * The severity that findings of this kind have, unless theirs says otherwise.
 *
 * @param id  an enum sf_finding_id
 */
SF_API enum sf_severity sf_finding_severity(unsigned id);

/**
 * Where in a connection's life the kind belongs.
 *
 * @param id  an enum sf_finding_id
 */
SF_API enum sf_finding_group sf_finding_group(unsigned id);

/**
 * The page of a kind.
 *
 * @param id    an enum sf_finding_id
 * @param lang  in which language
 * @return it; lives as long as the program
 */
SF_API const struct sf_finding_page *sf_finding_page(unsigned id, enum sf_lang lang);

/**
 * What happened here, in a sentence with its values.
 *
 * @param finding  the finding
 * @param lang     in which language
 * @param text     SF_FINDING_TEXT octets
 * @return text, UTF-8
 */
SF_API char *sf_finding_text(const struct sf_finding *finding, enum sf_lang lang, char *text);

/**
 * "info", "warning", "error", as in the JSON; Chinese for people to read.
 *
 * @param severity  an enum sf_severity
 * @param lang      in which language
 */
SF_API const char *sf_severity_name(unsigned severity, enum sf_lang lang);

/**
 * The title of a group.
 *
 * @param group  an enum sf_finding_group
 * @param lang   in which language
 */
SF_API const char *sf_finding_group_name(unsigned group, enum sf_lang lang);

#ifdef __cplusplus
}
#endif
#endif
