/* SPDX-License-Identifier: MIT
 *
 * tests/model/arrows.c - the table of states as Promela, for openclose.pml.
 *
 *   sf_state_arrows() -> [arrows.c] -> arrows.pml
 */
#include <stdio.h>

#include "synfin/state.h"

/* "ack-of-fin" as EV_ACK_OF_FIN. */
static const char *event_name(enum sf_event_kind event)
{
    static char name[40];
    size_t n = 0;

    (void)snprintf(name, sizeof(name), "EV_%s", sf_event_name(event));
    while (name[n] != '\0') {
        if (name[n] == '-') {
            name[n] = '_';
        } else if (name[n] >= 'a') {
            name[n] = (char)(name[n] - 'a' + 'A');
        }
        n++;
    }
    return name;
}

int main(void)
{
    size_t count = 0;
    const struct sf_arrow *arrows = sf_state_arrows(&count);

    for (int s = 0; s < SF_STATES; s++) {
        printf("#define %s %d\n", sf_state_name((enum sf_state)s), s);
    }
    for (int e = 0; e < SF_EVENT_KINDS; e++) {
        printf("#define %s %d\n", event_name((enum sf_event_kind)e), e);
    }
    printf("#define NO_ARROW 255\n\n#define NEXT(s, e) \\\n    ");
    for (size_t a = 0; a < count; a++) {
        printf("((s) == %s && (e) == %s -> ", sf_state_name((enum sf_state)arrows[a].from),
               event_name((enum sf_event_kind)arrows[a].event));
        printf("%s : \\\n    ", sf_state_name((enum sf_state)arrows[a].to));
    }
    printf("NO_ARROW");
    for (size_t a = 0; a < count; a++) {
        printf(")");
    }
    printf("\n");
    return 0;
}
