/* Prefix filters: ge and le, first match, chains, the default route, cost of a look-up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rib/filter.h"

static struct prefix pfx(const char *text)
{
	struct prefix p;
	bool host_bits;
	assert_true(prefix_parse(text, &p, &host_bits));
	return p;
}

static struct filter_rule rule(const char *text, uint8_t ge, uint8_t le, bool permit, unsigned line)
{
	return (struct filter_rule){
		.prefix = pfx(text), .ge = ge, .le = le, .permit = permit, .line = line};
}

static struct filter *filter_of(const struct filter_rule *rules, size_t n)
{
	struct filter *f = filter_new();
	struct filter_list *l = filter_list_new("list", "a.conf", rules, n);
	assert_int_equal(filter_add_chain(f, "a", &l, 1), 0);
	filter_list_put(l);
	return f;
}

static bool permits(const struct filter *f, const char *text)
{
	struct prefix p = pfx(text);
	bool permit = filter_permits(f, &p, NULL, NULL);
	assert_int_equal(filter_explain(f, &p, NULL).permit, permit);
	return permit;
}

static void test_lengths(void **state)
{
	const struct filter_rule rules[] = {rule("203.0.113.0/24", 25, 32, true, 1),
		rule("10.0.0.0/8", 8, 8, true, 2), rule("2001:db8:5::/48", 48, 64, true, 3)};
	struct filter *f = filter_of(rules, 3);

	assert_false(permits(f, "203.0.113.0/24"));
	assert_true(permits(f, "203.0.113.0/25"));
	assert_true(permits(f, "203.0.113.7/32"));
	assert_false(permits(f, "203.0.112.0/25"));
	assert_true(permits(f, "10.0.0.0/8"));
	assert_false(permits(f, "10.0.0.0/9"));
	assert_true(permits(f, "2001:db8:5:1::/64"));
	assert_false(permits(f, "2001:db8:5:1::/65"));
	assert_false(permits(f, "2001:db8:6::/48"));
	assert_false(permits(f, "0.0.0.0/0"));
	filter_put(f);
}

static void test_first_match_decides(void **state)
{
	const struct filter_rule rules[] = {rule("10.1.0.0/16", 16, 32, false, 1),
		rule("10.0.0.0/8", 8, 32, true, 2), rule("10.1.1.0/24", 24, 32, true, 3),
		rule("10.2.0.0/16", 24, 24, false, 4), rule("10.2.0.0/16", 16, 32, true, 5)};
	struct filter *f = filter_of(rules, 5);

	assert_false(permits(f, "10.1.1.0/24"));
	assert_true(permits(f, "10.3.1.0/24"));
	assert_true(permits(f, "10.2.3.0/24")); /* line 2 stands before line 4 */
	struct prefix p = pfx("10.1.1.0/24");
	assert_int_equal(filter_explain(f, &p, NULL).line, 1);
	p = pfx("10.2.3.0/24");
	assert_int_equal(filter_explain(f, &p, NULL).line, 2);
	filter_put(f);
}

static void test_same_prefix_twice(void **state)
{
	const struct filter_rule rules[] = {
		rule("10.2.0.0/16", 24, 24, false, 4), rule("10.2.0.0/16", 16, 32, true, 5)};
	struct filter *f = filter_of(rules, 2);

	assert_false(permits(f, "10.2.3.0/24"));
	assert_true(permits(f, "10.2.3.0/25"));
	filter_put(f);
}

static void test_default_route(void **state)
{
	const struct filter_rule all[] = {rule("0.0.0.0/0", 1, 32, true, 1)};
	const struct filter_rule named[] = {
		rule("0.0.0.0/0", 0, 0, true, 1), rule("::/0", 0, 0, true, 2)};
	struct filter *f = filter_of(all, 1), *g = filter_of(named, 2);

	assert_false(permits(f, "0.0.0.0/0"));
	assert_true(permits(f, "0.0.0.0/1"));
	assert_true(permits(g, "0.0.0.0/0"));
	assert_true(permits(g, "::/0"));
	assert_false(permits(g, "10.0.0.0/8"));
	filter_put(f);
	filter_put(g);
}

