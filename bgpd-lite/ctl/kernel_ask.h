/*
 * What the kernel has, asked live by the client: rtnetlink, read only, no privilege needed. The
 * client must run in the daemon's network namespace.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "rib/fib/nlread.h"

enum {
	KERNEL_ROUTES_MAX = 32, /* of one prefix */
};

/* What it would use for a packet of this host to that address: 0 and *out, or -errno as a packet
 * would get (-EINVAL: a blackhole, -ENETUNREACH: no route). oif: the VRF device, 0 for none. */
int kernel_match(struct addr a, uint32_t oif, struct nlread_route *out);
/* Its routes of exactly that prefix in that table, at most max; their number, or -errno. Walks the
 * table until it has passed the prefix. */
int kernel_routes(const struct prefix *p, uint32_t table, struct nlread_route *out, size_t max);
/* The nexthop object of that id: 0 or -errno. */
int kernel_nexthop(uint32_t id, struct nlread_nexthop *out);
/* Unicast routes of one protocol in all tables. */
struct kernel_counts {
	uint64_t routes;
	uint64_t foreign; /* of them, those without a nexthop object of our default id range */
	uint32_t *tables; /* each table once, as many as fit; given by the caller, with its size */
	size_t tables_n;
	size_t tables_max;
};
int kernel_count(uint8_t protocol, struct kernel_counts *c); /* 0 or -errno */

/* A question of one's own: body is the header of its type; NULL: no memory, which kernel_ask()
 * says. */
struct nl_msg;
struct nlmsghdr;
struct nl_msg *kernel_question(int type, int flags, void *body, size_t len);
void kernel_question_add(struct nl_msg *q, int type, const void *value, size_t len);
/* Takes one message of the answer; false: enough. */
typedef bool kernel_answer_fn(struct nlmsghdr *m, void *arg);
/* Takes the question; 0 or -errno. */
int kernel_ask(struct nl_msg *q, kernel_answer_fn *take, void *arg);

/* "bgp", "static"; a number where it has no name */
const char *kernel_protocol_text(uint8_t protocol, char out[16]);
const char *kernel_type_text(uint8_t type); /* "unicast", "blackhole" */
