/* SPDX-License-Identifier: MIT
 *
 * script/drill/drill.h - play a script: our stack at one end, the script at the other, in
 * virtual time.
 */
#ifndef SYNFIN_SCRIPT_DRILL_DRILL_H
#define SYNFIN_SCRIPT_DRILL_DRILL_H

#include "script/drill/ast.h"
#include "script/drill/helper.h"
#include "synfin/capture.h"
#include "synfin/config.h"

/* As whom the stack presents itself. */
enum drill_like { DRILL_LIKE_SYNFIN = 0, DRILL_LIKE_LINUX, DRILL_LIKE_FREEBSD };

/* What the command line says; it has precedence over the script. */
struct drill_how {
    enum drill_like like;
    const struct drill_setting *settings; /* packetdrill's options, as at a script's head */
    uint32_t n_settings;
    bool ignore_commands; /* unknown ones do nothing */
    bool no_code;         /* a script with code is skipped: it may come from anybody */
    const struct drill_symbol *symbols;
    uint32_t n_symbols;
    struct sf_capture_file *file; /* where packets are written, both ways; null: nowhere */
    struct drill_helper *python;  /* to use for more scripts than one; null: one of its own */
};

enum drill_verdict { DRILL_PASSED = 0, DRILL_FAILED, DRILL_SKIPPED };

struct drill_outcome {
    enum drill_verdict verdict;
    char reason[1024]; /* lines: where, what was expected, what came; or why it was skipped */
};

/* True if there is such an option of a script, and its value makes sense. */
bool drill_setting_fine(const struct drill_setting *setting);

/* Read and play a script. */
void drill_play(const char *path, const char *text, size_t octets, const struct drill_how *how,
                struct drill_outcome *outcome);

#endif
