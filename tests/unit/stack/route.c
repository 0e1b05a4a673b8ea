/* SPDX-License-Identifier: MIT
 *
 * tests/unit/stack/route.c - addresses, routes, and the choice of both for a connection.
 */
#include "rig.h"

static struct sf_addr addr(const char *text)
{
    struct sf_addr a;

    T_EQ(sf_addr_parse(text, &a), SF_OK);
    return a;
}

static void addresses_that_no_host_has_are_refused(void **state)
{
    static const struct {
        const char *text;
        uint8_t prefix;
        enum sf_err err;
    } rows[] = {
        {"192.168.1.1", 24, SF_OK},
        {"192.168.2.1", 32, SF_OK},
        {"192.168.3.0", 31, SF_OK}, /* RFC 3021 */
        {"192.168.3.1", 31, SF_OK},
        {"192.168.4.1", 33, SF_ERR_ADDR},
        {"192.168.4.0", 24, SF_ERR_ADDR},
        {"192.168.4.255", 24, SF_ERR_ADDR},
        {"192.168.5.255", 23, SF_ERR_ADDR},
        {"192.168.4.255", 22, SF_OK},
        {"0.0.0.0", 24, SF_ERR_ADDR},
        {"127.0.0.1", 8, SF_ERR_ADDR},
        {"224.0.0.1", 4, SF_ERR_ADDR},
        {"255.255.255.255", 32, SF_ERR_ADDR},
        {"10.0.0.2", 24, SF_ERR_EXISTS},
        {"2001:db8::5", 128, SF_OK},
        {"2001:db8::6", 129, SF_ERR_ADDR},
        {"2001:db8::2", 64, SF_ERR_EXISTS},
        {"::", 64, SF_ERR_ADDR},
        {"::1", 128, SF_ERR_ADDR},
        {"ff02::1", 64, SF_ERR_ADDR},
        {"::ffff:10.0.0.1", 128, SF_ERR_ADDR},
    };
    struct sf_addr none = {.family = SF_UNSPEC};
    struct rig r;

    (void)state;
    rig_begin(&r, false);
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        const struct sf_addr a = addr(rows[i].text);

        T_EQ_ROW(i, sf_stack_add_address(r.st, &a, rows[i].prefix), rows[i].err);
    }
    T_EQ(sf_stack_add_address(r.st, &none, 0), SF_ERR_ADDR);
    none.family = 5;
    T_EQ(sf_stack_add_address(r.st, &none, 0), SF_ERR_ADDR);
    rig_end(&r);
}

static void a_small_link_carries_no_ipv6(void **state) /* RFC 8200 s5 */
{
    const struct sf_addr v6 = addr("2001:db8::3");

    (void)state;
    for (uint32_t mtu = 1279; mtu <= 1280; mtu++) {
        struct rig r;

        rig_config(&r, true);
        r.cfg.mtu = mtu;
        rig_start(&r);
        T_EQ_ROW(mtu, sf_stack_add_address(r.st, &v6, 64), mtu < 1280 ? SF_ERR_ADDR : SF_OK);
        rig_end(&r);
    }
}

static void as_many_addresses_and_routes_as_configured(void **state)
{
    struct rig r;

    (void)state;
    for (int ethernet = 0; ethernet < 2; ethernet++) {
        struct sf_addr a = addr("192.168.0.1");
        const struct sf_addr gateway = addr("10.0.0.1");

        rig_config(&r, ethernet != 0);
        r.cfg.max_addresses = 4; /* the rig adds two */
        r.cfg.max_routes = 2;
        rig_start(&r);
        for (uint8_t i = 0; i < 3; i++) {
            a.octets[2] = i;
            T_EQ_ROW(i, sf_stack_add_address(r.st, &a, 24), i < 2 ? SF_OK : SF_ERR_NO_MEMORY);
        }
        for (uint8_t i = 0; i < 3; i++) {
            a.octets[2] = (uint8_t)(100 + i);
            T_EQ_ROW(i, sf_stack_add_route(r.st, &a, 24, &gateway),
                     i < 2 ? SF_OK : SF_ERR_NO_MEMORY);
        }
        rig_end(&r);
    }
}

