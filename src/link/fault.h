/* SPDX-License-Identifier: MIT
 *
 * link/fault.h - the rules of sf_fault_wrap() (synfin/link.h has their language) apart from
 * any link: text to rules, and a frame to its fate.
 *
 *   text ─► faultrule.c ─► struct sf_faults ─► faultfate.c ─► struct sf_fate
 *                                                               ├─► fault.c, in real time
 *                                                               └─► sim/, in virtual time
 *
 * Same text, same seed, same frames: same fates.  Whoever asks acts on them.
 */
#ifndef SF_LINK_FAULT_H
#define SF_LINK_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"
#include "synfin/frame.h"
#include "synfin/types.h"

/* Rules in one text at most. */
#define SF_FAULT_RULES 64

/* Frames passing a rule in a hundred million: chances in a percent's millionths. */
#define SF_FAULT_CERTAIN 100000000

/* Which way a frame goes, as bits. */
enum sf_fault_way { SF_FAULT_TX = 1, SF_FAULT_RX = 2, SF_FAULT_BOTH = 3 };

enum sf_fault_kind {
    SF_FAULT_DROP = 0,
    SF_FAULT_DUP,
    SF_FAULT_DELAY, /* reorder, too: others overtake what is held back */
    SF_FAULT_CORRUPT
};

/* Whether a segment has text. */
enum sf_fault_text { SF_FAULT_ANY = 0, SF_FAULT_DATA, SF_FAULT_EMPTY };

struct sf_fault_rule {
    struct sf_rng rng; /* its own, so that a rule more or less changes no other's chances */
    uint64_t matched;  /* frames so far that passed its direction and its filter */
    uint64_t first;    /* n=first..last, from 1 */
    uint64_t last;
    sf_span delay;
    uint32_t chance; /* of SF_FAULT_CERTAIN */
    uint8_t kind;    /* enum sf_fault_kind */
    uint8_t ways;    /* enum sf_fault_way */
    uint8_t family;  /* SF_IPV4, SF_IPV6, or 0: any */
    uint8_t text;    /* enum sf_fault_text */
    uint8_t flags;   /* enum sf_peek_flag: all of them are set */
    bool only;       /* and no other is */
    bool tcp;        /* the filter asks for a TCP segment */
};

struct sf_faults {
    struct sf_fault_rule rules[SF_FAULT_RULES];
    uint32_t count;
    bool ethernet; /* frames begin with an ethernet header */
};

/* What happens to a frame. */
struct sf_fate {
    bool drop;       /* lost: nothing else counts */
    bool corrupt;    /* bit `bit` of it is flipped, counted from the first octet's highest */
    uint32_t bit;    /* below 8 * octets */
    uint32_t copies; /* how many more of it follow at once, all alike */
    sf_span delay;   /* held back for so long */
};

/*
 * Read rules.
 *
 *   where   the offset of the first wrong character, with SF_ERR_INVAL
 *
 * Returns SF_OK; SF_ERR_INVAL; SF_ERR_NO_MEMORY for more than SF_FAULT_RULES rules.  After
 * an error there are no rules.
 */
SF_NODISCARD enum sf_err sf_fault_parse(struct sf_faults *faults, const char *text,
                                        uint64_t seed, bool ethernet, size_t *where);

/*
 * Decide about one frame that goes one way, and count it.
 *
 * Every rule sees every frame, also one that another rule drops, so that n= counts what was
 * sent and not what was left.  Of several delays the longest holds; copies add up; the last
 * rule that corrupts says which bit.
 */
struct sf_fate sf_fault_decide(struct sf_faults *faults, const struct sf_frame *frame,
                               enum sf_fault_way way);

#endif
