/* SPDX-License-Identifier: MIT
 *
 * tests/unit/link/faultrule.c - the language of faults, and the fates it decides.
 */
#include "t.h"

#include "link/fault.h"
#include "link/peek.h"
#include "made.h"

static struct sf_faults faults;
static uint8_t memory[2048];

static enum sf_err parse(const char *text, size_t *where)
{
    return sf_fault_parse(&faults, text, 1, false, where);
}

static void good(const char *text)
{
    size_t where = 0;

    T_EQ(parse(text, &where), SF_OK);
}

/* Fate of a frame that is sent. */
static struct sf_fate fate(const struct made *how)
{
    struct sf_frame f = made_frame(how, memory);

    return sf_fault_decide(&faults, &f, SF_FAULT_TX);
}

static void every_part_of_a_rule_is_read(void **state)
{
    const struct sf_fault_rule *r = faults.rules;

    (void)state;
    good("drop tx 2%\n"
         "drop rx FIN n=2; drop tx data n=3..5\r\n"
         " dup rx 1%;;"
         "delay tx SYN n=1 100ms\n"
         "reorder both FIN+ACK+only+v6 0.25% 1.5us;"
         "corrupt 0.000001%; drop n=7.. any; delay 999999999.999999999s;"
         "delay 1ns rx\n");
    T_EQ(faults.count, 10);

    T_EQ(r[0].kind, SF_FAULT_DROP);
    T_EQ(r[0].ways, SF_FAULT_TX);
    T_EQ(r[0].chance, 2000000); /* 2 of 100, of 10^8 */
    T_EQ(r[0].first, 1);
    T_EQ(r[0].last, UINT64_MAX);
    T_FALSE(r[0].tcp);

    T_EQ(r[1].ways, SF_FAULT_RX);
    T_EQ(r[1].flags, SF_PEEK_FIN);
    T_FALSE(r[1].only);
    T_EQ(r[1].first, 2);
    T_EQ(r[1].last, 2);
    T_EQ(r[1].chance, SF_FAULT_CERTAIN);

    T_EQ(r[2].text, SF_FAULT_DATA);
    T_EQ(r[2].first, 3);
    T_EQ(r[2].last, 5);

    T_EQ(r[3].kind, SF_FAULT_DUP);
    T_EQ(r[4].kind, SF_FAULT_DELAY);
    T_EQ(r[4].delay.ns, 100000000);

    T_EQ(r[5].kind, SF_FAULT_DELAY);
    T_EQ(r[5].ways, SF_FAULT_BOTH);
    T_EQ(r[5].flags, SF_PEEK_FIN | SF_PEEK_ACK);
    T_TRUE(r[5].only);
    T_EQ(r[5].family, SF_IPV6);
    T_EQ(r[5].chance, 250000);
    T_EQ(r[5].delay.ns, 1500);

    T_EQ(r[6].kind, SF_FAULT_CORRUPT);
    T_EQ(r[6].chance, 1);
    T_EQ(r[6].ways, SF_FAULT_BOTH);
    T_EQ(r[7].first, 7);
    T_EQ(r[7].last, UINT64_MAX);
    T_EQ(r[8].delay.ns, UINT64_C(999999999999999999));
    T_EQ(r[9].delay.ns, 1);
    T_EQ(r[9].ways, SF_FAULT_RX);
}

static void an_empty_text_has_no_rules(void **state)
{
    static const char *const rows[] = {"", " ", ";", "\n\n; \t\r\n"};

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        size_t where = 99;

        T_EQ_ROW(i, parse(rows[i], &where), SF_OK);
        T_EQ_ROW(i, faults.count, 0);
        T_EQ_ROW(i, where, 0);
    }
    T_FALSE(fate(&(struct made){.flags = MADE_SYN}).drop);
}

