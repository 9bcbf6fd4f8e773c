/*
 * Which way the kernel would send a packet: routing rules and its answer, asked live by the client.
 * rtnetlink, read only, no privilege needed.
 */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bgpd-lite/ctl/kernel_ask.h"

struct kernel_flow {
	struct addr to;
	struct addr from;
	char iif[IF_NAMESIZE]; /* came in there; "": sent by this host */
	uint32_t mark;
};

struct kernel_way {
	struct nlread_route route; /* that matches, all its gateways */
	uint32_t oif;              /* of the one that this packet takes */
	struct addr gateway;       /* ADDR_NONE: on the link */
	uint8_t type;              /* rtm_type: unicast, local, ... */
};
/* 0, or -errno as the packet would get: -ENETUNREACH, -EHOSTUNREACH (unreachable), -EACCES
 * (prohibit), -EINVAL (blackhole). */
int kernel_way(const struct kernel_flow *f, struct kernel_way *out);

struct kernel_rule {
	uint32_t priority;
	struct prefix from; /* length 0: any */
	struct prefix to;
	uint32_t mark;
	uint32_t mask; /* 0: any */
	char iif[IF_NAMESIZE];
	char oif[IF_NAMESIZE];
	uint32_t table; /* of lookup */
	uint8_t action; /* FR_ACT_* */
	bool l3mdev;    /* the table of the VRF that the packet is in */
	bool inverted;
	bool more; /* ports, protocols, users: told by nothing here */
};
enum {
	KERNEL_RULES_MAX = 256,
};
/* All of a family in the order in which they are tried; their number (at most max), or -errno. */
int kernel_rules(enum addr_family family, struct kernel_rule *out, size_t max);
/* Would the rule's selectors take the packet? With `more` it may. */
bool kernel_rule_takes(const struct kernel_rule *r, const struct kernel_flow *f);
