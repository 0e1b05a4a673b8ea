/* SPDX-License-Identifier: MIT
 *
 * watch/note.h - what is to be said of a segment in one line.
 */
#ifndef SF_WATCH_NOTE_H
#define SF_WATCH_NOTE_H

#include "synfin/ladder.h"

#define SF_NOTE_TEXT 240 /* octets for a note, with the final null */

/* Write the note of a segment's row, "" if there is nothing to say; returns text. */
char *sf_note_text(const struct sf_row *row, char *text);

/* What an ICMP error says: "port unreachable". */
const char *sf_icmp_words(unsigned family, unsigned type, unsigned code);

#endif
