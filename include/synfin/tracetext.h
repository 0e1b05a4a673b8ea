/* SPDX-License-Identifier: MIT
 *
 * synfin/tracetext.h - the engine's trace as text, one line a record.  Part of
 * libsynfin-host.
 */
#ifndef SYNFIN_TRACETEXT_H
#define SYNFIN_TRACETEXT_H

#include "synfin/sink.h"
#include "synfin/trace.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Write records as lines: time, id, what, and what belongs to it.
 *
 *     0.000071 #3 out SYN,ACK seq=120398112 ack=2913847563 len=0 wnd=65535 SYN_RECEIVED
 *     0.000155 #3 state SYN_RECEIVED -> ESTABLISHED ack-of-syn
 *
 * For debugging: the words may change, those of the command's output do not.
 *
 * @param records  the records
 * @param n        how many
 * @param zero_ns  the moment to count from; 0 for the engine's own clock
 * @param sink     where to
 */
SF_API void sf_trace_print(const struct sf_trace_record *records, size_t n, uint64_t zero_ns,
                           struct sf_sink sink);

/** The longest line that sf_trace_line() writes, with the final null. */
#define SF_TRACE_LINE 320

/**
 * Write one record into a string, without an end of line.
 *
 * @param record   the record
 * @param zero_ns  the moment to count from
 * @param line     at least SF_TRACE_LINE octets
 * @return line
 */
SF_API char *sf_trace_line(const struct sf_trace_record *record, uint64_t zero_ns, char *line);

/**
 * Copy out what a ring took since the last look, oldest first.
 *
 * @param ring     the ring
 * @param next     which record comes next: 0 to begin; advanced by what was copied and missed
 * @param records  where to
 * @param n        how many fit
 * @param missed   how many were overwritten before they were read; 0 mostly
 * @return how many were copied; 0: there is nothing new
 */
SF_API size_t sf_trace_drain(const struct sf_trace_ring *ring, uint64_t *next,
                             struct sf_trace_record *records, size_t n, uint64_t *missed);

#ifdef __cplusplus
}
#endif
#endif
