/* SPDX-License-Identifier: MIT
 *
 * tcp/reply.c - the ring of answers that no connection owes, and RSTs for it.
 *
 *   closed, listen, embryo, timewait -> [reply.c] -> sf_tcp_output()
 */
#include "tcp/reply.h"

#include "base/time.h"
#include "tcp/choice.h"

bool sf_limit_take(struct sf_limit *limit, uint32_t per_second, sf_time now)
{
    uint64_t second = now.ns / SF_NS_PER_S;

    if (limit->second != second) {
        *limit = (struct sf_limit){.second = second};
    }
    if (limit->used >= per_second) {
        return false;
    }
    limit->used++;
    return true;
}

bool sf_reply_put(struct sf_tcp *t, const struct sf_reply *reply)
{
    uint32_t capacity = t->cfg.max_replies;

    if (t->reply_count == capacity) {
        t->counters.replies_lost++;
        return false;
    }

    uint32_t at = t->reply_first + t->reply_count;

    t->replies[at < capacity ? at : at - capacity] = *reply;
    t->reply_count++;
    return true;
}

bool sf_reply_get(struct sf_tcp *t, struct sf_reply *reply)
{
    if (t->reply_count == 0) {
        return false;
    }
    *reply = t->replies[t->reply_first];
    t->reply_count--;
    t->reply_first++;
    if (t->reply_first == t->cfg.max_replies) {
        t->reply_first = 0;
    }
    return true;
}

void sf_reply_reset(struct sf_tcp *t, uint32_t choice, const struct sf_tuple *tuple,
                    const struct sf_seg *seg, sf_time now)
{
    struct sf_reply reply = {.tuple = *tuple};

    if ((seg->flags & SF_RST) != 0) {
        return;
    }
    if (!sf_limit_take(&t->reset_limit, t->cfg.icmp_errors, now)) {
        t->counters.resets_limited++;
        return;
    }
    sf_choice_reply(t, choice, &reply);
    if ((seg->flags & SF_ACK) != 0) {
        reply.flags = SF_RST;
        reply.seq = seg->ack;
    } else {
        reply.flags = SF_RST | SF_ACK;
        reply.ack = sf_seq_add(seg->seq, sf_seg_len(seg));
    }
    if ((seg->options & SF_OPT_TS) != 0 && t->cfg.reset_echo != 0) {
        reply.has_ts = 1; /* RFC 7323 s5.2: TSval 0, as nobody here has a clock for it */
        reply.tsecr = seg->tsval;
    }
    if (sf_reply_put(t, &reply)) {
        t->counters.resets_sent++;
    }
}

void sf_reply_abort(struct sf_tcp *t, const struct sf_reply *own)
{
    struct sf_reply reply = *own;

    reply.flags = SF_RST | SF_ACK;
    if (sf_reply_put(t, &reply)) {
        t->counters.resets_sent++;
    }
}
