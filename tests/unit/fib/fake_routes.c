/* Routes of both families by nexthop id or type, as fib_trie.c and ip6_fib.c have them. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/unit/fib/fake_kernel.h"

enum {
	IP6_METRIC = 1024,
};

static int compare(const struct nlread_route *a, const struct nlread_route *b)
{
	if (a->prefix.addr.family != b->prefix.addr.family)
		return a->prefix.addr.family < b->prefix.addr.family ? -1 : 1;
	if (a->table != b->table)
		return a->table < b->table ? -1 : 1;
	int c = prefix_compare(a->prefix, b->prefix);
	return c ? c : a->metric < b->metric ? -1 : a->metric > b->metric;
}

/* First that is not less. */
static size_t place_of(const struct fake_kernel *k, const struct nlread_route *r)
{
	size_t low = 0, high = k->route_n;
	while (low < high) {
		size_t mid = (low + high) / 2;
		if (compare(&k->route[mid].is, r) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool is_at(const struct fake_kernel *k, size_t at, const struct nlread_route *r)
{
	return at < k->route_n && compare(&k->route[at].is, r) == 0;
}

const struct fake_route *fake_route(
	const struct fake_kernel *k, uint32_t table, const struct prefix *p, uint32_t metric)
{
	struct nlread_route r = {.table = table, .prefix = *p, .metric = metric};
	size_t at = place_of(k, &r);
	return is_at(k, at, &r) ? &k->route[at] : NULL;
}

void fake_route_put(const struct fake_kernel *k, struct fake_out *o, uint16_t type, uint16_t flags,
	uint32_t seq, uint32_t port, const struct nlread_route *r)
{
	enum addr_family family = r->prefix.addr.family;
	struct rtmsg f = {.rtm_family = (uint8_t)addr_family_af(family),
		.rtm_dst_len = r->prefix.len,
		.rtm_table = r->table < 256 ? (uint8_t)r->table : RT_TABLE_COMPAT,
		.rtm_protocol = r->protocol,
		.rtm_scope = RT_SCOPE_UNIVERSE,
		.rtm_type = r->type,
		.rtm_flags = r->hop_n == 1 ? fake_hop_flags(k, r->hop) : 0};
	fake_out_message(o, type, flags, seq, port, &f, sizeof(f));
	fake_out_u32(o, RTA_TABLE, r->table);
	if (r->prefix.len)
		fake_out_attr(o, RTA_DST, r->prefix.addr.b, addr_bytes(family));
	if (r->metric)
		fake_out_u32(o, RTA_PRIORITY, r->metric);
	if (r->source.family)
		fake_out_attr(o, RTA_PREFSRC, r->source.b, addr_bytes(family));
	if (r->nh_id)
		fake_out_u32(o, RTA_NH_ID, r->nh_id);
	fake_hops_put(k, o, r);
}

static void notify(struct fake_kernel *k, uint32_t seq, uint32_t port, uint16_t type,
	uint16_t flags, const struct nlread_route *r)
{
	struct fake_out o = {0};
	bool v6 = r->prefix.addr.family == ADDR_V6;
	fake_route_put(k, &o, type, flags, seq, port, r);
	fake_notify(k, v6 ? RTNLGRP_IPV6_ROUTE : RTNLGRP_IPV4_ROUTE, &o);
}

bool fake_route_next(struct fake_kernel *k, struct fake_dump *d, struct fake_out *o, uint32_t port)
{
	struct nlread_route first = {
		.prefix = {.addr = {.family = d->want.prefix.addr.family}}, .table = d->want.table};
	size_t at = place_of(k, d->begun ? &d->last : &first);

	if (d->begun && is_at(k, at, &d->last))
		at++;
	for (; at < k->route_n; at++) {
		const struct nlread_route *r = &k->route[at].is;
		if (r->prefix.addr.family != first.prefix.addr.family ||
			(first.table && r->table != first.table))
			return false;
		if (d->want.protocol && r->protocol != d->want.protocol)
			continue;
		fake_route_put(k, o, RTM_NEWROUTE, NLM_F_MULTI, d->seq, port, r);
		d->begun = true;
		d->last = *r;
		return true;
	}
	return false;
}

/* ---- tables ---- */

bool fake_table_exists(const struct fake_kernel *k, enum addr_family family, uint32_t table)
{
	const uint32_t *t = k->table[family == ADDR_V6];
	bool always = table == RT_TABLE_MAIN || table == RT_TABLE_LOCAL;
	for (size_t i = 0; !always && i < sizeof(k->table[0]) / sizeof(t[0]) && t[i]; i++)
		always = t[i] == table;
	return always;
}

static void table_make(struct fake_kernel *k, enum addr_family family, uint32_t table)
{
	uint32_t *t = k->table[family == ADDR_V6];
	if (fake_table_exists(k, family, table))
		return;
	while (*t)
		t++;
	*t = table;
}

/* ---- changes ---- */

static void route_remove(struct fake_kernel *k, size_t at, uint32_t port)
{
	struct fake_route r = k->route[at];
	k->route_n--;
	memmove(&k->route[at], &k->route[at + 1], (k->route_n - at) * sizeof(r));
	if (k->route_gone)
		k->route_gone(k->ctx, &r, port);
}

void fake_route_remove(struct fake_kernel *k, size_t at, bool told)
{
	struct nlread_route r = k->route[at].is, one = r;
	route_remove(k, at, 0);
	one.hop_n = 1;
	for (size_t i = 0; told && i < r.hop_n; i++) { /* each by itself */
		one.hop[0] = r.hop[i];
		notify(k, 0, 0, RTM_DELROUTE, 0, &one);
	}
}

void fake_routes_of_nexthop(struct fake_kernel *k, uint32_t id, uint32_t port, bool told)
{
	for (size_t i = 0; i < k->route_n;) {
		struct nlread_route r = k->route[i].is;
		if (r.nh_id != id) {
			i++;
			continue;
		}
		route_remove(k, i, port);
		if (told && r.prefix.addr.family == ADDR_V6)
			notify(k, 0, 0, RTM_DELROUTE, 0, &r);
	}
}

void fake_routes_tell(struct fake_kernel *k, const struct fake_request *q, uint32_t id)
{
	for (size_t i = 0; i < k->route_n; i++)
		if (k->route[i].is.nh_id == id)
			notify(k, q->seq, q->port, RTM_NEWROUTE, NLM_F_REPLACE, &k->route[i].is);
}

void fake_routes_of_source(struct fake_kernel *k, struct addr source)
{
	for (size_t i = 0; i < k->route_n;)
		if (!addr_equal(k->route[i].is.source, source))
			i++;
		else if (source.family == ADDR_V4)
			route_remove(k, i, 0);
		else
			k->route[i++].is.source = (struct addr){0};
}

bool fake_routes_use(const struct fake_kernel *k, uint32_t id, enum addr_family family)
{
	for (size_t i = 0; i < k->route_n; i++)
		if (k->route[i].is.nh_id == id && k->route[i].is.prefix.addr.family == family)
			return true;
	return false;
}

static int check_nexthop(struct fake_kernel *k, const struct nlread_route *r)
{
	const struct fake_nexthop *n = r->nh_id ? fake_nexthop(k, r->nh_id) : NULL;
	if (r->nh_id && !n)
		return fake_fail(k, EINVAL, "Nexthop id does not exist");
	if (n && r->prefix.addr.family == ADDR_V6 && !fake_nexthop_only_v6(k, n))
		return fake_fail(k, EINVAL, "IPv6 routes can not use an IPv4 nexthop");
	return fake_hops_check(k, r);
}

static void insert(struct fake_kernel *k, size_t at, const struct fake_route *r)
{
	if (k->route_n == k->route_cap) {
		k->route_cap = k->route_cap ? k->route_cap * 2 : 64;
		k->route = realloc(k->route, k->route_cap * sizeof(*r));
	}
	memmove(&k->route[at + 1], &k->route[at], (k->route_n - at) * sizeof(*r));
	k->route[at] = *r;
	k->route_n++;
}

static bool same(const struct nlread_route *a, const struct nlread_route *b)
{
	return a->nh_id == b->nh_id && a->protocol == b->protocol && a->type == b->type &&
	       addr_equal(a->source, b->source) && fake_hops_equal(a, b);
}

/* Ours may take the place of a foreign one: the metric belongs to the daemon. */
static void route_replace(
	struct fake_kernel *k, const struct fake_request *q, size_t at, const struct fake_route *r)
{
	bool v4 = r->is.prefix.addr.family == ADDR_V4;
	struct fake_route old = k->route[at];
	if (v4 && same(&old.is, &r->is))
		return;
	k->route[at] = *r;
	notify(k, q->seq, q->port, RTM_NEWROUTE, NLM_F_REPLACE, &r->is);
	if (k->route_gone && r->foreign && !old.foreign)
		k->route_gone(k->ctx, &old, q->port);
}

static bool read_route(struct fake_kernel *k, const struct fake_request *q, struct nlmsghdr *m,
	struct nlread_route *r)
{
	if (!nlread_route(m, r))
		return false;
	if (!r->metric && m->nlmsg_type == RTM_NEWROUTE && r->prefix.addr.family == ADDR_V6)
		r->metric = IP6_METRIC;
	if (k->route_asked && q->port != FAKE_FOREIGN_PORT)
		k->route_asked(k->ctx, r);
	return true;
}

static bool prefix_is_at(const struct fake_kernel *k, size_t at, const struct nlread_route *r)
{
	return at < k->route_n && k->route[at].is.table == r->table &&
	       prefix_equal(k->route[at].is.prefix, r->prefix);
}

/* What should be replaced is not there. */
static int not_there(struct fake_kernel *k, const struct nlread_route *r)
{
	size_t at = place_of(k, r);
	if (r->prefix.addr.family == ADDR_V4 || prefix_is_at(k, at, r) ||
		(at && prefix_is_at(k, at - 1, r)))
		return -ENOENT;
	return fake_fail(k, ENOENT, "Can not replace route - no match found");
}

/* IPv6 tells of several next hops together, by what was asked for. */
static uint16_t created_flags(const struct fake_request *q, const struct nlread_route *r)
{
	if (r->prefix.addr.family == ADDR_V4 || r->hop_n < 2)
		return NLM_F_CREATE | NLM_F_EXCL;
	return q->flags & NLM_F_REPLACE ? NLM_F_REPLACE : NLM_F_CREATE;
}

int fake_route_new(struct fake_kernel *k, const struct fake_request *q, struct nlmsghdr *m)
{
	struct fake_route r = {0};
	bool create = q->flags & NLM_F_CREATE;

	if (!read_route(k, q, m, &r.is))
		return -EINVAL;
	r.foreign = q->port == FAKE_FOREIGN_PORT && r.is.protocol != FAKE_ROUTE_PROTOCOL;
	table_make(k, r.is.prefix.addr.family, r.is.table); /* whatever the flags are */
	int error = check_nexthop(k, &r.is);
	if (error)
		return error;
	bool sent = r.is.prefix.addr.family == ADDR_V6 || r.is.type == RTN_UNICAST;
	if (sent && r.is.source.family && !fake_address_is_there(k, r.is.source))
		return fake_fail(k, EINVAL,
			r.is.source.family == ADDR_V4 ? "Invalid prefsrc address"
						      : "Invalid source address");
	size_t at = place_of(k, &r.is);
	if (!is_at(k, at, &r.is)) {
		if (!create)
			return not_there(k, &r.is);
		insert(k, at, &r);
		notify(k, q->seq, q->port, RTM_NEWROUTE, created_flags(q, &r.is), &r.is);
		return 0;
	}
	if (q->flags & NLM_F_EXCL || !(q->flags & NLM_F_REPLACE))
		return -EEXIST;
	route_replace(k, q, at, &r);
	return 0;
}

static bool matches(const struct nlread_route *r, const struct nlread_route *want)
{
	bool source = want->source.family == ADDR_V4; /* IPv6 does not look at it */
	return r->table == want->table && prefix_equal(r->prefix, want->prefix) &&
	       (!source || addr_equal(r->source, want->source)) &&
	       (!want->metric || r->metric == want->metric) &&
	       (!want->protocol || r->protocol == want->protocol) &&
	       (!want->type || r->type == want->type) && (!want->nh_id || r->nh_id == want->nh_id);
}

int fake_route_del(struct fake_kernel *k, const struct fake_request *q, struct nlmsghdr *m)
{
	struct nlread_route want;

	if (!read_route(k, q, m, &want))
		return -EINVAL;
	enum addr_family family = want.prefix.addr.family;
	if (want.nh_id && !fake_nexthop(k, want.nh_id))
		return fake_fail(k, EINVAL, "Nexthop id does not exist");
	if (!fake_table_exists(k, family, want.table))
		return fake_fail(k, ESRCH, "FIB table does not exist");
	for (size_t i = place_of(k, &want); i < k->route_n; i++) {
		struct fake_route r = k->route[i];
		if (r.is.table != want.table || !prefix_equal(r.is.prefix, want.prefix))
			break;
		if (!matches(&r.is, &want))
			continue;
		if (r.foreign)
			fake_trespass(k, q, "deleted a route of protocol", r.is.protocol);
		route_remove(k, i, q->port);
		notify(k, q->seq, q->port, RTM_DELROUTE, 0, &r.is);
		return 0;
	}
	return -ESRCH;
}
