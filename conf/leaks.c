/* [vrf] import-vrf: checked, and as the snapshot has it. */
#include <string.h>

#include "conf/check.h"
#include "conf/snapshot.h"

void conf_check_imports(
	struct conf_merge *m, struct conf_party *p, const struct conf_source_section *s)
{
	const struct conf_value *v = conf_source_value(s, CONF_KEY_VRF_IMPORT_VRF);
	struct conf_report *r = &p->now->report;

	for (size_t i = 0; i < v->items_n; i++) {
		const struct conf_item *x = &v->items[i];
		if (strcmp(x->vrf, s->name) == 0)
			conf_report_error(
				r, x->line, "[vrf %s] cannot import from itself", s->name);
		else if (!conf_check_owner_has_vrf(m, x->vrf))
			conf_report_error(r, x->line,
				"unknown vrf '%s'; it needs a section [vrf %s] in the owner's "
				"files",
				x->vrf, x->vrf);
		conf_check_reference(m, p, x->line, CONF_SECTION_PREFIX_LIST, x->name);
	}
}

static const struct conf_vrf *vrf_named(const struct conf *c, const char *name)
{
	for (size_t i = 0; i < c->vrfs_n; i++)
		if (strcmp(c->vrfs[i].name, name) == 0)
			return &c->vrfs[i];
	return NULL;
}

static bool has_import(const struct conf_vrf *v, const struct conf_vrf_import *x)
{
	for (size_t i = 0; i < v->imports_n; i++)
		if (v->imports[i].vrf == x->vrf && v->imports[i].list == x->list)
			return true;
	return false;
}

static void add_imports(struct conf_merge *m, const struct conf *c, const struct conf_ref *ref,
	struct conf_vrf *out)
{
	const struct conf_value *v = conf_source_value(ref->section, CONF_KEY_VRF_IMPORT_VRF);

	for (size_t i = 0; i < v->items_n; i++) {
		const struct conf_source_section *s =
			conf_merge_lookup(m, ref->party, CONF_SECTION_PREFIX_LIST, v->items[i].name)
				.section;
		struct conf_vrf_import x = {.vrf = vrf_named(c, v->items[i].vrf),
			.list = s ? &c->lists[s->index] : NULL,
			.origin = {ref->party->now->report.file, v->items[i].line}};
		if (x.vrf && x.list && !has_import(out, &x))
			*CONF_PUSH(m->arena, out->imports, out->imports_n) = x;
	}
}

void conf_snapshot_imports(struct conf_merge *m, struct conf *c)
{
	size_t n;
	struct conf_ref *refs = conf_merge_refs(m, CONF_SECTION_VRF, &n);

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < c->vrfs_n; k++)
			if (strcmp(c->vrfs[k].name, refs[i].section->name) == 0)
				add_imports(m, c, &refs[i], &c->vrfs[k]);
}
