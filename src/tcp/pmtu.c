/* SPDX-License-Identifier: MIT
 *
 * tcp/pmtu.c - the path's size, as ICMP has it.
 *
 *   arrive.c (too big), ack.c (proof of the contrary), timers.c (and of its loss) -> [pmtu.c]
 */
#include "tcp/pmtu.h"

#include "tcp/loss.h"

/* RFC 1191 s7.1, table 7-1: sizes that networks have. */
static uint32_t plateau_below(uint32_t in_use)
{
    static const uint16_t plateaus[] = {32000, 17914, 8166, 4352, 2002,
                                        1492,  1006,  508,  296,  68};

    for (size_t i = 0; i < sizeof(plateaus) / sizeof(plateaus[0]); i++) {
        if (plateaus[i] < in_use) {
            return plateaus[i];
        }
    }
    return 0;
}

uint32_t sf_pmtu_claim(enum sf_family family, uint32_t mtu, uint32_t in_use)
{
    uint32_t floor = family == SF_IPV4 ? 68 : 1280;

    if (mtu == 0 && family == SF_IPV4) {
        mtu = plateau_below(in_use);
    }
    return mtu >= floor && mtu < in_use ? mtu : 0;
}

/* What is too large goes out again, cut, without blaming congestion (RFC 1191 s6.4, RFC 8201
 * s5.4). */
static void lower(struct sf_tcp *t, struct sf_conn *c, uint32_t mtu)
{
    struct sf_work *w = sf_conn_work(t, c);
    uint32_t mss = 0;

    c->pmtu = (uint16_t)mtu;
    c->pmtu_claimed = 0;
    if (c->pmtu_acked > c->pmtu) {
        c->pmtu_acked = c->pmtu; /* the path is another one */
    }
    mss = sf_conn_mss(c, sf_conn_options(c));
    for (uint32_t i = w == NULL ? 0 : w->sent_head; i != 0; i = sf_sent_at(t, i)->next) {
        if (sf_sent_at(t, i)->octets > mss) {
            sf_loss_mark(t, w, i);
        }
    }
    sf_conn_owe(t, c);
}

bool sf_pmtu_too_big(struct sf_tcp *t, struct sf_conn *c, uint32_t mtu)
{
    mtu = sf_pmtu_claim((enum sf_family)c->tuple.family, mtu, c->pmtu);
    if (mtu == 0) {
        return false;
    }
    if (mtu < c->pmtu_acked) {
        c->pmtu_claimed = (uint16_t)mtu;
    } else {
        lower(t, c, mtu);
    }
    return true;
}

void sf_pmtu_acked(struct sf_conn *c, uint32_t octets)
{
    uint32_t headers = c->tuple.family == SF_IPV4 ? 40 : 60;
    uint32_t options = sf_conn_options(c);
    uint32_t mss = sf_conn_mss(c, options);
    uint32_t packet = headers + options + (octets < mss ? octets : mss);

    if (packet > c->pmtu_acked) {
        c->pmtu_acked = (uint16_t)packet;
    }
    c->pmtu_claimed = 0;
}

void sf_pmtu_timed_out(struct sf_tcp *t, struct sf_conn *c)
{
    if (c->pmtu_claimed != 0) {
        lower(t, c, c->pmtu_claimed);
    }
}