/* Eight addresses, the link-local one with them, and then the routes. */
static void the_last_address_leaves_the_routes_alone(void **state)
{
    const struct sf_open open = {.remote = {addr("8.8.8.8"), 80}};
    const struct sf_addr any = addr("0.0.0.0");
    const struct sf_addr gateway = addr("10.0.0.1");
    struct sf_addr a = addr("2001:db8:1::1");
    struct sf_handle handle;
    struct rig r;

    (void)state;
    rig_config(&r, true);
    r.cfg.max_addresses = 7;
    rig_start(&r);
    T_EQ(sf_stack_add_route(r.st, &any, 0, &gateway), SF_OK);
    for (uint8_t i = 2; i < 7; i++) {
        a.octets[15] = i;
        T_EQ_ROW(i, sf_stack_add_address(r.st, &a, 64), SF_OK);
    }
    T_EQ(sf_open(r.st, &open, &handle, r.now), SF_OK);
    T_TRUE(rig_tx(&r));
    T_EQ(r.out[41], 1); /* who is asked for */
    sf_abort(r.st, handle, r.now);
    rig_advance(&r, SF_S(4));
    rig_end(&r);
}

static void a_new_route_counts_at_once(void **state)
{
    const struct sf_open open = {.remote = {addr("8.8.8.8"), 80}};
    const struct sf_addr any = addr("0.0.0.0");
    const struct sf_addr eights = addr("8.0.0.0");
    const struct sf_addr near = addr("10.0.0.1");
    const struct sf_addr nearer = addr("10.0.0.3");
    const struct sf_addr own = addr("8.8.8.1");
    static const uint8_t asked[3][4] = {{10, 0, 0, 1}, {10, 0, 0, 3}, {8, 8, 8, 8}};
    struct sf_handle handle;
    struct rig r;

    (void)state;
    rig_begin(&r, true);
    for (int i = 0; i < 3; i++) {
        if (i == 0) {
            T_EQ(sf_stack_add_route(r.st, &any, 0, &near), SF_OK);
        } else if (i == 1) {
            T_EQ(sf_stack_add_route(r.st, &eights, 8, &nearer), SF_OK);
        } else {
            T_EQ(sf_stack_add_address(r.st, &own, 24), SF_OK);
        }
        T_EQ(sf_open(r.st, &open, &handle, r.now), SF_OK);
        T_TRUE(rig_tx(&r));
        T_MEM(r.out + 38, asked[i], 4);
        sf_abort(r.st, handle, r.now);
    }
    rig_advance(&r, SF_S(4));
    rig_end(&r);
}

static void routes_need_a_gateway_where_there_are_stations(void **state)
{
    const struct sf_addr net = addr("192.168.0.0");
    const struct sf_addr group = addr("224.0.0.1");
    const struct sf_addr all = addr("10.0.0.255");
    const struct sf_addr other = addr("2001:db8::1");
    const struct sf_addr none = {.family = SF_UNSPEC};
    struct rig r;

    (void)state;
    rig_begin(&r, true);
    T_EQ(sf_stack_add_route(r.st, &net, 33, &net), SF_ERR_ADDR);
    T_EQ(sf_stack_add_route(r.st, &net, 24, &group), SF_ERR_ADDR);
    T_EQ(sf_stack_add_route(r.st, &net, 24, &all), SF_ERR_ADDR);
    T_EQ(sf_stack_add_route(r.st, &net, 24, &other), SF_ERR_ADDR);
    T_EQ(sf_stack_add_route(r.st, &net, 24, &none), SF_ERR_ADDR);
    T_EQ(sf_stack_add_route(r.st, &none, 0, &net), SF_ERR_ADDR);
    rig_end(&r);
    rig_begin(&r, false);
    T_EQ(sf_stack_add_route(r.st, &net, 24, &none), SF_OK);
    rig_end(&r);
}

