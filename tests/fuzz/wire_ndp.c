/* SPDX-License-Identifier: MIT
 *
 * tests/fuzz/wire_ndp.c - neighbour discovery: a whole IPv6 packet, its checksum made right.
 */
#include "wire_fuzz.h"

#include "wire/ipv6.h"
#include "wire/ndp.h"

static void again(const struct sf_ip *ip, const struct sf_ndp *ndp)
{
    uint8_t p[SF_NDP_OCTETS];
    struct sf_ip carrier = *ip;
    struct sf_ndp back;

    carrier.payload = p;
    carrier.payload_octets = (uint32_t)sf_ndp_build(p, ndp, ip->src, ip->dst);
    HOLDS(sf_ndp_parse(&carrier, &back) == SF_PASS);
    HOLDS(memcmp(back.target, ndp->target, 16) == 0 && back.type == ndp->type);
    HOLDS(back.router == ndp->router && back.solicited == ndp->solicited);
    HOLDS(back.override == ndp->override && (back.mac == NULL) == (ndp->mac == NULL));
    HOLDS(ndp->mac == NULL || sf_mac_equal(back.mac, ndp->mac));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *p = exactly(data, size);
    struct sf_ip ip;
    struct sf_ndp ndp;

    if (sf_ip6_parse(p, size, &ip) == SF_PASS) {
        seal_icmp(&ip, p + ip.head_octets, ip.payload_octets);
        if (sf_ndp_parse(&ip, &ndp) == SF_PASS) {
            HOLDS(within(ndp.target, 16, ip.payload, ip.payload_octets));
            HOLDS(ndp.mac == NULL || within(ndp.mac, 6, ip.payload, ip.payload_octets));
            again(&ip, &ndp);
        }
    }
    free(p);
    return 0;
}
