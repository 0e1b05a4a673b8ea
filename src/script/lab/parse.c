/* SPDX-License-Identifier: MIT
 *
 * script/lab/parse.c - a lab's file: what is in it, line by line.
 */
#include "script/lab/parse.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/time.h"
#include "synfin/link.h"

struct lab_place lab_place_of(const struct lab_parser *p)
{
    const struct lab_word *word = lab_peek_word(&p->line);

    return (struct lab_place){p->line.number, word != NULL ? word->column : 1};
}

bool lab_parse_known_host(struct lab_parser *p, uint32_t *host)
{
    const struct lab_word *word = lab_peek_word(&p->line);

    for (uint32_t i = 0; i < p->lab->n_hosts; i++) {
        if (lab_word_is(word, p->lab->hosts[i].name)) {
            p->line.next++;
            *host = i;
            return true;
        }
    }
    if (word == NULL) {
        return lab_refuse(&p->lines, &p->line, "expected a host's name");
    }
    return lab_refuse(&p->lines, &p->line, "there is no host '%.*s': expected one named before",
                      (int)word->octets, word->at);
}

static bool host_of(const struct lab *lab, const char *at, size_t octets, uint32_t *host)
{
    for (uint32_t i = 0; i < lab->n_hosts; i++) {
        if (strlen(lab->hosts[i].name) == octets &&
            memcmp(lab->hosts[i].name, at, octets) == 0) {
            *host = i;
            return true;
        }
    }
    return false;
}

bool lab_parse_way(struct lab_parser *p, struct lab_filter *filter)
{
    const struct lab_word *word = lab_peek_word(&p->line);
    const char *arrow = word != NULL ? memchr(word->at, '>', word->octets) : NULL;

    if (arrow == NULL) {
        return lab_refuse(&p->lines, &p->line, "expected a direction, as A>B");
    }
    if (!host_of(p->lab, word->at, (size_t)(arrow - word->at), &filter->from) ||
        !host_of(p->lab, arrow + 1, word->octets - (size_t)(arrow + 1 - word->at),
                 &filter->to)) {
        return lab_refuse(&p->lines, &p->line,
                          "unknown host in '%.*s': expected two that were named before",
                          (int)word->octets, word->at);
    }
    p->line.next++;
    return true;
}

struct flag {
    const char *name;
    uint8_t bit;
};

static bool add_flag(struct lab_filter *filter, const char *at, size_t octets)
{
    static const struct flag flags[] = {{"FIN", 1}, {"SYN", 2},  {"RST", 4},
                                        {"PSH", 8}, {"ACK", 16}, {"URG", 32}};

    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (strlen(flags[i].name) == octets && memcmp(flags[i].name, at, octets) == 0) {
            filter->flags |= flags[i].bit;
            return true;
        }
    }
    filter->only = filter->only || (octets == 4 && memcmp(at, "only", 4) == 0);
    filter->data = filter->data || (octets == 4 && memcmp(at, "data", 4) == 0);
    filter->empty = filter->empty || (octets == 5 && memcmp(at, "empty", 5) == 0);
    return (octets == 4 && (memcmp(at, "only", 4) == 0 || memcmp(at, "data", 4) == 0)) ||
           (octets == 5 && memcmp(at, "empty", 5) == 0) ||
           (octets == 3 && memcmp(at, "any", 3) == 0);
}

bool lab_parse_filter(struct lab_parser *p, struct lab_filter *filter)
{
    const struct lab_word *word = lab_peek_word(&p->line);
    const char *at = word != NULL ? word->at : NULL;
    const char *end = word != NULL ? word->at + word->octets : NULL;

    while (at != NULL && at < end) {
        const char *plus = memchr(at, '+', (size_t)(end - at));
        const char *stop = plus != NULL ? plus : end;

        if (!add_flag(filter, at, (size_t)(stop - at))) {
            at = NULL;
            break;
        }
        at = stop + (plus != NULL);
    }
    if (at == NULL) {
        return lab_refuse(&p->lines, &p->line,
                          "expected segments: SYN FIN RST ACK PSH URG only data empty any, "
                          "joined with +");
    }
    p->line.next++;
    return true;
}

