/* What is let in and why not: filters that change, ceilings, martians, own and gateways' addresses,
 * limits; and the way out: coalescing, the queue's bound, walks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/rib/bed.h"

static void why_of(void *arg, const struct rib_route_view *v)
{
	*(enum rib_why *)arg = v->paths[0].why;
}

static void expect_why(struct bed *b, const char *prefix, enum rib_why why)
{
	struct prefix p = pfx(prefix);
	enum rib_why found = RIB_WHY_NO_IMPORT;

	assert_true(rib_look(b->rib, 3, &p, why_of, &found));
	assert_string_equal(rib_why_text(found), rib_why_text(why));
}

static uint32_t accepted(struct bed *b, unsigned n)
{
	struct rib_peer_counts c;
	rib_peer_count(b->rib, b->peer[n], &c);
	return c.accepted;
}

static void test_verdicts(void **state)
{
	static const struct {
		const char *prefix;
		enum rib_why why;
	} rows[] = {
		{"203.0.113.0/24", RIB_USED},
		{"0.0.0.0/0", RIB_USED},
		{"126.0.0.0/7", RIB_USED},
		{"192.168.3.0/24", RIB_WHY_ALWAYS_BLOCK},
		{"192.168.0.0/16", RIB_WHY_ALWAYS_BLOCK},
		{"192.0.0.0/8", RIB_USED},
		{"127.1.0.0/16", RIB_WHY_MARTIAN},
		{"0.0.0.0/8", RIB_WHY_MARTIAN},
		{"169.254.7.0/24", RIB_WHY_MARTIAN},
		{"224.0.0.0/4", RIB_WHY_MARTIAN},
		{"250.0.0.0/8", RIB_WHY_MARTIAN},
		{"10.0.3.2/32", RIB_WHY_OWN_ADDRESS},
		{"10.0.2.0/24", RIB_WHY_HIDES_GATEWAY},
		{"10.0.2.10/32", RIB_WHY_HIDES_GATEWAY},
		{"10.0.3.0/25", RIB_WHY_HIDES_GATEWAY}, /* of another peer */
		{"10.0.2.128/25", RIB_USED},
		{"10.0.0.0/16", RIB_USED},
	};
	struct bed *b = bed_new();
	const struct prefix block = pfx("192.168.0.0/16");

	rib_always_block(b->rib, &block, 1);
	bed_peer_up(b, 0, b->all);
	bed_peer_up(b, 1, b->all);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct prefix p = pfx(rows[i].prefix);
		bed_announce(b, 0, &p, (struct path_spec){0});
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_why(b, rows[i].prefix, rows[i].why);
	assert_int_equal(accepted(b, 0), 6);
	bed_wait(b, 3000);
	assert_int_equal(b->fib->routes_n, 6);
	bed_check(b);
	rib_always_block(b->rib, NULL, 0);
	bed_rest(b);
	expect_why(b, "192.168.3.0/24", RIB_USED);
	assert_int_equal(accepted(b, 0), 8);
	bed_free(b);
}

static void announce(struct bed *b, const char *prefix)
{
	struct prefix p = pfx(prefix);
	bed_announce(b, 0, &p, (struct path_spec){0});
}

