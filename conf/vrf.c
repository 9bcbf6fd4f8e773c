/* [vrf] sections of the owner's files against each other (conf/check.h). */
#include <string.h>

#include "conf/check.h"

/* The first value of a key for this VRF in the owner's files. */
static const struct conf_value *value_of(
	const struct conf_merge *m, const char *name, enum conf_key key)
{
	const struct conf_party *q;
	return conf_merge_owner_value(m, CONF_SECTION_VRF, name, key, &q);
}

static bool same_table(const struct conf_merge *m, const char *a, const char *b)
{
	const struct conf_value *x = value_of(m, a, CONF_KEY_VRF_TABLE);
	const struct conf_value *y = value_of(m, b, CONF_KEY_VRF_TABLE);
	uint64_t p = x ? x->number : strcmp(a, "default") == 0 ? CONF_TABLE_MAIN : 0;
	uint64_t q = y ? y->number : strcmp(b, "default") == 0 ? CONF_TABLE_MAIN : 0;
	return p && p == q;
}

static bool same_device(const struct conf_merge *m, const char *a, const char *b)
{
	const struct conf_value *x = value_of(m, a, CONF_KEY_VRF_DEVICE);
	const struct conf_value *y = value_of(m, b, CONF_KEY_VRF_DEVICE);
	return x && y && strcmp(x->text, y->text) == 0;
}

/* Another VRF of a file before this one, or earlier in this one. */
static void check_twins(struct conf_merge *m, struct conf_party *p,
	const struct conf_source_section *s, const struct conf_ref *refs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct conf_source_section *t = refs[i].section;
		bool before = refs[i].party < p || (refs[i].party == p && t->line < s->line);
		if (!refs[i].party->owner || !before || strcmp(t->name, s->name) == 0)
			continue;
		bool table = same_table(m, s->name, t->name);
		if (!table && !same_device(m, s->name, t->name))
			continue;
		conf_report_error(&p->now->report, s->line,
			"[vrf %s] has the same %s as [vrf %s] (%s:%u)", s->name,
			table ? "table" : "device", t->name, refs[i].party->text->file, t->line);
	}
}

static void check_vrf(
	struct conf_merge *m, struct conf_party *p, const struct conf_source_section *s)
{
	const struct conf_value *device = value_of(m, s->name, CONF_KEY_VRF_DEVICE);
	const struct conf_value *table = value_of(m, s->name, CONF_KEY_VRF_TABLE);
	bool is_default = strcmp(s->name, "default") == 0;
	if (!is_default && !device && !table)
		conf_report_error(&p->now->report, s->line,
			"[vrf %s] has neither a device nor a table; set one", s->name);
	if (device && table)
		conf_report_error(&p->now->report, s->line,
			"[vrf %s] has a device and a table; the table is read from the device, "
			"leave one out",
			s->name);
	if (!is_default && table && table->number == CONF_TABLE_MAIN &&
		!conf_merge_lookup(m, p, CONF_SECTION_VRF, "default").section)
		conf_report_error(&p->now->report, s->line,
			"[vrf %s] has the same table as [vrf default] (254, main)", s->name);
}

void conf_check_vrfs(struct conf_merge *m, struct conf_party *p)
{
	size_t n;
	struct conf_ref *refs = conf_merge_refs(m, CONF_SECTION_VRF, &n);
	for (size_t i = 0; i < p->now->sections_n; i++) {
		const struct conf_source_section *s = &p->now->sections[i];
		if (s->kind != CONF_SECTION_VRF)
			continue;
		if (n > CONF_VRFS_MAX) {
			conf_report_error(&p->now->report, s->line,
				"there are %zu [vrf] sections; %d at most", n, CONF_VRFS_MAX);
			return;
		}
		check_vrf(m, p, s);
		check_twins(m, p, s, refs, n);
	}
}
