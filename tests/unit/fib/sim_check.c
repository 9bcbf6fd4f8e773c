/* What must hold in the simulated world: the kernel against an oracle that knows what is said and
 * what lives, and nothing of the RIB. */
#include <linux/rtnetlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/fib/sim.h"

static bool wrong(struct sim *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool wrong(struct sim *s, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	vsnprintf(s->why, sizeof(s->why), format, ap);
	va_end(ap);
	return false;
}

/* ---- the oracle ---- */

static bool address_is_there(const struct sim *s, unsigned link, bool v6)
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
	return s->peer[n].up && !s->peer[n].bfd_told && s->peer[n].path[i].said &&
	       fake_link(s->kernel, link)->flags & FIB_LINK_CARRIER &&
	       address_is_there(s, link, i >= SIM_V6) && (!sim_vrf_of(n) || s->blue_table);
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
	unsigned bits = 0;
	for (unsigned n = 0; n < SIM_PEERS; n++)
		if (ifindex == sim_link_of(n) &&
			addr_equal(gateway, sim_address(n, gateway.family == ADDR_V6)))
			bits |= 1u << n;
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

/* What the best path sets: all else is equal, so that of the lowest router id. */
static uint8_t effect_of(const struct sim *s, unsigned bits, unsigned i)
{
	return bits ? s->peer[__builtin_ctz(bits)].path[i].effect : 0;
}

static bool is_ours(const struct fake_route *r)
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
	       wrong(s, "prefix %u of VRF %u: %u paths are used, not %u", i, vrf, x.used, want);
}

static bool check_prefix(struct sim *s, unsigned vrf, unsigned i, size_t *routes)
{
	struct prefix p = sim_prefix(i);
	unsigned want = sim_best(s, vrf, i, 0);
	uint8_t effect = effect_of(s, want, i);
	uint32_t metric = sim_effect_metric(effect);
	struct addr source = sim_effect_source(vrf, effect, i >= SIM_V6);
	const struct fake_route *r =
		table_of(s, vrf) ? fake_route(s->kernel, table_of(s, vrf), &p, metric) : NULL;
	bool ours = is_ours(r) && r->is.type == RTN_UNICAST;
	unsigned has = ours ? peers_of(s, r) : 0;

	*routes += ours;
	if ((want != has || (ours && !want)) && s->trace) {
		rib_look(s->rib, (uint16_t)vrf, &p, say_route, s);
		if (r)
			sim_say(s, "kernel: nexthop %u protocol %u", r->is.nh_id, r->is.protocol);
	}
	if (ours && !addr_equal(r->is.source, source))
		return wrong(
			s, "prefix %u of VRF %u has not the source of effect %u", i, vrf, effect);
	if (want != has || (ours && !want))
		return wrong(s, "prefix %u of VRF %u: peers %x are wanted, the kernel has %x%s", i,
			vrf, want, has, r && !ours ? " (foreign)" : "");
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
			return wrong(s, "table %u has no unreachable default", table);
		*routes += is_ours(r);
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
		ours += is_ours(&s->kernel->route[i]);
	return ours == routes || wrong(s, "%zu routes of ours, %zu are wanted", ours, routes);
}

static bool same_object(const struct fake_nexthop *a, const struct fake_nexthop *b)
{
	return !a->group && !b->group && a->ifindex == b->ifindex &&
	       addr_equal(a->gateway, b->gateway);
}

/* Each object of ours is one that fib and the RIB know, and there is one a gateway. */
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
		if (s->faults & SIM_PLAIN)
			return wrong(s, "there is an object: %u", n->id - SIM_ID_FIRST);
		const struct gateway *g = handles_find(&s->fib->ledger.gateway_ids, n->id);
		const struct group *x = handles_find(&s->fib->ledger.group_ids, n->id);
		if (n->group ? !x || !x->present : !g || !g->alive)
			return wrong(s, "the %s %u is nobody's", n->group ? "group" : "object",
				n->id - SIM_ID_FIRST);
		gateways_n += !n->group;
		for (size_t j = 0; j < i; j++)
			if (!k->nexthop[j].foreign && same_object(n, &k->nexthop[j]))
				return wrong(
					s, "two objects for one gateway: %u", n->id - SIM_ID_FIRST);
	}
	size_t known = rib_gateways(s->rib, gateways, 64);
	for (size_t i = 0; i < known; i++)
		alive += gateways[i].usable;
	if ((alive != gateways_n && !(s->faults & SIM_PLAIN)) || known != s->fib->ledger.gateways.n)
		return wrong(s, "gateways: %zu usable of %zu in the RIB, %zu in fib, %zu objects",
			alive, known, s->fib->ledger.gateways.n, gateways_n);
	/* One that is not used any more lingers, also where its members went. */
	known = rib_groups(s->rib, groups, RIB_GROUPS_MAX);
	return known == s->fib->ledger.groups.n ||
	       wrong(s, "groups: %zu in the RIB, %zu in fib", known, s->fib->ledger.groups.n);
}

