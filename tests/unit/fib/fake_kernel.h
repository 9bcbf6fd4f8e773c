/*
 * A kernel of our own with the semantics of rtnetlink that the fib process relies on: nexthop
 * objects and groups, routes of both families by nexthop id or with next hops of their own, the way
 * of a packet (RTM_GETROUTE), rules, links and addresses; answers,
 * extended ACKs, notifications, dumps that are made datagram by datagram. What it does is compared
 * with the real one by tests/netns/fake_kernel.py.
 *
 * It knows whose each thing is: what a request of FAKE_FOREIGN_PORT made is foreign, and `trespass`
 * tells where another port changed that. Known differences: one route a prefix, table and metric;
 * the state of a neighbour's entry is what a test says; connected networks are not routes of a
 * table, but are on the way of a packet; no rules are on it: a VRF's device leads to its table, no
 * device to the main one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rib/fib/nlread.h"

enum {
	FAKE_FOREIGN_PORT = 77,    /* another program's socket */
	FAKE_ROUTE_PROTOCOL = 186, /* a route is ours by this, whoever made it */
	FAKE_SOCKETS = 8,
	FAKE_DATAGRAM_MESSAGES = 16, /* of a dump */
};

struct fake_member {
	uint32_t id;
	uint8_t weight; /* as in struct nexthop_grp: one less than it is */
};

struct fake_nexthop {
	uint32_t id;
	uint32_t ifindex;
	struct addr gateway;
	uint8_t protocol;
	uint8_t flags;
	bool group;
	bool foreign;
	uint16_t member_n;
	struct fake_member *member;
};

struct fake_route {
	struct nlread_route is;
	bool foreign;
};

struct fake_neighbor {
	uint32_t ifindex;
	struct addr addr;
	uint16_t state; /* NUD_* */
	unsigned asked; /* times that the kernel was made to ask */
};

struct fake_datagram {
	struct fake_datagram *next;
	size_t len;
	_Alignas(8) uint8_t bytes[];
};

/* What a dump has told: the place of the last in the order of its array. */
struct fake_dump {
	bool runs;
	bool interrupted; /* told so with the next datagram */
	uint16_t type;
	uint32_t seq;
	struct nlread_route want; /* of routes: family, table (0: all), protocol (0: all) */
	size_t at;                /* of links, addresses, rules */
	uint32_t id;              /* of nexthops: the last */
	struct nlread_route last; /* of routes */
	bool begun;
	uint32_t changes; /* fake_kernel.nexthop_changes when it began */
};

struct fake_socket {
	uint32_t port; /* 0: not open */
	uint64_t groups;
	struct fake_datagram *head, *tail;
	size_t queued;
	size_t room; /* datagrams that wait at most; 0: any number */
	bool overrun;
	struct fake_dump dump;
	const struct sock_filter *filter; /* owned */
	size_t filter_n;
};

struct fake_kernel {
	struct fake_socket socket[FAKE_SOCKETS];
	uint32_t ports;               /* given out */
	struct fake_nexthop *nexthop; /* by id */
	size_t nexthop_n;
	uint32_t nexthop_changes;
	struct fake_route *route; /* by family, table, prefix, metric */
	size_t route_n;
	size_t route_cap;
	struct nlread_rule *rule;
	size_t rule_n;
	uint64_t foreign_rules; /* bit i: rule[i] is */
	struct fib_link *link;
	size_t link_n;
	struct fib_address *address;
	size_t address_n;
	struct fake_neighbor *neighbor;
	size_t neighbor_n;
	uint32_t table[2][32]; /* that exist, IPv4 and IPv6; 0: none */
	const char *text;      /* of the extended ACK of the request that runs */
	uint64_t messages;     /* requests but dumps, of ports that are not foreign */
	uint64_t changes;      /* of them that were carried out, but questions to neighbours */
	uint64_t route_messages;
	/* The real kernel walks over all routes of IPv4 to delete those of a nexthop. */
	uint64_t walks;
	uint64_t shrunk; /* groups that lost a member and have others */
	uint64_t waited; /* of them, and of those replaced, within or after a request that walked */
	char trespass[160]; /* the first change of a foreign thing; "" for none */
	/* Told when a route is no more there; `port` is whose request did it, 0: a link's. */
	void (*route_gone)(void *ctx, const struct fake_route *r, uint32_t port);
	/* Told of each request that sets or deletes a route, whatever becomes of it. */
	void (*route_asked)(void *ctx, const struct nlread_route *r);
	/* An errno for this request in place of its work; 0: none. */
	int (*refuse)(void *ctx, const struct nlmsghdr *m);
	void *ctx;
};

struct fake_kernel *fake_kernel_new(void);
void fake_kernel_free(struct fake_kernel *k);

/* Sockets. */
struct fake_socket *fake_socket_open(struct fake_kernel *k); /* NULL: all are in use */
void fake_socket_close(struct fake_socket *s);
/* A datagram of requests from that port; s takes the answers, NULL: nobody. */
void fake_kernel_request(
	struct fake_kernel *k, struct fake_socket *s, uint32_t port, const void *bytes, size_t len);
/* One datagram; the caller frees it. NULL: none waits. */
struct fake_datagram *fake_socket_take(struct fake_kernel *k, struct fake_socket *s);

/* The host. Links begin without carrier lost; what changes is told to who listens. */
void fake_link_set(struct fake_kernel *k, const struct fib_link *l);       /* GONE: deletes it */
void fake_address_set(struct fake_kernel *k, const struct fib_address *a); /* GONE: deletes it */
const struct fib_link *fake_link(const struct fake_kernel *k, uint32_t ifindex); /* or NULL */

