/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/table.c - docs/spec/states.tsv, run: every row of the transition table, in
 * virtual time, from the data itself (RFC 9293 s3.10).
 *
 * A row is a state, an event, a condition and what follows; its last three columns say in
 * the words of scene.h how to get there, what happens, and what is seen.  Each row is run
 * over IPv4, over IPv6, and over IPv4 with all sequence numbers about to wrap.
 */
#include "scene.h"

#include <stdlib.h>

#define ROWS_MAX  1000
#define ROW_WAYS  3
#define CELLS_MAX 512

enum kind { RUN, UNREACHABLE, NOT_ADOPTED, LATER };

enum column {
    STATE,
    EVENT,
    CONDITION,
    NEXT_STATE,
    ACTION,
    SIGNAL,
    CLAUSE,
    SETUP,
    INJECT,
    EXPECT,
    COLUMNS,
};

struct row {
    const char *column[COLUMNS];
    int line;
    enum kind kind;
};

/* A case of cmocka's: a row in one of its ways. */
struct one {
    const struct row *row;
    int way;
    char name[200];
};

static struct row rows[ROWS_MAX];
static size_t n_rows;
static struct one ones[ROWS_MAX * ROW_WAYS];
static struct CMUnitTest tests[ROWS_MAX * ROW_WAYS + 2];

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static enum kind kind_of(const char *expect)
{
    if (begins(expect, "unreachable")) {
        return UNREACHABLE;
    }
    if (begins(expect, "not-adopted")) {
        return NOT_ADOPTED;
    }
    return begins(expect, "later:") ? LATER : RUN;
}

static char *whole_file(void)
{
    const char *name = getenv("SYNFIN_STATES");
    FILE *f = fopen(name == NULL ? SCENE_FILE : name, "rb");
    size_t size = 1 << 20;
    char *text = malloc(size);
    size_t n = 0;

    if (f == NULL || text == NULL) {
        fprintf(stderr, "no %s: set SYNFIN_STATES\n", SCENE_FILE);
        exit(1);
    }
    n = fread(text, 1, size - 1, f);
    text[n] = '\0';
    (void)fclose(f);
    return text;
}

static void load(char *text)
{
    int line = 1;
    char *end = strchr(text, '\n');

    while (end != NULL && end[1] != '\0' && n_rows < ROWS_MAX) {
        struct row *row = &rows[n_rows++];
        char *p = end + 1;

        end = strchr(p, '\n');
        if (end != NULL) {
            *end = '\0';
        }
        row->line = ++line;
        for (size_t i = 0; i < COLUMNS; i++) {
            char *tab = p == NULL ? NULL : strchr(p, '\t');

            row->column[i] = p == NULL ? "" : p;
            if (tab != NULL) {
                *tab = '\0';
            }
            p = tab == NULL ? NULL : tab + 1;
        }
        row->kind = kind_of(row->column[EXPECT]);
    }
}

static void run_alternative(const struct one *one, const char *inject)
{
    static struct scene s;
    const struct row *row = one->row;
    const char *const *column = row->column;
    enum sf_state from = SF_CLOSED;
    enum sf_state want = SF_CLOSED;

    scene_begin(&s, one->way == 1 ? SF_IPV6 : SF_IPV4, one->way == 2, row->line);
    from = scene_state(&s, column[STATE]);
    want = scene_state(&s, column[NEXT_STATE]);
    scene_act(&s, column[SETUP], false);
    scene_see_state(&s, from, true);
    scene_mark(&s);
    scene_act(&s, inject, true);
    if (row->kind == UNREACHABLE && begins(inject, "timer:")) {
        if (!s.never) {
            scene_fail(&s, "fired, though not armed in this state", inject);
        }
    } else {
        if (s.never) {
            scene_fail(&s, "has not fired in this state", inject);
        }
        scene_see(&s, column[EXPECT], from, row->kind == UNREACHABLE ? from : want);
    }
    scene_end(&s);
}

static void a_row_holds(void **state)
{
    const struct one *one = *state;
    const char *alternatives = one->row->column[INJECT];
    char inject[SCENE_TEXT];
    bool any = false;

    while (one->row->kind != LATER && scene_word(&alternatives, '|', inject)) {
        run_alternative(one, inject);
        any = true;
    }
    if (!any && one->row->kind != LATER) {
        printf("# the row says not how it is run\n");
        _fail(SCENE_FILE, one->row->line);
    }
}

/* 11 states by 28 events, each with rows, none of which is without words. */
static void every_cell_is_covered(void **state)
{
    const char *cells[CELLS_MAX][2];
    size_t n_cells = 0;
    size_t count[4] = {0};

    (void)state;
    for (size_t i = 0; i < n_rows; i++) {
        size_t c = 0;

        count[rows[i].kind]++;
        T_TRUE(rows[i].column[EXPECT][0] != '\0');
        while (c < n_cells && (strcmp(cells[c][0], rows[i].column[STATE]) != 0 ||
                               strcmp(cells[c][1], rows[i].column[EVENT]) != 0)) {
            c++;
        }
        if (c == n_cells) {
            T_TRUE(n_cells < CELLS_MAX);
            cells[n_cells][0] = rows[i].column[STATE];
            cells[n_cells++][1] = rows[i].column[EVENT];
        }
    }
    printf("# %zu rows: %zu run, %zu unreachable, %zu not adopted, %zu later\n", n_rows,
           count[RUN], count[UNREACHABLE], count[NOT_ADOPTED], count[LATER]);
    printf("# %zu of 308 cells covered\n", n_cells);
    T_EQ(n_cells, 308);
}

/* What the condition says and what the words say go together. */
static void conditions_and_words_agree(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_rows; i++) {
        const char *condition = rows[i].column[CONDITION];
        bool not_here = begins(condition, "n/a") || begins(condition, "otherwise: n/a");

        T_EQ_ROW(i + 2, begins(condition, "[ALT]"), rows[i].kind == NOT_ADOPTED);
        if (not_here) {
            T_EQ_ROW(i + 2, rows[i].kind, UNREACHABLE);
        }
    }
}

int main(void)
{
    static const char *const ways[ROW_WAYS] = {"over IPv4", "over IPv6", "about to wrap"};
    const char *only = getenv("SYNFIN_ROW"); /* one line of the file, to look into it */
    char *text = whole_file();
    size_t n = 0;
    int failed = 0;

    load(text);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(every_cell_is_covered);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(conditions_and_words_agree);
    for (size_t i = 0; i < n_rows * ROW_WAYS; i++) {
        const struct row *row = &rows[i / ROW_WAYS];
        struct one *one = &ones[i];

        if (only != NULL && strtol(only, NULL, 10) != row->line) {
            continue;
        }
        one->row = row;
        one->way = (int)(i % ROW_WAYS);
        snprintf(one->name, sizeof(one->name), "%s %s %d %s", row->column[STATE],
                 row->column[EVENT], row->line, ways[one->way]);
        tests[n++] = (struct CMUnitTest){
            .name = one->name, .test_func = a_row_holds, .initial_state = one};
    }
    failed = _cmocka_run_group_tests("table", tests, n, NULL, NULL);
    free(text); /* the rows point into it */
    return failed;
}
