/* SPDX-License-Identifier: MIT
 *
 * tests/lib/tale.c - a few lines of text to captured segments, to findings.
 *
 *   text -> [tale.c] -> struct sf_seen -> sf_convs_take() -> findings, gathered
 */
#include "tale.h"

#include <stdlib.h>

#include "synfin/state.h"
#include "t.h"
#include "watch/check/check.h"
#include "watch/conv/table.h"
#include "watch/find/words.h"

#define CONNS 100

/* One end, as the teller sees it. */
struct side {
    struct sf_endpoint at;
    uint32_t isn;
    int64_t next;
    int64_t got; /* the other end's next number, as far as it arrived */
    uint16_t ip_id;
    bool ts;
    struct sf_seen last;
};

struct teller {
    struct side sides[CONNS][2];
    struct sf_convs *convs;
    struct tale *tale;
    uint64_t n;
    bool gone, lost;
    unsigned conn;
    bool opts;
};

static struct teller teller;
static struct sf_expect *expecting; /* or null */

static void gather(void *context, struct sf_conv *conv)
{
    struct tale *tale = context;
    const struct sf_findings *found = &conv->notes.found;

    if (expecting != NULL) {
        sf_expect_conv(expecting, conv, sf_convs_counts(teller.convs)->last_ns);
    }
    for (size_t i = 0; i < found->n && tale->n < TALE_FINDINGS; i++) {
        tale->of[tale->n] = conv->end[SF_CLIENT].at.port;
        tale->found[tale->n++] = found->list[i];
    }
}

static uint64_t number(const char *text)
{
    return strtoull(text, NULL, 10);
}

static void set_flags(struct sf_seen *seen, const char *letters)
{
    static const char names[] = "FSRPA";

    for (; *letters != '\0'; letters++) {
        const char *at = strchr(names, *letters);

        if (at != NULL) {
            seen->flags |= (uint8_t)(1U << (at - names));
        }
    }
}

static void set_options(struct sf_seen *seen, const char *letters)
{
    seen->options = 0;
    for (; *letters != '\0'; letters++) {
        seen->options |= *letters == 'm' ? SF_OPT_MSS : 0;
        seen->options |= *letters == 's' ? SF_OPT_SACK_OK : 0;
        seen->options |= *letters == 'w' ? SF_OPT_WSCALE : 0;
        seen->options |= *letters == 't' ? SF_OPT_TS : 0;
        seen->options |= *letters == 'k' ? SF_SEEN_COOKIE : 0;
    }
}

static bool is(const char *word, const char *name)
{
    return strncmp(word, name, strlen(name)) == 0;
}

static void set_number(struct teller *t, struct sf_seen *seen, const char *word, unsigned me)
{
    struct side *mine = &t->sides[t->conn][me];
    struct side *theirs = &t->sides[t->conn][me ^ 1];
    const char *equals = strchr(word, '=');
    uint64_t value = equals != NULL ? number(equals + 1) : 0;

    if (is(word, "seq=")) {
        seen->seq.v = mine->isn + (uint32_t)value;
    } else if (is(word, "ack=")) {
        seen->ack.v = theirs->isn + (uint32_t)value;
    } else if (is(word, "win=")) {
        seen->wnd = (uint16_t)value;
    } else if (is(word, "ttl=")) {
        seen->hop_limit = (uint8_t)value;
    } else if (is(word, "id=")) {
        seen->ip_id = (uint16_t)value;
    } else if (is(word, "ts=")) {
        seen->tsval = (uint32_t)value;
    } else if (is(word, "isn=")) {
        mine->isn = (uint32_t)value;
        mine->next = 0;
        seen->seq.v = mine->isn;
    } else if (is(word, "sack=")) {
        const char *dash = strchr(equals, '-');

        seen->options |= SF_OPT_SACK;
        seen->sack[seen->n_sack].left.v = theirs->isn + (uint32_t)value;
        seen->sack[seen->n_sack++].right.v = theirs->isn + (uint32_t)number(dash + 1);
    } else if (is(word, "icmp=")) {
        uint64_t n = t->n;

        *seen = mine->last;
        seen->n = n;
        seen->kind = SF_SEEN_ERROR;
        seen->icmp_type = (uint8_t)value;
        seen->icmp_code = (uint8_t)number(strchr(equals, '/') + 1);
    } else {
        printf("# no field %s\n", word);
        fail();
    }
}

