/* rib/fib: the ledger - who holds what, the loss rule, the order of operations, ids; the audit. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "rib/fib/audit.h"
#include "rib/fib/ledger.h"

enum {
	FIRST = 100,
	LAST = 199,
};

struct fixture {
	struct ledger l;
	struct kops k;
	uint32_t twin[LAST - FIRST + 1]; /* whose twin an id was made as */
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	ledger_set_range(&f->l, FIRST, LAST);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	ledger_free(&f->l);
	kops_free(&f->k);
	free(f);
	return 0;
}

/* Gateways 1..n with ids 100.., each held by the incarnation of its number, its own address. */
static void add_gateways(struct fixture *f, uint32_t n)
{
	for (uint32_t i = 1; i <= n; i++) {
		struct fib_gateway g = {
			.gateway = i, .ifindex = i, .addr = addr_v4(0x0a000000 + i)};
		assert_true(ledger_gateway(&f->l, &g, &f->k));
		ledger_hold(
			&f->l, &(struct fib_hold){.incarnation = i, .gateway = i, .own = 1}, &f->k);
	}
	kops_clear(&f->k);
}

/* "12": gateways 1 and 2; "1*30,2*7,3": with weights. */
static size_t members_of(const char *text, struct fib_member *m)
{
	size_t n = 0;
	for (char *at = (char *)text; *at; n++) {
		m[n] = (struct fib_member){.gateway = (uint32_t)(*at++ - '0'), .weight = 1};
		if (*at == '*')
			m[n].weight = (uint8_t)strtoul(at + 1, &at, 10);
		at += *at == ',';
	}
	return n;
}

static void add_group(struct fixture *f, uint32_t handle, const char *live, const char *fallback)
{
	struct fib_member l[16], b[16];
	size_t ln = members_of(live, l), bn = members_of(fallback, b);
	assert_true(ledger_group(&f->l, handle, l, ln, b, bn, &f->k));
}

/* Gateway 1, or its twin "1t", by a kernel id. */
static const char *object_text(const struct fixture *f, uint32_t id)
{
	static char text[16];
	uint32_t twin = id >= FIRST && id <= LAST ? f->twin[id - FIRST] : 0;
	snprintf(text, sizeof(text), twin ? "%ut" : "%u", twin ? twin : id - FIRST + 1);
	return text;
}

static void note_twin(struct fixture *f, const struct kop *o)
{
	const struct gateway *g = handles_find(&f->l.gateways, o->handle);
	if (o->kind == KOP_GATEWAY_SET && g && o->id == g->twin_id)
		f->twin[o->id - FIRST] = o->handle;
}

/* The operations as text: "+g1" create gateway 1, "-g1" delete, "+g1t" and "-g1t" its twin,
 * "+G7:1,2" create group 7 of gateways 1 and 2, "=G7:1" replace it, "-G7" delete. Then forgets
 * them. */
static void expect_ops(struct fixture *f, const char *expected)
{
	char text[512] = "";
	for (size_t i = 0; i < f->k.n; i++) {
		const struct kop *o = &f->k.op[i];
		char one[128], handle[16];
		const char *form[] = {"+g", "-g", "+G", "=G", "-G"};
		bool group = o->kind == KOP_GROUP_SET || o->kind == KOP_GROUP_REPLACE;
		note_twin(f, o);
		snprintf(handle, sizeof(handle), "%u", o->handle);
		snprintf(one, sizeof(one), "%s%s%s", form[o->kind],
			f->twin[o->id - FIRST] ? object_text(f, o->id) : handle, group ? ":" : "");
		for (size_t m = 0; m < o->member_n; m++) {
			const struct kop_member *x = &f->k.member[o->member_at + m];
			char id[32];
			snprintf(id, sizeof(id), x->weight == 1 ? "%s%s" : "%s%s*%u", m ? "," : "",
				object_text(f, x->id), x->weight);
			strcat(one, id);
		}
		strcat(text, text[0] ? " " : "");
		strcat(text, one);
	}
	assert_string_equal(text, expected);
	kops_clear(&f->k);
}

static enum ledger_route route_to(struct fixture *f, uint32_t group)
{
	uint32_t id = 0;
	int error = 0;
	return ledger_route(&f->l, group, &id, &error);
}

static void a_live_member_remains(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 3);
	add_group(f, 1, "12", "");
	add_group(f, 2, "123", "");
	expect_ops(f, "+G1:1,2 +G2:1,2,3");
	struct ledger_loss loss = ledger_session_down(&f->l, 1, FIB_CAUSE_BFD, &f->k);
	expect_ops(f, "-g1");
	assert_int_equal(loss.gateways, 1);
	assert_int_equal(loss.groups, 0);
	assert_int_equal(route_to(f, 1), LEDGER_ROUTE_SET);
}

static void the_fallback_comes_first(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 4);
	add_group(f, 1, "12", "34");
	kops_clear(&f->k);
	ledger_session_down(&f->l, 1, FIB_CAUSE_SESSION, &f->k);
	expect_ops(f, "-g1");
	struct ledger_loss loss = ledger_session_down(&f->l, 2, FIB_CAUSE_SESSION, &f->k);
	expect_ops(f, "=G1:3,4 -g2");
	assert_int_equal(loss.groups, 1);
	/* the fallback is the live set now, and there is no other */
	ledger_session_down(&f->l, 3, FIB_CAUSE_BFD, &f->k);
	expect_ops(f, "-g3");
	ledger_session_down(&f->l, 4, FIB_CAUSE_BFD, &f->k);
	expect_ops(f, "-g4");
	assert_int_equal(route_to(f, 1), LEDGER_ROUTE_DELETE);
}

