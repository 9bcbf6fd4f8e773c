/* Other programs on the simulated host, who delete and replace what is ours and have things of
 * their own beside it. */
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/fib/sim.h"

enum {
	FOREIGN_PROTOCOL = 4,
	FOREIGN_METRIC = 50,
};

void sim_ask(struct sim *s, struct nl_msg *m, const char *what, uint32_t number)
{
	int error = fake_kernel_foreign(s->kernel, nlmsg_hdr(m));
	sim_say(s, "another program: %s %u: %s", what, number, strerror(error));
	nlmsg_free(m);
}

struct nl_msg *sim_message(void)
{
	struct nl_msg *m = nlmsg_alloc_size(NLBUILD_MAX);
	nlbuild_reset(m, 1);
	return m;
}

/* One of ours, by dice; NULL: there is none. */
static const struct fake_nexthop *some_nexthop(struct sim *s, bool group)
{
	const struct fake_kernel *k = s->kernel;
	for (size_t i = 0, at = sim_dice(s, 64); i < k->nexthop_n; i++) {
		const struct fake_nexthop *n = &k->nexthop[(at + i) % k->nexthop_n];
		if (n->group == group && !n->foreign)
			return n;
	}
	return NULL;
}

static const struct fake_route *some_route(struct sim *s)
{
	const struct fake_kernel *k = s->kernel;
	const struct fake_route *r = k->route_n ? &k->route[sim_dice(s, 256) % k->route_n] : NULL;
	return r && r->is.prefix.len && r->is.table != RT_TABLE_MAIN ? r : NULL; /* not a default */
}

static void delete_nexthop(struct sim *s, bool group)
{
	const struct fake_nexthop *n = some_nexthop(s, group);
	struct nl_msg *m = sim_message();
	uint32_t id = n ? n->id : 1;
	nlbuild_nexthop_del(m, id);
	sim_ask(s, m, "delete nexthop", id - SIM_ID_FIRST);
}

/* Some group gets the members of another object. */
static void replace_group(struct sim *s)
{
	const struct fake_nexthop *g = some_nexthop(s, true), *n = some_nexthop(s, false);
	struct kops k = {0};
	if (!g || !n)
		return;
	struct nl_msg *m = sim_message();
	kops_add(&k, (struct kop){.kind = KOP_GROUP_REPLACE, .id = g->id});
	kops_add_member(&k, (struct kop_member){.id = n->id, .weight = 1});
	nlbuild_kop(m, &k, 0, 2);
	kops_free(&k);
	sim_ask(s, m, "replace group", g->id - SIM_ID_FIRST);
}

static void delete_route(struct sim *s)
{
	const struct fake_route *r = some_route(s);
	if (!r)
		return;
	struct nl_msg *m = sim_message();
	struct nlbuild_route x = {.table = r->is.table,
		.metric = r->is.metric,
		.protocol = r->is.protocol,
		.prefix = r->is.prefix};
	nlbuild_route_del(m, &x);
	sim_ask(s, m, "delete a route of table", r->is.table);
}

/* A blackhole in the place of a route of ours, or beside it. */
static void blackhole(struct sim *s, uint32_t metric)
{
	const struct fake_route *r = some_route(s);
	if (!r)
		return;
	struct nl_msg *m = sim_message();
	struct nlbuild_route x = {.table = r->is.table,
		.metric = metric,
		.protocol = FOREIGN_PROTOCOL,
		.prefix = r->is.prefix};
	nlbuild_route_set(m, &x);
	((struct rtmsg *)nlmsg_data(nlmsg_hdr(m)))->rtm_type = RTN_BLACKHOLE;
	sim_ask(s, m, "blackhole with metric", metric);
}

