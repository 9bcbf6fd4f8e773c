#include "rib/fib/nlread.h"

#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/object.h>
#include <netlink/route/addr.h>
#include <string.h>
#include <sys/socket.h>

/* Text of the kernel, cut to fit, control characters as '?'. */
static void copy_text(struct nlattr *a, char *out, size_t capacity)
{
	nla_strlcpy(out, a, capacity);
	for (char *c = out; *c; c++)
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
}

bool nlread_error(struct nlmsghdr *m, struct nlread_error *out)
{
	struct nlattr *tb[NLMSGERR_ATTR_MAX + 1];
	struct nlmsgerr *e = nlmsg_data(m);
	size_t fixed = sizeof(*e);

	if (m->nlmsg_type != NLMSG_ERROR || !nlmsg_valid_hdr(m, (int)fixed) || e->error > 0 ||
		e->error == INT32_MIN)
		return false;
	out->error = -e->error;
	out->text[0] = 0;
	/* An answer that is not capped holds the whole request. */
	if (!(m->nlmsg_flags & NLM_F_CAPPED) && e->msg.nlmsg_len > sizeof(e->msg))
		fixed += e->msg.nlmsg_len - sizeof(e->msg);
	if (!(m->nlmsg_flags & NLM_F_ACK_TLVS) || fixed >= (size_t)nlmsg_datalen(m))
		return true;
	if (nlmsg_parse(m, (int)fixed, tb, NLMSGERR_ATTR_MAX, NULL) == 0 && tb[NLMSGERR_ATTR_MSG])
		copy_text(tb[NLMSGERR_ATTR_MSG], out->text, sizeof(out->text));
	return true;
}

int nlread_done(struct nlmsghdr *m)
{
	int32_t error = 0;

	if (nlmsg_datalen(m) >= (int)sizeof(error))
		memcpy(&error, nlmsg_data(m), sizeof(error));
	return error < 0 && error != INT32_MIN ? -error : 0;
}

static uint32_t u32_of(struct nlattr *a, uint32_t otherwise)
{
	return a ? nla_get_u32(a) : otherwise;
}

/* IFLA_LINKINFO: the table of a VRF device, else 0. */
static uint32_t read_vrf_table(struct nlattr *info)
{
	static const struct nla_policy policy[IFLA_INFO_MAX + 1] = {
		[IFLA_INFO_KIND] = {.type = NLA_STRING}, [IFLA_INFO_DATA] = {.type = NLA_NESTED}};
	static const struct nla_policy vrf[IFLA_VRF_MAX + 1] = {
		[IFLA_VRF_TABLE] = {.type = NLA_U32}};
	struct nlattr *tb[IFLA_INFO_MAX + 1], *data[IFLA_VRF_MAX + 1];

	if (nla_parse_nested(tb, IFLA_INFO_MAX, info, policy) < 0 || !tb[IFLA_INFO_KIND] ||
		nla_strcmp(tb[IFLA_INFO_KIND], "vrf") != 0 || !tb[IFLA_INFO_DATA] ||
		nla_parse_nested(data, IFLA_VRF_MAX, tb[IFLA_INFO_DATA], vrf) < 0)
		return 0;
	return u32_of(data[IFLA_VRF_TABLE], 0);
}

bool nlread_link(struct nlmsghdr *m, struct fib_link *out)
{
	static const struct nla_policy policy[IFLA_MAX + 1] = {[IFLA_IFNAME] = {.type = NLA_STRING},
		[IFLA_MASTER] = {.type = NLA_U32},
		[IFLA_LINKINFO] = {.type = NLA_NESTED}};
	struct nlattr *tb[IFLA_MAX + 1];
	struct ifinfomsg *f = nlmsg_data(m);

	if (nlmsg_parse(m, sizeof(*f), tb, IFLA_MAX, policy) < 0 || f->ifi_family != AF_UNSPEC ||
		f->ifi_index <= 0 || !tb[IFLA_IFNAME])
		return false;
	struct fib_link l = {
		.ifindex = (uint32_t)f->ifi_index, .master = u32_of(tb[IFLA_MASTER], 0)};
	l.flags = (f->ifi_flags & IFF_UP ? FIB_LINK_UP : 0) |
		  (f->ifi_flags & IFF_LOWER_UP ? FIB_LINK_CARRIER : 0) |
		  (f->ifi_flags & IFF_LOOPBACK ? FIB_LINK_LOOPBACK : 0);
	if (m->nlmsg_type == RTM_DELLINK)
		l.flags = FIB_LINK_GONE;
	copy_text(tb[IFLA_IFNAME], l.name, sizeof(l.name));
	if (tb[IFLA_LINKINFO])
		l.vrf_table = read_vrf_table(tb[IFLA_LINKINFO]);
	*out = l;
	return true;
}