static void the_dead_leave_the_fallback_too(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 3);
	add_group(f, 1, "1", "23");
	kops_clear(&f->k);
	ledger_session_down(&f->l, 2, FIB_CAUSE_BFD, &f->k);
	expect_ops(f, "-g2");
	ledger_session_down(&f->l, 1, FIB_CAUSE_BFD, &f->k);
	expect_ops(f, "-g1 +g3t =G1:3t");
}

/* Nothing that has another gateway comes after routes that have none. */
static void what_is_left_goes_last(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 3);
	add_group(f, 1, "1", "");
	add_group(f, 2, "1", "23");
	add_group(f, 3, "12", "3");
	expect_ops(f, "+g1t +G1:1t +G2:1t +G3:1,2");
	assert_false(ledger_flush(&f->l, &f->k));
	struct ledger_loss loss = ledger_session_down(&f->l, 1, FIB_CAUSE_BFD, &f->k);
	expect_ops(f, "-g1 =G2:2,3");
	assert_true(loss.gateways == 1 && loss.groups == 1);
	assert_int_equal(route_to(f, 1), LEDGER_ROUTE_DELETE);
	ledger_session_down(&f->l, 2, FIB_CAUSE_BFD, &f->k);
	expect_ops(f, "+g3t =G3:3t -g2");
	assert_true(ledger_flush(&f->l, &f->k));
	expect_ops(f, "-g1t");
	assert_false(ledger_flush(&f->l, &f->k));
}

/* To give it the twin would cost as much as what the twin saves. */
static void one_left_of_several_keeps_its_object(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 2);
	add_group(f, 1, "12", "");
	expect_ops(f, "+G1:1,2");
	ledger_session_down(&f->l, 1, FIB_CAUSE_BFD, &f->k);
	add_group(f, 1, "2", "");
	expect_ops(f, "-g1");
	add_group(f, 2, "2", "");
	expect_ops(f, "+g2t +G2:2t");
	ledger_session_down(&f->l, 2, FIB_CAUSE_BFD, &f->k);
	expect_ops(f, "-g2");
	assert_true(ledger_flush(&f->l, &f->k));
	expect_ops(f, "-g2t");
}

static void a_twin_that_is_refused(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 2);
	add_group(f, 1, "1", "2");
	add_group(f, 2, "1", "");
	expect_ops(f, "+g1t +G1:1t +G2:1t");
	ledger_twin_refused(&f->l, handles_find(&f->l.gateways, 1));
	ledger_group_failed(&f->l, 2, EINVAL);
	ledger_settle(&f->l, &f->k);
	assert_int_equal(f->k.n, 2);
	ledger_settle(&f->l, &f->k);
	assert_int_equal(f->k.n, 2);
	assert_int_equal(route_to(f, 2), LEDGER_ROUTE_SET);
	kops_clear(&f->k);
	add_group(f, 3, "1", "");
	expect_ops(f, "+G3:1");
	ledger_session_down(&f->l, 1, FIB_CAUSE_BFD, &f->k);
	expect_ops(f, "+g2t =G1:2t -g1");
	assert_false(ledger_flush(&f->l, &f->k));
}

static void a_twin_goes_with_its_last_group(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 2);
	add_group(f, 1, "1", "");
	add_group(f, 2, "1", "2");
	add_group(f, 3, "2", "");
	expect_ops(f, "+g1t +G1:1t +G2:1t +g2t +G3:2t");
	ledger_group_free(&f->l, 1, &f->k);
	expect_ops(f, "-G1");
	ledger_group_free(&f->l, 2, &f->k);
	expect_ops(f, "-G2 -g1t");
	add_group(f, 4, "1", "");
	expect_ops(f, "+g1t +G4:1t");
}

static void two_gateways_of_one_session(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 3);
	ledger_hold(&f->l, &(struct fib_hold){.incarnation = 1, .gateway = 2, .own = 1}, &f->k);
	ledger_release(&f->l, &(struct fib_hold){.incarnation = 2, .gateway = 2});
	add_group(f, 1, "12", "3");
	kops_clear(&f->k);
	struct ledger_loss loss = ledger_session_down(&f->l, 1, FIB_CAUSE_SESSION, &f->k);
	assert_int_equal(loss.gateways, 2);
	assert_int_equal(f->k.n, 4);
	assert_int_equal(f->k.op[0].kind, KOP_GATEWAY_SET); /* a twin */
	assert_int_equal(f->k.op[1].kind, KOP_GROUP_REPLACE);
}

static void another_holder_keeps_it(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 2);
	ledger_hold(&f->l, &(struct fib_hold){.incarnation = 9, .gateway = 1, .own = 0}, &f->k);
	ledger_session_down(&f->l, 1, FIB_CAUSE_SESSION, &f->k);
	expect_ops(f, "");
	ledger_session_down(&f->l, 9, FIB_CAUSE_SESSION, &f->k);
	expect_ops(f, "-g1");
}