/* What a chain permits is refused, in that VRF alone, and is there again without it. */
static void test_deny_import(void **state)
{
	const struct filter_rule rules[] = {{.prefix = pfx("203.0.113.64/26"), .ge = 26, .le = 26},
		{.prefix = pfx("203.0.113.0/24"), .ge = 24, .le = 32, .permit = true}};
	struct filter *never = filter_of(rules, 2);
	struct bed *b = bed_new();

	bed_peer_up(b, 0, b->all);
	announce(b, "203.0.113.0/25");
	announce(b, "203.0.113.64/26");
	announce(b, "198.51.100.0/24");
	bed_rest(b);
	rib_vrf_deny(b->rib, 4, never); /* another VRF's */
	bed_rest(b);
	assert_int_equal(accepted(b, 0), 3);
	rib_vrf_deny(b->rib, 3, never);
	bed_rest(b);
	expect_why(b, "203.0.113.0/25", RIB_WHY_DENY_IMPORT);
	expect_why(b, "203.0.113.64/26", RIB_USED);
	expect_why(b, "198.51.100.0/24", RIB_USED);
	announce(b, "203.0.113.128/25");
	expect_why(b, "203.0.113.128/25", RIB_WHY_DENY_IMPORT);
	bed_wait(b, 3000);
	assert_int_equal(b->fib->routes_n, 2);
	rib_vrf_deny(b->rib, 3, NULL);
	bed_wait(b, 3000);
	assert_int_equal(accepted(b, 0), 4);
	assert_int_equal(b->fib->routes_n, 4);
	bed_check(b);
	filter_put(never);
	bed_free(b);
}

/* RFC 9234 5 */
static void test_route_leaks(void **state)
{
	static const struct {
		enum rib_otc otc;
		bool has;
		uint32_t value;
		enum rib_why why;
	} rows[] = {
		{RIB_OTC_ANY, false, 0, RIB_USED},
		{RIB_OTC_ANY, true, 65009, RIB_USED},
		{RIB_OTC_NONE, false, 0, RIB_USED},
		{RIB_OTC_NONE, true, 65001, RIB_WHY_LEAK},
		{RIB_OTC_NONE, true, 0, RIB_WHY_LEAK},
		{RIB_OTC_OWN, false, 0, RIB_USED},
		{RIB_OTC_OWN, true, 65001, RIB_USED},
		{RIB_OTC_OWN, true, 65002, RIB_WHY_LEAK},
		{RIB_OTC_OWN, true, 0, RIB_WHY_LEAK},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bed *b = bed_new();
		struct prefix p = pfx("203.0.113.0/24");
		struct rib_peer peer = {.name = "peer",
			.vrf = 3,
			.incarnation = 77,
			.address = bed_peer_address(0),
			.ifindex = 2,
			.local_as = 64512,
			.remote_as = 65001,
			.ebgp = true,
			.router_id = addr_v4(1),
			.otc = rows[i].otc};
		const struct attr_view v = {.has_otc = rows[i].has, .otc = rows[i].value};
		b->peer[0] = rib_peer_up(b->rib, &peer, b->all);
		const struct attrs *a =
			attr_get(rib_attrs(b->rib), &v, bed_peer_address(0), (struct addr){0});
		assert_int_equal(rib_announce(b->rib, b->peer[0], &p, a), RIB_OK);
		attr_put(rib_attrs(b->rib), a);
		expect_why(b, "203.0.113.0/24", rows[i].why);
		bed_free(b);
	}
}

