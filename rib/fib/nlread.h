/*
 * Reads rtnetlink messages with libnl-3: attributes checked by a policy; addresses as objects of
 * libnl-route, without its caches. libnl-route 3.7 knows no nexthop objects, parses a link only
 * whole (what it can't of some kind of link hides that link), and its routes are slow. fib process,
 * edge.
 *
 * A message must have passed nlmsg_ok(). One that is too short or has an attribute of a wrong size
 * is told as false and never read past its end; unknown attributes are skipped.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "rib/fib/channel.h"
#include "rib/fib/hop.h"
#include "rib/fib/kops.h"

struct nlmsghdr;

struct nlread_error {
	int32_t error;  /* errno, positive; 0 for an ACK */
	char text[116]; /* of the extended ACK, printable; "" for none */
};
bool nlread_error(struct nlmsghdr *m, struct nlread_error *out); /* of NLMSG_ERROR */
/* errno, positive, at the end of a dump (NLMSG_DONE); 0 for a good one. */
int nlread_done(struct nlmsghdr *m);

/* RTM_NEWLINK and RTM_DELLINK. False also for messages about bridge ports. */
bool nlread_link(struct nlmsghdr *m, struct fib_link *out);
bool nlread_address(struct nlmsghdr *m, struct fib_address *out);

struct nlread_nexthop {
	uint32_t id;
	uint32_t ifindex;
	struct addr gateway; /* family ADDR_NONE for none */
	uint8_t protocol;
	bool group;
	size_t member_n; /* may be more than are kept */
	struct kop_member member[FIB_GROUP_MEMBERS_MAX];
};
bool nlread_nexthop(struct nlmsghdr *m, struct nlread_nexthop *out);

struct nlread_route {
	struct prefix prefix;
	uint32_t table;
	uint32_t metric;
	uint32_t nh_id;     /* 0: none */
	struct addr source; /* preferred; ADDR_NONE: none */
	uint8_t protocol;
	uint8_t type; /* rtm_type */
	size_t hop_n; /* of a route without nh_id; 0 too where they are too many or odd */
	struct hop hop[FIB_GROUP_MEMBERS_MAX];
};
bool nlread_route(struct nlmsghdr *m, struct nlread_route *out);

/* The first nexthop of a route that is alive. */
struct nlread_hop {
	uint32_t ifindex;    /* 0: none is, or the message names none */
	struct addr gateway; /* ADDR_NONE: none is needed */
	bool onlink;
};
bool nlread_hop(struct nlmsghdr *m, struct nlread_hop *out); /* RTM_NEWROUTE */

struct nlread_rule {
	struct fib_rule rule; /* present 1; table 0 for `unreachable` */
	uint8_t protocol;
	bool plain; /* it has nothing but what the struct holds */
};
bool nlread_rule(struct nlmsghdr *m, struct nlread_rule *out);

struct nlread_neighbor {
	uint32_t ifindex;
	struct addr addr;
	bool router;    /* it sent a router advertisement */
	bool reachable; /* its link-layer address is known, or needs not be asked for */
	bool gone;      /* RTM_DELNEIGH */
	uint16_t state; /* NUD_* */
};
bool nlread_neighbor(struct nlmsghdr *m, struct nlread_neighbor *out); /* NEWNEIGH, DELNEIGH */
