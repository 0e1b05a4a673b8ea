/* SPDX-License-Identifier: MIT
 *
 * tests/unit/tcp/state.c - the state machine, every state by every event.
 */
#include "t.h"

#include "synfin/state.h"

/*
 * RFC 9293 s3.3.2, figure 5, with the arrows to CLOSED that s3.10 adds and ours beyond it.
 * A row is a state, a column an event, in the order of synfin/state.h; a letter is the
 * state that follows, a dot no arrow.
 *
 *   C CLOSED       L LISTEN       S SYN-SENT     R SYN-RECEIVED  E ESTABLISHED
 *   1 FIN-WAIT-1   2 FIN-WAIT-2   W CLOSE-WAIT   G CLOSING       A LAST-ACK   T TIME-WAIT
 */
static const char letters[] = "CLSRE12WGAT";

/* clang-format off */
static const char *const expected[SF_STATES] = {
    /* open: passive, active; SYN, SYN-ACK, ACK of SYN; FIN sent, ACK of it; FIN, FIN that
     * acknowledges ours; RST, abort, delete, timeout; orphaned, 2MSL, unreachable, cookie;
     * reuse, restore, import */
    [SF_CLOSED] =       "LS" "..." ".." ".." "...." "...." "..E",
    [SF_LISTEN] =       ".S" "R.." ".." ".." ".CCC" "...E" "...",
    [SF_SYN_SENT] =     ".." "RE." ".." ".." "CCCC" "..C." "...",
    [SF_SYN_RECEIVED] = ".." "CEE" "1." ".." "CCCC" "..C." ".T.",
    [SF_ESTABLISHED] =  ".." "..." "1." "W." "CC.C" "...." "...",
    [SF_FIN_WAIT_1] =   ".." "..." ".2" "GT" "CC.C" "C..." "...",
    [SF_FIN_WAIT_2] =   ".." "..." ".." "T." "CC.C" "C..." "...",
    [SF_CLOSE_WAIT] =   ".." "..." "A." ".." "CC.C" "...." "...",
    [SF_CLOSING] =      ".." "..." ".T" ".." "CC.C" "...." "...",
    [SF_LAST_ACK] =     ".." "..." ".C" ".." "CC.C" "...." "...",
    [SF_TIME_WAIT] =    ".." "..." ".." ".." ".C.." "CC.." "R..",
};
/* clang-format on */

static int state_of(char letter)
{
    const char *at = strchr(letters, letter);

    return letter == '.' ? SF_NO_ARROW : (int)(at - letters);
}

static void every_event_in_every_state_leads_where_the_rfc_says(void **state)
{
    (void)state;
    for (int from = 0; from < SF_STATES; from++) {
        T_EQ_ROW((size_t)from, strlen(expected[from]), SF_EVENT_KINDS);
        for (int event = 0; event < SF_EVENT_KINDS; event++) {
            int got = sf_state_next((enum sf_state)from, (enum sf_event_kind)event);

            T_EQ_ROW((size_t)(from * 100 + event), got, state_of(expected[from][event]));
        }
    }
}

static void an_unknown_event_has_no_arrow(void **state)
{
    (void)state;
    T_EQ(sf_state_next(SF_ESTABLISHED, (enum sf_event_kind)SF_EVENT_KINDS), SF_NO_ARROW);
}

/* The table given out is the function: each arrow once, sorted by the state before. */
static void the_table_has_the_arrows_of_the_function_and_no_others(void **state)
{
    size_t n = 0;
    size_t wanted = 0;
    const struct sf_arrow *arrows = sf_state_arrows(&n);

    (void)state;
    for (int from = 0; from < SF_STATES; from++) {
        for (int event = 0; event < SF_EVENT_KINDS; event++) {
            wanted += expected[from][event] != '.';
        }
    }
    T_EQ(n, wanted);
    for (size_t i = 0; i < n; i++) {
        T_EQ_ROW(i, sf_state_next(arrows[i].from, arrows[i].event), arrows[i].to);
        T_TRUE(i == 0 || arrows[i - 1].from <= arrows[i].from);
    }
}

