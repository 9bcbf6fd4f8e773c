#include "rib/fib/audit.h"

void audit_begin(struct ledger *l)
{
	struct gateway *g;
	struct group *grp;
	for (size_t at = 0; (g = handles_next(&l->gateways, &at));)
		g->seen = false;
	for (size_t at = 0; (grp = handles_next(&l->groups, &at));)
		grp->seen = false;
}

/* Compared at the end, when it is known which members are dead. */
static void group_seen(struct group *g, const struct nlread_nexthop *o)
{
	size_t n = o->member_n < FIB_GROUP_MEMBERS_MAX ? o->member_n : FIB_GROUP_MEMBERS_MAX;
	g->seen = true;
	g->kernel_members = hash_bytes(o->member, n * sizeof(o->member[0]), (uint32_t)o->member_n);
}

void audit_object(struct ledger *l, const struct nlread_nexthop *o, struct kops *out)
{
	struct gateway *g = handles_find(&l->gateway_ids, o->id);
	struct group *grp = handles_find(&l->group_ids, o->id);

	if (!ledger_id_issued(l, o->id))
		return;
	if (g && g->alive)
		g->seen = !o->group && o->ifindex == g->ifindex && addr_equal(o->gateway, g->addr);
	else if (grp && grp->present)
		group_seen(grp, o);
	else
		kops_add(out, (struct kop){.kind = KOP_GROUP_DEL, .id = o->id});
}

/* The group's routes went with it: bgp must write them under new handles. */
static void group_was_deleted(struct group *grp, struct kops *out, audit_lost *lost, void *ctx)
{
	for (size_t i = 0; i < grp->live_n; i++) {
		struct gateway *g = grp->member[i];
		if (!g->retired)
			lost(ctx, g, true);
		g->retired = true;
	}
	ledger_group_again(grp, out);
}

void audit_end(struct ledger *l, struct kops *out, audit_lost *lost, void *ctx)
{
	struct gateway *g;
	struct group *grp;

	for (size_t at = 0; (g = handles_next(&l->gateways, &at));) {
		if (!g->alive || g->seen)
			continue;
		if (!g->retired)
			lost(ctx, g, false);
		ledger_gateway_dead(l, g, true);
	}
	ledger_settle(l, out);
	for (size_t at = 0; (grp = handles_next(&l->groups, &at));) {
		if (grp->live_n && grp->present && !grp->seen)
			group_was_deleted(grp, out, lost, ctx);
		else if (grp->live_n &&
			 (!grp->present || grp->kernel_members != ledger_group_members(grp)))
			ledger_group_again(grp, out);
	}
}
