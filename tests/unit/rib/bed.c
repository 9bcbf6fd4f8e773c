#include "tests/unit/rib/bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rib/weight.h"

struct addr ip(const char *text)
{
	struct addr a;
	assert_true(addr_parse(text, &a));
	return a;
}

struct prefix pfx(const char *text)
{
	struct prefix p;
	bool host_bits;
	assert_true(prefix_parse(text, &p, &host_bits));
	return p;
}

struct prefix pfx_n(uint32_t n)
{
	return prefix_make(addr_v4(0x14000000 + (n << 8)), 24);
}

struct filter *filter_of(const struct filter_rule *rules, size_t n)
{
	struct filter *f = filter_new();
	struct filter_list *l = filter_list_new("list", "a.conf", rules, n);
	assert_int_equal(filter_add_chain(f, "a", &l, 1), 0);
	filter_list_put(l);
	return f;
}

struct filter *filter_le(const char *prefix, uint8_t le)
{
	struct prefix p = pfx(prefix);
	struct filter_rule rule = {.prefix = p, .ge = p.len, .le = le, .permit = true, .line = 1};
	return filter_of(&rule, 1);
}

struct filter *filter_everything(void)
{
	const struct filter_rule rules[] = {
		{.prefix = pfx("0.0.0.0/0"), .ge = 0, .le = 32, .permit = true, .line = 1},
		{.prefix = pfx("::/0"), .ge = 0, .le = 128, .permit = true, .line = 2}};
	return filter_of(rules, 2);
}

static void host_link(struct bed *b, unsigned link, bool up)
{
	struct fib_link l = {.ifindex = link, .flags = FIB_LINK_UP | (up ? FIB_LINK_CARRIER : 0u)};
	snprintf(l.name, sizeof(l.name), "eth%u", link);
	host_link_set(rib_host(b->rib), &l);
}

static void host_address(struct bed *b, unsigned link, struct addr a, uint8_t len)
{
	struct fib_address m = {.ifindex = link, .addr = a, .len = len};
	host_address_set(rib_host(b->rib), &m);
}

void bed_link_kernel(struct bed *b, unsigned link, bool up)
{
	b->fib->dead_link = up ? 0 : link;
	if (!up)
		fake_link_down(b->fib, link);
}

void bed_link_told(struct bed *b, unsigned link, bool up)
{
	host_link(b, link, up);
	rib_links_changed(b->rib);
}

void bed_link(struct bed *b, unsigned link, bool up)
{
	bed_link_kernel(b, link, up);
	fake_hear(b->fib);
	bed_link_told(b, link, up);
}

static void other_vrf(struct bed *b)
{
	struct rib_vrf v = {.name = "blue",
		.table = BED_LEAK_TABLE,
		.maximum_paths = 16,
		.multipath_relax = true,
		.bandwidth = b->bandwidth};
	const struct rib_import import = {3, b->leaks};

	if (!b->leaks)
		return;
	rib_vrf_set(b->rib, 4, &v);
	rib_vrf_imports(b->rib, 4, &import, 1);
}

void bed_bandwidth(struct bed *b, enum decide_bandwidth mode)
{
	struct rib_vrf v = {.name = "red",
		.table = BED_TABLE,
		.maximum_paths = 16,
		.multipath_relax = true,
		.bandwidth = mode};
	b->bandwidth = mode;
	rib_vrf_set(b->rib, 3, &v);
	other_vrf(b);
}

void bed_leak(struct bed *b, struct filter *list)
{
	filter_put(b->leaks);
	b->leaks = filter_ref(list);
	other_vrf(b);
}

void bed_flush(struct bed *b, bool other, bool flushed)
{
	b->flushed[other] = flushed;
	rib_vrf_flush(b->rib, other ? 4 : 3, flushed);
}

/* Links and the VRF, as at every start. */
static void bed_configure(struct bed *b)
{
	for (unsigned link = 2; link < 6; link++) {
		host_link(b, link, true);
		host_address(b, link, addr_v4(0x0a000002 + (link << 8)), 24);
		struct addr a = ip("2001:db8::2");
		a.b[5] = (uint8_t)link;
		host_address(b, link, a, 64);
	}
	rib_links_changed(b->rib);
	bed_bandwidth(b, b->bandwidth);
	b->flushed[0] = b->flushed[1] = false;
	for (unsigned i = 0; i < BED_PEERS; i++)
		b->peer[i] = RIB_NO_PEER;
}