/* The route of ours leads through another group of ours, or to the gateway of any peer. */
static void bend_route(struct sim *s)
{
	const struct fake_route *r = some_route(s);
	const struct fake_nexthop *g = some_nexthop(s, true);
	bool plain = s->plain;
	if (!r || (!g && !plain) || r->is.metric != SIM_METRIC ||
		(r->is.table != SIM_RED && r->is.table != s->blue_table))
		return;
	unsigned peer = plain ? sim_dice(s, SIM_PEERS) : 0;
	struct hop hop = {.ifindex = sim_link_of(peer),
		.addr = sim_address(peer, r->is.prefix.addr.family == ADDR_V6),
		.weight = 1};
	struct nl_msg *m = sim_message();
	struct nlbuild_route x = {.table = r->is.table,
		.metric = r->is.metric,
		.nh_id = plain ? 0 : g->id,
		.hop = &hop,
		.hop_n = plain,
		.protocol = 186,
		.prefix = r->is.prefix};
	nlbuild_route_set(m, &x);
	sim_ask(s, m, "bend a route to another way", plain ? peer : g->id - SIM_ID_FIRST);
}

static void flush_all(struct sim *s)
{
	for (unsigned i = 0; i < 64 && s->kernel->route_n; i++) {
		const struct fake_route *r = &s->kernel->route[s->kernel->route_n - 1];
		struct nl_msg *m = sim_message();
		struct nlbuild_route x = {.table = r->is.table,
			.metric = r->is.metric,
			.protocol = r->is.protocol,
			.prefix = r->is.prefix};
		nlbuild_route_del(m, &x);
		fake_kernel_foreign(s->kernel, nlmsg_hdr(m));
		nlmsg_free(m);
	}
	sim_say(s, "another program: flush all routes");
}

/* Takes an id that we would give out next, or one far from ours. */
static void squat(struct sim *s, bool ours, bool group)
{
	const struct fake_nexthop *n = some_nexthop(s, false);
	struct kops k = {0};
	uint32_t id = ours && s->fib->configured ? s->fib->ledger.id_next + sim_dice(s, 3)
						 : 5 + sim_dice(s, 3);
	struct nl_msg *m = sim_message();
	if (group && n) {
		kops_add(&k, (struct kop){.kind = KOP_GROUP_SET, .id = id});
		kops_add_member(&k, (struct kop_member){.id = n->id, .weight = 1});
	} else {
		kops_add(&k, (struct kop){.kind = KOP_GATEWAY_SET,
				     .id = id,
				     .ifindex = SIM_LINK,
				     .addr = addr_v4(0x0a0002c8)});
	}
	nlbuild_kop(m, &k, 0, FOREIGN_PROTOCOL);
	kops_free(&k);
	sim_ask(s, m, group ? "a group with id" : "an object with id", id);
}

static void rule(struct sim *s)
{
	bool set = sim_dice(s, 2);
	struct fib_rule r = {.table = SIM_RED,
		.priority = 979,
		.family = ADDR_V4,
		.from_len = 24,
		.from = {198, 51, 100}};
	struct nl_msg *m = sim_message();
	if (set)
		r.table = 254;
	(set ? nlbuild_rule_set : nlbuild_rule_del)(m, &r, set ? FOREIGN_PROTOCOL : 186);
	sim_ask(s, m, set ? "set a rule of table" : "delete a rule of table", r.table);
}

void sim_foreign(struct sim *s)
{
	switch (sim_dice(s, 14)) {
	case 0:
		delete_nexthop(s, true);
		break;
	case 1:
		delete_nexthop(s, false);
		break;
	case 2:
		replace_group(s);
		break;
	case 3:
	case 4:
		delete_route(s);
		break;
	case 5:
		blackhole(s, SIM_METRIC);
		break;
	case 6:
		blackhole(s, FOREIGN_METRIC);
		break;
	case 7:
	case 8:
		bend_route(s);
		break;
	case 9:
		if (sim_dice(s, 4) == 0)
			flush_all(s);
		break;
	case 10:
	case 11:
		squat(s, sim_dice(s, 2), sim_dice(s, 3) == 0);
		break;
	default:
		rule(s);
	}
}