static void bfd_kills_the_peers_own_address(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 2);
	ledger_hold(&f->l, &(struct fib_hold){.incarnation = 9, .gateway = 1, .own = 0}, &f->k);
	ledger_hold(&f->l, &(struct fib_hold){.incarnation = 9, .gateway = 2, .own = 0}, &f->k);
	/* 9's peer is neither of them: BFD says nothing about what others hold */
	ledger_session_down(&f->l, 9, FIB_CAUSE_BFD, &f->k);
	expect_ops(f, "");
	ledger_hold(&f->l, &(struct fib_hold){.incarnation = 8, .gateway = 1, .own = 0}, &f->k);
	ledger_session_down(&f->l, 1, FIB_CAUSE_BFD, &f->k);
	expect_ops(f, "-g1");
}

static void bfd_after_the_session(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 1);
	ledger_hold(&f->l, &(struct fib_hold){.incarnation = 9, .gateway = 1, .own = 0}, &f->k);
	ledger_session_down(&f->l, 1, FIB_CAUSE_SESSION, &f->k);
	expect_ops(f, "");
	ledger_session_down(&f->l, 1, FIB_CAUSE_BFD, &f->k);
	expect_ops(f, "-g1");
	/* and once is enough */
	ledger_session_down(&f->l, 1, FIB_CAUSE_SESSION, &f->k);
	ledger_session_down(&f->l, 1, FIB_CAUSE_BFD, &f->k);
	expect_ops(f, "");
}

static void hold_after_the_death_is_void(void **state)
{
	struct fixture *f = *state;
	struct fib_gateway g = {.gateway = 5, .ifindex = 1, .addr = addr_v4(1)};
	struct fib_hold h = {.incarnation = 50, .gateway = 5, .own = 1};
	ledger_session_down(&f->l, 50, FIB_CAUSE_SESSION, &f->k);
	ledger_gateway(&f->l, &g, &f->k);
	expect_ops(f, "+g5");
	ledger_hold(&f->l, &h, &f->k);
	expect_ops(f, "-g5");
	add_group(f, 1, "5", "");
	expect_ops(f, "");
	assert_int_equal(route_to(f, 1), LEDGER_ROUTE_DELETE);
}

/* bfd tells fib of a death before bgp: another session comes to hold the gateway in between. */
static void hold_of_a_dead_gateway_is_told(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 2);
	struct gateway *g = handles_find(&f->l.gateways, 1);
	ledger_session_down(&f->l, 1, FIB_CAUSE_BFD, &f->k);
	assert_false(f->l.untold || g->untold);
	ledger_hold(&f->l, &(struct fib_hold){.incarnation = 1, .gateway = 1}, &f->k);
	assert_false(f->l.untold || g->untold);
	ledger_hold(&f->l, &(struct fib_hold){.incarnation = 2, .gateway = 1}, &f->k);
	assert_true(f->l.untold && g->untold);
	expect_ops(f, "-g1");
	g->untold = false;
	g->told = true;
	ledger_hold(&f->l, &(struct fib_hold){.incarnation = 3, .gateway = 1}, &f->k);
	assert_false(g->untold);
}

static void death_before_the_range_is_known(void **state)
{
	struct ledger l = {0};
	struct kops k = {0};
	struct fib_gateway g = {.gateway = 5, .ifindex = 1, .addr = addr_v4(1)};
	(void)state;
	assert_false(ledger_gateway(&l, &(struct fib_gateway){.gateway = 1}, &k));
	ledger_session_down(&l, 50, FIB_CAUSE_BFD, &k);
	ledger_set_range(&l, FIRST, LAST);
	assert_true(ledger_gateway(&l, &g, &k));
	assert_int_equal(k.op[0].id, FIRST);
	ledger_hold(&l, &(struct fib_hold){.incarnation = 50, .gateway = 5}, &k);
	assert_int_equal(k.n, 2);
	assert_int_equal(k.op[1].kind, KOP_GATEWAY_DEL);
	kops_free(&k);
	ledger_free(&l);
}

static void void_hold_beside_a_good_one(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 1);
	ledger_session_down(&f->l, 50, FIB_CAUSE_SESSION, &f->k);
	ledger_session_down(&f->l, 51, FIB_CAUSE_BFD, &f->k);
	ledger_hold(&f->l, &(struct fib_hold){.incarnation = 50, .gateway = 1, .own = 1}, &f->k);
	ledger_hold(&f->l, &(struct fib_hold){.incarnation = 51, .gateway = 1, .own = 0}, &f->k);
	expect_ops(f, "");
	/* as if it had come before the death that BFD told */
	ledger_hold(&f->l, &(struct fib_hold){.incarnation = 51, .gateway = 1, .own = 1}, &f->k);
	expect_ops(f, "-g1");
}

static void forgotten_incarnation(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 1);
	ledger_session_down(&f->l, 50, FIB_CAUSE_SESSION, &f->k);
	ledger_forget(&f->l, 50);
	ledger_release(&f->l, &(struct fib_hold){.incarnation = 1, .gateway = 1});
	ledger_hold(&f->l, &(struct fib_hold){.incarnation = 50, .gateway = 1}, &f->k);
	expect_ops(f, "");
	ledger_session_down(&f->l, 50, FIB_CAUSE_SESSION, &f->k);
	expect_ops(f, "-g1");
}

