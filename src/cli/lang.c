/* SPDX-License-Identifier: MIT
 *
 * cli/lang.c - which language to speak: SYNFIN_LANG, else the locale.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/options.h"

/* What is written is UTF-8: with a locale of another code Chinese would be unreadable. */
static bool is_utf8(const char *locale)
{
    const char *dot = strchr(locale, '.');

    return dot != NULL &&
           (strncasecmp(dot + 1, "UTF-8", 5) == 0 || strncasecmp(dot + 1, "UTF8", 4) == 0);
}

static const char *locale(void)
{
    static const char *const places[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        const char *value = getenv(places[i]);

        /* The first that is set is the one that counts. */
        if (value != NULL && value[0] != '\0') {
            return value;
        }
    }
    return "C";
}

enum sf_lang cli_lang(void)
{
    const char *asked = getenv("SYNFIN_LANG");
    enum sf_lang lang = SF_LANG_EN;

    if (asked != NULL && sf_lang_of(asked, &lang)) {
        return lang;
    }
    if (sf_lang_of(locale(), &lang) && lang != SF_LANG_EN && !is_utf8(locale())) {
        lang = SF_LANG_EN;
    }
    return lang;
}
