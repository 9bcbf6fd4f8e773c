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

#include "rib/fib/nlmsg.h"
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

static struct nlread_msg message(const struct wr *w)
{
	struct rd r = rd_init(w->base, wr_len(w));
	struct nlread_msg m = {0};
	assert_false(w->err);
	assert_true(nlread_next(&r, &m));
	assert_int_equal(rd_left(&r), 0);
	return m;
}

static void there_and_back(void **state)
{
	(void)state;
	uint8_t b[256];
	struct fib_rule r = rule_v4();
	struct nlread_rule out;
	struct wr w = wr_init(b, sizeof(b));
	nlmsg_rule_set(&w, 7, &r, 186);
	struct nlread_msg m = message(&w);
	assert_int_equal(m.type, RTM_NEWRULE);
	assert_int_equal(m.flags, NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL);
	assert_true(nlread_rule(&m, &out));
	assert_true(out.plain);
	assert_int_equal(out.protocol, 186);
	assert_memory_equal(&out.rule, &r, sizeof(r));
}

static void a_rule_without_a_table_refuses(void **state)
{
	(void)state;
	uint8_t b[256];
	struct fib_rule r = {.priority = 979, .family = ADDR_V6, .present = 1, .from_len = 32};
	struct nlread_rule out;
	r.from[0] = 0x20;
	struct wr w = wr_init(b, sizeof(b));
	nlmsg_rule_set(&w, 7, &r, 186);
	struct fib_rule_hdr h;
	memcpy(&h, b + sizeof(struct nlmsghdr), sizeof(h));
	assert_int_equal(h.action, FR_ACT_UNREACHABLE);
	struct nlread_msg m = message(&w);
	assert_true(nlread_rule(&m, &out));
	assert_memory_equal(&out.rule, &r, sizeof(r));
}

/* A rule that has more than ours is told from ours; cut ones are none. */
static void others_and_cut_ones(void **state)
{
	(void)state;
	uint8_t b[256];
	struct fib_rule r = rule_v4();
	struct nlread_rule out;
	struct wr w = wr_init(b, sizeof(b));
	nlmsg_rule_del(&w, 7, &r, 186);
	size_t len = wr_len(&w);
	static const struct rtattr head = {.rta_type = FRA_IIFNAME, .rta_len = sizeof(head) + 4};
	memcpy(b + len, &head, sizeof(head));
	memcpy(b + len + sizeof(head), "lo\0", 4);
	uint32_t longer = (uint32_t)len + 8;
	memcpy(b, &longer, sizeof(longer));
	struct rd all = rd_init(b, longer);
	struct nlread_msg m;
	assert_true(nlread_next(&all, &m));
	assert_true(nlread_rule(&m, &out));
	assert_false(out.plain);
	for (uint32_t n = sizeof(struct nlmsghdr); n < sizeof(struct nlmsghdr) + 12; n++) {
		memcpy(b, &n, sizeof(n));
		all = rd_init(b, n);
		assert_true(nlread_next(&all, &m));
		assert_false(nlread_rule(&m, &out));
	}
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
