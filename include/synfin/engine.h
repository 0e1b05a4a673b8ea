/* SPDX-License-Identifier: MIT
 *
 * synfin/engine.h - the TCP/IP stack as a machine without I/O.
 *
 * Frames and the time go in; frames, events and the next deadline come out.  The engine
 * makes no system call, takes no lock, allocates nothing after sf_stack_init() and calls
 * nothing back, so a program may drive it from a TAP device, a pcap file or a simulation,
 * and gets the same bytes for the same input.
 *
 * Said once, for every function here and in synfin/conn.h, unless it says otherwise:
 *   - pointers are not null; lengths are octets; times are of one monotonic clock and
 *     never go backwards from call to call;
 *   - memory passed in is borrowed for the call; what is kept is copied;
 *   - a broken promise by the caller aborts; bad input from the network never does: it
 *     gives a verdict, which is counted;
 *   - one stack, one thread at a time; different stacks share nothing.
 *
 * The turn of a host:
 *
 *     sf_stack_rx(st, frames, n, now);      while there are frames
 *     sf_stack_tick(st, now);
 *     sf_stack_events(st, events, n);       until none is left; the application acts
 *     sf_stack_tx(st, frames, n, now);      until none is left, each batch followed by
 *     sf_stack_tx_done(st, frames, n);      when the link is done with it
 *     sleep until sf_stack_deadline(st) or a frame
 */
#ifndef SYNFIN_ENGINE_H
#define SYNFIN_ENGINE_H

#include "synfin/config.h"
#include "synfin/frame.h"
#include "synfin/types.h"
#include "synfin/verdict.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sf_stack;
struct sf_trace_ring;

/** What happened, counted since the start. */
struct sf_counters {
    uint64_t verdicts[SF_VERDICT_COUNT]; /**< of each verdict, SF_PASS too */
    uint64_t frames_in, frames_out;
    uint64_t segments_in, segments_out; /**< super-segments count once */
    uint64_t octets_in, octets_out;     /**< TCP text, retransmissions included */
    uint64_t retransmitted;             /**< segments sent again */
    uint64_t rto_fired, fast_retransmits, tail_probes;
    uint64_t challenges, challenges_limited;
    uint64_t resets_sent, resets_limited;
    uint64_t opened_active, opened_passive, refused_by_limit;
    uint64_t time_waits, time_waits_cut_short, time_waits_reused;
    uint64_t orphans_ended; /**< orphans that FIN-WAIT-2's limit or late data ended */
    uint64_t ooo_evicted;   /**< octets out of order given up for want of memory */
    uint64_t sends_refused; /**< SEND calls refused for want of chunks */
    uint64_t accept_overflows, syn_overflows;
    uint64_t fast_open_cookies;  /**< Fast Open: cookies that a SYN,ACK gave away */
    uint64_t fast_open_accepted; /**< connections to accept before the third segment */
    uint64_t fast_open_refused;  /**< SYNs with a cookie that was wrong, or beyond the limit */
    uint64_t fast_open_sent;     /**< SYNs of ours with a cookie */
    uint64_t fast_open_acked;    /**< of these, with text that the SYN,ACK acknowledged */
    uint64_t fast_open_failed;   /**< of these or of those that asked: lost, or not obeyed */
    uint64_t cookies_sent;       /**< SYNs answered by a cookie */
    uint64_t cookies_opened;     /**< connections that a cookie opened */
    uint64_t replies_lost;       /**< answers that found the reply ring full */
};

/** Memory in use, records and octets. */
struct sf_usage {
    uint32_t connections, working, embryos, time_waits4, time_waits6, listeners;
    uint32_t chunks, sent;
    uint32_t connection_octets, working_octets, embryo_octets; /**< of one record */
    uint32_t time_wait4_octets, time_wait6_octets, chunk_octets, sent_octets;
    uint32_t bucket_octets; /**< of the hash table, for each record it was sized for */
};

/**
 * Octets of memory that a stack of this configuration takes, all of it.
 *
 * @param config  the configuration
 * @return octets, or 0 if the configuration makes no sense (sf_stack_init() says why)
 */
SF_API size_t sf_stack_octets(const struct sf_config *config);