/* A path may have so many and no more; 0 is any number. */
static void test_bounds(void **state)
{
	static const struct {
		struct rib_bounds bounds;
		unsigned path;           /* AS numbers */
		unsigned communities[3]; /* standard, extended, large */
		enum rib_why why;
	} rows[] = {
		{{0}, 255, {90, 90, 90}, RIB_USED},
		{{.as_path = 3}, 3, {0}, RIB_USED},
		{{.as_path = 3}, 4, {0}, RIB_WHY_LONG_AS_PATH},
		{{.communities = 6}, 1, {6, 0, 0}, RIB_USED},
		{{.communities = 6}, 1, {7, 0, 0}, RIB_WHY_COMMUNITIES},
		{{.communities = 6}, 1, {0, 7, 0}, RIB_WHY_COMMUNITIES},
		{{.communities = 6}, 1, {0, 0, 7}, RIB_WHY_COMMUNITIES},
		{{.communities = 6}, 1, {2, 2, 2}, RIB_USED},
		{{.communities = 6}, 1, {3, 2, 2}, RIB_WHY_COMMUNITIES},
	};
	static uint8_t path[2 + 255 * 4] = {2}, bytes[2000];
	struct prefix p = pfx("203.0.113.0/24");
	(void)state;
	for (unsigned i = 0; i < 255; i++)
		path[2 + 4 * i + 3] = (uint8_t)(i + 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bed *b = bed_new();
		struct attr_view v = {.as_path = {path, (uint16_t)(2 + 4 * rows[i].path)},
			.communities = {bytes, (uint16_t)(4 * rows[i].communities[0])},
			.ext_communities = {bytes, (uint16_t)(8 * rows[i].communities[1])},
			.large_communities = {bytes, (uint16_t)(12 * rows[i].communities[2])}};
		path[1] = (uint8_t)rows[i].path;
		bed_peer_up(b, 0, b->all);
		const struct attrs *a =
			attr_get(rib_attrs(b->rib), &v, bed_peer_address(0), (struct addr){0});
		assert_int_equal(rib_announce(b->rib, b->peer[0], &p, a), RIB_OK);
		attr_put(rib_attrs(b->rib), a);
		expect_why(b, "203.0.113.0/24", RIB_USED);
		rib_peer_limits(b->rib, b->peer[0], 0, &rows[i].bounds);
		bed_rest(b);
		expect_why(b, "203.0.113.0/24", rows[i].why);
		assert_int_equal(b->fib->routes_n, rows[i].why == RIB_USED);
		rib_peer_limits(b->rib, b->peer[0], 0, &(struct rib_bounds){0});
		bed_rest(b);
		expect_why(b, "203.0.113.0/24", RIB_USED);
		bed_free(b);
	}
}

static void test_own_announcements(void **state)
{
	const struct prefix own[] = {pfx("198.51.100.10/32"), pfx("203.0.113.0/24")};
	static const char *const learnt[] = {
		"198.51.100.10/32", "203.0.113.0/24", "203.0.113.0/25", "203.0.112.0/23"};
	struct bed *b = bed_new();

	rib_own_announcements(b->rib, own, 1);
	bed_peer_up(b, 0, b->all);
	for (size_t i = 0; i < 4; i++) {
		struct prefix p = pfx(learnt[i]);
		bed_announce(b, 0, &p, (struct path_spec){0});
	}
	bed_rest(b);
	expect_why(b, learnt[0], RIB_WHY_OWN_ANNOUNCEMENT);
	assert_int_equal(accepted(b, 0), 3);
	rib_own_announcements(b->rib, own, 2); /* one more */
	bed_rest(b);
	expect_why(b, learnt[1], RIB_WHY_OWN_ANNOUNCEMENT);
	expect_why(b, learnt[2], RIB_USED);
	expect_why(b, learnt[3], RIB_USED);
	assert_int_equal(b->fib->routes_n, 2);
	rib_own_announcements(b->rib, own + 1, 1); /* one less */
	bed_rest(b);
	expect_why(b, learnt[0], RIB_USED);
	bed_check(b);
	rib_own_announcements(b->rib, NULL, 0);
	bed_rest(b);
	assert_int_equal(b->fib->routes_n, 4);
	bed_check(b);
	bed_free(b);
}

static void test_next_hops(void **state)
{
	struct bed *b = bed_new();
	struct prefix p = pfx("203.0.113.0/24");

	bed_peer_up(b, 0, b->all);
	bed_announce(b, 0, &p, (struct path_spec){.next_hop = 0x0a000302});
	expect_why(b, "203.0.113.0/24", RIB_WHY_NEXT_HOP_OWN);
	bed_announce(b, 0, &p, (struct path_spec){.next_hop = 0x0a000309}); /* another link's */
	expect_why(b, "203.0.113.0/24", RIB_WHY_NEXT_HOP_UNRESOLVED);
	bed_announce(b, 0, &p, (struct path_spec){.next_hop = 0x0b000001});
	expect_why(b, "203.0.113.0/24", RIB_WHY_NEXT_HOP_UNRESOLVED);
	assert_int_equal(accepted(b, 0), 1);
	bed_announce(b, 0, &p, (struct path_spec){.first_as = 64512});
	expect_why(b, "203.0.113.0/24", RIB_WHY_OWN_AS);
	assert_int_equal(accepted(b, 0), 0);
	bed_rest(b);
	assert_int_equal(b->fib->route_ops, 0);
	bed_announce(b, 0, &p, (struct path_spec){0});
	expect_why(b, "203.0.113.0/24", RIB_USED);
	bed_free(b);
}

