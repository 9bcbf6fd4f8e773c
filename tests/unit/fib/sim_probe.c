/* A whole schedule, and what must hold after it when things happen one by one. */
#include <string.h>

#include "tests/unit/fib/sim.h"

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
	return sim_is_ours(fake_route(s->kernel, r->is.table, &r->is.prefix, metric));
}

static void note_gone(void *ctx, const struct fake_route *r, uint32_t port)
{
	struct sim *s = ctx;
	unsigned vrf, i;
	if (sim_is_ours(r) && prefix_number(&r->is, &vrf, &i) && !has_other(s, r))
		s->absent[vrf][i] = true;
}

void sim_watch(struct sim *s)
{
	s->kernel->route_asked = note_asked;
	s->kernel->route_gone = note_gone;
	s->kernel->walks = s->kernel->waited = 0;
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

/* A group of several has one left, whose object others may use: the kernel does it all in one. */
static bool is_bare(const struct sim *s)
{
	const struct group *g;
	for (size_t at = 0; (g = handles_next(&s->fib->ledger.groups, &at));)
		if (g->present && g->live_n == 1 && !g->twin && !g->fallback_n)
			return true;
	return false;
}

/* With nothing wrong, the loss of one gateway: others' routes are not touched, a route that has
 * another gateway is never gone nor waits for those that have none, and the messages are those of
 * objects, groups and twins. */
static bool probe_loss(struct sim *s)
{
	unsigned lost = sim_dice(s, SIM_PEERS);
	uint64_t took, messages = s->kernel->messages, routes = s->kernel->route_messages;
	size_t groups = s->fib->ledger.groups.n;
	bool bare = is_bare(s);

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
	if (s->kernel->waited && !bare)
		return sim_wrong(s, "%llu groups were repaired after routes without a gateway",
			(unsigned long long)s->kernel->waited);
	if (s->kernel->messages - messages > (s->plain ? 0 : 4 + 2 * groups))
		return sim_wrong(s, "%llu messages for the loss of a gateway",
			(unsigned long long)(s->kernel->messages - messages));
	if (s->kernel->route_messages != routes)
		return sim_wrong(s, "the loss of a gateway wrote routes");
	if (!sim_rest(s, 1000, &took))
		return false;
	for (unsigned i = 0; i < 2 * SIM_PREFIXES; i++) {
		unsigned vrf = i / SIM_PREFIXES, n = i % SIM_PREFIXES;
		bool concerns = sim_vrf_of(lost) == vrf && s->peer[lost].path[n].said;
		if (s->absent[vrf][n] && sim_best(s, vrf, n, 0))
			return sim_wrong(
				s, "prefix %u of VRF %u was gone, though it has a gateway", n, vrf);
		if (s->touched[vrf][n] && !concerns && !(s->faults & SIM_JOIN))
			return sim_wrong(s, "prefix %u of VRF %u was touched by the loss of %u", n,
				vrf, lost);
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
		bool concerns = same && sim_effect_of(s, best, number) % (SIM_SOURCES + 1) == i + 1;
		if (s->touched[of][number] && best && !concerns)
			return sim_wrong(s, "prefix %u of VRF %u was touched by another's source",
				number, of);
	}
	sim_source_set(s, vrf, i, v6, true);
	return sim_rest(s, 1000, &took);
}

/* With nothing wrong, the way to a far next hop changes: only paths by it follow, and soon. */
static bool probe_way(struct sim *s)
{
	uint64_t took;

	sim_watch(s);
	sim_far_event(s);
	if (!sim_rest(s, s->faults & SIM_FOREIGN ? 35000 : 300, &took))
		return false;
	for (unsigned i = 0; i < 2 * SIM_PREFIXES; i++) {
		bool concerns = false;
		for (unsigned n = 0; n < SIM_PEERS; n++)
			concerns |= sim_is_far(s, n) && s->peer[n].path[i % SIM_PREFIXES].said;
		if (s->touched[i / SIM_PREFIXES][i % SIM_PREFIXES] && !concerns)
			return sim_wrong(s, "prefix %u was touched by a far next hop", i);
	}
	return true;
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
	return sim_wrong(s, "it goes on to change things for a minute");
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
	if (s->kernel->changes != changes && !(s->plain))
		return sim_wrong(s, "%llu changes by a restart",
			(unsigned long long)(s->kernel->changes - changes));
	for (unsigned i = 0; i < 2 * SIM_PREFIXES; i++)
		if (s->absent[i / SIM_PREFIXES][i % SIM_PREFIXES])
			return sim_wrong(s, "prefix %u was gone in a restart", i);
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
		return sim_wrong(s, "%llu changes at rest",
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
		return sim_wrong(s,
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
	if (!probe_loss(s) || (s->faults & SIM_POLICIES && !probe_source(s)) ||
		(s->faults & SIM_FAR && !probe_way(s)))
		return false;
	if (sim_dice(s, 2) && !probe_restart(s))
		return false;
	return probe_end(s);
}
