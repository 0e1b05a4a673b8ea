/* SPDX-License-Identifier: MIT
 *
 * cli/net.c - a device for the engine, with the kernel at its other end.
 *
 *   -i tun0         the user's own TUN or TAP device: the kernel's side is not touched
 *   -i packet:eth0  AF_PACKET: the kernel's side is not touched
 *   otherwise       a TUN device of our own; where /dev/net/tun may not be opened, a pair of
 *                   veth devices, with AF_PACKET on one of them
 */
#include "cli/net.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "synfin/net.h"

#define FIRST_NET 8   /* 10.9.8.0/24 and fd09:8::/64 */
#define LAST_NET  255 /* what is tried at most when those before are in use */

static bool wanted(const struct cli_options *options, uint8_t family)
{
    return !(options->only4 && family == SF_IPV6) && !(options->only6 && family == SF_IPV4);
}

/* Clear the bits of addr behind prefix, and put number into the last octet's place. */
static struct sf_addr host_of(const struct sf_addr *addr, uint8_t prefix, uint8_t number)
{
    size_t octets = addr->family == SF_IPV4 ? 4 : 16;
    struct sf_addr host = *addr;

    for (size_t bit = prefix; bit < 8 * octets; bit++) {
        host.octets[bit / 8] &= (uint8_t) ~(0x80U >> (bit % 8));
    }
    host.octets[octets - 1] |= number;
    return host;
}

bool cli_net_kernel(const struct sf_addr *engine, uint8_t prefix, struct sf_addr *kernel)
{
    uint8_t bits = engine->family == SF_IPV4 ? 32 : 128;

    if (prefix >= bits) {
        return false;
    }
    *kernel = host_of(engine, prefix, 1);
    if (sf_addr_equal(kernel, engine)) {
        /* A net of two addresses has no .2 (RFC 3021). */
        *kernel = host_of(engine, prefix, prefix == bits - 1 ? 0 : 2);
    }
    return true;
}

const struct cli_net_at *cli_net_of(const struct cli_net *net, uint8_t family)
{
    for (size_t i = 0; i < net->n; i++) {
        if (net->at[i].engine.family == family) {
            return &net->at[i];
        }
    }
    return NULL;
}

static int add(struct cli_net *net, const struct sf_addr *engine, uint8_t prefix)
{
    struct cli_net_at at = {.engine = *engine, .prefix = prefix};
    char text[SF_ADDR_TEXT];

    if (!cli_net_kernel(engine, prefix, &at.kernel)) {
        return cli_fail(CLI_USAGE,
                        "%s/%u has no room for the kernel's address: name a larger net with -l",
                        sf_addr_text(engine, text), prefix);
    }
    net->at[net->n++] = at;
    return CLI_OK;
}

static int in_use(const struct sf_addr *addr, uint8_t prefix, bool *used)
{
    enum sf_err err = sf_net_in_use(addr, prefix, used);

    if (err != SF_OK) {
        return cli_fail(CLI_FAILED, "the kernel does not tell its addresses: %s",
                        cli_reason(err));
    }
    return CLI_OK;
}

static void default_net(struct cli_net_at at[2], unsigned number)
{
    at[0] = (struct cli_net_at){.engine = sf_addr_v4(10, 9, (uint8_t)number, 2), .prefix = 24};
    at[1] = (struct cli_net_at){
        .engine = {.octets = {0xfd, 0x09, 0, (uint8_t)number, [15] = 2}, .family = SF_IPV6},
        .prefix = 64};
}

/* Is either of two nets in use? */
static int either_in_use(const struct cli_net_at at[2], bool *used)
{
    bool second = false;
    int status = in_use(&at[0].engine, at[0].prefix, used);

    if (status == CLI_OK) {
        status = in_use(&at[1].engine, at[1].prefix, &second);
    }
    *used = *used || second;
    return status;
}

/* The first default nets that nobody here uses. */
static int choose_nets(const struct cli_options *options, struct cli_net *net, bool check)
{
    struct cli_net_at at[2];
    bool used = true;

    for (unsigned number = FIRST_NET; number <= LAST_NET && used; number++) {
        default_net(at, number);
        used = false;
        int status = check ? either_in_use(at, &used) : CLI_OK;
        if (status != CLI_OK) {
            return status;
        }
    }
    if (used) {
        return cli_fail(CLI_FAILED,
                        "10.9.%d.0/24 to 10.9.%d.0/24 are all in use: name a net with -l",
                        FIRST_NET, LAST_NET);
    }
    for (size_t i = 0; i < 2; i++) {
        if (wanted(options, at[i].engine.family)) {
            add(net, &at[i].engine, at[i].prefix);
        }
    }
    return CLI_OK;
}

