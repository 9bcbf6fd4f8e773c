/* Groups of the ledger: sets of gateways, and the loss rule applied to one. */
#include "rib/fib/ledger_group.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void group_free(struct group *g)
{
	free(g->member);
	free(g);
}

uint32_t ledger_members_sum(const struct kop_member *m, size_t n)
{
	uint32_t sum = (uint32_t)n;
	for (size_t i = 0; i < n; i++)
		sum += hash_bytes(&m[i].id, sizeof(m[i].id), m[i].weight);
	return sum;
}

static struct kop_member kernel_member(const struct group *g, size_t i)
{
	const struct gateway *via = g->member[i].gateway;
	bool twin = g->twin && g->live_n == 1 && via->twin_id;
	return (struct kop_member){twin ? via->twin_id : via->id, g->member[i].weight};
}

uint32_t ledger_group_members(const struct group *g)
{
	struct kop_member m[2 * FIB_GROUP_MEMBERS_MAX];
	for (size_t i = 0; i < g->live_n; i++)
		m[i] = kernel_member(g, i);
	return ledger_members_sum(m, g->live_n);
}

size_t ledger_group_hops(const struct group *g, struct hop out[2 * FIB_GROUP_MEMBERS_MAX])
{
	for (size_t i = 0; i < g->live_n; i++) {
		const struct gateway *via = g->member[i].gateway;
		out[i] = (struct hop){.ifindex = via->ifindex,
			.addr = via->addr,
			.weight = g->member[i].weight,
			.onlink = via->onlink};
	}
	return g->live_n;
}

static void hops_changed(struct group *g)
{
	struct hop h[2 * FIB_GROUP_MEMBERS_MAX];
	g->hops = hops_sum(h, ledger_group_hops(g, h));
}

const struct group *ledger_group_of(struct ledger *l, const struct hop *h, size_t n)
{
	uint32_t sum = hops_sum(h, n);
	const struct group *g = handles_find(&l->groups, l->recent);

	if (g && g->live_n && g->hops == sum)
		return g;
	for (size_t at = 0; (g = handles_next(&l->groups, &at));)
		if (g->live_n && g->hops == sum) {
			l->recent = g->handle;
			return g;
		}
	return NULL;
}

void ledger_group_tell(struct ledger *l, struct group *g, struct kops *out)
{
	g->twin = g->live_n == 1 && twin_get(l, g->member[0].gateway, out);
	kops_add(out, (struct kop){.kind = g->present ? KOP_GROUP_REPLACE : KOP_GROUP_SET,
			      .id = g->id,
			      .handle = g->handle});
	for (size_t i = 0; i < g->live_n; i++)
		kops_add_member(out, kernel_member(g, i));
	g->present = true;
	g->seen = true;
	g->kernel_members = ledger_group_members(g);
	g->error = 0;
}

/* Keeps the living of from[0 .. n), in order, at `to`. Returns how many. */
static size_t keep_living(struct member *to, const struct member *from, size_t n)
{
	size_t kept = 0;
	for (size_t i = 0; i < n; i++)
		if (from[i].gateway->alive)
			to[kept++] = from[i];
	return kept;
}

/* The gateway that it was told by its twin has none. */
static bool lost_twin(const struct group *g)
{
	const struct gateway *via = g->live_n == 1 ? g->member[0].gateway : NULL;
	return g->twin && via && via->alive && !via->twin_id;
}

uint32_t group_drop_dead(struct ledger *l, struct group *g, struct kops *out)
{
	size_t was_n = g->live_n, fallback_at = g->live_n;
	bool as_told = g->kernel_members == ledger_group_members(g);

	if (lost_twin(g)) {
		ledger_group_tell(l, g, out);
		return 0;
	}
	g->live_n = keep_living(g->member, g->member, g->live_n);
	g->fallback_n = keep_living(g->member + g->live_n, g->member + fallback_at, g->fallback_n);
	if (g->live_n == was_n)
		return 0;
	hops_changed(g);
	if (g->live_n) {
		/* The kernel takes the dead out by itself; one that it refused may fit now. */
		if (!g->present)
			ledger_group_tell(l, g, out);
		else if (as_told)
			g->kernel_members = ledger_group_members(g);
		return 0;
	}
	if (!g->fallback_n) {
		g->present = false;
		g->error = 0;
		return 0;
	}
	g->live_n = g->fallback_n;
	g->fallback_n = 0;
	hops_changed(g);
	ledger_group_tell(l, g, out);
	return 1;
}

static struct group *group_new(struct ledger *l, uint32_t handle)
{
	uint32_t id = ledger_id_take(l);
	if (!id)
		return NULL;
	struct group *g = fib_grow(NULL, 1, sizeof(*g));
	*g = (struct group){.handle = handle, .id = id};
	handles_put(&l->groups, handle, g);
	handles_put(&l->group_ids, id, g);
	return g;
}

