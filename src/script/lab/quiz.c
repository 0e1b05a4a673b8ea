/* SPDX-License-Identifier: MIT
 *
 * script/lab/quiz.c - questions about a lab: what comes next, and which state follows.
 */
#include "script/lab/quiz.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

/* What a segment is, for whoever has to guess it. */
enum kind { SYN = 0, SYN_ACK, ACK, DATA, FIN, RST, AGAIN, PROBE, KINDS };

struct words {
    const char *name[SF_LANGS];
    const char *rule[SF_LANGS];
};

static const struct words kinds[KINDS] = {
    [SYN] = {{"SYN", "SYN"},
             {"Whoever opens names its first sequence number (RFC 9293 s3.5).",
              "打开连接的一方告知自己的初始序号（RFC 9293 3.5 节）。"}},
    [SYN_ACK] = {{"SYN,ACK", "SYN,ACK"},
                 {"Two in one: the peer's SYN is acknowledged, and the own number named "
                  "(RFC 9293 s3.10.7.2).",
                  "一举两得：确认对方的 SYN，同时告知自己的序号（RFC 9293 3.10.7.2 节）。"}},
    [ACK] =
        {{"ACK", "ACK"},
         {"What takes a place in the sequence, SYN, FIN or text, is acknowledged by the next "
          "number expected (RFC 9293 s3.4).",
          "凡占用序号的（SYN、FIN、数据）都要确认，确认号是期望的下一个序号（RFC 9293 3.4 "
          "节）。"}},
    [DATA] = {{"data", "数据"},
              {"Text leaves as soon as the window and the application allow (RFC 9293 s3.8).",
               "只要窗口和应用程序允许，数据就发出（RFC 9293 3.8 节）。"}},
    [FIN] = {{"FIN,ACK", "FIN,ACK"},
             {"The application has said all: the FIN ends this direction, and only this one "
              "(RFC 9293 s3.6).",
              "应用程序已说完：FIN 结束这个方向，也只结束这个方向（RFC 9293 3.6 节）。"}},
    [RST] = {{"RST", "RST"},
             {"There is no such connection here, or it was given up (RFC 9293 s3.5.2).",
              "这里没有这个连接，或者已经放弃（RFC 9293 3.5.2 节）。"}},
    [AGAIN] = {{"the same again", "重发刚才的报文段"},
               {"Nobody acknowledged it in time, so it is sent again, unchanged "
                "(RFC 6298 s5, RFC 9293 s3.8.1).",
                "没有按时得到确认，于是原样重发（RFC 6298 第 5 节、RFC 9293 3.8.1 节）。"}},
    [PROBE] = {{"a keepalive probe", "保活探测"},
               {"After long silence a segment one before the next number asks whether the peer "
                "lives (RFC 9293 s3.8.4).",
                "长时间静默后，用序号小一的报文段询问对方是否还在（RFC 9293 3.8.4 节）。"}},
};

static enum kind kind_of(const struct sf_row *row)
{
    uint8_t flags = row->u.seg.flags;

    if ((row->marks & SF_MARK_KEEPALIVE) != 0) {
        return PROBE;
    }
    if ((row->marks & SF_MARK_AGAIN) != 0) {
        return AGAIN;
    }
    if ((flags & LAB_RST) != 0) {
        return RST;
    }
    if ((flags & LAB_SYN) != 0) {
        return (flags & LAB_ACK) != 0 ? SYN_ACK : SYN;
    }
    if ((flags & LAB_FIN) != 0) {
        return FIN;
    }
    return row->u.seg.octets > 0 ? DATA : ACK;
}

static const char *side_name(unsigned side, enum sf_lang lang)
{
    static const char *const names[2][SF_LANGS] = {{"client", "客户端"}, {"server", "服务器"}};

    return names[side][lang];
}

static void put_choice(char *text, unsigned side, unsigned kind, enum sf_lang lang)
{
    (void)snprintf(text, LAB_CHOICE_TEXT, "%s: %s", side_name(side, lang),
                   kinds[kind].name[lang]);
}

/* The right choice takes a place, others that are plausible the rest, each once. */
static void choose(struct lab_quiz *quiz, unsigned right, unsigned n, unsigned *choices,
                   struct lab_question *q)
{
    uint64_t used = UINT64_C(1) << right;

    q->right = sf_rng_below(&quiz->rng, LAB_CHOICES);
    for (unsigned i = 0; i < LAB_CHOICES; i++) {
        unsigned other = right;

        while (i != q->right && (used >> other & 1) != 0) {
            other = sf_rng_below(&quiz->rng, n);
        }
        used |= UINT64_C(1) << other;
        choices[i] = other;
    }
}