static struct bed *new_bed(bool plain)
{
	struct bed *b = calloc(1, sizeof(*b));

	b->rib = rib_new(42);
	b->fib = fake_new(b->rib);
	b->fib->plain = plain;
	rib_multipath(b->rib, plain);
	b->all = filter_everything();
	b->now_ms = 1000000;
	bed_configure(b);
	bed_rest(b);
	return b;
}

struct bed *bed_new(void)
{
	return new_bed(false);
}

struct bed *bed_new_plain(void)
{
	return new_bed(true);
}

void bed_restart(struct bed *b)
{
	rib_free(b->rib);
	b->rib = rib_new(43);
	rib_multipath(b->rib, b->fib->plain);
	fake_restart(b->fib, b->rib);
	bed_configure(b);
	bed_rest(b);
	fake_list(b->fib);
	bed_rest(b);
}

void bed_free(struct bed *b)
{
	fake_free(b->fib);
	rib_free(b->rib);
	filter_put(b->all);
	filter_put(b->leaks);
	free(b);
}

struct addr bed_peer_address(unsigned n)
{
	return addr_v4(0x0a00000a + ((2 + n % 4) << 8) + n);
}

static void peer_up(struct bed *b, unsigned n, struct filter *import, uint32_t ifindex)
{
	char name[16];
	snprintf(name, sizeof(name), "peer%u", n);
	struct rib_peer p = {.name = name,
		.vrf = b->leaks && n == BED_OTHER ? 4 : 3,
		.incarnation = ++b->incarnation,
		.address = bed_peer_address(n),
		.ifindex = ifindex,
		.local_as = 64512,
		.remote_as = 65001 + n,
		.ebgp = true,
		.router_id = addr_v4(0x01000000 + n)};
	assert_true(b->peer[n] == RIB_NO_PEER);
	b->life[n] = p.incarnation;
	b->peer[n] = rib_peer_up(b->rib, &p, import);
	assert_true(b->peer[n] != RIB_NO_PEER);
}

void bed_peer_up(struct bed *b, unsigned n, struct filter *import)
{
	peer_up(b, n, import, 2 + n % 4);
}

void bed_peer_up_far(struct bed *b, unsigned n, struct filter *import)
{
	peer_up(b, n, import, 0);
}

void bed_peer_down(struct bed *b, unsigned n, enum fib_cause cause)
{
	fake_session_down(b->fib, b->life[n], cause);
	rib_peer_down(b->rib, b->peer[n], cause);
	b->peer[n] = RIB_NO_PEER;
}

const struct attrs *bed_attrs(struct bed *b, unsigned n, struct path_spec s)
{
	uint8_t path[2 + 4 * 16] = {2, (uint8_t)(s.as_path_length + 1)};
	uint32_t first = s.first_as ? s.first_as : 65001 + n;
	for (unsigned i = 0; i <= s.as_path_length; i++) {
		uint32_t as = i ? 3000 : first;
		for (unsigned k = 0; k < 4; k++)
			path[2 + 4 * i + k] = (uint8_t)(as >> (24 - 8 * k));
	}
	struct attr_view v = {.has_med = true,
		.med = s.med,
		.has_local_pref = s.local_pref != 0,
		.local_pref = s.local_pref,
		.as_path = {path, (uint16_t)(2 + 4 * (s.as_path_length + 1))}};
	uint8_t community[4];
	for (unsigned k = 0; k < 4; k++)
		community[k] = (uint8_t)(s.community >> (24 - 8 * k));
	if (s.community)
		v.communities = (struct attr_bytes){community, sizeof(community)};
	uint8_t link[8] = {0x40, 0x04, 0xfc, 0x00};
	uint32_t bits;
	memcpy(&bits, &s.bandwidth, sizeof(bits));
	for (unsigned k = 0; k < 4; k++)
		link[4 + k] = (uint8_t)(bits >> (24 - 8 * k));
	if (bits)
		v.ext_communities = (struct attr_bytes){link, sizeof(link)};
	struct addr via = s.next_hop ? addr_v4(s.next_hop) : bed_peer_address(n);
	return attr_get(rib_attrs(b->rib), &v, via, (struct addr){0});
}

