/* SPDX-License-Identifier: MIT
 *
 * watch/find/lang.c - which language a name means.
 */
#include "synfin/lang.h"

#include <string.h>
#include <strings.h>

bool sf_lang_of(const char *name, enum sf_lang *lang)
{
    static const struct {
        const char *name;
        enum sf_lang lang;
    } known[] = {
        {"en", SF_LANG_EN}, {"zh", SF_LANG_ZH}, {"C", SF_LANG_EN}, {"POSIX", SF_LANG_EN}};

    /* zh_CN.UTF-8, zh-Hans: what counts is before territory, codeset and modifier. */
    size_t n = strcspn(name, "_-.@");

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strlen(known[i].name) == n && strncasecmp(known[i].name, name, n) == 0) {
            *lang = known[i].lang;
            return true;
        }
    }
    return false;
}
