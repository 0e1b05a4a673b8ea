/* SPDX-License-Identifier: MIT
 *
 * script/replay/judge.h - what the parts of the judge share.
 *
 * A capture is no witness of what arrived: segments die before the sniffer and behind it, and
 * overtake one another.  So a rule counts as broken only where nothing of that explains it.
 */
#ifndef SF_SCRIPT_REPLAY_JUDGE_H
#define SF_SCRIPT_REPLAY_JUDGE_H

#include "script/replay/replay.h"

struct judge {
    const struct replay_conn *conn;
    struct replay_result *result;
    uint8_t *forbidden;
    size_t at; /* the segment's index */

    const struct replay_seg *syn, *far_syn;
    const struct replay_seg *high; /* of this side: the last with the highest acknowledgement */
    const struct replay_seg *fin, *rst; /* of this side */
    const struct replay_seg *waits;     /* of the other: text not acknowledged yet */
    uint8_t *text;                      /* this side's octets from ISN+1 on */
    uint8_t *known;                     /* which of them were there */
    size_t text_room;
    uint64_t fin_ns; /* when the other side's FIN came first */
    uint64_t rtt_ns; /* of the handshake, as the capture has it */

    sf_seq end;               /* of this side: behind all it has sent so far */
    sf_seq far_end, far_last; /* of the other: the same, and what it ever sends */
    sf_seq acked;             /* the most of this side's that the other has acknowledged */
    sf_seq edge;              /* the right edge of the other's window */
    sf_seq fin_end;           /* behind the other's FIN */
    uint32_t stamp_first;     /* of the other's timestamps */
    uint32_t stamp_most;      /* the highest that it ever sends */
    unsigned fins;            /* copies of its FIN */

    /* Agreed on by the SYNs. */
    bool both_syns; /* it is known what */
    bool sack, stamps;
    uint8_t shift, far_shift;

    bool spoke, synchronised; /* this side has sent anything; anything but SYNs */
    bool high_ahead; /* when high came, so much had not been captured of the other side */
    bool far_spoke, far_stamped, has_acked, has_edge, fin_told;
    uint8_t hop_limit; /* of this side's first segment */
};

/* Note that the present segment breaks a rule; unless somebody else sent it. */
void replay_break(struct judge *j, const struct replay_seg *seg, enum replay_kind kind);

/* judge_ack.c: acknowledgements, those that come and those that do not. */
void replay_judge_ack(struct judge *j, const struct replay_seg *seg);
void replay_judge_waiting(struct judge *j, const struct replay_seg *seg);

/* True if later was certainly sent after earlier, both by the same side; the network may have
 * changed their order. */
bool replay_sent_after(const struct replay_seg *later, const struct replay_seg *earlier);

#endif
