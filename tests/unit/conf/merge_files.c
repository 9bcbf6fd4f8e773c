#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/text.h"
#include "tests/unit/conf/merge_random.h"

unsigned random_below(uint64_t *state, unsigned n)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (unsigned)((*state >> 16) % n);
}

static bool one_in(struct random_files *f, unsigned n)
{
	return random_below(&f->state, n) == 0;
}

static void add_list(struct random_files *f, struct conf_string *s, unsigned name)
{
	conf_string_add(s, "[prefix-list l%u]\n", name);
	for (unsigned i = random_below(&f->state, 3) + 1; i; i--) {
		bool wide = one_in(f, 3);
		conf_string_add(s, "%s = 10.%u.0.0/%u le %u\n", one_in(f, 4) ? "deny" : "permit",
			wide ? 0 : random_below(&f->state, 4), wide ? 14 : 16,
			random_below(&f->state, 9) + 16);
	}
}

static void add_policy(struct random_files *f, struct conf_string *s, unsigned name)
{
	static const char *const actions[] = {"permit", "deny", "next"};
	conf_string_add(s, "[policy p%u]\n", name);
	if (!one_in(f, 3))
		conf_string_add(s, "match-prefix-list = l%u\n", random_below(&f->state, 3));
	if (one_in(f, 4))
		conf_string_add(s, "match-community = 65001:1\n");
	conf_string_add(s, "action = %s\n", actions[random_below(&f->state, 3)]);
}

static void add_import(struct random_files *f, struct conf_string *s)
{
	for (unsigned i = random_below(&f->state, 3); i; i--)
		conf_string_add(s, "import = %c%u\n", one_in(f, 3) ? 'p' : 'l',
			random_below(&f->state, one_in(f, 8) ? 5 : 3));
}

static void add_scalars(struct random_files *f, struct conf_string *s, unsigned rarely)
{
	static const char *const as[] = {"65001", "65001", "external", "internal", "65002"};
	static const char *const keys[] = {"hold-time = 30\n", "hold-time = 30s\n",
		"hold-time = 60\n", "port = 179\n", "passive = yes\n", "bfd-profile = b\n",
		"bfd-profile = default\n", "address-family = ipv4\n", "password-file = key\n"};
	unsigned first = random_below(&f->state, 9);
	if (one_in(f, rarely))
		conf_string_add(s, "remote-as = %s\n", as[random_below(&f->state, 5)]);
	if (one_in(f, rarely))
		conf_string_add(s, "%s", keys[first]);
	if (one_in(f, rarely) && first > 2)
		conf_string_add(s, "%s", keys[random_below(&f->state, 3)]);
}

/* One in `rarely` sets a scalar. */
static void add_neighbor(struct random_files *f, struct conf_string *s, unsigned i, unsigned rarely)
{
	conf_string_add(s, "[neighbor 192.0.2.%u]\n", i);
	add_scalars(f, s, rarely);
	add_import(f, s);
	if (one_in(f, 8))
		conf_string_add(s, "template = t\n");
}

static void add_announcement(struct random_files *f, struct conf_string *s)
{
	conf_string_add(s, "[announce w]\nprefix = 198.51.100.%u\n", random_below(&f->state, 3));
	if (one_in(f, 2))
		conf_string_add(s, "to = all\n");
	else
		conf_string_add(s, "to = 192.0.2.%u\n", random_below(&f->state, 4) + 1);
	if (one_in(f, 2))
		conf_string_add(s, "med = %u\n", random_below(&f->state, 3));
}

static void add_lists(struct random_files *f, struct conf_string *s)
{
	for (unsigned i = 0; i < 3; i++) {
		if (!one_in(f, 6))
			add_list(f, s, i);
		if (!one_in(f, 6))
			add_policy(f, s, i);
	}
	conf_string_add(s, "[bfd-profile b]\ntransmit-interval = %ums\n",
		(random_below(&f->state, 3) + 1) * 100);
}

/* 192.0.2.1 and .2 are the owner's, sometimes. */
static char *owner_text(struct random_files *f)
{
	static const char *const rights[] = {
		"import, announce", "import, announce, neighbors", "import, neighbors", "announce"};
	struct conf_string s = {0};
	conf_string_add(&s, "[bgp]\nlocal-as = 64512\n[contributor *]\nmay = %s\n",
		rights[random_below(&f->state, 3)]);
	conf_string_add(&s, "[contributor b]\nmay = %s\n", rights[random_below(&f->state, 4)]);
	for (unsigned i = 0; i < 3; i++) {
		add_list(f, &s, i);
		add_policy(f, &s, i);
	}
	conf_string_add(&s, "[bfd-profile b]\n");
	for (unsigned i = 1; i <= 2; i++)
		if (!one_in(f, 4))
			conf_string_add(&s, "[neighbor 192.0.2.%u]\nremote-as = 65001\n%s", i,
				one_in(f, 2) ? "import = l0\n" : "");
	return conf_string_take(&s);
}

static char *contributor_text(struct random_files *f)
{
	struct conf_string s = {0};
	add_lists(f, &s);
	conf_string_add(&s, "[template t]\n");
	add_scalars(f, &s, 4);
	for (unsigned i = 1; i <= RANDOM_NEIGHBORS; i++)
		if (!one_in(f, 3))
			add_neighbor(f, &s, i, i <= 2 ? 12 : 3);
	if (one_in(f, 3))
		add_announcement(f, &s);
	if (one_in(f, 12))
		conf_string_add(&s, "broken\n");
	return conf_string_take(&s);
}

void random_files_make(struct random_files *f, uint64_t seed)
{
	static const char *const names[RANDOM_FILES_MAX][2] = {{"main", "main.conf"},
		{"a", "a.conf"}, {"b", "b.conf"}, {"c", "c.conf"}, {"d", "d.conf"},
		{"e", "e.conf"}};
	*f = (struct random_files){.state = (seed + 1) * 0x9e3779b97f4a7c15};
	f->n = 3 + random_below(&f->state, RANDOM_FILES_MAX - 2);
	for (size_t i = 0; i < f->n; i++) {
		struct conf_text *t = &f->text[i];
		t->name = names[i][0];
		t->file = names[i][1];
		t->bytes = i ? contributor_text(f) : owner_text(f);
		t->len = strlen(t->bytes);
		t->last_good = i && one_in(f, 2) ? contributor_text(f) : NULL;
		t->last_good_len = t->last_good ? strlen(t->last_good) : 0;
	}
}

void random_files_free(struct random_files *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free((void *)f->text[i].bytes);
		free((void *)f->text[i].last_good);
	}
}
