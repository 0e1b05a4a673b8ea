/* SPDX-License-Identifier: MIT
 *
 * stack/reasm.h - packets that arrive in fragments, of both families (RFC 791 s3.2, RFC 8200
 * s4.5, RFC 5722, RFC 815's bookkeeping by ranges).
 *
 * At most max_reassemblies at a time; one more ends the oldest.  A packet whose fragments
 * overlap is dropped whole, with what is still to come of it; an exact repetition is ignored.
 */
#ifndef SF_STACK_REASM_H
#define SF_STACK_REASM_H

#include "stack/rx.h"

/* Room for the headers of the first fragment; with more than that no packet gets through. */
#define SF_FRAG_HEAD 256

/* Memory of one packet. */
#define SF_FRAG_OCTETS (SF_FRAG_HEAD + 65536)

/* Take a fragment.  SF_HELD_FRAGMENT, SF_DROP_FRAGMENT, or, if it was the missing one, what
 * became of the packet. */
enum sf_verdict sf_frag_take(struct sf_stack *st, const struct sf_ip *ip,
                             const struct sf_rx *rx, sf_time now);

/* The timer of a packet, 0 to max_reassemblies - 1, has fired: it is dropped, and its sender
 * told, if the first fragment is here (RFC 1122 s3.3.2, RFC 8200 s4.5). */
void sf_frag_timer(struct sf_stack *st, uint32_t slot, sf_time now);

#endif
