/* SPDX-License-Identifier: MIT
 *
 * tests/interop/gate.h - a link that can be shut, so that whoever is behind it has vanished.
 */
#ifndef SYNFIN_TESTS_INTEROP_GATE_H
#define SYNFIN_TESTS_INTEROP_GATE_H

#include "synfin/link.h"

struct t_gate {
    struct sf_link link;
    struct sf_link *inner; /* closed with the gate */
    bool shut;             /* what comes from either side is lost */
};

/* Put a gate, which is open, before a link.  The gate is the caller's. */
struct sf_link *t_gate_wrap(struct t_gate *gate, struct sf_link *inner);

#endif