static void remotes_that_cannot_be_are_refused(void **state) /* MUST-46 */
{
    static const struct {
        const char *remote;
        enum sf_err err;
    } rows[] = {
        {"10.0.0.1", SF_OK},
        {"10.0.0.255", SF_ERR_ADDR},
        {"10.0.0.0", SF_ERR_ADDR},
        {"255.255.255.255", SF_ERR_ADDR},
        {"224.0.0.1", SF_ERR_ADDR},
        {"240.0.0.1", SF_ERR_ADDR},
        {"0.0.0.0", SF_ERR_ADDR},
        {"127.0.0.1", SF_ERR_ADDR},
        {"10.0.1.1", SF_ERR_UNROUTABLE},
        {"2001:db8::1", SF_OK},
        {"ff02::1", SF_ERR_ADDR},
        {"::", SF_ERR_ADDR},
        {"::1", SF_ERR_ADDR},
        {"::ffff:10.0.0.1", SF_ERR_ADDR},
        {"2001:db9::1", SF_ERR_UNROUTABLE},
        {"fe80::1", SF_ERR_UNROUTABLE}, /* without ethernet there is no link-local net */
    };
    struct sf_open open = {.remote = {addr("10.0.0.1"), 0}};
    struct sf_handle handle;
    struct rig r;

    (void)state;
    rig_begin(&r, false);
    T_EQ(sf_open(r.st, &open, &handle, r.now), SF_ERR_INVAL);
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        open.remote = (struct sf_endpoint){addr(rows[i].remote), 80};
        T_EQ_ROW(i, sf_open(r.st, &open, &handle, r.now), rows[i].err);
        T_EQ_ROW(i, handle.generation != 0, rows[i].err == SF_OK);
        if (rows[i].err == SF_OK) {
            sf_abort(r.st, handle, r.now);
        }
    }
    open.remote.addr.family = SF_UNSPEC;
    T_EQ(sf_open(r.st, &open, &handle, r.now), SF_ERR_ADDR);
    T_EQ(rig_drain(&r), 0); /* no SYN left */
    rig_end(&r);
}

static void a_local_address_is_ours_and_of_the_remotes_family(void **state)
{
    static const struct {
        const char *local;
        enum sf_err err;
    } rows[] = {
        {"10.0.0.2", SF_OK},
        {"10.0.0.3", SF_ERR_ADDR},
        {"2001:db8::2", SF_ERR_ADDR},
    };
    struct sf_open open = {.remote = {addr("10.0.0.1"), 80}};
    struct sf_listen listen = {.local = {.port = 80}};
    struct sf_handle handle;
    struct rig r;

    (void)state;
    rig_begin(&r, false);
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        open.local = (struct sf_endpoint){addr(rows[i].local), 4000};
        T_EQ_ROW(i, sf_open(r.st, &open, &handle, r.now), rows[i].err);
        if (rows[i].err == SF_OK) {
            struct sf_status status;

            T_EQ(sf_status(r.st, handle, &status, r.now), SF_OK);
            T_EQ(status.local.port, 4000);
            sf_abort(r.st, handle, r.now);
        }
    }
    listen.local.addr = addr("10.0.0.3");
    T_EQ(sf_listen(r.st, &listen, &handle, r.now), SF_ERR_ADDR);
    listen.any_address = 1;
    T_EQ(sf_listen(r.st, &listen, &handle, r.now), SF_OK);
    sf_close(r.st, handle, r.now);
    listen.local.addr = addr("224.0.0.1");
    T_EQ(sf_listen(r.st, &listen, &handle, r.now), SF_ERR_ADDR);
    listen.local.addr.family = 9;
    T_EQ(sf_listen(r.st, &listen, &handle, r.now), SF_ERR_ADDR);
    rig_drain(&r);
    rig_end(&r);
}

