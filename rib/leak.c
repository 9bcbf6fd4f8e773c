/* Route leaking: the paths of one VRF as candidates in another's table (rib_vrf_imports()). Nothing
 * is copied: the decision of a prefix looks into the tables of the VRFs it imports from, for their
 * own paths alone, so what was leaked is never leaked on. Where such a path may have changed, the
 * prefix is marked in the tables that import it. */
#include <stdlib.h>
#include <string.h>

#include "rib/verdict.h"
#include "rib/state.h"

static struct vrf_import *import_of(const struct vrf *v, uint16_t from)
{
	for (size_t i = 0; i < v->imports_n; i++)
		if (v->imports[i].from == from)
			return &v->imports[i];
	return NULL;
}

static uint32_t entry_in(
	const struct rib *r, uint16_t vrf, const struct prefix *p, struct table **t)
{
	*t = r->vrfs[vrf].family[p->addr.family == ADDR_V6];
	return *t ? table_find(*t, p) : 0;
}

/* The entry of the VRF that imports, made where a path may be of use there; 0: it has none. */
static uint32_t importer_entry(
	struct rib *r, uint16_t vrf, const struct filter *list, const struct prefix *p, bool paths)
{
	struct table *t;
	uint32_t e = entry_in(r, vrf, p, &t);

	if (e || !paths || !r->vrfs[vrf].table || !filter_permits(list, p, NULL, NULL))
		return e;
	t = vrf_family(r, vrf, (enum addr_family)p->addr.family);
	e = t ? table_add(t, p) : 0;
	if (!e && t && reserve_yield(&r->out.reserve))
		e = table_add(t, p);
	if (e)
		r->prefixes++;
	else
		r->out.no_memory = true;
	return e;
}

void leak_mark(struct rib *r, const struct table *t, uint32_t e)
{
	uint16_t from = table_vrf(t);
	const struct vrf *v = &r->vrfs[from];
	struct prefix p = table_prefix(t, table_entry(t, e));
	bool paths = table_entry(t, e)->paths != 0;

	for (size_t i = 0; i < v->importers_n; i++) {
		uint16_t to = v->importers[i];
		uint32_t x = importer_entry(r, to, import_of(&r->vrfs[to], from)->list, &p, paths);
		if (x)
			entry_mark(r, r->vrfs[to].family[p.addr.family == ADDR_V6], x);
	}
}

void leak_offer(struct rib *r, uint16_t to)
{
	for (size_t i = 0; i < r->vrfs[to].imports_n; i++) {
		uint16_t from = r->vrfs[to].imports[i].from;
		r->vrfs[from].leak = sweep_job(r, from);
	}
}

enum rib_why leak_why(struct rib *r, uint16_t to, const struct filter *list, const struct prefix *p)
{
	if (!filter_permits(list, p, NULL, NULL))
		return RIB_WHY_IMPORT_VRF;
	if (r->vrfs[to].deny && filter_permits(r->vrfs[to].deny, p, NULL, NULL))
		return RIB_WHY_DENY_IMPORT;
	return hides_gateway(r, to, p) ? RIB_WHY_HIDES_GATEWAY : RIB_USED;
}

size_t leak_candidates(struct rib *r, const struct table *t, const struct prefix *p, size_t n)
{
	uint16_t to = table_vrf(t);
	const struct vrf *v = &r->vrfs[to];
	struct table *source;

	for (size_t i = 0; i < v->imports_n; i++) {
		uint32_t e = entry_in(r, v->imports[i].from, p, &source);
		if (e && leak_why(r, to, v->imports[i].list, p) == RIB_USED)
			n = entry_candidates(r, table_entry(source, e), n, true);
	}
	return n;
}

bool leak_each(struct rib *r, uint16_t to, const struct prefix *p,
	void (*visit)(void *arg, struct table *t, uint32_t e, enum rib_why why), void *arg)
{
	const struct vrf *v = &r->vrfs[to];
	struct table *source;
	bool any = false;

	for (size_t i = 0; i < v->imports_n; i++) {
		uint32_t e = entry_in(r, v->imports[i].from, p, &source);
		if (!e)
			continue;
		any = true;
		if (visit)
			visit(arg, source, e, leak_why(r, to, v->imports[i].list, p));
	}
	return any;
}

const struct filter *leak_list(const struct rib *r, uint16_t to, uint16_t from)
{
	const struct vrf_import *i = import_of(&r->vrfs[to], from);
	return i ? i->list : NULL;
}

/* ---- configuration ---- */

static void importers_set(struct rib *r, uint16_t from)
{
	struct vrf *v = &r->vrfs[from];

	v->importers_n = 0;
	for (uint16_t to = 0; to < RIB_VRFS_MAX; to++)
		if (import_of(&r->vrfs[to], from)) {
			uint16_t *grown = realloc(
				v->importers, (v->importers_n + 1) * sizeof(v->importers[0]));
			if (!grown) {
				r->out.no_memory = true;
				return;
			}
			v->importers = grown;
			v->importers[v->importers_n++] = to;
		}
}

static bool imports_equal(const struct vrf *v, const struct rib_import *imports, size_t n)
{
	if (v->imports_n != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (v->imports[i].from != imports[i].from ||
			!filter_equal(v->imports[i].list, imports[i].list))
			return false;
	return true;
}

void leak_free(struct vrf *v)
{
	for (size_t i = 0; i < v->imports_n; i++)
		filter_put(v->imports[i].list);
	free(v->imports);
	free(v->importers);
	v->imports = NULL;
	v->importers = NULL;
	v->imports_n = v->importers_n = 0;
}

void rib_vrf_imports(struct rib *r, uint16_t index, const struct rib_import *imports, size_t n)
{
	struct vrf *v = &r->vrfs[index];
	struct vrf_import *old = v->imports, *new = calloc(n + 1, sizeof(*new));
	size_t old_n = v->imports_n;
	bool same = imports_equal(v, imports, n);

	if (!new) {
		r->out.no_memory = true; /* a limit that does not hold is worse than a restart */
		return;
	}
	for (size_t i = 0; i < n; i++)
		new[i] = (struct vrf_import){imports[i].from, filter_ref(imports[i].list)};
	v->imports = new;
	v->imports_n = n;
	for (size_t i = 0; i < old_n; i++) {
		importers_set(r, old[i].from);
		filter_put(old[i].list);
	}
	for (size_t i = 0; i < n; i++)
		importers_set(r, new[i].from);
	free(old);
	if (same)
		return;
	v->decide = sweep_job(r, index);
	leak_offer(r, index);
}