static void ask_segment(struct lab_quiz *quiz, enum sf_lang lang, struct lab_question *q)
{
    static const char *const asked[SF_LANGS] = {"Which segment comes next?",
                                                "下一个报文段是什么？"};
    const struct sf_row *row = sf_ladder_row(quiz->ladder, quiz->row);
    unsigned kind = kind_of(row);
    unsigned choices[LAB_CHOICES];

    q->rows = quiz->row;
    (void)snprintf(q->text, sizeof(q->text), "%s", asked[lang]);
    choose(quiz, kind * 2 + row->from, KINDS * 2, choices, q);
    for (unsigned i = 0; i < LAB_CHOICES; i++) {
        put_choice(q->choices[i], choices[i] % 2, choices[i] / 2, lang);
    }
    (void)snprintf(q->rule, sizeof(q->rule), "%s", kinds[kind].rule[lang]);
}

/* By which rule one state follows another: the first arrow of the table that does it; null
 * where a segment did two things at once. */
static const struct sf_arrow *arrow_between(unsigned from, unsigned to)
{
    size_t n = 0;
    const struct sf_arrow *arrows = sf_state_arrows(&n);

    for (size_t i = 0; i < n; i++) {
        if (arrows[i].from == from && arrows[i].to == to) {
            return &arrows[i];
        }
    }
    return NULL;
}

/* The state of a side before a row. */
static unsigned state_before(const struct lab_quiz *quiz, size_t row, unsigned side)
{
    return row > 0 ? sf_ladder_row(quiz->ladder, row - 1)->state[side]
                   : (side == SF_CLIENT ? SF_CLOSED : SF_LISTEN);
}

static void ask_state(struct lab_quiz *quiz, enum sf_lang lang, struct lab_question *q)
{
    const struct sf_row *row = sf_ladder_row(quiz->ladder, quiz->row);
    unsigned from = state_before(quiz, quiz->row, quiz->side);
    unsigned to = row->state[quiz->side];
    const struct sf_arrow *arrow = arrow_between(from, to);
    unsigned choices[LAB_CHOICES];

    /* Shown up to the row before: the row itself has the answer at its side. */
    q->rows = quiz->row;
    if (lang == SF_LANG_ZH) {
        (void)snprintf(q->text, sizeof(q->text), "%s发出：%s。此时%s处于什么状态？",
                       side_name(row->from, lang), kinds[kind_of(row)].name[lang],
                       side_name(quiz->side, lang));
    } else {
        (void)snprintf(q->text, sizeof(q->text),
                       "The %s sends: %s. In which state is the %s then?",
                       side_name(row->from, lang), kinds[kind_of(row)].name[lang],
                       side_name(quiz->side, lang));
    }
    choose(quiz, to, SF_STATES, choices, q);
    for (unsigned i = 0; i < LAB_CHOICES; i++) {
        (void)snprintf(q->choices[i], LAB_CHOICE_TEXT, "%s",
                       sf_state_name((enum sf_state)choices[i]));
    }
    (void)snprintf(q->rule, sizeof(q->rule), "%s -> %s: RFC %s",
                   sf_state_name((enum sf_state)from), sf_state_name((enum sf_state)to),
                   arrow != NULL ? arrow->clause : "9293 s3.10.7.4");
}

/* Has this row a side whose new state is certain?  From a side on. */
static bool find_side(struct lab_quiz *quiz, unsigned first)
{
    const struct sf_row *row = sf_ladder_row(quiz->ladder, quiz->row);

    for (unsigned side = first; side < 2; side++) {
        if (row->state[side] != state_before(quiz, quiz->row, side) &&
            row->certainty[side] == SF_SEEN) {
            quiz->side = (uint8_t)side;
            return true;
        }
    }
    return false;
}

bool lab_quiz_open(struct lab_quiz *quiz, const struct lab_run *run, uint64_t seed)
{
    struct sf_watch *watch = run->watch;
    uint8_t octets[SF_RNG_SEED_OCTETS] = {5};

    if (sf_watch_count(watch) == 0) {
        return false;
    }
    *quiz = (struct lab_quiz){.run = run, .ladder = sf_watch_ladder(watch, 0)};
    sf_put64(octets + 8, seed);
    sf_rng_init(&quiz->rng, octets);
    return true;
}

bool lab_quiz_next(struct lab_quiz *quiz, enum sf_lang lang, struct lab_question *question)
{
    *question = (struct lab_question){.rows = 0};
    while (quiz->row < sf_ladder_rows(quiz->ladder)) {
        const struct sf_row *row = sf_ladder_row(quiz->ladder, quiz->row);

        if (row->kind == SF_ROW_SEGMENT && !quiz->states) {
            quiz->states = true;
            quiz->side = 0;
            ask_segment(quiz, lang, question);
            return true;
        }
        if (row->kind == SF_ROW_SEGMENT && find_side(quiz, quiz->side)) {
            ask_state(quiz, lang, question);
            quiz->side++;
            return true;
        }
        quiz->row++;
        quiz->states = false;
        quiz->side = 0;
    }
    return false;
}