/* A route that was harmless hides a peer that comes later. */
static void test_hides_later_peer(void **state)
{
	struct bed *b = bed_new();
	struct prefix p = pfx("10.0.3.11/32");

	bed_peer_up(b, 0, b->all);
	bed_announce(b, 0, &p, (struct path_spec){0});
	bed_rest(b);
	bed_expect(b, &p, 1, 0);
	bed_peer_up(b, 1, b->all); /* 10.0.3.11 */
	bed_wait(b, 3000);
	bed_expect(b, &p, 0, 0);
	expect_why(b, "10.0.3.11/32", RIB_WHY_HIDES_GATEWAY);
	bed_check(b);
	bed_free(b);
}

static void test_refilter(void **state)
{
	enum {
		PREFIXES = 512,
	};
	struct bed *b = bed_new();
	struct filter *half = filter_le("20.0.0.0/16", 24), *same = filter_le("20.0.0.0/16", 24);

	for (unsigned n = 0; n < 2; n++) {
		bed_peer_up(b, n, n ? b->all : NULL);
		for (uint32_t i = 0; i < PREFIXES; i++) {
			struct prefix p = pfx_n(i);
			bed_announce(b, n, &p, (struct path_spec){0});
		}
	}
	bed_rest(b);
	struct prefix first = pfx_n(0), last = pfx_n(PREFIXES - 1);
	bed_expect(b, &first, 2, 0);
	assert_int_equal(accepted(b, 0), 0);
	rib_peer_import(b->rib, b->peer[0], half);
	bed_wait(b, 3000);
	assert_int_equal(accepted(b, 0), 256);
	bed_expect(b, &first, 3, 0);
	bed_expect(b, &last, 2, 0);
	bed_check(b);
	uint64_t ops = b->fib->route_ops;
	rib_peer_import(b->rib, b->peer[0], same);
	assert_false(rib_run(b->rib, 1, b->now_ms)); /* nothing changed: nothing to do */
	rib_peer_import(b->rib, b->peer[1], half);
	bed_wait(b, 3000);
	assert_int_equal(b->fib->route_ops - ops, 256); /* those that only peer 1 had */
	bed_expect(b, &first, 3, 0);
	bed_expect(b, &last, 0, 0);
	bed_check(b);
	rib_peer_import(b->rib, b->peer[0], NULL);
	rib_peer_import(b->rib, b->peer[1], b->all); /* while the other sweep has begun */
	bed_wait(b, 3000);
	bed_expect(b, &last, 2, 0);
	assert_int_equal(accepted(b, 0), 0);
	assert_int_equal(accepted(b, 1), PREFIXES);
	bed_check(b);
	filter_put(half);
	filter_put(same);
	bed_free(b);
}

static void test_ceiling(void **state)
{
	struct bed *b = bed_new();
	struct filter *half = filter_le("20.0.0.0/17", 24);
	struct prefix in = pfx("20.0.0.0/24"), out = pfx("20.0.200.0/24");

	rib_interface_import(b->rib, "eth2", half);
	for (unsigned n = 0; n < 2; n++) {
		bed_peer_up(b, n, b->all);
		bed_announce(b, n, &in, (struct path_spec){0});
		bed_announce(b, n, &out, (struct path_spec){0});
	}
	bed_wait(b, 3000);
	bed_expect(b, &in, 3, 0);
	bed_expect(b, &out, 2, 0); /* peer 0 is on eth2 */
	bed_check(b);
	rib_interface_import(b->rib, "eth2", b->all);
	bed_wait(b, 3000);
	bed_expect(b, &out, 3, 0);
	rib_interface_import(b->rib, "eth3", half);
	bed_wait(b, 3000);
	bed_expect(b, &out, 1, 0);
	rib_interface_import(b->rib, "eth3", NULL);
	rib_interface_import(b->rib, "eth2", NULL);
	bed_wait(b, 3000);
	bed_expect(b, &out, 3, 0);
	bed_check(b);
	filter_put(half);
	bed_free(b);
}