static enum addr_family family_of(int af)
{
	return af == AF_INET ? ADDR_V4 : af == AF_INET6 ? ADDR_V6 : ADDR_NONE;
}

static void keep_object(struct nl_object *o, void *arg)
{
	nl_object_get(o);
	*(struct nl_object **)arg = o;
}

/* The object of libnl-route that the message is about; NULL: it does not take it. */
static struct nl_object *object_of(struct nlmsghdr *h)
{
	struct nl_object *o = NULL;
	struct nl_msg *m = nlmsg_convert(h);

	if (!m)
		return NULL;
	nlmsg_set_proto(m, NETLINK_ROUTE);
	nl_msg_parse(m, keep_object, &o);
	nlmsg_free(m);
	return o;
}

static bool address_read(struct rtnl_addr *o, bool gone, struct fib_address *out)
{
	enum addr_family family = family_of(rtnl_addr_get_family(o));
	struct nl_addr *local = rtnl_addr_get_local(o);
	struct fib_address a = {.ifindex = (uint32_t)rtnl_addr_get_ifindex(o)};
	int len = rtnl_addr_get_prefixlen(o);

	if (family == ADDR_NONE || !local || nl_addr_get_len(local) != addr_bytes(family) ||
		len < 0 || len > (int)addr_bits(family))
		return false;
	a.addr = addr_from_bytes(family, nl_addr_get_binary_addr(local));
	a.len = (uint8_t)len;
	if (gone)
		a.flags = FIB_ADDRESS_GONE;
	else if (rtnl_addr_get_flags(o) & (IFA_F_TENTATIVE | IFA_F_DADFAILED))
		a.flags = FIB_ADDRESS_TENTATIVE;
	*out = a;
	return true;
}

bool nlread_address(struct nlmsghdr *m, struct fib_address *out)
{
	bool address = m->nlmsg_type == RTM_NEWADDR || m->nlmsg_type == RTM_DELADDR;
	struct nl_object *o = address ? object_of(m) : NULL;
	bool good = o && address_read((struct rtnl_addr *)o, m->nlmsg_type == RTM_DELADDR, out);

	nl_object_put(o);
	return good;
}

static bool read_addr(enum addr_family family, struct nlattr *a, struct addr *out)
{
	if (family == ADDR_NONE || nla_len(a) != (int)addr_bytes(family))
		return false;
	*out = addr_from_bytes(family, nla_data(a));
	return true;
}

static void read_members(struct nlattr *a, struct nlread_nexthop *out)
{
	uint8_t g[sizeof(struct nexthop_grp)]; /* id, weight - 1 in two octets, the low one first */
	out->group = true;
	out->member_n = (size_t)nla_len(a) / sizeof(g);
	for (size_t i = 0; i < out->member_n && i < FIB_GROUP_MEMBERS_MAX; i++) {
		memcpy(g, (const uint8_t *)nla_data(a) + i * sizeof(g), sizeof(g));
		memcpy(&out->member[i].id, g, sizeof(out->member[i].id));
		out->member[i].weight = (uint16_t)(g[4] + (g[5] << 8) + 1);
	}
}