static bool check_rib(struct sim *s)
{
	struct rib_counts c;
	rib_count(s->rib, &c);
	if (c.failed || c.dirty)
		return wrong(s, "%llu prefixes failed, %llu are dirty",
			(unsigned long long)c.failed, (unsigned long long)c.dirty);
	if (rib_adopted(s->rib))
		return wrong(s, "%llu prefixes wait for the adoption to end",
			(unsigned long long)rib_adopted(s->rib));
	return true;
}

static bool check_rules(struct sim *s)
{
	unsigned ours = 0;
	for (size_t i = 0; i < s->kernel->rule_n; i++)
		ours += s->kernel->rule[i].protocol == 186;
	return ours == 2 || wrong(s, "%u rules of ours, not 2", ours);
}

bool sim_agrees(struct sim *s)
{
	s->why[0] = 0;
	if (s->kernel->trespass[0])
		return wrong(s, "it %s, which is foreign", s->kernel->trespass);
	return (s->phase == SIM_RUNS || wrong(s, "it is still starting")) && check_routes(s) &&
	       check_objects(s) && check_rib(s) && check_rules(s);
}

/* ---- moments ---- */

static bool prefix_number(const struct nlread_route *r, unsigned *vrf, unsigned *number)
{
	*vrf = r->table != SIM_RED;
	for (unsigned i = 0; i < SIM_PREFIXES; i++)
		if (prefix_equal(r->prefix, sim_prefix(i))) {
			*number = i;
			return true;
		}
	return false;
}

static void note_asked(void *ctx, const struct nlread_route *r)
{
	struct sim *s = ctx;
	unsigned vrf, i;
	if (prefix_number(r, &vrf, &i))
		s->touched[vrf][i] = true;
}

/* It moved to another metric. */
static bool has_other(const struct sim *s, const struct fake_route *r)
{
	uint32_t metric = r->is.metric == SIM_METRIC ? SIM_OTHER_METRIC : SIM_METRIC;
	return is_ours(fake_route(s->kernel, r->is.table, &r->is.prefix, metric));
}

static void note_gone(void *ctx, const struct fake_route *r, uint32_t port)
{
	struct sim *s = ctx;
	unsigned vrf, i;
	if (is_ours(r) && prefix_number(&r->is, &vrf, &i) && !has_other(s, r))
		s->absent[vrf][i] = true;
}

void sim_watch(struct sim *s)
{
	s->kernel->route_asked = note_asked;
	s->kernel->route_gone = note_gone;
	memset(s->touched, 0, sizeof(s->touched));
	memset(s->absent, 0, sizeof(s->absent));
}

bool sim_rest(struct sim *s, uint64_t ms, uint64_t *took)
{
	uint64_t began = sim_now_ms(), step = 100;
	char stuck[sizeof(s->why)];
	for (;;) {
		s->why[0] = 0;
		sim_settle(s);
		strcpy(stuck, s->why);
		if (stuck[0])
			return false;
		for (unsigned n = 0; n < SIM_PEERS; n++)
			sim_bfd_heard(s, n);
		sim_adoption_ends(s);
		sim_settle(s);
		*took = sim_now_ms() - began;
		if (sim_agrees(s))
			return true;
		if (s->kernel->trespass[0] || *took >= ms)
			return false;
		s->why[0] = 0;
		sim_wait(s, step);
		step = step < 2000 ? step * 2 : 2000;
	}
}

/* ---- a whole schedule ---- */

/* With nothing wrong, the loss of one gateway: others' routes are not touched, a route that has
 * another gateway is never gone, and the messages are those of objects and groups. */
static bool probe_loss(struct sim *s)
{
	unsigned lost = sim_dice(s, SIM_PEERS);
	uint64_t took, messages = s->kernel->messages, routes = s->kernel->route_messages;
	size_t groups = s->fib->ledger.groups.n;

	if (!s->peer[lost].up)
		return true;
	sim_say(s, "probe: the loss of %u", lost);
	sim_watch(s);
	if (sim_dice(s, 2))
		sim_bfd_down(s, lost);
	else
		sim_session_down(s, lost);
	while (sim_fib_step(s))
		;
	if (s->kernel->messages - messages > (s->faults & SIM_PLAIN ? 0 : 2 + groups))
		return wrong(s, "%llu messages for the loss of a gateway",
			(unsigned long long)(s->kernel->messages - messages));
	if (s->kernel->route_messages != routes)
		return wrong(s, "the loss of a gateway wrote routes");
	if (!sim_rest(s, 1000, &took))
		return false;
	for (unsigned i = 0; i < 2 * SIM_PREFIXES; i++) {
		unsigned vrf = i / SIM_PREFIXES, n = i % SIM_PREFIXES;
		bool concerns = sim_vrf_of(lost) == vrf && s->peer[lost].path[n].said;
		if (s->absent[vrf][n] && sim_best(s, vrf, n, 0))
			return wrong(
				s, "prefix %u of VRF %u was gone, though it has a gateway", n, vrf);
		if (s->touched[vrf][n] && !concerns)
			return wrong(s, "prefix %u of VRF %u was touched by the loss of %u", n, vrf,
				lost);
	}
	return true;
}

