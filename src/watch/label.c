/* SPDX-License-Identifier: MIT
 *
 * watch/label.c - numbers and segments in words.
 */
#include "watch/label.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "trace/flags.h"
#include "trace/words.h"
#include "watch/ladder.h"
#include "wire/seg.h"

enum sf_numbers sf_numbers_of(const struct sf_ladder_style *style)
{
    if (style->letters) {
        return SF_NUMBERS_LETTERS;
    }
    return style->absolute ? SF_NUMBERS_ABSOLUTE : SF_NUMBERS_RELATIVE;
}

char *sf_number_text(const struct sf_ladder_end *end, enum sf_side side, int64_t number,
                     enum sf_numbers how, char *text)
{
    char letter = side == SF_CLIENT ? 'j' : 'k';

    switch (how) {
    case SF_NUMBERS_RELATIVE:
        (void)snprintf(text, SF_NUMBER_TEXT, "%" PRId64, number);
        break;
    case SF_NUMBERS_LETTERS:
        if (number == 0) {
            (void)snprintf(text, SF_NUMBER_TEXT, "%c", letter);
        } else {
            (void)snprintf(text, SF_NUMBER_TEXT, "%c%+" PRId64, letter, number);
        }
        break;
    case SF_NUMBERS_ABSOLUTE:
        (void)snprintf(text, SF_NUMBER_TEXT, "%" PRIu32, end->isn + (uint32_t)number);
        break;
    }
    return text;
}

char *sf_count_text(uint64_t count, char *text)
{
    char digits[24];
    int n = snprintf(digits, sizeof(digits), "%" PRIu64, count);
    size_t out = 0;

    for (int i = 0; i < n && out + 2 < SF_NUMBER_TEXT; i++) {
        if (i > 0 && (n - i) % 3 == 0) {
            text[out++] = ',';
        }
        text[out++] = digits[i];
    }
    text[out] = '\0';
    return text;
}

/* A label that grows word by word. */
struct words {
    char *text;
    size_t n;
};

static void add(struct words *w, const char *word)
{
    while (*word != '\0' && w->n + 1 < SF_LABEL_TEXT) {
        w->text[w->n++] = *word++;
    }
    w->text[w->n] = '\0';
}

static void add_count(struct words *w, const char *word, uint32_t count)
{
    char digits[16];

    (void)snprintf(digits, sizeof(digits), "%" PRIu32, count);
    add(w, word);
    add(w, digits);
}

static void add_flags(struct words *w, const struct sf_row_seg *seg, enum sf_brevity brevity)
{
    char flags[SF_FLAGS_TEXT];
    unsigned shown = seg->flags;

    /* PSH says nothing about the connection, ACK goes without saying on text. */
    if (brevity > SF_BREVITY_WINDOW) {
        shown &= ~(unsigned)SF_PSH;
        shown = shown == SF_ACK && seg->octets > 0 && brevity != SF_BREVITY_FLAGS ? 0 : shown;
    }
    if (shown != 0) {
        add(w, sf_flags_text((uint8_t)shown, ',', flags));
    } else if (seg->flags == 0) {
        add(w, "no flags");
    }
}

static void add_numbers(struct words *w, const struct sf_ladder *l, const struct sf_row *row,
                        enum sf_numbers how, enum sf_brevity brevity)
{
    const struct sf_row_seg *seg = &row->u.seg;
    const char *gap = w->n > 0 ? " " : "";
    const char *word = brevity < SF_BREVITY_NO_WORDS ? "seq=" : "";
    enum sf_side from = (enum sf_side)row->from;
    enum sf_side other = sf_side_other(from);
    bool bare = seg->octets == 0 && (seg->flags & (SF_SYN | SF_FIN | SF_RST)) == 0;
    bool syn = (seg->flags & SF_SYN) != 0;
    char a[SF_NUMBER_TEXT];
    char b[SF_NUMBER_TEXT];

    (void)sf_number_text(&l->end[from], from, seg->seq, how, a);
    if (seg->octets > 0) {
        (void)sf_number_text(&l->end[from], from, seg->seq + syn + seg->octets, how, b);
        add(w, gap);
        add(w, word);
        add(w, a);
        add(w, "..");
        add(w, b);

        if (brevity < SF_BREVITY_NO_LEN) {
            add_count(w, " (", seg->octets);
            add(w, ")");
        }
    } else if (!bare || brevity < SF_BREVITY_NO_ACK) {
        add(w, gap);
        add(w, word);
        add(w, a);
    }
    if ((seg->flags & SF_ACK) == 0) {
        return;
    }
    if (bare || (syn && brevity < SF_BREVITY_SEQ) || brevity < SF_BREVITY_NO_ACK) {
        add(w, " ack=");
        add(w, sf_number_text(&l->end[other], other, seg->ack, how, a));
    }
}

static void add_options(struct words *w, const struct sf_row_seg *seg)
{
    if ((seg->options & SF_ROW_MSS) != 0 && seg->mss != 0) {
        add_count(w, " mss=", seg->mss);
    }
    if ((seg->options & SF_ROW_WSCALE) != 0) {
        add_count(w, " wscale=", seg->wscale);
    }
    if ((seg->options & SF_ROW_SACK_OK) != 0) {
        add(w, " sackok");
    }
    if ((seg->options & SF_ROW_SACK) != 0) {
        add(w, " sack");
    }
    if ((seg->options & SF_ROW_TS) != 0 && (seg->flags & SF_SYN) != 0) {
        add(w, " ts");
    }
}

char *sf_options_text(const struct sf_row_seg *seg, char *text)
{
    struct words w = {.text = text};

    add_count(&w, "win=", seg->wnd);
    add_options(&w, seg);
    return text;
}

char *sf_label_text(const struct sf_ladder *ladder, const struct sf_row *row,
                    enum sf_numbers how, enum sf_brevity brevity, char *text)
{
    struct words w = {.text = text};

    text[0] = '\0';
    add_flags(&w, &row->u.seg, brevity);
    if (brevity == SF_BREVITY_FLAGS) {
        return text;
    }
    add_numbers(&w, ladder, row, how, brevity);
    if (brevity <= SF_BREVITY_USUAL) {
        if ((row->marks & SF_MARK_KEEPALIVE) != 0) {
            add(&w, " keepalive");
        } else if ((row->marks & SF_MARK_PROBE) != 0) {
            add(&w, " probe");
        } else if ((row->marks & SF_MARK_LATE) != 0) {
            add(&w, " late");
        } else if ((row->marks & SF_MARK_AGAIN) != 0) {
            add(&w, row->u.seg.timer == SF_TIMER_PERSIST ? " probe" : " again");
        }
    }
    if (brevity <= SF_BREVITY_WINDOW) {
        add_count(&w, " win=", row->u.seg.wnd);
    }
    if (brevity == SF_BREVITY_ALL) {
        add_options(&w, &row->u.seg);
    }
    return text;
}