void bed_announce(struct bed *b, unsigned n, const struct prefix *p, struct path_spec s)
{
	const struct attrs *a = bed_attrs(b, n, s);
	assert_int_equal(rib_announce(b->rib, b->peer[n], p, a), RIB_OK);
	attr_put(rib_attrs(b->rib), a);
}

void bed_withdraw(struct bed *b, unsigned n, const struct prefix *p)
{
	rib_withdraw(b->rib, b->peer[n], p);
}

void bed_rest(struct bed *b)
{
	for (unsigned i = 0;; i++) {
		bool more = rib_run(b->rib, 1000, b->now_ms);
		size_t taken = fake_take(b->fib, 1000);
		size_t answered = fake_answer(b->fib, 1000, b->now_ms);
		if (!more && !taken && !answered)
			answered = fake_resolve(b->fib);
		assert_true(i < 100000);
		if (!more && !taken && !answered && !rib_run(b->rib, 1000, b->now_ms))
			return;
	}
}

void bed_wait(struct bed *b, uint64_t ms)
{
	uint64_t end = b->now_ms + ms;

	bed_rest(b);
	while (b->now_ms < end) {
		int next = rib_next_ms(b->rib, b->now_ms);
		uint64_t step = next < 0 ? end - b->now_ms : next > 0 ? (uint64_t)next : 1;
		b->now_ms = b->now_ms + step < end ? b->now_ms + step : end;
		bed_rest(b);
	}
}

/* ---- the check ---- */

static void set_expect(
	struct bed *b, const struct group_set *s, const struct rib_route_view *v, bool fallback)
{
	unsigned matched = 0;

	for (uint16_t i = 0; i < s->n; i++) {
		const struct fake_gateway *g = fake_gateway(b->fib, s->gateway[i]);
		assert_non_null(g);
		assert_true(g->alive);
		bool found = false;
		for (size_t k = 0; k < v->paths_n; k++) {
			const struct rib_path_view *p = &v->paths[k];
			if ((fallback ? p->fallback : p->multipath) && p->ifindex == g->ifindex &&
				addr_equal(p->next_hop, g->addr))
				found = true;
		}
		assert_true(found);
	}
	for (size_t k = 0; k < v->paths_n; k++) {
		const struct rib_path_view *p = &v->paths[k];
		if (!(fallback ? p->fallback : p->multipath))
			continue;
		for (uint16_t i = 0; i < s->n; i++) {
			const struct fake_gateway *g = fake_gateway(b->fib, s->gateway[i]);
			if (p->ifindex == g->ifindex && addr_equal(p->next_hop, g->addr))
				matched++;
		}
		assert_true(matched > 0);
	}
	assert_true(matched >= s->n);
}

struct check {
	struct bed *b;
	size_t routes;
};

static void check_route(void *arg, const struct rib_route_view *v)
{
	struct check *c = arg;
	bool usable = v->paths_n && v->paths[0].why == RIB_USED;
	bool flushed = c->b->flushed[v->vrf == 4];
	uint32_t group = fake_route_group(c->b->fib, v->table, &v->prefix);
	const struct group_id *id = fake_group_id(c->b->fib, group);

	assert_int_equal(v->state, !usable   ? RIB_STATE_NONE
				   : flushed ? RIB_STATE_FLUSHED
					     : RIB_STATE_INSTALLED);
	assert_true(!v->paths_n || v->paths[0].best == usable);
	assert_true((group != 0) == (usable && !flushed));
	if (!group)
		return;
	c->routes++;
	assert_int_equal(group, v->group);
	assert_true(fake_route_whole(c->b->fib, v->table, &v->prefix));
	assert_non_null(id);
	assert_memory_equal(fake_route(c->b->fib, v->table, &v->prefix)->source, v->kernel.source.b,
		sizeof(v->kernel.source.b));
	assert_int_equal(fake_route(c->b->fib, v->table, &v->prefix)->metric, v->kernel.metric);
	set_expect(c->b, &id->live, v, false);
	set_expect(c->b, &id->fallback, v, true);
}

