/* SPDX-License-Identifier: MIT
 *
 * trace/flags.h - control bits as words.
 */
#ifndef SF_TRACE_FLAGS_H
#define SF_TRACE_FLAGS_H

#include <stdint.h>

/* Octets for all eight names, seven separators and the final null. */
#define SF_FLAGS_TEXT 40

/*
 * The names of the bits that are set, in the order SYN FIN RST PSH ACK URG ECE CWR, with
 * separator between them; "" for none.  text has SF_FLAGS_TEXT octets; returns text.
 */
char *sf_flags_text(uint8_t flags, char separator, char *text);

#endif