static void release_is_no_loss(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 1);
	add_group(f, 1, "1", "");
	expect_ops(f, "+g1t +G1:1t");
	ledger_release(&f->l, &(struct fib_hold){.incarnation = 1, .gateway = 1});
	expect_ops(f, "");
	ledger_session_down(&f->l, 1, FIB_CAUSE_SESSION, &f->k);
	expect_ops(f, "");
	ledger_group_free(&f->l, 1, &f->k);
	ledger_gateway_free(&f->l, 1, &f->k);
	expect_ops(f, "-G1 -g1t -g1");
	assert_int_equal(route_to(f, 1), LEDGER_ROUTE_REFUSED);
}

static void groups_without_the_dead(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 3);
	ledger_session_down(&f->l, 1, FIB_CAUSE_BFD, &f->k);
	kops_clear(&f->k);
	add_group(f, 1, "12", "3");
	add_group(f, 2, "1", "3");
	add_group(f, 3, "1", "");
	add_group(f, 4, "", "2");
	add_group(f, 5, "22", "7"); /* twice, unknown */
	expect_ops(f, "+g2t +G1:2t +g3t +G2:3t +G4:2t +G5:2t");
	assert_int_equal(route_to(f, 3), LEDGER_ROUTE_DELETE);
	/* new sets for a group that is there: same id */
	add_group(f, 1, "23", "");
	add_group(f, 2, "1", "");
	expect_ops(f, "=G1:2,3 -G2");
}

static void refused_gateway_leaves_its_groups(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 2);
	add_group(f, 1, "1", "2");
	add_group(f, 2, "12", "");
	kops_clear(&f->k);
	ledger_group_failed(&f->l, 1, EINVAL);
	ledger_group_failed(&f->l, 2, EINVAL);
	assert_int_equal(route_to(f, 2), LEDGER_ROUTE_REFUSED);
	assert_true(ledger_gateway_dead(&f->l, handles_find(&f->l.gateways, 1), false));
	assert_false(ledger_gateway_dead(&f->l, handles_find(&f->l.gateways, 1), false));
	ledger_settle(&f->l, &f->k);
	assert_int_equal(f->k.n, 3);
	assert_int_equal(f->k.op[0].kind, KOP_GATEWAY_SET); /* the twin of 2 */
	assert_int_equal(f->k.op[1].kind, KOP_GROUP_SET);
	assert_int_equal(f->k.op[2].kind, KOP_GROUP_SET);
	assert_int_equal(route_to(f, 1), LEDGER_ROUTE_SET);
	assert_int_equal(route_to(f, 2), LEDGER_ROUTE_SET);
}

/* Another program's group has the id: the next attempt takes another one. */
static void a_group_whose_id_is_taken(void **state)
{
	struct fixture *f = *state;
	uint32_t id = 0;
	int error;
	add_gateways(f, 2);
	add_group(f, 1, "12", "");
	assert_int_equal(f->k.op[0].id, FIRST + 2);
	kops_clear(&f->k);
	ledger_group_failed(&f->l, 1, EEXIST);
	assert_int_equal(ledger_route(&f->l, 1, &id, &error), LEDGER_ROUTE_REFUSED);
	assert_int_equal(error, EEXIST);
	assert_null(handles_find(&f->l.group_ids, FIRST + 2));
	ledger_group_tell(&f->l, handles_find(&f->l.groups, 1), &f->k);
	expect_ops(f, "+G1:1,2");
	assert_int_equal(ledger_route(&f->l, 1, &id, &error), LEDGER_ROUTE_SET);
	assert_int_equal(id, FIRST + 3);
}

static void ids_rise_and_end(void **state)
{
	struct fixture *f = *state;
	struct fib_gateway g = {.addr = addr_v4(1)};
	for (uint32_t i = FIRST; i <= LAST; i++) {
		g.gateway = i;
		assert_true(ledger_gateway(&f->l, &g, &f->k));
		assert_int_equal(f->k.op[f->k.n - 1].id, i);
		ledger_gateway_free(&f->l, i, &f->k); /* gives no id back */
	}
	g.gateway = 1000;
	assert_false(ledger_gateway(&f->l, &g, &f->k));
	assert_false(ledger_group(&f->l, 1, NULL, 0, NULL, 0, &f->k));
	assert_true(ledger_id_known(&f->l, LAST));
	assert_false(ledger_id_known(&f->l, LAST + 1));
	assert_false(ledger_id_known(&f->l, FIRST - 1));
	/* the one without an id is dead, and can be freed */
	kops_clear(&f->k);
	ledger_gateway_free(&f->l, 1000, &f->k);
	expect_ops(f, "");
}

static void range_after_earlier_lives(void **state)
{
	uint32_t a, b;
	(void)state;
	assert_true(ledger_choose_range(10, 99, NULL, 0, &a, &b));
	assert_true(a == 10 && b == 99);
	assert_true(ledger_choose_range(10, 99, (uint32_t[]){5, 12, 20, 500}, 4, &a, &b));
	assert_true(a == 21 && b == 99);
	assert_true(ledger_choose_range(10, 99, (uint32_t[]){80, 90}, 2, &a, &b));
	assert_true(a == 10 && b == 79);
	assert_false(ledger_choose_range(10, 99, (uint32_t[]){10, 99}, 2, &a, &b));
	assert_false(ledger_choose_range(0, 99, NULL, 0, &a, &b));
	assert_false(ledger_choose_range(10, 9, NULL, 0, &a, &b));
}

/* --- the audit --- */

struct lost {
	bool group[10];
	char text[64];
};

