/* The ledger: the second object of a gateway, for groups of it alone (ledger.h, "Twins"). */
#include <stdlib.h>

#include "rib/fib/ledger_group.h"

bool twin_get(struct ledger *l, struct gateway *g, struct kops *out)
{
	if (g->twin_id)
		return true;
	uint32_t id = g->twin_refused ? 0 : ledger_id_take(l);
	if (!id)
		return false;
	g->twin_id = id;
	handles_put(&l->gateway_ids, id, g);
	kops_add(out, (struct kop){.kind = KOP_GATEWAY_SET,
			      .id = id,
			      .handle = g->handle,
			      .ifindex = g->ifindex,
			      .addr = g->addr,
			      .onlink = g->onlink});
	return true;
}

void ledger_twin_gone(struct ledger *l, struct gateway *g)
{
	handles_take(&l->gateway_ids, g->twin_id);
	g->twin_id = 0;
}

void ledger_twin_refused(struct ledger *l, struct gateway *g)
{
	ledger_twin_gone(l, g);
	g->twin_refused = true;
	l->unsettled = true;
}

void twin_leave(struct ledger *l, struct gateway *g)
{
	if (!g->twin_id)
		return;
	l->left = fib_grow(l->left, l->left_n + 1, sizeof(l->left[0]));
	l->left[l->left_n++] = g->twin_id;
	ledger_twin_gone(l, g);
}

bool ledger_flush(struct ledger *l, struct kops *out)
{
	if (!l->left_n)
		return false;
	kops_add(out, (struct kop){.kind = KOP_GATEWAY_DEL, .id = l->left[--l->left_n]});
	return true;
}

static bool twin_is_used(const struct ledger *l, const struct gateway *g)
{
	const struct group *x;

	for (size_t at = 0; (x = handles_next(&l->groups, &at));)
		if (x->present && x->twin && x->live_n == 1 && x->member[0].gateway == g)
			return true;
	return false;
}

void ledger_twins_trim(struct ledger *l, struct kops *out)
{
	struct gateway *g;

	for (size_t at = 0; (g = handles_next(&l->gateways, &at));) {
		if (!g->twin_id || twin_is_used(l, g))
			continue;
		if (out)
			kops_add(out, (struct kop){.kind = KOP_GATEWAY_DEL,
					      .id = g->twin_id,
					      .handle = g->handle});
		ledger_twin_gone(l, g);
	}
}

bool ledger_adopt_twin(struct ledger *l, struct gateway *g, uint32_t id, bool several)
{
	if (g->twin_id)
		return false;
	g->twin_id = several ? g->id : id;
	g->id = several ? id : g->id;
	handles_put(&l->gateway_ids, id, g);
	return true;
}
