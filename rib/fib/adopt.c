#include "rib/fib/adopt.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

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

static void adopt_gateway(
	struct fib *f, uint32_t handle, uint32_t id, uint32_t ifindex, struct addr addr)
{
	struct {
		struct chan_head head;
		struct fib_gateway is;
	} m = {.head = {FIB_CHANNEL_VERSION, FIB_MSG_ADOPTED_GATEWAY, 1},
		.is = {.gateway = handle, .ifindex = ifindex, .addr = addr}};
	ledger_adopt_gateway(&f->ledger, handle, id, ifindex, addr);
	outbox_put(&f->out, &m, sizeof(m));
}

static struct gateway *gateway_at(const struct ledger *l, uint32_t ifindex, struct addr addr)
{
	struct gateway *g;

	for (size_t at = 0; (g = handles_next(&l->gateways, &at));)
		if (g->ifindex == ifindex && addr_equal(g->addr, addr))
			return g;
	return NULL;
}

static bool group_has(const struct nlread_nexthop *o, uint32_t id)
{
	for (size_t i = 0; i < o->member_n; i++)
		if (o->member[i].id == id)
			return true;
	return false;
}

static bool several_use(const struct inventory *v, uint32_t id)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->object[i].group && v->object[i].member_n > 1 && group_has(&v->object[i], id))
			return true;
	return false;
}

static bool weights_fit(const struct kop_member *member, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (member[i].weight > UINT8_MAX)
			return false;
	return true;
}

static bool adopt_group(
	struct fib *f, uint32_t handle, uint32_t id, const struct kop_member *member, size_t n)
{
	struct fib_msg_group m = {.head = {FIB_CHANNEL_VERSION, FIB_MSG_ADOPTED_GROUP, 1},
		.group = handle,
		.live_n = (uint16_t)n};
	if (!n || n > FIB_GROUP_MEMBERS_MAX || !weights_fit(member, n) ||
		!ledger_adopt_group(&f->ledger, handle, id, member, n))
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct gateway *g = handles_find(&f->ledger.gateway_ids, member[i].id);
		m.member[i] = (struct fib_member){
			.gateway = g->handle, .weight = (uint8_t)member[i].weight};
	}
	outbox_put(&f->out, &m, fib_msg_group_len(&m));
	return true;
}

static void adopted(struct fib *f, uint32_t gateways, uint32_t groups)
{
	struct chan_head end = {FIB_CHANNEL_VERSION, FIB_MSG_ADOPTED, 1};
	outbox_put(&f->out, &end, sizeof(end));
	if (gateways + groups)
		log_info("adopted gateways=%u groups=%u", gateways, groups);
}

void adopt_objects(struct fib *f, const struct inventory *v)
{
	uint32_t gateways = 0, groups = 0;

	for (size_t i = 0; i < v->n; i++) {
		const struct nlread_nexthop *o = &v->object[i];
		if (!is_ours(f, o) || o->group || o->gateway.family == ADDR_NONE)
			continue;
		struct gateway *g = gateway_at(&f->ledger, o->ifindex, o->gateway);
		if (g)
			ledger_adopt_twin(&f->ledger, g, o->id, several_use(v, o->id));
		else if (gateways < FIB_ADOPTED_GATEWAYS_MAX)
			adopt_gateway(
				f, FIB_ADOPTED_FIRST + gateways++, o->id, o->ifindex, o->gateway);
	}
	for (size_t i = 0; i < v->n && groups < FIB_ADOPTED_GROUPS_MAX; i++) {
		const struct nlread_nexthop *o = &v->object[i];
		if (is_ours(f, o) && o->group &&
			adopt_group(f, FIB_ADOPTED_FIRST + groups, o->id, o->member, o->member_n))
			groups++;
	}
	ledger_twins_trim(&f->ledger, NULL);
	adopted(f, gateways, groups);
}

/* --- without objects --- */

struct found {
	struct fib *f;
	uint32_t gateways;
	uint32_t groups;
};

/* The kernel id that it would have, adopted where it is new; 0: too many, or no gateway. */
static uint32_t hop_id(struct found *x, const struct hop *h)
{
	struct ledger *l = &x->f->ledger;
	const struct gateway *g = gateway_at(l, h->ifindex, h->addr);

	if (g)
		return g->id;
	if (x->gateways == FIB_ADOPTED_GATEWAYS_MAX || h->addr.family == ADDR_NONE)
		return 0;
	uint32_t id = ledger_id_take(l);
	if (id)
		adopt_gateway(x->f, FIB_ADOPTED_FIRST + x->gateways++, id, h->ifindex, h->addr);
	return id;
}

static void take_route(void *ctx, struct nlmsghdr *m)
{
	struct found *x = ctx;
	struct fib *f = x->f;
	struct kop_member member[FIB_GROUP_MEMBERS_MAX];
	static struct nlread_route r;

	if (m->nlmsg_type != RTM_NEWROUTE || !nlread_route(m, &r) || !fib_route_is_plain(f, &r) ||
		!r.hop_n || x->groups == FIB_ADOPTED_GROUPS_MAX ||
		ledger_group_of(&f->ledger, r.hop, r.hop_n))
		return;
	for (size_t i = 0; i < r.hop_n; i++) {
		member[i] = (struct kop_member){hop_id(x, &r.hop[i]), r.hop[i].weight};
		if (!member[i].id)
			return;
	}
	uint32_t id = ledger_id_take(&f->ledger);
	if (id && adopt_group(f, FIB_ADOPTED_FIRST + x->groups, id, member, r.hop_n))
		x->groups++;
}

void adopt_routes(struct fib *f)
{
	static const enum addr_family families[] = {ADDR_V4, ADDR_V6};
	struct found x = {.f = f};

	for (size_t i = 0; i < 2; i++) {
		kernel_add(&f->kernel, nlbuild_dump_routes(kernel_next(&f->kernel), families[i], 0,
					       f->config.route_protocol));
		int error = kernel_dump(&f->kernel, NULL, take_route, &x);
		if (error && error != -ENOENT)
			log_warn("adoption-incomplete error=\"%s\"", strerror(-error));
	}
	adopted(f, x.gateways, x.groups);
}
