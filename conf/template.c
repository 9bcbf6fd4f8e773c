/* `template = NAME`: whose values stand where a section sets none (conf/merge.h). */
#include <string.h>

#include "conf/check.h"

enum {
	DEPTH_MAX = 32, /* templates behind one another */
};

bool conf_template_user(const struct conf_source_section *s)
{
	return s->kind == CONF_SECTION_NEIGHBOR || s->kind == CONF_SECTION_TEMPLATE;
}

static const struct conf_value *named(const struct conf_source_section *s)
{
	return conf_source_own(s, CONF_KEY_NEIGHBOR_TEMPLATE);
}

/* The template that the section names: section NULL where there is none. *cyclic: following them
 * comes back, or never ends. */
static struct conf_ref find(const struct conf_merge *m, const struct conf_party *p,
	const struct conf_source_section *s, bool *cyclic)
{
	struct conf_ref first = conf_merge_lookup(m, p, CONF_SECTION_TEMPLATE, named(s)->text);
	struct conf_ref at = first;
	*cyclic = false;
	for (unsigned i = 0; at.section && named(at.section)->line && !*cyclic; i++) {
		*cyclic = at.section == s || i == DEPTH_MAX;
		at = conf_merge_lookup(m, at.party, CONF_SECTION_TEMPLATE, named(at.section)->text);
	}
	*cyclic |= at.section == s;
	return first;
}

void conf_template_resolve_section(
	const struct conf_merge *m, const struct conf_party *p, struct conf_source_section *s)
{
	bool cyclic = false;
	struct conf_ref t = {0};
	if (conf_template_user(s) && named(s)->line)
		t = find(m, p, s, &cyclic);
	s->template = cyclic ? NULL : t.section;
	s->template_party = cyclic ? NULL : t.party;
}

void conf_template_resolve(struct conf_merge *m)
{
	for (size_t i = 0; i < m->parties_n; i++) {
		struct conf_party *p = &m->parties[i];
		for (size_t j = 0; p->now && j < p->now->sections_n; j++)
			conf_template_resolve_section(m, p, &p->now->sections[j]);
	}
}

void conf_template_check(
	struct conf_merge *m, struct conf_party *p, const struct conf_source_section *s)
{
	const struct conf_value *name = named(s);
	bool cyclic;
	if (!name->line)
		return;
	if (find(m, p, s, &cyclic).section && !cyclic)
		return;
	if (cyclic)
		conf_report_error(&p->now->report, name->line,
			"%s: template '%s' leads in a circle", conf_source_title(m->arena, s),
			name->text);
	else
		conf_check_reference(m, p, name->line, CONF_SECTION_TEMPLATE, name->text);
}

struct conf_ref conf_template_holder(const struct conf_ref *ref, enum conf_key key)
{
	struct conf_ref at = *ref;
	while (!conf_source_own(at.section, key)->line && at.section->template)
		at = (struct conf_ref){at.section->template_party,
			(struct conf_source_section *)at.section->template};
	return at;
}