static void set_field(struct teller *t, struct sf_seen *seen, const char *word, unsigned me)
{
    struct side *mine = &t->sides[t->conn][me];
    struct side *theirs = &t->sides[t->conn][me ^ 1];

    if (word[0] == '+') {
        seen->text_octets = (uint32_t)number(word + 1);
    } else if (is(word, "opt=")) {
        set_options(seen, word + 4);
    } else if (strcmp(word, "-ts") == 0) {
        seen->options &= (uint16_t)~SF_OPT_TS;
    } else if (strcmp(word, "gone") == 0) {
        t->gone = true;
    } else if (strcmp(word, "lost") == 0) {
        t->lost = true;
    } else if (strcmp(word, "nosum") == 0) {
        seen->sum = SF_SUM_NOT_FILLED_IN;
    } else if (strcmp(word, "same") == 0) {
        mine->at = theirs->at = (struct sf_endpoint){sf_addr_v4(10, 0, 0, 1), 80};
    } else if (is(word, "from=")) {
        assert_int_equal(sf_addr_parse(word + 5, &mine->at.addr), SF_OK);
    } else {
        set_number(t, seen, word, me);
    }
}

static void begin(struct teller *t, unsigned conn)
{
    struct side *sides = t->sides[conn];

    if (sides[0].at.port == 0) {
        sides[0].at = (struct sf_endpoint){sf_addr_v4(10, 0, 0, 1), (uint16_t)(40000 + conn)};
        sides[1].at = (struct sf_endpoint){sf_addr_v4(10, 0, 0, 2), 80};
        sides[0].isn = 1000000 + conn * 1000;
        sides[1].isn = 3000000 + conn * 1000;
    }
}

/* What a segment leaves behind for those that follow. */
static void go_on(struct teller *t, const struct sf_seen *seen, unsigned me)
{
    struct side *mine = &t->sides[t->conn][me];
    struct side *theirs = &t->sides[t->conn][me ^ 1];
    int64_t to = (int32_t)(seen->seq.v - mine->isn) + (int64_t)seen->text_octets +
                 ((seen->flags & SF_SYN) != 0) + ((seen->flags & SF_FIN) != 0);

    if ((seen->flags & SF_RST) != 0) {
        return;
    }
    mine->next = to > mine->next ? to : mine->next;
    if (!t->lost && to > theirs->got) {
        theirs->got = to;
    }
    if ((seen->flags & SF_SYN) != 0) {
        mine->ts = (seen->options & SF_OPT_TS) != 0;
        theirs->got = t->lost ? theirs->got : to;
    }
}

static void defaults(struct teller *t, struct sf_seen *seen, unsigned me, const char *flags)
{
    struct side *mine = &t->sides[t->conn][me];
    struct side *theirs = &t->sides[t->conn][me ^ 1];
    bool syn = strchr(flags, 'S') != NULL;

    seen->n = t->n;
    seen->seq.v = mine->isn + (uint32_t)mine->next;
    seen->wnd = 64240;
    seen->hop_limit = 64;
    seen->ip_id = ++mine->ip_id;
    seen->kind = SF_SEEN_SEGMENT;
    seen->whole = true;
    seen->numbers = true;
    seen->mss = 1460;
    seen->wscale = 7;
    seen->sum = SF_SUM_GOOD;
    seen->tsval = (uint32_t)(seen->at_ns / 1000000) + 77;
    set_flags(seen, flags);
    seen->ack.v = (seen->flags & SF_ACK) != 0 ? theirs->isn + (uint32_t)mine->got : 0;
    if (syn) {
        set_options(seen, "mswt");
    } else if (mine->ts && theirs->ts && (seen->flags & SF_RST) == 0) {
        seen->options = SF_OPT_TS;
    }
}

static void line(struct teller *t, char *text)
{
    struct sf_seen seen = {.at_ns = 0};
    char *rest = NULL;
    char *at = strtok_r(text, " ", &rest);
    char *who = strtok_r(NULL, " ", &rest);
    char *flags = strtok_r(NULL, " ", &rest);

    assert_non_null(flags);
    unsigned me = who[0] == 's' ? SF_SERVER : SF_CLIENT;
    t->conn = (unsigned)number(who + 1);
    assert_in_range(t->conn, 0, CONNS - 1);
    begin(t, t->conn);
    t->n++;
    t->gone = t->lost = false;
    /* Captures begin at some time, not at zero. */
    seen.at_ns = UINT64_C(1000000000000) + (uint64_t)(strtod(at, NULL) * 1e9 + 0.5);
    defaults(t, &seen, me, flags);
    for (char *word = strtok_r(NULL, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest)) {
        uint64_t at_ns = seen.at_ns;

        set_field(t, &seen, word, me);
        seen.at_ns = at_ns;
    }
    seen.from = t->sides[t->conn][me].at;
    seen.to = t->sides[t->conn][me ^ 1].at;
    if (seen.kind == SF_SEEN_SEGMENT) {
        go_on(t, &seen, me);
        t->sides[t->conn][me].last = seen;
    }
    if (!t->gone) {
        sf_convs_take(t->convs, &seen);
    }
}

