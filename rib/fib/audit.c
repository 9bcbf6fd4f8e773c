#include "rib/fib/audit.h"

void audit_begin(struct ledger *l)
{
	struct gateway *g;
	struct group *grp;
	for (size_t at = 0; (g = handles_next(&l->gateways, &at));)
		g->seen = g->twin_seen = g->other = false;
	for (size_t at = 0; (grp = handles_next(&l->groups, &at));)
		grp->seen = false;
}

/* Compared at the end, when it is known which members are dead. */
static void group_seen(struct group *g, const struct nlread_nexthop *o)
{
	size_t n = o->member_n < FIB_GROUP_MEMBERS_MAX ? o->member_n : FIB_GROUP_MEMBERS_MAX;
	g->seen = true;
	g->kernel_members = ledger_members_sum(o->member, n) + (uint32_t)(o->member_n - n);
}

static void gateway_seen(struct gateway *g, const struct nlread_nexthop *o)
{
	bool same = !o->group && o->ifindex == g->ifindex && addr_equal(o->gateway, g->addr);
	*(o->id == g->twin_id ? &g->twin_seen : &g->seen) = same;
	g->other |= !same;
}

void audit_object(struct ledger *l, const struct nlread_nexthop *o, struct kops *out)
{
	struct gateway *g = handles_find(&l->gateway_ids, o->id);
	struct group *grp = handles_find(&l->group_ids, o->id);

	if (!ledger_id_known(l, o->id))
		return;
	if (g && g->alive) {
		gateway_seen(g, o);
	} else if (grp && grp->present && o->group) {
		group_seen(grp, o);
	} else {
		kops_add(out, (struct kop){.kind = KOP_GROUP_DEL, .id = o->id});
	}
}

uint32_t audit_end(struct ledger *l, struct kops *out, audit_flushed *flushed, void *ctx)
{
	struct gateway *g;
	struct group *grp;
	uint32_t changed = 0;

	for (size_t at = 0; (grp = handles_next(&l->groups, &at));)
		if (grp->present && !grp->seen) {
			ledger_group_dead(grp);
			flushed(ctx, grp);
		}
	for (size_t at = 0; (g = handles_next(&l->gateways, &at));)
		if (!g->seen || g->other)
			ledger_gateway_taken(l, g, g->seen || g->other);
		else if (g->twin_id && !g->twin_seen)
			ledger_twin_gone(l, g);
	ledger_settle(l, out);
	for (size_t at = 0; (grp = handles_next(&l->groups, &at));) {
		bool other = grp->kernel_members != ledger_group_members(grp);
		if (!grp->live_n || (grp->present && !other))
			continue;
		changed += grp->present;
		ledger_group_tell(l, grp, out);
	}
	return changed;
}