static bool parse_path_option(struct lab_parser *p, struct lab_path *path)
{
    uint64_t queue = 0;

    if (lab_take(&p->line, "rate")) {
        return lab_read_rate(&p->lines, &p->line, &path->rate_bps);
    }
    if (lab_take(&p->line, "delay")) {
        return lab_read_span(&p->lines, &p->line, &path->delay);
    }
    if (!lab_take(&p->line, "queue")) {
        return lab_refuse(&p->lines, &p->line, "expected rate, delay or queue");
    }
    if (!lab_read_number(&p->lines, &p->line, "octets", &queue)) {
        return false;
    }
    path->queue_octets = (uint32_t)queue;
    return true;
}

static bool parse_path(struct lab_parser *p)
{
    struct lab *lab = p->lab;
    struct lab_path *path = &lab->paths[lab->n_paths];

    if (lab->n_paths == LAB_PATHS) {
        return lab_refuse(&p->lines, &p->line, "expected at most %d paths", LAB_PATHS);
    }
    *path = (struct lab_path){.rate_bps = 0};
    if (!lab_parse_known_host(p, &path->end[0]) || !lab_parse_known_host(p, &path->end[1])) {
        return false;
    }
    if (path->end[0] == path->end[1]) {
        p->line.next--;
        return lab_refuse(&p->lines, &p->line, "expected two different hosts");
    }
    lab->n_paths++;
    while (lab_peek_word(&p->line) != NULL) {
        if (!parse_path_option(p, path)) {
            return false;
        }
    }
    return true;
}

/* Where the link's own reader of rules finds a mistake, from 0; -1: nowhere. */
static int mistake(const char *rules)
{
    struct sf_link *pair[2] = {NULL, NULL};
    struct sf_link *wrapped = NULL;
    size_t where = 0;
    const struct sf_pair plain = {.mtu = 1500};
    enum sf_err err = sf_pair_open(&plain, &pair[0], &pair[1]);

    if (err != SF_OK) {
        return 0;
    }
    err = sf_fault_wrap(pair[0], rules, 1, &wrapped, &where);
    sf_link_close(wrapped != NULL ? wrapped : pair[0]);
    sf_link_close(pair[1]);
    return err == SF_OK ? -1 : (int)where;
}

/* The line without its direction is a rule of synfin/link.h. */
static bool parse_rule(struct lab_parser *p, const char *verb)
{
    struct lab *lab = p->lab;
    struct lab_filter way = {0};
    char rule[LAB_RULES] = {0};
    size_t n = strlen(verb);
    int wrong = 0;

    if (!lab_parse_way(p, &way)) {
        return false;
    }
    memcpy(rule, verb, n);
    for (size_t i = p->line.next; i < p->line.n; i++) {
        const struct lab_word *word = &p->line.words[i];

        if (n + word->octets + 3 > sizeof(rule)) {
            return lab_refuse(&p->lines, &p->line, "expected a shorter rule");
        }
        rule[n++] = ' ';
        memcpy(rule + n, word->at, word->octets);
        n += word->octets;
    }
    wrong = mistake(rule);
    if (wrong >= 0) {
        /* The rule's words begin behind the verb; the place is that of the word it is in. */
        size_t at = strlen(verb) + 1;

        while (p->line.next + 1 < p->line.n &&
               at + p->line.words[p->line.next].octets < (size_t)wrong) {
            at += p->line.words[p->line.next++].octets + 1;
        }
        return lab_refuse(&p->lines, &p->line,
                          "expected a filter (SYN FIN RST ACK PSH URG only data empty), n=2, "
                          "n=3..5, n=3.., a percentage or a length of time");
    }
    rule[n++] = ';';
    for (uint32_t i = 0; i < lab->n_paths; i++) {
        struct lab_path *path = &lab->paths[i];
        bool there = path->end[0] == way.from && path->end[1] == way.to;
        bool back = path->end[1] == way.from && path->end[0] == way.to;
        char *rules = path->rules[back];

        if (!there && !back) {
            continue;
        }
        if (strlen(rules) + n >= LAB_RULES) {
            return lab_refuse(&p->lines, &p->line, "expected fewer rules in one direction");
        }
        memcpy(rules + strlen(rules), rule, n + 1);
        return true;
    }
    p->line.next = 1;
    return lab_refuse(&p->lines, &p->line, "expected two hosts that a path joins");
}

/* Put a line behind a text that ends there, or begins there if it is empty; returns its end.
 * Between two lines stands a space, but where Chinese meets Chinese. */
