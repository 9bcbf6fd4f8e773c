/* conf: what holds for any set of files (merge_random.h): their order does not matter, nothing
 * changes when nothing is changed, a contributor that comes takes no route away, and one that goes
 * takes away just what it alone permitted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "conf/dump.h"
#include "tests/unit/conf/merge_random.h"

enum {
	ROUNDS = 1000,
	NETWORKS = 4, /* 10.0/16 .. 10.3/16, as in the files' lists */
	LENGTHS = 12, /* /14 .. /25 */
	PREFIXES = NETWORKS * LENGTHS,
	ROUTES = RANDOM_NEIGHBORS * PREFIXES,
};

/* Bit i of a route: the contributor of file i permits it; 0: nobody. */
struct routes {
	uint8_t by[ROUTES];
};

static struct prefix prefix_number(unsigned i)
{
	return prefix_make(addr_v4(0x0a000000 + (i / LENGTHS << 16)), (uint8_t)(14 + i % LENGTHS));
}

/* Whether the list has a rule for the prefix; *permit is then what it says. */
static bool list_decides(const struct conf_prefix_list *l, struct prefix p, bool *permit)
{
	for (size_t i = 0; i < l->rules_n; i++) {
		const struct conf_prefix_rule *r = &l->rules[i];
		if (!prefix_contains(r->prefix, p) || p.len < r->ge || p.len > r->le)
			continue;
		*permit = r->permit;
		return true;
	}
	return false;
}

/* The same for a path without communities. */
static bool policy_decides(const struct conf_policy *k, struct prefix p, bool *permit)
{
	bool match = !k->lists_n, listed;
	for (size_t i = 0; i < k->lists_n; i++)
		match |= list_decides(k->lists[i], p, &listed) && listed;
	*permit = k->action == CONF_ACTION_PERMIT;
	return match && !k->communities_n && k->action != CONF_ACTION_NEXT;
}

static bool chain_permits(const struct conf_chain *c, struct prefix p)
{
	bool permit = false;
	for (size_t i = 0; i < c->steps_n; i++)
		if (c->steps[i].list ? list_decides(c->steps[i].list, p, &permit)
				     : policy_decides(c->steps[i].policy, p, &permit))
			return permit;
	return false;
}

static struct routes routes_of(const struct conf *c)
{
	static const char names[] = "mabcde";
	struct routes r = {0};
	for (size_t i = 0; i < c->neighbors_n; i++) {
		const struct conf_neighbor *n = &c->neighbors[i];
		uint8_t *by = &r.by[(n->address.b[3] - 1) * PREFIXES];
		for (size_t j = 0; j < n->imports_n; j++) {
			const char *who = strchr(names, n->imports[j].contributor[0]);
			for (unsigned k = 0; k < PREFIXES; k++)
				if (chain_permits(&n->imports[j], prefix_number(k)))
					by[k] |= (uint8_t)(1 << (who - names));
		}
	}
	return r;
}

static struct conf *build(const struct conf_text *t, size_t n)
{
	bool usable;
	struct conf *c = conf_build(t, n, NULL, &usable);
	if (!usable)
		fail_msg("%s", c->messages[0].text);
	return c;
}

static struct conf_contributor *contributor(const struct conf *c, const char *name)
{
	for (size_t i = 0; i < c->contributors_n; i++)
		if (strcmp(c->contributors[i].name, name) == 0)
			return &c->contributors[i];
	return NULL;
}

/* What is in force becomes the last good text. The texts are borrowed, also of the snapshot. */
static void keep(struct conf_text *t, size_t n, const struct conf *c)
{
	for (size_t i = 0; i < n; i++) {
		const struct conf_contributor *k = contributor(c, t[i].name);
		if (!k->quarantined) {
			t[i].last_good = k->aside_n ? k->kept : t[i].bytes;
			t[i].last_good_len = k->aside_n ? k->kept_len : t[i].len;
		} else if (!k->last_good) {
			t[i].last_good = NULL;
			t[i].last_good_len = 0;
		}
	}
}

static char *dump_free(struct conf *c)
{
	char *text = conf_dump(c);
	conf_free(c);
	return text;
}

static void check_same(unsigned round, const char *what, char *a, char *b)
{
	if (strcmp(a, b) != 0)
		fail_msg("round %u: %s:\n%s\nis not\n%s", round, what, a, b);
	free(a);
	free(b);
}

static void shuffle(struct random_files *f, struct conf_text *t)
{
	for (size_t i = f->n - 1; i > 1; i--) {
		size_t j = 1 + random_below(&f->state, (unsigned)i);
		struct conf_text spare = t[i];
		t[i] = t[j];
		t[j] = spare;
	}
}

static void the_order_does_not_matter(void **state)
{
	(void)state;
	struct random_files f;
	struct conf_text other[RANDOM_FILES_MAX];
	for (unsigned round = 0; round < ROUNDS; round++) {
		random_files_make(&f, round);
		memcpy(other, f.text, sizeof(other));
		shuffle(&f, other);
		check_same(round, "another order", dump_free(build(f.text, f.n)),
			dump_free(build(other, f.n)));
		random_files_free(&f);
	}
}

static void nothing_new_changes_nothing(void **state)
{
	(void)state;
	struct random_files f;
	struct conf_text again[RANDOM_FILES_MAX];
	for (unsigned round = 0; round < ROUNDS; round++) {
		random_files_make(&f, round);
		memcpy(again, f.text, sizeof(again));
		struct conf *c = build(f.text, f.n);
		keep(again, f.n, c);
		char *second = dump_free(build(again, f.n));
		check_same(round, "a second reload", dump_free(c), second);
		random_files_free(&f);
	}
}

