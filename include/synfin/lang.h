/* SPDX-License-Identifier: MIT
 *
 * synfin/lang.h - the languages that what is said to people is written in.  Part of
 * libsynfin-host.
 */
#ifndef SYNFIN_LANG_H
#define SYNFIN_LANG_H

#include "synfin/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A language. */
enum sf_lang { SF_LANG_EN = 0, SF_LANG_ZH };

/** How many there are. */
#define SF_LANGS 2

/**
 * The language of a locale's name or of a language tag: "zh_CN.UTF-8", "zh-Hans", "en".
 *
 * @param name  the name
 * @param lang  the language; untouched if it is none of ours
 * @return true if it is one of ours; "C" and "POSIX" are English
 */
SF_API bool sf_lang_of(const char *name, enum sf_lang *lang);

#ifdef __cplusplus
}
#endif
#endif