/* What figure 5 does not have says so. */
static void arrows_name_their_clause_and_extensions_are_marked(void **state)
{
    static const uint8_t own[] = {SF_EV_ORPHANED, SF_EV_COOKIE, SF_EV_REUSE, SF_EV_RESTORE,
                                  SF_EV_IMPORT};
    size_t n = 0;
    const struct sf_arrow *arrows = sf_state_arrows(&n);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        bool extension = memchr(own, arrows[i].event, sizeof(own)) != NULL ||
                         (arrows[i].from == SF_SYN_RECEIVED && arrows[i].event == SF_EV_DELETE);
        const char *begin = extension ? "ext: " : "9293 s3.";

        T_EQ_ROW(i, strncmp(arrows[i].clause, begin, strlen(begin)), 0);
    }
}

/* RFC 9293 s3.3.2: the ways through the diagram that connections take. */
static void usual_lives_end_in_closed(void **state)
{
    static const struct {
        enum sf_event_kind events[7];
        int n;
    } rows[] = {
        /* active open, closes first */
        {{SF_EV_OPEN_ACTIVE, SF_EV_SYN_ACK, SF_EV_FIN_SENT, SF_EV_ACK_OF_FIN, SF_EV_FIN,
          SF_EV_2MSL},
         6},
        /* passive open, closes second */
        {{SF_EV_OPEN_PASSIVE, SF_EV_SYN, SF_EV_ACK_OF_SYN, SF_EV_FIN, SF_EV_FIN_SENT,
          SF_EV_ACK_OF_FIN},
         6},
        /* simultaneous open (figure 7) and close (figure 13) */
        {{SF_EV_OPEN_ACTIVE, SF_EV_SYN, SF_EV_SYN_ACK, SF_EV_FIN_SENT, SF_EV_FIN,
          SF_EV_ACK_OF_FIN, SF_EV_2MSL},
         7},
        /* FIN and acknowledgement of ours in one segment */
        {{SF_EV_OPEN_ACTIVE, SF_EV_SYN_ACK, SF_EV_FIN_SENT, SF_EV_FIN_ACKING, SF_EV_2MSL}, 5},
        /* CLOSE in SYN-RECEIVED */
        {{SF_EV_OPEN_PASSIVE, SF_EV_SYN, SF_EV_FIN_SENT, SF_EV_ACK_OF_FIN, SF_EV_FIN,
          SF_EV_2MSL},
         6},
        /* a reuse of TIME-WAIT that is reset, and restored (MAY-2) */
        {{SF_EV_REUSE, SF_EV_RESTORE, SF_EV_2MSL}, 3},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        int at = rows[i].events[0] == SF_EV_REUSE ? SF_TIME_WAIT : SF_CLOSED;

        for (int j = 0; j < rows[i].n; j++) {
            at = sf_state_next((enum sf_state)at, rows[i].events[j]);
            T_TRUE(at != SF_NO_ARROW);
        }
        T_EQ_ROW(i, at, SF_CLOSED);
    }
}

static void names_are_stable_and_all_different(void **state)
{
    (void)state;
    assert_string_equal(sf_state_name(SF_CLOSED), "CLOSED");
    assert_string_equal(sf_state_name(SF_SYN_RECEIVED), "SYN_RECEIVED");
    assert_string_equal(sf_state_name(SF_TIME_WAIT), "TIME_WAIT");
    assert_string_equal(sf_state_name((enum sf_state)SF_STATES), "?");
    assert_string_equal(sf_event_name(SF_EV_OPEN_PASSIVE), "open-passive");
    assert_string_equal(sf_event_name(SF_EV_ACK_OF_FIN), "ack-of-fin");
    assert_string_equal(sf_event_name(SF_EV_IMPORT), "import");
    assert_string_equal(sf_event_name((enum sf_event_kind)SF_EVENT_KINDS), "?");
    for (int i = 0; i < SF_EVENT_KINDS; i++) {
        for (int j = 0; j < i; j++) {
            T_TRUE(strcmp(sf_event_name((enum sf_event_kind)i),
                          sf_event_name((enum sf_event_kind)j)) != 0);
            T_TRUE(i >= SF_STATES || strcmp(sf_state_name((enum sf_state)i),
                                            sf_state_name((enum sf_state)j)) != 0);
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_in_every_state_leads_where_the_rfc_says),
        cmocka_unit_test(an_unknown_event_has_no_arrow),
        cmocka_unit_test(the_table_has_the_arrows_of_the_function_and_no_others),
        cmocka_unit_test(arrows_name_their_clause_and_extensions_are_marked),
        cmocka_unit_test(usual_lives_end_in_closed),
        cmocka_unit_test(names_are_stable_and_all_different),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
