#include "rib/fib/nlread.h"

#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

struct attr {
	uint16_t type;
	struct rd value;
};

/* A fixed part, copied; zeros and the error set where it is cut. */
static void get_fixed(struct rd *r, void *out, size_t len)
{
	const uint8_t *p = rd_bytes(r, len);
	memset(out, 0, len);
	if (p)
		memcpy(out, p, len);
}

static uint32_t get_u32(struct rd r)
{
	uint32_t v;
	get_fixed(&r, &v, sizeof(v));
	return v;
}

static void skip_padding(struct rd *r, size_t len)
{
	size_t pad = (4 - len % 4) % 4;
	rd_bytes(r, pad < rd_left(r) ? pad : rd_left(r));
}

static bool attr_next(struct rd *r, struct attr *a)
{
	struct rtattr h;
	if (rd_left(r) == 0)
		return false;
	get_fixed(r, &h, sizeof(h));
	if (r->err || h.rta_len < sizeof(h)) {
		r->err = true;
		return false;
	}
	a->type = h.rta_type & NLA_TYPE_MASK;
	a->value = rd_sub(r, h.rta_len - sizeof(h));
	if (r->err)
		return false;
	skip_padding(r, h.rta_len);
	return true;
}

bool nlread_next(struct rd *r, struct nlread_msg *m)
{
	struct nlmsghdr h;
	if (rd_left(r) == 0)
		return false;
	get_fixed(r, &h, sizeof(h));
	if (r->err || h.nlmsg_len < sizeof(h)) {
		r->err = true;
		return false;
	}
	*m = (struct nlread_msg){.type = h.nlmsg_type,
		.flags = h.nlmsg_flags,
		.seq = h.nlmsg_seq,
		.pid = h.nlmsg_pid,
		.body = rd_sub(r, h.nlmsg_len - sizeof(h))};
	if (r->err)
		return false;
	skip_padding(r, h.nlmsg_len);
	return true;
}

/* Text of the kernel: NUL-terminated or not, cut to fit, control characters as '?'. */
static void copy_text(struct rd r, char *out, size_t capacity)
{
	size_t n = 0;
	while (rd_left(&r) && n + 1 < capacity) {
		uint8_t c = rd_u8(&r);
		if (!c)
			break;
		out[n++] = c >= 0x20 && c < 0x7f ? (char)c : '?';
	}
	out[n] = 0;
}

bool nlread_error(const struct nlread_msg *m, struct nlread_error *out)
{
	struct rd r = m->body;
	struct nlmsgerr e;
	struct attr a;

	get_fixed(&r, &e, sizeof(e));
	if (r.err || m->type != NLMSG_ERROR || e.error > 0)
		return false;
	out->error = -e.error;
	out->text[0] = 0;
	if (!(m->flags & NLM_F_ACK_TLVS))
		return true;
	if (!(m->flags & NLM_F_CAPPED) && e.msg.nlmsg_len > sizeof(e.msg)) {
		rd_bytes(&r, e.msg.nlmsg_len - sizeof(e.msg));
		skip_padding(&r, e.msg.nlmsg_len);
	}
	while (attr_next(&r, &a))
		if (a.type == NLMSGERR_ATTR_MSG)
			copy_text(a.value, out->text, sizeof(out->text));
	return true;
}

int nlread_done(const struct nlread_msg *m)
{
	int32_t error = (int32_t)get_u32(m->body);
	return error < 0 ? -error : 0;
}

static uint32_t read_vrf_table(struct rd data)
{
	uint32_t table = 0;
	struct attr a;
	while (attr_next(&data, &a))
		if (a.type == IFLA_VRF_TABLE)
			table = get_u32(a.value);
	return table;
}

/* IFLA_LINKINFO: the table of a VRF device, else 0. */
static uint32_t read_linkinfo(struct rd info)
{
	struct rd data = rd_init(NULL, 0);
	char kind[16] = "";
	struct attr a;
	while (attr_next(&info, &a)) {
		if (a.type == IFLA_INFO_KIND)
			copy_text(a.value, kind, sizeof(kind));
		else if (a.type == IFLA_INFO_DATA)
			data = a.value;
	}
	return strcmp(kind, "vrf") == 0 ? read_vrf_table(data) : 0;
}

