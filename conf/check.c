#include "conf/check.h"

#include <string.h>

#include "conf/near.h"

static struct conf_report *report_of(struct conf_party *p)
{
	return &p->now->report;
}

const char *conf_check_nearest(const struct conf_merge *m, const struct conf_party *p,
	enum conf_section_kind kind, const char *name)
{
	struct conf_near near = conf_near_init(name);
	for (size_t i = 0; i < m->parties_n; i++) {
		const struct conf_party *q = &m->parties[i];
		if (!q->now || (q != p && !q->owner))
			continue;
		for (size_t j = 0; j < q->now->sorted_n; j++)
			if (q->now->sorted[j]->kind == kind)
				conf_near_offer(&near, q->now->sorted[j]->name);
	}
	return near.best;
}

/* A contributor that has the name, which the party does not see. */
static const struct conf_party *hidden(const struct conf_merge *m, const struct conf_party *p,
	enum conf_section_kind kind, const char *name)
{
	for (size_t i = 0; i < m->parties_n; i++) {
		const struct conf_party *q = &m->parties[i];
		if (q != p && !q->owner && q->now && conf_source_find(q->now, kind, name))
			return q;
	}
	return NULL;
}

void conf_check_reference(struct conf_merge *m, struct conf_party *p, unsigned line,
	enum conf_section_kind kind, const char *name)
{
	const char *what = conf_sections[kind].name;
	if (conf_merge_lookup(m, p, kind, name).section)
		return;
	if (report_of(p)->errors_n >= CONF_REPORT_MAX) { /* no search for what is not printed */
		conf_report_error(report_of(p), line, "unknown %s '%s'", what, name);
		return;
	}
	const struct conf_party *q = hidden(m, p, kind, name);
	const char *near = conf_check_nearest(m, p, kind, name);
	if (q)
		conf_report_error(report_of(p), line,
			"unknown %s '%s' (the one in %s is local to that file)", what, name,
			q->text->file);
	else if (near)
		conf_report_error(report_of(p), line, "unknown %s '%s'; did you mean '%s'?", what,
			name, near);
	else
		conf_report_error(report_of(p), line,
			"unknown %s '%s'; it needs a section [%s %s] in this file or the owner's",
			what, name, what, name);
}

static bool is_import(const struct conf_merge *m, const struct conf_party *p, const char *name)
{
	return conf_merge_lookup_import(m, p, name).section;
}

static void check_lists(struct conf_merge *m, struct conf_party *p,
	const struct conf_source_section *s, enum conf_key key)
{
	const struct conf_value *v = conf_source_own(s, key); /* a template's with the template */
	bool import = conf_keys[key].type == CONF_TYPE_IMPORT;
	for (size_t i = 0; i < v->items_n; i++)
		if (!import || !is_import(m, p, v->items[i].name))
			conf_check_reference(
				m, p, v->items[i].line, CONF_SECTION_PREFIX_LIST, v->items[i].name);
}

bool conf_check_owner_has_vrf(const struct conf_merge *m, const char *name)
{
	if (strcmp(name, "default") == 0)
		return true;
	for (size_t i = 0; i < m->parties_n; i++) {
		const struct conf_party *q = &m->parties[i];
		if (q->owner && q->now && conf_source_find(q->now, CONF_SECTION_VRF, name))
			return true;
	}
	return false;
}

void conf_check_vrf_exists(
	struct conf_merge *m, struct conf_party *p, const struct conf_source_section *s)
{
	if (conf_check_owner_has_vrf(m, s->vrf))
		return;
	const char *near = conf_check_nearest(m, p, CONF_SECTION_VRF, s->vrf);
	conf_report_error(report_of(p), s->line, "%s: unknown vrf '%s'%s%s%s",
		conf_source_title(m->arena, s), s->vrf,
		near ? "; did you mean '" : "; the owner's files have no such [vrf]",
		near ? near : "", near ? "'?" : "");
}

static void check_neighbor_references(
	struct conf_merge *m, struct conf_party *p, const struct conf_source_section *s)
{
	const struct conf_value *profile = conf_source_own(s, CONF_KEY_NEIGHBOR_BFD_PROFILE);
	conf_template_check(m, p, s);
	if (s->kind == CONF_SECTION_NEIGHBOR)
		conf_check_vrf_exists(m, p, s);
	if (s->kind == CONF_SECTION_NEIGHBOR)
		conf_check_speaker(m, p, s);
	if (s->kind == CONF_SECTION_NEIGHBOR && s->template)
		conf_source_check_neighbor(report_of(p), s);
	check_lists(m, p, s, CONF_KEY_NEIGHBOR_IMPORT);
	check_lists(m, p, s, CONF_KEY_NEIGHBOR_EXPORT);
	if (profile->line && strcmp(profile->text, "default") != 0)
		conf_check_reference(m, p, profile->line, CONF_SECTION_BFD_PROFILE, profile->text);
}

