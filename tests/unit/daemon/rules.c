/* bgpd-lite/rules_plan.c: the rules that a configuration asks for, and their order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bgpd-lite/rules.h"

static const char head[] = "[vrf red]\ntable = 1001\n[vrf blue]\ntable = 1002\n";

/* "PRIORITY from to mark vrf" a line, in the order of the plan. */
static void expect(const char *more, const char *expected)
{
	char text[2048], got[4096] = "", from[PREFIX_TEXT_MAX], to[PREFIX_TEXT_MAX];
	struct rules_wish *wish;
	size_t n, len = 0;
	bool usable;

	snprintf(text, sizeof(text), "%s%s", head, more);
	struct conf_text t = {.name = "main", .file = "main", .bytes = text, .len = strlen(text)};
	struct conf *c = conf_build(&t, 1, NULL, &usable);
	assert_true(usable);
	assert_true(rules_plan(c, &wish, &n));
	for (size_t i = 0; i < n; i++) {
		const struct fib_rule *r = &wish[i].rule;
		struct addr a = {.family = r->family}, b = {.family = r->family};
		memcpy(a.b, r->from, sizeof(a.b));
		memcpy(b.b, r->to, sizeof(b.b));
		len += (size_t)snprintf(got + len, sizeof(got) - len, "%u %s %s %x/%x %s\n",
			r->priority, prefix_text(prefix_make(a, r->from_len), from),
			prefix_text(prefix_make(b, r->to_len), to), r->mark, r->mask,
			wish[i].vrf ? wish[i].vrf->name : "main");
		assert_int_equal(r->table, wish[i].vrf ? 0 : 254);
	}
	assert_string_equal(got, expected);
	free(wish);
	conf_free(c);
}

static void nothing_is_asked_for(void **state)
{
	(void)state;
	expect("", "");
}

static void pods_before_all(void **state)
{
	(void)state;
	expect("[bgp]\npod-networks = 10.244.0.0/16, 2001:db8:f::/48\n",
		"900 0.0.0.0/0 10.244.0.0/16 0/0 main\n"
		"900 ::/0 2001:db8:f::/48 0/0 main\n");
}

static void a_mark_in_both_families(void **state)
{
	(void)state;
	expect("[vrf green]\ntable = 1003\nreturn-fwmark = 0x300/0xff00\n",
		"910 0.0.0.0/0 0.0.0.0/0 300/ff00 green\n"
		"910 ::/0 ::/0 300/ff00 green\n");
}

static void the_narrower_before_the_wider(void **state)
{
	(void)state;
	expect("[vrf green]\ntable = 1003\nreturn-from = 10.0.0.0/8\n"
	       "[rule a]\nfrom = 10.1.0.0/16, 11.0.0.0/8\nto-vrf = red\n"
	       "[rule b]\nfrom = 10.1.1.0/24\nto-vrf = blue\n"
	       "[rule c]\nfrom = 10.1.1.0/24\nto = 203.0.0.0/16, 203.0.113.0/24\nto-vrf = red\n",
		"979 10.0.0.0/8 0.0.0.0/0 0/0 green\n"
		"978 10.1.0.0/16 0.0.0.0/0 0/0 red\n"
		"979 11.0.0.0/8 0.0.0.0/0 0/0 red\n"
		"977 10.1.1.0/24 0.0.0.0/0 0/0 blue\n"
		"949 10.1.1.0/24 203.0.0.0/16 0/0 red\n"
		"948 10.1.1.0/24 203.0.113.0/24 0/0 red\n");
}

static void only_pairs_of_one_family(void **state)
{
	(void)state;
	expect("[rule a]\nfrom = 10.1.0.0/16, 2001:db8::/32\nto = 10.9.0.0/16, ::/0\nto-vrf = "
	       "red\n",
		"949 10.1.0.0/16 10.9.0.0/16 0/0 red\n"
		"949 2001:db8::/32 ::/0 0/0 red\n");
}

/* However deep they nest, priorities stay in their band. */
static void nesting_is_bounded(void **state)
{
	(void)state;
	char text[1500];
	size_t len = (size_t)snprintf(text, sizeof(text), "%s[rule a]\nto-vrf = red\n", head);
	struct rules_wish *wish;
	size_t n;
	bool usable;

	for (unsigned i = 1; i <= 32; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "from = 0.0.0.0/%u\n", i);
	struct conf_text t = {.name = "main", .file = "main", .bytes = text, .len = len};
	struct conf *c = conf_build(&t, 1, NULL, &usable);
	assert_true(rules_plan(c, &wish, &n));
	assert_int_equal(n, 32);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(wish[i].rule.priority, i < 29 ? 979 - i : 950);
	free(wish);
	conf_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_asked_for),
		cmocka_unit_test(pods_before_all),
		cmocka_unit_test(a_mark_in_both_families),
		cmocka_unit_test(the_narrower_before_the_wider),
		cmocka_unit_test(only_pairs_of_one_family),
		cmocka_unit_test(nesting_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
