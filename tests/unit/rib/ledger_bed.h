/*
 * What the unit tests of the ledger share: a ledger with ids FIRST .. LAST, gateways 1, 2 ... held
 * by the sessions of their numbers, and operations as text.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

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

int ledger_setup(void **state); /* *state: a struct fixture */
int ledger_teardown(void **state);
/* Gateways 1..n with ids 100.., each held by the incarnation of its number, its own address. */
void add_gateways(struct fixture *f, uint32_t n);
/* "12": gateways 1 and 2; "1*30,2*7,3": with weights. */
size_t members_of(const char *text, struct fib_member *m);
void add_group(struct fixture *f, uint32_t handle, const char *live, const char *fallback);
/* The operations as text: "+g1" create gateway 1, "-g1" delete, "+g1t" and "-g1t" its twin,
 * "+G7:1,2" create group 7 of gateways 1 and 2, "=G7:1" replace it, "-G7" delete. Then forgets
 * them. */
void expect_ops(struct fixture *f, const char *expected);
enum ledger_route route_to(struct fixture *f, uint32_t group);