static bool key_is_twice(const struct conf_value *v)
{
	for (size_t i = 0; i < v->items_n; i++)
		for (size_t j = 0; j < i; j++)
			if (v->items[i].id == v->items[j].id)
				return true;
	return false;
}

static void check_profile(struct conf_party *p, const struct conf_source_section *s)
{
	const struct conf_value *auth = conf_source_value(s, CONF_KEY_BFD_AUTHENTICATION);
	const struct conf_value *key = conf_source_value(s, CONF_KEY_BFD_KEY);
	if (auth->line && !key->line)
		conf_report_error(
			report_of(p), auth->line, "authentication needs a key: key = ID FILE");
	if (key->line && !auth->line)
		conf_report_error(report_of(p), key->line,
			"key needs authentication: say which, as in authentication = keyed-sha1");
	if (key->items_n > CONF_BFD_KEYS_MAX)
		conf_report_error(report_of(p), key->line, "there are %zu keys; %d at most",
			key->items_n, CONF_BFD_KEYS_MAX);
	else if (key_is_twice(key))
		conf_report_error(report_of(p), key->line, "two keys have one id");
}

/* Another file of the owner, before this one, that sets a scalar of the same section otherwise. */
static void check_same_section(struct conf_merge *m, struct conf_party *p,
	const struct conf_source_section *s, const struct conf_party *q)
{
	const struct conf_source_section *other = conf_source_find(q->now, s->kind, s->name);
	const struct conf_section_row *row = &conf_sections[s->kind];
	for (size_t i = 0; other && i < row->keys_n; i++) {
		enum conf_key key = (enum conf_key)(row->first + i);
		const struct conf_value *mine = conf_source_value(s, key);
		const struct conf_value *theirs = conf_source_value(other, key);
		bool adds_up = conf_merge_adds_up(key) && s->kind != CONF_SECTION_INTERFACE;
		if (!mine->line || !theirs->line || adds_up ||
			conf_merge_agree(m, key, p, mine, q, theirs))
			continue;
		conf_report_error(report_of(p), conf_source_line(s, key),
			"%s of %s is '%s'; %s:%u sets '%s'", conf_keys[key].name,
			conf_source_title(m->arena, s), mine->text, q->text->file, theirs->line,
			theirs->text);
	}
}

static void check_owner_section(
	struct conf_merge *m, struct conf_party *p, const struct conf_source_section *s)
{
	bool shared = s->kind == CONF_SECTION_BGP || s->kind == CONF_SECTION_KERNEL ||
		      s->kind == CONF_SECTION_CONTROL || s->kind == CONF_SECTION_VRF ||
		      s->kind == CONF_SECTION_INTERFACE || s->kind == CONF_SECTION_NEIGHBOR ||
		      s->kind == CONF_SECTION_RULE;
	for (const struct conf_party *q = m->parties; shared && q < p; q++)
		if (q->owner && q->now)
			check_same_section(m, p, s, q);
	if (s->kind == CONF_SECTION_MATCH && p->main)
		conf_report_error(report_of(p), s->line,
			"[match] may not stand in the main file, which is for every host");
	if (s->kind == CONF_SECTION_CONTRIBUTOR && !p->main)
		conf_report_error(report_of(p), s->line, "%s may stand only in the main file (%s)",
			conf_source_title(m->arena, s), m->parties[0].text->file);
}

const char *conf_check_rights_text(uint64_t may)
{
	static const char *const texts[] = {"nothing", "import", "announce", "import, announce",
		"neighbors", "import, neighbors", "announce, neighbors",
		"import, announce, neighbors"};
	return texts[(may & CONF_MAY_IMPORT ? 1 : 0) + (may & CONF_MAY_ANNOUNCE ? 2 : 0) +
		     (may & CONF_MAY_NEIGHBORS ? 4 : 0)];
}

static bool owner_declares(const struct conf_merge *m, const char *name)
{
	for (size_t i = 0; i < m->parties_n; i++) {
		const struct conf_party *q = &m->parties[i];
		if (q->owner && q->now && conf_source_find(q->now, CONF_SECTION_NEIGHBOR, name))
			return true;
	}
	return false;
}