/* The only path of its next hop is refused; then the ceiling goes. */
static void test_ceiling_of_one_path(void **state)
{
	struct bed *b = bed_new();
	struct filter *none = filter_le("172.16.0.0/12", 24);
	struct prefix p = pfx_n(1);

	rib_interface_import(b->rib, "eth2", none);
	bed_peer_up(b, 0, b->all);
	bed_announce(b, 0, &p, (struct path_spec){0});
	bed_rest(b);
	expect_why(b, "20.0.1.0/24", RIB_WHY_CEILING);
	rib_interface_import(b->rib, "eth2", NULL);
	expect_why(b, "20.0.1.0/24", RIB_WHY_CEILING); /* not judged again yet, but shown */
	bed_rest(b);
	bed_check(b);
	bed_expect(b, &p, 1, 0);
	filter_put(none);
	bed_free(b);
}

static void test_maximum_prefix(void **state)
{
	struct bed *b = bed_new();
	struct rib_peer p = {.name = "few",
		.vrf = 3,
		.incarnation = 99,
		.address = bed_peer_address(0),
		.ifindex = 2,
		.local_as = 64512,
		.ebgp = true,
		.maximum_prefix = 2};
	struct rib_peer_counts c;

	b->peer[0] = rib_peer_up(b->rib, &p, b->all);
	b->life[0] = 99;
	const struct attrs *a = bed_attrs(b, 0, (struct path_spec){0});
	struct prefix x[3] = {pfx_n(0), pfx_n(1), pfx_n(2)};
	assert_int_equal(rib_announce(b->rib, b->peer[0], &x[0], a), RIB_OK);
	assert_int_equal(rib_announce(b->rib, b->peer[0], &x[1], a), RIB_OK);
	assert_int_equal(rib_announce(b->rib, b->peer[0], &x[1], a), RIB_OK);
	assert_int_equal(rib_announce(b->rib, b->peer[0], &x[2], a), RIB_LIMIT);
	rib_withdraw(b->rib, b->peer[0], &x[0]);
	assert_int_equal(rib_announce(b->rib, b->peer[0], &x[2], a), RIB_OK);
	attr_put(rib_attrs(b->rib), a);
	rib_peer_count(b->rib, b->peer[0], &c);
	assert_int_equal(c.received, 2);
	assert_int_equal(c.received_family[0], 2);
	bed_wait(b, 3000);
	bed_check(b);
	bed_free(b);
}

/* Ten changes while nobody decides cost one operation, and none when the end is the start. */
static void test_coalesce(void **state)
{
	struct bed *b = bed_new();
	struct prefix p = pfx_n(1);

	bed_peer_up(b, 0, b->all);
	bed_peer_up(b, 1, b->all);
	for (unsigned i = 0; i < 10; i++) {
		bed_announce(b, 0, &p, (struct path_spec){.local_pref = 100 + i});
		bed_withdraw(b, 0, &p);
	}
	bed_announce(b, 0, &p, (struct path_spec){0});
	bed_announce(b, 1, &p, (struct path_spec){0});
	bed_rest(b);
	assert_int_equal(b->fib->route_ops, 1);
	bed_expect(b, &p, 3, 0);
	bed_withdraw(b, 0, &p);
	bed_announce(b, 0, &p, (struct path_spec){.local_pref = 100});
	bed_rest(b);
	assert_int_equal(b->fib->route_ops, 1);
	bed_wait(b, 3000);
	bed_check(b);
	bed_free(b);
}