/* With nothing wrong, a source leaves the host and comes back: nobody waits for an audit. */
static bool probe_source(struct sim *s)
{
	unsigned vrf = sim_dice(s, 2), i = sim_dice(s, SIM_SOURCES);
	bool v6 = sim_dice(s, 2);
	uint64_t took;

	sim_watch(s);
	sim_source_set(s, vrf, i, v6, false);
	sim_settle(s);
	for (unsigned n = 0; n < 2 * SIM_PREFIXES; n++) {
		unsigned number = n % SIM_PREFIXES, of = n / SIM_PREFIXES;
		unsigned best = sim_best(s, of, number, 0);
		bool same = of == vrf && (number >= SIM_V6) == v6;
		bool concerns = same && effect_of(s, best, number) % (SIM_SOURCES + 1) == i + 1;
		if (s->touched[of][number] && best && !concerns)
			return wrong(s, "prefix %u of VRF %u was touched by another's source",
				number, of);
	}
	sim_source_set(s, vrf, i, v6, true);
	return sim_rest(s, 1000, &took);
}

/* Groups linger, and what others had refused is tried again, for some seconds. */
static bool come_to_quiet(struct sim *s)
{
	for (unsigned i = 0; i < 12; i++) {
		uint64_t changes = s->kernel->changes;
		sim_wait(s, 5000);
		if (s->kernel->changes == changes)
			return true;
	}
	return wrong(s, "it goes on to change things for a minute");
}

/* With nothing wrong, all processes are killed: the kernel is told nothing. Where groups that
 * differ in their fallback alone look the same in the kernel, a route may be told again as it is.
 */
static bool probe_restart(struct sim *s)
{
	bool was_up[SIM_PEERS];
	uint64_t took, changes;

	if (!come_to_quiet(s))
		return false;
	changes = s->kernel->changes;
	sim_say(s, "probe: a restart");
	sim_watch(s);
	for (unsigned n = 0; n < SIM_PEERS; n++)
		was_up[n] = s->peer[n].up;
	sim_restart(s);
	sim_settle(s);
	for (unsigned n = 0; n < SIM_PEERS; n++)
		if (was_up[n])
			sim_peer_up(s, n);
	if (!sim_rest(s, 1000, &took))
		return false;
	if (s->kernel->changes != changes && !(s->faults & SIM_PLAIN))
		return wrong(s, "%llu changes by a restart",
			(unsigned long long)(s->kernel->changes - changes));
	for (unsigned i = 0; i < 2 * SIM_PREFIXES; i++)
		if (s->absent[i / SIM_PREFIXES][i % SIM_PREFIXES])
			return wrong(s, "prefix %u was gone in a restart", i);
	return true;
}

/* A minute at rest: nothing is written. */
static bool probe_quiet(struct sim *s)
{
	if (!come_to_quiet(s))
		return false;
	uint64_t changes = s->kernel->changes;
	sim_wait(s, 60000);
	if (s->kernel->changes != changes)
		return wrong(s, "%llu changes at rest",
			(unsigned long long)(s->kernel->changes - changes));
	return sim_agrees(s);
}

/* All sessions end: nothing of ours is left but the defaults and rules. */
static bool probe_end(struct sim *s)
{
	struct rib_counts c;
	uint64_t took;
	for (unsigned n = 0; n < SIM_PEERS; n++)
		sim_session_down(s, n);
	sim_wait(s, 3000); /* groups linger */
	if (!sim_rest(s, 5000, &took))
		return false;
	rib_count(s->rib, &c);
	if (c.prefixes + c.paths + c.groups + c.gateways + c.attr_sets + s->fib->ledger.gateways.n +
		s->fib->ledger.groups.n + s->fib->ledger.ended.n)
		return wrong(s,
			"left: %llu prefixes %llu paths %llu groups %llu gateways %zu ended",
			(unsigned long long)c.prefixes, (unsigned long long)c.paths,
			(unsigned long long)c.groups, (unsigned long long)c.gateways,
			s->fib->ledger.ended.n);
	return true;
}

/* How long it may take to be well again after the last fault: events, else audits and back-off. */
static uint64_t patience(const struct sim *s)
{
	return s->faults & (SIM_ERRORS | SIM_LOSSES) ? 130000 : 35000;
}

bool sim_run(struct sim *s, unsigned steps)
{
	uint64_t took;
	s->chaos = true;
	for (unsigned i = 0; i < steps; i++)
		sim_event(s);
	sim_repair_world(s);
	sim_say(s, "rest");
	if (!sim_rest(s, patience(s), &took))
		return false;
	sim_say(s, "well after %llu ms", (unsigned long long)took);
	if (sim_dice(s, 8) == 0 && !probe_quiet(s))
		return false;
	if (!probe_loss(s) || (s->faults & SIM_POLICIES && !probe_source(s)))
		return false;
	if (sim_dice(s, 2) && !probe_restart(s))
		return false;
	return probe_end(s);
}