bool nlread_nexthop(struct nlmsghdr *m, struct nlread_nexthop *out)
{
	static const struct nla_policy policy[NHA_MAX + 1] = {
		[NHA_ID] = {.type = NLA_U32}, [NHA_OIF] = {.type = NLA_U32}};
	struct nlattr *tb[NHA_MAX + 1];
	struct nhmsg *f = nlmsg_data(m);

	if (nlmsg_parse(m, sizeof(*f), tb, NHA_MAX, policy) < 0 || !tb[NHA_ID])
		return false;
	*out = (struct nlread_nexthop){.id = nla_get_u32(tb[NHA_ID]), .protocol = f->nh_protocol};
	if (tb[NHA_OIF])
		out->ifindex = nla_get_u32(tb[NHA_OIF]);
	if (tb[NHA_GATEWAY])
		read_addr(family_of(f->nh_family), tb[NHA_GATEWAY], &out->gateway);
	if (tb[NHA_GROUP])
		read_members(tb[NHA_GROUP], out);
	return out->id;
}

/* RTA_VIA: a gateway of the other family. */
static bool read_via(struct nlattr *a, struct addr *out)
{
	struct rtvia via;
	enum addr_family family;

	if (nla_len(a) < (int)sizeof(via))
		return false;
	memcpy(&via, nla_data(a), sizeof(via));
	family = family_of(via.rtvia_family);
	if (family == ADDR_NONE || nla_len(a) != (int)(sizeof(via) + addr_bytes(family)))
		return false;
	*out = addr_from_bytes(
		family, (const uint8_t *)nla_data(a) + offsetof(struct rtvia, rtvia_addr));
	return true;
}

static bool read_gateway(
	enum addr_family family, struct nlattr *gateway, struct nlattr *via, struct addr *out)
{
	return (!gateway || read_addr(family, gateway, out)) && (!via || read_via(via, out));
}

/* The members of RTA_MULTIPATH. */
struct members {
	const uint8_t *at;
	size_t left;
};

/* 1: there is one, 0: there are no more, -1: this cannot be one. */
static int members_next(struct members *it, struct rtnexthop *nh, struct nlattr *tb[RTA_MAX + 1])
{
	if (it->left < sizeof(*nh))
		return 0;
	memcpy(nh, it->at, sizeof(*nh));
	if (nh->rtnh_len < sizeof(*nh) || nh->rtnh_len > it->left ||
		nla_parse(tb, RTA_MAX, (struct nlattr *)(it->at + sizeof(*nh)),
			(int)(nh->rtnh_len - sizeof(*nh)), NULL) < 0)
		return -1;
	size_t step = NLMSG_ALIGN(nh->rtnh_len);
	it->at += step < it->left ? step : it->left;
	it->left -= step < it->left ? step : it->left;
	return 1;
}

static struct members members_of(struct nlattr *list)
{
	return (struct members){nla_data(list), (size_t)nla_len(list)};
}

static bool read_multipath(enum addr_family family, struct nlattr *list, struct nlread_route *out)
{
	struct members it = members_of(list);
	struct nlattr *tb[RTA_MAX + 1];
	struct rtnexthop nh;
	int more;

	while ((more = members_next(&it, &nh, tb)) > 0) {
		if (out->hop_n == FIB_GROUP_MEMBERS_MAX)
			return false;
		struct hop *h = &out->hop[out->hop_n++];
		*h = (struct hop){.ifindex = (uint32_t)nh.rtnh_ifindex,
			.weight = (uint16_t)(nh.rtnh_hops + 1),
			.onlink = nh.rtnh_flags & RTNH_F_ONLINK};
		if (!read_gateway(family, tb[RTA_GATEWAY], tb[RTA_VIA], &h->addr))
			return false;
	}
	return more == 0;
}

static bool read_all_hops(
	enum addr_family family, struct nlattr *const *tb, struct nlread_route *out)
{
	out->hop_n = 0;
	if (out->nh_id)
		return true;
	if (tb[RTA_MULTIPATH])
		return read_multipath(family, tb[RTA_MULTIPATH], out);
	if (!tb[RTA_OIF])
		return true;
	out->hop_n = 1;
	out->hop[0] = (struct hop){.ifindex = nla_get_u32(tb[RTA_OIF]), .weight = 1};
	return read_gateway(family, tb[RTA_GATEWAY], tb[RTA_VIA], &out->hop[0].addr);
}

