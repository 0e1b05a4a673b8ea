/* SPDX-License-Identifier: MIT
 *
 * watch/line.h - a line of text that knows how many columns it takes.
 *
 * A column is a character, but for those of East Asian scripts, which take two (Unicode annex
 * 11, W and F).  Colours take octets and no columns.
 */
#ifndef SF_WATCH_LINE_H
#define SF_WATCH_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "synfin/sink.h"

/* Colours that the drawings use. */
enum sf_colour {
    SF_COLOUR_PLAIN = 0,
    SF_COLOUR_DIM,
    SF_COLOUR_BOLD,
    SF_COLOUR_RED,
    SF_COLOUR_GREEN,
    SF_COLOUR_YELLOW,
    SF_COLOUR_BLUE,
    SF_COLOUR_CYAN,
};

struct sf_line {
    struct sf_sink sink;
    bool colours;     /* else sf_line_colour() does nothing */
    bool coloured;    /* a colour is on */
    size_t n;         /* octets in text */
    unsigned columns; /* taken so far */
    char text[2048];  /* 240 columns of 3 octets, and some 100 colours */
};

/* How many columns a text takes. */
unsigned sf_columns(const char *text);

void sf_line_init(struct sf_line *line, struct sf_sink sink, bool colours);

/* Append; what does not fit any more is left out. */
void sf_line_put(struct sf_line *line, const char *text);

/* Append the first n octets of a text. */
void sf_line_put_n(struct sf_line *line, const char *text, size_t n);

/* Append a text of one column so many times. */
void sf_line_repeat(struct sf_line *line, const char *glyph, unsigned times);

/* Append blanks up to a column, counted from 0; none if it is already beyond. */
void sf_line_to(struct sf_line *line, unsigned column);

/* Append a text in the middle of so many columns, with blanks on both sides. */
void sf_line_middle(struct sf_line *line, const char *text, unsigned columns);

/* What follows has that colour. */
void sf_line_colour(struct sf_line *line, enum sf_colour colour);

/* Give the line to the sink, without blanks at its end, and begin the next. */
void sf_line_end(struct sf_line *line);

/*
 * Where to break a text so that the first part takes at most so many columns: octets of the
 * first part; *skip is set to the blanks that the break takes the place of.  A word that is
 * too long is cut; beside a wide character a line may break anywhere.
 */
size_t sf_line_break(const char *text, unsigned columns, size_t *skip);

#endif
