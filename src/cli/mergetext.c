/* SPDX-License-Identifier: MIT
 *
 * cli/mergetext.c - what two captures have to say beside the ladders, in English and Chinese.
 */
#include "cli/mergetext.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#define NAMED    12 /* segments that died, named one by one */
#define ENDPOINT (SF_ADDR_TEXT + 10)

static double seconds(int64_t ns)
{
    return (double)ns / 1e9;
}

/* Where to, of what, in which language. */
struct told {
    FILE *to;
    const struct sf_merge *merge;
    bool zh;
};

static void clock_text(FILE *to, const struct sf_merge_clock *clock)
{
    fprintf(to, "B's clock is %.6f s %s A's%s", fabs(seconds(clock->offset_ns)),
            clock->offset_ns < 0 ? "behind" : "ahead of",
            clock->there > 0 && clock->back > 0 ? " if both ways take equally long; " : "; ");
    if (clock->there > 0 && clock->back > 0) {
        fprintf(to, "between %.6f s and %.6f s ahead in any case", seconds(clock->least_ns),
                seconds(clock->most_ns));
    } else {
        fprintf(to, "%s %.6f s ahead, as segments of one direction alone tell",
                clock->there > 0 ? "at most" : "at least", seconds(clock->offset_ns));
    }
    if (clock->drift_known) {
        fprintf(to, "; it %s %.1f us a second", clock->drift < 0 ? "loses" : "gains",
                fabs(clock->drift) * 1e6);
    }
    fputs(".\n", to);
}

static char *end_text(const struct sf_endpoint *end, char *text, size_t room)
{
    char addr[SF_ADDR_TEXT];
    const bool six = end->addr.family == SF_IPV6;

    (void)snprintf(text, room, "%s%s%s:%u", six ? "[" : "", sf_addr_text(&end->addr, addr),
                   six ? "]" : "", (unsigned)end->port);
    return text;
}

static bool same_end(const struct sf_endpoint *a, const struct sf_endpoint *b)
{
    return a->port == b->port && sf_addr_equal(&a->addr, &b->addr);
}

static void clock_text_zh(FILE *to, const struct sf_merge_clock *clock)
{
    const bool both = clock->there > 0 && clock->back > 0;

    fprintf(to, "B 的时钟比 A %s %.6f s", clock->offset_ns < 0 ? "慢" : "快",
            fabs(seconds(clock->offset_ns)));
    if (both) {
        fprintf(to, "（设两个方向的时延相等）；无论如何，快 %.6f s 到 %.6f s 之间",
                seconds(clock->least_ns), seconds(clock->most_ns));
    } else {
        fprintf(to, "：只有一个方向的报文段，所以这是%s", clock->there > 0 ? "上限" : "下限");
    }
    if (clock->drift_known) {
        fprintf(to, "；每秒%s %.1f us", clock->drift < 0 ? "慢" : "快",
                fabs(clock->drift) * 1e6);
    }
    fputs("。\n", to);
}

/* What was changed on the way of a connection. */
static void changed_text(const struct told *t, const struct sf_merge_pair *pair)
{
    static const char *const names[2][2] = {{"the client", "the server"}, {"客户端", "服务器"}};
    char text[2][ENDPOINT];

    for (unsigned end = 0; end < 2; end++) {
        if (!same_end(&pair->a[end], &pair->b[end])) {
            fprintf(t->to,
                    t->zh ? "  %s在 A 处是 %s，在 B 处是 %s\n" : "  %s is %s at A, %s at B\n",
                    names[t->zh][end], end_text(&pair->a[end], text[0], sizeof(text[0])),
                    end_text(&pair->b[end], text[1], sizeof(text[1])));
        }
        if (pair->delta[end] != 0) {
            fprintf(t->to,
                    t->zh ? "  %s的序号在 B 处大 %" PRIu32 "\n"
                          : "  %s's sequence numbers are %" PRIu32 " higher at B\n",
                    names[t->zh][end], pair->delta[end]);
        }
    }
}

/* A segment that did not simply arrive. */
struct special {
    uint32_t pair;
    uint32_t fate; /* enum sf_fate */
    size_t at;     /* its row */
};

struct specials {
    struct special *list;
    size_t n;
};

static int by_pair(const void *a, const void *b)
{
    const struct special *x = a;
    const struct special *y = b;

    if (x->pair != y->pair) {
        return x->pair < y->pair ? -1 : 1;
    }
    if (x->fate != y->fate) {
        return x->fate < y->fate ? -1 : 1;
    }
    return x->at < y->at ? -1 : x->at > y->at;
}

static bool is_special(const struct sf_merge_row *row)
{
    return row->fate != SF_FATE_ARRIVED && row->fate != SF_FATE_UNKNOWN;
}

/* Collect them by pair and fate; an empty list also where there is no memory. */
static struct specials collect(const struct sf_merge *merge)
{
    struct specials s = {.n = 0};
    struct sf_merge_row row;
    size_t n = 0;