static void take_flushed(void *ctx, const struct group *g)
{
	struct lost *l = ctx;
	assert_false(l->group[g->handle]);
	l->group[g->handle] = true;
}

/* Ends the audit; "G3 1 " where group 3 was flushed and gateway 1 is to be told of. */
static void audit_finish(struct fixture *f, const char *expected)
{
	struct lost l = {.text = ""};
	struct gateway *g;
	size_t n = 0, room = sizeof(l.text);
	audit_end(&f->l, &f->k, take_flushed, &l);
	for (uint32_t i = 1; i < 10; i++)
		if (l.group[i])
			n += (size_t)snprintf(l.text + n, room - n, "G%u ", i);
	for (uint32_t i = 1; i < 10; i++)
		if ((g = handles_find(&f->l.gateways, i)) && g->untold) {
			n += (size_t)snprintf(l.text + n, room - n, "%u ", i);
			g->untold = false;
		}
	assert_string_equal(l.text, expected);
}

/* The kernel has gateways (ids as digits behind FIRST) and group ids with members. */
static void kernel_gateway(struct fixture *f, uint32_t n)
{
	struct nlread_nexthop o = {
		.id = FIRST + n - 1, .ifindex = n, .gateway = addr_v4(0x0a000000 + n)};
	audit_object(&f->l, &o, &f->k);
}

enum {
	TWIN = FIRST + 5, /* of gateway 1 */
};

static void kernel_twin(struct fixture *f)
{
	struct nlread_nexthop o = {.id = TWIN, .ifindex = 1, .gateway = addr_v4(0x0a000001)};
	audit_object(&f->l, &o, &f->k);
}

/* A member 6 is the twin. */
static void kernel_group(struct fixture *f, uint32_t id, const char *members)
{
	struct nlread_nexthop o = {.id = id, .group = true};
	struct fib_member m[16];
	o.member_n = members_of(members, m);
	for (size_t i = 0; i < o.member_n; i++)
		o.member[i] = (struct kop_member){FIRST + m[i].gateway - 1, m[i].weight};
	audit_object(&f->l, &o, &f->k);
}

static void audit_expect(struct fixture *f, const char *lost, const char *ops)
{
	audit_finish(f, lost);
	expect_ops(f, ops);
}

/* Gateways 1, 2, 3; groups 1 = {1,2}, id 103; 2 = {1} else {3}, id 104; 3 = {1}, id 106. */
static void audit_fixture(struct fixture *f)
{
	add_gateways(f, 3);
	add_group(f, 1, "12", "");
	add_group(f, 2, "1", "3");
	add_group(f, 3, "1", "");
	expect_ops(f, "+G1:1,2 +g1t +G2:1t +G3:1t");
	audit_begin(&f->l);
}

static void audit_finds_all_well(void **state)
{
	struct fixture *f = *state;
	audit_fixture(f);
	kernel_gateway(f, 1);
	kernel_twin(f);
	kernel_gateway(f, 2);
	kernel_gateway(f, 3);
	kernel_group(f, 103, "12");
	kernel_group(f, 104, "6");
	kernel_group(f, 106, "6");
	kernel_group(f, 99, "1");
	kernel_group(f, 150, "1");
	audit_expect(f, "", "");
}

static void audit_finds_a_lost_gateway(void **state)
{
	struct fixture *f = *state;
	audit_fixture(f);
	kernel_gateway(f, 2);
	kernel_gateway(f, 3);
	kernel_group(f, 103, "2");       /* as the kernel left it: nothing to do */
	audit_expect(f, "G2 G3 1 ", ""); /* whatever has its id by now is not ours */
	assert_int_equal(route_to(f, 1), LEDGER_ROUTE_SET);
	assert_int_equal(route_to(f, 2), LEDGER_ROUTE_DELETE);
	assert_int_equal(route_to(f, 3), LEDGER_ROUTE_DELETE);
}

/* Someone put another gateway into the group, and deleted ours: the routes are still there. */
static void audit_finds_a_lost_gateway_and_its_group(void **state)
{
	struct fixture *f = *state;
	audit_fixture(f);
	kernel_gateway(f, 2);
	kernel_gateway(f, 3);
	kernel_group(f, 103, "2");
	kernel_group(f, 104, "2");
	audit_expect(f, "G3 1 ", "+g3t =G2:3t");
	assert_int_equal(route_to(f, 2), LEDGER_ROUTE_SET);
}

static void audit_finds_another_object_under_the_id(void **state)
{
	struct fixture *f = *state;
	audit_fixture(f);
	struct nlread_nexthop o = {.id = FIRST, .ifindex = 7, .gateway = addr_v4(1)};
	audit_object(&f->l, &o, &f->k);
	kernel_gateway(f, 2);
	kernel_gateway(f, 3);
	kernel_group(f, 103, "12");
	kernel_group(f, 104, "6");
	kernel_group(f, 106, "6");
	audit_finish(f, "1 ");
	/* what leads through the object under our id goes first, the routes of group 3 at the end
	 */
	expect_ops(f, "-g1 +g3t =G2:3t");
	assert_true(ledger_flush(&f->l, &f->k));
	expect_ops(f, "-g1t");
	assert_false(ledger_flush(&f->l, &f->k));
}