static int named_nets(const struct cli_options *options, struct cli_net *net, bool check)
{
    char text[SF_ADDR_TEXT];

    for (size_t i = 0; i < options->n_local; i++) {
        const struct sf_addr *addr = &options->local[i];
        uint8_t prefix = options->prefix[i];
        bool used = false;
        int status = wanted(options, addr->family)
                         ? add(net, addr, prefix)
                         : cli_fail(CLI_USAGE,
                                    "-l %s is not of the family that was asked for: "
                                    "leave -4 or -6 out",
                                    sf_addr_text(addr, text));
        if (status == CLI_OK && check) {
            status = in_use(addr, prefix, &used);
        }
        if (status != CLI_OK) {
            return status;
        }
        if (used) {
            return cli_fail(CLI_FAILED,
                            "the net of %s/%u is already in use here: name another with -l",
                            sf_addr_text(addr, text), prefix);
        }
    }
    return CLI_OK;
}

/* check: the kernel is to get addresses in these nets, so that they must be free. */
static int choose(const struct cli_options *options, struct cli_net *net, bool check)
{
    return options->n_local > 0 ? named_nets(options, net, check)
                                : choose_nets(options, net, check);
}

/* Whether a device is TUN or TAP, as its driver says: what /sys shows may be another
 * namespace's devices.  False if it is neither. */
static bool tun_kind(const char *name, struct sf_tun *tun)
{
    struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
    struct ifreq request = {.ifr_data = (char *)&info};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    memcpy(request.ifr_name, name, strlen(name) + 1);
    bool known =
        fd >= 0 && ioctl(fd, SIOCETHTOOL, &request) == 0 && strcmp(info.driver, "tun") == 0;
    if (fd >= 0) {
        close(fd);
    }
    tun->tap = strcmp(info.bus_info, "tap") == 0;
    return known;
}

static int open_packet(const struct cli_options *options, const char *name, struct cli_net *net)
{
    if (options->n_local == 0) {
        return cli_fail(CLI_USAGE, "packet:%s needs an address for us: give one with -l", name);
    }
    enum sf_err err = sf_packet_open(name, &net->link);
    if (err == SF_ERR_PERMISSION) {
        return cli_fail(CLI_PERMISSION,
                        "CAP_NET_RAW is missing, which packet:%s needs: run it as root", name);
    }
    if (err != SF_OK) {
        return cli_fail(CLI_FAILED, "cannot open packet:%s: %s: ip link lists the devices",
                        name, cli_reason(err));
    }
    snprintf(net->device, sizeof(net->device), "%s", name);
    return CLI_OK;
}

/* -i: a device that exists; what the kernel has on it is the user's. */
static int open_named(const struct cli_options *options, struct cli_net *net)
{
    const char *name = options->interface;
    struct sf_tun tun = {.name = name, .vnet = !options->no_vnet};
    char opened[IFNAMSIZ];

    if (strncmp(name, "packet:", 7) == 0) {
        return open_packet(options, name + 7, net);
    }
    if (strncmp(name, "xdp:", 4) == 0) {
        return cli_fail(CLI_USAGE, "AF_XDP is not built in: use packet:%s", name + 4);
    }
    if (strlen(name) >= IFNAMSIZ || if_nametoindex(name) == 0) {
        return cli_fail(CLI_FAILED,
                        "there is no device '%s': ip link lists them, and without "
                        "-i one is made",
                        name);
    }
    if (!tun_kind(name, &tun)) {
        return cli_fail(CLI_USAGE, "'%s' is no TUN or TAP device: use -i packet:%s", name,
                        name);
    }
    enum sf_err err = sf_tun_open(&tun, &net->link, opened);
    if (err != SF_OK && err != SF_ERR_PERMISSION && tun.vnet != 0) {
        tun.vnet = 0;
        err = sf_tun_open(&tun, &net->link, opened);
    }
    if (err == SF_ERR_PERMISSION) {
        return cli_fail(
            CLI_PERMISSION,
            "CAP_NET_ADMIN is missing, which '%s' needs: run it as root, or make it "
            "with ip tuntap add user",
            name);
    }
    if (err != SF_OK) {
        return cli_fail(CLI_FAILED, "cannot open '%s': %s", name, cli_reason(err));
    }
    snprintf(net->device, sizeof(net->device), "%s", name);
    return CLI_OK;
}