    for (size_t i = 0; sf_merge_row(merge, i, &row); i++) {
        n += is_special(&row);
    }
    s.list = calloc(n + 1, sizeof(*s.list));
    for (size_t i = 0; s.list != NULL && sf_merge_row(merge, i, &row); i++) {
        if (is_special(&row)) {
            s.list[s.n++] = (struct special){.pair = row.pair, .fate = row.fate, .at = i};
        }
    }
    if (s.list != NULL) {
        qsort(s.list, s.n, sizeof(*s.list), by_pair);
    }
    return s;
}

/* The row's number, and that of its packet. */
static void name_text(const struct told *t, size_t at)
{
    struct sf_merge_row row;
    uint32_t n = 0;
    char place = 'A';

    if (!sf_merge_row(t->merge, at, &row)) {
        return;
    }
    n = row.n[0] != 0 ? row.n[0] : row.n[1];
    place = row.n[0] != 0 ? 'A' : 'B';
    if (t->zh) {
        fprintf(t->to, "%zu（%c 的第 %" PRIu32 " 个报文）", at + 1, place, n);
    } else {
        fprintf(t->to, "%zu (packet %" PRIu32 " of %c)", at + 1, n, place);
    }
}

/* Name those of a pair and a fate; next is the first of them, and then the one behind. */
static void named_text(const struct told *t, const struct specials *s, size_t *next)
{
    static const char *const what[2][5] = {
        {[SF_FATE_DIED] = "died: ",
         [SF_FATE_APPEARED] = "appeared: ",
         [SF_FATE_MISSED] = "missed by a sniffer: "},
        {[SF_FATE_DIED] = "丢失：",
         [SF_FATE_APPEARED] = "中途出现：",
         [SF_FATE_MISSED] = "抓包漏掉："},
    };
    const struct special *first = &s->list[*next];
    const char *between = t->zh ? "、" : ", ";
    size_t n = 0;

    while (*next + n < s->n && first[n].pair == first->pair && first[n].fate == first->fate) {
        n++;
    }
    fprintf(t->to, "  %s", what[t->zh][first->fate]);
    for (size_t i = 0; i < n && i < NAMED; i++) {
        fputs(i == 0 ? "" : between, t->to);
        name_text(t, first[i].at);
    }
    fputs(n > NAMED ? ", ...\n" : "\n", t->to);
    *next += n;
}

static void counts_text_zh(FILE *to, const struct sf_merge_pair *pair)
{
    if (pair->only_a || pair->only_b) {
        fprintf(to, "只在 %c 处抓到", pair->only_a ? 'A' : 'B');
    } else {
        fprintf(to, "客户端在 %c 一侧；到达 %" PRIu32 " 个报文段", pair->near_a ? 'A' : 'B',
                pair->arrived);
    }
    fprintf(to, "，A 与 B 之间丢失 %" PRIu32 " 个，中途出现 %" PRIu32 " 个\n", pair->died,
            pair->appeared);
}

static void counts_text(FILE *to, const struct sf_merge_pair *pair)
{
    if (pair->only_a || pair->only_b) {
        fprintf(to, "captured at %c alone", pair->only_a ? 'A' : 'B');
    } else {
        fprintf(to, "the client on %c's side; %" PRIu32 " segments arrived",
                pair->near_a ? 'A' : 'B', pair->arrived);
    }
    fprintf(to, ", %" PRIu32 " died between A and B, %" PRIu32 " appeared there\n", pair->died,
            pair->appeared);
}

static void pair_text(const struct told *t, uint32_t i, const struct specials *s, size_t *next)
{
    struct sf_merge_pair pair;
    char text[2][ENDPOINT];

    sf_merge_pair(t->merge, i, &pair);
    fprintf(t->to, "%s > %s: ", end_text(&pair.a[0], text[0], sizeof(text[0])),
            end_text(&pair.a[1], text[1], sizeof(text[1])));
    (t->zh ? counts_text_zh : counts_text)(t->to, &pair);
    changed_text(t, &pair);
    while (*next < s->n && s->list[*next].pair == i) {
        named_text(t, s, next);
    }
}

void cli_merge_head(FILE *to, const struct sf_merge *merge, const char *const files[2],
                    enum sf_lang lang)
{
    const struct told t = {.to = to, .merge = merge, .zh = lang == SF_LANG_ZH};
    struct sf_merge_clock clock;
    struct specials specials;
    size_t next = 0;

    if (sf_merge_pairs(merge) == 0) {
        return;
    }
    fprintf(to, t.zh ? "A 是 %s，B 是 %s。\n" : "A is %s, B is %s.\n", files[0], files[1]);
    if (sf_merge_clock(merge, &clock)) {
        (t.zh ? clock_text_zh : clock_text)(to, &clock);
    }
    specials = collect(merge);
    for (uint32_t i = 0; i < sf_merge_pairs(merge); i++) {
        pair_text(&t, i, &specials, &next);
    }
    free(specials.list);
    fputs("\n", to);
}
