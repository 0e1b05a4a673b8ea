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

    /* Agreed on by the SYNs. */
    const struct replay_seg *syn, *far_syn;
    bool both_syns; /* the options are known */
    bool sack, stamps;
    uint8_t shift, far_shift;

    /* This side, so far. */
    bool spoke, synchronised;
    sf_seq end;                    /* behind all it has sent */
    const struct replay_seg *high; /* the last of those with the highest acknowledgement */
    bool high_ahead; /* when it came, so much had not been captured of the other side */
    const struct replay_seg *fin, *rst;
    uint8_t hop_limit;
    uint8_t *text; /* its octets from ISN+1 on */
    uint8_t *known;
    size_t text_room;

    /* The other, so far and to the end. */
    bool far_spoke;
    sf_seq far_end, far_last; /* behind all it has sent; ... will ever have sent */
    sf_seq acked;             /* the most of this side's it has acknowledged */
    bool has_acked;
    sf_seq edge; /* the right edge of its window */
    bool has_edge;
    bool far_stamped;
    uint32_t stamp_first, stamp_last, stamp_most; /* of its timestamps; the last of all */

    /* Its text that waits for an acknowledgement. */
    const struct replay_seg *waits;
    sf_seq fin_end; /* behind its FIN */
    uint64_t fin_ns;
    unsigned fins; /* copies of it */
    bool fin_told;
    uint64_t rtt_ns; /* of the handshake, as the capture has it */
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
