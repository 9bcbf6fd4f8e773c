/* Gateways, holds and the loss rule. Groups are in ledger_group.c. */
#include "rib/fib/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "rib/fib/ledger_group.h"

/* Values of ledger.ended: which cause ended the incarnation. */
static char ended_session, ended_bfd;

void ledger_set_range(struct ledger *l, uint32_t id_first, uint32_t id_last)
{
	l->id_first = l->id_next = id_first;
	l->id_last = id_last;
}

static void gateway_free(struct gateway *g)
{
	free(g->hold);
	free(g);
}

void ledger_free(struct ledger *l)
{
	void *v;
	for (size_t at = 0; (v = handles_next(&l->gateways, &at));)
		gateway_free(v);
	for (size_t at = 0; (v = handles_next(&l->groups, &at));)
		group_free(v);
	handles_free(&l->gateways);
	handles_free(&l->groups);
	handles_free(&l->gateway_ids);
	handles_free(&l->group_ids);
	handles_free(&l->ended);
	free(l->doomed);
	free(l->left);
	*l = (struct ledger){0};
}

bool ledger_choose_range(uint32_t first, uint32_t last, const uint32_t *used, size_t used_n,
	uint32_t *life_first, uint32_t *life_last)
{
	uint32_t low = 0, high = 0;
	for (size_t i = 0; i < used_n; i++) {
		if (used[i] < first || used[i] > last)
			continue;
		if (!low || used[i] < low)
			low = used[i];
		if (used[i] > high)
			high = used[i];
	}
	uint32_t above = high ? last - high : last - first;
	uint32_t below = high ? low - first : 0;
	if (!first || last < first || (high && !above && !below))
		return false;
	*life_first = high ? high + 1 : first;
	*life_last = last;
	if (below > above) {
		*life_first = first;
		*life_last = low - 1;
	}
	return true;
}

bool ledger_id_known(const struct ledger *l, uint32_t id)
{
	return (id >= l->id_first && id < l->id_next) || handles_find(&l->gateway_ids, id) ||
	       handles_find(&l->group_ids, id);
}

void ledger_adopt_gateway(
	struct ledger *l, uint32_t handle, uint32_t id, uint32_t ifindex, struct addr addr)
{
	struct gateway *g = fib_grow(NULL, 1, sizeof(*g));
	*g = (struct gateway){.handle = handle,
		.id = id,
		.ifindex = ifindex,
		.addr = addr,
		.alive = true,
		.adopted = true};
	handles_put(&l->gateways, handle, g);
	handles_put(&l->gateway_ids, id, g);
}

uint32_t ledger_id_take(struct ledger *l)
{
	/* id_next stays one past the last: the range never ends at UINT32_MAX in a valid one, and
	 * where it does, the last id is left unused. */
	if (l->id_next > l->id_last || l->id_next == UINT32_MAX)
		return 0;
	return l->id_next++;
}

bool ledger_gateway(struct ledger *l, const struct fib_gateway *m, struct kops *out)
{
	if (handles_find(&l->gateways, m->gateway))
		return true;
	struct gateway *g = fib_grow(NULL, 1, sizeof(*g));
	*g = (struct gateway){.handle = m->gateway,
		.ifindex = m->ifindex,
		.addr = m->addr,
		.onlink = m->onlink != 0,
		.id = ledger_id_take(l)};
	handles_put(&l->gateways, g->handle, g);
	if (!g->id)
		return false;
	g->alive = true;
	handles_put(&l->gateway_ids, g->id, g);
	kops_add(out, (struct kop){.kind = KOP_GATEWAY_SET,
			      .id = g->id,
			      .handle = g->handle,
			      .ifindex = g->ifindex,
			      .addr = g->addr,
			      .onlink = g->onlink});
	return true;
}

bool ledger_gateway_dead(struct ledger *l, struct gateway *g, bool object)
{
	if (!g->alive)
		return false;
	g->alive = false;
	l->unsettled = true;
	twin_leave(l, g);
	if (object) {
		l->doomed = fib_grow(l->doomed, l->doomed_n + 1, sizeof(struct gateway *));
		l->doomed[l->doomed_n++] = g;
	}
	return true;
}

static void gateway_untold(struct ledger *l, struct gateway *g)
{
	g->untold = l->untold = true;
}

