/* SPDX-License-Identifier: MIT
 *
 * script/drill/command.c - what stands in back quotes.
 *
 * No command is ever run.  Those that set what the stack has are understood, those that ask
 * for states are answered, those that would change nothing here pass, and any other makes the
 * script skipped.
 */
#include "script/drill/command.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define COMMAND_OCTETS 4096

/* Take one word as a shell would, quotations kept together and their marks left out; ends it
 * with a null where it stands.  Returns what follows. */
static char *word(char *text)
{
    char quote = '\0';
    char *to = text;
    char *c = text;

    for (; *c != '\0' && (quote != '\0' || (*c != ' ' && *c != '\t')); c++) {
        if (*c == quote) {
            quote = '\0';
        } else if (quote == '\0' && (*c == '"' || *c == '\'')) {
            quote = *c;
        } else {
            *to++ = *c;
        }
    }
    char *rest = c + (*c != '\0');
    *to = '\0';
    return rest;
}

/* Split into words, up to a redirection. */
static void split(char *text, struct drill_words *words)
{
    words->n = 0;
    while (words->n < DRILL_WORDS) {
        text += strspn(text, " \t");
        if (*text == '\0' || *text == '>' || strncmp(text, "2>", 2) == 0 ||
            strncmp(text, "&>", 2) == 0) {
            break;
        }
        words->word[words->n++] = text;
        text = word(text);
    }
}

static bool ends(const char *text, const char *end)
{
    size_t n = strlen(text);
    size_t m = strlen(end);

    return n >= m && strcmp(text + n - m, end) == 0;
}

/* What would change nothing of a stack that only this script knows. */
static bool changes_nothing(struct drill_run *run, const struct drill_words *words)
{
    const char *first = words->word[0];

    if (words->n > 1 && strcmp(first, "ip") == 0 &&
        strcmp(words->word[1], "tcp_metrics") == 0) {
        if (run->stack != NULL) {
            sf_fast_open_forget(run->stack); /* of metrics, there are these */
        }
        return true;
    }
    if (words->n > 6 && strcmp(first, "tc") == 0) {
        /* A queue that holds up nothing, as here; fq would pace, a limit of 0 drops. */
        bool plain = words->n == 7 && strcmp(words->word[6], "pfifo") == 0;

        return strcmp(words->word[1], "qdisc") == 0 && strcmp(words->word[5], "root") == 0 &&
               plain;
    }
    if (words->n > 2 && strcmp(first, "ethtool") == 0) {
        /* Offloads, which are off here. */
        return strcmp(words->word[1], "-K") == 0 &&
               strcmp(words->word[words->n - 1], "on") != 0;
    }
    return first[0] == '#' || ends(first, ".sh") || strcmp(first, "kldload") == 0 ||
           strcmp(first, "true") == 0;
}

static void not_known(struct drill_run *run, uint32_t line, const char *whole)
{
    if (!run->how->ignore_commands) {
        drill_skip(run, line, "command '%.80s' is not known", whole);
    }
}

/* -w and the like are passed over; what asks for a value changes nothing. */
static void sysctl(struct drill_run *run, uint32_t line, struct drill_words *words)
{
    static const char *const why[] = {
        [DRILL_NO_SYSCTL] = "is not known",
        [DRILL_NOT_THIS_VALUE] = "asks for what this stack does not do",
        [DRILL_TOO_LATE] = "in the middle of a script",
    };

    for (size_t i = 1; i < words->n; i++) {
        char whole[80];

        if (words->word[i][0] == '-' || strchr(words->word[i], '=') == NULL) {
            continue;
        }
        snprintf(whole, sizeof(whole), "%s", words->word[i]);
        enum drill_sysctl came = drill_sysctl(run, words->word[i]);
        /* What a script leaves behind for the next one shows nowhere. */
        bool idle = came == DRILL_TOO_LATE && run->last_commands;
        if (came != DRILL_SET && !idle && !run->how->ignore_commands) {
            drill_skip(run, line, "sysctl '%s' %s", whole, why[came]);
        }
    }
}

/* grep [-c] [-q] [-v] WORD: plain text, not an expression.  False: not with these words. */
static bool grep(const struct drill_words *words, char **text)
{
    const char *pattern = NULL;
    bool count = false;
    bool without = false;
    char *out = NULL;
    size_t octets = 0;
    unsigned found = 0;

    for (size_t i = 1; i < words->n; i++) {
        count = count || strcmp(words->word[i], "-c") == 0;
        without = without || strcmp(words->word[i], "-v") == 0;
        pattern = words->word[i][0] == '-' ? pattern : words->word[i];
    }
    FILE *to = pattern != NULL ? open_memstream(&out, &octets) : NULL;
    if (to == NULL) {
        return false;
    }
    char *rest = *text;
    char *line = NULL;
    while ((line = strsep(&rest, "\n")) != NULL) {
        if (line[0] == '\0' || (strstr(line, pattern) != NULL) == without) {
            continue;
        }
        found++;
        if (!count) {
            fprintf(to, "%s\n", line);
        }
    }
    if (count) {
        fprintf(to, "%u\n", found);
    }
    fclose(to);
    free(*text);
    *text = out;
    return true;
}

