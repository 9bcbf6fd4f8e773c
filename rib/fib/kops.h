/*
 * Kernel operations on nexthop objects and groups: what the ledger wants done, in this order. fib
 * process, pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"

enum kop_kind {
	KOP_GATEWAY_SET, /* create the nexthop object */
	KOP_GATEWAY_DEL,
	KOP_GROUP_SET,     /* create the group; EEXIST where the id is taken */
	KOP_GROUP_REPLACE, /* another live set; ENOENT where it is gone, and its routes with it */
	KOP_GROUP_DEL,
};

/* A member of a group. */
struct kop_member {
	uint32_t id; /* of the kernel */
	uint16_t weight;
};

struct kop {
	enum kop_kind kind;
	uint32_t id;     /* of the kernel */
	uint32_t handle; /* of the gateway or the group */
	/* KOP_GATEWAY_SET */
	uint32_t ifindex;
	struct addr addr;
	bool onlink;
	/* KOP_GROUP_SET and _REPLACE: kops.member[member_at .. + member_n) */
	size_t member_at;
	size_t member_n;
};

struct kops {
	struct kop *op;
	size_t n;
	size_t cap;
	struct kop_member *member;
	size_t member_n;
	size_t member_cap;
};

struct kop *kops_add(struct kops *k, struct kop op); /* valid until the next kops_add() */
/* To the group added last. */
void kops_add_member(struct kops *k, struct kop_member m);
void kops_clear(struct kops *k); /* keeps the memory */
void kops_free(struct kops *k);
