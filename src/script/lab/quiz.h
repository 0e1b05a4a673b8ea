/* SPDX-License-Identifier: MIT
 *
 * script/lab/quiz.h - questions about a lab: what comes next, and which state follows.
 *
 *   struct lab_run ─► its ladder, row by row ─► lab_quiz_next() ─► struct lab_question
 *
 * The answers are those of the run: the engine gives them, and the table of its states says by
 * which rule.
 */
#ifndef SF_SCRIPT_LAB_QUIZ_H
#define SF_SCRIPT_LAB_QUIZ_H

#include "base/rng.h"
#include "script/lab/run.h"
#include "synfin/lang.h"

enum { LAB_CHOICES = 4, LAB_CHOICE_TEXT = 48, LAB_QUIZ_TEXT = 240 };

struct lab_question {
    size_t rows; /* of the ladder, to be shown with it */
    char text[LAB_QUIZ_TEXT];
    char choices[LAB_CHOICES][LAB_CHOICE_TEXT];
    unsigned right;           /* which of them */
    char rule[LAB_QUIZ_TEXT]; /* why, and who says so */
};

struct lab_quiz {
    const struct lab_run *run;
    struct sf_ladder *ladder;
    struct sf_rng rng;
    size_t row;  /* that is asked about next */
    bool states; /* ... of which the segment is known already */
    uint8_t side;
};

/* Begin with the first connection that was captured; false if there is none. */
bool lab_quiz_open(struct lab_quiz *quiz, const struct lab_run *run, uint64_t seed);

/* The next question; false if there are no more. */
bool lab_quiz_next(struct lab_quiz *quiz, enum sf_lang lang, struct lab_question *question);

#endif