/* awk '{print $8}': one column. */
static bool awk(const struct drill_words *words, char **text)
{
    unsigned long column = words->n == 2 && strncmp(words->word[1], "{print $", 8) == 0
                               ? strtoul(words->word[1] + 8, NULL, 10)
                               : 0;
    char *out = NULL;
    size_t octets = 0;
    FILE *to = column != 0 ? open_memstream(&out, &octets) : NULL;
    if (to == NULL) {
        return false;
    }
    char *rest = *text;
    char *line = NULL;
    while ((line = strsep(&rest, "\n")) != NULL && line[0] != '\0') {
        struct drill_words columns;

        split(line, &columns);
        fprintf(to, "%s\n", column <= columns.n ? columns.word[column - 1] : "");
    }
    fclose(to);
    free(*text);
    *text = out;
    return true;
}

/* The filters behind the first | one after the other.  The last line of lines that is left
 * decides, as the status of a pipe is that of its end. */
static bool filter(char *rest, char **text)
{
    char *part = NULL;

    while ((part = strsep(&rest, "|")) != NULL) {
        struct drill_words words;

        split(part, &words);
        if (words.n == 0) {
            return false;
        }
        bool fine = strcmp(words.word[0], "grep") == 0  ? grep(&words, text)
                    : strcmp(words.word[0], "awk") == 0 ? awk(&words, text)
                                                        : false;
        if (!fine) {
            return false;
        }
    }
    return true;
}

/* What asks for states, and its filters. */
static void query(struct drill_run *run, uint32_t line, const char *whole, char *text)
{
    struct drill_words words;
    char *rest = strchr(text, '|');
    char *came = NULL;

    if (rest != NULL) {
        *rest++ = '\0';
    }
    split(text, &words);
    if (run->stack != NULL) {
        came = strcmp(words.word[0], "ss") == 0 ? drill_ss(run, &words)
                                                : drill_sockstat(run, &words);
    } else {
        came = strdup("");
    }
    char *asked = came != NULL ? strdup(came) : NULL;
    if (came == NULL || (rest != NULL && !filter(rest, &came))) {
        not_known(run, line, whole);
    } else if (rest != NULL && came[0] == '\0') {
        drill_fail(run, line, "'%.80s' found nothing\nof: %.400s", whole, asked);
    }
    free(asked);
    free(came);
}

static void one_command(struct drill_run *run, uint32_t line, char *text)
{
    char whole[120];
    char copy[COMMAND_OCTETS];
    struct drill_words words;

    snprintf(whole, sizeof(whole), "%s", text);
    snprintf(copy, sizeof(copy), "%s", text);
    split(text, &words);
    if (words.n == 0 || changes_nothing(run, &words)) {
        if (words.n > 0 && ends(words.word[0], "/defaults.sh")) {
            drill_sysctl_usual(run);
            drill_fast_usual(run, strcmp(words.word[0], "./defaults.sh") == 0);
        }
        return;
    }
    if (strcmp(words.word[0], "sysctl") == 0 || ends(words.word[0], "/set_sysctls.py")) {
        sysctl(run, line, &words);
    } else if (strcmp(words.word[0], "ss") == 0 || strcmp(words.word[0], "sockstat") == 0) {
        query(run, line, whole, copy);
    } else if (strcmp(words.word[0], "tcpdrop") != 0 || !drill_tcpdrop(run, &words)) {
        not_known(run, line, whole);
    }
}

/* a || b, where a sets what does not exist: b is left, as a would have failed. */
static char *alternative(char *text)
{
    char *other = strstr(text, "||");
    char copy[COMMAND_OCTETS];
    struct drill_words words;
    bool exists = true;

    if (other == NULL) {
        return text;
    }
    *other = '\0';
    snprintf(copy, sizeof(copy), "%s", text);
    split(copy, &words);
    for (size_t i = 1; words.n > 0 && strcmp(words.word[0], "sysctl") == 0 && i < words.n;
         i++) {
        exists = exists && (words.word[i][0] == '-' || strchr(words.word[i], '=') == NULL ||
                            drill_sysctl_exists(words.word[i]));
    }
    return exists ? text : other + 2;
}

/* Commands are separated by lines, ; or &&; a \ at the end joins lines.  Leaves lines. */
static void separate(char *text)
{
    for (char *c = text; *c != '\0'; c++) {
        bool both = c[0] == '&' && c[1] == '&';

        if (c[0] == '\\' && c[1] == '\n') {
            c[0] = ' ';
            c[1] = ' ';
        }
        if (both) {
            c[1] = '\n';
        }
        if (both || *c == ';') {
            *c = '\n';
        }
    }
}

void drill_command_text(struct drill_run *run, uint32_t line, const char *text)
{
    char copy[COMMAND_OCTETS];

    if (strlen(text) >= sizeof(copy)) {
        drill_skip(run, line, "the command is too long");
        return;
    }
    memcpy(copy, text, strlen(text) + 1);
    separate(copy);
    char *rest = copy;
    char *one = NULL;
    while (!run->done && (one = strsep(&rest, "\n")) != NULL) {
        one_command(run, line, alternative(one));
    }
}

void drill_command(struct drill_run *run, const struct drill_event *event)
{
    const struct drill_event *e = event->next;

    while (e != NULL && e->kind == DRILL_COMMAND) {
        e = e->next;
    }
    run->last_commands = e == NULL;
    drill_command_text(run, event->line, event->text);
    if (run->stack != NULL && !run->done) {
        drill_turn(run); /* it may have ended connections */
    }
}
