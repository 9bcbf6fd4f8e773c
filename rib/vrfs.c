#include <string.h>

#include "rib/nexthops.h"
#include "rib/state.h"

static void table_tell(struct rib *r, const struct vrf *v, bool present)
{
	struct fib_table m = {.table = v->table,
		.present = present,
		.unreachable_default = present && v->is.unreachable_default};
	out_add(&r->out, FIB_MSG_TABLE, &m, sizeof(m));
}

/* The table that the VRF should have now. */
static uint32_t table_wanted(const struct vrf *v, const struct fib_link *device)
{
	if (!v->used)
		return 0;
	return v->is.table ? v->is.table : device ? device->vrf_table : 0;
}

/* A VRF that is renamed leaves its table to another one after that asked for it. */
static bool table_taken(const struct rib *r, uint32_t table)
{
	for (uint16_t i = 0; i < RIB_VRFS_MAX; i++)
		if (r->vrfs[i].table == table)
			return true;
	return false;
}

/* The old table is left at once: nothing goes there any more, and fib takes our routes out of it. A
 * new one is taken when no entry remembers the old one, and no other VRF has it. */
void vrf_table_refresh(struct rib *r, uint16_t index)
{
	struct vrf *v = &r->vrfs[index];
	const struct fib_link *device =
		v->is.device[0] ? host_link_by_name(r->host, v->is.device) : NULL;
	if (device && !device->vrf_table)
		device = NULL;
	uint32_t wanted = table_wanted(v, device);

	v->ifindex = device ? device->ifindex : 0;
	v->device_lives = device || !v->is.device[0];
	if (v->table && v->table != wanted) {
		table_tell(r, v, false);
		v->table = 0;
		v->forget = sweep_job(r, index);
	}
	if (!v->table && wanted && !sweep_pending(r, v->forget) && !table_taken(r, wanted)) {
		v->table = wanted;
		table_tell(r, v, true);
		v->decide = sweep_job(r, index);
		leak_offer(r, index);
	}
}

void vrf_judge(struct rib *r, uint16_t index)
{
	struct vrf *v = &r->vrfs[index];

	if (v->family[0] || v->family[1])
		v->judge = sweep_job(r, index);
	leak_offer(r, index);
}

void vrfs_round_done(struct rib *r)
{
	for (uint16_t i = 0; i < RIB_VRFS_MAX; i++)
		if (r->vrfs[i].used && !r->vrfs[i].table)
			vrf_table_refresh(r, i);
}

static bool rules_equal(const struct rib_vrf *a, const struct rib_vrf *b)
{
	return a->maximum_paths == b->maximum_paths && a->multipath_relax == b->multipath_relax &&
	       a->bandwidth == b->bandwidth;
}

static uint16_t paths_within(uint16_t n)
{
	return n == 0 ? 1 : n > FIB_GROUP_MEMBERS_MAX ? FIB_GROUP_MEMBERS_MAX : n;
}

void rib_vrf_set(struct rib *r, uint16_t index, const struct rib_vrf *config)
{
	struct vrf *v = &r->vrfs[index];
	struct rib_vrf old = v->is;
	uint32_t old_table = v->table;

	v->used = true;
	v->is = *config;
	v->is.maximum_paths = paths_within(config->maximum_paths);
	vrf_table_refresh(r, index);
	if (v->table && v->table == old_table &&
		old.unreachable_default != v->is.unreachable_default)
		table_tell(r, v, true);
	if (!rules_equal(&old, &v->is))
		v->decide = sweep_job(r, index);
	if (strcmp(old.device, v->is.device) != 0)
		rib_links_changed(r);
}

void rib_vrf_remove(struct rib *r, uint16_t index)
{
	struct vrf *v = &r->vrfs[index];

	v->used = false;
	v->flushed = false;
	rib_vrf_imports(r, index, NULL, 0);
	vrf_table_refresh(r, index);
	rib_vrf_deny(r, index, NULL);
	v->is = (struct rib_vrf){0};
}

void rib_vrf_flush(struct rib *r, uint16_t index, bool flushed)
{
	struct vrf *v = &r->vrfs[index];

	if (!v->used || v->flushed == flushed)
		return;
	v->flushed = flushed;
	v->decide = sweep_job(r, index);
	if (!flushed)
		leak_offer(r, index); /* what is only imported has no entry without a route */
}

uint64_t rib_vrf_installed(const struct rib *r, uint16_t index)
{
	const struct vrf *v = &r->vrfs[index];
	uint64_t n = 0;

	for (unsigned family = 0; family < 2; family++)
		n += v->family[family] ? v->family[family]->installed : 0;
	return n;
}

uint32_t rib_vrf_table(const struct rib *r, uint16_t index)
{
	return r->vrfs[index].table;
}

struct table *vrf_family(struct rib *r, uint16_t vrf, enum addr_family f)
{
	unsigned family = f == ADDR_V6;
	struct table **t = &r->vrfs[vrf].family[family];

	if (!*t)
		*t = table_new((uint16_t)(2 * vrf + family), f, r->seed);
	return *t;
}

/* A link that lost its carrier, or is gone, takes its gateways along. */
static void gateways_of_dead_links(struct rib *r)
{
	for (uint32_t i = r->gateways_top; i-- > 0;) {
		if (i >= r->gateways_top || !r->gateways[i].handle)
			continue;
		const struct fib_link *l = host_link_by_index(r->host, r->gateways[i].ifindex);
		if (!l || !host_link_usable(l))
			gateway_die(r, (uint16_t)(i + 1), LOSS_AGAIN, "");
	}
}

/* Own addresses are part of the verdicts: a sum that does not depend on their order. */
static uint32_t addresses_sum(const struct rib *r)
{
	const struct fib_address *a;
	size_t n = host_addresses(r->host, &a);
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t h = hash_bytes(&a[i].addr, sizeof(a[i].addr), a[i].flags);
		sum += h ^ a[i].len;
	}
	return sum;
}

static void judge_all(struct rib *r)
{
	for (uint16_t i = 0; i < RIB_VRFS_MAX; i++)
		vrf_judge(r, i);
}

static void nexthops_again(struct rib *r)
{
	for (uint32_t n = 1; n <= r->nexthops.top; n++) {
		if (!nexthop_used(r, n) ||
			r->peers[rib_nexthop(r, (uint16_t)n)->peer].state != PEER_UP)
			continue;
		struct nexthop *x = rib_nexthop(r, (uint16_t)n);
		x->level = 0;
		if (x->down && !x->down_bfd)
			nexthop_retry(r, (uint16_t)n);
		else
			nexthop_resolve(r, (uint16_t)n);
	}
}

void rib_links_changed(struct rib *r)
{
	for (uint16_t i = 0; i < RIB_VRFS_MAX; i++)
		if (r->vrfs[i].used)
			vrf_table_refresh(r, i);
	gateways_of_dead_links(r);
	uint32_t sum = addresses_sum(r);
	if (sum != r->addresses_sum) {
		r->addresses_sum = sum;
		judge_all(r);
		traits_addresses_changed(r);
	}
	nexthops_again(r);
}

const struct filter *ceiling_find(const struct rib *r, uint32_t ifindex)
{
	const struct fib_link *l = host_link_by_index(r->host, ifindex);

	for (size_t i = 0; l && i < r->ceilings_n; i++)
		if (strcmp(r->ceilings[i].name, l->name) == 0)
			return r->ceilings[i].filter;
	return NULL;
}
