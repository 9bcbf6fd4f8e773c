#include "bgpd-lite/ctl/kernel_flow.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>
#include <sys/socket.h>

static int family_number(enum addr_family f)
{
	return f == ADDR_V6 ? AF_INET6 : AF_INET;
}

/* ---- the way ---- */

static bool take_match(struct nlmsghdr *m, void *arg)
{
	struct nlread_route *out = arg;
	if (!nlread_route(m, out))
		*out = (struct nlread_route){0};
	return false;
}

static struct addr via_of(struct nlattr *a, enum addr_family family)
{
	const struct rtvia *via = nla_data(a);
	size_t len = (size_t)nla_len(a);

	if (nla_type(a) == RTA_GATEWAY && len == addr_bytes(family))
		return addr_from_bytes(family, nla_data(a));
	if (nla_type(a) == RTA_VIA && len == sizeof(*via) + 16 && via->rtvia_family == AF_INET6)
		return addr_from_bytes(ADDR_V6, via->rtvia_addr);
	return (struct addr){0};
}

static bool take_way(struct nlmsghdr *m, void *arg)
{
	struct kernel_way *out = arg;
	struct nlattr *tb[RTA_MAX + 1];
	struct rtmsg *f = nlmsg_data(m);

	if (nlmsg_parse(m, sizeof(*f), tb, RTA_MAX, NULL) < 0)
		return false;
	enum addr_family family = f->rtm_family == AF_INET6 ? ADDR_V6 : ADDR_V4;
	struct nlattr *gateway = tb[RTA_GATEWAY] ? tb[RTA_GATEWAY] : tb[RTA_VIA];
	out->type = f->rtm_type;
	if (tb[RTA_OIF] && nla_len(tb[RTA_OIF]) == sizeof(uint32_t))
		out->oif = nla_get_u32(tb[RTA_OIF]);
	if (gateway)
		out->gateway = via_of(gateway, family);
	return false;
}

static int ask_flow(const struct kernel_flow *f, uint32_t flags, kernel_answer_fn *take, void *arg)
{
	struct rtmsg body = {.rtm_family = (uint8_t)family_number(f->to.family),
		.rtm_dst_len = addr_bits(f->to.family),
		.rtm_src_len = addr_bits(f->from.family),
		.rtm_flags = flags};
	struct nl_msg *q = kernel_question(RTM_GETROUTE, 0, &body, sizeof(body));
	uint32_t iif = f->iif[0] ? if_nametoindex(f->iif) : 0;

	kernel_question_add(q, RTA_DST, f->to.b, addr_bytes(f->to.family));
	kernel_question_add(q, RTA_SRC, f->from.b, addr_bytes(f->from.family));
	if (iif)
		kernel_question_add(q, RTA_IIF, &iif, sizeof(iif));
	if (f->mark)
		kernel_question_add(q, RTA_MARK, &f->mark, sizeof(f->mark));
	return kernel_ask(q, take, arg);
}

int kernel_way(const struct kernel_flow *f, struct kernel_way *out)
{
	struct kernel_way w = {0};
	int result = ask_flow(f, RTM_F_FIB_MATCH | RTM_F_LOOKUP_TABLE, take_match, &w.route);

	if (result == 0)
		result = ask_flow(f, 0, take_way, &w);
	if (result == 0 && w.route.prefix.addr.family == ADDR_NONE)
		result = -EPROTO;
	if (result == 0)
		*out = w;
	return result;
}

/* ---- rules ---- */

struct rule_list {
	struct kernel_rule *out;
	size_t n;
	size_t max;
};

static uint32_t u32_of(struct nlattr *a, uint32_t absent)
{
	return a && nla_len(a) == sizeof(uint32_t) ? nla_get_u32(a) : absent;
}

static struct prefix prefix_of(struct nlattr *a, enum addr_family family, uint8_t len)
{
	struct addr any = {.family = (uint8_t)family};
	bool fits = a && nla_len(a) == (int)addr_bytes(family) && len <= addr_bits(family);
	return prefix_make(fits ? addr_from_bytes(family, nla_data(a)) : any, fits ? len : 0);
}

static void name_of(struct nlattr *a, char out[IF_NAMESIZE])
{
	if (a)
		nla_strlcpy(out, a, IF_NAMESIZE);
}

static bool take_rule(struct nlmsghdr *m, void *arg)
{
	struct rule_list *list = arg;
	struct nlattr *tb[FRA_MAX + 1];
	struct fib_rule_hdr *f = nlmsg_data(m);

	if (m->nlmsg_type != RTM_NEWRULE || list->n == list->max ||
		nlmsg_parse(m, sizeof(*f), tb, FRA_MAX, NULL) < 0)
		return true;
	enum addr_family family = f->family == AF_INET6 ? ADDR_V6 : ADDR_V4;
	struct kernel_rule r = {.priority = u32_of(tb[FRA_PRIORITY], 0),
		.from = prefix_of(tb[FRA_SRC], family, f->src_len),
		.to = prefix_of(tb[FRA_DST], family, f->dst_len),
		.mark = u32_of(tb[FRA_FWMARK], 0),
		.table = u32_of(tb[FRA_TABLE], f->table),
		.action = f->action,
		.l3mdev = tb[FRA_L3MDEV] && nla_len(tb[FRA_L3MDEV]) >= 1 &&
			  nla_get_u8(tb[FRA_L3MDEV]),
		.inverted = f->flags & FIB_RULE_INVERT,
		.more = f->tos || tb[FRA_IP_PROTO] || tb[FRA_SPORT_RANGE] || tb[FRA_DPORT_RANGE] ||
			tb[FRA_UID_RANGE] || tb[FRA_TUN_ID]};
	r.mask = u32_of(tb[FRA_FWMASK], r.mark ? UINT32_MAX : 0);
	name_of(tb[FRA_IIFNAME], r.iif);
	name_of(tb[FRA_OIFNAME], r.oif);
	list->out[list->n++] = r;
	return true;
}

int kernel_rules(enum addr_family family, struct kernel_rule *out, size_t max)
{
	struct fib_rule_hdr body = {.family = (uint8_t)family_number(family)};
	struct nl_msg *q = kernel_question(RTM_GETRULE, NLM_F_DUMP, &body, sizeof(body));
	struct rule_list list = {.out = out, .max = max};
	int result = kernel_ask(q, take_rule, &list);

	return result < 0 ? result : (int)list.n;
}

bool kernel_rule_takes(const struct kernel_rule *r, const struct kernel_flow *f)
{
	bool takes = prefix_has_addr(r->from, f->from) && prefix_has_addr(r->to, f->to) &&
		     (f->mark & r->mask) == r->mark && (!r->oif[0] || r->l3mdev) &&
		     (!r->iif[0] || strcmp(r->iif, f->iif[0] ? f->iif : "lo") == 0);
	return takes != r->inverted;
}