static void the_first_wrong_character_is_named(void **state)
{
    static const struct {
        const char *text;
        size_t where;
    } rows[] = {
        {"lose tx", 0},
        {"dropx tx", 0},
        {"drop tx; dorp rx", 9},
        {"drop tx rx", 8},
        {"drop SYN FIN", 9}, /* joined with + only */
        {"drop SYN+fin", 9},
        {"drop SYN+", 9},
        {"drop SYN+data+empty", 14}, /* both never */
        {"drop v4+v6", 8},
        {"drop txt", 5},
        {"drop 2", 6},
        {"drop 2x", 6},
        {"drop 2.%", 7},
        {"drop 100.1%", 5},
        {"drop 2% 3%", 8},
        {"drop 2%x", 7},
        {"drop 1234567890%", 14},   /* nine digits at most */
        {"drop 0.1234567891%", 16}, /* before the point and behind */
        {"drop tx 5ms", 8},         /* nothing is held back */
        {"delay tx", 0},            /* by how much? */
        {"drop rx; reorder 1%", 9},
        {"delay 5min", 7},
        {"delay 5ms 6ms", 10},
        {"drop n=0", 7},
        {"drop n=", 7},
        {"drop n=x", 7},
        {"drop n=5..4", 10},
        {"drop n=5.6", 8},
        {"drop n=1 n=2", 9},
        {"drop n=1234567890", 16},
        {"drop ,", 5},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        size_t where = 99;

        T_EQ_ROW(i, parse(rows[i].text, &where), SF_ERR_INVAL);
        T_EQ_ROW(i, where, rows[i].where);
        T_EQ_ROW(i, faults.count, 0);
    }
}

static void one_rule_too_many_is_refused(void **state)
{
    char text[8 * (SF_FAULT_RULES + 1) + 1] = {0};
    size_t where = 0;

    (void)state;
    for (size_t i = 0; i < SF_FAULT_RULES; i++) {
        memcpy(text + 8 * i, "drop tx;", 8);
    }
    good(text);
    T_EQ(faults.count, SF_FAULT_RULES);
    memcpy(text + (size_t)8 * SF_FAULT_RULES, "drop tx;", 8);
    T_EQ(parse(text, &where), SF_ERR_NO_MEMORY);
    T_EQ(faults.count, 0);
}

static void a_filter_lets_pass_what_it_names(void **state)
{
    static const struct {
        const char *text;
        struct made how;
        bool struck;
    } rows[] = {
        {"drop FIN", {.flags = MADE_FIN | MADE_ACK}, true},
        {"drop FIN", {.flags = MADE_ACK}, false},
        {"drop FIN+ACK", {.flags = MADE_FIN}, false},
        {"drop FIN+only", {.flags = MADE_FIN | MADE_ACK}, false},
        {"drop ACK+only", {.flags = MADE_ACK}, true},
        {"drop ACK+only", {.flags = MADE_ACK | 0x80}, false}, /* CWR is another */
        {"drop only", {.flags = 0}, true},
        {"drop only", {.flags = MADE_RST}, false},
        {"drop PSH+URG", {.flags = MADE_PSH | MADE_URG | MADE_ACK}, true},
        {"drop data", {.flags = MADE_ACK, .text_octets = 1}, true},
        {"drop data", {.flags = MADE_ACK}, false},
        {"drop empty", {.flags = MADE_ACK}, true},
        {"drop empty", {.flags = MADE_ACK, .text_octets = 1}, false},
        {"drop v4", {.flags = MADE_ACK}, true},
        {"drop v6", {.flags = MADE_ACK}, false},
        {"drop v6+RST", {.flags = MADE_RST, .family = SF_IPV6}, true},
        {"drop any", {.flags = MADE_RST, .family = SF_IPV6}, true},
        {"drop tx", {.flags = MADE_RST}, true},
        {"drop rx", {.flags = MADE_RST}, false},
        {"drop 100%", {.flags = MADE_RST}, true},
        {"drop 0%", {.flags = MADE_RST}, false},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        good(rows[i].text);
        T_EQ_ROW(i, fate(&rows[i].how).drop, rows[i].struck);
    }
}

static void what_is_no_tcp_has_neither_text_nor_its_absence(void **state)
{
    struct sf_frame f = made_frame(&(struct made){.flags = MADE_ACK}, memory);
    static const char *const rows[] = {"drop empty", "drop data", "drop only", "drop ACK"};

    (void)state;
    f.head[9] = 17;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        good(rows[i]);
        T_EQ_ROW(i, sf_fault_decide(&faults, &f, SF_FAULT_TX).drop, false);
    }
    good("drop v4");
    T_TRUE(sf_fault_decide(&faults, &f, SF_FAULT_TX).drop);
}

