/* SPDX-License-Identifier: MIT
 *
 * script/lab/builtin.h - the files of labs/, in the command.
 */
#ifndef SF_SCRIPT_LAB_BUILTIN_H
#define SF_SCRIPT_LAB_BUILTIN_H

#include <stddef.h>

struct lab_builtin {
    const char *name;
    const char *text;
    size_t octets;
};

/* In the order of their names. */
extern const struct lab_builtin lab_builtins[];
extern const size_t lab_builtins_n;

#endif
