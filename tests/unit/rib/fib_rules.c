/* rib/fib: rules of routing policy: bytes there and back, what fib refuses, the set. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include "rib/fib/nlbuild.h"
#include "rib/fib/nlread.h"
#include "rib/fib/ruleset.h"

static struct fib_rule rule_v4(void)
{
	struct fib_rule r = {.table = 70000,
		.mark = 0x300,
		.mask = 0xff00,
		.priority = 950,
		.family = ADDR_V4,
		.present = 1,
		.from_len = 24,
		.to_len = 16};
	struct addr from = addr_v4(0xc6336400), to = addr_v4(0x0af40000);
	memcpy(r.from, from.b, sizeof(r.from));
	memcpy(r.to, to.b, sizeof(r.to));
	return r;
}

static struct nl_msg *empty_message(void)
{
	struct nl_msg *m = nlmsg_alloc_size(NLBUILD_MAX);
	assert_non_null(m);
	nlbuild_reset(m, 7);
	return m;
}

static void there_and_back(void **state)
{
	(void)state;
	struct nl_msg *m = empty_message();
	struct fib_rule r = rule_v4();
	struct nlread_rule out;
	assert_true(nlbuild_rule_set(m, &r, 186));
	assert_int_equal(nlmsg_hdr(m)->nlmsg_type, RTM_NEWRULE);
	assert_int_equal(nlmsg_hdr(m)->nlmsg_flags, NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL);
	assert_true(nlread_rule(nlmsg_hdr(m), &out));
	assert_true(out.plain);
	assert_int_equal(out.protocol, 186);
	assert_memory_equal(&out.rule, &r, sizeof(r));
	nlmsg_free(m);
}

static void a_rule_without_a_table_refuses(void **state)
{
	(void)state;
	struct nl_msg *m = empty_message();
	struct fib_rule r = {.priority = 979, .family = ADDR_V6, .present = 1, .from_len = 32};
	struct nlread_rule out;
	r.from[0] = 0x20;
	assert_true(nlbuild_rule_set(m, &r, 186));
	const struct fib_rule_hdr *h = nlmsg_data(nlmsg_hdr(m));
	assert_int_equal(h->action, FR_ACT_UNREACHABLE);
	assert_true(nlread_rule(nlmsg_hdr(m), &out));
	assert_true(out.plain);
	assert_memory_equal(&out.rule, &r, sizeof(r));
	nlmsg_free(m);
}

/* A copy of exactly that size, so that ASan sees who reads behind it. */
static bool read_cut(const struct nlmsghdr *h, uint32_t len)
{
	struct nlmsghdr *copy = malloc(len);
	struct nlread_rule out;
	memcpy(copy, h, len);
	copy->nlmsg_len = len;
	bool good = nlmsg_ok(copy, (int)len) && nlread_rule(copy, &out);
	free(copy);
	return good;
}

/* A rule that has more than ours is told from ours; cut ones are none. */
static void others_and_cut_ones(void **state)
{
	(void)state;
	struct nl_msg *m = empty_message();
	struct fib_rule r = rule_v4();
	struct nlread_rule out;
	assert_true(nlbuild_rule_del(m, &r, 186));
	struct nlmsghdr *h = nlmsg_hdr(m);
	assert_int_equal(nla_put_u32(m, FRA_SUPPRESS_PREFIXLEN, UINT32_MAX), 0);
	assert_true(nlread_rule(h, &out) && out.plain);
	for (uint32_t n = sizeof(*h); n < sizeof(*h) + sizeof(struct fib_rule_hdr); n++)
		assert_false(read_cut(h, n));
	for (uint32_t n = sizeof(*h); n <= h->nlmsg_len; n++)
		read_cut(h, n);
	uint32_t len = h->nlmsg_len;
	assert_int_equal(nla_put_string(m, FRA_IIFNAME, "lo"), 0);
	assert_true(nlread_rule(h, &out) && !out.plain);
	h->nlmsg_len = len;
	assert_int_equal(nla_put_u32(m, FRA_MAX + 1, 1), 0); /* of a later kernel */
	assert_true(nlread_rule(h, &out) && !out.plain);
	h->nlmsg_len = len;
	assert_int_equal(nla_put_u32(m, FRA_SUPPRESS_PREFIXLEN, 0), 0);
	assert_true(nlread_rule(h, &out) && !out.plain);
	nlmsg_free(m);
}

static void what_is_refused(void **state)
{
	(void)state;
	struct fib_rule r = rule_v4();
	assert_null(ruleset_refusal(&r));
	r.priority = 899;
	assert_non_null(ruleset_refusal(&r));
	r.priority = 1000;
	assert_non_null(ruleset_refusal(&r));
	r = rule_v4();
	r.family = 0;
	assert_non_null(ruleset_refusal(&r));
	r = rule_v4();
	r.from_len = 33;
	assert_non_null(ruleset_refusal(&r));
	r = rule_v4();
	r.to[3] = 1; /* behind its length */
	assert_non_null(ruleset_refusal(&r));
	r = rule_v4();
	r.mark = 0x10300;
	assert_non_null(ruleset_refusal(&r));
	r = (struct fib_rule){.table = 5, .priority = 950, .family = ADDR_V4, .present = 1};
	assert_non_null(ruleset_refusal(&r)); /* everything */
}

static void the_set(void **state)
{
	(void)state;
	struct ruleset s = {0};
	struct fib_rule a = rule_v4(), b = rule_v4();
	b.table = 5;
	ruleset_add(&s, &a)->installed = true;
	assert_ptr_equal(ruleset_add(&s, &a), ruleset_find(&s, &a));
	assert_int_equal(s.n, 1);
	assert_false(ruleset_add(&s, &b)->installed);
	assert_int_equal(s.n, 2);
	ruleset_remove(&s, ruleset_find(&s, &a));
	assert_null(ruleset_find(&s, &a));
	assert_non_null(ruleset_find(&s, &b));
	for (uint32_t i = 0; i < FIB_RULES_MAX; i++) {
		b.table = 100 + i;
		bool room = ruleset_add(&s, &b);
		assert_int_equal(room, i < FIB_RULES_MAX - 1);
	}
	ruleset_clear(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(a_rule_without_a_table_refuses),
		cmocka_unit_test(others_and_cut_ones),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(the_set),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