/* An entry of a neighbour table changes, or goes. */
void fake_neighbor_set(struct fake_kernel *k, uint32_t ifindex, struct addr a, uint16_t state);
void fake_neighbor_forget(struct fake_kernel *k, uint32_t ifindex, struct addr a);

/* One request of a foreign program, errno or 0. */
int fake_kernel_foreign(struct fake_kernel *k, const struct nlmsghdr *m);
const struct fake_nexthop *fake_nexthop(const struct fake_kernel *k, uint32_t id); /* or NULL */
/* The route of a prefix and metric; NULL: none. */
const struct fake_route *fake_route(
	const struct fake_kernel *k, uint32_t table, const struct prefix *p, uint32_t metric);

/* ---- between the parts of the fake ---- */

/* A message that is being made, for a datagram. */
struct fake_out {
	uint8_t *bytes;
	size_t len, cap;
	size_t at; /* of the message's header */
};
void fake_out_message(struct fake_out *o, uint16_t type, uint16_t flags, uint32_t seq,
	uint32_t port, const void *fixed, size_t len);
void fake_out_attr(struct fake_out *o, uint16_t type, const void *value, size_t len);
void fake_out_bytes(struct fake_out *o, const void *attributes, size_t len); /* padded */
void fake_out_u32(struct fake_out *o, uint16_t type, uint32_t value);
/* Tells who listens to the group and empties it. */
void fake_notify(struct fake_kernel *k, int group, struct fake_out *o);
/* Whose request runs. */
struct fake_request {
	uint32_t port;
	uint32_t seq;
	uint16_t flags;
};
int fake_fail(struct fake_kernel *k, int error, const char *text); /* -error */
void fake_trespass(
	struct fake_kernel *k, const struct fake_request *q, const char *what, uint32_t number);

int fake_nexthop_new(struct fake_kernel *k, const struct fake_request *q, struct nlmsghdr *m);
int fake_nexthop_del(struct fake_kernel *k, const struct fake_request *q, struct nlmsghdr *m);
void fake_nexthops_of_link(struct fake_kernel *k, uint32_t ifindex); /* go silently */
bool fake_nexthop_next(
	struct fake_kernel *k, struct fake_dump *d, struct fake_out *o, uint32_t port);
bool fake_nexthop_only_v6(const struct fake_kernel *k, const struct fake_nexthop *n);

int fake_route_new(struct fake_kernel *k, const struct fake_request *q, struct nlmsghdr *m);
int fake_route_del(struct fake_kernel *k, const struct fake_request *q, struct nlmsghdr *m);
/* All routes of the nexthop go; `notify`: those of IPv6 are told. */
void fake_routes_of_nexthop(struct fake_kernel *k, uint32_t id, uint32_t port, bool notify);
/* Each route of the nexthop is told anew (nexthop_compat_mode). */
void fake_routes_tell(struct fake_kernel *k, const struct fake_request *q, uint32_t id);
/* Its address is gone: routes of IPv4 go silently, those of IPv6 have no source any more. */
void fake_routes_of_source(struct fake_kernel *k, struct addr source);
bool fake_address_is_there(const struct fake_kernel *k, struct addr a);
bool fake_routes_use(const struct fake_kernel *k, uint32_t id, enum addr_family family);
bool fake_route_next(struct fake_kernel *k, struct fake_dump *d, struct fake_out *o, uint32_t port);
bool fake_table_exists(const struct fake_kernel *k, enum addr_family family, uint32_t table);

void fake_route_remove(struct fake_kernel *k, size_t at, bool told); /* by the kernel itself */

/* fake_hops.c */
void fake_hops_put(const struct fake_kernel *k, struct fake_out *o, const struct nlread_route *r);
uint32_t fake_hop_flags(const struct fake_kernel *k, const struct hop *h);
int fake_hops_check(struct fake_kernel *k, const struct nlread_route *r); /* 0 or -errno */
bool fake_hops_equal(const struct nlread_route *a, const struct nlread_route *b);
/* Routes go whose own next hops are all dead now: on this link, which went down, or of IPv4 on one
 * without an address. */
void fake_routes_of_link(struct fake_kernel *k, uint32_t ifindex, bool v4_only);
void fake_address_left(struct fake_kernel *k, const struct fib_address *a);
int fake_way(const struct fake_kernel *k, struct nlmsghdr *m, struct nlread_route *out);
int fake_gateway_check(struct fake_kernel *k, uint32_t ifindex, struct addr gateway, bool onlink);
void fake_route_put(const struct fake_kernel *k, struct fake_out *o, uint16_t type, uint16_t flags,
	uint32_t seq, uint32_t port, const struct nlread_route *r);

int fake_neighbor_get(struct fake_kernel *k, struct nlmsghdr *m, uint32_t port, struct fake_out *o);
int fake_neighbor_new(struct fake_kernel *k, struct nlmsghdr *m);
int fake_rule_new(struct fake_kernel *k, const struct fake_request *q, struct nlmsghdr *m);
int fake_rule_del(struct fake_kernel *k, const struct fake_request *q, struct nlmsghdr *m);
bool fake_rule_next(struct fake_kernel *k, struct fake_dump *d, struct fake_out *o, uint32_t port);
bool fake_link_next(struct fake_kernel *k, struct fake_dump *d, struct fake_out *o, uint32_t port);
bool fake_address_next(
	struct fake_kernel *k, struct fake_dump *d, struct fake_out *o, uint32_t port);
