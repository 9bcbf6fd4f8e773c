/* Links and addresses: VRFs, connected networks, own addresses, sources, the router id. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rib/host.h"

enum {
	UP = FIB_LINK_UP | FIB_LINK_CARRIER,
};

static struct addr ip(const char *text)
{
	struct addr a;
	assert_true(addr_parse(text, &a));
	return a;
}

static bool put_link(struct host *h, uint32_t ifindex, const char *name, uint32_t master,
	uint32_t vrf_table, uint32_t flags)
{
	struct fib_link l = {
		.ifindex = ifindex, .master = master, .vrf_table = vrf_table, .flags = flags};
	snprintf(l.name, sizeof(l.name), "%s", name);
	return host_link_set(h, &l);
}

static bool put_address(
	struct host *h, uint32_t ifindex, const char *text, uint8_t len, uint32_t flags)
{
	struct fib_address a = {.ifindex = ifindex, .flags = flags, .addr = ip(text), .len = len};
	return host_address_set(h, &a);
}

static struct host *example(void)
{
	struct host *h = host_new();
	put_link(h, 1, "lo", 0, 0, UP | FIB_LINK_LOOPBACK);
	put_link(h, 2, "eth0", 0, 0, UP);
	put_link(h, 3, "eth1", 10, 0, UP);
	put_link(h, 4, "eth2", 5, 0, FIB_LINK_UP);
	put_link(h, 5, "br0", 10, 0, UP);
	put_link(h, 10, "vrf-red", 0, 1001, UP);
	put_address(h, 1, "127.0.0.1", 8, 0);
	put_address(h, 1, "198.51.100.1", 32, 0);
	put_address(h, 2, "10.0.0.2", 24, 0);
	put_address(h, 2, "2001:db8::2", 64, 0);
	put_address(h, 2, "fe80::2", 64, 0);
	put_address(h, 3, "10.0.0.3", 16, 0);
	put_address(h, 3, "fe80::3", 64, 0);
	return h;
}

static void test_changes(void **state)
{
	struct host *h = example();

	assert_false(put_link(h, 2, "eth0", 0, 0, UP));
	assert_true(put_link(h, 2, "eth0", 0, 0, FIB_LINK_UP));
	assert_false(host_link_usable(host_link_by_index(h, 2)));
	assert_false(put_address(h, 2, "10.0.0.2", 24, 0));
	assert_true(put_address(h, 2, "10.0.0.2", 24, FIB_ADDRESS_TENTATIVE));
	assert_false(host_is_own(h, ip("10.0.0.2")));
	assert_true(put_address(h, 2, "10.0.0.2", 24, FIB_ADDRESS_GONE));
	assert_false(put_address(h, 2, "10.0.0.2", 24, FIB_ADDRESS_GONE));
	assert_false(put_address(h, 2, "10.0.0.9", 33, 0));
	assert_true(put_link(h, 3, "eth1", 0, 0, FIB_LINK_GONE));
	assert_false(put_link(h, 3, "eth1", 0, 0, FIB_LINK_GONE));
	assert_null(host_link_by_name(h, "eth1"));
	assert_false(host_is_own(h, ip("10.0.0.3"))); /* its addresses went with it */
	host_free(h);
}

static void test_vrf(void **state)
{
	struct host *h = example();

	assert_int_equal(host_link_vrf(h, 2), 0);
	assert_int_equal(host_link_vrf(h, 3), 10);
	assert_int_equal(host_link_vrf(h, 4), 10); /* through its bridge */
	assert_int_equal(host_link_vrf(h, 10), 10);
	assert_int_equal(host_link_vrf(h, 99), 0);
	assert_int_equal(host_vrf_by_table(h, 1001)->ifindex, 10);
	assert_null(host_vrf_by_table(h, 0));
	put_link(h, 20, "loop-a", 21, 0, UP);
	put_link(h, 21, "loop-b", 20, 0, UP);
	assert_int_equal(host_link_vrf(h, 20), 0); /* masters in a circle */
	host_free(h);
}

static void test_resolve(void **state)
{
	struct host *h = example();
	struct prefix c;
	bool own;

	assert_int_equal(host_resolve(h, 0, ip("10.0.0.1"), 0, &c, &own), 2);
	assert_int_equal(c.len, 24);
	assert_int_equal(host_resolve(h, 10, ip("10.0.0.1"), 0, &c, &own), 3);
	assert_int_equal(c.len, 16);
	assert_int_equal(host_resolve(h, 0, ip("10.0.1.1"), 0, &c, &own), 0);
	assert_false(own);
	assert_int_equal(host_resolve(h, 0, ip("10.0.0.2"), 0, &c, &own), 0);
	assert_true(own);
	assert_int_equal(host_resolve(h, 10, ip("10.0.0.2"), 0, &c, &own), 3);
	assert_false(own); /* it is another VRF's */
	put_address(h, 3, "10.0.0.4", 28, 0);
	assert_int_equal(host_resolve(h, 10, ip("10.0.0.1"), 0, &c, &own), 3);
	assert_int_equal(c.len, 28);
	host_free(h);
}

