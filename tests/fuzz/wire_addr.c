/* SPDX-License-Identifier: MIT
 *
 * tests/fuzz/wire_addr.c - addresses as text: any text is read or refused, any address is
 * written so that it is read again.
 */
#include "wire_fuzz.h"

static void there_and_back(const struct sf_addr *addr)
{
    char *text = malloc(SF_ADDR_TEXT);
    struct sf_addr back;

    HOLDS(text != NULL);
    HOLDS(sf_addr_text(addr, text) == text && strlen(text) < SF_ADDR_TEXT);
    HOLDS(sf_addr_parse(text, &back) == SF_OK && sf_addr_equal(addr, &back));
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    struct sf_addr addr = {.family = SF_IPV6};

    HOLDS(text != NULL);
    if (size != 0) {
        memcpy(text, data, size);
    }
    text[size] = '\0';
    if (sf_addr_parse(text, &addr) == SF_OK) {
        there_and_back(&addr);
    }
    if (size >= 16) {
        addr.family = SF_IPV6;
        memcpy(addr.octets, data, 16);
        there_and_back(&addr);
    }
    free(text);
    return 0;
}
