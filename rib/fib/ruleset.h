/*
 * The rules of routing policy that fib keeps in the kernel. fib process, pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rib/fib/channel.h"

struct ruleset_rule {
	struct fib_rule rule;
	bool installed; /* the kernel took it, or had it */
	bool seen;      /* by the dump that is being read */
};

struct ruleset {
	struct ruleset_rule *rule;
	size_t n;
};

/* NULL, or why fib must not write it: priority, family, lengths, bits behind them, mark. The table
 * is looked at by the caller. */
const char *ruleset_refusal(const struct fib_rule *r);
bool ruleset_equal(const struct fib_rule *a, const struct fib_rule *b);
struct ruleset_rule *ruleset_find(const struct ruleset *s, const struct fib_rule *r);
/* The rule, new or not; NULL: FIB_RULES_MAX are there. */
struct ruleset_rule *ruleset_add(struct ruleset *s, const struct fib_rule *r);
void ruleset_remove(struct ruleset *s, struct ruleset_rule *r); /* moves the last to its place */
void ruleset_clear(struct ruleset *s);
