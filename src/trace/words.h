/* SPDX-License-Identifier: MIT
 *
 * trace/words.h - the enumerations of synfin/trace.h as words; none gives a null pointer.
 */
#ifndef SF_TRACE_WORDS_H
#define SF_TRACE_WORDS_H

#include <stdint.h>

/* enum sf_trace_timer: "rto"; an unknown one "?". */
const char *sf_timer_word(uint8_t timer);

/* enum sf_trace_call: "close"; an unknown one "?". */
const char *sf_call_word(uint8_t call);

/* enum sf_trace_loss: "duplicates"; an unknown one "?". */
const char *sf_loss_word(uint8_t loss);

#endif
