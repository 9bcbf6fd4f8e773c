/* How many rules, routes and nexthop objects the kernel has, for `report`. */
#include <errno.h>
#include <jansson.h>
#include <linux/fib_rules.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "bgpd-lite/ctl/kernel_ask.h"
#include "bgpd-lite/ctl/own.h"

static const uint8_t families[] = {AF_INET, AF_INET6};
static const char *const family_names[] = {"ipv4", "ipv6"};

static void count(json_t *counts, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(counts, key));
	json_object_set_new(counts, key, json_integer(n + 1));
}

static bool take_rule(struct nlmsghdr *m, void *arg)
{
	struct nlread_rule r;
	char name[16];

	if (m->nlmsg_type == RTM_NEWRULE && nlread_rule(m, &r))
		count(arg, kernel_protocol_text(r.protocol, name));
	return true;
}

/* "table 1001 protocol bgp unicast" */
static bool take_route(struct nlmsghdr *m, void *arg)
{
	struct nlread_route r;
	char name[16], key[96];

	if (m->nlmsg_type != RTM_NEWROUTE || !nlread_route(m, &r))
		return true;
	snprintf(key, sizeof(key), "table %u protocol %s %s", r.table,
		kernel_protocol_text(r.protocol, name), kernel_type_text(r.type));
	count(arg, key);
	return true;
}

static bool take_nexthop(struct nlmsghdr *m, void *arg)
{
	struct nlread_nexthop n;

	if (m->nlmsg_type == RTM_NEWNEXTHOP && nlread_nexthop(m, &n))
		count(arg, n.group ? "groups" : "objects");
	return true;
}

/* Counts by key; where the kernel refuses, "error". */
static json_t *counted(struct nl_msg *q, kernel_answer_fn *take)
{
	json_t *counts = json_object();
	int result = kernel_ask(q, take, counts);

	if (result < 0 && result != -ENOENT)
		json_object_set_new(counts, "error", json_string(strerror(-result)));
	return counts;
}

json_t *kernel_census(void)
{
	json_t *rules = json_object(), *routes = json_object();
	struct nhmsg every = {0};

	for (size_t i = 0; i < 2; i++) {
		struct fib_rule_hdr rule = {.family = families[i]};
		struct rtmsg route = {.rtm_family = families[i]};
		json_object_set_new(rules, family_names[i],
			counted(kernel_question(RTM_GETRULE, NLM_F_DUMP, &rule, sizeof(rule)),
				take_rule));
		json_object_set_new(routes, family_names[i],
			counted(kernel_question(RTM_GETROUTE, NLM_F_DUMP, &route, sizeof(route)),
				take_route));
	}
	return json_pack("{sososo}", "rules", rules, "routes", routes, "nexthops",
		counted(kernel_question(RTM_GETNEXTHOP, NLM_F_DUMP, &every, sizeof(every)),
			take_nexthop));
}
