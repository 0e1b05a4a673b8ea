/* SPDX-License-Identifier: MIT
 *
 * watch/note.c - what is to be said of a segment in one line.
 */
#include "watch/note.h"

#include <stdio.h>
#include <string.h>

#include "synfin/verdict.h"
#include "trace/words.h"
#include "wire/seg.h"

/* Sentences, with "; " between them; what does not fit is cut. */
static void say(char *text, const char *sentence, const char *word)
{
    size_t n = strlen(text);

    (void)snprintf(text + n, SF_NOTE_TEXT - n, "%s%s%s", n > 0 ? "; " : "", sentence, word);
}

char *sf_note_text(const struct sf_row *row, char *text)
{
    const struct sf_row_seg *seg = &row->u.seg;

    text[0] = '\0';
    if ((row->marks & SF_MARK_LOST) != 0) {
        say(text, "lost", "");
    }
    if ((row->marks & SF_MARK_DROPPED) != 0) {
        say(text, "not taken: ", sf_verdict_name((enum sf_verdict)seg->verdict));
    }
    if ((row->marks & SF_MARK_AGAIN) != 0) {
        say(text, "sent again", "");
    }
    if ((row->marks & SF_MARK_KEEPALIVE) != 0) {
        say(text, "keepalive", "");
    }
    if (seg->timer != 0) {
        say(text, "timer: ", sf_timer_word(seg->timer));
    }
    if ((seg->flags & SF_SYN) != 0) {
        say(text, "a SYN counts one", "");
    }
    if ((seg->flags & SF_FIN) != 0) {
        say(text, "a FIN counts one", "");
    }
    return text;
}