static void n_counts_what_passes_direction_and_filter(void **state)
{
    struct made fin = {.flags = MADE_FIN | MADE_ACK};
    struct made ack = {.flags = MADE_ACK};
    struct sf_frame other = made_frame(&fin, memory);

    (void)state;
    good("drop tx FIN n=2..3");
    T_FALSE(fate(&fin).drop); /* the first */
    T_FALSE(fate(&ack).drop);
    T_FALSE(sf_fault_decide(&faults, &other, SF_FAULT_RX).drop);
    T_TRUE(fate(&fin).drop); /* the second */
    T_FALSE(fate(&ack).drop);
    T_TRUE(fate(&fin).drop);  /* the third */
    T_FALSE(fate(&fin).drop); /* the fourth */

    good("drop FIN n=2..");
    T_FALSE(fate(&fin).drop);
    T_TRUE(sf_fault_decide(&faults, &other, SF_FAULT_RX).drop); /* both ways, one count */
    T_TRUE(fate(&fin).drop);
}

static void a_dropped_frame_still_counts_for_other_rules(void **state)
{
    struct made syn = {.flags = MADE_SYN};

    (void)state;
    good("drop SYN n=1; dup SYN n=2");
    T_TRUE(fate(&syn).drop);
    T_EQ(fate(&syn).copies, 1);
    T_EQ(fate(&syn).copies, 0);
}

static void fates_add_up(void **state)
{
    struct sf_fate f = {0};

    (void)state;
    good("dup; delay 2ms; dup; delay 1ms; corrupt");
    f = fate(&(struct made){.flags = MADE_ACK, .text_octets = 2});
    T_FALSE(f.drop);
    T_EQ(f.copies, 2);
    T_EQ(f.delay.ns, 2000000);
    T_TRUE(f.corrupt);
    T_TRUE(f.bit < 8 * 42); /* 20 + 20 + 2 octets */
}

static uint32_t struck_of(uint32_t n, const char *text, uint64_t seed)
{
    struct sf_frame f = made_frame(&(struct made){.flags = MADE_ACK}, memory);
    uint32_t struck = 0;
    size_t where = 0;

    T_EQ(sf_fault_parse(&faults, text, seed, false, &where), SF_OK);
    for (uint32_t i = 0; i < n; i++) {
        struct sf_fate found = sf_fault_decide(&faults, &f, SF_FAULT_TX);

        struck += found.drop || found.copies == 1;
    }
    return struck;
}

static void chances_come_true_and_repeat_with_the_seed(void **state)
{
    uint32_t two = struck_of(100000, "drop 2%", 1);

    (void)state;
    /* 2,000 expected, deviation sqrt(100000 * 0.02 * 0.98) = 44; five of them either way. */
    T_TRUE(two > 2000 - 221 && two < 2000 + 221);
    T_EQ(struck_of(100000, "drop 2%", 1), two);
    T_TRUE(struck_of(100000, "drop 2%", 2) != two);
}

static void every_bit_can_be_flipped(void **state)
{
    bool flipped[8 * 40] = {false};
    uint32_t distinct = 0;

    (void)state;
    good("corrupt");
    for (uint32_t i = 0; i < 8 * 40 * 20; i++) {
        struct sf_fate f = fate(&(struct made){.flags = MADE_ACK});

        T_TRUE(f.corrupt && f.bit < T_COUNT(flipped));
        distinct += !flipped[f.bit];
        flipped[f.bit] = true;
    }
    T_EQ(distinct, 8 * 40);
}

/* A rule has its own chances: another one beside it changes nothing. */
static void rules_do_not_share_their_chances(void **state)
{
    bool alone[200];

    (void)state;
    good("drop tx 50%");
    for (size_t i = 0; i < T_COUNT(alone); i++) {
        alone[i] = fate(&(struct made){.flags = MADE_ACK}).drop;
    }
    good("drop tx 50%; dup tx 50%");
    for (size_t i = 0; i < T_COUNT(alone); i++) {
        T_EQ_ROW(i, fate(&(struct made){.flags = MADE_ACK}).drop, alone[i]);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_part_of_a_rule_is_read),
        cmocka_unit_test(an_empty_text_has_no_rules),
        cmocka_unit_test(the_first_wrong_character_is_named),
        cmocka_unit_test(one_rule_too_many_is_refused),
        cmocka_unit_test(a_filter_lets_pass_what_it_names),
        cmocka_unit_test(what_is_no_tcp_has_neither_text_nor_its_absence),
        cmocka_unit_test(n_counts_what_passes_direction_and_filter),
        cmocka_unit_test(a_dropped_frame_still_counts_for_other_rules),
        cmocka_unit_test(fates_add_up),
        cmocka_unit_test(chances_come_true_and_repeat_with_the_seed),
        cmocka_unit_test(every_bit_can_be_flipped),
        cmocka_unit_test(rules_do_not_share_their_chances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