/* Both objects have to be ours: else some routes lead elsewhere. */
static void audit_finds_another_object_under_the_twins_id(void **state)
{
	struct fixture *f = *state;
	audit_fixture(f);
	struct nlread_nexthop o = {.id = TWIN, .ifindex = 7, .gateway = addr_v4(1)};
	audit_object(&f->l, &o, &f->k);
	for (uint32_t i = 1; i <= 3; i++)
		kernel_gateway(f, i);
	kernel_group(f, 103, "12");
	kernel_group(f, 104, "6");
	kernel_group(f, 106, "6");
	audit_expect(f, "1 ", "-g1 +g3t =G2:3t");
	assert_true(ledger_flush(&f->l, &f->k));
	expect_ops(f, "-g1t");
}

/* The gateway lives, its groups of one are gone; a new one gets a new twin. */
static void audit_finds_a_lost_twin(void **state)
{
	struct fixture *f = *state;
	audit_fixture(f);
	for (uint32_t i = 1; i <= 3; i++)
		kernel_gateway(f, i);
	kernel_group(f, 103, "12");
	audit_expect(f, "G2 G3 ", "");
	add_group(f, 4, "1", "");
	assert_int_equal(f->k.op[0].kind, KOP_GATEWAY_SET);
	assert_int_not_equal(f->k.op[0].id, TWIN);
	expect_ops(f, "+g1t +G4:1t");
}

static void audit_finds_a_deleted_group(void **state)
{
	struct fixture *f = *state;
	audit_fixture(f);
	for (uint32_t i = 1; i <= 3; i++)
		kernel_gateway(f, i);
	kernel_twin(f);
	kernel_group(f, 104, "6");
	kernel_group(f, 106, "6");
	audit_expect(f, "G1 ", "");
	/* dead for good, told once; its gateways live */
	assert_int_equal(route_to(f, 1), LEDGER_ROUTE_DELETE);
	add_group(f, 1, "12", "3");
	expect_ops(f, "");
	audit_begin(&f->l);
	for (uint32_t i = 1; i <= 3; i++)
		kernel_gateway(f, i);
	kernel_twin(f);
	kernel_group(f, 104, "6");
	kernel_group(f, 106, "6");
	audit_expect(f, "", "");
	add_group(f, 9, "12", "3");
	expect_ops(f, "+G9:1,2");
	ledger_session_down(&f->l, 1, FIB_CAUSE_BFD, &f->k);
	expect_ops(f, "-g1 +g3t =G2:3t");
	ledger_group_free(&f->l, 1, &f->k);
	expect_ops(f, "");
	assert_int_equal(route_to(f, 1), LEDGER_ROUTE_REFUSED);
}

/* A replacement that the kernel refuses may leave anything behind: what it has is asked for. */
static void a_replaced_group_that_is_gone(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 3);
	add_group(f, 1, "1", "23");
	kops_clear(&f->k);
	ledger_session_down(&f->l, 1, FIB_CAUSE_BFD, &f->k);
	expect_ops(f, "-g1 =G1:2,3");
	/* ENOENT */
	ledger_group_dead(handles_find(&f->l.groups, 1));
	assert_int_equal(route_to(f, 1), LEDGER_ROUTE_DELETE);
	ledger_session_down(&f->l, 2, FIB_CAUSE_BFD, &f->k);
	ledger_session_down(&f->l, 3, FIB_CAUSE_BFD, &f->k);
	expect_ops(f, "-g2 -g3");
	ledger_group_free(&f->l, 1, &f->k);
	expect_ops(f, "");
}

static void audit_mends_groups(void **state)
{
	struct fixture *f = *state;
	audit_fixture(f);
	ledger_group_failed(&f->l, 3, ENOMEM);
	for (uint32_t i = 1; i <= 3; i++)
		kernel_gateway(f, i);
	kernel_twin(f);
	kernel_group(f, 103, "13"); /* changed by someone */
	kernel_group(f, 104, "6");
	audit_finish(f, "");
	assert_int_equal(f->k.n, 2);
	assert_true(f->k.op[0].handle + f->k.op[1].handle == 1 + 3);
	assert_int_equal(route_to(f, 3), LEDGER_ROUTE_SET);
}

static void audit_deletes_orphans(void **state)
{
	struct fixture *f = *state;
	audit_fixture(f);
	ledger_group_free(&f->l, 3, &f->k);
	kops_clear(&f->k);
	for (uint32_t i = 1; i <= 3; i++)
		kernel_gateway(f, i);
	kernel_twin(f);
	kernel_group(f, 103, "12");
	kernel_group(f, 104, "6");
	kernel_group(f, 106, "6");
	audit_finish(f, "");
	assert_int_equal(f->k.n, 1);
	assert_int_equal(f->k.op[0].kind, KOP_GROUP_DEL);
	assert_int_equal(f->k.op[0].id, 106);
}

/* --- weights --- */

static void weights_reach_the_kernel(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 4);
	add_group(f, 1, "1*240,2*120", "3*240,4*60");
	expect_ops(f, "+G1:1*240,2*120");
	add_group(f, 1, "1*240,2*120", "3*7,4");
	expect_ops(f, ""); /* another fallback is nothing to the kernel */
	add_group(f, 1, "1*240,2*60", "3*240,4*60");
	expect_ops(f, "=G1:1*240,2*60");
	ledger_session_down(&f->l, 1, FIB_CAUSE_BFD, &f->k);
	expect_ops(f, "-g1"); /* the kernel keeps the weight of 2 */
	add_group(f, 1, "2*60", "3*240,4*60");
	expect_ops(f, "");
	ledger_session_down(&f->l, 2, FIB_CAUSE_BFD, &f->k);
	expect_ops(f, "=G1:3*240,4*60 -g2");
}

