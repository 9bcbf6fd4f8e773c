/* What must hold in the simulated world: the kernel against an oracle that knows what is said and
 * what lives, and nothing of the RIB. */
#include <linux/rtnetlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/fib/sim.h"

bool sim_wrong(struct sim *s, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	vsnprintf(s->why, sizeof(s->why), format, ap);
	va_end(ap);
	return false;
}

/* ---- the oracle ---- */

bool sim_address_is_there(const struct sim *s, unsigned link, bool v6)
{
	const struct fake_kernel *k = s->kernel;
	for (size_t i = 0; i < k->address_n; i++)
		if (k->address[i].ifindex == link && (k->address[i].addr.family == ADDR_V6) == v6 &&
			k->address[i].len < addr_bits((enum addr_family)k->address[i].addr.family))
			return true;
	return false;
}

static bool usable(const struct sim *s, unsigned n, unsigned i)
{
	unsigned link = sim_link_of(n);
	struct hop way;
	if (!s->peer[n].up || s->peer[n].bfd_told || !s->peer[n].path[i].said ||
		(sim_vrf_of(n) && !s->blue_table))
		return false;
	if (sim_is_far(s, n))
		return sim_far_way(s, n, i >= SIM_V6, &way);
	return fake_link(s->kernel, link)->flags & FIB_LINK_CARRIER &&
	       sim_address_is_there(s, link, i >= SIM_V6);
}

unsigned sim_best(const struct sim *s, unsigned vrf, unsigned i, unsigned but)
{
	unsigned best = 0, bits = 0;
	for (unsigned n = 0; n < SIM_PEERS; n++) {
		unsigned worth = s->peer[n].path[i].local_pref + 1u;
		if (sim_vrf_of(n) != vrf || but >> n & 1 || !usable(s, n, i) || worth < best)
			continue;
		bits = worth > best ? 1u << n : bits | 1u << n;
		best = worth;
	}
	return bits;
}

/* ---- the kernel ---- */

static unsigned peers_by(const struct sim *s, uint32_t ifindex, struct addr gateway)
{
	bool v6 = gateway.family == ADDR_V6;
	unsigned bits = 0;
	for (unsigned n = 0; n < SIM_PEERS; n++) {
		struct hop by = {.ifindex = sim_link_of(n), .addr = sim_address(n, v6)};
		bool there = !sim_is_far(s, n) || sim_far_way(s, n, v6, &by);
		if (there && ifindex == by.ifindex && addr_equal(gateway, by.addr))
			bits |= 1u << n;
	}
	return bits;
}

/* The peers that the route leads to, as bits. */
static unsigned peers_of(const struct sim *s, const struct fake_route *r)
{
	const struct fake_nexthop *g = fake_nexthop(s->kernel, r->is.nh_id);
	unsigned bits = 0;
	for (size_t h = 0; !g && h < r->is.hop_n; h++)
		bits |= peers_by(s, r->is.hop[h].ifindex, r->is.hop[h].addr);
	for (uint16_t m = 0; g && m < g->member_n; m++) {
		const struct fake_nexthop *x = fake_nexthop(s->kernel, g->member[m].id);
		bits |= x ? peers_by(s, x->ifindex, x->gateway) : 0;
	}
	return bits;
}

static uint32_t table_of(const struct sim *s, unsigned vrf)
{
	return vrf ? s->blue_table : SIM_RED;
}

uint8_t sim_effect_of(const struct sim *s, unsigned bits, unsigned i)
{
	return bits ? s->peer[__builtin_ctz(bits)].path[i].effect : 0;
}

bool sim_is_ours(const struct fake_route *r)
{
	return r && r->is.protocol == FAKE_ROUTE_PROTOCOL;
}

static void say_route(void *arg, const struct rib_route_view *v)
{
	const struct sim *s = arg;
	char a[ADDR_TEXT_MAX];
	sim_say(s, "RIB: state %d group %u error %d \"%s\"", v->state, v->group, v->error,
		v->error_text);
	for (size_t i = 0; i < v->paths_n; i++)
		sim_say(s, "RIB: via %s if %u why %d %s best %d",
			addr_text(v->paths[i].next_hop, a), v->paths[i].ifindex, v->paths[i].why,
			v->paths[i].why_text, v->paths[i].best);
}

