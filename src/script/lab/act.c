/* SPDX-License-Identifier: MIT
 *
 * script/lab/act.c - what happens to hosts and paths: cables cut, hosts that crash, old
 * segments that come again, and segments that nobody of them sent.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/time.h"
#include "script/lab/run.h"

static void crash(struct lab_run *run, const struct lab_act *act)
{
    const struct lab_host *host = &run->lab->hosts[act->host];

    if (run->ends[act->host].wrong != NULL) {
        lab_failed(run, act->place, "an endpoint that breaks rules does not crash");
        return;
    }
    if (sf_sim_restart(run->sim, act->host, &host->config) != SF_OK ||
        sf_stack_add_address(sf_sim_stack(run->sim, act->host), &host->addr, 24) != SF_OK) {
        run->short_of_memory = true;
        return;
    }
    sf_stack_trace(sf_sim_stack(run->sim, act->host), &run->ends[act->host].ring);
    /* Its applications died with it, but those that have not begun: who waits for a moment
     * with the first step is started after the crash. */
    for (uint32_t i = 0; i < run->lab->n_apps; i++) {
        struct lab_turn *turn = &run->turns[i];

        if (turn->app->host == act->host &&
            (turn->at > 0 || turn->app->steps[0].verb != LAB_AT)) {
            turn->done = true;
        }
    }
    for (size_t i = 0; i < run->n_conns; i++) {
        if (run->conns[i].host == act->host) {
            run->conns[i].id = 0;
        }
    }
}

static void replay(struct lab_run *run, uint32_t i)
{
    const struct lab_act *act = &run->lab->acts[i];

    if (run->acts[i].copy == NULL) {
        lab_failed(run, act->place, "there was no such segment to replay before this moment");
        return;
    }
    if (sf_sim_inject(run->sim, act->filter.to, run->acts[i].copy, run->acts[i].octets,
                      sf_sim_now(run->sim)) != SF_OK) {
        run->short_of_memory = true;
    }
}

/* The numbers of a forgery: what an attacker knows, or guesses, of the last segments. */
static uint32_t number(struct lab_run *run, const struct lab_act *act, unsigned i)
{
    const struct lab_packet *sent = &run->last[act->filter.from][act->filter.to];
    const struct lab_packet *back = &run->last[act->filter.to][act->filter.from];
    uint32_t base = 0;

    switch ((enum lab_base)act->base[i]) {
    case LAB_ZERO:
        break;
    case LAB_SND_NXT:
        base = sent->seq + (uint32_t)sent->octets + ((sent->flags & (LAB_SYN | LAB_FIN)) != 0);
        break;
    case LAB_RCV_NXT:
        base = back->seq + (uint32_t)back->octets + ((back->flags & (LAB_SYN | LAB_FIN)) != 0);
        break;
    case LAB_RANDOM:
        base = sf_rng_u32(&run->rng);
        break;
    }
    return base + (uint32_t)act->offset[i];
}

static void forge(struct lab_run *run, uint32_t i)
{
    const struct lab_act *act = &run->lab->acts[i];
    const struct lab_packet *last = &run->last[act->filter.from][act->filter.to];
    uint8_t text[1000];
    uint8_t octets[LAB_PACKET_MAX];
    struct lab_packet packet = {
        .src = {run->lab->hosts[act->filter.from].addr,
                act->port[0] != 0 ? act->port[0] : last->src.port},
        .dst = {run->lab->hosts[act->filter.to].addr,
                act->port[1] != 0 ? act->port[1] : last->dst.port},
        .seq = number(run, act, 0),
        .ack = (act->filter.flags & LAB_ACK) != 0 ? number(run, act, 1) : 0,
        .wnd = 65535,
        .mss = (act->filter.flags & LAB_SYN) != 0 ? 1460 : 0,
        .flags = act->filter.flags,
        .ttl = act->ttl,
        .stamped = act->stamped,
        .tsval = last->tsval + (uint32_t)act->age,
        .tsecr = last->tsecr,
        .text = text,
        .octets = act->octets,
    };
    size_t n = 0;

    memset(text, 'X', sizeof(text));
    if (act->spoof != 0) {
        /* Of the same net, so that there is a route back; and nobody there. */
        packet.src.addr = packet.dst.addr;
        packet.src.addr.octets[3] = (uint8_t)(128 + sf_rng_below(&run->rng, 126));
        packet.src.port = (uint16_t)(1024 + sf_rng_below(&run->rng, 60000));
    }
    n = lab_packet_write(octets, &packet);
    if (sf_sim_inject(run->sim, act->filter.to, octets, n, sf_sim_now(run->sim)) != SF_OK) {
        run->short_of_memory = true;
    }
    if (++run->acts[i].done < act->times) {
        sf_time next = sf_time_add(sf_sim_now(run->sim), act->every);

        run->short_of_memory |= sf_sim_at(run->sim, act->filter.to, next, i) != SF_OK;
    }
}

void lab_act(struct lab_run *run, uint32_t i)
{
    const struct lab_act *act = &run->lab->acts[i];

    switch ((enum lab_act_kind)act->kind) {
    case LAB_CUT:
    case LAB_MEND:
        sf_sim_cut(run->sim, act->host, act->kind == LAB_CUT);
        break;
    case LAB_CRASH:
        crash(run, act);
        break;
    case LAB_REPLAY:
        replay(run, i);
        break;
    case LAB_FORGE:
        forge(run, i);
        break;
    }
}

void lab_act_sees(struct lab_run *run, uint32_t from, uint32_t to,
                  const struct lab_packet *packet, const struct sf_frame *frame)
{
    for (uint32_t i = 0; i < run->lab->n_acts; i++) {
        const struct lab_act *act = &run->lab->acts[i];

        if (act->kind != LAB_REPLAY || act->filter.from != from || act->filter.to != to ||
            !lab_packet_matches(packet, &act->filter) || ++run->acts[i].matched != act->n) {
            continue;
        }
        run->acts[i].copy = malloc(frame->octets);
        if (run->acts[i].copy == NULL) {
            run->short_of_memory = true;
            continue;
        }
        memcpy(run->acts[i].copy, frame->pieces[0].data, frame->octets);
        run->acts[i].octets = frame->octets;
    }
}