static void check_groups(struct bed *b)
{
	static struct rib_group_view view[RIB_GROUPS_MAX];
	size_t n = rib_groups(b->rib, view, RIB_GROUPS_MAX);

	assert_int_equal(n, b->fib->groups_n);
	for (size_t i = 0; i < n; i++) {
		const struct group_id *id = fake_group_id(b->fib, view[i].group);
		assert_non_null(id);
		assert_true(group_id_equal(id, &view[i].id));
		assert_true(fake_group_whole(b->fib, view[i].group));
	}
}

static void check_gateways(struct bed *b)
{
	static struct rib_gateway_view view[1024];
	size_t n = rib_gateways(b->rib, view, 1024);

	assert_int_equal(n, b->fib->gateways_n);
	for (size_t i = 0; i < n; i++) {
		const struct fake_gateway *g = fake_gateway(b->fib, view[i].gateway);
		assert_non_null(g);
		assert_true(g->alive);
		assert_int_equal(view[i].holders, g->holds_n);
		for (size_t k = 0; k < g->holds_n; k++)
			assert_false(g->holds[k].ended);
	}
}

void bed_check(struct bed *b)
{
	struct check c = {.b = b};
	struct rib_cursor cursor = {{0}};
	struct rib_counts counts;

	while (rib_walk(b->rib, RIB_NO_VRF, &cursor, 100, check_route, &c))
		;
	assert_int_equal(c.routes, b->fib->routes_n);
	check_groups(b);
	check_gateways(b);
	rib_count(b->rib, &counts);
	assert_int_equal(counts.installed, c.routes);
	assert_int_equal(rib_vrf_installed(b->rib, 3) + rib_vrf_installed(b->rib, 4), c.routes);
	assert_int_equal(counts.dirty, 0);
	assert_int_equal(counts.failed, 0);
	assert_false(rib_out_of_memory(b->rib));
}

static unsigned set_peers(struct bed *b, const struct group_set *s)
{
	unsigned bits = 0;

	for (uint16_t i = 0; i < s->n; i++) {
		const struct fake_gateway *g = fake_gateway(b->fib, s->gateway[i]);
		for (unsigned n = 0; n < BED_PEERS; n++)
			if (addr_equal(g->addr, bed_peer_address(n)))
				bits |= 1u << n;
	}
	return bits;
}

void bed_expect_in(
	struct bed *b, uint32_t table, const struct prefix *p, unsigned live, unsigned fallback)
{
	const struct group_id *id = fake_group_id(b->fib, fake_route_group(b->fib, table, p));

	assert_int_equal(id ? set_peers(b, &id->live) : 0, live);
	assert_int_equal(id ? set_peers(b, &id->fallback) : 0, fallback);
}

void bed_expect(struct bed *b, const struct prefix *p, unsigned live, unsigned fallback)
{
	bed_expect_in(b, BED_TABLE, p, live, fallback);
}

static void set_weights(struct bed *b, const struct group_set *s, const double *bandwidth)
{
	double of[FIB_GROUP_MEMBERS_MAX] = {0};
	uint8_t want[FIB_GROUP_MEMBERS_MAX];

	for (uint16_t i = 0; i < s->n; i++) {
		const struct fake_gateway *g = fake_gateway(b->fib, s->gateway[i]);
		for (unsigned n = 0; n < BED_PEERS; n++)
			if (addr_equal(g->addr, bed_peer_address(n)))
				of[i] = bandwidth[n];
	}
	weights_make(of, s->n, want);
	assert_true(weights_serve(s->weight, want, s->n));
}

void bed_expect_weights(
	struct bed *b, const struct prefix *p, const double *live, const double *fallback)
{
	const struct group_id *id = fake_group_id(b->fib, fake_route_group(b->fib, BED_TABLE, p));

	if (!id)
		return;
	set_weights(b, &id->live, live);
	set_weights(b, &id->fallback, fallback);
}
