/*
 * Builds rtnetlink messages into a buffer. fib process, pure: bytes only, host byte order.
 *
 * Each function appends one whole message; where it does not fit the writer's error is set and the
 * caller drops the buffer. NLM_F_REQUEST is always set; `flags` are the further ones. libnl-route
 * 3.7 knows no nexthop objects, so nothing of it is used. Formats: linux/rtnetlink.h,
 * linux/nexthop.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/wire.h"
#include "rib/fib/channel.h"
#include "rib/fib/kops.h"

enum {
	NLMSG_OP_MAX = 1200, /* bytes of the longest message here (a group of 128) */
};
#define NLMSG_DEFAULT_METRIC 4278198272u

/* What all our routes have in common. */
struct nlmsg_route {
	uint32_t table;
	uint32_t metric; /* 0: left out */
	uint32_t nh_id;  /* 0: left out */
	uint8_t protocol;
	struct prefix prefix;
};

void nlmsg_kop(struct wr *w, uint32_t seq, const struct kops *k, size_t i, uint8_t protocol);
void nlmsg_nexthop_del(struct wr *w, uint32_t seq, uint32_t id);
void nlmsg_route_set(struct wr *w, uint32_t seq, const struct nlmsg_route *r);
void nlmsg_route_del(struct wr *w, uint32_t seq, const struct nlmsg_route *r);
/* `unreachable default metric 4278198272`; creating refuses one that is there (EEXIST). */
void nlmsg_default_set(
	struct wr *w, uint32_t seq, enum addr_family family, uint32_t table, uint8_t protocol);
void nlmsg_default_del(
	struct wr *w, uint32_t seq, enum addr_family family, uint32_t table, uint8_t protocol);
/* A rule; creating refuses one that is there (EEXIST). Deleting takes only one of that protocol. */
void nlmsg_rule_set(struct wr *w, uint32_t seq, const struct fib_rule *r, uint8_t protocol);
void nlmsg_rule_del(struct wr *w, uint32_t seq, const struct fib_rule *r, uint8_t protocol);
/* Dumps, for sockets with strict checking. */
void nlmsg_dump_links(struct wr *w, uint32_t seq);
void nlmsg_dump_addresses(struct wr *w, uint32_t seq);
void nlmsg_dump_nexthops(struct wr *w, uint32_t seq);
void nlmsg_dump_routes(
	struct wr *w, uint32_t seq, enum addr_family family, uint32_t table, uint8_t protocol);
void nlmsg_dump_rules(struct wr *w, uint32_t seq, enum addr_family family);
/* Adds flags to the message that begins `at` bytes into the buffer. */
void nlmsg_add_flags(struct wr *w, size_t at, uint16_t flags);