static void the_source_fits_the_destination(void **state) /* RFC 6724 s5 */
{
    static const struct {
        const char *remote, *local;
    } rows[] = {
        {"10.0.0.1", "10.0.0.2"},
        {"192.168.5.1", "192.168.5.2"},
        {"8.8.8.8", "192.168.5.2"}, /* of the gateway's net */
        {"2001:db8::1", "2001:db8::2"},
        {"fd00::1", "fd00::2"},
        {"fe80::1", "fe80::ff:fe00:2"},
        {"2600::1", "2001:db8::2"}, /* 0010 0000 and 0010 0110: 5 bits, fd00 has none */
    };
    const struct sf_addr second4 = addr("192.168.5.2");
    const struct sf_addr second6 = addr("fd00::2");
    const struct sf_addr any4 = addr("0.0.0.0");
    const struct sf_addr any6 = addr("::");
    const struct sf_addr gateway4 = addr("192.168.5.254");
    const struct sf_addr gateway6 = addr("fe80::fe");
    struct rig r;

    (void)state;
    rig_begin(&r, true);
    T_EQ(sf_stack_add_address(r.st, &second4, 24), SF_OK);
    T_EQ(sf_stack_add_address(r.st, &second6, 64), SF_OK);
    T_EQ(sf_stack_add_route(r.st, &any4, 0, &gateway4), SF_OK);
    T_EQ(sf_stack_add_route(r.st, &any6, 0, &gateway6), SF_OK);
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        const struct sf_open open = {.remote = {addr(rows[i].remote), 80}};
        const struct sf_addr want = addr(rows[i].local);
        struct sf_status status;
        struct sf_handle handle;

        T_EQ_ROW(i, sf_open(r.st, &open, &handle, r.now), SF_OK);
        T_EQ_ROW(i, sf_status(r.st, handle, &status, r.now), SF_OK);
        T_EQ_ROW(i, sf_addr_equal(&status.local.addr, &want), 1);
        sf_abort(r.st, handle, r.now);
    }
    rig_end(&r);
}

static void a_route_wins_by_its_prefix_and_a_net_on_the_link_before_it(void **state)
{
    /* Who is asked for says where the segment would go. */
    static const struct {
        const char *remote;
        uint8_t asked;
    } rows[] = {
        {"172.16.1.1", 101}, /* /24 */
        {"172.16.2.1", 102}, /* /12 */
        {"172.32.0.1", 103}, /* default */
        {"10.0.0.7", 7},     /* on the link, though a route says the same net */
        {"10.0.0.130", 104}, /* a longer prefix than the link's */
    };
    static const struct {
        const char *net;
        uint8_t prefix;
        uint8_t gateway;
    } routes[] = {
        {"0.0.0.0", 0, 103},   {"172.16.1.99", 24, 101}, {"172.16.0.0", 12, 102},
        {"10.0.0.0", 24, 105}, {"10.0.0.128", 25, 104},
    };
    struct rig r;

    (void)state;
    rig_begin(&r, true);
    for (size_t i = 0; i < T_COUNT(routes); i++) {
        const struct sf_addr net = addr(routes[i].net);
        const struct sf_addr gateway = sf_addr_v4(10, 0, 0, routes[i].gateway);

        T_EQ(sf_stack_add_route(r.st, &net, routes[i].prefix, &gateway), SF_OK);
    }
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        const struct sf_open open = {.remote = {addr(rows[i].remote), 80}};
        struct sf_handle handle;

        T_EQ_ROW(i, sf_open(r.st, &open, &handle, r.now), SF_OK);
        T_EQ_ROW(i, rig_tx(&r), 1);
        T_EQ_ROW(i, r.out[13], 0x06);
        T_EQ_ROW(i, r.out[41], rows[i].asked);
        T_FALSE(rig_tx(&r));
        sf_abort(r.st, handle, r.now);
    }
    rig_advance(&r, SF_S(4));
    rig_end(&r);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_that_no_host_has_are_refused),
        cmocka_unit_test(a_small_link_carries_no_ipv6),
        cmocka_unit_test(as_many_addresses_and_routes_as_configured),
        cmocka_unit_test(the_last_address_leaves_the_routes_alone),
        cmocka_unit_test(a_new_route_counts_at_once),
        cmocka_unit_test(routes_need_a_gateway_where_there_are_stations),
        cmocka_unit_test(remotes_that_cannot_be_are_refused),
        cmocka_unit_test(a_local_address_is_ours_and_of_the_remotes_family),
        cmocka_unit_test(the_source_fits_the_destination),
        cmocka_unit_test(a_route_wins_by_its_prefix_and_a_net_on_the_link_before_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
