/* Routes that have their next hops themselves, and the way of one packet (RTM_GETROUTE). */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <string.h>

#include "tests/unit/fib/fake_kernel.h"

/* ---- as messages ---- */

static void put(uint8_t *bytes, size_t *len, uint16_t type, const void *value, size_t n)
{
	struct nlattr a = {.nla_len = (uint16_t)(sizeof(a) + n), .nla_type = type};
	memset(bytes + *len, 0, NLMSG_ALIGN(sizeof(a) + n));
	memcpy(bytes + *len, &a, sizeof(a));
	memcpy(bytes + *len + sizeof(a), value, n);
	*len += NLMSG_ALIGN(sizeof(a) + n);
}

/* The gateway; of the other family as `via`. */
static void put_via(uint8_t *bytes, size_t *len, enum addr_family family, const struct hop *h)
{
	uint8_t via[18];
	uint16_t af = (uint16_t)addr_family_af(h->addr.family);
	size_t n = addr_bytes(h->addr.family);

	if (h->addr.family == family)
		put(bytes, len, RTA_GATEWAY, h->addr.b, n);
	if (!h->addr.family || h->addr.family == family)
		return;
	memcpy(via, &af, sizeof(af));
	memcpy(via + sizeof(af), h->addr.b, n);
	put(bytes, len, RTA_VIA, via, sizeof(af) + n);
}

static bool link_is_down(const struct fake_kernel *k, uint32_t ifindex)
{
	const struct fib_link *l = fake_link(k, ifindex);
	return !l || !(l->flags & FIB_LINK_CARRIER);
}

uint32_t fake_hop_flags(const struct fake_kernel *k, const struct hop *h)
{
	return (link_is_down(k, h->ifindex) ? RTNH_F_LINKDOWN : 0u) |
	       (h->onlink ? RTNH_F_ONLINK : 0u);
}

void fake_hops_put(const struct fake_kernel *k, struct fake_out *o, const struct nlread_route *r)
{
	enum addr_family family = r->prefix.addr.family;
	uint8_t list[FIB_GROUP_MEMBERS_MAX * 40];
	size_t len = 0;

	if (r->hop_n == 1) {
		put_via(list, &len, family, r->hop);
		fake_out_bytes(o, list, len);
		fake_out_u32(o, RTA_OIF, r->hop->ifindex);
		return;
	}
	for (size_t i = 0; i < r->hop_n; i++) {
		struct rtnexthop nh = {.rtnh_flags = (uint8_t)fake_hop_flags(k, &r->hop[i]),
			.rtnh_hops = (uint8_t)(r->hop[i].weight - 1),
			.rtnh_ifindex = (int)r->hop[i].ifindex};
		size_t at = len;
		len += sizeof(nh);
		put_via(list, &len, family, &r->hop[i]);
		nh.rtnh_len = (uint16_t)(len - at);
		memcpy(list + at, &nh, sizeof(nh));
	}
	if (len)
		fake_out_attr(o, RTA_MULTIPATH, list, len);
}

/* ---- what may be written, and what goes by itself ---- */

int fake_hops_check(struct fake_kernel *k, const struct nlread_route *r)
{
	for (size_t i = 0; i < r->hop_n; i++) {
		const struct hop *h = &r->hop[i];
		const struct fib_link *l = fake_link(k, h->ifindex);
		if (!l)
			return -ENODEV;
		if (!(l->flags & FIB_LINK_UP))
			return fake_fail(k, ENETDOWN, "Nexthop device is not up");
		int error =
			h->addr.family ? fake_gateway_check(k, h->ifindex, h->addr, h->onlink) : 0;
		if (error)
			return error;
	}
	return 0;
}

bool fake_hops_equal(const struct nlread_route *a, const struct nlread_route *b)
{
	bool same = a->hop_n == b->hop_n;
	for (size_t i = 0; same && i < a->hop_n; i++)
		same = a->hop[i].ifindex == b->hop[i].ifindex &&
		       addr_equal(a->hop[i].addr, b->hop[i].addr) &&
		       (a->hop_n == 1 || a->hop[i].weight == b->hop[i].weight);
	return same;
}

