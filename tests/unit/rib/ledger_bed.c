#include "tests/unit/rib/ledger_bed.h"

int ledger_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	ledger_set_range(&f->l, FIRST, LAST);
	*state = f;
	return 0;
}

int ledger_teardown(void **state)
{
	struct fixture *f = *state;
	ledger_free(&f->l);
	kops_free(&f->k);
	free(f);
	return 0;
}

void add_gateways(struct fixture *f, uint32_t n)
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

size_t members_of(const char *text, struct fib_member *m)
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

void add_group(struct fixture *f, uint32_t handle, const char *live, const char *fallback)
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

void expect_ops(struct fixture *f, const char *expected)
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

enum ledger_route route_to(struct fixture *f, uint32_t group)
{
	uint32_t id = 0;
	int error = 0;
	return ledger_route(&f->l, group, &id, &error);
}
