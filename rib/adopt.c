/* Adoption: gateways, groups and routes that an earlier life of the daemon left in the kernel. An
 * entry with a route of an earlier life (ENTRY_ADOPTED) is decided when the adoption ends. */
#include <stdlib.h>

#include "rib/nexthops.h"
#include "rib/state.h"

void rib_adopt_gateway(struct rib *r, const struct fib_gateway *m)
{
	r->adopt = ADOPT_LIST;
	if (r->gateways_top == GATEWAYS_MAX)
		return; /* fib adopts fewer, and before any other is made */
	r->gateways[r->gateways_top++] = (struct gateway){.handle = m->gateway,
		.ifindex = m->ifindex,
		.addr = m->addr,
		.adopted = true,
		.reach = neighbor_watch(r, m->ifindex, m->addr, true)};
}

void rib_adopt_group(struct rib *r, const struct fib_msg_group *m)
{
	struct group *g =
		r->groups_n < RIB_GROUPS_MAX ? reserve_malloc(&r->out.reserve, sizeof(*g)) : NULL;
	uint16_t slot = 0;

	if (!g) {
		r->out.no_memory = true;
		return;
	}
	while (r->groups[slot])
		slot++;
	*g = (struct group){.handle = m->group, .adopted = true};
	for (uint16_t i = 0; i < m->live_n; i++) {
		group_set_add(&g->id.live, m->member[i].gateway, m->member[i].weight);
		gateway_named(r, m->member[i].gateway, 1);
	}
	r->groups[slot] = g;
	r->groups_n++;
	group_rehash(g);
}

static uint16_t group_slot(const struct rib *r, uint32_t handle)
{
	for (uint16_t i = 0; i < RIB_GROUPS_MAX; i++)
		if (r->groups[i] && r->groups[i]->handle == handle)
			return (uint16_t)(i + 1);
	return 0;
}

void adopt_route(struct rib *r, const struct fib_route *m)
{
	uint16_t group = m->group ? group_slot(r, m->group) : 0;
	struct table *t = group ? rib_table_make(r, m) : NULL;
	if (!t)
		return;
	struct prefix p = prefix_make(addr_from_bytes(m->family, m->addr), m->len);
	uint32_t e = table_find(t, &p);
	if (!e) {
		e = table_add(t, &p);
		if (!e && reserve_yield(&r->out.reserve))
			e = table_add(t, &p);
		r->prefixes += e != 0;
	}
	if (!e) {
		r->out.no_memory = true;
		return;
	}
	struct entry *x = table_entry(t, e);
	struct filter_kernel has = trait_found(m);
	uint8_t trait;
	if (x->group || !trait_get(r, &has, &trait)) /* listed twice, or the next audit's */
		return;
	entry_adopt(r, t, x, group, trait);
	x->flags |= ENTRY_ADOPTED;
	if (!(x->flags & ENTRY_DIRTY))
		x->link = (uint32_t)r->out.made;
	r->adopted++;
}

void rib_adopt_listed(struct rib *r)
{
	if (r->adopt != ADOPT_LIST)
		return;
	r->adopt = ADOPT_WAIT;
	for (uint16_t i = 0; i < RIB_VRFS_MAX; i++)
		if (r->vrfs[i].flushed) /* what was listed behind the sweep goes too */
			r->vrfs[i].decide = sweep_job(r, i);
}

void rib_adopt_end(struct rib *r)
{
	if (r->adopt == ADOPT_NONE)
		return;
	r->adopt = ADOPT_NONE;
	gateways_free_unused(r);
	for (uint16_t i = 0; i < RIB_VRFS_MAX; i++)
		if (r->vrfs[i].family[0] || r->vrfs[i].family[1])
			sweep_job(r, i);
}

bool adopt_holds(struct rib *r, const struct entry *x)
{
	return r->adopt != ADOPT_NONE && (x->flags & ENTRY_ADOPTED) && x->group &&
	       r->groups[x->group - 1]->id.live.n;
}

void adopt_forget(struct rib *r, struct entry *x)
{
	r->adopted -= (x->flags & ENTRY_ADOPTED) != 0;
	x->flags &= (uint8_t)~ENTRY_ADOPTED;
}

uint64_t rib_adopted(const struct rib *r)
{
	return r->adopted;
}
