/* SPDX-License-Identifier: MIT
 *
 * trace/flags.c - control bits as words (RFC 9293 s3.1, RFC 3168 s6.1).
 */
#include "trace/flags.h"

#include <stddef.h>
#include <string.h>

#include "wire/seg.h"

char *sf_flags_text(uint8_t flags, char separator, char *text)
{
    static const struct {
        uint8_t bit;
        char name[4];
    } names[] = {
        {SF_SYN, "SYN"}, {SF_FIN, "FIN"}, {SF_RST, "RST"}, {SF_PSH, "PSH"},
        {SF_ACK, "ACK"}, {SF_URG, "URG"}, {SF_ECE, "ECE"}, {SF_CWR, "CWR"},
    };
    size_t n = 0;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if ((flags & names[i].bit) == 0) {
            continue;
        }
        if (n > 0) {
            text[n++] = separator;
        }
        memcpy(text + n, names[i].name, 3);
        n += 3;
    }
    text[n] = '\0';
    return text;
}
