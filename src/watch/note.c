/* SPDX-License-Identifier: MIT
 *
 * watch/note.c - what is to be said of a segment in one line.
 */
#include "watch/note.h"

#include <stdio.h>
#include <string.h>

#include "synfin/verdict.h"
#include "trace/words.h"
#include "watch/conv/conv.h"
#include "wire/seg.h"

/* Sentences, with "; " between them; what does not fit is cut. */
static void say(char *text, const char *sentence, const char *word)
{
    size_t n = strlen(text);

    (void)snprintf(text + n, SF_NOTE_TEXT - n, "%s%s%s", n > 0 ? "; " : "", sentence, word);
}

/* What a captured segment is, where no mark says it. */
static void say_bits(uint32_t bits, char *text)
{
    static const struct {
        uint32_t bit;
        const char *words;
    } list[] = {
        {SF_STEP_OUT_OF_ORDER, "overtaken by later ones"},
        {SF_STEP_FILLS_HOLE, "fills a hole"},
        {SF_STEP_HOLE_BEFORE, "what is before it was not captured"},
        {SF_STEP_SPURIOUS, "all of it had been acknowledged"},
        {SF_STEP_SUPER, "longer than the MSS: joined by offload"},
        {SF_STEP_ACK_OF_UNSEEN, "acknowledges what was not captured"},
        {SF_STEP_DUP_ACK, "duplicate acknowledgement"},
        {SF_STEP_ZERO_WINDOW, "window closed"},
        {SF_STEP_WINDOW_UPDATE, "window update"},
        {SF_STEP_WINDOW_FULL, "fills the window"},
        {SF_STEP_KEEPALIVE_ACK, "answers a keepalive"},
        {SF_STEP_PROBE, "window probe"},
        {SF_STEP_PROBE_ACK, "answers a window probe"},
        {SF_STEP_CHALLENGE, "challenge ACK"},
        {SF_STEP_DSACK, "reports a duplicate"},
        {SF_STEP_OUT_OF_WINDOW, "outside the window"},
        {SF_STEP_AFTER_END, "after its end was closed"},
    };

    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        if ((bits & list[i].bit) != 0) {
            say(text, list[i].words, "");
        }
    }
}

const char *sf_icmp_words(unsigned family, unsigned type, unsigned code)
{
    static const char *const v4[] = {"network unreachable",  "host unreachable",
                                     "protocol unreachable", "port unreachable",
                                     "fragmentation needed", "source route failed"};
    static const char *const v6[] = {"no route", "prohibited", "beyond the scope",
                                     "address unreachable", "port unreachable"};

    if (family == SF_IPV4 && type == 3) {
        return code < sizeof(v4) / sizeof(v4[0]) ? v4[code] : "prohibited";
    }
    if (family == SF_IPV6 && type == 1) {
        return code < sizeof(v6) / sizeof(v6[0]) ? v6[code] : "unreachable";
    }
    if (family == SF_IPV6 && type == 2) {
        return "packet too big";
    }
    return type == (family == SF_IPV4 ? 11U : 3U) ? "time exceeded" : "error";
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
    if (row->bits != 0) {
        say_bits(row->bits, text);
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