bool nlread_route(struct nlmsghdr *m, struct nlread_route *out)
{
	static const struct nla_policy policy[RTA_MAX + 1] = {[RTA_TABLE] = {.type = NLA_U32},
		[RTA_PRIORITY] = {.type = NLA_U32},
		[RTA_OIF] = {.type = NLA_U32},
		[RTA_NH_ID] = {.type = NLA_U32}};
	struct nlattr *tb[RTA_MAX + 1];
	struct rtmsg *f = nlmsg_data(m);

	if (nlmsg_parse(m, sizeof(*f), tb, RTA_MAX, policy) < 0)
		return false;
	enum addr_family family = family_of(f->rtm_family);
	struct addr dst = {.family = (uint8_t)family}, source = {0};
	if (family == ADDR_NONE || f->rtm_dst_len > addr_bits(family) ||
		(tb[RTA_DST] && !read_addr(family, tb[RTA_DST], &dst)) ||
		(tb[RTA_PREFSRC] && !read_addr(family, tb[RTA_PREFSRC], &source)))
		return false;
	/* one by one: the list of next hops is long, and is not cleared for each route of a dump */
	out->prefix = prefix_make(dst, f->rtm_dst_len);
	out->table = u32_of(tb[RTA_TABLE], f->rtm_table);
	out->metric = u32_of(tb[RTA_PRIORITY], 0);
	out->nh_id = u32_of(tb[RTA_NH_ID], 0);
	out->source = source;
	out->protocol = f->rtm_protocol;
	out->type = f->rtm_type;
	if (!read_all_hops(family, tb, out))
		out->hop_n = 0;
	return true;
}

/* The first that is alive. */
static bool read_living(enum addr_family family, struct nlattr *list, struct nlread_hop *out)
{
	struct members it = members_of(list);
	struct nlattr *tb[RTA_MAX + 1];
	struct rtnexthop nh;
	int more;

	while ((more = members_next(&it, &nh, tb)) > 0) {
		if (nh.rtnh_ifindex <= 0 || nh.rtnh_flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN))
			continue;
		out->ifindex = (uint32_t)nh.rtnh_ifindex;
		out->onlink = nh.rtnh_flags & RTNH_F_ONLINK;
		return read_gateway(family, tb[RTA_GATEWAY], tb[RTA_VIA], &out->gateway);
	}
	return more == 0;
}

bool nlread_hop(struct nlmsghdr *m, struct nlread_hop *out)
{
	static const struct nla_policy policy[RTA_MAX + 1] = {[RTA_OIF] = {.type = NLA_U32}};
	struct nlattr *tb[RTA_MAX + 1];
	struct rtmsg *f = nlmsg_data(m);
	struct nlread_hop h = {0};

	if (nlmsg_parse(m, sizeof(*f), tb, RTA_MAX, policy) < 0)
		return false;
	enum addr_family family = family_of(f->rtm_family);
	if (tb[RTA_MULTIPATH] ? !read_living(family, tb[RTA_MULTIPATH], &h)
			      : !read_gateway(family, tb[RTA_GATEWAY], tb[RTA_VIA], &h.gateway))
		return false;
	if (!tb[RTA_MULTIPATH] && !(f->rtm_flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN))) {
		h.ifindex = u32_of(tb[RTA_OIF], 0);
		h.onlink = f->rtm_flags & RTNH_F_ONLINK;
	}
	*out = h;
	return true;
}

