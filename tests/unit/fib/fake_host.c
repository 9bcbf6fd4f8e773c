/* Links, addresses and rules. */
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/unit/fib/fake_kernel.h"

/* ---- links ---- */

static struct fib_link *link_find(const struct fake_kernel *k, uint32_t ifindex)
{
	for (size_t i = 0; i < k->link_n; i++)
		if (k->link[i].ifindex == ifindex)
			return &k->link[i];
	return NULL;
}

const struct fib_link *fake_link(const struct fake_kernel *k, uint32_t ifindex)
{
	return link_find(k, ifindex);
}

static void put_vrf(struct fake_out *o, uint32_t table)
{
	uint8_t info[64] = {0};
	struct nlattr kind = {.nla_len = 4 + 4, .nla_type = IFLA_INFO_KIND};
	struct nlattr data = {.nla_len = 4 + 8, .nla_type = IFLA_INFO_DATA};
	struct nlattr is = {.nla_len = 8, .nla_type = IFLA_VRF_TABLE};
	memcpy(info, &kind, 4);
	memcpy(info + 4, "vrf", 4);
	memcpy(info + 8, &data, 4);
	memcpy(info + 12, &is, 4);
	memcpy(info + 16, &table, 4);
	fake_out_attr(o, IFLA_LINKINFO, info, 20);
}

static void put_link(struct fake_out *o, uint16_t type, uint16_t flags, uint32_t seq, uint32_t port,
	const struct fib_link *l)
{
	struct ifinfomsg f = {.ifi_index = (int)l->ifindex};
	f.ifi_flags = (l->flags & FIB_LINK_UP ? IFF_UP : 0u) |
		      (l->flags & FIB_LINK_CARRIER ? (unsigned)IFF_LOWER_UP : 0u) |
		      (l->flags & FIB_LINK_LOOPBACK ? IFF_LOOPBACK : 0u);
	fake_out_message(o, type, flags, seq, port, &f, sizeof(f));
	fake_out_attr(o, IFLA_IFNAME, l->name, strlen(l->name) + 1);
	if (l->master)
		fake_out_u32(o, IFLA_MASTER, l->master);
	if (l->vrf_table)
		put_vrf(o, l->vrf_table);
}

bool fake_link_next(struct fake_kernel *k, struct fake_dump *d, struct fake_out *o, uint32_t port)
{
	if (d->at >= k->link_n)
		return false;
	put_link(o, RTM_NEWLINK, NLM_F_MULTI, d->seq, port, &k->link[d->at++]);
	return true;
}

static bool works(const struct fib_link *l)
{
	return (l->flags & (FIB_LINK_UP | FIB_LINK_CARRIER)) == (FIB_LINK_UP | FIB_LINK_CARRIER);
}

static void addresses_of_link(struct fake_kernel *k, uint32_t ifindex)
{
	for (size_t i = k->address_n; i-- > 0;)
		if (k->address[i].ifindex == ifindex) {
			struct fib_address a = k->address[i];
			a.flags = FIB_ADDRESS_GONE;
			fake_address_set(k, &a);
		}
}

static void link_gone(struct fake_kernel *k, struct fib_link *l)
{
	struct fake_out o = {0};
	struct fib_link was = *l;
	fake_nexthops_of_link(k, was.ifindex);
	fake_routes_of_link(k, was.ifindex, false);
	addresses_of_link(k, was.ifindex);
	*l = k->link[--k->link_n];
	put_link(&o, RTM_DELLINK, 0, 0, 0, &was);
	fake_notify(k, RTNLGRP_LINK, &o);
}

void fake_link_set(struct fake_kernel *k, const struct fib_link *l)
{
	struct fib_link *old = link_find(k, l->ifindex);
	struct fake_out o = {0};

	if (l->flags & FIB_LINK_GONE) {
		if (old)
			link_gone(k, old);
		return;
	}
	if (!old) {
		k->link = realloc(k->link, (k->link_n + 1) * sizeof(*l));
		old = &k->link[k->link_n++];
		*old = *l;
	}
	/* Another VRF: the kernel takes the link down and up. Routes with next hops of their own
	 * outlive a lost carrier. */
	bool moves = old->master != l->master, down = moves || !(l->flags & FIB_LINK_UP);
	*old = *l;
	if (moves || !works(l))
		fake_nexthops_of_link(k, l->ifindex);
	if (down)
		fake_routes_of_link(k, l->ifindex, false);
	put_link(&o, RTM_NEWLINK, 0, 0, 0, l);
	fake_notify(k, RTNLGRP_LINK, &o);
}