/**
 * Make a stack in the caller's memory.  Most of the memory is not touched until used, so
 * that a generous configuration on memory of mmap() costs nothing.
 *
 * @param memory  at least sf_stack_octets(config) octets, filled with zeros, aligned to
 *                64; belongs to the stack until the caller forgets both together (there
 *                is nothing to close)
 * @param config  the configuration, copied
 * @param now     the present
 * @param stack   the stack; a null pointer on error
 * @return SF_OK; SF_ERR_SEED for a seed of zeros; SF_ERR_INVAL for limits that make no
 *         sense
 */
SF_API SF_NODISCARD enum sf_err sf_stack_init(void *memory, const struct sf_config *config,
                                              sf_time now, struct sf_stack **stack);

/**
 * Give the stack an address of its own, on the link.
 *
 * @param stack   the stack
 * @param addr    the address; unicast
 * @param prefix  bits of the net on the link: 0 to 32 or 128
 * @return SF_OK, SF_ERR_ADDR, SF_ERR_EXISTS or SF_ERR_NO_MEMORY
 */
SF_API SF_NODISCARD enum sf_err
sf_stack_add_address(struct sf_stack *stack, const struct sf_addr *addr, uint8_t prefix);

/**
 * Add a route through a gateway; prefix 0 makes it the default.  The longest prefix wins.
 *
 * @param stack    the stack
 * @param net      the net
 * @param prefix   bits of it that count
 * @param gateway  a neighbour; ignored on a link without ethernet
 * @return SF_OK, SF_ERR_ADDR or SF_ERR_NO_MEMORY
 */
SF_API SF_NODISCARD enum sf_err sf_stack_add_route(struct sf_stack *stack,
                                                   const struct sf_addr *net, uint8_t prefix,
                                                   const struct sf_addr *gateway);

/**
 * Hand received frames to the stack.
 *
 * Sends nothing by itself: afterwards, fetch what came of them with sf_stack_events() and
 * sf_stack_tx() until both run dry.
 *
 * @param stack   the stack
 * @param frames  pieces[0] is the whole frame, without check sequence; a frame may be a
 *                super-segment, then gso_octets is set.  Each frame's verdict is written
 *                back: SF_PASS, or why it was dropped.  A drop asks for no action.
 * @param n       how many, 1 to SF_BATCH_MAX
 * @param now     when the last of them arrived
 */
SF_API void sf_stack_rx(struct sf_stack *stack, struct sf_frame *frames, size_t n, sf_time now);

/**
 * Let the timers that are due at now act.
 *
 * @param stack  the stack
 * @param now    the present
 */
SF_API void sf_stack_tick(struct sf_stack *stack, sf_time now);

/**
 * Fill frames with what is to be sent.  Their pieces are borrowed from the stack until
 * sf_stack_tx_done().
 *
 * @param stack   the stack
 * @param frames  where to put them
 * @param n       how many fit, 1 to SF_BATCH_MAX
 * @param now     the present
 * @return how many were filled; 0: nothing to send now
 */
SF_API size_t sf_stack_tx(struct sf_stack *stack, struct sf_frame *frames, size_t n,
                          sf_time now);

/**
 * The link is done with these frames: their pieces are given back.
 *
 * @param stack   the stack
 * @param frames  as sf_stack_tx() filled them, in any order and grouping
 * @param n       how many
 */
SF_API void sf_stack_tx_done(struct sf_stack *stack, const struct sf_frame *frames, size_t n);

/**
 * When sf_stack_tick() is to be called next at the latest: now or earlier if something is
 * due, 2^64-1 if no timer runs.  May be earlier than the first timer, never later.
 *
 * @param stack  the stack
 */
SF_API sf_time sf_stack_deadline(const struct sf_stack *stack);

/**
 * The counters.  They live as long as the stack.
 *
 * @param stack  the stack
 */
SF_API const struct sf_counters *sf_stack_counters(const struct sf_stack *stack);

/**
 * What is in use of each pool, and the size of its records.
 *
 * @param stack  the stack
 * @param usage  all of it is written
 */
SF_API void sf_stack_usage(const struct sf_stack *stack, struct sf_usage *usage);

/**
 * Attach a ring that takes a record of everything decided (synfin/trace.h), or detach it.
 *
 * @param stack  the stack
 * @param ring   the ring, which must outlive its use; a null pointer detaches
 */
SF_API void sf_stack_trace(struct sf_stack *stack, struct sf_trace_ring *ring);

#ifdef __cplusplus
}
#endif
#endif
