/*
 * The rules of routing policy that a configuration asks for, and what fib was told of them. bgp
 * process.
 *
 *   900       to POD-NETWORK lookup main: pods and services are reached from every VRF
 *   910       fwmark MARK lookup VRF ([vrf] return-fwmark)
 *   920..949  from .. to .. lookup VRF ([rule] with to)
 *   950..979  from .. lookup VRF ([vrf] return-from, [rule] without to)
 *
 * Within a band the narrower rule stands before the wider one that contains it. While a VRF has no
 * table (its device is not there) its rules say `unreachable`, unless it falls through to main.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "rib/fib/channel.h"

struct daemon;

/* A rule without its table. */
struct rules_wish {
	struct fib_rule rule;
	const struct conf_vrf *vrf; /* NULL: table main */
};

/* What the configuration asks for: *out is malloc()ed. False: no memory. Pure. */
bool rules_plan(const struct conf *c, struct rules_wish **out, size_t *n);

/* What fib was told. Zeroed: nothing yet. */
struct rules_told {
	struct rules_wish *wish; /* of the configuration in force */
	size_t wish_n;
	struct fib_rule *rule;
	size_t rule_n;
	bool ended;                 /* FIB_MSG_RULES_END was sent */
	struct fib_msg_rules state; /* what fib said last; head.type 0: nothing yet */
};

/* Tells fib what the configuration in force asks for. After apply_conf has set the VRFs. */
void rules_apply(struct daemon *d);
/* The same where a VRF's table changed. Cheap when none did. */
void rules_sync(struct daemon *d);
void rules_told_free(struct rules_told *r);
/* An nftables table that marks answers to what came in through the VRFs with a return-fwmark; to be
 * freed. */
char *rules_nftables(const struct daemon *d);