static char *join(char *end, bool empty, const struct lab_line *more)
{
    if (!empty && ((uint8_t)end[-1] & (uint8_t)more->rest[0] & 0x80) == 0) {
        *end++ = ' ';
    }
    memmove(end, more->rest, more->rest_octets);
    return end + more->rest_octets;
}

/* A text of its own line, or of the indented lines that follow, kept where it lies. */
static bool parse_text(struct lab_parser *p, const char **text)
{
    char *file = p->lab->text;
    char *begin = NULL;
    char *end = NULL;

    if (p->line.next < p->line.n) {
        begin = file + (p->line.words[p->line.next].at - file);
        end = begin + (p->line.rest + p->line.rest_octets - p->line.words[p->line.next].at);
    }
    while (p->lines.at < p->lines.end && (*p->lines.at == ' ' || *p->lines.at == '\t')) {
        struct lab_line more;

        if (!lab_next_line(&p->lines, &more)) {
            break;
        }
        begin = begin != NULL ? begin : file + (more.rest - file);
        SF_ASSERT(begin != NULL);
        end = join(end != NULL ? end : begin, end == NULL, &more);
    }
    if (end == NULL) {
        return lab_refuse(&p->lines, &p->line, "expected a text here or on indented lines");
    }
    *end = '\0';
    *text = begin;
    return true;
}

static bool parse_app(struct lab_parser *p)
{
    struct lab *lab = p->lab;
    struct lab_app *app = &lab->apps[lab->n_apps];

    if (lab->n_apps == LAB_APPS) {
        return lab_refuse(&p->lines, &p->line, "expected at most %d applications", LAB_APPS);
    }
    *app = (struct lab_app){.place = lab_place_of(p)};
    if (!lab_read_name(&p->lines, &p->line, "a name", app->name, sizeof(app->name))) {
        return false;
    }
    if (!lab_take(&p->line, "on")) {
        p->line.next--; /* the host's name is the application's */
    }
    if (!lab_parse_known_host(p, &app->host) || !lab_read_end(&p->lines, &p->line)) {
        return false;
    }
    lab->n_apps++;
    while (p->lines.at < p->lines.end && (*p->lines.at == ' ' || *p->lines.at == '\t')) {
        if (!lab_next_line(&p->lines, &p->line)) {
            break;
        }
        if (!p->line.indented) {
            return lab_refuse(&p->lines, &p->line, "expected the steps to be indented alike");
        }
        if (!lab_parse_step(p, app)) {
            return false;
        }
    }
    return true;
}

static bool parse_expects(struct lab_parser *p)
{
    bool fine = lab_read_end(&p->lines, &p->line);

    while (fine && p->lines.at < p->lines.end &&
           (*p->lines.at == ' ' || *p->lines.at == '\t' || *p->lines.at == '#')) {
        if (!lab_next_line(&p->lines, &p->line)) {
            break;
        }
        fine = lab_parse_expect(p);
    }
    return fine;
}

static bool parse_until(struct lab_parser *p)
{
    sf_span span = {0};

    if (!lab_read_span(&p->lines, &p->line, &span)) {
        return false;
    }
    p->lab->until = (sf_time){span.ns};
    return true;
}

static bool parse_name(struct lab_parser *p)
{
    return lab_read_name(&p->lines, &p->line, "the lab's name", p->lab->name,
                         sizeof(p->lab->name));
}

static bool parse_capture(struct lab_parser *p)
{
    return lab_parse_known_host(p, &p->lab->capture);
}

static bool parse_cut(struct lab_parser *p)
{
    return lab_parse_act(p, LAB_CUT);
}

static bool parse_mend(struct lab_parser *p)
{
    return lab_parse_act(p, LAB_MEND);
}

static bool parse_crash(struct lab_parser *p)
{
    return lab_parse_act(p, LAB_CRASH);
}

static bool parse_replay(struct lab_parser *p)
{
    return lab_parse_act(p, LAB_REPLAY);
}

static bool parse_forge(struct lab_parser *p)
{
    return lab_parse_act(p, LAB_FORGE);
}

static bool parse_title(struct lab_parser *p)
{
    return parse_text(p, &p->lab->title.en);
}

static bool parse_title_zh(struct lab_parser *p)
{
    return parse_text(p, &p->lab->title.zh);
}

/* What a variant says stands beside what the file says. */
static bool parse_see(struct lab_parser *p)
{
    return parse_text(p, p->seen > 0 ? &p->lab->of_this.en : &p->lab->see.en);
}