/* Scalars of neighbours that the owner declares are looked at by conf/rivals.c. */
static void check_contributor_neighbor(
	struct conf_merge *m, struct conf_party *p, const struct conf_source_section *s)
{
	const struct conf_section_row *row = &conf_sections[CONF_SECTION_NEIGHBOR];
	const struct conf_value *import = conf_source_value(s, CONF_KEY_NEIGHBOR_IMPORT);
	if (import->line && !(p->may & CONF_MAY_IMPORT))
		conf_report_error(report_of(p), conf_source_line(s, CONF_KEY_NEIGHBOR_IMPORT),
			"%s may not import: the owner lets it only %s", p->name,
			conf_check_rights_text(p->may));
	if (p->may & CONF_MAY_NEIGHBORS || owner_declares(m, s->name))
		return;
	for (size_t i = 0; i < row->keys_n; i++) {
		enum conf_key key = (enum conf_key)(row->first + i);
		if (!conf_merge_adds_up(key) && key != CONF_KEY_NEIGHBOR_TEMPLATE &&
			conf_source_value(s, key)->line)
			conf_report_error(report_of(p), conf_source_line(s, key),
				"%s may not set %s: the owner does not declare %s, and %s may only "
				"%s",
				p->name, conf_keys[key].name, conf_source_title(m->arena, s),
				p->name, conf_check_rights_text(p->may));
	}
}

static void check_contributor_section(
	struct conf_merge *m, struct conf_party *p, const struct conf_source_section *s)
{
	bool local = s->kind == CONF_SECTION_PREFIX_LIST || s->kind == CONF_SECTION_POLICY ||
		     s->kind == CONF_SECTION_TEMPLATE || s->kind == CONF_SECTION_BFD_PROFILE;
	if (s->kind == CONF_SECTION_NEIGHBOR)
		check_contributor_neighbor(m, p, s);
	else if (s->kind != CONF_SECTION_ANNOUNCE && s->kind != CONF_SECTION_MATCH && !local)
		conf_report_error(report_of(p), s->line,
			"%s belongs to the owner; %s may only %s (see [contributor] in %s)",
			conf_source_title(m->arena, s), p->name, conf_check_rights_text(p->may),
			m->parties[0].text->file);
}

/* Its lists, and no list of its own name. */
static void check_policy(
	struct conf_merge *m, struct conf_party *p, const struct conf_source_section *s)
{
	const struct conf_source_section *twin =
		conf_source_find(p->now, CONF_SECTION_PREFIX_LIST, s->name);
	check_lists(m, p, s, CONF_KEY_POLICY_MATCH_PREFIX_LIST);
	if (twin)
		conf_report_error(report_of(p), s->line,
			"[policy %s] has the name of [prefix-list %s] in line %u; policies and "
			"lists "
			"share their names",
			s->name, s->name, twin->line);
}

static void check_owner_lists(
	struct conf_merge *m, struct conf_party *p, const struct conf_source_section *s)
{
	if (s->kind == CONF_SECTION_INTERFACE)
		check_lists(m, p, s, CONF_KEY_INTERFACE_IMPORT);
	else if (s->kind == CONF_SECTION_BGP)
		check_lists(m, p, s, CONF_KEY_BGP_DENY_IMPORT);
	else if (s->kind == CONF_SECTION_VRF) {
		check_lists(m, p, s, CONF_KEY_VRF_DENY_IMPORT);
		conf_check_imports(m, p, s);
	}
}

void conf_check_section(
	struct conf_merge *m, struct conf_party *p, const struct conf_source_section *s)
{
	if (p->owner)
		check_owner_section(m, p, s);
	else
		check_contributor_section(m, p, s);
	if (conf_template_user(s))
		check_neighbor_references(m, p, s);
	if (s->kind == CONF_SECTION_POLICY)
		check_policy(m, p, s);
	if (s->kind == CONF_SECTION_BFD_PROFILE)
		check_profile(p, s);
	if (s->kind == CONF_SECTION_ANNOUNCE)
		conf_check_announce(m, p, s);
	if (p->owner)
		check_owner_lists(m, p, s);
}

void conf_check_party(struct conf_merge *m, struct conf_party *p)
{
	for (size_t i = 0; i < p->now->sections_n; i++)
		conf_check_section(m, p, &p->now->sections[i]);
	if (!p->owner)
		return;
	conf_check_vrfs(m, p);
	conf_check_rules(m, p);
}
