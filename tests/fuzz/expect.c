/* SPDX-License-Identifier: MIT
 *
 * tests/fuzz/expect.c - expectations about a capture: any text, judged on one conversation.
 */
#include <stdlib.h>
#include <string.h>

#include "watch/check/check.h"
#include "watch/conv/conv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct sf_conv conv = {.id = 1, .segments = 4};
    struct sf_findings found = {.n = 0};
    struct sf_expect_wrong wrong;
    char why[240];
    char *text = malloc(n + 1);

    if (text == NULL) {
        return 0;
    }
    memcpy(text, data, n);
    text[n] = '\0';
    struct sf_expect *expect = sf_expect_parse(text, &wrong);
    if (expect != NULL) {
        sf_expect_conv(expect, &conv, 1000);
        sf_expect_findings(expect, &found);
        (void)sf_expect_holds(expect, why, sizeof(why));
    } else if (wrong.column == 0 || wrong.column > strlen(text) + 1 || wrong.text[0] == '\0') {
        abort();
    }
    sf_expect_free(expect);
    free(text);
    return 0;
}
