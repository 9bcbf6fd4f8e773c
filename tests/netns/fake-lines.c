#include "tests/netns/fake-lines.h"

#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rib/fib/nlread.h"

static void describe(struct nlmsghdr *m, uint32_t own, char out[LINE])
{
	struct nlread_nexthop n;
	struct nlread_route r;
	struct nlread_rule x;
	char a[64] = "";
	const char *who = m->nlmsg_pid == 0 ? "kernel" : m->nlmsg_pid == own ? "own" : "?";
	int len = snprintf(out, LINE, "%u %s flags=%x ", m->nlmsg_type, who, m->nlmsg_flags);
	size_t room = LINE - (size_t)len;
	out += len;
	if (m->nlmsg_type >= RTM_NEWNEXTHOP && nlread_nexthop(m, &n)) {
		len = snprintf(out, room, "nexthop %u if %u %s proto %u group", n.id, n.ifindex,
			n.group ? "" : addr_text(n.gateway, a), n.protocol);
		for (size_t i = 0; i < n.member_n; i++)
			len += snprintf(out + len, room - (size_t)len, " %u*%u", n.member[i].id,
				n.member[i].weight);
	} else if (m->nlmsg_type <= RTM_DELROUTE && nlread_route(m, &r)) {
		len = snprintf(out, room,
			"route %s table %u metric %u nh %u proto %u type %u source %u",
			prefix_text(r.prefix, a), r.table, r.metric, r.nh_id, r.protocol, r.type,
			r.source.family == ADDR_V4 ? r.source.b[3] : r.source.b[15]);
		for (size_t i = 0; i < r.hop_n && r.type == RTN_UNICAST; i++) /* else lo */
			len += snprintf(out + len, room - (size_t)len, " via %s if %u*%u",
				addr_text(r.hop[i].addr, a), r.hop[i].ifindex, r.hop[i].weight);
	} else if (nlread_rule(m, &x)) {
		snprintf(out, room, "rule %u v%u table %u from %u/%u mark %x/%x proto %u",
			x.rule.priority, x.rule.family, x.rule.table, x.rule.from[3],
			x.rule.from_len, x.rule.mark, x.rule.mask, x.protocol);
	}
}

/* Of tables, ids and rules that the test is about. */
static bool concerns(struct nlmsghdr *m)
{
	struct nlread_route r;
	struct nlread_rule x;
	switch (m->nlmsg_type) {
	case RTM_NEWNEXTHOP:
	case RTM_DELNEXTHOP:
		return true;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		return nlread_route(m, &r) && r.table >= LINES_TABLE;
	case RTM_NEWRULE:
	case RTM_DELRULE:
		return nlread_rule(m, &x) && x.rule.priority >= 900 && x.rule.priority < 1000;
	default:
		return false;
	}
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

void lines_take(struct lines *l, struct nlmsghdr *m, uint32_t own)
{
	if (l->n < LINES && concerns(m))
		describe(m, own, l->text[l->n++]);
}

void lines_sort(struct lines *l)
{
	qsort(l->text, l->n, LINE, by_text);
}