static void audit_finds_other_weights(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 2);
	add_group(f, 1, "1*240,2*120", "");
	add_group(f, 2, "1*60,2", "");
	kops_clear(&f->k);
	audit_begin(&f->l);
	kernel_gateway(f, 1);
	kernel_gateway(f, 2);
	kernel_group(f, 102, "2*120,1*240");
	kernel_group(f, 103, "1,2*60");
	audit_expect(f, "", "=G2:1*60,2");
}

static void adopted_with_weights(void **state)
{
	struct fixture *f = *state;
	const struct kop_member members[] = {{90, 240}, {91, 16}};
	ledger_adopt_gateway(&f->l, FIB_ADOPTED_FIRST, 90, 1, addr_v4(1));
	ledger_adopt_gateway(&f->l, FIB_ADOPTED_FIRST + 1, 91, 1, addr_v4(2));
	assert_true(ledger_adopt_group(&f->l, FIB_ADOPTED_FIRST, 92, members, 2));
	struct fib_member same[] = {{.gateway = FIB_ADOPTED_FIRST, .weight = 240},
		{.gateway = FIB_ADOPTED_FIRST + 1, .weight = 16}};
	assert_true(ledger_group(&f->l, FIB_ADOPTED_FIRST, same, 2, NULL, 0, &f->k));
	assert_int_equal(f->k.n, 0);
	same[1].weight = 18;
	assert_true(ledger_group(&f->l, FIB_ADOPTED_FIRST, same, 2, NULL, 0, &f->k));
	assert_int_equal(f->k.n, 1);
	assert_int_equal(f->k.op[0].kind, KOP_GROUP_REPLACE);
	assert_int_equal(f->k.member[f->k.op[0].member_at + 1].weight, 18);
}

/* --- adopted twins --- */

/* Gateway 90 and a second object 91 of it, gateway 92. */
static struct gateway *adopt_with_twin(struct fixture *f, bool several)
{
	ledger_adopt_gateway(&f->l, FIB_ADOPTED_FIRST, 90, 1, addr_v4(1));
	struct gateway *g = handles_find(&f->l.gateways, FIB_ADOPTED_FIRST);
	assert_true(ledger_adopt_twin(&f->l, g, 91, several));
	assert_false(ledger_adopt_twin(&f->l, g, 93, several));
	ledger_adopt_gateway(&f->l, FIB_ADOPTED_FIRST + 1, 92, 1, addr_v4(2));
	return g;
}

static void adopted_with_its_twin(void **state)
{
	struct fixture *f = *state;
	const struct kop_member several[] = {{90, 1}, {92, 1}}, one = {91, 1}, old = {90, 1};
	struct gateway *g = adopt_with_twin(f, false);
	assert_true(ledger_adopt_group(&f->l, FIB_ADOPTED_FIRST, 94, several, 2));
	assert_true(ledger_adopt_group(&f->l, FIB_ADOPTED_FIRST + 1, 95, &one, 1));
	assert_true(ledger_adopt_group(&f->l, FIB_ADOPTED_FIRST + 2, 96, &old, 1));
	ledger_twins_trim(&f->l, NULL);
	assert_int_equal(g->twin_id, 91);
	assert_true(ledger_gateway_dead(&f->l, g, true));
	ledger_settle(&f->l, &f->k);
	assert_int_equal(f->k.n, 1);
	assert_int_equal(f->k.op[0].id, 90);
	ledger_flush(&f->l, &f->k);
	assert_int_equal(f->k.op[1].id, 91);
}

/* The ids began anew, and the twin has the smaller one. */
static void adopted_with_the_twin_first(void **state)
{
	struct fixture *f = *state;
	const struct kop_member several[] = {{91, 1}, {92, 1}}, one = {90, 1};
	struct gateway *g = adopt_with_twin(f, true);
	assert_true(g->id == 91 && g->twin_id == 90);
	assert_true(ledger_adopt_group(&f->l, FIB_ADOPTED_FIRST, 94, several, 2));
	assert_true(ledger_adopt_group(&f->l, FIB_ADOPTED_FIRST + 1, 95, &one, 1));
	struct fib_member same[] = {{.gateway = FIB_ADOPTED_FIRST, .weight = 1},
		{.gateway = FIB_ADOPTED_FIRST + 1, .weight = 1}};
	assert_true(ledger_group(&f->l, FIB_ADOPTED_FIRST, same, 2, NULL, 0, &f->k));
	assert_true(ledger_group(&f->l, FIB_ADOPTED_FIRST + 1, same, 1, NULL, 0, &f->k));
	assert_int_equal(f->k.n, 0);
}

/* Not as we leave them: a twin in a group of several, both objects in one, a twin that is unused.
 */