/* ---- addresses ---- */

static void put_address(struct fake_out *o, uint16_t type, uint16_t flags, uint32_t seq,
	uint32_t port, const struct fib_address *a)
{
	struct ifaddrmsg f = {.ifa_family = (uint8_t)addr_family_af(a->addr.family),
		.ifa_prefixlen = a->len,
		.ifa_index = a->ifindex};
	size_t len = addr_bytes(a->addr.family);
	fake_out_message(o, type, flags, seq, port, &f, sizeof(f));
	fake_out_attr(o, IFA_ADDRESS, a->addr.b, len);
	if (a->addr.family == ADDR_V4)
		fake_out_attr(o, IFA_LOCAL, a->addr.b, len);
}

bool fake_address_next(
	struct fake_kernel *k, struct fake_dump *d, struct fake_out *o, uint32_t port)
{
	if (d->at >= k->address_n)
		return false;
	put_address(o, RTM_NEWADDR, NLM_F_MULTI, d->seq, port, &k->address[d->at++]);
	return true;
}

static void address_tell(struct fake_kernel *k, uint16_t type, const struct fib_address *a)
{
	struct fake_out o = {0};
	bool v6 = a->addr.family == ADDR_V6;
	put_address(&o, type, 0, 0, 0, a);
	fake_notify(k, v6 ? RTNLGRP_IPV6_IFADDR : RTNLGRP_IPV4_IFADDR, &o);
}

bool fake_address_is_there(const struct fake_kernel *k, struct addr a)
{
	for (size_t i = 0; i < k->address_n; i++)
		if (addr_equal(k->address[i].addr, a))
			return true;
	return false;
}

void fake_address_set(struct fake_kernel *k, const struct fib_address *a)
{
	size_t i = 0;
	while (i < k->address_n &&
		(k->address[i].ifindex != a->ifindex || !addr_equal(k->address[i].addr, a->addr)))
		i++;
	if (a->flags & FIB_ADDRESS_GONE) {
		if (i == k->address_n)
			return;
		k->address[i] = k->address[--k->address_n];
		address_tell(k, RTM_DELADDR, a);
		fake_routes_of_source(k, a->addr);
		fake_address_left(k, a);
		return;
	}
	if (i == k->address_n) {
		k->address = realloc(k->address, (i + 1) * sizeof(*a));
		k->address_n++;
	}
	k->address[i] = *a;
	address_tell(k, RTM_NEWADDR, a);
}

/* ---- rules ---- */

static void put_rule(struct fake_out *o, uint16_t type, uint16_t flags, uint32_t seq, uint32_t port,
	const struct nlread_rule *x)
{
	const struct fib_rule *r = &x->rule;
	struct fib_rule_hdr f = {.family = (uint8_t)addr_family_af(r->family),
		.dst_len = r->to_len,
		.src_len = r->from_len,
		.table = r->table < 256 ? (uint8_t)r->table : RT_TABLE_COMPAT,
		.action = r->table ? FR_ACT_TO_TBL : FR_ACT_UNREACHABLE};
	size_t len = addr_bytes(r->family);
	fake_out_message(o, type, flags, seq, port, &f, sizeof(f));
	fake_out_u32(o, FRA_PRIORITY, r->priority);
	fake_out_attr(o, FRA_PROTOCOL, &x->protocol, 1);
	fake_out_u32(o, FRA_TABLE, r->table);
	fake_out_u32(o, FRA_SUPPRESS_PREFIXLEN, UINT32_MAX);
	if (r->from_len)
		fake_out_attr(o, FRA_SRC, r->from, len);
	if (r->to_len)
		fake_out_attr(o, FRA_DST, r->to, len);
	if (r->mask) {
		fake_out_u32(o, FRA_FWMARK, r->mark);
		fake_out_u32(o, FRA_FWMASK, r->mask);
	}
}