bool nlread_link(const struct nlread_msg *m, struct fib_link *out)
{
	struct rd r = m->body;
	struct ifinfomsg f;
	struct attr a;

	get_fixed(&r, &f, sizeof(f));
	if (r.err || f.ifi_family != AF_UNSPEC || f.ifi_index <= 0)
		return false;
	struct fib_link l = {.ifindex = (uint32_t)f.ifi_index};
	l.flags = (f.ifi_flags & IFF_UP ? FIB_LINK_UP : 0) |
		  (f.ifi_flags & IFF_LOWER_UP ? FIB_LINK_CARRIER : 0) |
		  (f.ifi_flags & IFF_LOOPBACK ? FIB_LINK_LOOPBACK : 0);
	if (m->type == RTM_DELLINK)
		l.flags = FIB_LINK_GONE;
	while (attr_next(&r, &a)) {
		if (a.type == IFLA_IFNAME)
			copy_text(a.value, l.name, sizeof(l.name));
		else if (a.type == IFLA_MASTER)
			l.master = get_u32(a.value);
		else if (a.type == IFLA_LINKINFO)
			l.vrf_table = read_linkinfo(a.value);
	}
	if (r.err)
		return false;
	*out = l;
	return true;
}

static bool read_addr(enum addr_family family, struct rd r, struct addr *out)
{
	const uint8_t *p = rd_bytes(&r, addr_bytes(family));
	if (!p || rd_left(&r))
		return false;
	*out = addr_from_bytes(family, p);
	return true;
}

static enum addr_family family_of(uint8_t af)
{
	return af == AF_INET ? ADDR_V4 : af == AF_INET6 ? ADDR_V6 : ADDR_NONE;
}

bool nlread_address(const struct nlread_msg *m, struct fib_address *out)
{
	struct rd r = m->body;
	struct ifaddrmsg f;
	struct attr a;
	bool local = false;

	get_fixed(&r, &f, sizeof(f));
	enum addr_family family = family_of(f.ifa_family);
	if (r.err || family == ADDR_NONE || f.ifa_prefixlen > addr_bits(family))
		return false;
	struct fib_address x = {.ifindex = f.ifa_index, .len = f.ifa_prefixlen};
	uint32_t flags = f.ifa_flags;
	while (attr_next(&r, &a)) {
		/* On a point-to-point link IFA_ADDRESS is the other end. */
		if (a.type == IFA_LOCAL)
			local = read_addr(family, a.value, &x.addr) || local;
		else if (a.type == IFA_ADDRESS && !local)
			read_addr(family, a.value, &x.addr);
		else if (a.type == IFA_FLAGS)
			flags = get_u32(a.value);
	}
	if (r.err || x.addr.family == ADDR_NONE)
		return false;
	if (m->type == RTM_DELADDR)
		x.flags = FIB_ADDRESS_GONE;
	else if (flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED))
		x.flags = FIB_ADDRESS_TENTATIVE;
	*out = x;
	return true;
}

static void read_members(struct rd r, struct nlread_nexthop *out)
{
	struct nexthop_grp g;
	out->group = true;
	out->member_n = 0;
	while (rd_left(&r) >= sizeof(g)) {
		get_fixed(&r, &g, sizeof(g));
		if (out->member_n < FIB_GROUP_MEMBERS_MAX)
			out->member[out->member_n] = g.id;
		out->member_n++;
	}
}