static void adopted_twins_in_disorder(void **state)
{
	struct fixture *f = *state;
	const struct kop_member several[] = {{91, 1}, {92, 1}}, both[] = {{90, 1}, {91, 1}};
	struct gateway *g = adopt_with_twin(f, false);
	assert_false(ledger_adopt_group(&f->l, FIB_ADOPTED_FIRST, 94, both, 2));
	assert_true(ledger_adopt_group(&f->l, FIB_ADOPTED_FIRST, 95, several, 2));
	ledger_twins_trim(&f->l, NULL);
	assert_int_equal(g->twin_id, 0);
	assert_false(ledger_id_known(&f->l, 91)); /* the sweep's */
	struct fib_member same[] = {{.gateway = FIB_ADOPTED_FIRST, .weight = 1},
		{.gateway = FIB_ADOPTED_FIRST + 1, .weight = 1}};
	assert_true(ledger_group(&f->l, FIB_ADOPTED_FIRST, same, 2, NULL, 0, &f->k));
	assert_int_equal(f->k.n, 1);
	assert_int_equal(f->k.op[0].kind, KOP_GROUP_REPLACE);
	assert_int_equal(f->k.member[0].id, 90);
}

/* --- without objects --- */

static const struct group *of_hops(struct fixture *f, const char *members)
{
	struct fib_member m[16];
	struct hop h[16];
	size_t n = members_of(members, m);
	for (size_t i = 0; i < n; i++)
		h[i] = (struct hop){.ifindex = m[i].gateway,
			.addr = addr_v4(0x0a000000 + m[i].gateway),
			.weight = m[i].weight};
	return ledger_group_of(&f->l, h, n);
}

static void groups_by_their_hops(void **state)
{
	struct fixture *f = *state;
	add_gateways(f, 3);
	add_group(f, 1, "12", "");
	add_group(f, 2, "1*240,2*120,3*60", "");
	add_group(f, 3, "3", "2");
	for (int again = 0; again < 2; again++) {
		assert_int_equal(of_hops(f, "21")->handle, 1);
		assert_int_equal(of_hops(f, "3*60,1*240,2*120")->handle, 2);
		assert_int_equal(of_hops(f, "3")->handle, 3);
		assert_null(of_hops(f, "1"));
		assert_null(of_hops(f, "123"));
		assert_null(of_hops(f, "1*240,2*120"));
		assert_null(of_hops(f, ""));
	}
	ledger_session_down(&f->l, 3, FIB_CAUSE_BFD, &f->k);
	assert_null(of_hops(f, "3*60,1*240,2*120"));
	assert_int_equal(of_hops(f, "1*240,2*120")->handle, 2);
	assert_int_equal(of_hops(f, "2")->handle, 3);
	add_group(f, 3, "1*7", "");
	assert_int_equal(of_hops(f, "1")->handle, 3);
	ledger_group_free(&f->l, 3, &f->k);
	assert_null(of_hops(f, "1"));
	ledger_session_down(&f->l, 1, FIB_CAUSE_BFD, &f->k);
	ledger_session_down(&f->l, 2, FIB_CAUSE_BFD, &f->k);
	assert_null(of_hops(f, ""));
}

/* --- the map --- */

static void handles_survive_churn(void **state)
{
	static char there[4096];
	struct handles h = {0};
	uint32_t seed = 1;
	size_t n = 0;
	(void)state;
	memset(there, 0, sizeof(there));
	for (int i = 0; i < 200000; i++) {
		seed = seed * 1664525 + 1013904223;
		uint32_t key = seed >> 20;
		assert_ptr_equal(handles_find(&h, key), there[key] ? &there[key] : NULL);
		if (there[key]) {
			assert_ptr_equal(handles_take(&h, key), &there[key]);
			n--;
		} else {
			handles_put(&h, key, &there[key]);
			n++;
		}
		there[key] = !there[key];
	}
	assert_int_equal(h.n, n);
	size_t walked = 0;
	for (size_t at = 0; handles_next(&h, &at);)
		walked++;
	assert_int_equal(walked, n);
	handles_free(&h);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_live_member_remains),
		TEST(the_fallback_comes_first),
		TEST(the_dead_leave_the_fallback_too),
		TEST(what_is_left_goes_last),
		TEST(one_left_of_several_keeps_its_object),
		TEST(a_twin_that_is_refused),
		TEST(a_twin_goes_with_its_last_group),
		TEST(two_gateways_of_one_session),
		TEST(another_holder_keeps_it),
		TEST(bfd_kills_the_peers_own_address),
		TEST(bfd_after_the_session),
		TEST(hold_after_the_death_is_void),
		TEST(hold_of_a_dead_gateway_is_told),
		TEST(death_before_the_range_is_known),
		TEST(void_hold_beside_a_good_one),
		TEST(forgotten_incarnation),
		TEST(release_is_no_loss),
		TEST(groups_without_the_dead),
		TEST(refused_gateway_leaves_its_groups),
		TEST(a_group_whose_id_is_taken),
		TEST(ids_rise_and_end),
		TEST(range_after_earlier_lives),
		TEST(weights_reach_the_kernel),
		TEST(audit_finds_other_weights),
		TEST(adopted_with_weights),
		TEST(adopted_with_its_twin),
		TEST(adopted_with_the_twin_first),
		TEST(adopted_twins_in_disorder),
		TEST(groups_by_their_hops),
		TEST(audit_finds_all_well),
		TEST(a_replaced_group_that_is_gone),
		TEST(audit_finds_a_lost_gateway),
		TEST(audit_finds_a_lost_gateway_and_its_group),
		TEST(audit_finds_another_object_under_the_id),
		TEST(audit_finds_another_object_under_the_twins_id),
		TEST(audit_finds_a_lost_twin),
		TEST(audit_finds_a_deleted_group),
		TEST(audit_mends_groups),
		TEST(audit_deletes_orphans),
		TEST(handles_survive_churn),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
