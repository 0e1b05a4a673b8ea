/* SPDX-License-Identifier: MIT
 *
 * cli/learnscreen.c - the terminal of synfin learn, 80 by 24 or larger, colour or none.
 *
 *    1      title and score
 *    3-14   the ladder as far as it is known, its last lines
 *    16     the question; 17-20 the choices
 *    22-23  the answer; 24 the keys
 */
#include <curses.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>

#include "cli/lab.h"
#include "cli/learn.h"

enum {
    ROWS = 24,
    COLUMNS = 80,
    LADDER_TOP = 2,
    LADDER_ROWS = 12,
    QUESTION = 15,
    ANSWER = 21,
    KEYS = 23
};

static const char *text_of(const struct cli_learn *learn, const char *en, const char *zh)
{
    return learn->lang == SF_LANG_ZH ? zh : en;
}

int cli_learn_begin(struct cli_learn *learn)
{
    if (initscr() == NULL) {
        return cli_fail(CLI_FAILED, "the terminal cannot be used: is TERM set?");
    }
    if (LINES < ROWS || COLS < COLUMNS) {
        int lines = LINES;
        int columns = COLS;

        endwin();
        return cli_fail(CLI_FAILED, "the terminal has %d by %d characters: 80 by 24 are needed",
                        columns, lines);
    }
    /* Without UTF-8 there are neither arrows nor Chinese. */
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0) {
        learn->options.ascii = true;
        learn->lang = SF_LANG_EN;
    }
    cbreak();
    noecho();
    keypad(stdscr, TRUE);
    curs_set(0);
    return CLI_OK;
}

void cli_learn_close(struct cli_learn *learn)
{
    (void)learn;
    endwin();
}

/* The last lines of the ladder up to the row that is asked about. */
static void show_ladder(struct cli_learn *learn, size_t rows)
{
    char *text = NULL;
    size_t octets = 0;
    FILE *out = open_memstream(&text, &octets);
    struct sf_ladder_style style = {.width = COLUMNS,
                                    .ascii = learn->options.ascii,
                                    .letters = learn->options.letters,
                                    .whole = true,
                                    .bare = true,
                                    .rows = rows};
    unsigned lines = 0;
    int y = LADDER_TOP;

    if (out == NULL) {
        return;
    }
    if (rows > 0) {
        sf_ladder_draw(learn->quiz.ladder, &style, sf_sink_file(out));
    }
    fclose(out);
    for (const char *p = text; *p != '\0'; p++) {
        lines += *p == '\n';
    }
    for (char *line = text; *line != '\0'; lines--) {
        char *end = line + strcspn(line, "\n");
        char *next = end + (*end != '\0');

        *end = '\0';
        if (lines <= LADDER_ROWS) {
            mvaddstr(y++, 0, line);
        }
        line = next;
    }
    free(text);
}

static void show_head(struct cli_learn *learn)
{
    attron(A_BOLD);
    mvprintw(0, 0, "%s: %s", learn->lab->name,
             learn->lang == SF_LANG_ZH && learn->lab->title.zh != NULL ? learn->lab->title.zh
             : learn->lab->title.en != NULL                            ? learn->lab->title.en
                                                                       : "");
    attroff(A_BOLD);
    mvprintw(0, COLUMNS - 8, "%3u/%-3u", learn->right, learn->asked);
}

static void show_question(struct cli_learn *learn, const struct lab_question *q)
{
    erase();
    show_head(learn);
    show_ladder(learn, q->rows);
    mvaddstr(QUESTION, 0, q->text);
    for (int i = 0; i < LAB_CHOICES; i++) {
        mvprintw(QUESTION + 1 + i, 2, "%d  %s", i + 1, q->choices[i]);
    }
}

static void show_keys(const char *keys)
{
    attron(A_REVERSE);
    mvaddstr(KEYS, 0, keys);
    attroff(A_REVERSE);
    refresh();
}

enum cli_learn_key cli_learn_ask(struct cli_learn *learn, const struct lab_question *question)
{
    show_question(learn, question);
    show_keys(text_of(learn, " 1-4 answer   l 中文/English   q quit ",
                      " 1-4 回答   l English/中文   q 退出 "));
    for (;;) {
        int key = getch();

        if (key >= '1' && key < '1' + LAB_CHOICES) {
            return (enum cli_learn_key)(key - '1');
        }
        if (key == 'l' && !learn->options.ascii) {
            return CLI_LEARN_LANGUAGE;
        }
        if (key == 'q' || key == ERR) {
            return CLI_LEARN_QUIT;
        }
    }
}

/* Any key goes on; q and the end of input do not. */
static bool go_on(void)
{
    int key = getch();

    return key != 'q' && key != ERR;
}

bool cli_learn_tell(struct cli_learn *learn, const struct lab_question *question,
                    unsigned choice)
{
    bool right = choice == question->right;

    show_question(learn, question);
    if (right) {
        mvprintw(ANSWER, 0, "%s ", text_of(learn, "Right.", "正确。"));
    } else {
        mvprintw(ANSWER, 0, "%s %u. ", text_of(learn, "No, it is", "不对，应是"),
                 question->right + 1);
    }
    addstr(question->rule);
    show_keys(text_of(learn, " any key: on   q quit ", " 任意键：继续   q 退出 "));
    return go_on();
}

void cli_learn_end(struct cli_learn *learn)
{
    erase();
    show_head(learn);
    show_ladder(learn, sf_ladder_rows(learn->quiz.ladder));
    mvprintw(QUESTION, 0, "%s: %u / %u", text_of(learn, "Score", "得分"), learn->right,
             learn->asked);
    show_keys(text_of(learn, " any key: end ", " 任意键：结束 "));
    (void)go_on();
}