/* True where the rule has nothing that a rule of ours never has. */
static bool rule_plain(struct nlmsghdr *m, const struct fib_rule_hdr *f)
{
	struct nlattr *a;
	int left;

	nlmsg_for_each_attr(a, m, sizeof(*f), left) switch (nla_type(a))
	{
	case FRA_PRIORITY:
	case FRA_PROTOCOL:
	case FRA_TABLE:
	case FRA_FWMARK:
	case FRA_FWMASK:
	case FRA_SRC:
	case FRA_DST:
	case FRA_PAD:
		break;
	case FRA_SUPPRESS_PREFIXLEN: /* always told; all ones for none */
		if (nla_get_u32(a) != UINT32_MAX)
			return false;
		break;
	default: /* interfaces, users, ports: types of the kernel */
		return false;
	}
	return f->tos == 0 && f->flags == 0 &&
	       (f->action == FR_ACT_TO_TBL || f->action == FR_ACT_UNREACHABLE);
}

/* An address that is absent is zeros. */
static bool read_rule_addr(uint8_t family, struct nlattr *a, uint8_t out[16])
{
	struct addr x = {0};
	if (a && !read_addr(family, a, &x))
		return false;
	memcpy(out, x.b, sizeof(x.b));
	return true;
}

static bool rule_addresses(struct nlattr *const *tb, struct fib_rule *r)
{
	return r->from_len <= addr_bits(r->family) && r->to_len <= addr_bits(r->family) &&
	       read_rule_addr(r->family, tb[FRA_SRC], r->from) &&
	       read_rule_addr(r->family, tb[FRA_DST], r->to);
}

bool nlread_rule(struct nlmsghdr *m, struct nlread_rule *out)
{
	static const struct nla_policy policy[FRA_MAX + 1] = {[FRA_PRIORITY] = {.type = NLA_U32},
		[FRA_PROTOCOL] = {.type = NLA_U8},
		[FRA_TABLE] = {.type = NLA_U32},
		[FRA_FWMARK] = {.type = NLA_U32},
		[FRA_FWMASK] = {.type = NLA_U32},
		[FRA_SUPPRESS_PREFIXLEN] = {.type = NLA_U32}};
	struct nlattr *tb[FRA_MAX + 1];
	struct fib_rule_hdr *f = nlmsg_data(m);

	if (nlmsg_parse(m, sizeof(*f), tb, FRA_MAX, policy) < 0)
		return false;
	uint32_t priority = u32_of(tb[FRA_PRIORITY], 0);
	bool unreachable = f->action == FR_ACT_UNREACHABLE, near = priority <= UINT16_MAX;
	struct nlread_rule x = {.rule = {.table = unreachable ? 0 : u32_of(tb[FRA_TABLE], f->table),
					.mark = u32_of(tb[FRA_FWMARK], 0),
					.mask = u32_of(tb[FRA_FWMASK], 0),
					.priority = near ? (uint16_t)priority : 0,
					.family = (uint8_t)family_of(f->family),
					.present = 1,
					.from_len = f->src_len,
					.to_len = f->dst_len},
		.protocol = tb[FRA_PROTOCOL] ? nla_get_u8(tb[FRA_PROTOCOL]) : 0,
		.plain = near && rule_plain(m, f)};
	if (x.rule.family == ADDR_NONE || !rule_addresses(tb, &x.rule))
		return false;
	*out = x;
	return true;
}

bool nlread_neighbor(struct nlmsghdr *m, struct nlread_neighbor *out)
{
	static const uint16_t known =
		NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT;
	struct nlattr *tb[NDA_MAX + 1];
	struct ndmsg *f = nlmsg_data(m);
	struct addr a;

	bool gone = m->nlmsg_type == RTM_DELNEIGH;

	if ((m->nlmsg_type != RTM_NEWNEIGH && !gone) ||
		nlmsg_parse(m, sizeof(*f), tb, NDA_MAX, NULL) < 0 || f->ndm_ifindex <= 0 ||
		!tb[NDA_DST] || !read_addr(family_of(f->ndm_family), tb[NDA_DST], &a))
		return false;
	*out = (struct nlread_neighbor){.ifindex = (uint32_t)f->ndm_ifindex,
		.addr = a,
		.router = f->ndm_flags & NTF_ROUTER,
		.reachable = !gone && f->ndm_state & known,
		.gone = gone,
		.state = f->ndm_state};
	return true;
}