/* The kernel's side of a device of ours: its addresses, and up. */
static enum sf_err set_up(const struct cli_options *options, struct cli_net *net)
{
    enum sf_err err = sf_net_up(net->device, true);

    for (size_t i = 0; i < net->n && err == SF_OK; i++) {
        err = sf_net_address(net->device, &net->at[i].kernel, net->at[i].prefix);
        /* A host without IPv6 serves IPv4 all the same, unless IPv6 was asked for. */
        if (err != SF_OK && i > 0 && options->n_local == 0) {
            net->n = i;
            err = SF_OK;
        }
    }
    return err;
}

/* A TUN device of our own, which vanishes when its descriptor is closed. */
static enum sf_err make_tun(const struct cli_options *options, struct cli_net *net)
{
    struct sf_tun tun = {.vnet = !options->no_vnet};
    char name[IFNAMSIZ] = "";
    enum sf_err err = sf_tun_open(&tun, &net->link, name);

    if (err != SF_OK && err != SF_ERR_PERMISSION && tun.vnet != 0) {
        tun.vnet = 0;
        err = sf_tun_open(&tun, &net->link, name);
    }
    memcpy(net->device, name, sizeof(name));
    return err;
}

/* Where there is no TUN: the engine sits on the far end of a pair, through AF_PACKET. */
static enum sf_err make_veth(struct cli_net *net)
{
    enum sf_err err = SF_ERR_EXISTS;
    char far[IFNAMSIZ];

    for (unsigned i = 0; i < 100 && err == SF_ERR_EXISTS; i++) {
        snprintf(net->device, sizeof(net->device), "synfin%u", i);
        snprintf(far, sizeof(far), "synfin%ue", i);
        err = sf_net_veth(net->device, far);
    }
    if (err != SF_OK) {
        return err;
    }
    memcpy(net->made, net->device, sizeof(net->made));
    err = sf_net_up(far, true);
    if (err == SF_OK) {
        err = sf_packet_open(far, &net->link);
    }
    return err;
}

static int make(const struct cli_options *options, struct cli_net *net)
{
    enum sf_err err = make_tun(options, net);
    bool missing = err == SF_ERR_OS && (errno == ENOENT || errno == ENODEV || errno == ENXIO);

    if (err == SF_ERR_PERMISSION || missing) {
        bool denied = access("/dev/net/tun", R_OK | W_OK) != 0;

        err = make_veth(net);
        if (err == SF_ERR_PERMISSION) {
            return cli_fail(
                CLI_PERMISSION,
                "%sCAP_NET_ADMIN or CAP_NET_RAW is missing: run it as root, or in a "
                "namespace of your own: unshare -rn",
                denied ? "/dev/net/tun cannot be opened, and " : "");
        }
    }
    if (err != SF_OK) {
        return cli_fail(CLI_FAILED,
                        "cannot make a network device: %s: try -i with an "
                        "existing one",
                        cli_reason(err));
    }
    err = set_up(options, net);
    if (err != SF_OK) {
        return cli_fail(err == SF_ERR_PERMISSION ? CLI_PERMISSION : CLI_FAILED,
                        "cannot give the kernel its address on %s: %s", net->device,
                        err == SF_ERR_PERMISSION ? "CAP_NET_ADMIN is missing: run it as root"
                                                 : cli_reason(err));
    }
    net->ours = true;
    return CLI_OK;
}

int cli_net_open(const struct cli_options *options, struct cli_net *net)
{
    bool named = options->interface != NULL;
    int status = CLI_OK;

    *net = (struct cli_net){.link = NULL, .gateway = options->gateway};
    status = choose(options, net, !named);
    if (status == CLI_OK) {
        status = named ? open_named(options, net) : make(options, net);
    }
    if (status != CLI_OK) {
        sf_link_close(net->link);
        net->link = NULL;
        cli_net_close(net);
    }
    return status;
}

void cli_net_close(struct cli_net *net)
{
    if (net->made[0] != '\0' && sf_net_delete(net->made) != SF_OK) {
        cli_note("the device %s could not be deleted: ip link delete %s", net->made, net->made);
    }
    net->made[0] = '\0';
}
