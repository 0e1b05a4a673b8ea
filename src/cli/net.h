/* SPDX-License-Identifier: MIT
 *
 * cli/net.h - the device that a command runs on, and the addresses at both of its ends.
 */
#ifndef SYNFIN_CLI_NET_H
#define SYNFIN_CLI_NET_H

#include "cli/options.h"
#include "synfin/link.h"

/* One net on the device: the engine's address and the kernel's. */
struct cli_net_at {
    struct sf_addr engine, kernel;
    uint8_t prefix;
};

struct cli_net {
    struct sf_link *link;
    char device[32];         /* the kernel's end, for messages */
    char made[32];           /* a device to delete at the end; "": none */
    struct cli_net_at at[2]; /* IPv4 before IPv6 */
    size_t n;                /* how many of them */
    struct sf_addr gateway;  /* of IPv4 and IPv6 alike where its family fits */
    bool ours;               /* we made the device, and gave the kernel its addresses */
};

/*
 * Open the device that the options name, or make one.  Returns CLI_OK; or a status, having
 * said what is wrong, and nothing is left behind.
 */
int cli_net_open(const struct cli_options *options, struct cli_net *net);

/* Give back what was made.  The link has been closed before, or is a null pointer. */
void cli_net_close(struct cli_net *net);

/* The engine's address of a family, or a null pointer. */
const struct cli_net_at *cli_net_of(const struct cli_net *net, uint8_t family);

/* The first two hosts of a net: where the kernel is, given where the engine is. */
bool cli_net_kernel(const struct sf_addr *engine, uint8_t prefix, struct sf_addr *kernel);

#endif
