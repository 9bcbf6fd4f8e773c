#include "rib/loss.h"

#include "rib/state.h"

enum {
	TABLES = 2 * RIB_VRFS_MAX,
};

static size_t drop_lost(struct rib *r, const bool *lost, size_t n)
{
	size_t left = 0;

	for (size_t i = 0; i < n; i++) {
		const struct path *p = rib_path(r, r->candidate[i].tag);
		if (!lost[rib_nexthop(r, p->nexthop)->peer])
			r->candidate[left++] = r->candidate[i];
	}
	return left;
}

static void try_entry(struct rib *r, const bool *lost, const struct table *t, uint32_t e,
	void (*visit)(void *arg, const struct rib_loss *x), void *arg)
{
	const struct entry *x = table_entry(t, e);
	struct decide_rules rules = vrf_rules(&r->vrfs[table_vrf(t)]);
	struct group_id now = {0}, then = {0};
	struct prefix p = table_prefix(t, x);
	size_t n = paths_candidates(r, t, x, &p), left;

	if (n == 0)
		return;
	decide(r->candidate, n, &rules, &now);
	left = drop_lost(r, lost, n);
	if (left == n)
		then = now;
	else if (left)
		decide(r->candidate, left, &rules, &then);
	struct rib_loss found = {
		.vrf = table_vrf(t), .prefix = p, .now = &now.live, .then = &then.live};
	visit(arg, &found);
}

bool rib_loss_walk(struct rib *r, const bool *lost, struct rib_cursor *c, unsigned budget,
	void (*visit)(void *arg, const struct rib_loss *x), void *arg)
{
	for (; c->position[0] < TABLES; c->position[0]++, c->position[1] = 0) {
		const struct table *t = rib_table(r, (uint16_t)c->position[0]);
		while (t && c->position[1] < t->entries.top) {
			if (!budget--)
				return true;
			uint32_t e = ++c->position[1];
			if (table_entry(t, e)->flags & ENTRY_USED)
				try_entry(r, lost, t, e, visit, arg);
		}
	}
	return false;
}