struct paths_of {
	struct sim *s;
	unsigned used;
};

static void count_used(void *arg, const struct rib_route_view *v)
{
	struct paths_of *x = arg;
	for (size_t i = 0; i < v->paths_n; i++)
		x->used += v->paths[i].why == RIB_USED;
}

/* The RIB uses each path that could be: no gateway waits to be tried again. */
static bool check_paths(struct sim *s, unsigned vrf, unsigned i)
{
	struct prefix p = sim_prefix(i);
	struct paths_of x = {.s = s};
	unsigned want = 0;
	for (unsigned n = 0; n < SIM_PEERS; n++)
		want += sim_vrf_of(n) == vrf && usable(s, n, i);
	rib_look(s->rib, (uint16_t)vrf, &p, count_used, &x);
	return x.used == want ||
	       sim_wrong(s, "prefix %u of VRF %u: %u paths are used, not %u", i, vrf, x.used, want);
}

static bool check_prefix(struct sim *s, unsigned vrf, unsigned i, size_t *routes)
{
	struct prefix p = sim_prefix(i);
	unsigned want = sim_best(s, vrf, i, 0);
	uint8_t effect = sim_effect_of(s, want, i);
	uint32_t metric = sim_effect_metric(effect);
	struct addr source = sim_effect_source(vrf, effect, i >= SIM_V6);
	const struct fake_route *r =
		table_of(s, vrf) ? fake_route(s->kernel, table_of(s, vrf), &p, metric) : NULL;
	bool ours = sim_is_ours(r) && r->is.type == RTN_UNICAST;
	unsigned has = ours ? peers_of(s, r) : 0;

	*routes += ours;
	if ((want != has || (ours && !want)) && s->trace) {
		rib_look(s->rib, (uint16_t)vrf, &p, say_route, s);
		if (r)
			sim_say(s, "kernel: nexthop %u protocol %u", r->is.nh_id, r->is.protocol);
	}
	if (ours && !addr_equal(r->is.source, source))
		return sim_wrong(
			s, "prefix %u of VRF %u has not the source of effect %u", i, vrf, effect);
	if (want != has || (ours && !want))
		return sim_wrong(s, "prefix %u of VRF %u: peers %x are wanted, the kernel has %x%s",
			i, vrf, want, has, r && !ours ? " (foreign)" : "");
	return true;
}

static bool check_defaults(struct sim *s, size_t *routes)
{
	for (unsigned i = 0; i < 4; i++) {
		uint32_t table = table_of(s, i / 2);
		struct prefix p = {.addr = {.family = i % 2 ? ADDR_V6 : ADDR_V4}};
		if (!table || s->faults & SIM_FALLTHROUGH)
			continue;
		const struct fake_route *r =
			fake_route(s->kernel, table, &p, NLBUILD_DEFAULT_METRIC);
		if (!r)
			return sim_wrong(s, "table %u has no unreachable default", table);
		*routes += sim_is_ours(r);
	}
	return true;
}

static bool check_routes(struct sim *s)
{
	size_t routes = 0, ours = 0;
	for (unsigned i = 0; i < 2 * SIM_PREFIXES; i++)
		if (!check_prefix(s, i / SIM_PREFIXES, i % SIM_PREFIXES, &routes) ||
			!check_paths(s, i / SIM_PREFIXES, i % SIM_PREFIXES))
			return false;
	if (!check_defaults(s, &routes))
		return false;
	for (size_t i = 0; i < s->kernel->route_n; i++)
		ours += sim_is_ours(&s->kernel->route[i]);
	return ours == routes || sim_wrong(s, "%zu routes of ours, %zu are wanted", ours, routes);
}

/* A twin is there for groups of its gateway alone, and some such group is; no other group has it.
 */
