/* SPDX-License-Identifier: MIT
 *
 * tests/fuzz/drill.c - any text as a script, and what was read of it as text again.
 */
#include <stdlib.h>
#include <string.h>

#include "script/drill/ast.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets)
{
    struct drill_script script;
    bool fine = drill_parse(&script, "fuzz.pkt", (const char *)data, octets, NULL, 0);

    /* Either there is a script, or it is said what is wrong. */
    if (fine != (script.error[0] == '\0')) {
        abort();
    }
    char *text = NULL;
    size_t printed = 0;
    FILE *out = open_memstream(&text, &printed);
    if (out != NULL) {
        drill_print(&script, out);
        fclose(out);
    }
    free(text);
    drill_script_free(&script);
    return 0;
}
