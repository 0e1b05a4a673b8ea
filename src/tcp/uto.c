/* SPDX-License-Identifier: MIT
 *
 * tcp/uto.c - the user timeout (RFC 9293 s3.10.8) and its option (RFC 5482).
 *
 *   input.c -> [uto.c] -> work.user
 *   output.c <- [uto.c]
 *
 * What a SYN says that a cookie answers is not kept: the peer says it again on its first
 * segment that is none (s3), for just that reason.  The option is advice, and anybody in the
 * middle can write it: it counts only for connections whose application wants that, and only
 * within the configuration's limits.
 */
#include "tcp/uto.h"

#include "base/time.h"
#include "tcp/choice.h"
#include "tcp/conn.h"

#define MINUTES 0x8000U /* the granularity bit of s3 */
#define VALUE   0x7fffU

uint16_t sf_uto_field(uint32_t ms)
{
    uint32_t seconds = (uint32_t)(((uint64_t)ms + 999) / 1000);
    uint32_t minutes = (seconds + 59) / 60;

    if (seconds <= VALUE) {
        return (uint16_t)(seconds != 0 ? seconds : 1);
    }
    return (uint16_t)(MINUTES | (minutes < VALUE ? minutes : VALUE));
}

uint32_t sf_uto_of_field(uint16_t field)
{
    uint64_t ms = (uint64_t)(field & VALUE) * ((field & MINUTES) != 0 ? 60000 : 1000);

    return ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

static uint64_t more(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

uint32_t sf_uto_adopted(const struct sf_tcp *t, const struct sf_conn *c)
{
    const struct sf_choice *choice = sf_choice_of(t, c);
    uint64_t low = 0;
    uint64_t high = 0;
    uint64_t ms = 0;

    if (t->cfg.uto == 0 || c->peer_uto == 0 || choice->uto_adopt == 0 ||
        choice->timeout_set != 0) {
        return 0;
    }
    /* s3.1: min(U_LIMIT, max(ADV_UTO, REMOTE_UTO, L_LIMIT)), and L_LIMIT is above the RTO. */
    low = more(t->cfg.uto_low.ns / SF_NS_PER_MS, c->rto_us / 1000 + 1);
    high = t->cfg.uto_high.ns / SF_NS_PER_MS;
    ms = more(choice->uto_ms != 0 ? choice->uto_ms : choice->user_timeout_ms, low);
    ms = more(ms, sf_uto_of_field(c->peer_uto));
    return (uint32_t)(ms < high ? ms : high);
}

uint32_t sf_uto_ms(const struct sf_tcp *t, const struct sf_conn *c)
{
    const struct sf_choice *choice = sf_choice_of(t, c);
    uint32_t adopted = sf_uto_adopted(t, c);
    uint32_t ms = adopted != 0 ? adopted : choice->user_timeout_ms;
    bool opens =
        choice->open_ms != 0 && (c->state == SF_SYN_SENT || c->state == SF_SYN_RECEIVED);

    return opens && (ms == 0 || choice->open_ms < ms) ? choice->open_ms : ms;
}

void sf_uto_put(const struct sf_tcp *t, uint32_t choice, struct sf_seg *seg)
{
    uint32_t ms = sf_choice_at(t, choice)->uto_ms;

    if (t->cfg.uto != 0 && ms != 0) {
        seg->options |= SF_OPT_UTO;
        seg->uto = sf_uto_field(ms);
    }
}

uint16_t sf_uto_said(const struct sf_tcp *t, const struct sf_seg *seg)
{
    /* s3.4: a value of zero is ignored. */
    return t->cfg.uto != 0 && (seg->options & SF_OPT_UTO) != 0 && (seg->uto & VALUE) != 0
               ? seg->uto
               : 0;
}

void sf_uto_take(struct sf_tcp *t, struct sf_conn *c, const struct sf_seg *seg, sf_time now)
{
    uint32_t before = sf_uto_adopted(t, c);
    uint16_t said = sf_uto_said(t, seg);

    if (said == 0) {
        return;
    }
    c->peer_uto = said;
    if (sf_uto_adopted(t, c) != before) {
        sf_uto_restart(t, c, now);
        sf_conn_slow_timer(t, c, now);
    }
}

void sf_uto_restart(struct sf_tcp *t, const struct sf_conn *c, sf_time now)
{
    const struct sf_work *w = sf_conn_work(t, c);
    uint32_t ms = sf_uto_ms(t, c);

    if (w == NULL || w->sent_head == 0) {
        return;
    }
    if (ms == 0) {
        sf_wheel_cancel(&t->wheel, sf_timer_id(SF_TK_USER, c->work));
    } else {
        sf_wheel_arm(&t->wheel, sf_timer_id(SF_TK_USER, c->work), sf_time_add(now, SF_MS(ms)));
    }
}