static bool has_v4(const struct fake_kernel *k, uint32_t ifindex)
{
	for (size_t i = 0; i < k->address_n; i++)
		if (k->address[i].ifindex == ifindex && k->address[i].addr.family == ADDR_V4)
			return true;
	return false;
}

static bool hop_is_dead(const struct fake_kernel *k, const struct hop *h, uint32_t ifindex, bool v4)
{
	const struct fib_link *l = fake_link(k, h->ifindex);
	return h->ifindex == ifindex || !l || !(l->flags & FIB_LINK_UP) ||
	       (v4 && !has_v4(k, h->ifindex));
}

void fake_routes_of_link(struct fake_kernel *k, uint32_t ifindex, bool v4_only)
{
	for (size_t i = 0; i < k->route_n;) {
		const struct nlread_route *r = &k->route[i].is;
		bool v4 = r->prefix.addr.family == ADDR_V4, uses = false, dead = v4 || !v4_only;
		for (size_t h = 0; h < r->hop_n; h++) {
			uses |= r->hop[h].ifindex == ifindex;
			dead = dead && hop_is_dead(k, &r->hop[h], ifindex, v4);
		}
		if (uses && dead)
			fake_route_remove(k, i, !v4);
		else
			i++;
	}
}

void fake_address_left(struct fake_kernel *k, const struct fib_address *a)
{
	if (a->addr.family == ADDR_V4 && !has_v4(k, a->ifindex))
		fake_routes_of_link(k, a->ifindex, true);
}

/* ---- the way of a packet ---- */

static uint32_t vrf_of(const struct fake_kernel *k, uint32_t ifindex)
{
	const struct fib_link *l = fake_link(k, ifindex);
	const struct fib_link *master = l && l->master ? fake_link(k, l->master) : NULL;
	return master && master->vrf_table ? master->ifindex : 0;
}

/* The connected network that has the address: a route with the link alone. */
static void look_connected(
	const struct fake_kernel *k, struct addr dst, uint32_t vrf, struct nlread_route *best)
{
	for (size_t i = 0; i < k->address_n; i++) {
		const struct fib_address *a = &k->address[i];
		struct prefix p = prefix_make(a->addr, a->len);
		if (vrf_of(k, a->ifindex) != vrf || !prefix_has_addr(p, dst) ||
			(best->type && p.len < best->prefix.len))
			continue;
		*best = (struct nlread_route){.prefix = p,
			.table = RT_TABLE_MAIN,
			.protocol = RTPROT_KERNEL,
			.type = addr_equal(a->addr, dst) ? RTN_LOCAL : RTN_UNICAST,
			.hop_n = 1,
			.hop = {{.ifindex = a->ifindex, .weight = 1}}};
	}
}

/* Of one length the first has the lowest metric. */
static void look_table(
	const struct fake_kernel *k, struct addr dst, uint32_t table, struct nlread_route *best)
{
	for (size_t i = 0; i < k->route_n; i++) {
		const struct nlread_route *r = &k->route[i].is;
		if (r->table == table && prefix_has_addr(r->prefix, dst) &&
			(!best->type || r->prefix.len > best->prefix.len))
			*best = *r;
	}
}

int fake_way(const struct fake_kernel *k, struct nlmsghdr *m, struct nlread_route *out)
{
	static const int errors[] = {[RTN_BLACKHOLE] = EINVAL,
		[RTN_UNREACHABLE] = EHOSTUNREACH,
		[RTN_PROHIBIT] = EACCES};
	struct nlread_route want;

	if (!nlread_route(m, &want))
		return -EINVAL;
	uint32_t vrf = want.hop_n ? want.hop[0].ifindex : 0;
	const struct fib_link *device = vrf ? fake_link(k, vrf) : NULL;
	if (vrf && !device)
		return -ENODEV;
	out->type = 0;
	look_connected(k, want.prefix.addr, vrf, out);
	look_table(k, want.prefix.addr, device ? device->vrf_table : RT_TABLE_MAIN, out);
	if (!out->type)
		return -ENETUNREACH;
	return out->type < sizeof(errors) / sizeof(errors[0]) ? -errors[out->type] : 0;
}
