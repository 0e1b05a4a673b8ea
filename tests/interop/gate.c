/* SPDX-License-Identifier: MIT
 *
 * tests/interop/gate.c - a link that can be shut.
 */
#include "gate.h"

static size_t gate_rx(struct sf_link *link, struct sf_frame *frames, size_t n, sf_time now)
{
    struct t_gate *gate = (struct t_gate *)link;
    size_t got = gate->inner->ops->rx(gate->inner, frames, n, now);

    return gate->shut ? 0 : got;
}

static size_t gate_tx(struct sf_link *link, struct sf_frame *frames, size_t n, sf_time now)
{
    struct t_gate *gate = (struct t_gate *)link;

    return gate->shut ? n : gate->inner->ops->tx(gate->inner, frames, n, now);
}

static int gate_fd(const struct sf_link *link)
{
    const struct t_gate *gate = (const struct t_gate *)link;

    return gate->inner->ops->fd(gate->inner);
}

static sf_time gate_deadline(const struct sf_link *link)
{
    const struct t_gate *gate = (const struct t_gate *)link;

    return gate->inner->ops->deadline(gate->inner);
}

static void gate_close(struct sf_link *link)
{
    struct t_gate *gate = (struct t_gate *)link;

    sf_link_close(gate->inner);
    gate->inner = NULL;
}

static const struct sf_link_ops gate_ops = {
    .name = "gate",
    .rx = gate_rx,
    .tx = gate_tx,
    .fd = gate_fd,
    .deadline = gate_deadline,
    .close = gate_close,
};

struct sf_link *t_gate_wrap(struct t_gate *gate, struct sf_link *inner)
{
    *gate = (struct t_gate){.link = *inner, .inner = inner};
    gate->link.ops = &gate_ops;
    return &gate->link;
}