static bool parse_see_zh(struct lab_parser *p)
{
    return parse_text(p, p->seen > 0 ? &p->lab->of_this.zh : &p->lab->see.zh);
}

struct section {
    const char *word;
    bool (*parse)(struct lab_parser *p);
    bool whole; /* it may take more than its line */
};

static const struct section sections[] = {
    {"lab", parse_name, false},         {"title", parse_title, true},
    {"title.zh", parse_title_zh, true}, {"see", parse_see, true},
    {"see.zh", parse_see_zh, true},     {"host", lab_parse_host, false},
    {"path", parse_path, false},        {"app", parse_app, true},
    {"expect", parse_expects, true},    {"cut", parse_cut, false},
    {"mend", parse_mend, false},        {"crash", parse_crash, false},
    {"replay", parse_replay, false},    {"forge", parse_forge, false},
    {"capture", parse_capture, false},  {"until", parse_until, false},
};

static const char *const rule_verbs[] = {"drop", "dup", "delay", "reorder", "corrupt"};

static bool parse_section(struct lab_parser *p)
{
    const struct lab_word *word = lab_peek_word(&p->line);

    if (p->line.indented) {
        return lab_refuse(&p->lines, &p->line,
                          "expected no indentation: only app, expect and see have lines of "
                          "their own");
    }
    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
        if (lab_take(&p->line, sections[i].word)) {
            return sections[i].parse(p) &&
                   (sections[i].whole || lab_read_end(&p->lines, &p->line));
        }
    }
    for (size_t i = 0; i < sizeof(rule_verbs) / sizeof(rule_verbs[0]); i++) {
        if (lab_take(&p->line, rule_verbs[i])) {
            return parse_rule(p, rule_verbs[i]);
        }
    }
    return lab_refuse(&p->lines, &p->line,
                      "'%.*s' is none of lab, title, see, host, path, drop, dup, delay, "
                      "reorder, corrupt, cut, mend, crash, replay, forge, app, expect, "
                      "capture, until, variant",
                      (int)word->octets, word->at);
}

/* Skip what belongs to other variants. */
static bool skipped(const struct lab_parser *p)
{
    return p->seen > 0 && p->seen != p->variant + 1;
}

/* variant NAME: what follows belongs to it alone. */
static bool begin_variant(struct lab_parser *p)
{
    char name[LAB_NAME];

    p->seen++;
    if (!lab_read_name(&p->lines, &p->line, "the variant's name", name, sizeof(name))) {
        return false;
    }
    if (!skipped(p)) {
        memcpy(p->lab->variant, name, sizeof(name));
    }
    return true;
}

static bool is_whole(struct lab_parser *p)
{
    const char *missing = p->lab->n_hosts == 0     ? "a host"
                          : p->lab->n_apps == 0    ? "an app"
                          : p->lab->n_expects == 0 ? "an expect"
                                                   : NULL;

    return missing == NULL ||
           lab_refuse(&p->lines, &p->line, "the file ends without %s: expected at least one",
                      missing);
}

static bool parse_file(struct lab_parser *p)
{
    bool fine = true;

    while (fine && lab_next_line(&p->lines, &p->line)) {
        if (!p->line.indented && lab_take(&p->line, "variant")) {
            fine = begin_variant(p);
        } else {
            fine = skipped(p) || parse_section(p);
        }
    }
    return fine && is_whole(p);
}

struct lab *lab_parse(const char *text, size_t octets, uint32_t variant, uint32_t *count,
                      struct lab_wrong *wrong)
{
    struct lab *lab = calloc(1, sizeof(*lab));
    struct lab_parser p = {.lab = lab, .variant = variant};

    *wrong = (struct lab_wrong){0};
    if (lab != NULL) {
        lab->text = malloc(octets + 1);
    }
    if (lab == NULL || lab->text == NULL) {
        memcpy(wrong->text, "not enough memory", 18);
        lab_free(lab);
        return NULL;
    }
    memcpy(lab->text, text, octets);
    lab->text[octets] = '\0';
    lab->until = SF_TIME_NEVER;
    p.lines = (struct lab_lines){.at = lab->text, .end = lab->text + octets, .wrong = wrong};
    if (!parse_file(&p)) {
        lab_free(lab);
        return NULL;
    }
    *count = p.seen > 0 ? p.seen : 1;
    return lab;
}

void lab_free(struct lab *lab)
{
    if (lab != NULL) {
        free(lab->text);
        free(lab);
    }
}
