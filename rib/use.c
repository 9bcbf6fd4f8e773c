/* The memory that routes make use of. A place of a pool that was given back is not in use: it is
 * taken again before the pool grows. */
#include "rib/state.h"

enum {
	TABLES = 2 * RIB_VRFS_MAX,
	KERNEL_IPV4 = 160, /* bytes of slab a route by nexthop id, Linux 6.1 to 6.18 */
	KERNEL_IPV6 = 1200,
	ALLOCATION = 16, /* of the allocator, a set of attributes */
};

static void add_pool(struct rib_use *u, const struct pool *p)
{
	size_t used = (size_t)p->used * p->size;

	u->bytes += used;
	u->spare += pool_bytes(p) - used;
}

static void add_tables(const struct rib *r, struct rib_use *u, uint64_t n[2])
{
	for (uint16_t i = 0; i < TABLES; i++) {
		const struct table *t = rib_table(r, i);
		if (!t)
			continue;
		add_pool(u, &t->entries);
		u->bytes += index_bytes(&t->index);
		n[t->family == ADDR_V6] += t->entries.used;
	}
}

/* Prefixes that wait for a decision and have no route yet, and operations under way. */
static uint64_t routes_due(const struct rib *r, uint64_t prefixes)
{
	uint64_t installed = 0;

	for (uint16_t i = 0; i < RIB_GROUPS_MAX; i++)
		if (r->groups[i])
			installed += r->groups[i]->refs;
	uint64_t without = prefixes > installed ? prefixes - installed : 0;
	uint64_t waiting = r->dirty < without ? r->dirty : without;
	uint64_t under_way = (r->out.made - r->out.acked) * FIB_ROUTES_PER_PACKET;
	return waiting + (under_way < prefixes ? under_way : prefixes);
}

void rib_use(const struct rib *r, struct rib_use *out)
{
	uint64_t n[2] = {0};

	*out = (struct rib_use){.paths = r->paths.used};
	add_tables(r, out, n);
	add_pool(out, &r->paths);
	add_pool(out, &r->nexthops);
	add_pool(out, &r->failures.pool);
	out->bytes += index_bytes(&r->nexthop_index) + index_bytes(&r->failures.index) +
		      r->effect_of_n + r->path_id_n * sizeof(*r->path_id) +
		      attr_store_bytes(r->attrs) + ALLOCATION * attr_store_count(r->attrs) +
		      r->out.bytes;
	uint64_t prefixes = n[0] + n[1];
	if (prefixes)
		out->kernel_due = routes_due(r, prefixes) *
				  (n[0] * KERNEL_IPV4 + n[1] * KERNEL_IPV6) / prefixes;
}

bool rib_sweeping(const struct rib *r)
{
	return r->sweep.running;
}