bool fake_rule_next(struct fake_kernel *k, struct fake_dump *d, struct fake_out *o, uint32_t port)
{
	while (d->at < k->rule_n && k->rule[d->at].rule.family != d->want.prefix.addr.family)
		d->at++;
	if (d->at >= k->rule_n)
		return false;
	put_rule(o, RTM_NEWRULE, NLM_F_MULTI, d->seq, port, &k->rule[d->at++]);
	return true;
}

static void rule_tell(struct fake_kernel *k, const struct fake_request *q, uint16_t type,
	const struct nlread_rule *x)
{
	struct fake_out o = {0};
	bool v6 = x->rule.family == ADDR_V6;
	put_rule(&o, type, 0, q->seq, q->port, x);
	fake_notify(k, v6 ? RTNLGRP_IPV6_RULE : RTNLGRP_IPV4_RULE, &o);
}

/* A prefix that the request does not have matches any, also where a new rule is compared with those
 * that are there. */
static bool prefix_matches(
	const uint8_t is[16], uint8_t is_len, const uint8_t want[16], uint8_t want_len)
{
	return !want_len || (is_len == want_len && memcmp(is, want, 16) == 0);
}

static bool rule_compares(const struct nlread_rule *x, const struct nlread_rule *want)
{
	const struct fib_rule *r = &x->rule, *w = &want->rule;
	return r->family == w->family && r->priority == w->priority && r->table == w->table &&
	       prefix_matches(r->from, r->from_len, w->from, w->from_len) &&
	       prefix_matches(r->to, r->to_len, w->to, w->to_len);
}

static bool rule_exists(const struct fake_kernel *k, const struct nlread_rule *x)
{
	for (size_t i = 0; i < k->rule_n; i++)
		if (rule_compares(&k->rule[i], x) && k->rule[i].protocol == x->protocol &&
			k->rule[i].rule.mark == x->rule.mark &&
			k->rule[i].rule.mask == x->rule.mask)
			return true;
	return false;
}

int fake_rule_new(struct fake_kernel *k, const struct fake_request *q, struct nlmsghdr *m)
{
	struct nlread_rule x;
	if (!nlread_rule(m, &x))
		return -EINVAL;
	if (q->flags & NLM_F_EXCL && rule_exists(k, &x))
		return -EEXIST;
	k->rule = realloc(k->rule, (k->rule_n + 1) * sizeof(x));
	k->foreign_rules &= ~(1ull << k->rule_n);
	k->foreign_rules |= (uint64_t)(q->port == FAKE_FOREIGN_PORT) << k->rule_n;
	k->rule[k->rule_n++] = x;
	rule_tell(k, q, RTM_NEWRULE, &x);
	return 0;
}

/* What the request does not name matches any. */
static bool rule_matches(const struct nlread_rule *x, const struct nlread_rule *want)
{
	return rule_compares(x, want) && (!want->protocol || x->protocol == want->protocol) &&
	       (!want->rule.mark || x->rule.mark == want->rule.mark) &&
	       (!want->rule.mask || x->rule.mask == want->rule.mask);
}

int fake_rule_del(struct fake_kernel *k, const struct fake_request *q, struct nlmsghdr *m)
{
	struct nlread_rule x;
	size_t i = nlread_rule(m, &x) ? 0 : k->rule_n;
	while (i < k->rule_n && !rule_matches(&k->rule[i], &x))
		i++;
	if (i == k->rule_n)
		return -ENOENT;
	x = k->rule[i];
	if (k->foreign_rules >> i & 1)
		fake_trespass(k, q, "deleted the rule", x.rule.priority);
	uint64_t below = k->foreign_rules & ((1ull << i) - 1);
	k->foreign_rules = below | (k->foreign_rules >> (i + 1) << i);
	k->rule_n--;
	memmove(&k->rule[i], &k->rule[i + 1], (k->rule_n - i) * sizeof(x));
	rule_tell(k, q, RTM_DELRULE, &x);
	return 0;
}