static void test_chains_are_or(void **state)
{
	const struct filter_rule a[] = {rule("10.0.0.0/8", 8, 32, false, 1)};
	const struct filter_rule b[] = {rule("10.0.0.0/8", 8, 32, true, 7)};
	struct filter_list *la = filter_list_new("no", "a.conf", a, 1);
	struct filter_list *lb = filter_list_new("yes", "b.conf", b, 1);
	struct filter_list *both[] = {la, lb};
	struct filter *f = filter_new();
	struct prefix p = pfx("10.1.0.0/16");

	assert_false(permits(f, "10.1.0.0/16")); /* no chain permits nothing */
	assert_null(filter_explain(f, &p, NULL).list);
	assert_int_equal(filter_add_chain(f, "a", both, 2), 0);
	assert_false(permits(f, "10.1.0.0/16")); /* in a chain the first list decides */
	assert_string_equal(filter_explain(f, &p, NULL).list, "no");
	assert_int_equal(filter_add_chain(f, "b", &lb, 1), 0);
	assert_true(permits(f, "10.1.0.0/16")); /* another contributor permits */
	struct filter_verdict v = filter_explain(f, &p, NULL);
	assert_string_equal(v.contributor, "b");
	assert_string_equal(v.list, "yes");
	assert_string_equal(v.file, "b.conf");
	assert_int_equal(v.line, 7);
	filter_list_put(la);
	filter_list_put(lb);
	filter_put(f);
}

static void test_equal(void **state)
{
	const struct filter_rule a[] = {
		rule("10.0.0.0/8", 8, 32, true, 1), rule("11.0.0.0/8", 8, 8, true, 2)};
	const struct filter_rule lines[] = {
		rule("10.0.0.0/8", 8, 32, true, 5), rule("11.0.0.0/8", 8, 8, true, 9)};
	const struct filter_rule le[] = {
		rule("10.0.0.0/8", 8, 31, true, 1), rule("11.0.0.0/8", 8, 8, true, 2)};
	const struct filter_rule deny[] = {
		rule("10.0.0.0/8", 8, 32, false, 1), rule("11.0.0.0/8", 8, 8, true, 2)};
	struct filter *f = filter_of(a, 2), *g = filter_of(lines, 2), *h = filter_of(le, 2);
	struct filter *i = filter_of(deny, 2), *j = filter_of(a, 1), *none = filter_new();

	assert_true(filter_equal(f, f));
	assert_true(filter_equal(f, g));
	assert_false(filter_equal(f, h));
	assert_false(filter_equal(f, i));
	assert_false(filter_equal(f, j));
	assert_false(filter_equal(f, none));
	struct filter *all[] = {f, g, h, i, j, none};
	for (size_t k = 0; k < 6; k++)
		filter_put(all[k]);
}

/* What the hash answers is what trying rule by rule answers. */
static void test_like_linear_search(void **state)
{
	enum {
		RULES = 300,
	};
	static struct filter_rule rules[RULES];
	srandom(7);
	for (unsigned i = 0; i < RULES; i++) {
		uint8_t len = (uint8_t)(random() % 17);
		uint8_t ge = (uint8_t)(len + random() % (33 - len));
		rules[i] = (struct filter_rule){
			.prefix = prefix_make(addr_v4((uint32_t)random() & 0x0303ffff), len),
			.ge = ge,
			.le = (uint8_t)(ge + random() % (33 - ge)),
			.permit = random() & 1,
			.line = i};
	}
	struct filter *f = filter_of(rules, RULES);
	for (unsigned n = 0; n < 20000; n++) {
		struct prefix p = prefix_make(
			addr_v4((uint32_t)random() & 0x0303ffff), (uint8_t)(random() % 33));
		unsigned i = 0;
		while (i < RULES && !(prefix_contains(rules[i].prefix, p) && p.len >= rules[i].ge &&
					    p.len <= rules[i].le))
			i++;
		struct filter_verdict v = filter_explain(f, &p, NULL);
		assert_int_equal(v.permit, i < RULES && rules[i].permit);
		assert_int_equal(v.line, i < RULES ? i : 0);
		assert_int_equal(filter_permits(f, &p, NULL, NULL), v.permit);
	}
	filter_put(f);
}

static void test_probes_do_not_grow_with_rules(void **state)
{
	enum {
		RULES = 10000,
	};
	struct filter_rule *rules = calloc(RULES, sizeof(*rules));
	for (uint32_t i = 0; i < RULES; i++)
		rules[i] = (struct filter_rule){
			.prefix =
				prefix_make(addr_v4(0x0a000000 + (i << 8)), (uint8_t)(24 - i % 2)),
			.ge = 22,
			.le = 32,
			.permit = true,
			.line = i};
	struct filter_list *l = filter_list_new("big", "a.conf", rules, RULES);
	assert_int_equal(filter_list_lengths(l, ADDR_V4), 2);
	assert_int_equal(filter_list_lengths(l, ADDR_V6), 0);
	filter_list_put(l);
	free(rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_first_match_decides),
		cmocka_unit_test(test_same_prefix_twice),
		cmocka_unit_test(test_default_route),
		cmocka_unit_test(test_chains_are_or),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_like_linear_search),
		cmocka_unit_test(test_probes_do_not_grow_with_rules),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
