/* SPDX-License-Identifier: MIT
 *
 * watch/find/text.c - a finding as a sentence: the catalogue's words with the values put in.
 *
 *   words.h (what the marks mean) --> [text.c] --> sf_finding_text()
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/time.h"
#include "synfin/ladder.h"
#include "watch/find/words.h"

/* What is being written. */
struct pen {
    char *text;
    size_t n; /* octets so far, below SF_FINDING_TEXT */
    enum sf_lang lang;
    const struct sf_finding *finding;
};

static void put(struct pen *pen, const char *text, size_t n)
{
    size_t room = SF_FINDING_TEXT - 1 - pen->n;
    size_t take = n < room ? n : room;

    memcpy(pen->text + pen->n, text, take);
    pen->n += take;
    pen->text[pen->n] = '\0';
}

static void put_text(struct pen *pen, const char *text)
{
    put(pen, text, strlen(text));
}

static void put_number(struct pen *pen, uint64_t number)
{
    char digits[24];

    snprintf(digits, sizeof(digits), "%" PRIu64, number);
    put_text(pen, digits);
}

/* Three digits that count, and the unit that suits: 213 ms, 1.02 s, 45 s, 12 min, 3.5 h. */
static void put_span(struct pen *pen, uint64_t ns)
{
    static const struct {
        uint64_t from; /* nanoseconds from which the unit is used */
        uint64_t unit;
        const char *name[SF_LANGS];
    } units[] = {
        {UINT64_C(7200000000000), UINT64_C(3600000000000), {"h", "小时"}},
        {UINT64_C(120000000000), UINT64_C(60000000000), {"min", "分钟"}},
        {UINT64_C(999500000), UINT64_C(1000000000), {"s", "秒"}},
        {UINT64_C(999500), UINT64_C(1000000), {"ms", "毫秒"}},
        {0, UINT64_C(1000), {"us", "微秒"}},
    };
    size_t i = 0;
    char text[40];

    while (ns < units[i].from) {
        i++;
    }
    double value = (double)ns / (double)units[i].unit;
    int decimals = 0;
    if (value < 9.995 && units[i].from > 0) {
        decimals = 2;
    } else if (value < 99.95 && units[i].from > 0) {
        decimals = 1;
    }
    int n = snprintf(text, sizeof(text), "%.*f", decimals, value);
    /* 2.00 s is 2 s. */
    while (decimals > 0 && n > 0 && (text[n - 1] == '0' || text[n - 1] == '.')) {
        decimals -= text[n - 1] == '.' ? decimals : 0;
        text[--n] = '\0';
    }
    put_text(pen, text);
    put_text(pen, " ");
    put_text(pen, units[i].name[pen->lang]);
}

static void put_octets(struct pen *pen, uint64_t octets)
{
    put_number(pen, octets);
    if (pen->lang == SF_LANG_ZH) {
        put_text(pen, " 字节");
    } else {
        put_text(pen, octets == 1 ? " byte" : " bytes");
    }
}

static void put_side(struct pen *pen, unsigned side, bool begins)
{
    static const char *const names[SF_LANGS][2][2] = {
        {{"the client", "the server"}, {"The client", "The server"}},
        {{"客户端", "服务端"}, {"客户端", "服务端"}},
    };

    put_text(pen, names[pen->lang][begins][side & 1]);
}

static void put_about(struct pen *pen)
{
    const struct sf_endpoint *about = &pen->finding->about;
    bool six = about->addr.family == SF_IPV6;
    char addr[SF_ADDR_TEXT];
    char text[SF_ADDR_TEXT + 16];

    sf_addr_text(&about->addr, addr);
    if (about->port == 0) {
        put_text(pen, addr);
        return;
    }
    snprintf(text, sizeof(text), six ? "[%s]:%u" : "%s:%u", addr, about->port);
    put_text(pen, text);
}

/* One of two words, by a number: "|time|times}". */
static void put_word(struct pen *pen, const char *words, size_t n, uint64_t number)
{
    const char *bar = memchr(words, '|', n);
    size_t one = bar != NULL ? (size_t)(bar - words) : n;

    if (number == 1 || bar == NULL) {
        put(pen, words, one);
    } else {
        put(pen, bar + 1, n - one - 1);
    }
}

/* What stands between { and }, n octets. */
static void put_mark(struct pen *pen, const char *mark, size_t n)
{
    const struct sf_finding *f = pen->finding;
    unsigned i = (unsigned)(mark[0] - '0');

    if (i < SF_FINDING_VALUES) {
        uint64_t value = f->values[i];
        const char *kind = n > 1 ? &mark[1] : "";

        if (*kind == 't') {
            put_span(pen, value);
        } else if (*kind == 'b') {
            put_octets(pen, value);
        } else if (*kind == '|') {
            put_word(pen, mark + 2, n - 2, value);
        } else {
            put_number(pen, value);
        }
    } else if (mark[0] == 'a') {
        put_about(pen);
    } else {
        /* {who}, {Who}, {peer}, {Peer} */
        bool peer = mark[0] == 'p' || mark[0] == 'P';

        put_side(pen, peer ? f->side ^ 1U : f->side, mark[0] == 'W' || mark[0] == 'P');
    }
}

static void put_weight(struct pen *pen)
{
    char text[48];

    if (pen->finding->weight == 0 || pen->finding->weight >= 100) {
        return;
    }
    snprintf(text, sizeof(text),
             pen->lang == SF_LANG_ZH ? "（可能性 %u%%）" : " (likelihood %u %%)",
             pen->finding->weight);
    put_text(pen, text);
}

char *sf_finding_text(const struct sf_finding *finding, enum sf_lang lang, char *text)
{
    const struct sf_find_words *words = sf_find_words(finding->id, lang);
    struct pen pen = {.text = text, .lang = lang, .finding = finding};

    SF_ASSERT(finding->variant < SF_FIND_VARIANTS && words->says[finding->variant] != NULL);
    text[0] = '\0';
    for (const char *at = words->says[finding->variant]; *at != '\0';) {
        size_t plain = strcspn(at, "{");

        put(&pen, at, plain);
        at += plain;
        if (*at == '{') {
            size_t n = strcspn(at + 1, "}");

            put_mark(&pen, at + 1, n);
            at += n + 2;
        }
    }
    put_weight(&pen);
    return text;
}