void ledger_gateway_taken(struct ledger *l, struct gateway *g, bool object)
{
	if (ledger_gateway_dead(l, g, object))
		gateway_untold(l, g);
}

/* Groups that have their one member by its twin, or all others. */
static uint32_t groups_drop_dead(struct ledger *l, bool twin, struct kops *out)
{
	struct group *g;
	uint32_t replaced = 0;

	for (size_t at = 0; (g = handles_next(&l->groups, &at));)
		if (g->twin == twin)
			replaced += group_drop_dead(l, g, out);
	return replaced;
}

struct ledger_loss ledger_settle(struct ledger *l, struct kops *out)
{
	struct ledger_loss loss = {.gateways = (uint32_t)l->doomed_n};

	if (!l->unsettled)
		return loss;
	loss.groups = groups_drop_dead(l, false, out);
	for (size_t i = 0; i < l->doomed_n; i++)
		kops_add(out, (struct kop){.kind = KOP_GATEWAY_DEL,
				      .id = l->doomed[i]->id,
				      .handle = l->doomed[i]->handle});
	loss.groups += groups_drop_dead(l, true, out);
	l->doomed_n = 0;
	l->unsettled = false;
	return loss;
}

void ledger_gateway_free(struct ledger *l, uint32_t handle, struct kops *out)
{
	struct gateway *g = handles_find(&l->gateways, handle);
	if (!g)
		return;
	/* No group should name it; one that does loses it as if it had died. */
	ledger_gateway_dead(l, g, true);
	ledger_settle(l, out);
	handles_take(&l->gateways, handle);
	if (g->id)
		handles_take(&l->gateway_ids, g->id);
	gateway_free(g);
}

static struct hold *hold_find(struct gateway *g, uint32_t incarnation)
{
	for (size_t i = 0; i < g->hold_n; i++)
		if (g->hold[i].incarnation == incarnation)
			return &g->hold[i];
	return NULL;
}

static bool gateway_is_held(const struct gateway *g)
{
	for (size_t i = 0; i < g->hold_n; i++)
		if (!g->hold[i].ended)
			return true;
	return false;
}

static void hold_drop(struct gateway *g, uint32_t incarnation)
{
	struct hold *h = hold_find(g, incarnation);
	if (h)
		*h = g->hold[--g->hold_n];
}

void ledger_hold(struct ledger *l, const struct fib_hold *m, struct kops *out)
{
	struct gateway *g = handles_find(&l->gateways, m->gateway);
	const char *ended = handles_find(&l->ended, m->incarnation);
	if (!g)
		return;
	struct hold *h = hold_find(g, m->incarnation);
	if (!h) {
		g->hold = fib_grow(g->hold, g->hold_n + 1, sizeof(*g->hold));
		h = &g->hold[g->hold_n++];
	}
	*h = (struct hold){
		.incarnation = m->incarnation, .own = m->own != 0, .ended = ended != NULL};
	if ((ended == &ended_bfd && h->own) || !gateway_is_held(g))
		ledger_gateway_dead(l, g, true);
	ledger_settle(l, out);
	if (!ended && !g->alive && !g->told)
		gateway_untold(l, g);
}

void ledger_release(struct ledger *l, const struct fib_hold *m)
{
	struct gateway *g = handles_find(&l->gateways, m->gateway);
	if (g)
		hold_drop(g, m->incarnation);
}

void ledger_forget(struct ledger *l, uint32_t incarnation)
{
	struct gateway *g;
	handles_take(&l->ended, incarnation);
	for (size_t at = 0; (g = handles_next(&l->gateways, &at));)
		hold_drop(g, incarnation);
}

struct ledger_loss ledger_session_down(
	struct ledger *l, uint32_t incarnation, enum fib_cause cause, struct kops *out)
{
	bool bfd = cause == FIB_CAUSE_BFD;
	struct gateway *g;

	if (bfd || !handles_find(&l->ended, incarnation))
		handles_put(&l->ended, incarnation, bfd ? &ended_bfd : &ended_session);
	for (size_t at = 0; (g = handles_next(&l->gateways, &at));) {
		struct hold *h = hold_find(g, incarnation);
		if (!h)
			continue;
		bool held_before = gateway_is_held(g);
		h->ended = true;
		if ((bfd && h->own) || (held_before && !gateway_is_held(g)))
			ledger_gateway_dead(l, g, true);
	}
	return ledger_settle(l, out);
}
