/* Nexthop objects and groups, as net/ipv4/nexthop.c has them. */
#include <errno.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/unit/fib/fake_kernel.h"

/* First that is not less than id. */
static size_t place_of(const struct fake_kernel *k, uint32_t id)
{
	size_t low = 0, high = k->nexthop_n;
	while (low < high) {
		size_t mid = (low + high) / 2;
		if (k->nexthop[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct fake_nexthop *find(const struct fake_kernel *k, uint32_t id)
{
	size_t at = place_of(k, id);
	return at < k->nexthop_n && k->nexthop[at].id == id ? &k->nexthop[at] : NULL;
}

const struct fake_nexthop *fake_nexthop(const struct fake_kernel *k, uint32_t id)
{
	return find(k, id);
}

static void put_nexthop(struct fake_out *o, uint16_t type, uint16_t flags, uint32_t seq,
	uint32_t port, const struct fake_nexthop *n)
{
	struct nhmsg f = {.nh_protocol = n->protocol, .nh_flags = n->flags};
	struct nexthop_grp g[2 * FIB_GROUP_MEMBERS_MAX];

	if (!n->group)
		f.nh_family = (uint8_t)addr_family_af(n->gateway.family);
	fake_out_message(o, type, flags, seq, port, &f, sizeof(f));
	fake_out_u32(o, NHA_ID, n->id);
	if (n->group) {
		for (uint16_t i = 0; i < n->member_n; i++)
			g[i] = (struct nexthop_grp){
				.id = n->member[i].id, .weight = n->member[i].weight};
		fake_out_attr(o, NHA_GROUP, g, n->member_n * sizeof(g[0]));
		return;
	}
	fake_out_u32(o, NHA_OIF, n->ifindex);
	fake_out_attr(o, NHA_GATEWAY, n->gateway.b, addr_bytes(n->gateway.family));
}

static void notify(struct fake_kernel *k, const struct fake_request *q, uint16_t type,
	const struct fake_nexthop *n)
{
	struct fake_out o = {0};
	put_nexthop(&o, type, q->flags, q->seq, q->port, n);
	fake_notify(k, RTNLGRP_NEXTHOP, &o);
}

bool fake_nexthop_next(
	struct fake_kernel *k, struct fake_dump *d, struct fake_out *o, uint32_t port)
{
	size_t at = place_of(k, d->begun ? d->id + 1 : 0);
	if (at == k->nexthop_n)
		return false;
	put_nexthop(o, RTM_NEWNEXTHOP, NLM_F_MULTI, d->seq, port, &k->nexthop[at]);
	d->begun = true;
	d->id = k->nexthop[at].id;
	return true;
}

/* ---- removal ---- */

static void nexthop_remove(struct fake_kernel *k, uint32_t id, const struct fake_request *q);

/* q NULL: silently. True: the group lost its last member. */
static bool member_remove(
	struct fake_kernel *k, struct fake_nexthop *g, uint32_t id, const struct fake_request *q)
{
	uint16_t kept = 0, was = g->member_n;
	for (uint16_t i = 0; i < was; i++)
		if (g->member[i].id != id)
			g->member[kept++] = g->member[i];
	if (kept == was)
		return false;
	if (!kept)
		return true; /* it keeps the last one to its end */
	g->member_n = kept;
	k->shrunk++;
	if (q)
		notify(k, q, RTM_NEWNEXTHOP, g);
	return false;
}

static void nexthop_remove(struct fake_kernel *k, uint32_t id, const struct fake_request *q)
{
	size_t at = place_of(k, id);
	struct fake_nexthop n = k->nexthop[at];

	k->nexthop_n--;
	memmove(&k->nexthop[at], &k->nexthop[at + 1], (k->nexthop_n - at) * sizeof(n));
	k->nexthop_changes++;
	if (q)
		notify(k, q, RTM_DELNEXTHOP, &n);
	k->walks += fake_routes_use(k, id, ADDR_V4);
	fake_routes_of_nexthop(k, id, q ? q->port : 0, true);
	free(n.member);
	if (n.group)
		return;
	for (size_t i = 0; i < k->nexthop_n;) {
		struct fake_nexthop *g = &k->nexthop[i];
		if (g->group && member_remove(k, g, id, q))
			nexthop_remove(k, g->id, q);
		else
			i++;
	}
}

void fake_nexthops_of_link(struct fake_kernel *k, uint32_t ifindex)
{
	for (size_t i = 0; i < k->nexthop_n;)
		if (!k->nexthop[i].group && k->nexthop[i].ifindex == ifindex) {
			nexthop_remove(k, k->nexthop[i].id, NULL);
			i = 0;
		} else {
			i++;
		}
}

int fake_nexthop_del(struct fake_kernel *k, const struct fake_request *q, struct nlmsghdr *m)
{
	struct nlread_nexthop x;
	if (!nlread_nexthop(m, &x))
		return fake_fail(k, EINVAL, "Invalid nexthop id");
	struct fake_nexthop *n = find(k, x.id);
	if (!n)
		return -ENOENT;
	if (n->foreign)
		fake_trespass(k, q, "deleted the nexthop", n->id);
	uint64_t shrunk = k->shrunk;
	nexthop_remove(k, x.id, q);
	k->waited += k->walks ? k->shrunk - shrunk : 0;
	return 0;
}

/* ---- creation ---- */

static bool contains(const struct fib_address *a, const struct addr *g)
{
	return a->addr.family == g->family &&
	       prefix_equal(prefix_make(a->addr, a->len), prefix_make(*g, a->len));
}

/* What a lookup of the gateway on its link says. */
int fake_gateway_check(struct fake_kernel *k, uint32_t ifindex, struct addr gateway, bool onlink)
{
	bool on_link = onlink || addr_is_link_local(gateway);
	bool v4 = gateway.family == ADDR_V4;

	for (size_t i = 0; i < k->address_n; i++) {
		const struct fib_address *a = &k->address[i];
		if (addr_equal(a->addr, gateway))
			return fake_fail(k, EINVAL,
				v4 ? "Nexthop has invalid gateway"
				   : "Gateway can not be a local address");
		on_link |= a->ifindex == ifindex && contains(a, &gateway);
	}
	if (on_link)
		return 0;
	return v4 ? fake_fail(k, ENETUNREACH, "Nexthop has invalid gateway") : -EHOSTUNREACH;
}

static int read_object(
	struct fake_kernel *k, struct nlattr **tb, uint8_t family, struct fake_nexthop *n)
{
	if (!tb[NHA_OIF])
		return fake_fail(k, EINVAL,
			"Device attribute required for non-blackhole and non-fdb nexthops");
	n->ifindex = nla_get_u32(tb[NHA_OIF]);
	const struct fib_link *l = fake_link(k, n->ifindex);
	if (!l)
		return fake_fail(k, EINVAL, "Invalid device index");
	if (!(l->flags & FIB_LINK_UP))
		return fake_fail(k, ENETDOWN, "Nexthop device is not up");
	if (!(l->flags & FIB_LINK_CARRIER))
		return fake_fail(k, ENETDOWN, "Carrier for nexthop device is down");
	enum addr_family f = family == AF_INET6 ? ADDR_V6 : ADDR_V4;
	if (!tb[NHA_GATEWAY] || nla_len(tb[NHA_GATEWAY]) != (int)addr_bytes(f))
		return fake_fail(k, EINVAL, "Invalid gateway");
	n->gateway = addr_from_bytes(f, nla_data(tb[NHA_GATEWAY]));
	return fake_gateway_check(k, n->ifindex, n->gateway, n->flags & RTNH_F_ONLINK);
}

static int read_group(struct fake_kernel *k, struct nlattr *a, struct fake_nexthop *n)
{
	struct nexthop_grp g[2 * FIB_GROUP_MEMBERS_MAX];
	size_t count = (size_t)nla_len(a) / sizeof(g[0]);

	if (!count || count > sizeof(g) / sizeof(g[0]) || (size_t)nla_len(a) % sizeof(g[0]))
		return fake_fail(k, EINVAL, "Invalid length for nexthop group attribute");
	memcpy(g, nla_data(a), count * sizeof(g[0]));
	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; j < count; j++)
			if (g[i].id == g[j].id)
				return fake_fail(
					k, EINVAL, "Nexthop id can not be used twice in a group");
	for (size_t i = 0; i < count; i++) {
		const struct fake_nexthop *x = find(k, g[i].id);
		if (!x)
			return fake_fail(k, EINVAL, "Invalid nexthop id");
		if (x->group)
			return fake_fail(k, EINVAL,
				"Hash-threshold group can not be a nexthop within a group");
	}
	n->group = true;
	n->member_n = (uint16_t)count;
	n->member = calloc(count, sizeof(*n->member));
	for (size_t i = 0; i < count; i++)
		n->member[i] = (struct fake_member){g[i].id, g[i].weight};
	return 0;
}

bool fake_nexthop_only_v6(const struct fake_kernel *k, const struct fake_nexthop *n)
{
	bool v6 = n->group || n->gateway.family == ADDR_V6;
	for (uint16_t i = 0; i < n->member_n; i++) {
		const struct fake_nexthop *x = find(k, n->member[i].id);
		v6 = v6 && x && x->gateway.family == ADDR_V6;
	}
	return v6;
}

static bool is_member(const struct fake_nexthop *g, uint32_t id)
{
	for (uint16_t i = 0; i < g->member_n; i++)
		if (g->member[i].id == id)
			return true;
	return false;
}

/* By itself or by a group that it is in. */
static bool used_by_v6(const struct fake_kernel *k, uint32_t id)
{
	bool used = fake_routes_use(k, id, ADDR_V6);
	for (size_t i = 0; i < k->nexthop_n; i++)
		used |= k->nexthop[i].group && is_member(&k->nexthop[i], id) &&
			fake_routes_use(k, k->nexthop[i].id, ADDR_V6);
	return used;
}

static int replace(struct fake_kernel *k, const struct fake_request *q, struct fake_nexthop *old,
	struct fake_nexthop *n)
{
	if (old->group != n->group)
		return fake_fail(k, EINVAL,
			old->group ? "Can not replace a nexthop group with a nexthop."
				   : "Can not replace a nexthop with a nexthop group.");
	if (used_by_v6(k, n->id) && !fake_nexthop_only_v6(k, n))
		return fake_fail(k, EINVAL, "IPv6 routes can not use an IPv4 nexthop");
	if (old->foreign)
		fake_trespass(k, q, "replaced the nexthop", n->id);
	free(old->member);
	n->foreign = old->foreign;
	*old = *n;
	return 0;
}

static void insert(struct fake_kernel *k, const struct fake_nexthop *n)
{
	size_t at = place_of(k, n->id);
	k->nexthop = realloc(k->nexthop, (k->nexthop_n + 1) * sizeof(*n));
	memmove(&k->nexthop[at + 1], &k->nexthop[at], (k->nexthop_n - at) * sizeof(*n));
	k->nexthop[at] = *n;
	k->nexthop_n++;
}

/* After a replacement, with what follows for groups of it. */
static void tell_routes(struct fake_kernel *k, const struct fake_request *q, uint32_t id)
{
	fake_routes_tell(k, q, id);
	for (size_t i = 0; i < k->nexthop_n; i++)
		if (k->nexthop[i].group && is_member(&k->nexthop[i], id))
			fake_routes_tell(k, q, k->nexthop[i].id);
}

static int nexthop_put(struct fake_kernel *k, const struct fake_request *q, struct fake_nexthop *n)
{
	struct fake_nexthop *old = find(k, n->id);
	bool may_replace = q->flags & NLM_F_REPLACE, create = q->flags & NLM_F_CREATE;

	k->waited += old && n->group && k->walks;
	if (old && may_replace)
		return replace(k, q, old, n);
	if (old)
		return -EEXIST;
	if (may_replace && !create)
		return fake_fail(k, ENOENT, "Replace specified without create and no entry exists");
	insert(k, n);
	return 0;
}

int fake_nexthop_new(struct fake_kernel *k, const struct fake_request *q, struct nlmsghdr *m)
{
	struct nlattr *tb[NHA_MAX + 1];
	const struct nhmsg *f = nlmsg_data(m);

	if (nlmsg_parse(m, sizeof(*f), tb, NHA_MAX, NULL) < 0 || !tb[NHA_ID])
		return -EINVAL;
	struct fake_nexthop n = {.id = nla_get_u32(tb[NHA_ID]),
		.protocol = f->nh_protocol,
		.flags = (uint8_t)f->nh_flags,
		.foreign = q->port == FAKE_FOREIGN_PORT};
	bool known = find(k, n.id) != NULL;
	int error = tb[NHA_GROUP] ? read_group(k, tb[NHA_GROUP], &n)
				  : read_object(k, tb, f->nh_family, &n);
	if (!error)
		error = nexthop_put(k, q, &n);
	if (error) {
		free(n.member);
		return error;
	}
	k->nexthop_changes++;
	notify(k, q, RTM_NEWNEXTHOP, find(k, n.id));
	if (known)
		tell_routes(k, q, n.id);
	return 0;
}
