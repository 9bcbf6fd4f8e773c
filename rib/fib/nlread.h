/*
 * Reads rtnetlink messages. fib process, pure. Every length is checked; a message that is cut or
 * contradicts itself is told as false and never read past its end; unknown attributes are skipped.
 * Host byte order.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/wire.h"
#include "rib/fib/channel.h"

struct nlread_msg {
	uint16_t type;
	uint16_t flags;
	uint32_t seq;
	uint32_t pid; /* of the socket that asked for it; 0: the kernel by itself */
	struct rd body;
};

/* The next message of a datagram. False at its end, and where the rest is malformed (r->err). */
bool nlread_next(struct rd *r, struct nlread_msg *m);

struct nlread_error {
	int32_t error;  /* errno, positive; 0 for an ACK */
	char text[116]; /* of the extended ACK, printable; "" for none */
};
bool nlread_error(const struct nlread_msg *m, struct nlread_error *out); /* of NLMSG_ERROR */
/* errno, positive, at the end of a dump (NLMSG_DONE); 0 for a good one. */
int nlread_done(const struct nlread_msg *m);

/* RTM_NEWLINK and RTM_DELLINK. False also for messages about bridge ports. */
bool nlread_link(const struct nlread_msg *m, struct fib_link *out);
bool nlread_address(const struct nlread_msg *m, struct fib_address *out);

struct nlread_nexthop {
	uint32_t id;
	uint32_t ifindex;
	struct addr gateway; /* family ADDR_NONE for none */
	uint8_t protocol;
	bool group;
	size_t member_n; /* may be more than are kept */
	uint32_t member[FIB_GROUP_MEMBERS_MAX];
};
bool nlread_nexthop(const struct nlread_msg *m, struct nlread_nexthop *out);

struct nlread_route {
	struct prefix prefix;
	uint32_t table;
	uint32_t metric;
	uint32_t nh_id; /* 0: none */
	uint8_t protocol;
	uint8_t type; /* rtm_type */
};
bool nlread_route(const struct nlread_msg *m, struct nlread_route *out);

struct nlread_rule {
	struct fib_rule rule; /* present 1; table 0 for `unreachable` */
	uint8_t protocol;
	bool plain; /* it has nothing but what the struct holds */
};
bool nlread_rule(const struct nlread_msg *m, struct nlread_rule *out);
