/* SPDX-License-Identifier: MIT
 *
 * watch/note.c - what is to be said of a segment in one line.
 */
#include "watch/note.h"

#include <stdarg.h>
#include <stdio.h>

#include "synfin/verdict.h"
#include "trace/words.h"
#include "wire/seg.h"

/* Sentences, with "; " between them. */
struct note {
    char *text;
    size_t n;
};

__attribute__((format(printf, 2, 3))) static void say(struct note *note, const char *format,
                                                      ...)
{
    va_list args;
    int n = 0;

    if (note->n > 0 && note->n + 2 < SF_NOTE_TEXT) {
        note->text[note->n++] = ';';
        note->text[note->n++] = ' ';
    }
    va_start(args, format);
    n = vsnprintf(note->text + note->n, SF_NOTE_TEXT - note->n, format, args);
    va_end(args);
    if (n > 0) {
        note->n += (size_t)n;
        note->n = note->n < SF_NOTE_TEXT ? note->n : SF_NOTE_TEXT - 1;
    }
}

char *sf_note_text(const struct sf_row *row, char *text)
{
    const struct sf_row_seg *seg = &row->u.seg;
    struct note note = {.text = text};

    text[0] = '\0';
    if ((row->marks & SF_MARK_LOST) != 0) {
        say(&note, "lost");
    }
    if ((row->marks & SF_MARK_DROPPED) != 0) {
        say(&note, "not taken: %s", sf_verdict_name((enum sf_verdict)seg->verdict));
    }
    if ((row->marks & SF_MARK_AGAIN) != 0) {
        say(&note, "sent again");
    }
    if ((row->marks & SF_MARK_KEEPALIVE) != 0) {
        say(&note, "keepalive");
    }
    if (seg->timer != 0) {
        say(&note, "timer: %s", sf_timer_word(seg->timer));
    }
    if ((seg->flags & SF_SYN) != 0) {
        say(&note, "a SYN counts one");
    }
    if ((seg->flags & SF_FIN) != 0) {
        say(&note, "a FIN counts one");
    }
    return text;
}
