#include "rib/fib/adopt.h"

#include <stdlib.h>

#include "rib/fib/fib.h"

/* --- the inventory --- */

static void inventory_restart(void *ctx)
{
	((struct inventory *)ctx)->n = 0;
}

static void inventory_take(void *ctx, struct nlmsghdr *m)
{
	struct inventory *v = ctx;
	struct nlread_nexthop o;
	if (!nlread_nexthop(m, &o))
		return;
	v->object = fib_grow(v->object, v->n + 1, sizeof(v->object[0]));
	v->object[v->n++] = o;
}

int inventory_read(struct fib *f, struct inventory *v)
{
	*v = (struct inventory){0};
	kernel_add(&f->kernel, nlbuild_dump_nexthops(kernel_next(&f->kernel)));
	return kernel_dump(&f->kernel, inventory_restart, inventory_take, v);
}

/* --- adoption --- */

static bool is_ours(const struct fib *f, const struct nlread_nexthop *o)
{
	return o->protocol == f->config.nexthop_protocol && o->id >= f->config.nexthop_id_first &&
	       o->id <= f->config.nexthop_id_last;
}

static void adopt_gateway(struct fib *f, const struct nlread_nexthop *o, uint32_t handle)
{
	struct {
		struct chan_head head;
		struct fib_gateway is;
	} m = {.head = {FIB_CHANNEL_VERSION, FIB_MSG_ADOPTED_GATEWAY, 1},
		.is = {.gateway = handle, .ifindex = o->ifindex, .addr = o->gateway}};
	ledger_adopt_gateway(&f->ledger, handle, o->id, o->ifindex, o->gateway);
	outbox_put(&f->out, &m, sizeof(m));
}

static bool weights_fit(const struct nlread_nexthop *o)
{
	for (size_t i = 0; i < o->member_n; i++)
		if (o->member[i].weight > UINT8_MAX)
			return false;
	return true;
}

static bool adopt_group(struct fib *f, const struct nlread_nexthop *o, uint32_t handle)
{
	struct fib_msg_group m = {.head = {FIB_CHANNEL_VERSION, FIB_MSG_ADOPTED_GROUP, 1},
		.group = handle,
		.live_n = (uint16_t)o->member_n};
	if (!o->member_n || o->member_n > FIB_GROUP_MEMBERS_MAX || !weights_fit(o) ||
		!ledger_adopt_group(&f->ledger, handle, o->id, o->member, o->member_n))
		return false;
	for (size_t i = 0; i < o->member_n; i++) {
		const struct gateway *g = handles_find(&f->ledger.gateway_ids, o->member[i].id);
		m.member[i] = (struct fib_member){
			.gateway = g->handle, .weight = (uint8_t)o->member[i].weight};
	}
	outbox_put(&f->out, &m, fib_msg_group_len(&m));
	return true;
}

void adopt_objects(struct fib *f, const struct inventory *v)
{
	struct chan_head end = {FIB_CHANNEL_VERSION, FIB_MSG_ADOPTED, 1};
	uint32_t gateways = 0, groups = 0;

	for (size_t i = 0; i < v->n && gateways < FIB_ADOPTED_GATEWAYS_MAX; i++) {
		const struct nlread_nexthop *o = &v->object[i];
		if (is_ours(f, o) && !o->group && o->gateway.family != ADDR_NONE)
			adopt_gateway(f, o, FIB_ADOPTED_FIRST + gateways++);
	}
	for (size_t i = 0; i < v->n && groups < FIB_ADOPTED_GROUPS_MAX; i++) {
		const struct nlread_nexthop *o = &v->object[i];
		if (is_ours(f, o) && o->group && adopt_group(f, o, FIB_ADOPTED_FIRST + groups))
			groups++;
	}
	outbox_put(&f->out, &end, sizeof(end));
	if (gateways + groups)
		log_info("adopted gateways=%u groups=%u", gateways, groups);
}