static void count_visits(void *arg, const struct rib_route_view *v)
{
	uint8_t *visits = arg;
	uint32_t n = (addr_u32(v->prefix.addr) - 0x14000000) >> 8;
	visits[n]++;
}

static void test_queue_bound_and_walk(void **state)
{
	enum {
		PREFIXES = 40000,
	};
	struct bed *b = bed_new();
	static uint8_t visits[2 * PREFIXES];
	size_t queued = 0, len;

	bed_peer_up(b, 0, b->all);
	for (uint32_t i = 0; i < PREFIXES; i++) {
		struct prefix p = pfx_n(i);
		bed_announce(b, 0, &p, (struct path_spec){0});
	}
	assert_true(rib_run(b->rib, 10 * PREFIXES, b->now_ms)); /* nobody takes packets */
	while (rib_out_peek(b->rib, &len) && queued < 1 << 20) {
		queued += len;
		fake_take(b->fib, 1);
	}
	assert_in_range(queued, RIB_QUEUE_HIGH, RIB_QUEUE_HIGH + 8192);
	bed_rest(b);
	struct rib_cursor c = {{0}};
	uint32_t more = PREFIXES;
	while (rib_walk(b->rib, RIB_NO_VRF, &c, 1000, count_visits, visits)) {
		for (unsigned i = 0; i < 500; i++, more++) { /* odd ones go, new ones come */
			struct prefix gone = pfx_n((more * 2 + 1) % PREFIXES), new = pfx_n(more);
			bed_withdraw(b, 0, &gone);
			bed_announce(b, 0, &new, (struct path_spec){0});
		}
		bed_rest(b);
	}
	for (uint32_t i = 0; i < PREFIXES; i += 2)
		assert_int_equal(visits[i], 1);
	for (uint32_t i = 1; i < PREFIXES; i += 2)
		assert_in_range(visits[i], 0, 1);
	bed_free(b);
}

/* A global and a link-local next hop: the latter is used, and is the peer's own. */
static void test_v6_link_local(void **state)
{
	struct bed *b = bed_new();
	struct addr global = ip("2001:db8::1"), link_local = ip("fe80::1");
	global.b[5] = 2;
	struct rib_peer p = {.name = "v6",
		.vrf = 3,
		.incarnation = 77,
		.address = global,
		.ifindex = 2,
		.local_as = 64512,
		.ebgp = true};
	struct attr_view view = {.origin = 0};
	struct prefix prefix = pfx("2001:db8:5::/48"), v4 = pfx("203.0.113.0/24");

	uint16_t peer = rib_peer_up(b->rib, &p, b->all);
	const struct attrs *a = attr_get(rib_attrs(b->rib), &view, global, link_local);
	assert_int_equal(rib_announce(b->rib, peer, &prefix, a), RIB_OK);
	assert_int_equal(rib_announce(b->rib, peer, &v4, a), RIB_OK); /* RFC 8950 */
	attr_put(rib_attrs(b->rib), a);
	bed_wait(b, 3000);
	bed_check(b);
	assert_int_equal(b->fib->routes_n, 2);
	assert_int_equal(b->fib->gateways_n, 1);
	assert_true(addr_equal(b->fib->gateways[0].addr, link_local));
	assert_int_equal(b->fib->gateways[0].ifindex, 2);
	assert_true(b->fib->gateways[0].holds[0].own);
	bed_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_deny_import),
		cmocka_unit_test(test_route_leaks),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_own_announcements),
		cmocka_unit_test(test_next_hops),
		cmocka_unit_test(test_hides_later_peer),
		cmocka_unit_test(test_refilter),
		cmocka_unit_test(test_ceiling),
		cmocka_unit_test(test_ceiling_of_one_path),
		cmocka_unit_test(test_maximum_prefix),
		cmocka_unit_test(test_coalesce),
		cmocka_unit_test(test_queue_bound_and_walk),
		cmocka_unit_test(test_v6_link_local),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