/* Routes that only `less` and only `more` has, where contributor `who` comes between the two. */
static void check_difference(
	unsigned round, unsigned who, const struct routes *less, const struct routes *more)
{
	const uint8_t bit = (uint8_t)(1 << who);
	for (unsigned i = 0; i < ROUTES; i++) {
		unsigned without = less->by[i], with = more->by[i];
		if (without & ~with)
			fail_msg("round %u: with file %u others than %x permit %u", round, who,
				without, i);
		if (with & ~without & ~bit)
			fail_msg("round %u: file %u brings what it does not permit: %u", round, who,
				i);
	}
}

static size_t taken_out(
	const struct random_files *f, const struct conf_text *t, size_t who, struct conf_text *out)
{
	size_t n = 0;
	for (size_t i = 0; i < f->n; i++)
		if (i != who)
			out[n++] = t[i];
	return n;
}

/* It comes to what is in force. */
static void one_that_comes_takes_nothing_away(void **state)
{
	(void)state;
	struct random_files f;
	struct conf_text rest[RANDOM_FILES_MAX];
	for (unsigned round = 0; round < ROUNDS; round++) {
		random_files_make(&f, round);
		size_t who = 1 + random_below(&f.state, (unsigned)f.n - 1);
		size_t n = taken_out(&f, f.text, who, rest);
		struct conf *c = build(rest, n);
		struct routes before = routes_of(c);
		keep(rest, n, c);
		rest[n] = f.text[who];
		rest[n].last_good = NULL;
		struct conf *with = build(rest, n + 1);
		struct routes after = routes_of(with);
		conf_free(with);
		conf_free(c);
		check_difference(round, (unsigned)who, &before, &after);
		random_files_free(&f);
	}
}

static bool same_aside(const struct conf_contributor *x, const struct conf_contributor *y)
{
	bool same = x->aside_n == y->aside_n;
	for (size_t i = 0; same && i < x->aside_n; i++)
		same = strcmp(x->aside[i].section, y->aside[i].section) == 0 &&
		       x->aside[i].last_good == y->aside[i].last_good;
	return same;
}

/* Bits of the contributors of whom the same text is in force in both. */
static unsigned unchanged(const struct random_files *f, const struct conf *a, const struct conf *b)
{
	unsigned bits = 0;
	for (unsigned i = 0; i < f->n; i++) {
		const struct conf_contributor *x = contributor(a, f->text[i].name);
		const struct conf_contributor *y = contributor(b, f->text[i].name);
		if (x && y && x->quarantined == y->quarantined && x->last_good == y->last_good &&
			same_aside(x, y))
			bits |= 1U << i;
	}
	return bits;
}

/* Others that it kept out may come, with another text than their last good one. */
static void one_that_goes_takes_its_own_away(void **state)
{
	(void)state;
	struct random_files f;
	struct conf_text all[RANDOM_FILES_MAX], rest[RANDOM_FILES_MAX];
	for (unsigned round = 0; round < ROUNDS; round++) {
		random_files_make(&f, round);
		memcpy(all, f.text, sizeof(all));
		size_t who = 1 + random_below(&f.state, (unsigned)f.n - 1);
		struct conf *with = build(all, f.n);
		keep(all, f.n, with);
		struct conf *without = build(rest, taken_out(&f, all, who, rest));
		struct routes before = routes_of(with), after = routes_of(without);
		unsigned same = unchanged(&f, with, without);
		for (unsigned i = 0; i < ROUTES; i++)
			if (before.by[i] & same & ~after.by[i])
				fail_msg("round %u: route %u went with file %zu", round, i, who);
		conf_free(with);
		conf_free(without);
		random_files_free(&f);
	}
}

/* As a roll back does: nothing of what was in force is contradicted by the rest of it. */
static void what_was_kept_is_in_force_by_itself(void **state)
{
	(void)state;
	struct random_files f;
	struct conf_text kept[RANDOM_FILES_MAX];
	unsigned in_part = 0;
	for (unsigned round = 0; round < ROUNDS; round++) {
		random_files_make(&f, round);
		memcpy(kept, f.text, sizeof(kept));
		struct conf *c = build(kept, f.n);
		struct routes before = routes_of(c);
		keep(kept, f.n, c);
		for (size_t i = 0; i < f.n; i++) {
			const struct conf_contributor *k = contributor(c, kept[i].name);
			in_part += k->aside_n != 0 && !k->quarantined;
			kept[i].bytes = kept[i].last_good ? kept[i].last_good : "";
			kept[i].len = kept[i].last_good_len;
		}
		struct conf *again = build(kept, f.n);
		struct routes after = routes_of(again);
		for (size_t i = 0; i < f.n; i++)
			if (!contributor(c, kept[i].name)->quarantined &&
				!conf_all_in_force(contributor(again, kept[i].name)))
				fail_msg("round %u: %s\nis in quarantine", round, kept[i].bytes);
		assert_memory_equal(&before, &after, sizeof(before));
		conf_free(again);
		conf_free(c);
		random_files_free(&f);
	}
	assert_true(in_part > ROUNDS / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_order_does_not_matter),
		cmocka_unit_test(nothing_new_changes_nothing),
		cmocka_unit_test(one_that_comes_takes_nothing_away),
		cmocka_unit_test(one_that_goes_takes_its_own_away),
		cmocka_unit_test(what_was_kept_is_in_force_by_itself),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