bool nlread_nexthop(const struct nlread_msg *m, struct nlread_nexthop *out)
{
	struct rd r = m->body;
	struct nhmsg f;
	struct attr a;

	get_fixed(&r, &f, sizeof(f));
	*out = (struct nlread_nexthop){.protocol = f.nh_protocol};
	enum addr_family family = family_of(f.nh_family);
	while (attr_next(&r, &a)) {
		if (a.type == NHA_ID)
			out->id = get_u32(a.value);
		else if (a.type == NHA_OIF)
			out->ifindex = get_u32(a.value);
		else if (a.type == NHA_GATEWAY)
			read_addr(family, a.value, &out->gateway);
		else if (a.type == NHA_GROUP)
			read_members(a.value, out);
	}
	return !r.err && out->id;
}

bool nlread_route(const struct nlread_msg *m, struct nlread_route *out)
{
	struct rd r = m->body;
	struct rtmsg f;
	struct attr a;

	get_fixed(&r, &f, sizeof(f));
	enum addr_family family = family_of(f.rtm_family);
	if (r.err || family == ADDR_NONE || f.rtm_dst_len > addr_bits(family))
		return false;
	struct nlread_route x = {
		.table = f.rtm_table, .protocol = f.rtm_protocol, .type = f.rtm_type};
	struct addr dst = {.family = (uint8_t)family};
	bool good = true;
	while (attr_next(&r, &a)) {
		if (a.type == RTA_DST)
			good &= read_addr(family, a.value, &dst);
		else if (a.type == RTA_TABLE)
			x.table = get_u32(a.value);
		else if (a.type == RTA_PRIORITY)
			x.metric = get_u32(a.value);
		else if (a.type == RTA_NH_ID)
			x.nh_id = get_u32(a.value);
	}
	x.prefix = prefix_make(dst, f.rtm_dst_len);
	if (r.err || !good)
		return false;
	*out = x;
	return true;
}

static bool read_rule_addr(uint8_t family, struct rd r, uint8_t out[16])
{
	struct addr a;
	if (!read_addr(family, r, &a))
		return false;
	memcpy(out, a.b, sizeof(a.b));
	return true;
}

/* False where the attribute makes the rule one that we would not write. */
static bool take_rule_attr(const struct attr *a, struct nlread_rule *x)
{
	struct fib_rule *r = &x->rule;
	switch (a->type) {
	case FRA_PRIORITY: {
		uint32_t priority = get_u32(a->value);
		r->priority = priority <= UINT16_MAX ? (uint16_t)priority : 0;
		return priority <= UINT16_MAX;
	}
	case FRA_PROTOCOL: {
		struct rd value = a->value;
		x->protocol = rd_u8(&value);
		return true;
	}
	case FRA_TABLE:
		r->table = get_u32(a->value);
		return true;
	case FRA_FWMARK:
		r->mark = get_u32(a->value);
		return true;
	case FRA_FWMASK:
		r->mask = get_u32(a->value);
		return true;
	case FRA_SRC:
		return read_rule_addr(r->family, a->value, r->from);
	case FRA_DST:
		return read_rule_addr(r->family, a->value, r->to);
	case FRA_SUPPRESS_PREFIXLEN: /* always told; all ones for none */
		return get_u32(a->value) == UINT32_MAX;
	case FRA_PAD:
		return true;
	default: /* interfaces, users, ports: types of the kernel */
		return false;
	}
}

bool nlread_rule(const struct nlread_msg *m, struct nlread_rule *out)
{
	struct rd r = m->body;
	struct fib_rule_hdr f;
	struct attr a;

	get_fixed(&r, &f, sizeof(f));
	enum addr_family family = family_of(f.family);
	if (r.err || family == ADDR_NONE || f.src_len > addr_bits(family) ||
		f.dst_len > addr_bits(family))
		return false;
	struct nlread_rule x = {.rule = {.table = f.table,
					.family = (uint8_t)family,
					.present = 1,
					.from_len = f.src_len,
					.to_len = f.dst_len},
		.plain = f.tos == 0 && f.flags == 0};
	while (attr_next(&r, &a))
		x.plain &= take_rule_attr(&a, &x);
	if (r.err)
		return false;
	if (f.action == FR_ACT_UNREACHABLE)
		x.rule.table = 0;
	else
		x.plain &= f.action == FR_ACT_TO_TBL;
	*out = x;
	return true;
}
