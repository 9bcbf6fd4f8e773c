/*
 * Keeps rules of routing policy in the kernel: those that bgp names, under our protocol, at
 * priorities FIB_RULE_FIRST .. FIB_RULE_LAST. fib process, edge.
 *
 * What another program deletes is put back: after its notification, at most every
 * FIB_RULES_CHECK_MS, and by the audit. Rules of an earlier life that are wanted again are adopted;
 * the others go at FIB_MSG_RULES_END. A rule of ours is one of our protocol in our range; others
 * are never touched.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rib/fib/nlread.h"
#include "rib/fib/ruleset.h"

struct fib;

enum {
	FIB_RULES_CHECK_MS = 100,
};

struct rules {
	struct ruleset set;
	struct ruleset strange; /* ours, but not wanted: found by the dump that is being read */
	bool complete;          /* FIB_MSG_RULES_END came */
	bool due;               /* compare with the kernel */
	uint64_t checked_ms;
	uint32_t healed;
	int32_t error; /* of the last refusal */
	char text[116];
	struct fib_msg_rules told;
};

void rules_take(struct fib *f, const struct fib_rule *m); /* FIB_MSG_RULE */
void rules_end(struct fib *f);                            /* FIB_MSG_RULES_END */
void rules_event(struct fib *f, struct nlmsghdr *m);      /* RTM_NEWRULE, RTM_DELRULE */
/* ms until a compare may be done; 0: now; -1: none is due. */
int rules_wait_ms(const struct rules *r, uint64_t now_ms);
void rules_check(struct fib *f);    /* compares and mends */
void rules_withdraw(struct fib *f); /* deletes all of ours */
void rules_free(struct rules *r);
