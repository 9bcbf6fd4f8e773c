#include "rib/fib/kops.h"

#include <stdlib.h>

#include "rib/fib/handles.h"

struct kop *kops_add(struct kops *k, struct kop op)
{
	if (k->n == k->cap) {
		k->cap = k->cap ? k->cap * 2 : 16;
		k->op = fib_grow(k->op, k->cap, sizeof(*k->op));
	}
	op.member_at = k->member_n;
	k->op[k->n] = op;
	return &k->op[k->n++];
}

void kops_add_member(struct kops *k, struct kop_member m)
{
	if (k->member_n == k->member_cap) {
		k->member_cap = k->member_cap ? k->member_cap * 2 : 64;
		k->member = fib_grow(k->member, k->member_cap, sizeof(*k->member));
	}
	k->member[k->member_n++] = m;
	k->op[k->n - 1].member_n++;
}

void kops_clear(struct kops *k)
{
	k->n = 0;
	k->member_n = 0;
}

void kops_free(struct kops *k)
{
	free(k->op);
	free(k->member);
	*k = (struct kops){0};
}