/* All members are of gateways, each of another. */
static bool all_known(const struct ledger *l, const struct kop_member *member, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct gateway *g = handles_find(&l->gateway_ids, member[i].id);
		if (!g)
			return false;
		for (size_t j = 0; j < i; j++)
			if (handles_find(&l->gateway_ids, member[j].id) == g)
				return false;
	}
	return true;
}

bool ledger_adopt_group(
	struct ledger *l, uint32_t handle, uint32_t id, const struct kop_member *member, size_t n)
{
	if (!all_known(l, member, n))
		return false;
	struct group *g = fib_grow(NULL, 1, sizeof(*g));
	*g = (struct group){.handle = handle, .id = id, .present = true, .live_n = n};
	g->member = fib_grow(NULL, n, sizeof(g->member[0]));
	for (size_t i = 0; i < n; i++)
		g->member[i] = (struct member){
			handles_find(&l->gateway_ids, member[i].id), member[i].weight};
	g->twin = n == 1 && member[0].id == g->member[0].gateway->twin_id;
	g->kernel_members = ledger_members_sum(member, n);
	hops_changed(g);
	handles_put(&l->groups, handle, g);
	handles_put(&l->group_ids, id, g);
	return true;
}

/* Appends gateways that may be used and are not in the set yet. */
static size_t set_add(const struct ledger *l, struct member *set, size_t set_n,
	const struct fib_member *from, size_t n)
{
	size_t at = 0;
	for (size_t i = 0; i < n; i++) {
		struct gateway *g = handles_find(&l->gateways, from[i].gateway);
		bool twice = false;
		for (size_t j = 0; j < at; j++)
			twice |= set[j].gateway == g;
		if (g && g->alive && !twice && set_n + at < 2 * FIB_GROUP_MEMBERS_MAX)
			set[at++] = (struct member){g, from[i].weight};
	}
	return at;
}

bool ledger_group(struct ledger *l, uint32_t handle, const struct fib_member *live, size_t live_n,
	const struct fib_member *fallback, size_t fallback_n, struct kops *out)
{
	struct group *g = handles_find(&l->groups, handle);
	if (!g && !(g = group_new(l, handle)))
		return false;
	if (g->dead)
		return true;
	g->member = fib_grow(g->member, live_n + fallback_n, sizeof(g->member[0]));
	g->live_n = set_add(l, g->member, 0, live, live_n);
	g->fallback_n = set_add(l, g->member + g->live_n, g->live_n, fallback, fallback_n);
	if (!g->live_n) {
		g->live_n = g->fallback_n;
		g->fallback_n = 0;
	}
	hops_changed(g);
	if (g->live_n) {
		/* Another fallback set is nothing to the kernel. */
		if (!g->present || g->kernel_members != ledger_group_members(g))
			ledger_group_tell(l, g, out);
	} else if (g->present) {
		g->present = false;
		kops_add(
			out, (struct kop){.kind = KOP_GROUP_DEL, .id = g->id, .handle = g->handle});
	}
	return true;
}

void ledger_group_free(struct ledger *l, uint32_t handle, struct kops *out)
{
	struct group *g = handles_take(&l->groups, handle);
	if (!g)
		return;
	handles_take(&l->group_ids, g->id);
	if (g->present)
		kops_add(
			out, (struct kop){.kind = KOP_GROUP_DEL, .id = g->id, .handle = g->handle});
	group_free(g);
	ledger_twins_trim(l, out);
}

/* Another program's object has the id: the next attempt takes another one. */
static void id_change(struct ledger *l, struct group *g)
{
	uint32_t id = ledger_id_take(l);
	if (!id)
		return;
	handles_take(&l->group_ids, g->id);
	g->id = id;
	handles_put(&l->group_ids, id, g);
}

void ledger_group_failed(struct ledger *l, uint32_t handle, int error)
{
	struct group *g = handles_find(&l->groups, handle);
	if (!g)
		return;
	g->present = false;
	g->error = error;
	if (error == EEXIST)
		id_change(l, g);
}

void ledger_group_dead(struct group *g)
{
	g->dead = true;
	g->present = false;
	g->error = 0;
	g->live_n = g->fallback_n = 0;
}

enum ledger_route ledger_route(const struct ledger *l, uint32_t group, uint32_t *id, int *error)
{
	const struct group *g = handles_find(&l->groups, group);
	if (!g || g->error) {
		*error = g ? g->error : ENOENT;
		return LEDGER_ROUTE_REFUSED;
	}
	if (!g->present)
		return LEDGER_ROUTE_DELETE;
	*id = g->id;
	return LEDGER_ROUTE_SET;
}