static void test_resolve_choice(void **state)
{
	struct host *h = example();
	struct prefix c;
	bool own;

	put_link(h, 6, "eth6", 0, 0, UP);
	put_address(h, 6, "10.0.0.6", 24, 0);
	assert_int_equal(host_resolve(h, 0, ip("10.0.0.1"), 0, &c, &own), 2);
	assert_int_equal(host_resolve(h, 0, ip("10.0.0.1"), 6, &c, &own), 6);
	put_link(h, 2, "eth0", 0, 0, FIB_LINK_UP);
	assert_int_equal(host_resolve(h, 0, ip("10.0.0.1"), 0, &c, &own), 6);
	put_address(h, 6, "10.0.0.6", 24, FIB_ADDRESS_TENTATIVE);
	assert_int_equal(host_resolve(h, 0, ip("10.0.0.1"), 6, &c, &own), 2);
	host_free(h);
}

static void test_resolve_link_local(void **state)
{
	struct host *h = example();
	struct prefix c;
	bool own;

	assert_int_equal(host_resolve(h, 0, ip("fe80::1"), 0, &c, &own), 0);
	assert_int_equal(host_resolve(h, 0, ip("fe80::1"), 2, &c, &own), 2);
	assert_int_equal(host_resolve(h, 0, ip("fe80::1"), 3, &c, &own), 0); /* not of this VRF */
	assert_int_equal(host_resolve(h, 10, ip("fe80::1"), 3, &c, &own), 3);
	assert_int_equal(host_resolve(h, 10, ip("fe80::3"), 3, &c, &own), 0);
	assert_true(own);
	assert_int_equal(host_resolve(h, 0, ip("fe80::3"), 2, &c, &own), 2); /* another link's */
	assert_false(own);
	host_free(h);
}

static void test_addresses(void **state)
{
	struct host *h = example();
	struct addr a;

	assert_true(host_link_address(h, 2, ADDR_V6, &a));
	assert_true(addr_equal(a, ip("2001:db8::2")));
	assert_true(host_link_address(h, 3, ADDR_V6, &a));
	assert_true(addr_equal(a, ip("fe80::3")));
	assert_false(host_link_address(h, 4, ADDR_V4, &a));
	assert_true(host_link_address(h, 1, ADDR_V4, &a));
	assert_true(addr_equal(a, ip("198.51.100.1"))); /* 127.0.0.1 stands before it */
	put_address(h, 1, "198.51.100.1", 32, FIB_ADDRESS_GONE);
	assert_true(host_link_address(h, 1, ADDR_V4, &a));
	assert_true(addr_equal(a, ip("127.0.0.1")));
	put_address(h, 1, "198.51.100.1", 32, 0);
	assert_true(host_source_for(h, 2, ip("10.0.0.1"), &a));
	assert_true(addr_equal(a, ip("10.0.0.2")));
	assert_true(host_source_for(h, 3, ip("10.0.0.1"), &a));
	assert_true(addr_equal(a, ip("10.0.0.3")));
	assert_true(host_source_for(h, 2, ip("fe80::1"), &a));
	assert_true(addr_equal(a, ip("fe80::2")));
	assert_false(host_source_for(h, 2, ip("172.16.0.1"), &a));
	assert_true(host_router_id(h, &a));
	assert_true(addr_equal(a, ip("198.51.100.1")));
	assert_true(host_vrf_address(h, 0, ADDR_V4, &a));
	assert_true(addr_equal(a, ip("198.51.100.1")));
	assert_true(host_vrf_address(h, 10, ADDR_V4, &a));
	assert_true(addr_equal(a, ip("10.0.0.3")));
	assert_true(host_vrf_address(h, 0, ADDR_V6, &a));
	assert_true(addr_equal(a, ip("2001:db8::2")));
	assert_false(host_vrf_address(h, 10, ADDR_V6, &a)); /* link-local alone */
	put_address(h, 1, "198.51.100.1", 32, FIB_ADDRESS_GONE);
	assert_true(host_router_id(h, &a));
	assert_true(addr_equal(a, ip("10.0.0.3")));
	host_free(h);
	h = host_new();
	assert_false(host_router_id(h, &a));
	host_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_vrf),
		cmocka_unit_test(test_resolve),
		cmocka_unit_test(test_resolve_choice),
		cmocka_unit_test(test_resolve_link_local),
		cmocka_unit_test(test_addresses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