void tale_tell(struct tale *tale, const char *text)
{
    struct sf_finder *finder = sf_finder_open();
    struct sf_convs_config config = {.finder = finder, .tell = gather, .context = tale};

    memset(&teller, 0, sizeof(teller));
    *tale = (struct tale){.n = 0};
    teller.convs = sf_convs_open(&config);
    assert_non_null(teller.convs);
    while (*text != '\0') {
        char one[160];
        size_t n = strcspn(text, "\n");

        assert_in_range(n, 0, sizeof(one) - 1);
        memcpy(one, text, n);
        one[n] = '\0';
        if (strspn(one, " ") < n) {
            line(&teller, one);
        }
        text += n + (text[n] != '\0');
    }
    sf_convs_finish(teller.convs);
    const struct sf_findings *found = sf_finder_found(finder);
    for (size_t i = 0; i < found->n && tale->n < TALE_FINDINGS; i++) {
        tale->found[tale->n++] = found->list[i];
    }
    if (expecting != NULL) {
        sf_expect_findings(expecting, found);
    }
    sf_convs_close(teller.convs);
    sf_finder_close(finder);
}

static void print(const struct tale *tale)
{
    for (size_t i = 0; i < tale->n; i++) {
        char text[SF_FINDING_TEXT];

        printf("# %s: %s\n", sf_finding_name(tale->found[i].id),
               sf_finding_text(&tale->found[i], SF_LANG_EN, text));
    }
}

const struct sf_finding *tale_find(const struct tale *tale, unsigned id)
{
    for (size_t i = 0; i < tale->n; i++) {
        if (tale->found[i].id == id) {
            return &tale->found[i];
        }
    }
    return NULL;
}

const struct sf_finding *tale_about(const struct tale *tale, unsigned id, enum sf_side side)
{
    for (size_t i = 0; i < tale->n; i++) {
        if (tale->found[i].id == id && tale->found[i].side == side) {
            return &tale->found[i];
        }
    }
    return NULL;
}

/* Both languages have a sentence, with all its marks filled in. */
static void read_aloud(const struct sf_finding *f)
{
    for (unsigned lang = 0; lang < SF_LANGS; lang++) {
        char text[SF_FINDING_TEXT];

        sf_finding_text(f, (enum sf_lang)lang, text);
        assert_true(strlen(text) > 10);
        assert_null(strpbrk(text, "{}"));
    }
}

const struct sf_finding *tale_raises(struct tale *tale, unsigned id, enum sf_side side,
                                     const char *text)
{
    tale_tell(tale, text);
    const struct sf_finding *f = tale_about(tale, id, side);
    if (f == NULL) {
        print(tale);
        printf("# there is no %s\n", sf_finding_name(id));
        fail();
    }
    read_aloud(f);
    return f;
}

void tale_misses(struct tale *tale, unsigned id, const char *text)
{
    tale_tell(tale, text);
    if (tale_find(tale, id) != NULL) {
        print(tale);
        printf("# there is %s\n", sf_finding_name(id));
        fail();
    }
}

bool tale_holds(const char *text, const char *expectation, char *why)
{
    struct sf_expect_wrong wrong;
    struct tale *tale = malloc(sizeof(*tale));

    assert_non_null(tale);
    expecting = sf_expect_parse(expectation, &wrong);
    if (expecting == NULL) {
        printf("# %s: column %zu: %s\n", expectation, wrong.column, wrong.text);
        fail();
    }
    tale_tell(tale, text);
    bool held = sf_expect_holds(expecting, why, 240);
    sf_expect_free(expecting);
    expecting = NULL;
    free(tale);
    return held;
}

void tale_is_clean(const struct tale *tale)
{
    for (size_t i = 0; i < tale->n; i++) {
        if (tale->found[i].severity >= SF_WARNING) {
            print(tale);
            fail();
        }
    }
}