static bool check_twin(struct sim *s, uint32_t id)
{
	const struct fake_kernel *k = s->kernel;
	size_t alone = 0;

	for (size_t i = 0; i < k->nexthop_n; i++)
		for (uint16_t m = 0; m < k->nexthop[i].member_n; m++) {
			if (k->nexthop[i].foreign || k->nexthop[i].member[m].id != id)
				continue;
			if (k->nexthop[i].member_n > 1)
				return sim_wrong(s, "group %u of several has the twin %u",
					k->nexthop[i].id - SIM_ID_FIRST, id - SIM_ID_FIRST);
			alone++;
		}
	return alone || sim_wrong(s, "no group has the twin %u", id - SIM_ID_FIRST);
}

static bool check_equal(struct sim *s, const struct rib_group_view *g, size_t n)
{
	for (size_t i = 0; s->faults & SIM_JOIN && i < n; i++)
		for (size_t j = 0; j < i; j++)
			if (g[i].prefixes && g[j].prefixes && group_id_equal(&g[i].id, &g[j].id))
				return sim_wrong(
					s, "groups %u and %u are equal", g[i].group, g[j].group);
	return true;
}

/* Each object of ours is one that fib and the RIB know: one a gateway, and its twin. */
static bool check_objects(struct sim *s)
{
	static struct rib_gateway_view gateways[64];
	static struct rib_group_view groups[RIB_GROUPS_MAX];
	const struct fake_kernel *k = s->kernel;
	size_t gateways_n = 0, alive = 0;

	for (size_t i = 0; i < k->nexthop_n; i++) {
		const struct fake_nexthop *n = &k->nexthop[i];
		if (n->foreign)
			continue;
		if (s->plain)
			return sim_wrong(s, "there is an object: %u", n->id - SIM_ID_FIRST);
		const struct gateway *g = handles_find(&s->fib->ledger.gateway_ids, n->id);
		const struct group *x = handles_find(&s->fib->ledger.group_ids, n->id);
		if (n->group ? !x || !x->present : !g || !g->alive)
			return sim_wrong(s, "the %s %u is nobody's", n->group ? "group" : "object",
				n->id - SIM_ID_FIRST);
		gateways_n += g && n->id == g->id;
		if (g && n->id == g->twin_id && !check_twin(s, n->id))
			return false;
	}
	size_t known = rib_gateways(s->rib, gateways, 64);
	for (size_t i = 0; i < known; i++)
		alive += gateways[i].usable;
	if ((alive != gateways_n && !(s->plain)) || known != s->fib->ledger.gateways.n)
		return sim_wrong(s,
			"gateways: %zu usable of %zu in the RIB, %zu in fib, %zu objects", alive,
			known, s->fib->ledger.gateways.n, gateways_n);
	/* One that is not used any more lingers, also where its members went. */
	known = rib_groups(s->rib, groups, RIB_GROUPS_MAX);
	return check_equal(s, groups, known) &&
	       (known == s->fib->ledger.groups.n ||
		       sim_wrong(s, "groups: %zu in the RIB, %zu in fib", known,
			       s->fib->ledger.groups.n));
}

static bool check_rib(struct sim *s)
{
	struct rib_counts c;
	rib_count(s->rib, &c);
	if (c.failed || c.dirty)
		return sim_wrong(s, "%llu prefixes failed, %llu are dirty",
			(unsigned long long)c.failed, (unsigned long long)c.dirty);
	if (rib_adopted(s->rib))
		return sim_wrong(s, "%llu prefixes wait for the adoption to end",
			(unsigned long long)rib_adopted(s->rib));
	return true;
}

static bool check_rules(struct sim *s)
{
	unsigned ours = 0;
	for (size_t i = 0; i < s->kernel->rule_n; i++)
		ours += s->kernel->rule[i].protocol == 186;
	return ours == 2 || sim_wrong(s, "%u rules of ours, not 2", ours);
}

bool sim_agrees(struct sim *s)
{
	s->why[0] = 0;
	if (s->kernel->trespass[0])
		return sim_wrong(s, "it %s, which is foreign", s->kernel->trespass);
	return (s->phase == SIM_RUNS || sim_wrong(s, "it is still starting")) && check_routes(s) &&
	       check_objects(s) && check_rib(s) && check_rules(s);
}
