#include "rib/fib/ruleset.h"

#include <stdlib.h>
#include <string.h>

#include "rib/fib/handles.h"

/* A prefix of the family without bits behind its length. */
static bool prefix_ok(enum addr_family family, const uint8_t b[16], uint8_t len)
{
	struct addr a = {.family = (uint8_t)family};
	if (len > addr_bits(family))
		return false;
	memcpy(a.b, b, sizeof(a.b));
	return memcmp(prefix_make(a, len).addr.b, b, sizeof(a.b)) == 0;
}

const char *ruleset_refusal(const struct fib_rule *r)
{
	if (r->priority < FIB_RULE_FIRST || r->priority > FIB_RULE_LAST)
		return "its priority is not one of ours";
	if (r->family != ADDR_V4 && r->family != ADDR_V6)
		return "it has no family";
	if (!prefix_ok(r->family, r->from, r->from_len) || !prefix_ok(r->family, r->to, r->to_len))
		return "its prefixes are none";
	if (r->mark & ~r->mask)
		return "its mark has bits outside its mask";
	if (!r->from_len && !r->to_len && !r->mask)
		return "it would match every packet";
	return NULL;
}

bool ruleset_equal(const struct fib_rule *a, const struct fib_rule *b)
{
	return a->table == b->table && a->mark == b->mark && a->mask == b->mask &&
	       a->priority == b->priority && a->family == b->family && a->from_len == b->from_len &&
	       a->to_len == b->to_len && memcmp(a->from, b->from, sizeof(a->from)) == 0 &&
	       memcmp(a->to, b->to, sizeof(a->to)) == 0;
}

struct ruleset_rule *ruleset_find(const struct ruleset *s, const struct fib_rule *r)
{
	for (size_t i = 0; i < s->n; i++)
		if (ruleset_equal(&s->rule[i].rule, r))
			return &s->rule[i];
	return NULL;
}

struct ruleset_rule *ruleset_add(struct ruleset *s, const struct fib_rule *r)
{
	struct ruleset_rule *old = ruleset_find(s, r);
	if (old || s->n == FIB_RULES_MAX)
		return old;
	s->rule = fib_grow(s->rule, s->n + 1, sizeof(s->rule[0]));
	s->rule[s->n] = (struct ruleset_rule){.rule = *r};
	return &s->rule[s->n++];
}

void ruleset_remove(struct ruleset *s, struct ruleset_rule *r)
{
	*r = s->rule[--s->n];
}

void ruleset_clear(struct ruleset *s)
{
	free(s->rule);
	*s = (struct ruleset){0};
}
